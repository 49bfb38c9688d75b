#include "gateway/facts.h"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/impl/test_support.h"
#include "gateway/setup.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

std::shared_ptr<Service> service_with(ServiceSettings settings) {
  settings.id = "far";
  settings.base_url = "https://api.example.com/v1";
  auto service = Service::create(std::move(settings));
  EXPECT_TRUE(service) << service.error().text();
  return std::move(*service);
}

// A request for inspection that was inspected.
struct Inspected : Received {
  explicit Inspected(std::string bytes) : Received(std::move(bytes)) {
    x.setup = std::make_shared<gateway::Setup>();
  }
};

template <class T = std::string>
std::optional<T> value(const policy::Facts& facts, std::string_view name) {
  const auto* fact = facts.find(name);
  if (!fact) return std::nullopt;
  return std::get<T>(fact->value);
}

constexpr std::string_view kChat = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";

std::string chat_with(const std::string& members) {
  return post("/v1/chat/completions", R"({"model":"m","messages":[],)" + members + "}");
}

std::optional<Words> tools_of(const std::string& members) {
  Inspected request(chat_with(members));
  return value<Words>(gather_facts(request.x, *service_with({})), "agent.tools");
}

TEST(Facts, ToolsThatTheModelIsOfferedAreNamedInEveryForm) {
  EXPECT_THAT(*tools_of(R"("tools":[{"type":"function","function":{"name":"shell"}},{"type":"web_search"},)"
                        R"({"type":"custom","name":"edit"},{"type":"mcp","server_label":"git"}],)"
                        R"("functions":[{"name":"old"}])"),
              ElementsAre("edit", "git", "mcp", "old", "shell", "web_search"));
  EXPECT_THAT(*tools_of(R"("tools":null)"), IsEmpty());
}

TEST(Facts, AToolThatTheServiceRunsIsNamedByItsKindToo) {
  EXPECT_THAT(*tools_of(R"("tools":[{"type":"mcp","server_label":"harmless"},)"
                        R"({"type":"code_interpreter","name":"notes"},)"
                        R"({"type":"custom","custom":{"name":"edit"}}])"),
              ElementsAre("code_interpreter", "edit", "harmless", "mcp", "notes"));
  EXPECT_THAT(*tools_of(R"("web_search_options":{})"), ElementsAre("web_search"));
  EXPECT_THAT(*tools_of(R"("web_search_options":null)"), IsEmpty());
}

TEST(Facts, ToolsThatCannotAllBeReadAreUnknown) {
  EXPECT_EQ(tools_of(R"("tools":{"name":"shell"})"), std::nullopt);
  EXPECT_EQ(tools_of(R"("tools":[{"name":"shell"},7])"), std::nullopt);
  EXPECT_EQ(tools_of(R"("prompt":{"id":"pmpt_1"})"), std::nullopt);  // a stored one brings its own
  std::string many;
  for (int i = 0; i < 600; ++i)
    many += (i ? "," : "") + std::string(R"({"name":"t)") + std::to_string(i) + "\"}";
  EXPECT_EQ(tools_of("\"tools\":[" + many + "]"), std::nullopt);
}

TEST(Facts, WhatWasFoundIsToldAndWhatWasNotReadAlways) {
  Inspected request(post("/v1/chat/completions", kChat));
  auto& found = request.x.inspection;
  const auto service = service_with({});
  auto facts = gather_facts(request.x, *service);
  EXPECT_THAT(*value<Words>(facts, "data.partial"), IsEmpty());
  EXPECT_EQ(value(facts, "data.confidence"), "none");
  inspect::Finding finding;
  finding.type = "email-address";
  finding.confidence = inspect::Confidence::medium;
  found.findings = {finding, finding};
  finding.type = "maybe";
  finding.confidence = inspect::Confidence::low;
  found.findings.push_back(finding);
  finding.type = "prompt-bytes";
  finding.klass = inspect::Class::size;
  finding.confidence = inspect::Confidence::high;
  found.findings.push_back(finding);
  found.classes = {"personal"};
  found.partial = {"an archive"};
  facts = gather_facts(request.x, *service);
  EXPECT_THAT(*value<Words>(facts, "data.findings"), ElementsAre("email-address"));
  EXPECT_EQ(value(facts, "data.confidence"), "medium");
  EXPECT_THAT(*value<Words>(facts, "data.partial"), ElementsAre("an archive"));
  EXPECT_EQ(facts.find("data.classes")->source, "inspection");
}

TEST(Facts, WhereNothingIsInspectedNobodyKnowsTheClasses) {
  Inspected request(post("/v1/chat/completions", kChat));
  auto setup = std::make_shared<gateway::Setup>();
  setup->settings.inspect = false;
  request.x.setup = setup;
  const auto facts = gather_facts(request.x, *service_with({}));
  EXPECT_EQ(facts.find("data.classes"), nullptr);
  EXPECT_EQ(facts.find("data.findings"), nullptr);
  EXPECT_THAT(*value<Words>(facts, "data.partial"), ElementsAre("the request was not inspected"));
}

TEST(Facts, AModelIsCalledWhatTheServiceCallsIt) {
  ServiceSettings settings;
  settings.models = {{"m", "gpt-4o-mini"}, {"open-*", ""}};
  settings.licences = {{"m", "MIT", "permissive"}, {"gpt-*", "LicenseRef-Terms", "proprietary"}};
  Inspected request(post("/v1/chat/completions", kChat));
  const auto facts = gather_facts(request.x, *service_with(settings));
  EXPECT_EQ(value(facts, "target.model"), "gpt-4o-mini");
  EXPECT_EQ(value(facts, "target.model_licence_category"), "proprietary");
  EXPECT_EQ(value(target_facts(settings, "m"), "target.model"), "gpt-4o-mini");
  EXPECT_EQ(value(target_facts(settings, "open-1"), "target.model"), "open-1");
}

TEST(Facts, TheTargetIsWhatTheConfigurationSays) {
  ServiceSettings settings;
  settings.provider = "acme";
  settings.surface = "via-cloud";
  settings.region = "eu-central";
  settings.licences = {{"m", "Apache-2.0", "permissive"}, {"*", "LicenseRef-X", ""}};
  settings.terms.trains = false;
  settings.terms.retention_days = 30;
  Inspected request(post("/v1/chat/completions", kChat));
  const auto service = service_with(settings);
  auto facts = gather_facts(request.x, *service);
  EXPECT_EQ(value(facts, "target.hosting"), "cloud");
  EXPECT_EQ(value(facts, "target.region"), "eu-central");
  EXPECT_EQ(value(facts, "target.model_licence"), "Apache-2.0");
  EXPECT_EQ(value(facts, "target.model_licence_category"), "permissive");
  EXPECT_EQ(value<bool>(facts, "target.terms.trains"), false);
  EXPECT_EQ(value<std::int64_t>(facts, "target.terms.retention_days"), 30);
  EXPECT_EQ(facts.find("target.terms.dpa"), nullptr);
  const std::string other = "other";
  facts = gather_facts(request.x, *service, policy::kAllFacts, {.model = &other});
  EXPECT_EQ(value(facts, "target.model_licence"), "LicenseRef-X");
  EXPECT_EQ(facts.find("target.model_licence_category"), nullptr);
  settings.surface = "self-hosted";
  EXPECT_EQ(value(target_facts(settings, ""), "target.hosting"), "own");
  settings.hosting = "provider";
  EXPECT_EQ(value(target_facts(settings, ""), "target.hosting"), "provider");
  EXPECT_EQ(target_facts(settings, "").find("data.bytes"), nullptr);
}

TEST(Facts, WhatIsNotKnownIsNotThere) {
  Received request(post("/v1/embeddings", R"({"model":"m","input":"x"})"));
  const auto facts = gather_facts(request.x, *service_with({}));
  EXPECT_EQ(value(facts, "target.endpoint"), "embeddings");
  for (const std::string_view name :
       {"target.surface", "target.hosting", "target.region", "subject.team", "purpose", "output.use",
        "agent.unattended", "data.language", "subject.role"})
    EXPECT_EQ(facts.find(name), nullptr) << name;
}

TEST(Facts, TheClockIsThatOfTheRequestToTheSecond) {
  Inspected request(post("/v1/chat/completions", kChat));
  request.x.at = 1'764'170'123'456;  // 2025-11-26T15:15:23.456Z
  const auto facts = gather_facts(request.x, *service_with({}));
  EXPECT_EQ(value(facts, "time.now"), "2025-11-26T15:15:23.000Z");
  EXPECT_EQ(value(facts, "time.weekday"), "wednesday");
  EXPECT_EQ(value<std::int64_t>(facts, "time.hour"), 15);
}

TEST(Facts, OnlyWhatIsWantedIsGathered) {
  Inspected request(post("/v1/chat/completions", kChat));
  constexpr std::array<std::string_view, 2> wanted = {"target.service", "data.bytes"};
  const auto facts = gather_facts(request.x, *service_with({}), policy::fact_set(wanted));
  ASSERT_EQ(facts.all().size(), 2u);
  EXPECT_EQ(facts.all()[0].name, "data.bytes");
}

std::string with_headers(std::string_view headers) {
  return post("/v1/chat/completions", kChat, headers);
}

TEST(Claims, WhatTheCallerSaysIsAFactOfTheRequest) {
  Inspected request(
      with_headers("X-Ostiary-Purpose: code-review\r\nx-ostiary-output-use: upstream\r\n"
                   "x-ostiary-project: github.com/acme/tool\r\nx-ostiary-unattended: true\r\nx-ostiary-tool: "
                   "my-agent\r\n"));
  ASSERT_FALSE(read_claims(request.x));
  const auto facts = gather_facts(request.x, *service_with({}));
  EXPECT_EQ(value(facts, "purpose"), "code-review");
  EXPECT_EQ(value(facts, "output.use"), "upstream");
  EXPECT_EQ(value(facts, "output.project"), "github.com/acme/tool");
  EXPECT_EQ(value<bool>(facts, "agent.unattended"), true);
  EXPECT_EQ(value(facts, "tool"), "my-agent");
  EXPECT_EQ(facts.find("purpose")->source, "request");
}

TEST(Claims, TheToolIsTheProductThatTheUserAgentNamesFirst) {
  Inspected request(with_headers("User-Agent: Claude-CLI/1.0 (external)\r\n"));
  ASSERT_FALSE(read_claims(request.x));
  EXPECT_EQ(value(gather_facts(request.x, *service_with({})), "tool"), "claude-cli");
  Inspected silent(with_headers("User-Agent: \"; drop\r\n"));
  ASSERT_FALSE(read_claims(silent.x));
  EXPECT_EQ(gather_facts(silent.x, *service_with({})).find("tool"), nullptr);
}

TEST(Claims, WhatTheFactTableDoesNotTakeIsRefused) {
  const auto wrong = [](std::string_view headers) {
    Inspected request(with_headers(headers));
    const auto error = read_claims(request.x);
    return error ? error->message : std::string();
  };
  EXPECT_THAT(wrong("x-ostiary-output-use: fun\r\n"),
              HasSubstr("must be one of customer, internal, shipped, train-model, upstream"));
  EXPECT_THAT(wrong("x-ostiary-unattended: perhaps\r\n"), HasSubstr("true or false"));
  EXPECT_THAT(wrong("x-ostiary-unattended: true\r\nx-ostiary-unattended: false\r\n"), HasSubstr("twice"));
  EXPECT_THAT(wrong("x-ostiary-purpose: a\r\nx-ostiary-purpose: b\r\n"), HasSubstr("twice"));
  EXPECT_THAT(wrong("x-ostiary-purpose: two words\r\n"), HasSubstr("takes a word"));
  EXPECT_THAT(wrong("x-ostiary-project: " + std::string(101, 'a') + "\r\n"), HasSubstr("at most 100"));
  EXPECT_THAT(wrong("x-ostiary-purpose:\r\n"), HasSubstr("takes a word"));
}

}  // namespace
}  // namespace ostiary::gateway
