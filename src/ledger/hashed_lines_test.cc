#include "ledger/impl/hashed_lines.h"

#include <gtest/gtest.h>

#include "ledger/impl/merkle.h"
#include "ledger/impl/test_support.h"

namespace ostiary::ledger {
namespace {

using namespace ledger::testing;

struct All {
  std::vector<std::string> lines;
  std::size_t wrong = 0;  // whose leaf hash is not theirs
  std::uint64_t offset = 0, unfinished = 0;
};

All read_all(const std::string& path, std::uint64_t from) {
  Helper helper;
  HashedLines lines(helper);
  EXPECT_TRUE(lines.open(path, from));
  All all;
  HashedLines::Block block;
  while (*lines.next(block)) {
    for (std::size_t i = 0; i < block.lines.size(); ++i) {
      all.lines.emplace_back(block.lines[i]);
      all.wrong += block.leaves[i] == leaf_hash(block.lines[i]) ? 0 : 1;
    }
    all.offset = lines.offset();
  }
  all.unfinished = lines.unfinished();
  return all;
}

TEST(HashedLines, GiveEveryLineWithItsHashOverManyBlocks) {
  const TestFolder folder;
  const auto path = folder.other("lines");
  std::string text = "header\n";
  std::vector<std::string> expected;
  for (std::size_t i = 0; text.size() < (11U << 20); ++i) {
    expected.push_back(std::string(i * i % 3000, static_cast<char>('a' + i % 26)));
    text += expected.back() + "\n";
  }
  spill(path, text + "not ended");
  const auto all = read_all(path, 7);
  EXPECT_EQ(all.lines, expected);
  EXPECT_EQ(all.wrong, 0U);
  EXPECT_EQ(all.offset, text.size());
  EXPECT_EQ(all.unfinished, 9U);
}

TEST(HashedLines, GiveALineThatIsLongerThanABlock) {
  const TestFolder folder;
  const auto path = folder.other("lines");
  const std::string longest(20U << 20, 'x');
  spill(path, "a\n" + longest + "\nb\n");
  const auto all = read_all(path, 0);
  EXPECT_EQ(all.lines, (std::vector<std::string>{"a", longest, "b"}));
  EXPECT_EQ(all.wrong, 0U);
  EXPECT_EQ(all.unfinished, 0U);
}

TEST(HashedLines, RefuseALineBeyondTheLimit) {
  const TestFolder folder;
  const auto path = folder.other("lines");
  spill(path, "a\n" + std::string(80U << 20, 'x'));
  Helper helper;
  HashedLines lines(helper);
  ASSERT_TRUE(lines.open(path, 0));
  HashedLines::Block block;
  ASSERT_TRUE(*lines.next(block));
  EXPECT_EQ(block.lines.size(), 1U);
  EXPECT_EQ(lines.next(block).error().code, Code::corrupt);
}

TEST(HashedLines, OfAnEmptyFileAreNone) {
  const TestFolder folder;
  const auto path = folder.other("lines");
  spill(path, "");
  EXPECT_TRUE(read_all(path, 0).lines.empty());
  EXPECT_TRUE(read_all(path, 100).lines.empty());
  spill(path, "\n\n");
  EXPECT_EQ(read_all(path, 0).lines.size(), 2U);
}

}  // namespace
}  // namespace ostiary::ledger
