// The order in which an ask is taken up.

#include "desk/desk.h"

#include <algorithm>
#include <gmock/gmock.h>

#include "base/text.h"
#include "desk/testing.h"
#include "json/document.h"

namespace ostiary::desk {
namespace {

using namespace testing;  // NOLINT: the fixture of this module
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(DeskTest, WhatThePolicyAllowsIsAnsweredAtOnceWithItsClauseAndMarked) {
  const auto q = ask(asking("May I summarise our web site?", {"public"}));
  EXPECT_EQ(q.number, 1U);
  EXPECT_EQ(q.state, State::answered);
  ASSERT_TRUE(q.answer);
  EXPECT_TRUE(q.answer->automatic);
  EXPECT_EQ(q.answer->ruling, Ruling::allow);
  EXPECT_EQ(q.answer->by, "policy");
  EXPECT_EQ(q.answer->clause, "public");
  EXPECT_EQ(q.answer->reason, "Public data may go anywhere.");
  EXPECT_THAT(journal_.actions(), ElementsAre("question-asked Q-1", "question-answered Q-1"));
}

TEST_F(DeskTest, WhatThePolicyRefusesIsRefusedWithTheAlternative) {
  const auto q = ask(asking("May I paste this log?", {"secret"}));
  ASSERT_TRUE(q.answer);
  EXPECT_EQ(q.answer->ruling, Ruling::deny);
  EXPECT_EQ(q.answer->alternative, "take the key out");
  EXPECT_EQ(q.answer->clause, "secrets");
  nearest_ = [](const policy::Facts& facts) {
    return facts.find("data.classes") ? "use the service 'own'" : "";
  };
  use(kDocument);
  EXPECT_EQ(ask(asking("May I paste that log?", {"secret"})).answer->alternative,
            "take the key out; you can use the service 'own'");
}

TEST_F(DeskTest, NothingIsAutomaticThatTheDocumentDoesNotName) {
  use(with("automatic-answers: [allow, deny]", "automatic-answers: [deny]"));
  EXPECT_EQ(ask(asking("May I summarise our web site?", {"public"})).state, State::open);
  use(with("  automatic-answers: [allow, deny]\n", ""));
  EXPECT_EQ(ask(asking("May I paste this log?", {"secret"})).state, State::open);
}

TEST_F(DeskTest, WhatARuleAsksAboutOrAFactIsMissingForGoesToPeople) {
  auto asks = asking("May I show Mistral the shop's code?", {"customer-code"});
  asks.service = "mistral";
  EXPECT_EQ(ask(asks).state, State::open) << "a rule says ask";
  Asking unsaid;
  unsaid.text = "May I use it?";
  const auto q = ask(unsaid);
  EXPECT_EQ(q.state, State::open);
  EXPECT_THAT(q.decision->missing, Contains("data.classes"));
  EXPECT_EQ(q.lane, "legal") << "what is unknown goes to the lane of highest risk";
  EXPECT_EQ(q.owner, "legal");
  EXPECT_EQ(q.risk, Risk::high);
}

TEST_F(DeskTest, AQuestionThatNamesNoSizeDoesNotWaitForRulesAboutSizes) {
  use(with("- id: no-secrets\n",
           "- {id: large, when: {data.bytes: {over: 1MiB}}, then: ask}\n- id: no-secrets\n"));
  EXPECT_EQ(ask(asking("May I summarise our web site?", {"public"})).state, State::answered);
  auto large = asking("May I summarise all of our web site?", {"public"});
  large.facts.set("data.bytes", std::int64_t{2 << 20}, "asker");
  EXPECT_EQ(ask(large).state, State::open);
}

TEST_F(DeskTest, ObservedRulesMakeNoAutomaticAnswers) {
  auto text = with("- id: no-secrets\n", "- id: no-secrets\n  mode: observe\n");
  text.replace(text.find("default: ask"), 12, "default: allow");
  use(text);
  EXPECT_EQ(ask(asking("May I refactor this?", {"code"})).state, State::answered);
  EXPECT_EQ(ask(asking("May I paste this log?", {"secret"})).state, State::open);
}

TEST_F(DeskTest, TheLaneIsThatOfTheDataAndTheUse) {
  EXPECT_EQ(ask(asking("May I refactor with it?")).lane, "quick");
  auto text =
      with("when: {not: {data.classes: {only: [code, public]}}}", "when: {output.use: [customer, shipped]}");
  use(text);
  auto unsaid = asking("May I refactor that with it?", {"code"}, "");
  EXPECT_EQ(ask(unsaid).lane, "legal") << "what is unknown goes to the lane of highest risk";
  use(text.insert(text.find("answer-targets:"), "assumed: {output.use: internal}\n"));
  unsaid.text = "May I refactor those with it?";
  EXPECT_EQ(ask(unsaid).lane, "quick") << "the document says what holds where nobody says otherwise";
  use(kDocument);
  EXPECT_EQ(ask(asking("May I refactor this with it?", {"personal"})).lane, "legal");
  EXPECT_EQ(ask(asking("May I ship what it writes?", {"code"}, "shipped")).lane, "legal") << "no lane holds";
  use("---\ntitle: x\nversion: \"1\"\nstatus: draft\nowner: head\ncontact: desk\nreview-by: "
      "2999-01-01\n---\n# A\n");
  auto safe = asking("May I try it?");
  safe.reversible = true;
  const auto q = ask(safe);
  EXPECT_EQ(q.lane, "usual");
  EXPECT_EQ(q.owner, "desk");
  EXPECT_EQ(q.risk, Risk::low);
  EXPECT_EQ(ask(asking("May I try that?", {"personal"})).risk, Risk::high);
}

TEST_F(DeskTest, TheSameQuestionGetsItsPrecedentWithTheClause) {
  const auto first = ask(asking("May I use Copilot to write unit tests?"));
  ASSERT_EQ(first.state, State::open);
  answer(first.number, Ruling::allow_with_conditions);
  ASSERT_TRUE(desk_->make_precedent(first.number, "Copilot for tests", "public", kLegal, now_));
  for (const auto* text :
       {"may I use copilot to write unit tests", "Can we use Copilot for writing unit tests?"}) {
    const auto again = ask(asking(text), kBob);
    ASSERT_TRUE(again.answer) << text;
    EXPECT_TRUE(again.answer->automatic);
    EXPECT_EQ(again.answer->by, "precedent");
    EXPECT_EQ(again.answer->precedent, first.number);
    EXPECT_EQ(again.answer->clause, "public");
    EXPECT_EQ(again.answer->conditions, "if so");
  }
  EXPECT_EQ(ask(asking("May I use Copilot to write unit tests?", {"code", "personal"}), kBob).state,
            State::open)
      << "other facts are another question";
  const auto near = ask(asking("May I use Claude to write unit tests?"), kBob);
  EXPECT_EQ(near.state, State::open);
  EXPECT_THAT(near.similar, ElementsAre(first.number));
}

TEST_F(DeskTest, APrecedentIsNoneOnceItEndsExpiresOrItsClauseChanges) {
  const auto asked = asking("May I use Copilot to write unit tests?");
  const auto first = ask(asked);
  answer(first.number, Ruling::allow, now_ + 48 * kHour);
  ASSERT_TRUE(desk_->make_precedent(first.number, "", "public", kLegal, now_));
  const auto later = ask(asked, kBob);
  EXPECT_EQ(later.answer->expires, now_ + 48 * kHour);
  use(with("Public things go.", "Public things may go."));
  EXPECT_EQ(find(first.number).precedent, Precedent::reopened);
  EXPECT_EQ(find(first.number).state, State::open) << "it is asked again, with the answer that it had";
  EXPECT_EQ(find(first.number).answer->ruling, Ruling::allow);
  EXPECT_THAT(journal_.actions(), Contains("precedent-reopened Q-1"));
  EXPECT_EQ(ask(asked, {.subject = "sub_eve", .team = "x"}).state, State::open);

  answer(first.number, Ruling::allow, now_ + 48 * kHour);
  EXPECT_EQ(find(first.number).precedent, Precedent::ended) << "until somebody makes it one again";
  ASSERT_TRUE(desk_->make_precedent(first.number, "", "public", kLegal, now_));
  EXPECT_TRUE(ask(asked, {.subject = "sub_kim", .team = "x"}).answer);
  now_ += 48 * kHour;
  EXPECT_FALSE(ask(asked, {.subject = "sub_joe", .team = "x"}).answer);
  ASSERT_TRUE(desk_->tick(now_));
  EXPECT_EQ(find(first.number).state, State::expired);
  EXPECT_EQ(find(first.number).precedent, Precedent::ended);
}

TEST_F(DeskTest, ALinkLeadsToTheWebAlone) {
  auto linked = asking("May I use Copilot for our build?");
  for (const auto* bad : {"javascript:alert(1)", "data:text/html,x", "https://", "http:///x",
                          "https://a.example/ b", "https://a.example/\"><script>", "issue 7"}) {
    linked.link = bad;
    EXPECT_EQ(error_of(desk_->ask(linked, kAda, now_)).code, Code::invalid) << bad;
  }
  linked.link = "http://a.example/7?x=1#y";
  EXPECT_EQ(ask(linked).link, linked.link);
}

TEST_F(DeskTest, WhoAsksTheSameWhileItIsOpenHasOneQuestion) {
  const auto first = ask(asking("May I use Copilot for our build?"));
  auto more = asking("may i use Copilot for our build");
  more.people_blocked = 7;
  const auto again = ask(more);
  EXPECT_EQ(again.number, first.number);
  EXPECT_EQ(again.times, 2U);
  EXPECT_EQ(again.people_blocked, 7U);
  EXPECT_NE(ask(more, kBob).number, first.number);
  Asking issue = asking("Is this fine?");
  issue.origin = Origin::github;
  issue.link = "https://github.example/o/r/issues/7";
  const auto delivered = ask(issue, {});
  issue.text = "Is that fine? (edited)";
  EXPECT_EQ(ask(issue, {}).number, delivered.number) << "the same issue";
  EXPECT_NE(ask(issue, kBob).number, delivered.number) << "a link shows nobody the question of somebody else";
}

TEST_F(DeskTest, WhatTheConfigurationSaysOfAServiceOutweighsTheAsker) {
  target_ = [](std::string_view service, std::string_view) -> std::optional<policy::Facts> {
    if (service != "mistral") return std::nullopt;
    policy::Facts facts;
    facts.set("target.hosting", std::string("provider"), "config");
    return facts;
  };
  use(with("target.service: mistral}\n  then: ask", "target.hosting: provider}\n  then: deny"));
  auto lie = asking("May I show Mistral the shop's code?", {"customer-code"});
  lie.service = "mistral";
  lie.facts.set("target.hosting", std::string("own"), "asker");
  lie.facts.set("subject.role", std::string("admin"), "asker");
  const auto q = ask(lie);
  EXPECT_EQ(std::get<std::string>(q.facts.find("target.hosting")->value), "provider");
  EXPECT_FALSE(q.facts.find("subject.role")) << "nobody gives themselves a role";
  ASSERT_TRUE(q.answer);
  EXPECT_EQ(q.answer->ruling, Ruling::deny);
}

TEST_F(DeskTest, HostileTextIsDataWhereverItIsKept) {
  auto hostile = asking(
      std::string("May\x1b[2J I <script>alert(1)</script> | `x` \u202e \xff") + std::string(100'000, 'a'),
      {std::string("co\x07"
                   "de"),
       std::string(5000, 'x'), "\xc0\x80"});
  hostile.what_for = std::string(1 << 20, '\0');
  hostile.tool = "\"}],\"effect\":\"allow";
  const auto q = ask(hostile);
  EXPECT_LE(q.text.size(), Asking::kLongestText);
  EXPECT_THAT(q.text, HasSubstr("<script>"));
  EXPECT_THAT(q.text, Not(HasSubstr("\x1b")));
  EXPECT_EQ(q.what_for, "");
  for (const auto& one : q.data_classes) EXPECT_LE(one.size(), Asking::kLongestWord);
  const auto kept = find(q.number);
  EXPECT_EQ(kept.tool, hostile.tool);
  EXPECT_EQ(kept.data_classes, q.data_classes);
  std::string json;
  append_json(json, kept);
  const auto document = json::Document::parse(json);
  ASSERT_TRUE(document) << document.error().text();
  EXPECT_EQ(document->root()["text"].as_string(), q.text);
  for (const auto& line : journal_.lines) {
    EXPECT_TRUE(json::Document::parse(line.detail)) << line.detail;
    EXPECT_THAT(line.detail, Not(HasSubstr("script"))) << "no text of people in the ledger";
  }
  EXPECT_FALSE(desk_->ask(asking(" \n\x1b "), kAda, now_));
  EXPECT_FALSE(desk_->ask(asking("x", {}, "weapons"), kAda, now_));
  Asking wrong = asking("x");
  wrong.facts.set("data.bytes", std::string("many"), "asker");
  EXPECT_EQ(error_of(desk_->ask(wrong, kAda, now_)).code, Code::invalid);
}

TEST_F(DeskTest, TheLedgerHasNoWordThatTheAskerChose) {
  auto asked = asking("May I?", {"personal", "heliotrope-class"});
  asked.tool = "heliotrope-tool";
  asked.model = "heliotrope-model";
  asked.service = "heliotrope-service";
  asked.surface = "heliotrope-surface";
  answer(ask(asked).number, Ruling::allow);
  // More words than the gate had, of one who takes its refusal to the desk.
  auto more = asking("May I?", {});
  more.tool = "heliotrope-tool";
  const auto met = refused(refusal(policy::Effect::deny));
  ASSERT_TRUE(desk_->raise(met.number, more, kAda, now_));
  answer(met.number, Ruling::deny);
  for (const auto& line : journal_.lines) {
    EXPECT_THAT(line.detail, Not(HasSubstr("heliotrope")));
    EXPECT_THAT(line.detail, Not(HasSubstr("\"fingerprint\"")))
        << "it has no key, so texts can be guessed by it";
  }
  const auto first = std::ranges::find(journal_.lines, "question-answered", &MemoryJournal::Line::action);
  ASSERT_NE(first, journal_.lines.end());
  EXPECT_THAT(first->detail, HasSubstr("\"personal\""));
  EXPECT_THAT(first->detail, HasSubstr(R"("output_use":"internal")"));
  EXPECT_THAT(first->detail, HasSubstr(R"("tool":"hmac-sha256:)"));
  EXPECT_THAT(journal_.lines.back().detail, HasSubstr(R"("service":"mistral")"));
}

TEST_F(DeskTest, ARefusalHasOneNumberForTheSameRequestOfTheSameSubject) {
  const auto offered = refused(refusal(policy::Effect::deny));
  EXPECT_EQ(offered.state, State::offered);
  EXPECT_THAT(*desk_->list({}, kLegal, now_), IsEmpty()) << "nobody asked yet";
  now_ += 5000;
  auto again = refusal(policy::Effect::deny);
  again.exchange = "0191";
  EXPECT_EQ(refused(again).number, offered.number);
  EXPECT_EQ(find(offered.number).times, 2U);
  EXPECT_EQ(find(offered.number).exchange, "0191");
  EXPECT_NE(refused(refusal(policy::Effect::deny, "sub_bob", "r2")).number, offered.number);
  const auto open = refused(refusal(policy::Effect::ask, "sub_ada", "r3"));
  EXPECT_EQ(open.state, State::open);
  EXPECT_EQ(open.service, "mistral");
  EXPECT_THAT(open.data_classes, ElementsAre("customer-code"));
  EXPECT_EQ(open.decision->rules.front().id, "customers");
}

TEST_F(DeskTest, AnOfferIsAskedByWhomItMetAndThenFollowsTheOrder) {
  use(with("automatic-answers: [allow, deny]", "automatic-answers: [allow]"));
  const auto offered = refused(refusal(policy::Effect::deny));
  Asking more = asking("The key in there is a sample.", {"public"});
  more.people_blocked = 3;
  EXPECT_EQ(error_of(desk_->raise(offered.number, more, kBob, now_)).code, Code::not_found);
  const auto raised = desk_->raise(offered.number, more, kAda, now_);
  ASSERT_TRUE(raised) << raised.error().text();
  EXPECT_EQ(raised->state, State::open);
  EXPECT_EQ(raised->text, "The key in there is a sample.");
  EXPECT_THAT(raised->data_classes, ElementsAre("secret")) << "the asker does not say what the gate saw";
  EXPECT_EQ(raised->lane, "legal");
  EXPECT_EQ(error_of(desk_->raise(offered.number, more, kAda, now_)).code, Code::exists);

  use(with("automatic-answers: [allow, deny]", "automatic-answers: [deny]"));
  const auto second = refused(refusal(policy::Effect::deny, "sub_ada", "r2"));
  const auto told = desk_->raise(second.number, more, kAda, now_);
  ASSERT_TRUE(told->answer);
  EXPECT_TRUE(told->answer->automatic);
  const auto appealed = desk_->appeal(second.number, "it is a sample", kAda, now_);
  ASSERT_TRUE(appealed) << appealed.error().text();
  EXPECT_EQ(appealed->state, State::open);
  EXPECT_EQ(appealed->answer->ruling, Ruling::deny) << "with the earlier answer";
}

TEST_F(DeskTest, OneAskerCannotFillTheDesk) {
  for (std::size_t i = 0; i < Desk::kMostOpenOfOne; ++i)
    ASSERT_TRUE(desk_->ask(asking("Question number " + std::to_string(i)), kAda, now_));
  EXPECT_EQ(error_of(desk_->ask(asking("One more"), kAda, now_)).code, Code::too_large);
  EXPECT_EQ(error_of(desk_->refused(refusal(policy::Effect::ask), now_)).code, Code::too_large);
  EXPECT_TRUE(desk_->ask(asking("One more"), kBob, now_));
  EXPECT_TRUE(desk_->refused(refusal(policy::Effect::deny), now_)) << "offers wait in no queue";
}

TEST_F(DeskTest, NothingIsDecidedThatIsNotRecorded) {
  const auto q = ask(asking("May I use Copilot for our build?"));
  journal_.broken = true;
  EXPECT_EQ(error_of(desk_->answer(q.number, {.ruling = Ruling::allow, .reason = "yes"}, kLegal, now_)).code,
            Code::io);
  EXPECT_EQ(find(q.number).state, State::open);
  EXPECT_FALSE(find(q.number).answer);
  EXPECT_FALSE(desk_->ask(asking("Another?"), kAda, now_));
  EXPECT_EQ(desk_->list({}, kLegal, now_)->size(), 1U);
}

TEST_F(DeskTest, OthersSeeNothingOfAQuestion) {
  const auto q = ask(asking("May I use Copilot for our build?"));
  EXPECT_TRUE(desk_->find(q.number, kAda, now_));
  EXPECT_EQ(error_of(desk_->find(q.number, kBob, now_)).code, Code::not_found);
  EXPECT_EQ(error_of(desk_->find(q.number, {}, now_)).code, Code::not_found);
  EXPECT_EQ(error_of(desk_->find(q.number, kBob, now_)).message, "there is no question Q-1");
  EXPECT_THAT(*desk_->list({}, kBob, now_), IsEmpty());
  EXPECT_THAT(*desk_->list({}, {}, now_), IsEmpty());
  EXPECT_EQ(desk_->list({}, kAda, now_)->size(), 1U);
  EXPECT_EQ(error_of(desk_->queue(kAda, now_)).code, Code::denied);
}

TEST_F(DeskTest, AQuestionIsTheSameAfterARestart) {
  auto asked = asking("May I show Mistral the shop's code?", {"customer-code"});
  asked.service = "mistral";
  asked.deadline = now_ + 100 * kHour;
  asked.reversible = false;
  const auto before = ask(asked);
  desk_.reset();
  open();
  use(kDocument);
  std::string a, b;
  append_json(a, before);
  append_json(b, find(before.number));
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace ostiary::desk
