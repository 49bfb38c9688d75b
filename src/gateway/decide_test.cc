// Deciding by a policy document, through a running gate.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/impl/test_gate.h"
#include "gateway/policy_decider.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kFront =
    "---\ntitle: Rules\nversion: \"7\"\nowner: Ada\ncontact: ada@example.org\nreview-by: 2999-01-01\n";

std::shared_ptr<const policy::Policy> policy_of(std::string_view rules, std::string_view front = "") {
  auto read = policy::read_document(std::string(kFront) + std::string(front) +
                                    "---\n# Our rules\n```policy\n" + std::string(rules) + "```\n");
  for (const auto& f : read.findings.all) ADD_FAILURE() << f.place.line << ": " << f.message;
  return std::make_shared<const policy::Policy>(std::move(read.document));
}

constexpr std::string_view kRules = R"(- {id: rest, when: always, then: allow}
- id: no-secrets
  when: {data.classes: [secret], target.service: {none-of: [own]}}
  then: deny
  because: A key stays here.
  instead: Say in words what it opens.
- {id: agents, when: {agent.unattended: true}, then: ask, obligations: [{expire: 1h}]}
- {id: plans, when: {purpose: planning}, then: reroute, to: own}
- {id: told, when: {purpose: demo}, then: allow, obligations: [{header: x-ai=yes}, {disclose: An AI helped}]}
- {id: watched, mode: observe, when: {purpose: watched}, then: deny}
)";

// Words in capitals are findings.
void look(const Exchange& x, inspect::Inspection& found) {
  const auto at = x.body.find("SECRET");
  if (at == std::string_view::npos) return;
  inspect::Finding finding;
  finding.detector = finding.type = "word";
  finding.data_class = "secret";
  finding.confidence = inspect::Confidence::high;
  finding.location.start = at;
  finding.location.end = at + 6;
  finding.preview = "S…";
  found.findings = {finding};
  found.classes = {"secret"};
}

class Desk final : public QuestionSink {
 public:
  Result<std::string> question_for(const Refusal& refusal) override {
    const std::lock_guard lock(mutex_);
    refusals_.push_back(refusal);
    return std::string("Q-17");
  }
  std::optional<Approval> approved(std::string_view fingerprint, WallMs) const override {
    const std::lock_guard lock(mutex_);
    if (fingerprint != approved_for_) return std::nullopt;
    return approval_;
  }
  void approve(const std::string& fingerprint, WallMs granted, WallMs expires) {
    const std::lock_guard lock(mutex_);
    approved_for_ = fingerprint;
    approval_ = {"Q-17", granted, expires};
  }
  std::vector<Refusal> refusals() const {
    const std::lock_guard lock(mutex_);
    return refusals_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Refusal> refusals_;
  std::string approved_for_;
  Approval approval_;
};

class Deciding : public ::testing::Test {
 protected:
  void open(std::string_view rules = kRules, std::string_view front = "", ClassActions more = {{}, ""}) {
    gate_.steps().inspection = look;
    gate_.add_service("far", far_.url()).models = {{"m", ""}};
    gate_.add_service("own", own_.url()).models = {{"m", ""}, {"home", ""}};
    gate_.decide_by(std::make_shared<const PolicyDecider>(policy_of(rules, front), std::move(more)));
    gate_.shared().questions.serve(&desk_);
    gate_.run();
  }
  ~Deciding() override { gate_.shared().questions.serve(nullptr); }
  Message ask(std::string_view headers, std::string_view text = "hi") const {
    return gate_.ask(
        post("/v1/chat/completions",
             R"({"model":"m","messages":[{"role":"user","content":")" + std::string(text) + "\"}]}",
             gate_.authorization() + std::string(headers)));
  }
  std::string decision(const Message& answer) const {
    return std::string(gate_.outcome(answer)->document.root()["decision"].raw());
  }
  AnsweringService far_{[](const Message&) { return answer(200, kHello); }};
  AnsweringService own_{[](const Message&) { return answer(200, kHello); }};
  Desk desk_;
  TestGate gate_;
};

TEST_F(Deciding, WhatIsAllowedPassesAndIsRecordedWithRuleAndDocument) {
  open();
  const auto passed = ask("x-ostiary-unattended: false\r\nx-ostiary-purpose: chat\r\n");
  EXPECT_EQ(passed.status, 200);
  EXPECT_EQ(passed.header("x-ostiary-decision"), "allow");
  EXPECT_EQ(passed.header("x-ostiary-question"), "");
  EXPECT_THAT(decision(passed), AllOf(HasSubstr(R"("rules":[{"clause":"our-rules","id":"rest"}])"),
                                      HasSubstr(R"("version":"7")"), HasSubstr("sha256:")));
  EXPECT_THAT(far_.seen().at(0).head, Not(HasSubstr("ostiary-purpose")));
}

TEST_F(Deciding, ARefusalTellsClauseReasonWaysOutAndItsQuestion) {
  open();
  const auto refused = ask("x-ostiary-unattended: false\r\nx-ostiary-purpose: chat\r\n", "my SECRET");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.header("x-ostiary-question"), "Q-17");
  EXPECT_THAT(
      refused.body,
      AllOf(HasSubstr(R"("code":"policy_denied")"), HasSubstr(R"("clause":"our-rules","id":"no-secrets")"),
            HasSubstr("A key stays here. What you can do: Say in words what it opens. It would pass if you "
                      "use the service 'own'. It is question Q-17; to ask about it: ostiary desk ask Q-17"),
            HasSubstr(R"("alternative":"use the service 'own'")"), HasSubstr(R"("question":"Q-17")"),
            HasSubstr(R"("preview":"S…")")));
  EXPECT_THAT(decision(refused), HasSubstr(R"("alternative":"use the service 'own'")"));
  const auto there = ask(
      "x-ostiary-unattended: false\r\nx-ostiary-purpose: chat\r\nx-ostiary-service: own\r\n", "my SECRET");
  EXPECT_EQ(there.status, 200);  // the way that it told
  ASSERT_EQ(desk_.refusals().size(), 1u);
  const auto refusal = desk_.refusals()[0];
  EXPECT_EQ(refusal.service, "far");
  EXPECT_EQ(refusal.model, "m");
  EXPECT_EQ(refusal.subject, gate_.subject());
  EXPECT_EQ(refusal.classes, std::vector<std::string>{"secret"});
  EXPECT_EQ(refusal.effect, policy::Effect::deny);
}

TEST_F(Deciding, WhereNoServiceIsAllowedTheDataIsToBeLeftOut) {
  open("- {id: rest, when: always, then: allow}\n- {id: n, when: {data.classes: [secret]}, then: deny}\n");
  EXPECT_THAT(ask("", "my SECRET").body,
              HasSubstr(R"("alternative":"leave out the data of the class secret")"));
}

TEST_F(Deciding, AnApprovedAskPassesUntilItExpiresAndNothingElseDoes) {
  open();
  const std::string same = "x-ostiary-unattended: true\r\nx-ostiary-purpose: chat\r\n";
  const auto asked = ask(same);
  EXPECT_EQ(asked.status, 403);
  EXPECT_THAT(asked.body, HasSubstr("approval_required"));
  EXPECT_EQ(asked.header("x-ostiary-question"), "Q-17");
  const auto refusal = desk_.refusals().at(0);
  EXPECT_EQ(refusal.approval_lasts_ms, 3'600'000u);
  const auto now = wall_now();
  desk_.approve(refusal.fingerprint, now, now + 60'000);
  const auto passed = ask(same, "another text");
  EXPECT_EQ(passed.status, 200);
  EXPECT_EQ(passed.header("x-ostiary-decision"), "ask; approved");
  EXPECT_EQ(passed.header("x-ostiary-question"), "Q-17");
  EXPECT_THAT(decision(passed), HasSubstr(R"("approved":"Q-17","effect":"ask")"));
  EXPECT_EQ(ask(same, "a SECRET").status, 403);  // that is another request
  desk_.approve(refusal.fingerprint, now - 10'000, now - 1);
  EXPECT_EQ(ask(same).status, 403);
  desk_.approve(refusal.fingerprint, now - 3'700'000, now + 60'000);  // the rule says: for an hour
  EXPECT_EQ(ask(same).status, 403);
}

TEST_F(Deciding, AReroutedRequestGoesThereAndItsRecordSaysSo) {
  open();
  const auto moved = ask("x-ostiary-unattended: false\r\nx-ostiary-purpose: planning\r\n");
  EXPECT_EQ(moved.status, 200);
  EXPECT_EQ(moved.header("x-ostiary-decision"), "reroute");
  EXPECT_EQ(moved.header("x-ostiary-service"), "own");
  EXPECT_TRUE(far_.seen().empty());
  const auto again = ask("x-ostiary-unattended: false\r\nx-ostiary-purpose: planning\r\n");
  EXPECT_EQ(again.header("x-ostiary-service"), "own");
  EXPECT_EQ(decision(again), decision(moved));
  EXPECT_THAT(decision(moved), HasSubstr(R"("id":"plans")"));
}

TEST_F(Deciding, NothingIsSentToAServiceThatDoesNotOfferTheModel) {
  gate_.add_service("other", own_.url()).models = {{"n", ""}};
  open(
      "- {id: rest, when: always, then: allow}\n- {id: off, when: {target.service: [far]}, then: reroute, "
      "to: "
      "other}\n");
  const auto refused = ask("");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body,
              AllOf(HasSubstr("the policy sends this to 'other', which does not offer the model here"),
                    HasSubstr(R"("alternative":"use the service 'own'")")));
  EXPECT_TRUE(own_.seen().empty());
}

TEST_F(Deciding, ARuleForAModelHoldsForItsOtherNamesToo) {
  gate_.add_service("named", own_.url()).models = {{"cheap", "gpt-4o-mini"}};
  open("- {id: rest, when: always, then: allow}\n- {id: no, when: {target.model: [gpt-4o*]}, then: deny}\n");
  const auto refused =
      gate_.ask(post("/v1/chat/completions", R"({"model":"cheap","messages":[]})", gate_.authorization()));
  EXPECT_THAT(refused.body, HasSubstr(R"("id":"no")"));
  EXPECT_EQ(ask("").status, 200);
}

TEST_F(Deciding, TheRecordTellsEveryFactThatTheDocumentReads) {
  open();
  const auto first = ask("x-ostiary-unattended: false\r\nx-ostiary-purpose: chat\r\n");
  const auto second = ask("x-ostiary-unattended: false\r\nx-ostiary-purpose: demo2\r\n");
  EXPECT_THAT(decision(first),
              AllOf(HasSubstr(R"({"name":"agent.unattended","source":"request","value":false})"),
                    HasSubstr(R"({"name":"data.classes","source":"inspection","value":[]})"),
                    HasSubstr(R"({"name":"data.partial","source":"inspection","value":[]})"),
                    HasSubstr(R"({"name":"purpose","source":"request","value":"chat"})")));
  EXPECT_THAT(decision(second), HasSubstr(R"({"name":"purpose","source":"request","value":"demo2"})"));
}

TEST_F(Deciding, WhatIsOnlyObservedReachesTheServiceAsItCame) {
  open();
  const auto watched = ask("x-ostiary-unattended: false\r\nx-ostiary-purpose: watched\r\n");
  EXPECT_EQ(watched.status, 200);
  EXPECT_EQ(watched.header("x-ostiary-decision"), "deny; mode=observe");
  const auto plain = ask("x-ostiary-unattended: false\r\nx-ostiary-purpose: chat\r\n");
  EXPECT_EQ(far_.seen().at(0).body, far_.seen().at(1).body);
  EXPECT_TRUE(desk_.refusals().empty());
}

TEST_F(Deciding, AnObservedDocumentMasksNothing) {
  open(
      "- {id: rest, when: always, then: allow}\n- {id: m, when: {data.classes: [secret]}, then: redact, "
      "redact: [secret]}\n",
      "mode: observe\n");
  EXPECT_EQ(ask("", "my SECRET").header("x-ostiary-decision"), "redact; mode=observe");
  EXPECT_THAT(far_.seen().at(0).body, HasSubstr("my SECRET"));
}

TEST_F(Deciding, ObligationsGoWithTheAnswer) {
  open();
  const auto told = ask("x-ostiary-unattended: false\r\nx-ostiary-purpose: demo\r\n");
  EXPECT_EQ(told.header("x-ai"), "yes");
  EXPECT_EQ(told.header("x-ostiary-disclosure"), "An AI helped");
}

TEST_F(Deciding, TheOperatorsActionsOnlyTighten) {
  open("- {id: rest, when: always, then: allow}\n- {id: m, when: {data.classes: [secret]}, then: ask}\n", "",
       ClassActions({{"secret", policy::Effect::allow}}, ""));
  EXPECT_EQ(ask("", "my SECRET").status, 403);
}

TEST_F(Deciding, AClaimThatTheFactTableDoesNotTakeIsTheCallersMistake) {
  open();
  const auto wrong = ask("x-ostiary-output-use: fun\r\n");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, AllOf(HasSubstr("bad_header"), HasSubstr("one of customer, internal")));
}

TEST_F(Deciding, AServiceThatIsNotThereIsSaidSo) {
  open();
  EXPECT_THAT(ask("x-ostiary-service: nowhere\r\n").body, HasSubstr("service_not_found"));
}

}  // namespace
}  // namespace ostiary::gateway
