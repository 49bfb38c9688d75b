#include "gateway/recorder.h"

#include <chrono>
#include <gtest/gtest.h>
#include <thread>

#include "gateway/impl/test_support.h"
#include "net/testing.h"

namespace ostiary::gateway {
namespace {

using namespace testing;

// A ledger and a pen on a loop.
struct Desk {
  explicit Desk(ledger::Sync sync = ledger::Sync::os, ledger::WhenFull when_full = ledger::WhenFull::close)
      : loop(net::testing::make_loop()) {
    std::filesystem::create_directories(folder.data());
    ledger::Options options;
    options.sync = sync;
    options.when_full = when_full;
    options.checkpoint_interval_ms = 60'000;
    auto opened = ledger::Ledger::open(folder.data(), options);
    EXPECT_TRUE(opened) << opened.error().text();
    ledger = std::move(*opened);
    recorder = std::make_unique<Recorder>(*loop, *ledger, sync);
    loop->on_turn_end([this] { return recorder->flush(); });
  }
  std::vector<std::string> records() const { return *ledger::tail(folder.data(), 100); }

  TestFolder folder;
  std::unique_ptr<net::Loop> loop;
  std::unique_ptr<ledger::Ledger> ledger;
  std::unique_ptr<Recorder> recorder;
};

struct Written {
  Result<> result;
  std::uint64_t size = 0;  // of the ledger when the intent returned
  bool returned = false;
};

net::Task<void> write_intent(Desk& desk, Exchange& x, Written& written) {
  written.result = co_await desk.recorder->intent(x);
  written.size = desk.ledger->size();
  written.returned = true;
}

net::Task<void> write_three(Desk& desk, Exchange& x, std::vector<Written>& written) {
  for (auto& one : written) net::spawn(write_intent(desk, x, one));
  EXPECT_EQ(desk.ledger->size(), 0u);
  for (const auto& one : written) EXPECT_FALSE(one.returned);
  Written last;
  co_await write_intent(desk, x, last);
}

TEST(Recorder, AnIntentReturnsOnceItIsWrittenTogetherWithThoseOfItsTurn) {
  Desk desk;
  Received request(post("/v1/chat/completions", R"({"model":"m"})"));
  std::vector<Written> written(3);
  net::testing::run(*desk.loop, write_three(desk, request.x, written));
  for (const auto& one : written) {
    EXPECT_TRUE(one.returned && one.result);
    EXPECT_EQ(one.size, 4u);
  }
  const auto records = desk.records();
  ASSERT_EQ(records.size(), 4u);
  EXPECT_NE(records[0].find("\"kind\":\"intent\""), std::string::npos);
  EXPECT_NE(records[0].find(request.x.id.text()), std::string::npos);
  const auto key = ledger::digest_key(desk.folder.data(), request.x.id);
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, request.x.digest_key);
}

TEST(Recorder, AnIntentThatCannotBeWrittenSaysSoAndTheNextMaySucceed) {
  Desk desk;
  Received request(post("/v1/chat/completions", R"({"model":"m"})"));
  Written refused;
  with_full_disk([&] {
    net::testing::run(*desk.loop, write_intent(desk, request.x, refused));
    return 0;
  });
  ASSERT_TRUE(refused.returned);
  EXPECT_FALSE(refused.result);
  EXPECT_EQ(refused.size, 0u);
  EXPECT_TRUE(desk.records().empty());

  const auto loop = net::testing::make_loop();
  Recorder again(*loop, *desk.ledger, ledger::Sync::os);
  loop->on_turn_end([&] { return again.flush(); });
  again.outcome(request.x);
  again.flush();
  EXPECT_EQ(desk.ledger->size(), 1u);
}

net::Task<void> write_twice(Desk& desk, Exchange& x, Written& first) {
  co_await write_intent(desk, x, first);
  Written second;  // the exchange falls back to another service
  co_await write_intent(desk, x, second);
  EXPECT_TRUE(second.result);
}

TEST(Recorder, WhereTheConfigurationSaysSoExchangesGoOnWithoutRoomAndAreCountedOnce) {
  Desk desk(ledger::Sync::os, ledger::WhenFull::open);
  Received request(post("/v1/chat/completions", R"({"model":"m"})"));
  Written first;
  with_full_disk([&] {
    net::testing::run(*desk.loop, write_twice(desk, request.x, first));
    return 0;
  });
  ASSERT_TRUE(first.returned && first.result);
  EXPECT_FALSE(request.x.intent_recorded);
  EXPECT_EQ(desk.ledger->gap().exchanges, 1u);
  EXPECT_EQ(desk.ledger->unrecorded(), 1u);
  std::this_thread::sleep_for(std::chrono::milliseconds(110));
  desk.recorder->outcome(request.x);
  EXPECT_TRUE(desk.recorder->flush());
  const auto records = desk.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_NE(records[0].find(R"("kind":"gap")"), std::string::npos);
  EXPECT_NE(records[1].find(R"("kind":"outcome")"), std::string::npos);
  EXPECT_TRUE(ledger::digest_key(desk.folder.data(), request.x.id)) << "its outcome has digests";
}

TEST(Recorder, AnOutcomeThatCannotBeWrittenIsOwed) {
  Desk desk;
  Received request(post("/v1/chat/completions", R"({"model":"m"})"));
  Written refused;
  with_full_disk([&] {
    desk.recorder->outcome(request.x);
    net::testing::run(*desk.loop, write_intent(desk, request.x, refused));
    EXPECT_FALSE(desk.recorder->flush()) << "nobody waits, and it has just failed";
    return 0;
  });
  ASSERT_TRUE(refused.returned);
  EXPECT_FALSE(refused.result);
  EXPECT_TRUE(desk.records().empty());
  std::this_thread::sleep_for(std::chrono::milliseconds(110));
  desk.recorder->outcome(request.x);
  EXPECT_TRUE(desk.recorder->flush());
  const auto records = desk.records();
  ASSERT_EQ(records.size(), 2u);
  for (const auto& record : records) EXPECT_NE(record.find("\"kind\":\"outcome\""), std::string::npos);
  EXPECT_TRUE(ledger::digest_key(desk.folder.data(), request.x.id));
}

net::Task<void> rest(net::Loop& loop, std::uint64_t ms) {
  net::Deadline deadline(loop);
  deadline.set_after_ms(ms);
  net::Waiter wait(loop);
  co_await wait.until(deadline);
}

net::Task<void> owe_and_rest(Desk& desk, Exchange& x) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &none);
  desk.recorder->outcome(x);
  co_await rest(*desk.loop, 20);
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(desk.ledger->size(), 0u);
  co_await rest(*desk.loop, 300);
  EXPECT_EQ(desk.ledger->size(), 1u);
}

TEST(Recorder, WhatIsOwedIsWrittenThoughNothingElseHappens) {
  Desk desk;
  Received request(post("/v1/chat/completions", R"({"model":"m"})"));
  net::testing::run(*desk.loop, owe_and_rest(desk, request.x));
}

TEST(Recorder, NoMoreIsOwedThanHasRoom) {
  Desk desk;
  Received request(post("/v1/chat/completions", R"({"model":"m"})"));
  with_full_disk([&] {
    request.x.error = std::string(1u << 20, 'e');
    for (int i = 0; i < 9; ++i) desk.recorder->outcome(request.x);
    desk.recorder->flush();
    return 0;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(110));
  EXPECT_FALSE(desk.recorder->flush());
  EXPECT_EQ(desk.ledger->size(), 0u);
}

TEST(Recorder, WithSyncAlwaysAnIntentWaitsForTheDisk) {
  Desk desk(ledger::Sync::always);
  Received request(post("/v1/chat/completions", R"({"model":"m"})"));
  Written written;
  net::testing::run(*desk.loop, write_intent(desk, request.x, written));
  EXPECT_TRUE(written.returned && written.result);
  EXPECT_EQ(written.size, 1u);
}

net::Task<void> write_and_stop(Desk& desk, Exchange& x, Written& written) {
  net::spawn(write_intent(desk, x, written));
  desk.loop->stop();
  co_return;
}

TEST(Recorder, AnIntentThatTheGatesEndOvertakesLetsNothingOut) {
  Desk desk(ledger::Sync::always);
  Received request(post("/v1/chat/completions", R"({"model":"m"})"));
  Written written;
  net::testing::run(*desk.loop, write_and_stop(desk, request.x, written));
  ASSERT_TRUE(written.returned);
  if (!written.result) EXPECT_EQ(written.result.error().code, Code::closed);
}

TEST(Recorder, AnOutcomeIsWrittenAtTheEndOfTheTurnWithItsDigestKeyOnce) {
  Desk desk;
  Received request(post("/v1/chat/completions", R"({"model":"m"})"));
  auto& x = request.x;
  x.outcome = ledger::Outcome::refused;
  x.error = "policy_denied";
  x.status = 403;
  inspect::Finding finding;
  finding.detector = "word";
  x.inspection.findings = {finding};
  x.answer_findings = {finding, finding};
  desk.recorder->outcome(x);
  EXPECT_EQ(desk.ledger->size(), 0u);
  desk.recorder->flush();
  const auto records = desk.records();
  ASSERT_EQ(records.size(), 1u);
  const auto document = json::Document::parse(records[0]);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root()["outcome"].string_or(""), "refused");
  EXPECT_EQ(document->root()["findings"].size(), 3u);
  EXPECT_EQ(document->root()["model"].string_or(""), "m");
  EXPECT_TRUE(ledger::digest_key(desk.folder.data(), x.id));
}

net::Task<void> meet_strangers(Desk& desk, Exchange& x, std::uint64_t& recorded) {
  Recorder recorder(*desk.loop, *desk.ledger, ledger::Sync::os, 20);
  desk.loop->on_turn_end([&] { return recorder.flush(); });
  for (int i = 0; i < 4; ++i) recorder.stranger(x, 1);
  net::Deadline deadline(*desk.loop);
  deadline.set_after_ms(200);
  net::Waiter wait(*desk.loop);
  co_await wait.until(deadline);
  recorded = desk.ledger->size();
  desk.loop->on_turn_end([&desk] { return desk.recorder->flush(); });
}

TEST(Recorder, RefusalsThatAreNotRecordedAreSummedUpWhileTheGateRuns) {
  Desk desk;
  Received request(post("/v1/chat/completions", R"({"model":"m"})"));
  std::uint64_t recorded = 0;
  net::testing::run(*desk.loop, meet_strangers(desk, request.x, recorded));
  EXPECT_EQ(recorded, 2u);
  const auto records = desk.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_NE(records[1].find(R"("action":"refusals-not-recorded")"), std::string::npos) << records[1];
  EXPECT_NE(records[1].find(R"("count":3)"), std::string::npos) << records[1];
}

}  // namespace
}  // namespace ostiary::gateway
