#include "ledger/cursor.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <thread>

#include "ledger/impl/merkle.h"
#include "ledger/impl/segment.h"
#include "ledger/impl/test_support.h"

namespace ostiary::ledger {
namespace {

using namespace testing;

constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();

class CursorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Ledger> open(std::uint64_t segment_bytes = 4096) {
    auto options = quiet_options();
    options.segment_bytes = segment_bytes;
    auto ledger = Ledger::open(folder_.data(), options);
    EXPECT_TRUE(ledger) << ledger.error().text();
    return ledger ? std::move(*ledger) : nullptr;
  }
  // Reads to the end and holds each record to its number.
  static std::vector<std::uint64_t> read_all(Cursor& cursor, std::uint64_t most = kAll) {
    std::vector<std::uint64_t> seen;
    for (;;) {
      const auto before = cursor.place().index;
      const auto got = cursor.read(kAll, most, [&](std::uint64_t index, std::string_view line) {
        EXPECT_EQ(line, record_line(index));
        seen.push_back(index);
      });
      EXPECT_TRUE(got) << got.error().text();
      if (!got || cursor.place().index == before) return seen;
    }
  }
  static std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> all;
    for (auto n = from; n < to; ++n) all.push_back(n);
    return all;
  }
  TestFolder folder_;
};

TEST_F(CursorTest, ReadsEveryRecordInOrderOverAllSegments) {
  const auto ledger = open();
  ASSERT_TRUE(append_records(*ledger, 0, 500));
  ASSERT_GT(list_segments(ledger_folder(folder_.data()))->size(), 5U);
  for (const std::uint64_t most : {kAll, std::uint64_t{1}, std::uint64_t{7}}) {
    Cursor cursor(folder_.data());
    EXPECT_EQ(read_all(cursor, most), numbers(0, 500));
  }
}

TEST_F(CursorTest, GoesOnFromAnyPlaceWithAndWithoutTheByte) {
  const auto ledger = open();
  ASSERT_TRUE(append_records(*ledger, 0, 200));
  Cursor walking(folder_.data());
  for (std::uint64_t n = 0; n <= 200; ++n) {
    Cursor there(folder_.data(), walking.place());
    EXPECT_EQ(read_all(there), numbers(n, 200));
    Cursor anywhere(folder_.data(), {n, 0, 0});
    EXPECT_EQ(read_all(anywhere), numbers(n, 200));
    Cursor wrong(folder_.data(), {n, walking.place().segment, walking.place().offset + 1});
    EXPECT_EQ(read_all(wrong), numbers(n, 200)) << "a byte that does not fit is looked for again";
    ASSERT_TRUE(walking.read(kAll, 1, [](auto, auto) {}));
  }
}

TEST_F(CursorTest, StopsWhereItIsToldToAndGoesOnWithWhatIsWrittenMeanwhile) {
  const auto ledger = open();
  ASSERT_TRUE(append_records(*ledger, 0, 10));
  Cursor cursor(folder_.data());
  EXPECT_EQ(cursor.read(4, kAll, [](auto, auto) {}).value(), 4U);
  EXPECT_EQ(read_all(cursor), numbers(4, 10));
  ASSERT_TRUE(append_records(*ledger, 10, 300));
  EXPECT_EQ(read_all(cursor), numbers(10, 300));
  EXPECT_EQ(cursor.read(kAll, kAll, [](auto, auto) {}).value(), 0U);
}

TEST_F(CursorTest, FollowsAWriterThatRunsMeanwhile) {
  const auto ledger = open(64 << 10);
  constexpr std::uint64_t all = 20'000;
  std::thread writer([&] { EXPECT_TRUE(append_records(*ledger, 0, all, 17)); });
  Cursor cursor(folder_.data());
  std::uint64_t expected = 0;
  while (expected < all) {
    const auto got = cursor.read(ledger->size(), 1000, [&](std::uint64_t index, std::string_view line) {
      if (index != expected || line != record_line(index)) ADD_FAILURE() << index;
      ++expected;
    });
    ASSERT_TRUE(got) << got.error().text();
  }
  writer.join();
}

TEST_F(CursorTest, PassesOverSegmentsThatWereRemoved) {
  const auto ledger = open();
  ASSERT_TRUE(append_records(*ledger, 0, 300));
  const auto segments = list_segments(ledger_folder(folder_.data())).value();
  for (const auto i : {0U, 1U, 3U})
    std::filesystem::remove(log_path(ledger_folder(folder_.data()), segments[i]));
  auto expected = numbers(segments[2], segments[3]);
  const auto rest = numbers(segments[4], 300);
  expected.insert(expected.end(), rest.begin(), rest.end());
  Cursor cursor(folder_.data());
  EXPECT_EQ(read_all(cursor), expected);
  using Span = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_THAT(removed_records(folder_.data()).value(),
              ::testing::ElementsAre(Span(0, segments[2]), Span(segments[3], segments[4])));
  std::filesystem::remove(leaf_path(ledger_folder(folder_.data()), segments[0]));
  Cursor again(folder_.data());
  EXPECT_EQ(read_all(again), expected);
}

TEST_F(CursorTest, GivesNoLineThatHasNoLeafHash) {
  {
    const auto ledger = open();
    ASSERT_TRUE(append_records(*ledger, 0, 3));
  }
  std::ofstream(folder_.ledger(kFirstLog), std::ios::app) << record_line(3) << '\n';
  Cursor cursor(folder_.data());
  EXPECT_EQ(read_all(cursor), numbers(0, 3));
}

TEST_F(CursorTest, SaysWhereALineIsMissing) {
  {
    const auto ledger = open();
    ASSERT_TRUE(append_records(*ledger, 0, 3));
  }
  std::filesystem::resize_file(folder_.ledger(kFirstLog), 60);
  Cursor cursor(folder_.data());
  const auto got = cursor.read(kAll, kAll, [](auto, auto) {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::corrupt);
}

TEST_F(CursorTest, AScanPassesOverWhatIsRemovedOrDamagedAndEndsWhereItIsToldTo) {
  const auto folder = ledger_folder(folder_.data());
  {
    const auto ledger = open();
    ASSERT_TRUE(append_records(*ledger, 0, 300));
  }
  const auto segments = list_segments(folder).value();
  ASSERT_GT(segments.size(), 4U);
  std::filesystem::remove(log_path(folder, segments[1]));
  const auto half = log_path(folder, segments[2]);
  std::filesystem::resize_file(half, log_header(segments[2]).size() + record_line(0).size() * 3 / 2);
  std::vector<std::uint64_t> seen;
  const auto to_the_end = [&](std::uint64_t index, std::string_view line) -> Result<bool> {
    EXPECT_EQ(line, record_line(index));
    seen.push_back(index);
    return true;
  };
  ASSERT_TRUE(scan_records(folder, 2, to_the_end));
  auto expected = numbers(2, segments[1]);
  expected.push_back(segments[2]);
  const auto rest = numbers(segments[3], 300);
  expected.insert(expected.end(), rest.begin(), rest.end());
  EXPECT_EQ(seen, expected);
  seen.clear();
  ASSERT_TRUE(scan_records(folder, 0, [&](std::uint64_t index, std::string_view) -> Result<bool> {
    seen.push_back(index);
    return index < 4;
  }));
  EXPECT_EQ(seen, numbers(0, 5));
  EXPECT_EQ(scan_records(folder, 0, [](auto, auto) -> Result<bool> { return fail(Code::denied, "no"); })
                .error()
                .code,
            Code::denied);
}

TEST_F(CursorTest, AScanDoesNotTakeASegmentWithADamagedBeginningForAnEmptyOne) {
  const auto ledger = open();
  ASSERT_TRUE(append_records(*ledger, 0, 20));
  const auto folder = ledger_folder(folder_.data());
  const auto path = log_path(folder, list_segments(folder).value().front());
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.put('X');
  file.close();
  const auto scanned = scan_records(folder, 0, [](auto, auto) -> Result<bool> { return true; });
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().code, Code::corrupt);
}

TEST_F(CursorTest, TellsTheLeafHashOfARecordAndHowManyThereAre) {
  const auto ledger = open();
  ASSERT_TRUE(append_records(*ledger, 0, 100));
  EXPECT_EQ(count_records(folder_.data()).value(), 100U);
  for (const std::uint64_t n : {0U, 57U, 99U})
    EXPECT_EQ(leaf_of(folder_.data(), n).value(), leaf_hash(record_line(n)));
  EXPECT_EQ(leaf_of(folder_.data(), 100).value(), std::nullopt);
  EXPECT_EQ(count_records(folder_.other("none")).value(), 0U);
}

}  // namespace
}  // namespace ostiary::ledger
