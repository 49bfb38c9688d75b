// What people do with questions: answers, approvals, reversals, erasure.

#include <atomic>
#include <functional>
#include <gmock/gmock.h>
#include <thread>

#include "desk/testing.h"
#include "store/hook_queue.h"

namespace ostiary::desk {
namespace {

using namespace testing;  // NOLINT: the fixture of this module
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(DeskTest, AnApprovalLetsTheSameRequestPassUntilItExpires) {
  const auto q = refused(refusal(policy::Effect::ask));
  EXPECT_FALSE(approved("r1"));
  answer(q.number, Ruling::allow_with_conditions, now_ + 2 * kHour);
  EXPECT_TRUE(approved("r1"));
  EXPECT_FALSE(approved("r2"));
  EXPECT_EQ(desk_->approvals()->find("r1", now_)->question, q.number);
  now_ += 2 * kHour - 1;
  EXPECT_TRUE(approved("r1"));
  now_ += 1;
  EXPECT_FALSE(approved("r1"));
  EXPECT_NE(refused(refusal(policy::Effect::ask)).number, q.number) << "it is asked anew";
  ASSERT_TRUE(desk_->tick(now_));
  EXPECT_EQ(find(q.number).state, State::expired);
}

TEST_F(DeskTest, AnApprovalLastsNoLongerThanTheRuleSaysAndNeverForEver) {
  auto short_one = refusal(policy::Effect::ask);
  short_one.approval_lasts_ms = 3'600'000;
  EXPECT_EQ(answer(refused(short_one).number, Ruling::allow, now_ + 48 * kHour).answer->expires,
            now_ + kHour);
  const auto open_ended =
      answer(refused(refusal(policy::Effect::ask, "sub_bob", "r2")).number, Ruling::allow);
  EXPECT_EQ(open_ended.answer->expires, now_ + 30 * 24 * kHour);
}

TEST_F(DeskTest, ReversalAppealAndRefusalEndAnApprovalAtOnce) {
  const auto q = refused(refusal(policy::Effect::ask));
  answer(q.number, Ruling::allow);
  ASSERT_TRUE(approved("r1"));
  const auto reversed = answer(q.number, Ruling::deny);
  EXPECT_FALSE(approved("r1"));
  EXPECT_EQ(reversed.earlier.size(), 1U);
  EXPECT_THAT(journal_.actions(), Contains("question-reversed Q-1"));
  answer(q.number, Ruling::allow);
  ASSERT_TRUE(approved("r1"));
  ASSERT_TRUE(desk_->appeal(q.number, "the conditions cannot be met", kAda, now_));
  EXPECT_FALSE(approved("r1"));
}

TEST_F(DeskTest, AnAllowedDenialChangesNothingAtTheGate) {
  const auto q = refused(refusal(policy::Effect::deny));
  EXPECT_FALSE(desk_->answer(q.number, {.ruling = Ruling::allow, .reason = "x"}, kLegal, now_))
      << "only offered";
  use(with("automatic-answers: [allow, deny]", "automatic-answers: [allow]"));
  ASSERT_TRUE(desk_->raise(q.number, asking("why?"), kAda, now_));
  answer(q.number, Ruling::allow);
  EXPECT_FALSE(approved("r1"));
}

TEST_F(DeskTest, APrecedentApprovesTheSameRefusalOfOthersAndEndsWithIt) {
  const auto q = refused(refusal(policy::Effect::ask));
  answer(q.number, Ruling::allow);
  ASSERT_TRUE(desk_->make_precedent(q.number, "", "", kLegal, now_));
  EXPECT_EQ(find(q.number).answer->clause, "secrets") << "the clause of the rule that asked";
  auto bigger = refusal(policy::Effect::ask, "sub_bob", "r2");
  bigger.facts.set("data.bytes", std::int64_t{99}, "request");
  const auto other = refused(bigger);
  EXPECT_EQ(other.state, State::answered);
  EXPECT_EQ(other.answer->precedent, q.number);
  EXPECT_TRUE(approved("r2"));
  auto elsewhere = refusal(policy::Effect::ask, "sub_bob", "r3");
  elsewhere.decision.facts[2].value = std::string("openai");
  ASSERT_EQ(elsewhere.decision.facts[2].name, "target.service");
  EXPECT_EQ(refused(elsewhere).state, State::open);
  ASSERT_TRUE(desk_->end_precedent(q.number, "no more", kLegal, now_));
  EXPECT_FALSE(approved("r2"));
  EXPECT_TRUE(approved("r1")) << "its own answer stands";
  const auto anew = refused(bigger);
  EXPECT_NE(anew.number, other.number) << "what is stopped again is asked anew";
  EXPECT_EQ(anew.state, State::open);
}

// Whatever differs of a request that the rule did not look at.
TEST_F(DeskTest, APrecedentOfARefusalIsForTheSameUseAlone) {
  const auto like = [](std::string request) {
    auto out = refusal(policy::Effect::ask, "sub_bob", std::move(request));
    out.model = "small", out.surface = "api", out.tool = "chat", out.output_use = "internal";
    out.facts.set("target.provider", std::string("Mistral AI"), "config");
    std::erase_if(out.decision.facts, [](const auto& fact) { return fact.name != "data.bytes"; });
    return out;
  };
  const auto q = refused(like("r1"));
  answer(q.number, Ruling::allow);
  ASSERT_TRUE(desk_->make_precedent(q.number, "", "", kLegal, now_));
  refused(like("r2"));
  EXPECT_TRUE(approved("r2"));
  const std::vector<std::function<void(Refusal&)>> others = {
      [](Refusal& r) { r.service = "openai"; },
      [](Refusal& r) { r.model = "large"; },
      [](Refusal& r) { r.surface = "web"; },
      [](Refusal& r) { r.tool = "agent"; },
      [](Refusal& r) { r.output_use = "shipped"; },
      [](Refusal& r) { r.data_classes.emplace_back("secret"); },
      [](Refusal& r) { r.facts.set("target.provider", std::string("OpenAI"), "config"); },
      [](Refusal& r) { r.facts.set("target.service", std::string("openai"), "config"); }};
  for (std::size_t i = 0; i < others.size(); ++i) {
    auto other = like("other" + std::to_string(i));
    others[i](other);
    EXPECT_EQ(refused(other).state, State::open) << i;
    EXPECT_FALSE(approved(other.request_fingerprint)) << i;
  }
}

TEST_F(DeskTest, ARefusalThatLookedAtNothingIsNoPrecedent) {
  auto blind = refusal(policy::Effect::ask);
  blind.decision.facts.clear();
  const auto q = refused(blind);
  answer(q.number, Ruling::allow);
  const auto error = error_of(desk_->make_precedent(q.number, "", "", kLegal, now_));
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_THAT(error.message, HasSubstr("looked at nothing"));
}

TEST_F(DeskTest, AnApprovalEndsWhenItsClauseChanges) {
  const auto q = refused(refusal(policy::Effect::ask));
  answer(q.number, Ruling::allow);
  use(with("Public things go.", "Public things may go."));
  EXPECT_TRUE(approved("r1")) << "another clause";
  use(with("Keys stay.", "Keys and passwords stay."));
  EXPECT_FALSE(approved("r1"));
  EXPECT_EQ(find(q.number).state, State::open);
  EXPECT_THAT(journal_.actions(), Contains("question-reopened Q-1"));
  answer(q.number, Ruling::allow);
  EXPECT_TRUE(approved("r1")) << "who answered answers on the new words";
}

TEST_F(DeskTest, AnApprovalLastsAYearAndADayAtMost) {
  const auto q = refused(refusal(policy::Effect::ask));
  EXPECT_EQ(answer(q.number, Ruling::allow, now_ + 4000 * 24 * kHour).answer->expires,
            now_ + 366 * 24 * kHour);
}

TEST_F(DeskTest, ADocumentThatCouldNotBeFollowedIsFollowedByTheNextCall) {
  const auto q = refused(refusal(policy::Effect::ask));
  answer(q.number, Ruling::allow);
  ASSERT_TRUE(desk_->make_precedent(q.number, "", "", kLegal, now_));
  const auto changed = with("Keys stay.", "Keys and passwords stay.");
  const auto policy = std::make_shared<const policy::Policy>(policy::testing::policy_of(changed));
  journal_.broken = true;
  EXPECT_FALSE(desk_->use_policy(policy, target_, nearest_, now_));
  EXPECT_FALSE(approved("r1"));
  journal_.broken = false;
  EXPECT_EQ(refused(refusal(policy::Effect::ask, "sub_bob", "r2")).state, State::open)
      << "the words are not those that the precedent rests on";
  EXPECT_TRUE(desk_->use_policy(policy, target_, nearest_, now_));
  EXPECT_EQ(find(q.number).precedent, Precedent::reopened);
}

TEST_F(DeskTest, WithoutADocumentNothingIsAnsweredAutomatically) {
  const auto q = refused(refusal(policy::Effect::ask));
  answer(q.number, Ruling::allow);
  ASSERT_TRUE(desk_->make_precedent(q.number, "", "", kLegal, now_));
  ASSERT_TRUE(desk_->use_policy(nullptr, target_, nearest_, now_));
  EXPECT_EQ(refused(refusal(policy::Effect::ask, "sub_bob", "r2")).state, State::open);
}

TEST_F(DeskTest, NobodyDecidesTheirOwnQuestionButAtTheDataFolder) {
  const auto q = ask(asking("May I use Copilot for our build?"), kLegal);
  const AnswerWish wish{.ruling = Ruling::allow, .reason = "x", .clause = "public"};
  EXPECT_EQ(error_of(desk_->answer(q.number, wish, kLegal, now_)).code, Code::denied);
  const Actor other{.subject = "sub_eve", .answers = true, .key = "k2"};
  ASSERT_TRUE(desk_->answer(q.number, wish, other, now_));
  EXPECT_EQ(error_of(desk_->make_precedent(q.number, "", "", kLegal, now_)).code, Code::denied);
  const Actor local{.subject = kLegal.subject, .answers = true, .key = "local"};
  EXPECT_TRUE(desk_->answer(q.number, wish, local, now_));
  EXPECT_TRUE(desk_->make_precedent(q.number, "", "", local, now_));
}

TEST_F(DeskTest, AnAppealIsForSomebodyElse) {
  const auto q = ask(asking("a personal one", {"personal"}));
  answer(q.number, Ruling::deny);
  const auto appealed = desk_->appeal(q.number, "why?", kAda, now_);
  ASSERT_TRUE(appealed);
  EXPECT_EQ(appealed->owner, "counsel") << "whom the lane escalates to";
  ASSERT_TRUE(desk_->ask_back(q.number, "?", kLegal, now_));
  const AnswerWish wish{.ruling = Ruling::deny, .reason = "x"};
  EXPECT_EQ(error_of(desk_->answer(q.number, wish, kLegal, now_)).code, Code::denied);
  const Actor other{.subject = "sub_eve", .answers = true, .key = "k2"};
  EXPECT_TRUE(desk_->answer(q.number, wish, other, now_));
}

TEST_F(DeskTest, RepliesThatNobodyWaitsForEndAtALimit) {
  const auto q = ask(asking("May I use Copilot for our build?"));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(desk_->reply(q.number, "more", kAda, now_)) << i;
  EXPECT_EQ(error_of(desk_->reply(q.number, "more", kAda, now_)).code, Code::too_large);
  ASSERT_TRUE(desk_->ask_back(q.number, "Which data?", kLegal, now_));
  EXPECT_TRUE(desk_->reply(q.number, "code", kAda, now_));
  EXPECT_TRUE(desk_->reply(q.number, "and text", kAda, now_)) << "the desk said something";
}

TEST_F(DeskTest, AChangedClauseEndsWhatRestsOnThePrecedent) {
  const auto q = refused(refusal(policy::Effect::ask));
  answer(q.number, Ruling::allow);
  ASSERT_TRUE(desk_->make_precedent(q.number, "", "secrets", kLegal, now_));
  refused(refusal(policy::Effect::ask, "sub_bob", "r2"));
  ASSERT_TRUE(approved("r2"));
  use(with("Public things go.", "Public things may go."));
  EXPECT_TRUE(approved("r2")) << "another clause";
  use(with("Keys stay.", "Keys   stay."));
  EXPECT_TRUE(approved("r2")) << "the same words";
  use(with("Keys stay.", "Keys and passwords stay."));
  EXPECT_FALSE(approved("r2"));
  EXPECT_FALSE(approved("r1"));
  EXPECT_EQ(find(q.number).state, State::open);
}

TEST_F(DeskTest, ApprovalsAndPrecedentsOutliveARestart) {
  const auto q = refused(refusal(policy::Effect::ask));
  answer(q.number, Ruling::allow);
  ASSERT_TRUE(desk_->make_precedent(q.number, "", "", kLegal, now_));
  desk_.reset();
  open();
  EXPECT_TRUE(approved("r1"));
  use(kDocument);
  EXPECT_TRUE(approved("r1"));
  EXPECT_EQ(find(q.number).precedent, Precedent::in_force);
  desk_.reset();
  open();
  use(with("Keys stay.", "Keys never stay."));
  EXPECT_FALSE(approved("r1")) << "the clause changed while nobody looked";
}

TEST_F(DeskTest, AnAnswerNeedsAReasonAndConditionsThatFitIt) {
  const auto q = ask(asking("May I use Copilot for our build?"));
  const auto code_of = [&](AnswerWish wish) {
    return error_of(desk_->answer(q.number, wish, kLegal, now_)).code;
  };
  EXPECT_EQ(code_of({.ruling = Ruling::allow}), Code::invalid);
  EXPECT_EQ(code_of({.ruling = Ruling::allow_with_conditions, .reason = "x"}), Code::invalid);
  EXPECT_EQ(code_of({.ruling = Ruling::deny, .reason = "x", .conditions = "y"}), Code::invalid);
  EXPECT_EQ(code_of({.ruling = Ruling::allow, .reason = "x", .expires = now_}), Code::invalid);
  EXPECT_EQ(code_of({.ruling = Ruling::allow, .reason = "x", .clause = "nowhere"}), Code::invalid);
  EXPECT_EQ(error_of(desk_->answer(q.number, {.ruling = Ruling::allow, .reason = "x"}, kAda, now_)).code,
            Code::denied);
  EXPECT_EQ(error_of(desk_->answer(99, {.ruling = Ruling::allow, .reason = "x"}, kLegal, now_)).code,
            Code::not_found);
}

TEST_F(DeskTest, OnlyAPersonsAnswerOnAClauseIsAPrecedent) {
  const auto automatic = ask(asking("May I summarise our web site?", {"public"}));
  EXPECT_EQ(error_of(desk_->make_precedent(automatic.number, "", "", kLegal, now_)).code, Code::exists);
  const auto open = ask(asking("May I use Copilot for our build?"));
  EXPECT_EQ(error_of(desk_->make_precedent(open.number, "", "public", kLegal, now_)).code, Code::exists);
  answer(open.number, Ruling::allow);
  EXPECT_EQ(error_of(desk_->make_precedent(open.number, "", "", kLegal, now_)).code, Code::invalid);
  EXPECT_EQ(error_of(desk_->make_precedent(open.number, "", "public", kAda, now_)).code, Code::denied);
  EXPECT_TRUE(desk_->make_precedent(open.number, "", "#public", kLegal, now_));
}

TEST_F(DeskTest, TheAskerIsAskedAndReplies) {
  const auto q = ask(asking("May I use Copilot for our build?"));
  const auto asked = desk_->ask_back(q.number, "Which data?", kLegal, now_);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->state, State::waiting);
  EXPECT_TRUE(asked->first_answered) << "the asker heard from a person";
  EXPECT_EQ(error_of(desk_->reply(q.number, "code", kBob, now_)).code, Code::not_found);
  const auto replied = desk_->reply(q.number, "Code only.", kAda, now_);
  ASSERT_TRUE(replied);
  EXPECT_EQ(replied->state, State::open);
  std::vector<std::string> kinds;
  for (const auto& event : replied->events) kinds.push_back(event.kind + " " + event.by + " " + event.note);
  EXPECT_THAT(
      kinds, ElementsAre("asked sub_ada ", "asked-back sub_legal Which data?", "replied sub_ada Code only."));
  EXPECT_EQ(error_of(desk_->withdraw(q.number, "", kBob, now_)).code, Code::not_found);
  EXPECT_EQ(desk_->withdraw(q.number, "", kAda, now_)->state, State::withdrawn);
  EXPECT_EQ(error_of(desk_->reply(q.number, "x", kAda, now_)).code, Code::exists);
}

TEST_F(DeskTest, AQuestionThatItsAskerForgotExpires) {
  const auto q = ask(asking("May I use Copilot for our build?"));
  ASSERT_TRUE(desk_->ask_back(q.number, "Which data?", kLegal, now_));
  now_ += 29 * 24 * kHour;
  ASSERT_TRUE(desk_->tick(now_));
  EXPECT_EQ(find(q.number).state, State::waiting);
  now_ += 24 * kHour;
  ASSERT_TRUE(desk_->tick(now_));
  EXPECT_EQ(find(q.number).state, State::expired);
}

TEST_F(DeskTest, ErasureForgetsWhatTheAskerWroteAndKeepsWhatWasDecided) {
  const auto subject = store_->subject_of("ada").value();
  const Actor ada{.subject = subject, .team = "research"};
  const auto decided = ask(asking("May I use Copilot for our secret project Nimbus?"), ada);
  ASSERT_TRUE(desk_->ask_back(decided.number, "Which data?", kLegal, now_));
  ASSERT_TRUE(desk_->reply(decided.number, "Nimbus code", ada, now_));
  answer(decided.number, Ruling::allow);
  ASSERT_TRUE(desk_->make_precedent(decided.number, "Copilot for builds", "public", kLegal, now_));
  const auto open = ask(asking("And for Nimbus documents?"), ada);
  ASSERT_TRUE(store_->erase_subject(subject, now_));
  ASSERT_TRUE(desk_->subject_erased());
  const auto left = find(decided.number);
  std::string json;
  append_json(json, left);
  EXPECT_THAT(json, Not(HasSubstr("Nimbus")));
  EXPECT_EQ(left.answer->ruling, Ruling::allow);
  EXPECT_EQ(left.title, "Copilot for builds");
  EXPECT_EQ(left.precedent, Precedent::in_force);
  EXPECT_EQ(find(open.number).state, State::withdrawn);
  EXPECT_TRUE(ask(asking("May I use Copilot for our secret project Nimbus?"), kBob).answer)
      << "its fingerprint stays, in which no text is";
}

TEST_F(DeskTest, ErasureTakesAlongWhatWebhooksAreStillToBeToldOfTheirQuestions) {
  const auto hooks = store::open_hook_queue(folder_ / "store.sqlite", {}, {}).value();
  const auto ada = store_->subject_of("ada").value();
  const auto told = [&](const std::string& asker, std::string by) {
    const auto q = ask(asking("May I use Copilot for Nimbus? " + by), {.subject = asker, .team = "research"});
    std::string body;
    append_json(body, q);
    const store::HookItem item{"chat", {.id = by, .type = "question.asked", .body = body, .at = now_}};
    ASSERT_TRUE(hooks->add({&item, 1}));
    ASSERT_TRUE(hooks->set_question("https://forge.example/" + by, number_text(q.number), now_));
  };
  told(ada, "hers");
  told("sub_bob", "his");
  ASSERT_TRUE(store_->erase_subject(ada, now_));
  const auto left = hooks->next("chat").value();
  ASSERT_TRUE(left);
  EXPECT_EQ(left->event.id, "his");
  EXPECT_FALSE(hooks->question_of("https://forge.example/hers").value()) << "whose address may be their name";
  EXPECT_TRUE(hooks->question_of("https://forge.example/his").value());
  EXPECT_EQ(hooks->counts().value().at(0).waiting, 1U);
}

TEST_F(DeskTest, OffersThatNobodyTookUpAreForgotten) {
  const auto q = refused(refusal(policy::Effect::deny));
  now_ += 31 * 24 * kHour;
  ASSERT_TRUE(desk_->tick(now_));
  EXPECT_EQ(error_of(desk_->find(q.number, kLegal, now_)).code, Code::not_found);
  EXPECT_GT(refused(refusal(policy::Effect::deny)).number, q.number) << "a number is never given twice";
}

// The gate, people and clocks come at the same time.
TEST_F(DeskTest, ManyThreadsAtOnceLoseNothing) {
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> seen{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const auto subject = "sub_" + std::to_string(t);
      for (int i = 0; i < 20; ++i) {
        const auto request = "r" + std::to_string(t) + "-" + std::to_string(i);
        const auto q = desk_->refused(refusal(policy::Effect::ask, subject, request), now_);
        ASSERT_TRUE(q) << q.error().text();
        ASSERT_TRUE(desk_->answer(q->number, {.ruling = Ruling::allow, .reason = "yes"}, kLegal, now_));
        if (desk_->approvals()->find(request, now_)) ++seen;
        ASSERT_TRUE(desk_->tick(now_));
        ASSERT_TRUE(desk_->queue(kLegal, now_));
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen, 80U) << "an approval is there when the answer is";
  EXPECT_EQ(desk_->approvals()->size(), 80U);
  EXPECT_EQ(journal_.lines.size(), 160U);
}

}  // namespace
}  // namespace ostiary::desk
