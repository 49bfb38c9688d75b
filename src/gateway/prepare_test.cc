#include "gateway/prepare.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "gateway/impl/test_support.h"

namespace ostiary::gateway {
namespace {

using namespace testing;

std::shared_ptr<Service> service_with(ServiceSettings settings) {
  if (settings.id.empty()) settings.id = "far";
  if (settings.base_url.empty()) settings.base_url = "https://api.example.com/v1";
  auto service = Service::create(std::move(settings));
  EXPECT_TRUE(service) << service.error().text();
  return std::move(*service);
}

std::string head_of(Exchange& x, const Secret& credential) {
  name_target(x);
  return request_head(x, credential);
}

// Odd on purpose: blanks, an escaped name, an unknown field, numbers that no double holds.
constexpr std::string_view kOdd =
    "{ \"mess\\u0061ges\" : [ {\"role\":\"user\",\"content\":\"mail ada@example.org and ada@example.org, not "
    "bob@example.org\"} ] ,\n"
    "\t\"model\" : \"small\" ,\"x_unknown\":1.0000000000000000001e5, \"seed\":18446744073709551617 }";

inspect::Finding finding_at(std::uint64_t start, std::uint64_t end, std::string detector = "email") {
  inspect::Finding finding;
  finding.type = detector;
  finding.detector = std::move(detector);
  finding.klass = inspect::Class::personal;
  finding.data_class = "personal";
  finding.confidence = inspect::Confidence::high;
  finding.location.start = start;
  finding.location.end = end;
  return finding;
}

void find_all(Exchange& x, std::string_view value, const std::string& detector = "email") {
  for (auto at = x.body.find(value); at != std::string_view::npos; at = x.body.find(value, at + 1))
    x.inspection.findings.push_back(finding_at(at, at + value.size(), detector));
}

void redact_personal(Exchange& x) {
  x.decision.effect = policy::Effect::redact;
  x.decision.redact_classes = {"personal"};
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

TEST(Prepare, ABodyThatNeedsNoChangeGoesAsItCame) {
  Received request(post("/v1/chat/completions", kOdd));
  ASSERT_TRUE(prepare_body(request.x));
  EXPECT_TRUE(request.x.forwarded.empty());
  EXPECT_FALSE(request.x.has_forwarded_digest);
  EXPECT_EQ(request.x.body_to_send(), kOdd);
}

TEST(Prepare, TheServicesNameOfTheModelIsTheOnlyThingThatChanges) {
  Received request(post("/v1/chat/completions", kOdd));
  request.x.upstream_model = "big \"one\"";
  ASSERT_TRUE(prepare_body(request.x));
  EXPECT_EQ(request.x.body_to_send(), replaced(std::string(kOdd), "\"small\"", R"("big \"one\"")"));
  ASSERT_TRUE(request.x.has_forwarded_digest);
  EXPECT_EQ(request.x.forwarded_digest, hmac_sha256(request.x.digest_key, request.x.forwarded));
}

TEST(Prepare, MaskingLeavesEveryOtherByteAndGivesOneValueOneNumber) {
  Received request(post("/v1/chat/completions", kOdd));
  auto& x = request.x;
  redact_personal(x);
  find_all(x, "ada@example.org");
  find_all(x, "bob@example.org");
  ASSERT_TRUE(prepare_body(x));
  const auto wanted = replaced(replaced(std::string(kOdd), "ada@example.org", "‹personal:email:1›"),
                               "bob@example.org", "‹personal:email:2›");
  EXPECT_EQ(x.forwarded, wanted);
}

TEST(Prepare, FindingsWithinOneAnotherAreMaskedOnce) {
  Received request(post("/v1/chat/completions", kOdd));
  auto& x = request.x;
  redact_personal(x);
  const auto at = x.body.find("ada@example.org");
  x.inspection.findings = {finding_at(at, at + 15), finding_at(at, at + 15, "name"),
                           finding_at(at + 4, at + 15, "host")};
  ASSERT_TRUE(prepare_body(x));
  EXPECT_EQ(x.forwarded, std::string(kOdd).replace(at, 15, "‹personal:email:1›"));
}

TEST(Prepare, FindingsThatCrossAreMaskedAsOne) {
  Received request(post("/v1/chat/completions", kOdd));
  auto& x = request.x;
  redact_personal(x);
  const auto at = x.body.find("ada@example.org");
  x.inspection.findings = {finding_at(at, at + 15), finding_at(at + 4, at + 20)};
  ASSERT_TRUE(prepare_body(x));
  EXPECT_EQ(x.forwarded, std::string(kOdd).replace(at, 20, "‹personal:email:1›"));
}

TEST(Prepare, AMaskThatWouldBreakTheBodyStopsTheRequest) {
  Received request(post("/v1/chat/completions", kOdd));
  auto& x = request.x;
  redact_personal(x);
  const auto quote = x.body.find("\"user\"");
  x.inspection.findings = {finding_at(quote, quote + 3)};
  const auto prepared = prepare_body(x);
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Code::denied);
  EXPECT_TRUE(x.forwarded.empty());
}

TEST(Prepare, WhatWasNotInspectedToItsEndIsNotMaskedInPart) {
  Received request(post("/v1/chat/completions", kOdd));
  auto& x = request.x;
  redact_personal(x);
  find_all(x, "ada@example.org");
  x.inspection.partial = {"it would take too long"};
  const auto prepared = prepare_body(x);
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Code::denied);
  EXPECT_TRUE(x.forwarded.empty());
}

TEST(Prepare, WhatMustBeMaskedAndHasNoPlaceStopsTheRequest) {
  Received request(post("/v1/chat/completions", kOdd));
  auto& x = request.x;
  redact_personal(x);
  const auto size = x.body.size();
  for (const auto& [start, end] :
       {std::pair<std::uint64_t, std::uint64_t>{0, 0}, {9, 4}, {size - 1, size + 1}}) {
    x.inspection.findings = {finding_at(start, end)};
    const auto prepared = prepare_body(x);
    ASSERT_FALSE(prepared) << start << "-" << end;
    EXPECT_EQ(prepared.error().code, Code::denied);
    EXPECT_TRUE(x.forwarded.empty());
  }
  x.inspection.findings.clear();  // the class was seen, but nobody can say where
  EXPECT_FALSE(prepare_body(x));
}

TEST(Prepare, OtherClassesAreLeftAlone) {
  Received request(post("/v1/chat/completions", kOdd));
  auto& x = request.x;
  redact_personal(x);
  find_all(x, "bob@example.org");
  auto code = finding_at(0, 4);
  code.klass = inspect::Class::own_code;
  x.inspection.findings.push_back(code);
  ASSERT_TRUE(prepare_body(x));
  EXPECT_EQ(x.forwarded, replaced(std::string(kOdd), "bob@example.org", "‹personal:email:1›"));
}

TEST(Prepare, AnObservedRedactionChangesNothing) {
  Received request(post("/v1/chat/completions", kOdd));
  redact_personal(request.x);
  request.x.decision.mode = policy::Mode::observe;
  find_all(request.x, "ada@example.org");
  ASSERT_TRUE(prepare_body(request.x));
  EXPECT_EQ(request.x.body_to_send(), kOdd);
}

TEST(Prepare, TheHeadNamesTheServiceAndLosesTheCaller) {
  ServiceSettings settings;
  settings.headers = {{"X-Account", "ours"}};
  settings.query = {{"api-version", "2024 10"}};
  const auto service = service_with(std::move(settings));
  Received request(
      post("/v1/chat/completions?trace=1", "{\"model\":\"m\"}",
           "Authorization: Bearer ost_secret\r\nUser-Agent: client/1\r\nX-Account: mine\r\nX-Custom: kept\r\n"
           "Content-Type: application/json; charset=utf-8\r\nAccept-Encoding: gzip\r\n"));
  request.x.service = service.get();
  EXPECT_EQ(head_of(request.x, Secret("Bearer sk-1")),
            "POST /v1/chat/completions?trace=1&api-version=2024%2010 HTTP/1.1\r\nHost: "
            "api.example.com\r\nX-Custom: kept\r\n"
            "authorization: Bearer sk-1\r\nX-Account: ours\r\nContent-Type: "
            "application/json\r\nAccept-Encoding: identity\r\n"
            "User-Agent: ostiary\r\nx-ostiary-id: " +
                request.x.id.text() + "\r\nContent-Length: 13\r\n\r\n");
}

TEST(Prepare, WhatIsNoExchangeHasNoIdForTheService) {
  const auto service = service_with({});
  Received request(get("/v1/models", ""));
  request.x.service = service.get();
  request.x.id = Id{};
  const auto head = head_of(request.x, Secret(""));
  EXPECT_EQ(head.find("x-ostiary-id"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\nUser-Agent: ostiary\r\n\r\n"));
}

TEST(Prepare, AClientCannotSendTheServicesCredentialHeader) {
  ServiceSettings settings;
  settings.credential_header = "x-goog-api-key";
  const auto service = service_with(std::move(settings));
  Received request(get("/v1/responses/r", "X-Goog-Api-Key: stolen\r\n"));
  request.x.service = service.get();
  const auto head = head_of(request.x, Secret("ours"));
  EXPECT_EQ(head.find("stolen"), std::string::npos);
  EXPECT_NE(head.find("x-goog-api-key: ours\r\n"), std::string::npos);
}

TEST(Prepare, TheCallersOwnCredentialGoesOnlyToAServiceThatTakesIt) {
  ServiceSettings settings;
  settings.credential.kind = CredentialSource::Kind::client;
  const auto takes = service_with(settings);
  settings.credential.kind = CredentialSource::Kind::none;
  const auto other = service_with(std::move(settings));
  Received request(post("/v1/responses", "{\"model\":\"m\"}", "Authorization: Bearer own\r\n"));
  request.x.caller.own_credential = true;
  request.x.service = takes.get();
  EXPECT_NE(head_of(request.x, Secret()).find("Authorization: Bearer own\r\n"), std::string::npos);
  request.x.service = other.get();
  EXPECT_EQ(head_of(request.x, Secret()).find("Bearer own"), std::string::npos);
}

// Without a length of its own a service would read it as the next request on the connection.
TEST(Prepare, ABodyWhereNoneBelongsIsNotSent) {
  Received request(
      "GET /v1/responses/r HTTP/1.1\r\nHost: gate\r\nContent-Length: 18\r\n\r\nGET /x HTTP/1.1\r\n\r\n");
  const auto service = service_with({});
  request.x.service = service.get();
  EXPECT_EQ(request.x.body_to_send(), "");
  EXPECT_EQ(head_of(request.x, Secret()).find("Content-Length"), std::string::npos);
}

TEST(Prepare, TheTargetsDigestTellsMethodPathAndQuery) {
  Received request(get("/v1/responses/resp_1?a=1"));
  const auto service = service_with({});
  request.x.service = service.get();
  name_target(request.x);
  EXPECT_EQ(request.x.target, "/v1/responses/resp_1?a=1");
  EXPECT_EQ(request.x.target_digest, hmac_sha256(request.x.digest_key, "GET /v1/responses/resp_1?a=1"));
}

}  // namespace
}  // namespace ostiary::gateway
