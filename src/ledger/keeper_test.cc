#include "ledger/keeper.h"

#include <gtest/gtest.h>
#include <thread>

#include "ledger/impl/keeper_support.h"
#include "ledger/impl/keeping.h"

namespace ostiary::ledger {
namespace {

using namespace testing;

TEST(Erasure, OfASubjectTakesTheNameAndTheKeysOfAllItsExchangesAndNothingElse) {
  const TestFolder folder;
  auto options = quiet_options();
  options.segment_bytes = 3000;
  {
    House house(folder.data(), options);
    Book book("sub_a");
    std::vector<Id> hers, others;
    for (int n = 0; n < 20; ++n) {
      hers.push_back(house.exchange("sub_a"));
      others.push_back(house.exchange("sub_ab"));
    }
    const auto root = house.ledger->root();
    const auto erased = house.keeper->erase_subject("sub_a", "uid:1000", book);
    ASSERT_TRUE(erased) << erased.error().text();
    EXPECT_EQ(erased->keys, 20U);
    EXPECT_EQ(book.forgotten, std::vector<std::string>{"sub_a"});
    for (const auto& id : hers) EXPECT_EQ(digest_key(folder.data(), id).error().code, Code::not_found);
    for (const auto& id : others) EXPECT_TRUE(house.has_key(id));
    const auto records = house.of_kind("erasure");
    ASSERT_EQ(records.size(), 2U);
    EXPECT_NE(records[0].find(R"("state":"begun","subject":"sub_a")"), std::string::npos);
    EXPECT_NE(records[1].find(R"("by":"uid:1000")"), std::string::npos);
    EXPECT_NE(records[1].find(R"("keys":20,"kind":"erasure","records":81,"state":"done","subject":"sub_a")"),
              std::string::npos);
    EXPECT_NE(house.ledger->root(), root);
  }
  expect_sound(folder.data());
}

TEST(Erasure, OfOneExchangeLeavesTheOthers) {
  const TestFolder folder;
  House house(folder.data());
  const auto gone = house.exchange("sub_a"), stays = house.exchange("sub_a");
  ASSERT_TRUE(house.keeper->erase_exchange(gone, "uid:0"));
  EXPECT_FALSE(house.has_key(gone));
  EXPECT_TRUE(house.has_key(stays));
  EXPECT_EQ(house.keeper->erase_exchange(gone, "uid:0").error().code, Code::not_found);
  EXPECT_EQ(house.keeper->erase_exchange(Id::make(), "uid:0").error().code, Code::not_found);
  EXPECT_EQ(house.of_kind("erasure").size(), 2U) << "what is refused is not recorded";
  expect_sound(folder.data());
}

TEST(Erasure, OfSomebodyUnknownIsRefused) {
  const TestFolder folder;
  House house(folder.data());
  Book book;
  house.exchange("sub_a");
  EXPECT_EQ(house.keeper->erase_subject("sub_b", "uid:0", book).error().code, Code::not_found);
  EXPECT_TRUE(book.forgotten.empty());
  EXPECT_TRUE(house.keeper->erase_subject("sub_a", "uid:0", book)) << "the ledger knows it, if no name does";
}

TEST(Erasure, ThatWasCutOffIsFinishedAtTheNextStart) {
  const TestFolder folder;
  Id id;
  {
    House house(folder.data());
    id = house.exchange("sub_a");
    Book book("sub_a", true);
    EXPECT_EQ(house.keeper->erase_subject("sub_a", "uid:0", book).error().code, Code::io);
    EXPECT_TRUE(house.has_key(id));
  }
  for (const bool without_file : {true, false}) {
    if (without_file) std::filesystem::remove(folder.ledger("keeping"));
    House house(folder.data());
    Book book("sub_a");
    ASSERT_TRUE(house.keeper->finish(book));
    EXPECT_EQ(book.forgotten.size(), without_file ? 1U : 0U) << "once";
    EXPECT_FALSE(house.has_key(id));
    EXPECT_EQ(house.of_kind("erasure").size(), 2U);
  }
  expect_sound(folder.data());
}

TEST(Erasure, TakesWhatWasUnderWayAndCameLater) {
  const TestFolder folder;
  House house(folder.data());
  Book book("sub_a");
  house.exchange("sub_a");
  ASSERT_TRUE(house.keeper->erase_subject("sub_a", "uid:0", book));
  const auto late = house.exchange("sub_a"), other = house.exchange("sub_b");
  ASSERT_TRUE(house.has_key(late));
  house.keeper->start();
  for (int i = 0; i < 200 && house.has_key(late); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(house.has_key(late));
  EXPECT_TRUE(house.has_key(other));
}

TEST(Retention, TakesOldSegmentsWithTheirKeysAndLeavesEveryProofValid) {
  const TestFolder folder;
  Digest root{};
  std::uint64_t size = 0;
  {
    OldHouse house(folder.data());
    const auto shown = house.keeper->retain(OldHouse::days(8) + 1000, true, "uid:0");
    ASSERT_TRUE(shown && shown->segments.size() == 2) << "the third is younger";
    EXPECT_TRUE(house.stands(0)) << "it was only shown";
    const auto gone = house.keeper->retain(OldHouse::days(8) + 1000, false, "uid:0");
    ASSERT_TRUE(gone) << gone.error().text();
    EXPECT_FALSE(house.stands(0) || house.stands(8));
    EXPECT_TRUE(house.stands(16) && house.stands(24));
    for (std::size_t i = 0; i < house.ids.size(); ++i) EXPECT_EQ(house.has_key(house.ids[i]), i >= 8) << i;
    const auto records = house.of_kind("retention");
    ASSERT_EQ(records.size(), 1U);
    EXPECT_NE(records[0].find(R"("records":16,"removed":[{"end":16,"first":0}])"), std::string::npos)
        << records[0];
    EXPECT_TRUE(house.keeper->retain(OldHouse::days(8) + 1000, false, "uid:0")->segments.empty()) << "once";
    root = house.ledger->root();
    size = house.ledger->size();
  }
  expect_sound(folder.data());
  EXPECT_EQ(verify(folder.data())->removed, 16U);
  EXPECT_EQ(verify(folder.data())->records, size);
  EXPECT_EQ(tail(folder.data(), 100)->size(), size - 16);
  for (const auto* file : {"resume", "keeping"}) {
    std::filesystem::remove(folder.ledger(file));  // what may be lost is made again
    const auto ledger = Ledger::open(folder.data(), quiet_options());
    ASSERT_TRUE(ledger) << ledger.error().text();
    EXPECT_EQ((*ledger)->root(), root);
  }
}

TEST(Retention, ATheftIsNoRetention) {
  const TestFolder folder;
  {
    OldHouse house(folder.data());
    ASSERT_TRUE(house.keeper->retain(OldHouse::days(9) + 1000, false, "uid:0"));
    ASSERT_FALSE(house.stands(0));
    ASSERT_TRUE(house.stands(8));
  }
  std::filesystem::remove(folder.ledger(numbered_name(8, ".log")));
  const auto report = verify(folder.data());
  ASSERT_TRUE(report && !report->ok);
  EXPECT_EQ(report->problems[0].what, "segment-missing");
  EXPECT_EQ(report->problems[0].index, 8U);
  EXPECT_EQ(Ledger::open(folder.data(), quiet_options()).error().code, Code::corrupt);
}

TEST(Retention, ALeafHashOfARemovedSegmentCannotBeChanged) {
  const TestFolder folder;
  {
    OldHouse house(folder.data());
    ASSERT_TRUE(house.keeper->retain(OldHouse::days(8), false, "uid:0"));
  }
  const auto path = folder.ledger(numbered_name(8, ".leaf"));
  auto leaves = slurp(path);
  leaves[60] = static_cast<char>(leaves[60] ^ 1);
  spill(path, leaves);
  const auto report = verify(folder.data());
  ASSERT_TRUE(report && !report->ok);
  EXPECT_EQ(report->problems[0].what, "root-mismatch");
}

TEST(Retention, ThatWasCutOffIsFinishedAtTheNextStart) {
  const TestFolder folder, copy;
  std::vector<Id> ids;
  {
    OldHouse house(folder.data());
    ids = house.ids;
    std::filesystem::create_directories(copy.data());
    std::filesystem::copy(house.log(0), copy.other("log"));
    ASSERT_TRUE(house.keeper->retain(OldHouse::days(9) + 1000, false, "uid:0"));
    std::filesystem::copy(copy.other("log"), house.log(0));  // as if it had not come to that
  }
  expect_sound(folder.data());
  House house(folder.data());
  Book book;
  ASSERT_TRUE(house.keeper->finish(book));
  EXPECT_FALSE(std::filesystem::exists(folder.ledger(kFirstLog)));
  EXPECT_EQ(house.of_kind("retention").size(), 1U);
  expect_sound(folder.data());
}

TEST(Retention, RunsByItselfAndClosesSegmentsForTheirAge) {
  const TestFolder folder;
  KeeperOptions keeping;
  keeping.retention_ms = 1000;
  keeping.segment_age_ms = 1000;
  House house(folder.data(), quiet_options(), keeping);
  const auto old = house.exchange("sub_a", "t", wall_now() - kDay);
  house.keeper->start();
  for (int i = 0; i < 500 && house.has_key(old); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(house.has_key(old));
  house.keeper->stop();
  EXPECT_EQ(house.of_kind("retention").size(), 1U);
  ASSERT_TRUE(house.ledger->checkpoint_now());
  expect_sound(folder.data());
}

TEST(Hold, WhatItCoversIsNeitherErasedNorRemoved) {
  const TestFolder folder;
  OldHouse house(folder.data());
  Book book;
  HoldRequest request;
  request.subject = "sub_9";
  request.reason = "case 17";
  const auto hold = house.keeper->set_hold(request);
  ASSERT_TRUE(hold) << hold.error().text();
  const auto refused = house.keeper->erase_subject("sub_9", "uid:0", book);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::denied);
  EXPECT_NE(refused.error().message.find(hold->id.text()), std::string::npos);
  EXPECT_NE(refused.error().message.find("case 17"), std::string::npos);
  EXPECT_EQ(house.keeper->erase_exchange(house.ids[4], "uid:0").error().code, Code::denied);
  EXPECT_TRUE(house.keeper->erase_exchange(house.ids[0], "uid:0"));
  const auto report = house.keeper->retain(OldHouse::days(1), false, "uid:0");
  ASSERT_TRUE(report && report->segments.size() == 3);
  EXPECT_EQ(report->segments[1].held_by, hold->id);
  EXPECT_TRUE(house.stands(8)) << "its exchanges are held";
  EXPECT_FALSE(house.stands(0) || house.stands(16));
  EXPECT_TRUE(house.has_key(house.ids[4]));
  ASSERT_TRUE(house.ledger->checkpoint_now());
  expect_sound(folder.data());
  ASSERT_TRUE(house.keeper->release_hold(hold->id, "uid:0"));
  EXPECT_TRUE(house.keeper->holds().empty());
  EXPECT_TRUE(house.keeper->erase_subject("sub_9", "uid:0", book));
  ASSERT_TRUE(house.keeper->retain(OldHouse::days(1), false, "uid:0"));
  EXPECT_FALSE(house.stands(8));
  expect_sound(folder.data());
}

TEST(Hold, SetAfterARemovalWasCutOffKeepsTheFiles) {
  const TestFolder folder, copy;
  {
    OldHouse house(folder.data());
    std::filesystem::create_directories(copy.data());
    std::filesystem::copy(house.log(0), copy.other("log"));
    ASSERT_TRUE(house.keeper->retain(OldHouse::days(9) + 1000, false, "uid:0"));
    std::filesystem::copy(copy.other("log"), house.log(0));
    HoldRequest request;
    request.subject = "sub_10";
    request.reason = "audit";
    ASSERT_TRUE(house.keeper->set_hold(request));
  }
  House house(folder.data());
  Book book;
  ASSERT_TRUE(house.keeper->finish(book));
  EXPECT_TRUE(std::filesystem::exists(folder.ledger(kFirstLog)));
  expect_sound(folder.data());
  ASSERT_TRUE(house.keeper->release_hold(house.keeper->holds()[0].id, "uid:0"));
  ASSERT_TRUE(house.keeper->finish(book));
  EXPECT_FALSE(std::filesystem::exists(folder.ledger(kFirstLog)));
}

TEST(Hold, SetAfterAnErasureWasCutOffStopsIt) {
  const TestFolder folder;
  House house(folder.data());
  const auto id = house.exchange("sub_a", "search");
  Book broken("sub_a", true), book("sub_a");
  ASSERT_FALSE(house.keeper->erase_subject("sub_a", "uid:0", broken));
  HoldRequest request;
  request.team = "search";
  request.reason = "audit";
  ASSERT_TRUE(house.keeper->set_hold(request));
  ASSERT_TRUE(house.keeper->finish(book));
  EXPECT_TRUE(house.has_key(id) && book.forgotten.empty());
  ASSERT_TRUE(house.keeper->release_hold(house.keeper->holds()[0].id, "uid:0"));
  house.keeper->start(&book);
  for (int i = 0; i < 500 && house.has_key(id); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(house.has_key(id)) << "the sweep tries it again";
}

TEST(Hold, CountsAlsoWhereItCannotBeSigned) {
  const TestFolder folder;
  House house(folder.data());
  house.exchange("sub_a");
  std::filesystem::rename(folder.ledger("checkpoint"), folder.other("checkpoint"));
  std::filesystem::create_directories(folder.ledger("checkpoint") + "/in-the-way");
  HoldRequest request;
  request.subject = "sub_a";
  request.reason = "audit";
  EXPECT_FALSE(house.keeper->set_hold(request));
  EXPECT_EQ(house.keeper->holds().size(), 1U);
  std::filesystem::remove_all(folder.ledger("checkpoint"));
  std::filesystem::rename(folder.other("checkpoint"), folder.ledger("checkpoint"));
}

TEST(Retention, WaitsForSomebodyWhereTheClockIsFarBeyondTheLastRecord) {
  const TestFolder folder;
  {
    House house(folder.data());
    house.exchange("sub_a", "t", wall_now() - 10 * kDay);
    ASSERT_TRUE(house.ledger->rotate());
    house.exchange("sub_b", "t", wall_now() - 9 * kDay);
  }
  KeeperOptions keeping;
  keeping.retention_ms = OldHouse::days(1);
  keeping.segment_age_ms = 1000;
  House house(folder.data(), quiet_options(), keeping);
  house.keeper->start();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(std::filesystem::exists(folder.ledger(kFirstLog)));
  ASSERT_TRUE(house.keeper->retain({}, false, "uid:0"));
  EXPECT_FALSE(std::filesystem::exists(folder.ledger(kFirstLog)));
}

TEST(Hold, OfATeamOrOfDatesCoversWhatMatchesAll) {
  const TestFolder folder;
  House house(folder.data());
  const auto early = house.exchange("sub_a", "search", kStart),
             later = house.exchange("sub_a", "search", kStart + kDay),
             other = house.exchange("sub_b", "ads", kStart);
  HoldRequest request;
  request.team = "search";
  request.to = kStart;
  request.reason = "audit";
  ASSERT_TRUE(house.keeper->set_hold(request));
  EXPECT_FALSE(house.keeper->erase_exchange(early, ""));
  EXPECT_TRUE(house.keeper->erase_exchange(later, ""));
  EXPECT_TRUE(house.keeper->erase_exchange(other, ""));
  Book book("sub_a");
  EXPECT_EQ(house.keeper->erase_subject("sub_a", "", book).error().code, Code::denied);
  EXPECT_TRUE(book.forgotten.empty()) << "the name stays with what is held";
}

TEST(Hold, StandsAfterARestartAlsoWithoutItsFile) {
  const TestFolder folder;
  Id id;
  {
    House house(folder.data());
    HoldRequest request;
    request.from = kStart;
    request.reason = "audit";
    id = house.keeper->set_hold(request)->id;
  }
  for (const bool without_file : {false, true}) {
    if (without_file) std::filesystem::remove(folder.ledger("keeping"));
    House house(folder.data());
    const auto holds = house.keeper->holds();
    ASSERT_EQ(holds.size(), 1U);
    EXPECT_EQ(holds[0].id, id);
    EXPECT_EQ(holds[0].from, kStart);
    EXPECT_EQ(holds[0].reason, "audit");
  }
}

TEST(Hold, OfNothingIsRefused) {
  const TestFolder folder;
  House house(folder.data());
  HoldRequest request;
  request.reason = "why";
  EXPECT_EQ(house.keeper->set_hold(request).error().code, Code::invalid);
  request.from = 2;
  request.to = 1;
  EXPECT_EQ(house.keeper->set_hold(request).error().code, Code::invalid);
  request.to = 2;
  request.reason = "";
  EXPECT_EQ(house.keeper->set_hold(request).error().code, Code::invalid);
  EXPECT_EQ(house.keeper->release_hold(Id::make(), "").error().code, Code::not_found);
  EXPECT_EQ(house.ledger->size(), 0U);
}

TEST(Keeping, AFileThatIsNotOfThisLedgerIsPassedOver) {
  const TestFolder folder, other;
  for (const auto* at : {&folder, &other}) {
    House house(at->data());
    Book book("sub_a", true);
    EXPECT_FALSE(house.keeper->erase_subject("sub_a", "uid:0", book));
  }
  const auto path = folder.ledger("keeping");
  const auto wanted = load_keeping(folder.data() + "/ledger")->pending().at(0).id;
  const auto good = slurp(path);
  for (const auto& bad : {slurp(other.ledger("keeping")), good.substr(0, good.size() / 2), std::string(),
                          std::string("ostiary-keeping 2 all\n")}) {
    spill(path, bad);
    const auto loaded = load_keeping(folder.data() + "/ledger");
    ASSERT_TRUE(loaded && loaded->pending().size() == 1);
    EXPECT_EQ(loaded->pending()[0].id, wanted);
  }
}

}  // namespace
}  // namespace ostiary::ledger
