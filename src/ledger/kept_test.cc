#include "ledger/kept.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/impl/test_support.h"

namespace ostiary::ledger {
namespace {

using ::testing::ElementsAre;
using namespace ledger::testing;

TEST(KeptCheckpoints, AreTheNewestAsItIsAndAllOfThemInALog) {
  const TestFolder folder;
  const auto path = folder.other("kept");
  for (const auto* note : {"one\n", "two\n", "two\n", "three\n"}) ASSERT_TRUE(keep_checkpoint(path, note));
  EXPECT_EQ(slurp(path), "three\n");
  EXPECT_THAT(*kept_checkpoints(path), ElementsAre("one\n", "two\n", "three\n"));
  EXPECT_THAT(*kept_checkpoints(path + ".log"), ElementsAre("one\n", "two\n", "three\n"));
  std::filesystem::remove(path + ".log");
  EXPECT_THAT(*kept_checkpoints(path), ElementsAre("three\n"));
}

TEST(KeptCheckpoints, GoOnBehindATornLine) {
  const TestFolder folder;
  const auto path = folder.other("kept");
  ASSERT_TRUE(keep_checkpoint(path, "one\n"));
  spill(path + ".log", slurp(path + ".log") + "{\"checkpoint\":\"tw");
  EXPECT_THAT(*kept_checkpoints(path), ElementsAre("one\n"));
  ASSERT_TRUE(keep_checkpoint(path, "three\n"));
  EXPECT_THAT(*kept_checkpoints(path), ElementsAre("one\n", "three\n"));
}

TEST(KeptCheckpoints, AreNeverPutIntoAFileThatIsSomethingElse) {
  const TestFolder folder;
  const auto path = folder.other("kept");
  spill(path + ".log", "a diary\n");
  EXPECT_EQ(keep_checkpoint(path, "one\n").error().code, Code::corrupt);
  EXPECT_EQ(slurp(path + ".log"), "a diary\n");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(KeptCheckpoints, SayWhatIsWrongWithTheirFile) {
  const TestFolder folder;
  const auto path = folder.other("kept");
  EXPECT_EQ(kept_checkpoints(path).error().code, Code::not_found);
  spill(path, "");
  EXPECT_EQ(kept_checkpoints(path).error().code, Code::invalid);
  spill(path, "{\"ostiary-checkpoints\":1}\n");
  EXPECT_EQ(kept_checkpoints(path).error().code, Code::invalid);
  spill(path, "{\"ostiary-checkpoints\":1}\n{\"checkpoint\":1}\n");
  EXPECT_EQ(kept_checkpoints(path).error().code, Code::corrupt);
  spill(path, "{\"ostiary-checkpoints\":2}\n");
  EXPECT_EQ(kept_checkpoints(path).error().code, Code::newer);
}

}  // namespace
}  // namespace ostiary::ledger
