#include "store/uses.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

#include "base/testing.h"
#include "store/store.h"

namespace ostiary::store {
namespace {

using ::testing::ElementsAre;

class UsesTest : public ::testing::Test {
 protected:
  UsesTest() { EXPECT_TRUE(store_); }
  static StoredUse use(std::string id, std::uint64_t revision = 1, std::string owner = "ada") {
    return {.id = std::move(id),
            .revision = revision,
            .owner = std::move(owner),
            .details = R"({"tool":"whisper"})",
            .created = 1000,
            .changed = 2000};
  }
  Result<> write(const StoredUse& one) { return uses_->write({&one, 1}, {}); }

  testing::TempFolder folder_;
  std::string path_ = folder_ / "store.sqlite";
  std::unique_ptr<Store> store_ = open_sqlite(path_).value();
  std::unique_ptr<Uses> uses_ = open_uses(path_);
};

TEST_F(UsesTest, AreReadAsTheyWereWrittenInTheOrderOfTheirIds) {
  const std::vector<StoredUse> both = {use("b"), use("a")};
  ASSERT_TRUE(uses_->write(both, {}));
  EXPECT_THAT(uses_->all().value(), ElementsAre(use("a"), use("b")));
  EXPECT_EQ(uses_->find("b").value(), use("b"));
  EXPECT_EQ(uses_->find("c").error().code, Code::not_found);
}

TEST_F(UsesTest, AChangeOfARevisionThatIsNotThereAnyMoreIsRefusedAndChangesNothing) {
  ASSERT_TRUE(write(use("a")));
  ASSERT_TRUE(write(use("a", 2, "bob")));
  EXPECT_EQ(write(use("a", 2, "eve")).error().code, Code::exists);
  EXPECT_EQ(write(use("z", 2)).error().code, Code::not_found);
  const std::vector<StoredUse> both = {use("new"), use("a", 7)};
  EXPECT_EQ(uses_->write(both, {}).error().code, Code::exists);
  EXPECT_EQ(uses_->find("new").error().code, Code::not_found) << "all or none";
  EXPECT_EQ(uses_->find("a")->owner, "bob");
  EXPECT_EQ(uses_->find("a")->created, 1000);
}

TEST_F(UsesTest, WhatIsNotConfirmedIsNotDone) {
  const auto no = [] { return Result<>(fail(Code::io, "the ledger is full")); };
  const auto one = use("a");
  EXPECT_EQ(uses_->write({&one, 1}, no).error().code, Code::io);
  EXPECT_EQ(uses_->find("a").error().code, Code::not_found);
  ASSERT_TRUE(write(one));
  EXPECT_EQ(uses_->remove("a", 1, no).error().code, Code::io);
  EXPECT_TRUE(uses_->find("a"));
  EXPECT_EQ(uses_->remove("a", 2, {}).error().code, Code::exists);
  EXPECT_TRUE(uses_->remove("a", 1, {}));
  EXPECT_EQ(uses_->remove("a", 1, {}).error().code, Code::not_found);
}

TEST_F(UsesTest, TheColumnsOfATableAreRememberedByItsHeading) {
  EXPECT_EQ(uses_->mapping("00ff").value(), std::nullopt);
  ASSERT_TRUE(uses_->remember_mapping("00ff", "{}", 1));
  ASSERT_TRUE(uses_->remember_mapping("00ff", R"({"Who":"owner"})", 2));
  EXPECT_EQ(uses_->mapping("00ff").value(), R"({"Who":"owner"})");
}

TEST_F(UsesTest, AnErasedPersonOwnsNothingAndStandsInNoFile) {
  const std::string name = "ada.lovelace.of.the.mill";
  const auto subject = store_->subject_of(name).value();
  ASSERT_TRUE(write(use("a", 1, name)));
  ASSERT_TRUE(write(use("b", 1, "legal")));
  uses_.reset();
  ASSERT_TRUE(store_->erase_subject(subject, 5000));
  uses_ = open_uses(path_);
  EXPECT_EQ(uses_->find("a")->owner, "");
  EXPECT_EQ(uses_->find("a")->revision, 2U) << "it was changed";
  EXPECT_EQ(uses_->find("b")->owner, "legal");
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(bytes.find(name), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace ostiary::store
