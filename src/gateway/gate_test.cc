// The steps of an exchange through a running gate: inspect, decide, route, forward, record.

#include "gateway/gate.h"

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>

#include "gateway/class_actions.h"
#include "gateway/impl/test_gate.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using policy::Effect;

std::string hello(const Message&) {
  return answer(200, kHello);
}

policy::Decision decided(Effect effect) {
  policy::Decision decision;
  decision.effect = effect;
  decision.rules = {{"no-secrets", "4.2"}};
  decision.because = "it holds a secret";
  decision.instead = "use the service 'home'";
  return decision;
}

// Notes the word SECRET as a secret, with its place.
void find_secret(const Exchange& x, inspect::Inspection& found) {
  const auto at = x.body.find("SECRET");
  if (at == std::string_view::npos) return;
  found.classes = {"secret"};
  inspect::Finding finding;
  finding.detector = finding.type = "word";
  finding.klass = inspect::Class::secret;
  finding.data_class = "secret";
  finding.confidence = inspect::Confidence::high;
  finding.location.start = at;
  finding.location.end = at + 6;
  finding.preview = "S…";
  found.findings.push_back(finding);
}

json::Document parsed(const std::string& text) {
  auto document = json::Document::parse(text);
  EXPECT_TRUE(document) << text;
  return document ? std::move(*document) : json::Document();
}

std::string hex_digest(const TestGate& gate, const std::string& id, std::string_view text) {
  const auto exchange = Id::parse(id);
  EXPECT_TRUE(exchange) << id;
  const auto key = ledger::digest_key(gate.data(), *exchange);
  EXPECT_TRUE(key);
  return key ? hex(hmac_sha256(*key, text)) : "";
}

class GateTest : public ::testing::Test {
 protected:
  AnsweringService far_{hello};
  AnsweringService home_{hello};
  TestGate gate_;
};

TEST_F(GateTest, ABodyReachesTheServiceByteForByteAndItsDigestsProve) {
  gate_.add_service("far", far_.url());
  gate_.run();
  const std::string body =
      "{ \"model\":\"m\" ,\n\"x_unknown\": [1.0e0, \"\\u00fc\"], \"seed\":18446744073709551617 }";
  const auto answered = gate_.ask(gate_.chat(body));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body, kHello);
  EXPECT_EQ(answered.header("x-ostiary-service"), "far");
  EXPECT_EQ(answered.header("x-ostiary-decision"), "allow");
  ASSERT_EQ(far_.seen().size(), 1u);
  EXPECT_EQ(far_.seen()[0].body, body);
  EXPECT_EQ(far_.seen()[0].head.find("ost_"), std::string::npos);
  const auto record = gate_.outcome(answered);
  EXPECT_EQ(record->text("outcome"), "complete");
  EXPECT_EQ(record->text("team"), "team");
  EXPECT_EQ((*record)["usage"]["input"].as_uint(), 3u);
  EXPECT_TRUE((*record)["forwarded_digest"].is_null());
  const auto id = record->text("id");
  EXPECT_EQ(record->text("request_digest"), hex_digest(gate_, id, body));
  EXPECT_EQ(record->text("response_digest"), hex_digest(gate_, id, kHello));
}

TEST_F(GateTest, TheIntentIsInTheLedgerBeforeTheFirstByteArrives) {
  std::atomic<int> early = 0, checked = 0;
  ScriptedService service([&](Wire& wire) {
    for (;;) {
      if (!wire.more()) return;
      const auto records = gate_.records();  // as soon as anything at all has come
      const auto request = wire.message();
      const auto id = request.header("x-ostiary-id");
      const bool there = std::ranges::any_of(records, [&](const auto& line) {
        return line.find("\"kind\":\"intent\"") != std::string::npos && line.find(id) != std::string::npos;
      });
      ++(there ? checked : early);
      if (!wire.send(answer(200, request.head.starts_with("GET") ? R"({"data":[]})" : kHello))) return;
    }
  });
  gate_.add_service("far", service.url());
  gate_.run();
  Wire client = gate_.connect();
  for (int i = 0; i < 10; ++i) {
    client.send(gate_.chat(kAsk));
    EXPECT_EQ(client.message().status, 200);
  }
  client.send(get("/v1/models", gate_.authorization()));
  EXPECT_EQ(client.message().status, 200);
  EXPECT_EQ(early, 0);
  EXPECT_EQ(checked, 11);
  gate_.stop();
}

TEST_F(GateTest, ADenialStopsTheRequestAndSaysWhyAndWhatElse) {
  gate_.add_service("far", far_.url());
  gate_.steps().inspection = find_secret;
  gate_.steps().decision = [](const policy::Facts&, const inspect::Inspection&) {
    return decided(Effect::deny);
  };
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(R"({"model":"m","x":"SECRET"})"));
  EXPECT_EQ(answered.status, 403);
  EXPECT_EQ(answered.header("x-ostiary-decision"), "deny");
  const auto document = parsed(answered.body);
  const auto error = document.root()["error"];
  EXPECT_EQ(error["code"].string_or(""), "policy_denied");
  EXPECT_EQ(error["type"].string_or(""), "permission_error");
  EXPECT_EQ(error["rules"].at(0)["id"].string_or(""), "no-secrets");
  EXPECT_EQ(error["instead"].string_or(""), "use the service 'home'");
  EXPECT_EQ(error["findings"].at(0)["preview"].string_or(""), "S…");
  EXPECT_EQ(answered.body.find("SECRET"), std::string::npos);
  EXPECT_EQ(far_.connections(), 0);
  const auto record = gate_.outcome(answered);
  EXPECT_EQ(record->text("outcome"), "refused");
  EXPECT_EQ(record->text("error"), "policy_denied");
  EXPECT_EQ((*record)["decision"]["effect"].string_or(""), "deny");
  EXPECT_EQ((*record)["findings"].size(), 1u);
  EXPECT_EQ(record->text("request_digest"),
            hex_digest(gate_, record->text("id"), R"({"model":"m","x":"SECRET"})"));
}

TEST_F(GateTest, WhatNeedsAnApprovalIsHeldBack) {
  gate_.add_service("far", far_.url());
  gate_.steps().decision = [](const policy::Facts&, const inspect::Inspection&) {
    return decided(Effect::ask);
  };
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 403);
  EXPECT_EQ(parsed(answered.body).root().is_object(), true);
  EXPECT_NE(answered.body.find("\"code\":\"approval_required\""), std::string::npos);
  EXPECT_EQ(far_.connections(), 0);
  EXPECT_EQ(gate_.outcome(answered)->text("outcome"), "refused");
}

TEST_F(GateTest, AnObservedDecisionStopsNothingAndIsRecorded) {
  gate_.add_service("far", far_.url());
  gate_.steps().decision = [](const policy::Facts&, const inspect::Inspection&) {
    auto decision = decided(Effect::deny);
    decision.mode = policy::Mode::observe;
    return decision;
  };
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.header("x-ostiary-decision"), "deny; mode=observe");
  const auto record = gate_.outcome(answered);
  EXPECT_EQ(record->text("outcome"), "complete");
  EXPECT_EQ((*record)["decision"]["mode"].string_or(""), "observe");
  EXPECT_EQ((*record)["decision"]["effect"].string_or(""), "deny");
}

TEST_F(GateTest, ARedactedBodyIsMaskedAndBothDigestsProve) {
  gate_.add_service("far", far_.url());
  gate_.steps().inspection = find_secret;
  gate_.steps().decision = [](const policy::Facts&, const inspect::Inspection&) {
    auto decision = decided(Effect::redact);
    decision.redact_classes = {"secret"};
    return decision;
  };
  gate_.run();
  const std::string body = R"({"model":"m", "x":"my SECRET"})",
                    masked = R"({"model":"m", "x":"my ‹secret:word:1›"})";
  const auto answered = gate_.ask(gate_.chat(body));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.header("x-ostiary-decision"), "redact");
  ASSERT_EQ(far_.seen().size(), 1u);
  EXPECT_EQ(far_.seen()[0].body, masked);
  const auto record = gate_.outcome(answered);
  const auto id = record->text("id");
  EXPECT_EQ(record->text("request_digest"), hex_digest(gate_, id, body));
  EXPECT_EQ(record->text("forwarded_digest"), hex_digest(gate_, id, masked));
  for (const auto& line : gate_.records()) EXPECT_EQ(line.find("SECRET"), std::string::npos);
}

TEST_F(GateTest, WhatCannotBeMaskedIsStopped) {
  gate_.add_service("far", far_.url());
  gate_.steps().decision = [](const policy::Facts&, const inspect::Inspection&) {
    auto decision = decided(Effect::redact);
    decision.redact_classes = {"secret"};
    return decision;
  };
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 403);
  EXPECT_NE(answered.body.find("\"code\":\"cannot_redact\""), std::string::npos);
  EXPECT_EQ(far_.connections(), 0);
  EXPECT_EQ(gate_.outcome(answered)->text("outcome"), "refused");
}

TEST_F(GateTest, ARerouteGoesToTheOtherService) {
  gate_.add_service("far", far_.url());
  gate_.add_service("home", home_.url()).models = {{"m", "local-m"}};
  gate_.steps().decision = [](const policy::Facts& facts, const inspect::Inspection&) {
    if (std::get<std::string>(facts.find("target.service")->value) == "home") return policy::Decision();
    auto decision = decided(Effect::reroute);
    decision.reroute_to = "home";
    return decision;
  };
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.header("x-ostiary-service"), "home");
  EXPECT_EQ(far_.connections(), 0);
  ASSERT_EQ(home_.seen().size(), 1u);
  EXPECT_NE(home_.seen()[0].body.find("\"model\":\"local-m\""), std::string::npos);
  EXPECT_EQ(gate_.outcome(answered)->text("service"), "home");
}

TEST_F(GateTest, AServiceToWhichSeveralWereReroutedIsAskedOnce) {
  AnsweringService down([](const Message&) { return answer(500, R"({"error":{"message":"down"}})"); });
  gate_.add_service("far", far_.url());
  gate_.add_service("farther", far_.url());
  gate_.add_service("home", down.url());
  gate_.steps().decision = [](const policy::Facts& facts, const inspect::Inspection&) {
    if (std::get<std::string>(facts.find("target.service")->value) == "home") return policy::Decision();
    auto decision = decided(Effect::reroute);
    decision.reroute_to = "home";
    return decision;
  };
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 500);
  EXPECT_EQ(down.seen().size(), 1u);
  EXPECT_EQ(far_.connections(), 0);
}

TEST_F(GateTest, ARerouteToNowhereStopsTheRequest) {
  gate_.add_service("far", far_.url());
  gate_.steps().decision = [](const policy::Facts&, const inspect::Inspection&) {
    auto decision = decided(Effect::reroute);
    decision.reroute_to = "unknown";
    return decision;
  };
  gate_.run();
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, 403);
  EXPECT_EQ(far_.connections(), 0);
}

TEST_F(GateTest, DataClassesHaveTheirActions) {
  gate_.add_service("far", far_.url());
  gate_.add_service("home", home_.url());
  const ClassActions actions({{"internal", Effect::reroute}, {"secret", Effect::deny}}, "home");
  gate_.steps().inspection = [](const Exchange& x, inspect::Inspection& found) {
    find_secret(x, found);
    if (x.body.find("INTERNAL") != std::string_view::npos) found.classes = {"internal"};
  };
  gate_.steps().decision = [&](const policy::Facts& facts, const inspect::Inspection& found) {
    return actions.decide(facts, found);
  };
  gate_.run();
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).header("x-ostiary-service"), "far");
  EXPECT_EQ(gate_.ask(gate_.chat(R"({"model":"m","x":"INTERNAL"})")).header("x-ostiary-service"), "home");
  const auto denied = gate_.ask(gate_.chat(R"({"model":"m","x":"SECRET"})"));
  EXPECT_EQ(denied.status, 403);
  EXPECT_NE(denied.body.find("data_classes.secret"), std::string::npos);
}

TEST_F(GateTest, WithoutAKeyNothingIsReadAndNothingGoesOut) {
  gate_.add_service("far", far_.url());
  gate_.run();
  for (const std::string header :
       {"", "Authorization: Bearer ost_wrong\r\n", "Authorization: Bearer sk-other\r\n"}) {
    const auto answered = gate_.ask(post("/v1/chat/completions", kAsk, header));
    EXPECT_EQ(answered.status, 401);
    EXPECT_NE(answered.body.find("invalid_api_key"), std::string::npos);
    EXPECT_EQ(answered.header("x-ostiary-decision"), "none");
    EXPECT_EQ(gate_.outcome(answered)->text("outcome"), "refused");
  }
  EXPECT_EQ(far_.connections(), 0);
}

TEST_F(GateTest, ALedgerThatCannotBeWrittenLetsNothingOut) {
  gate_.add_service("far", far_.url());
  gate_.run();
  const auto answered = with_full_disk([&] { return gate_.ask(gate_.chat(kAsk)); });
  EXPECT_EQ(answered.status, 503);
  EXPECT_EQ(answered.header("retry-after"), "5");
  EXPECT_NE(answered.body.find("ledger_unavailable"), std::string::npos);
  const auto models = with_full_disk([&] { return gate_.ask(get("/v1/models", gate_.authorization())); });
  EXPECT_EQ(models.status, 503);
  EXPECT_EQ(far_.connections(), 0);
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, 200);  // as soon as it can be written again
}

TEST_F(GateTest, StrangersGetTheSameAnswerBeyondWhatIsRecordedOfThemAndAreCounted) {
  gate_.add_service("far", far_.url());
  gate_.settings().strangers_per_minute = 2;
  gate_.run();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(gate_.ask(post("/v1/chat/completions", kAsk)).status, 401);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(gate_.ask("no request\r\n\r\n").status, 400);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gate_.ask(gate_.chat("{")).status, 400);
  gate_.stop();
  int strangers = 0, known = 0, summaries = 0;
  for (const auto& line : gate_.records()) {
    const auto document = parsed(line);
    const auto record = document.root();
    if (record["kind"].string_or("") == "outcome") ++(record["key"].is_null() ? strangers : known);
    if (record["action"].string_or("") != "refusals-not-recorded") continue;
    ++summaries;
    EXPECT_EQ(record["detail"]["count"].as_uint(), 5u) << line;
  }
  EXPECT_EQ(strangers, 2);
  EXPECT_EQ(known, 3);
  EXPECT_EQ(summaries, 1);
}

TEST_F(GateTest, WhatIsRefusedForItsHeadCountsForWhoseKeyCameWithIt) {
  gate_.settings().strangers_per_minute = 0;
  gate_.settings().limits.per_key[Limit::requests] = 6;
  gate_.run();
  const auto own = gate_.authorization();
  const std::pair<std::string, int> early[] = {
      {get("/v1/nowhere", own), 404},
      {get("/k/" + gate_.key() + "/v1/nowhere"), 404},
      {get("/v1/chat/completions", own), 405},
      {post("/v1/chat/completions", kAsk, own + "Content-Encoding: gzip\r\n"), 415}};
  for (const auto& [request, status] : early) {
    const auto answered = gate_.ask(request);
    EXPECT_EQ(answered.status, status);
    const auto record = gate_.outcome(answered);
    EXPECT_EQ(record->text("subject"), gate_.subject()) << record->line;
    EXPECT_EQ((*record)["status"].as_uint(), static_cast<std::uint64_t>(status)) << record->line;
  }
  const auto after = gate_.ask(get("/v1/models", own));
  EXPECT_EQ(after.status, 200);
  EXPECT_EQ(after.header("x-ratelimit-remaining-requests"), "2");
}

TEST_F(GateTest, WhatIsRefusedForItsHeadWithoutAGoodKeyIsAStrangers) {
  gate_.settings().strangers_per_minute = 0;
  gate_.run();
  const auto own = gate_.authorization();
  EXPECT_EQ(gate_.ask(get("/v1/nowhere")).status, 404);
  EXPECT_EQ(gate_.ask(get("/v1/nowhere", "Authorization: Bearer ost_wrong\r\n")).status, 404);
  EXPECT_EQ(gate_.ask(get("/v1/models", own + own)).status, 400) << "two keys: nobody can tell whose it is";
  EXPECT_EQ(gate_.ask(get("/v1/nowhere", own + own)).status, 404);
  gate_.stop();
  int outcomes = 0;
  for (const auto& line : gate_.records()) outcomes += line.contains(R"("kind":"outcome")");
  EXPECT_EQ(outcomes, 0);
}

TEST_F(GateTest, WhatTheCallerWroteIntoAnAnswerCannotHideItsUsage) {
  AnsweringService service([](const Message&) {
    return answer(200, R"({"id":"resp_1","output":[],"usage":{"input_tokens":40,"output_tokens":2},)"
                       R"("metadata":{"id":"resp_2","usage":"{}"}})");
  });
  gate_.add_service("far", service.url());
  gate_.run();
  const auto answered =
      gate_.ask(post("/v1/responses", R"({"model":"m","metadata":{"usage":"{}"}})", gate_.authorization()));
  const auto record = gate_.outcome(answered);
  EXPECT_EQ((*record)["usage"]["input"].as_uint(), 40u) << record->line;
  EXPECT_EQ((*record)["usage"]["output"].as_uint(), 2u);
}

}  // namespace
}  // namespace ostiary::gateway
