#include "store/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "store/store.h"

namespace ostiary::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <class T>
Error error_of(const Result<T>& result) {
  EXPECT_FALSE(result) << "it did not fail";
  return result ? Error() : result.error();
}

class QuestionsTest : public ::testing::Test {
 protected:
  QuestionsTest() {
    auto store = open_sqlite(folder_ / "store.sqlite");
    EXPECT_TRUE(store) << store.error().text();
    store_ = std::move(*store);
    questions_ = open_questions(folder_ / "store.sqlite");
  }
  static StoredQuestion question(std::string asker = "sub_a") {
    StoredQuestion q;
    q.state = "open";
    q.origin = "cli";
    q.asker = std::move(asker);
    q.team = "t";
    q.text = "may I?";
    q.fingerprint = "f";
    q.details = "{}";
    q.lane = "usual";
    q.created = q.touched = 1000;
    q.asked = 1000;
    return q;
  }
  std::uint64_t add(const StoredQuestion& q) {
    const auto number = questions_->save({q, {}, {}}, {});
    EXPECT_TRUE(number) << number.error().text();
    return number.value_or(0);
  }
  static std::vector<std::uint64_t> numbers(const std::vector<StoredQuestion>& all) {
    std::vector<std::uint64_t> out;
    for (const auto& q : all) out.push_back(q.number);
    return out;
  }
  testing::TempFolder folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Questions> questions_;
};

TEST_F(QuestionsTest, EveryColumnIsKept) {
  StoredQuestion q;
  int i = 0;
  for (auto* text : {&q.state, &q.origin, &q.asker, &q.team, &q.text, &q.what_for, &q.title, &q.link, &q.salt,
                     &q.fingerprint, &q.request, &q.topic, &q.clause, &q.clause_digest, &q.lane, &q.owner,
                     &q.precedent, &q.details})
    *text = "text " + std::to_string(++i);
  q.times = 19;
  q.created = 20;
  q.touched = 21;
  for (auto* time : {&q.asked, &q.first_answered, &q.decided, &q.expires, &q.remind}) *time = 22 + i++;
  q.number = add(q);
  EXPECT_EQ(*questions_->find(q.number), q);
  q.text = "another";
  q.remind.reset();
  EXPECT_EQ(questions_->save({q, {{5, "x", "{}"}}, {{6, "asked", "x", "note"}}}, {}), q.number);
  EXPECT_EQ(*questions_->find(q.number), q);
  EXPECT_THAT(*questions_->answers(q.number), ElementsAre(StoredAnswer{5, "x", "{}"}));
  EXPECT_THAT(*questions_->events(q.number), ElementsAre(StoredEvent{6, "asked", "x", "note"}));
  q.number = 77;
  EXPECT_EQ(error_of(questions_->save({q, {}, {}}, {})).code, Code::not_found);
}

TEST_F(QuestionsTest, WhatIsNotConfirmedIsNotThere) {
  const auto saved =
      questions_->save({question(), {{5, "x", "{}"}}, {}}, [&](std::uint64_t number) -> Result<> {
        EXPECT_EQ(number, 1U);
        return fail(Code::io, "the ledger is full");
      });
  EXPECT_EQ(error_of(saved).message, "the ledger is full");
  EXPECT_EQ(error_of(questions_->find(1)).code, Code::not_found);
  EXPECT_THAT(*questions_->list({}), IsEmpty());
}

TEST_F(QuestionsTest, ListsAreByNumberAndInPages) {
  for (int i = 0; i < 5; ++i) {
    auto q = question(i % 2 == 0 ? "sub_a" : "sub_b");
    q.state = i < 3 ? "open" : "answered";
    q.team = i == 0 ? "x" : "y";
    add(q);
  }
  EXPECT_THAT(numbers(*questions_->list({})), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(numbers(*questions_->list({.after = 2, .most = 2})), ElementsAre(3, 4));
  EXPECT_THAT(numbers(*questions_->list({.states = {"open"}, .asker = "sub_a"})), ElementsAre(1, 3));
  EXPECT_THAT(numbers(*questions_->list({.teams = {"x"}})), ElementsAre(1));
  EXPECT_THAT(numbers(*questions_->in_state("answered")), ElementsAre(4, 5));
  EXPECT_EQ(questions_->count_open("sub_a"), 2U);
  EXPECT_EQ(questions_->count_open(""), 3U);
  EXPECT_EQ(questions_->count_asked("sub_a", 1000), 3U);
  EXPECT_EQ(questions_->count_asked("sub_a", 1001), 0U);
}

TEST_F(QuestionsTest, TheSameIsFoundWhileItIsOpenAndARequestWhileItIsNotOver) {
  auto q = question();
  q.request = "r";
  q.link = "l";
  const auto first = add(q), second = add(q);
  EXPECT_EQ((*questions_->find_same("sub_a", "f"))->number, second);
  EXPECT_FALSE(*questions_->find_same("sub_b", "f"));
  EXPECT_EQ((*questions_->find_request("r"))->number, second);
  EXPECT_FALSE(*questions_->find_request(""));
  EXPECT_EQ((*questions_->find_link("cli", "l"))->number, second);
  EXPECT_FALSE(*questions_->find_link("api", "l"));
  q.number = second;
  q.state = "expired";
  ASSERT_TRUE(questions_->save({q, {}, {}}, {}));
  EXPECT_EQ((*questions_->find_request("r"))->number, first);
  EXPECT_EQ((*questions_->find_same("sub_a", "f"))->number, first);
}

TEST_F(QuestionsTest, OffersAreForgottenByAgeAndNumberAndNothingElseIs) {
  for (int i = 0; i < 6; ++i) {
    auto q = question(i < 4 ? "sub_a" : "sub_b");
    q.state = i == 5 ? "open" : "offered";
    q.touched = 100 * (i + 1);
    add(q);
  }
  ASSERT_TRUE(questions_->forget_offers(150, 2));
  EXPECT_THAT(numbers(*questions_->list({})), ElementsAre(3, 4, 5, 6));
  EXPECT_EQ(add(question()), 7U);
}

TEST_F(QuestionsTest, EventsAreBoundedAndTheFirstStays) {
  const auto number = add(question());
  auto q = *questions_->find(number);
  for (int i = 0; i < 300; ++i)
    ASSERT_TRUE(questions_->save({q, {}, {{i, "replied", "x", std::to_string(i)}}}, {}));
  const auto events = *questions_->events(number);
  EXPECT_EQ(events.size(), Questions::kMostEvents);
  EXPECT_EQ(events.front().note, "0");
  EXPECT_EQ(events[1].note, "101");
  EXPECT_EQ(events.back().note, "299");
}

TEST_F(QuestionsTest, AnErasedSubjectsWordsAreGoneFromTheFileToo) {
  const auto subject = *store_->subject_of("ada");
  auto q = question(subject);
  q.text = "needle-in-text";
  q.what_for = "needle-in-purpose";
  q.link = "needle-in-link";
  q.salt = "needle-in-salt";
  const auto own = *questions_->save({q, {}, {{1, "asked", subject, "needle-in-note"}}}, {});
  const auto others =
      *questions_->save({question("sub_b"), {}, {{1, "asked-back", subject, "needle-in-answer"}}}, {});
  questions_.reset();  // who reads the file holds its log
  ASSERT_TRUE(store_->erase_subject(subject, 5));
  std::string files;
  for (const auto* name : {"store.sqlite", "store.sqlite-wal"}) {
    std::FILE* file = std::fopen((folder_ / name).c_str(), "rb");
    if (!file) continue;
    std::string buffer(1 << 20, '\0');
    files.append(buffer.data(), std::fread(buffer.data(), 1, buffer.size(), file));
    std::fclose(file);
  }
  EXPECT_GT(files.size(), 0U);
  EXPECT_EQ(files.find("needle"), std::string::npos);
  questions_ = open_questions(folder_ / "store.sqlite");
  EXPECT_EQ(questions_->find(own)->state, "withdrawn");
  EXPECT_EQ(questions_->find(own)->fingerprint, "") << "a text that is guessed has it too";
  EXPECT_EQ(questions_->find(own)->request, "");
  EXPECT_EQ(questions_->find(others)->text, "may I?");
  EXPECT_THAT(*questions_->events(others), ElementsAre(StoredEvent{1, "asked-back", subject, ""}));
}

TEST_F(QuestionsTest, OfWhatAnErasedSubjectAskedTheWordsAboutItAreGoneTooButNotWhatBecameOfIt) {
  const auto subject = *store_->subject_of("ada");
  auto q = question(subject);
  q.topic = "data personal; with needle";
  q.details = R"({"tool":"needle","facts":[{"name":"purpose","value":"needle"}],"people":true,"first_ms":7})";
  const auto own = add(q);
  q.topic = "rule no-secrets";
  q.precedent = "in-force";
  const auto precedent = add(q);
  q.precedent = "";
  q.details = "damaged {";
  const auto damaged = add(q);
  ASSERT_TRUE(store_->erase_subject(subject, 5));
  EXPECT_EQ(questions_->find(own)->topic, "nothing stated");
  EXPECT_EQ(questions_->find(own)->details, R"({"people":true,"first_ms":7})");
  EXPECT_EQ(questions_->find(precedent)->topic, "rule no-secrets");
  EXPECT_EQ(questions_->find(precedent)->fingerprint, "f") << "others still ask the same";
  EXPECT_EQ(questions_->find(damaged)->details, "{}");
}

TEST_F(QuestionsTest, ANumberIsGivenOnceThoughItsQuestionNeverCameToBe) {
  const auto failed = questions_->save({question(), {}, {}}, [](std::uint64_t number) -> Result<> {
    EXPECT_EQ(number, 1U);
    return fail(Code::io, "killed here");
  });
  EXPECT_FALSE(failed);
  EXPECT_EQ(add(question()), 2U) << "the ledger may name the first one";
  questions_.reset();
  questions_ = open_questions(folder_ / "store.sqlite");
  EXPECT_EQ(add(question()), 3U);
}

TEST_F(QuestionsTest, WhoOnlyReadsChangesNothing) {
  add(question());
  const auto reader = open_questions_to_read(folder_ / "store.sqlite");
  EXPECT_EQ(reader->find(1)->text, "may I?");
  EXPECT_FALSE(reader->save({question(), {}, {}}, {}));
  EXPECT_EQ(questions_->list({})->size(), 1U);
  add(question());
  EXPECT_EQ(reader->list({})->size(), 2U) << "beside who writes";
  EXPECT_EQ(error_of(open_questions_to_read(folder_ / "none.sqlite")->list({})).code, Code::not_found);
}

TEST_F(QuestionsTest, TheSubjectIsErasedWhileTheQuestionsAreOpenToo) {
  const auto subject = *store_->subject_of("ada");
  add(question(subject));
  EXPECT_TRUE(store_->erase_subject(subject, 5)) << "an idle connection holds nothing";
  EXPECT_EQ(questions_->find(1)->text, "");
}

}  // namespace
}  // namespace ostiary::store
