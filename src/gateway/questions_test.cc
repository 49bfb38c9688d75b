#include "gateway/questions.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <gtest/gtest.h>

namespace ostiary::gateway {
namespace {

using namespace std::chrono_literals;

// Numbers refusals as they come, once it may.
class Desk final : public QuestionSink {
 public:
  Result<std::string> question_for(const Refusal& refusal) override {
    std::unique_lock lock(mutex_);
    ++asked;
    open_.wait_for(lock, 10s, [&] { return !closed; });
    if (broken) return fail(Code::io, "the store is gone");
    return "Q-" + std::to_string(asked) + refusal.fingerprint;
  }
  std::optional<Approval> approved(std::string_view, WallMs) const override { return std::nullopt; }
  void open() {
    {
      const std::lock_guard lock(mutex_);
      closed = false;
    }
    open_.notify_all();
  }
  std::atomic<int> asked = 0;
  bool closed = false, broken = false;

 private:
  std::mutex mutex_;
  std::condition_variable open_;
};

class QuestionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = net::Loop::create();
    ASSERT_TRUE(made);
    loop_ = std::move(*made);
  }
  static Refusal refusal(const std::string& fingerprint, const std::string& subject = "ada") {
    Refusal r;
    r.fingerprint = fingerprint;
    r.subject = subject;
    return r;
  }
  net::Task<void> ask(Refusal refusal, std::size_t place) {
    numbers_[place] = co_await questions_.number_of(*loop_, nullptr, std::move(refusal));
    if (--left_ == 0) loop_->stop();
  }
  // The numbers of refusals that come at once.
  std::vector<std::string> numbers(const std::vector<Refusal>& refusals) {
    numbers_.assign(refusals.size(), "");
    left_ = static_cast<int>(refusals.size());
    auto made = net::Loop::create();
    loop_ = std::move(*made);
    loop_->post([&] {
      for (std::size_t i = 0; i < refusals.size(); ++i) net::spawn(ask(refusals[i], i));
    });
    loop_->run();
    return numbers_;
  }
  Desk desk_;
  Questions questions_;
  std::unique_ptr<net::Loop> loop_;
  std::vector<std::string> numbers_;
  int left_ = 0;
};

TEST_F(QuestionsTest, TheSameRefusalHasOneNumberAndIsAskedOnce) {
  questions_.serve(&desk_);
  const auto first = numbers({refusal("a"), refusal("a"), refusal("b")});
  EXPECT_EQ(first[0], "Q-1a");
  EXPECT_EQ(first[1], "Q-1a");
  EXPECT_EQ(first[2], "Q-2b");
  EXPECT_EQ(numbers({refusal("a")})[0], "Q-1a");
  EXPECT_EQ(desk_.asked, 2);
}

TEST_F(QuestionsTest, ADeskThatDoesNotAnswerIsNotWaitedForAndItsAnswerIsRememberedLater) {
  questions_.serve(&desk_);
  desk_.closed = true;
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(numbers({refusal("a")})[0], "");
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, std::chrono::milliseconds(Questions::kPatienceMs - 20));
  EXPECT_LT(took, 5s);
  desk_.open();
  std::string number;
  for (int i = 0; i < 100 && number.empty(); ++i) number = numbers({refusal("a")})[0];
  EXPECT_EQ(number, "Q-1a");
}

TEST_F(QuestionsTest, WithoutADeskOrWithABrokenOneThereIsNoNumber) {
  EXPECT_EQ(numbers({refusal("a")})[0], "");
  desk_.broken = true;
  questions_.serve(&desk_);
  EXPECT_EQ(numbers({refusal("a")})[0], "");
  questions_.serve(nullptr);
  EXPECT_EQ(questions_.sink(), nullptr);
  EXPECT_EQ(numbers({refusal("b")})[0], "");
}

TEST_F(QuestionsTest, AFloodOfOneSubjectGoesWithoutAndLeavesRoomForOthers) {
  questions_.serve(&desk_);
  std::size_t numbered = 0;
  for (std::size_t i = 0; i < Questions::kMostOfOne + 40; ++i)
    numbered += numbers({refusal("f" + std::to_string(i))})[0].empty() ? 0 : 1;
  EXPECT_EQ(numbered, Questions::kMostOfOne);
  EXPECT_NE(numbers({refusal("x", "bob")})[0], "");
}

TEST_F(QuestionsTest, WhatWaitsIsBounded) {
  questions_.serve(&desk_);
  desk_.closed = true;
  std::vector<Refusal> flood;
  for (int i = 0; i < 500; ++i) flood.push_back(refusal("f" + std::to_string(i), "s" + std::to_string(i)));
  const auto begun = std::chrono::steady_clock::now();
  for (const auto& number : numbers(flood)) EXPECT_EQ(number, "");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  desk_.open();
  questions_.serve(nullptr);
  EXPECT_LE(desk_.asked, static_cast<int>(Questions::kMostWaiting) + 1);
}

}  // namespace
}  // namespace ostiary::gateway
