#include "ledger/ledger.h"

#include <atomic>
#include <chrono>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "base/file.h"
#include "ledger/impl/checkpoint.h"
#include "ledger/impl/checkpoint_log.h"
#include "ledger/impl/digest_keys.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/segment.h"
#include "ledger/impl/test_support.h"

namespace ostiary::ledger {
namespace {

using namespace testing;

std::unique_ptr<Ledger> open_or_fail(const TestFolder& folder, const Options& options = quiet_options()) {
  auto ledger = Ledger::open(folder.data(), options);
  EXPECT_TRUE(ledger) << ledger.error().text();
  return ledger ? std::move(*ledger) : nullptr;
}

bool wait_until(const std::function<bool()>& condition) {
  for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return condition();
}

TEST(Ledger, KeepsEveryRecordInOrderUnderTheRootOfItsTree) {
  const TestFolder folder;
  Frontier expected;
  std::string lines = log_header(0);
  for (int n = 0; n < 100; ++n) {
    expected.add(leaf_hash(record_line(static_cast<std::uint64_t>(n))));
    lines += record_line(static_cast<std::uint64_t>(n)) + "\n";
  }
  {
    const auto ledger = open_or_fail(folder);
    ASSERT_TRUE(append_records(*ledger, 0, 100));
    EXPECT_EQ(ledger->size(), 100U);
    EXPECT_EQ(ledger->root(), expected.root());
  }
  EXPECT_EQ(slurp(folder.ledger(kFirstLog)), lines);
  EXPECT_TRUE(slurp(folder.ledger(kFirstLog)).starts_with("{\"ostiary-ledger\":1,\"first\":0}\n"));
  EXPECT_EQ(slurp(folder.ledger(kFirstLeaf)).size(), 16U + 100U * 32U);
}

TEST(Ledger, GoesOnWhereItStoppedAfterAnyNumberOfStarts) {
  const TestFolder folder;
  Frontier expected;
  for (std::uint64_t n = 0; n < 50; ++n) {
    const auto ledger = open_or_fail(folder);
    ASSERT_EQ(ledger->size(), n);
    ASSERT_EQ(ledger->root(), expected.root());
    ASSERT_TRUE(append_records(*ledger, n, n + 1));
    expected.add(leaf_hash(record_line(n)));
  }
  const auto report = verify(folder.data());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok);
  EXPECT_EQ(report->covered, 50U);
  EXPECT_EQ(report->root, expected.root());
}

TEST(Ledger, BeginsANewSegmentWhenOneIsFull) {
  const TestFolder folder;
  auto options = quiet_options();
  options.segment_bytes = 1000;
  {
    const auto ledger = open_or_fail(folder, options);
    ASSERT_TRUE(append_records(*ledger, 0, 100));
  }
  const auto segments = list_numbered(folder.data() + "/ledger", ".log");
  ASSERT_TRUE(segments);
  ASSERT_GT(segments->size(), 5U);
  for (const auto first : *segments) {
    const auto lines = lines_of(slurp(log_path(folder.data() + "/ledger", first)));
    EXPECT_EQ(lines[0], "{\"ostiary-ledger\":1,\"first\":" + std::to_string(first) + "}\n");
    EXPECT_EQ(lines[1], record_line(first) + "\n");
  }
  {
    const auto ledger = open_or_fail(folder, options);
    ASSERT_TRUE(append_records(*ledger, 100, 110));
  }
  const auto report = verify(folder.data());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok);
  EXPECT_EQ(report->records, 110U);
}

TEST(Ledger, MakesFilesThatOnlyItsUserCanRead) {
  const TestFolder folder;
  {
    ASSERT_TRUE(append_records(*open_or_fail(folder), 0, 1));
  }
  namespace fs = std::filesystem;
  for (const auto* name : {"signing-key", kFirstLog, kFirstLeaf, "checkpoint", "checkpoints.log"})
    EXPECT_EQ(fs::status(folder.ledger(name)).permissions() & fs::perms::all,
              fs::perms::owner_read | fs::perms::owner_write)
        << name;
}

TEST(Ledger, SignsACheckpointByItselfWhenThereIsSomethingNew) {
  const TestFolder folder;
  auto options = quiet_options();
  options.checkpoint_interval_ms = 20;
  const auto ledger = open_or_fail(folder, options);
  ASSERT_TRUE(append_records(*ledger, 0, 10));
  const auto key = VerifierKey::parse(ledger->verifier_key());
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->name.starts_with("ostiary/"));
  const auto covered = [&] {
    const auto note = read_file(folder.ledger("checkpoint"));
    const auto checkpoint = note ? open_note(*note, *key) : fail(Code::not_found, "none");
    return checkpoint && checkpoint->size == 10 && checkpoint->root == ledger->root();
  };
  EXPECT_TRUE(wait_until(covered));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(lines_of(slurp(folder.ledger("checkpoints.log"))).size(), 3U)
      << "a header, the checkpoint of nothing and this one";
}

TEST(Ledger, HasTheOriginThatItBeganWith) {
  const TestFolder folder;
  auto options = quiet_options();
  options.origin = "example.com/gate";
  {
    EXPECT_TRUE(open_or_fail(folder, options)->verifier_key().starts_with("example.com/gate+"));
  }
  {
    EXPECT_TRUE(open_or_fail(folder, quiet_options())->verifier_key().starts_with("example.com/gate+"));
  }
  options.origin = "example.com/other";
  const auto other = Ledger::open(folder.data(), options);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::invalid);
  options.origin = "with blank";
  EXPECT_FALSE(Ledger::open(folder.data(), options));
}

TEST(Ledger, AWatchfulOneIsDurableBeforeAnybodyGoesOn) {
  const TestFolder folder;
  auto options = quiet_options();
  options.sync = Sync::always;
  const auto ledger = open_or_fail(folder, options);
  std::atomic<int> done{0};
  for (std::uint64_t n = 0; n < 20; ++n) {
    ASSERT_TRUE(append_records(*ledger, n, n + 1));
    ledger->when_durable([&](Result<> result) { done += result ? 1 : 1000; });
  }
  EXPECT_TRUE(wait_until([&] { return done == 20; }));
}

TEST(Ledger, CallsWhoWaitsForDurabilityBeforeItIsGone) {
  const TestFolder folder;
  auto options = quiet_options();
  options.sync = Sync::always;
  std::atomic<int> done{0};
  {
    const auto ledger = open_or_fail(folder, options);
    ASSERT_TRUE(append_records(*ledger, 0, 1));
    for (int i = 0; i < 100; ++i) ledger->when_durable([&](const Result<>&) { ++done; });
  }
  EXPECT_EQ(done, 100);
}

TEST(Ledger, TakesRecordsOfManyThreadsWhileItSyncsAndSigns) {
  const TestFolder folder;
  auto options = quiet_options();
  options.sync_interval_ms = options.checkpoint_interval_ms = 1;
  options.segment_bytes = 20'000;
  {
    const auto ledger = open_or_fail(folder, options);
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] { EXPECT_TRUE(append_records(*ledger, t * 1000, t * 1000 + 500)); });
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(ledger->checkpoint_now());
    });
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto report = verify(folder.data());
        EXPECT_TRUE(report && report->ok) << (report ? report->problems[0].message : report.error().text());
      }
    });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(ledger->size(), 2000U);
  }
  const auto report = verify(folder.data());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok);
  EXPECT_EQ(report->records, 2000U);
  EXPECT_EQ(report->covered, 2000U);
}

TEST(Ledger, GivesItsLastRecordsOldestFirstAcrossSegments) {
  const TestFolder folder;
  auto options = quiet_options();
  options.segment_bytes = 500;
  {
    ASSERT_TRUE(append_records(*open_or_fail(folder, options), 0, 40));
  }
  for (const std::uint64_t n : {1U, 5U, 39U, 40U, 1000U}) {
    const auto last = tail(folder.data(), n);
    ASSERT_TRUE(last);
    const auto count = std::min<std::uint64_t>(n, 40);
    ASSERT_EQ(last->size(), count);
    for (std::uint64_t i = 0; i < count; ++i) EXPECT_EQ((*last)[i], record_line(40 - count + i));
  }
  EXPECT_EQ(tail(folder.other("nowhere"), 1).error().code, Code::not_found);
}

TEST(Ledger, GivesLastRecordsThatAreLongerThanABlock) {
  const TestFolder folder;
  std::vector<std::string> lines;
  {
    const auto ledger = open_or_fail(folder);
    Batch batch;
    for (int n = 0; n < 5; ++n) {
      lines.push_back("{\"n\":\"" + std::string(100'000 * static_cast<std::size_t>(n), 'x') + "\"}");
      batch.add(lines.back());
    }
    ASSERT_TRUE(ledger->append(batch));
  }
  EXPECT_THAT(tail(folder.data(), 3).value(), ::testing::ElementsAre(lines[2], lines[3], lines[4]));
  const auto report = verify(folder.data());
  EXPECT_TRUE(report && report->ok && report->records == 5);
}

TEST(Ledger, CanBeFollowedFromItsEndThroughNewSegments) {
  const TestFolder folder;
  auto options = quiet_options();
  options.segment_bytes = 500;
  const auto ledger = open_or_fail(folder, options);
  ASSERT_TRUE(append_records(*ledger, 0, 10));
  std::mutex mutex;
  std::vector<std::string> seen;
  std::atomic<bool> stop{false}, looked{false};
  std::thread follower([&] {
    EXPECT_TRUE(follow(
        folder.data(),
        [&](std::string_view line) {
          const std::lock_guard lock(mutex);
          seen.emplace_back(line);
        },
        [&] {
          looked = true;
          return stop.load();
        }));
  });
  ASSERT_TRUE(wait_until([&] { return looked.load(); }));
  ASSERT_TRUE(append_records(*ledger, 10, 60));
  EXPECT_TRUE(wait_until([&] {
    const std::lock_guard lock(mutex);
    return seen.size() >= 50;
  }));
  stop = true;
  follower.join();
  ASSERT_EQ(seen.size(), 50U);
  for (std::uint64_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], record_line(10 + i));
}

TEST(DigestKeys, AreFoundByTheirExchangeAcrossFilesAndStarts) {
  const TestFolder folder;
  auto options = quiet_options();
  options.segment_bytes = 500;
  std::vector<std::pair<Id, Key256>> keys;
  for (int start = 0; start < 3; ++start) {
    const auto ledger = open_or_fail(folder, options);
    for (int n = 0; n < 20; ++n) {
      Batch batch;
      keys.emplace_back(Id::make(), random_key());
      batch.add_key(keys.back().first, keys.back().second);
      batch.add(record_line(static_cast<std::uint64_t>(n)));
      ASSERT_TRUE(ledger->append(batch));
    }
  }
  EXPECT_GT(list_numbered(keys_folder(folder.data()), ".keys")->size(), 3U);
  for (const auto& [id, key] : keys) EXPECT_EQ(digest_key(folder.data(), id).value(), key);
  EXPECT_EQ(digest_key(folder.data(), Id::make()).error().code, Code::not_found);
}

TEST(DigestKeys, ThatAreErasedAreNotThere) {
  const TestFolder folder;
  const auto id = Id::make();
  {
    const auto ledger = open_or_fail(folder);
    Batch batch;
    batch.add_key(id, Key256{});
    ASSERT_TRUE(ledger->append(batch));
  }
  EXPECT_EQ(digest_key(folder.data(), id).error().code, Code::not_found);
}

TEST(DigestKeys, HalfAnEntryAtTheEndIsCutOff) {
  const TestFolder folder;
  const auto first = Id::make(), second = Id::make();
  const auto path = keys_path(keys_folder(folder.data()), 0);
  Batch batch;
  {
    const auto ledger = open_or_fail(folder);
    batch.add_key(first, random_key());
    ASSERT_TRUE(ledger->append(batch));
  }
  spill(path, slurp(path) + "half");
  {
    const auto ledger = open_or_fail(folder);
    batch.add_key(second, random_key());
    ASSERT_TRUE(ledger->append(batch));
  }
  EXPECT_EQ(slurp(path).size(), 16U + 2 * 48U);
  EXPECT_TRUE(digest_key(folder.data(), first));
  EXPECT_TRUE(digest_key(folder.data(), second));
}

}  // namespace
}  // namespace ostiary::ledger
