#include "ledger/sums.h"

#include <filesystem>
#include <gtest/gtest.h>

#include "ledger/cursor.h"
#include "ledger/impl/segment.h"
#include "ledger/impl/test_support.h"

namespace ostiary::ledger {
namespace {

using namespace testing;

SegmentSums some_sums(std::uint64_t n) {
  return {{{"2026-03", "Key\"1", "research", n, 2, 3, 4, -5}, {"2026-04", "", "", 6, 7, 8, 9, 10}},
          {Id::make()}};
}

class SumsTest : public ::testing::Test {
 protected:
  SumsTest() { std::filesystem::create_directories(folder_.data() + "/ledger"); }
  std::string at(std::uint64_t first) const { return sums_path(ledger_folder(folder_.data()), first); }
  TestFolder folder_;
};

TEST_F(SumsTest, ComeBackAsTheyWereWritten) {
  const auto ledger = ledger_folder(folder_.data());
  EXPECT_EQ(read_sums(ledger, 7).error().code, Code::not_found);
  const auto sums = some_sums(1);
  ASSERT_TRUE(write_sums(ledger, 7, sums));
  EXPECT_EQ(read_sums(ledger, 7).value(), sums);
  ASSERT_TRUE(write_sums(ledger, 8, {}));
  EXPECT_EQ(read_sums(ledger, 8).value(), SegmentSums());
}

TEST_F(SumsTest, AnyChangedByteIsNoticed) {
  const auto ledger = ledger_folder(folder_.data());
  ASSERT_TRUE(write_sums(ledger, 7, some_sums(1)));
  const auto good = slurp(at(7));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    spill(at(7), bad);
    EXPECT_FALSE(read_sums(ledger, 7)) << i;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    spill(at(7), good.substr(0, size));
    EXPECT_EQ(read_sums(ledger, 7).error().code, Code::corrupt) << size;
  }
  spill(at(8), good);
  EXPECT_EQ(read_sums(ledger, 8).error().code, Code::corrupt) << "those of another segment";
}

TEST_F(SumsTest, ANewerFileIsRefusedWithAWord) {
  auto body = std::string("ostiary-sums 2 7\n{}\n");
  body += hex(sha256(body)) + "\n";
  spill(at(7), body);
  EXPECT_EQ(read_sums(ledger_folder(folder_.data()), 7).error().code, Code::newer);
}

TEST_F(SumsTest, AreOfSegmentsThatAreGoneAndOfThoseAlone) {
  const auto ledger = ledger_folder(folder_.data());
  auto options = quiet_options();
  options.segment_bytes = 1000;
  {
    ASSERT_TRUE(append_records(**Ledger::open(folder_.data(), options), 0, 60));
  }
  const auto segments = list_segments(ledger).value();
  ASSERT_GT(segments.size(), 4U);
  for (const auto i : {1U, 2U, 3U}) ASSERT_TRUE(write_sums(ledger, segments[i], some_sums(i)));
  const auto counted = [&](std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> seen;
    EXPECT_TRUE(each_removed(folder_.data(), from, to,
                             [&](const SegmentSums& sums) { seen.push_back(sums.usage.front().exchanges); }));
    return seen;
  };
  EXPECT_TRUE(counted(0, 60).empty()) << "the records stand";
  EXPECT_FALSE(is_within_removed(folder_.data(), segments[1] + 1));
  for (const auto i : {1U, 3U}) std::filesystem::remove(log_path(ledger, segments[i]));
  EXPECT_EQ(counted(0, 60), (std::vector<std::uint64_t>{1, 3}));
  EXPECT_EQ(counted(segments[1], segments[2]), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(counted(segments[2], 60), (std::vector<std::uint64_t>{3}));
  EXPECT_FALSE(is_within_removed(folder_.data(), segments[1]));
  EXPECT_TRUE(is_within_removed(folder_.data(), segments[1] + 1));
  EXPECT_FALSE(is_within_removed(folder_.data(), segments[2] + 1));
}

}  // namespace
}  // namespace ostiary::ledger
