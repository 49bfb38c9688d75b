#include <gtest/gtest.h>
#include <random>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "ledger/impl/keeper_support.h"
#include "ledger/ledger.h"

namespace ostiary::ledger {
namespace {

using namespace testing;

// A process that appends without end and tells through a pipe how many records it has been told are kept.
class Writer {
 public:
  Writer(const std::string& data, const Options& options, std::uint64_t from) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      write_on(data, options, from, ends[1]);
    }
    ::close(ends[1]);
    told_ = Fd(ends[0]);
  }

  // Kills it and gives the number that it told last.
  std::uint64_t kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    std::uint64_t last = 0, next = 0;
    while (::read(told_.get(), &next, sizeof next) == sizeof next) last = next;
    return last;
  }

 private:
  [[noreturn]] static void write_on(const std::string& data, const Options& options, std::uint64_t from,
                                    int pipe) {
    auto ledger = Ledger::open(data, options);
    if (!ledger || (*ledger)->size() < from) ::_exit(1);
    for (auto n = (*ledger)->size();;) {
      Batch batch;
      for (std::uint64_t i = 0; i < 1 + n % 5; ++i) {
        batch.add_key(Id::make(), random_key());
        batch.add(record_line(n + i));
      }
      if (!(*ledger)->append(batch)) ::_exit(2);
      n = (*ledger)->size();
      if (::write(pipe, &n, sizeof n) != sizeof n) ::_exit(3);
    }
  }

  pid_t pid_ = -1;
  Fd told_;
};

void kill_at_random(const Options& options, unsigned seed) {
  const TestFolder folder;
  std::mt19937 random(seed);
  std::uint64_t kept = 0;
  for (int round = 0; round < 20; ++round) {
    Writer writer(folder.data(), options, kept);
    std::this_thread::sleep_for(std::chrono::microseconds(2'000 + random() % 60'000));
    kept = std::max(kept, writer.kill());
    const auto dead = verify(folder.data());
    if (kept == 0 && !(dead && dead->ok)) continue;  // killed while the ledger was being made
    ASSERT_TRUE(dead) << dead.error().text();
    ASSERT_TRUE(dead->ok) << dead->problems[0].what << ": " << dead->problems[0].message;
    ASSERT_GE(dead->records, kept) << "round " << round;
    const auto ledger = Ledger::open(folder.data(), quiet_options());
    ASSERT_TRUE(ledger) << ledger.error().text();
    ASSERT_GE((*ledger)->size(), kept);
    const auto again = verify(folder.data());
    ASSERT_TRUE(again && again->ok && again->problems.empty());
    ASSERT_EQ(again->records, (*ledger)->size());
  }
  EXPECT_GT(kept, 100U);
}

TEST(Fault, AKillAtAnyMomentLosesNothingThatWasAppended) {
  auto options = quiet_options();
  options.checkpoint_interval_ms = 3;
  options.sync = Sync::os;
  kill_at_random(options, 1);
}

TEST(Fault, AKillAtAnyMomentLosesNothingWhileSegmentsAreMade) {
  auto options = quiet_options();
  options.segment_bytes = 2000;
  options.sync_interval_ms = options.checkpoint_interval_ms = 2;
  kill_at_random(options, 2);
}

// Runs `what` in a process whose files cannot grow over `limit` bytes; its exit code.
int with_file_limit(rlim_t limit, const std::function<int()>& what) {
  const auto pid = ::fork();
  if (pid == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit size{limit, limit};
    ::_exit(::setrlimit(RLIMIT_FSIZE, &size) == 0 ? what() : 99);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

TEST(Fault, ABatchThatDoesNotFitOnTheDiskLeavesNothingBehind) {
  const TestFolder folder;
  {
    ASSERT_TRUE(append_records(**Ledger::open(folder.data(), quiet_options()), 0, 10));
  }
  const auto log = slurp(folder.ledger(kFirstLog)), leaf = slurp(folder.ledger(kFirstLeaf));
  const auto keys = slurp(folder.data() + "/digest-keys/00000000000000000000.keys");
  // Room for one record more but not for two: the second write stops in the middle of a line.
  const auto limit = log.size() + record_line(10).size() * 3 / 2;
  const auto failed_well = [&] {
    auto ledger = Ledger::open(folder.data(), quiet_options());
    if (!ledger) return 1;
    Batch batch;
    batch.add_key(Id::make(), random_key());
    batch.add(record_line(10));
    batch.add(record_line(11));
    const auto before = (*ledger)->root();
    const auto failed = (*ledger)->append(batch);
    if (failed || failed.error().code != Code::unavailable) return 2;
    if (batch.empty() || (*ledger)->size() != 10 || (*ledger)->root() != before) return 3;
    if (slurp(folder.ledger(kFirstLog)) != log || slurp(folder.ledger(kFirstLeaf)) != leaf) return 4;
    if (slurp(folder.data() + "/digest-keys/00000000000000000000.keys") != keys) return 5;
    // One record fits, so the ledger goes on once there is room.
    batch.clear();
    batch.add(record_line(10));
    return (*ledger)->append(batch) && (*ledger)->size() == 11 ? 0 : 6;
  };
  ASSERT_EQ(with_file_limit(limit, failed_well), 0);
  const auto report = verify(folder.data());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok);
  EXPECT_EQ(report->records, 11U);
}

TEST(Fault, NoLimitOnTheFilesEverLeavesAHalfBatch) {
  for (rlim_t limit = 1500; limit < 4500; limit += 293) {
    const TestFolder folder;
    {
      ASSERT_TRUE(append_records(**Ledger::open(folder.data(), quiet_options()), 0, 5));
    }
    const auto appended = with_file_limit(limit, [&] {
      auto ledger = Ledger::open(folder.data(), quiet_options());
      if (!ledger) return 5;
      for (std::uint64_t n = 5; n < 60; ++n) {
        Batch batch;
        batch.add_key(Id::make(), random_key());
        batch.add(record_line(n));
        if (!(*ledger)->append(batch)) return static_cast<int>((*ledger)->size());
      }
      return 60;
    });
    const auto report = verify(folder.data());
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_TRUE(report->ok) << report->problems[0].what << report->problems[0].message;
    EXPECT_EQ(report->records, static_cast<std::uint64_t>(appended)) << limit;
  }
}

Result<> append_one(Ledger& ledger, std::uint64_t n) {
  Batch batch;
  batch.add(record_line(n));
  return ledger.append(batch);
}

TEST(Full, WhatWentOnUnrecordedIsTheFirstRecordOnceThereIsRoom) {
  const TestFolder folder;
  auto options = quiet_options();
  options.when_full = WhenFull::open;
  {
    auto ledger = *Ledger::open(folder.data(), options);
    ASSERT_TRUE(append_records(*ledger, 0, 10));
    const Room room;
    room.limit(slurp(folder.ledger(kFirstLog)).size() + 20);
    EXPECT_EQ(append_one(*ledger, 10).error().code, Code::unavailable);
    ASSERT_TRUE(ledger->pass_over(3, 0, 300));
    ASSERT_TRUE(ledger->pass_over(1, 2, 50));
    EXPECT_FALSE(append_one(*ledger, 10)) << "still no room";
    EXPECT_EQ(ledger->gap().exchanges, 4U);
    EXPECT_LE(ledger->gap().from, ledger->gap().to);
    room.lift();
    ASSERT_TRUE(append_one(*ledger, 10));
    EXPECT_TRUE(ledger->gap().empty());
    EXPECT_EQ(ledger->unrecorded(), 4U);
    EXPECT_EQ(ledger->size(), 12U);
  }
  const auto records = tail(folder.data(), 2).value();
  EXPECT_NE(records[0].find(R"("bytes":350,"exchanges":4,)"), std::string::npos) << records[0];
  EXPECT_NE(records[0].find(R"("kind":"gap","outcomes_lost":2,"reason":"disk-full")"), std::string::npos);
  EXPECT_EQ(records[1] + "\n", record_line(10) + "\n");
  const auto report = verify(folder.data());
  EXPECT_TRUE(report && report->ok && report->records == 12);
}

TEST(Full, WhatWentOnUnrecordedSurvivesTheEndOfTheProcess) {
  const TestFolder folder;
  auto options = quiet_options();
  options.when_full = WhenFull::open;
  {
    auto ledger = *Ledger::open(folder.data(), options);
    ASSERT_TRUE(append_records(*ledger, 0, 10));
    const Room room;
    room.limit(slurp(folder.ledger(kFirstLog)).size() + 20);
    ASSERT_TRUE(ledger->pass_over(7, 0, 70));
    ledger.reset();
  }
  options.when_full = WhenFull::close;
  for (int start = 0; start < 2; ++start) {
    auto ledger = *Ledger::open(folder.data(), options);
    ASSERT_TRUE(append_one(*ledger, 11));
  }
  std::size_t gaps = 0;
  for (const auto& record : *tail(folder.data(), 100))
    gaps += record.find(R"("exchanges":7,)") != record.npos ? 1 : 0;
  EXPECT_EQ(gaps, 1U);
}

TEST(Full, NothingIsPassedOverUnlessTheConfigurationSaysSo) {
  const TestFolder folder;
  auto ledger = *Ledger::open(folder.data(), quiet_options());
  EXPECT_FALSE(ledger->pass_over(1, 0, 1));
  EXPECT_TRUE(ledger->gap().empty());
}

}  // namespace
}  // namespace ostiary::ledger
