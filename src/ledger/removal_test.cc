#include "ledger/impl/removal.h"

#include <gtest/gtest.h>
#include <thread>

#include "ledger/cursor.h"
#include "ledger/impl/keeper_support.h"
#include "ledger/sums.h"

namespace ostiary::ledger {
namespace {

using namespace testing;

TEST(Retention, KeepsTheKeyOfAnExchangeUntilItsLastRecordGoes) {
  const TestFolder folder;
  House house(folder.data());
  const Parts crossing(wall_now() - 10 * kDay), whole(wall_now() - 10 * kDay), open(wall_now() - 10 * kDay);
  auto late = crossing;
  late.record.at = wall_now() - 5 * kDay;
  whole.begin(house), whole.end(house), crossing.begin(house), open.begin(house);
  ASSERT_TRUE(house.ledger->rotate().value());
  late.end(house);
  ASSERT_TRUE(house.ledger->rotate().value());
  house.exchange("sub_b", "t", wall_now());
  ASSERT_TRUE(house.keeper->retain(OldHouse::days(8), false, "uid:0"));
  EXPECT_FALSE(std::filesystem::exists(folder.ledger(kFirstLog)));
  EXPECT_FALSE(house.has_key(whole.record.id));
  EXPECT_TRUE(house.has_key(crossing.record.id)) << "its outcome stands";
  EXPECT_TRUE(house.has_key(open.record.id)) << "its outcome is to come";
  ASSERT_TRUE(house.keeper->retain(OldHouse::days(2), false, "uid:0"));
  EXPECT_FALSE(house.has_key(crossing.record.id));
  ASSERT_TRUE(house.ledger->checkpoint_now());
  expect_sound(folder.data());
}

TEST(Retention, TellsWhichExchangesEndedInASegmentAndBeganInOneThatWentWithIt) {
  const TestFolder folder;
  House house(folder.data());
  const Parts crossing(wall_now() - 10 * kDay), whole(wall_now() - 10 * kDay);
  crossing.begin(house);
  ASSERT_TRUE(house.ledger->rotate().value());
  const auto second = house.ledger->size();
  whole.begin(house), whole.end(house), crossing.end(house);
  ASSERT_TRUE(house.ledger->rotate().value());
  house.exchange("sub_b", "t", wall_now());
  ASSERT_TRUE(house.keeper->retain(OldHouse::days(2), false, "uid:0"));
  const auto ledger = folder.data() + "/ledger";
  const auto before = read_sums(ledger, 0), behind = read_sums(ledger, second);
  ASSERT_TRUE(before && behind);
  EXPECT_TRUE(before->usage.empty()) << "it is counted where it ended";
  ASSERT_EQ(behind->usage.size(), 1U);
  EXPECT_EQ(behind->usage[0].exchanges, 2U);
  // Who has read the first segment, and not the second, learns that it is not open any more.
  EXPECT_EQ(behind->ended, std::vector{crossing.record.id});
}

TEST(Retention, KeepsTheKeyOfAnExchangeWhoseIntentStandsInAHeldSegment) {
  const TestFolder folder;
  House house(folder.data());
  house.exchange("sub_held", "t", wall_now() - 10 * kDay);
  const Parts crossing(wall_now() - 10 * kDay);
  crossing.begin(house);
  ASSERT_TRUE(house.ledger->rotate().value());
  crossing.end(house);
  ASSERT_TRUE(house.ledger->rotate().value());
  HoldRequest request;
  request.subject = "sub_held";
  request.reason = "audit";
  const auto hold = house.keeper->set_hold(request);
  ASSERT_TRUE(house.keeper->retain(OldHouse::days(8), false, "uid:0"));
  EXPECT_TRUE(std::filesystem::exists(folder.ledger(kFirstLog)));
  EXPECT_EQ(removed_records(folder.data())->size(), 1U);
  EXPECT_TRUE(house.has_key(crossing.record.id));
  ASSERT_TRUE(house.keeper->release_hold(hold->id, "uid:0"));
  ASSERT_TRUE(house.keeper->retain(OldHouse::days(8), false, "uid:0"));
  EXPECT_FALSE(house.has_key(crossing.record.id));
}

TEST(Retention, TakesTheKeyOfWhatThePreviousProgramLeftOpen) {
  const TestFolder folder;
  House house(folder.data());
  const Parts lost(wall_now() - 10 * kDay);
  lost.begin(house);
  ASSERT_TRUE(house.ledger->rotate().value());
  Batch batch;
  std::string line;
  append_change(line, wall_now(), "started", "gate");
  batch.add(line);
  ASSERT_TRUE(house.ledger->append(batch));
  ASSERT_TRUE(house.keeper->retain(OldHouse::days(8), false, "uid:0"));
  EXPECT_FALSE(house.has_key(lost.record.id));
}

// A disk without room for one more record in the segment that is written to.
TEST(FullDisk, KeepsNeitherALateErasureNorARemovalThatWasCutOffBack) {
  const TestFolder folder, copy;
  OldHouse house(folder.data());
  std::filesystem::create_directories(copy.data());
  std::filesystem::copy(house.log(0), copy.other("log"));
  ASSERT_TRUE(house.keeper->retain(OldHouse::days(9) + 1000, false, "uid:0"));
  std::filesystem::copy(copy.other("log"), house.log(0));  // as if it had not come to that
  Book hers("sub_a"), broken("sub_b", true), mended("sub_b");
  house.exchange("sub_a");
  ASSERT_TRUE(house.keeper->erase_subject("sub_a", "uid:0", hers));
  const auto late = house.exchange("sub_a"), other = house.exchange("sub_c");
  ASSERT_FALSE(house.keeper->erase_subject("sub_b", "uid:0", broken));
  const auto records = house.ledger->size();
  {
    const Room room;
    room.limit(slurp(folder.ledger(numbered_name(24, ".log"))).size());
    Batch batch;
    batch.add(record_line(1));
    ASSERT_EQ(house.ledger->append(batch).error().code, Code::unavailable);
    house.keeper->start(&mended);
    for (int i = 0; i < 500 && (house.has_key(late) || house.stands(0)); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    house.keeper->stop();
    EXPECT_FALSE(house.has_key(late));
    EXPECT_TRUE(house.has_key(other));
    EXPECT_FALSE(house.stands(0));
    EXPECT_EQ(house.ledger->size(), records) << "there was room for a record after all";
  }
  EXPECT_EQ(mended.forgotten.size(), 1U) << "the erasure that was cut off was tried";
  house.keeper = *Keeper::open(folder.data(), *house.ledger, {});
  ASSERT_TRUE(house.keeper->finish(mended)) << "and is done once there is room";
  EXPECT_NE(house.of_kind("erasure").back().find(R"("state":"done","subject":"sub_b")"), std::string::npos);
  ASSERT_TRUE(house.ledger->checkpoint_now());
  expect_sound(folder.data());
}

TEST(FullDisk, ARemovalThatIsRefusedLeavesEverythingInPlace) {
  const TestFolder folder;
  OldHouse house(folder.data());
  {
    const Room room;
    room.limit(slurp(folder.ledger(numbered_name(24, ".log"))).size());
    const auto refused = house.keeper->retain(OldHouse::days(1), false, "uid:0");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::unavailable);
  }
  for (const std::uint64_t first : {0U, 8U, 16U}) EXPECT_TRUE(house.stands(first));
  for (const auto& id : house.ids) EXPECT_TRUE(house.has_key(id));
  EXPECT_TRUE(append_records(*house.ledger, 0, 1)) << "the room that was set aside is nobody's any more";
  ASSERT_TRUE(house.keeper->retain(OldHouse::days(1), false, "uid:0"));
  EXPECT_FALSE(house.stands(0));
  ASSERT_TRUE(house.ledger->checkpoint_now());
  expect_sound(folder.data());
}

}  // namespace
}  // namespace ostiary::ledger
