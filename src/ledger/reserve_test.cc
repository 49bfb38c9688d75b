#include "ledger/impl/reserve.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "ledger/impl/test_support.h"

namespace ostiary::ledger {
namespace {

using namespace testing;

std::uint64_t room_of(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
}

TEST(Reserve, HoldsRoomAndGivesItBackPartByPartOrWhole) {
  const TestFolder folder;
  std::filesystem::create_directories(folder.data() + "/ledger");
  const auto path = folder.ledger("reserve");
  auto reserve = Reserve::open(folder.data() + "/ledger");
  EXPECT_EQ(reserve.size(), Reserve::kBytes);
  EXPECT_GE(room_of(path), Reserve::kBytes);
  EXPECT_TRUE(slurp(path).starts_with("ostiary-reserve 1\n"));
  ASSERT_TRUE(reserve.give_up_part());
  EXPECT_EQ(reserve.size(), Reserve::kBytes - Reserve::kPart);
  EXPECT_LT(room_of(path), Reserve::kBytes);
  EXPECT_EQ(Reserve::open(folder.data() + "/ledger").size(), Reserve::kBytes)
      << "the next start sets it aside again";
  ASSERT_TRUE(reserve.give_up());
  EXPECT_LE(room_of(path), 8192U);
  EXPECT_FALSE(reserve.give_up() || reserve.give_up_part()) << "nothing is left";
  reserve.fill();
  EXPECT_EQ(reserve.size(), Reserve::kBytes);
}

TEST(Reserve, WhereThereIsNoRoomThereIsNoneAndNothingFails) {
  ::signal(SIGXFSZ, SIG_IGN);
  const TestFolder folder;
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit less{100'000, before.rlim_max};
  std::filesystem::create_directories(folder.data() + "/ledger");
  ::setrlimit(RLIMIT_FSIZE, &less);
  auto reserve = Reserve::open(folder.data() + "/ledger");
  EXPECT_FALSE(reserve.give_up());
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_LE(room_of(folder.ledger("reserve")), 8192U);
  reserve.fill();
  EXPECT_EQ(reserve.size(), Reserve::kBytes);
}

TEST(Reserve, WhileItIsOpenOnlyWhoMakesRoomMayAppend) {
  const TestFolder folder;
  auto ledger = *Ledger::open(folder.data(), quiet_options());
  ASSERT_TRUE(append_records(*ledger, 0, 3));
  ASSERT_TRUE(ledger->open_reserve());
  EXPECT_EQ(append_records(*ledger, 3, 4).error().code, Code::unavailable);
  Batch batch;
  batch.add(record_line(3));
  EXPECT_TRUE(ledger->append_within_reserve(batch));
  EXPECT_EQ(ledger->size(), 4U);
  ledger->close_reserve();
  EXPECT_TRUE(append_records(*ledger, 4, 5));
  EXPECT_GE(room_of(folder.ledger("reserve")), Reserve::kBytes);
}

}  // namespace
}  // namespace ostiary::ledger
