#include "gateway/key_ring.h"

#include <chrono>
#include <gtest/gtest.h>
#include <thread>

namespace ostiary::gateway {
namespace {

class Keys : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::open_sqlite(":memory:");
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = std::move(*opened);
  }
  store::NewKey make(std::string_view user) {
    auto made = store_->create_key("team", user, 1'700'000'000'000);
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  void publish() { ring_.replace(*store_->keys()); }

  std::unique_ptr<store::Store> store_;
  Limiter limiter_;
  KeyRing ring_{limiter_};
  KeyReader reader_{ring_};
  std::shared_ptr<const KeyRing::Snapshot> hold_;
};

TEST_F(Keys, AKeyOpensAsSoonAsItIsPublished) {
  const auto key = make("ada");
  EXPECT_EQ(reader_.find(key.text.reveal(), hold_), nullptr);
  publish();
  const auto* entry = reader_.find(key.text.reveal(), hold_);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->id, key.entry.id);
  EXPECT_EQ(entry->team, "team");
}

TEST_F(Keys, ARevokedKeyOpensNothing) {
  const auto key = make("ada"), other = make("bob");
  publish();
  ASSERT_NE(reader_.find(key.text.reveal(), hold_), nullptr);
  ASSERT_TRUE(store_->revoke_key(key.entry.id, 1'700'000'000'001));
  publish();
  EXPECT_EQ(reader_.find(key.text.reveal(), hold_), nullptr);
  EXPECT_NE(reader_.find(other.text.reveal(), hold_), nullptr);
}

TEST_F(Keys, OnlyTheWholeKeyOpens) {
  const auto key = make("ada"), other = make("bob");
  publish();
  const std::string text(key.text.reveal()), another(other.text.reveal());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_EQ(reader_.find(changed, hold_), nullptr) << "byte " << i;
    EXPECT_EQ(reader_.find(text.substr(0, i), hold_), nullptr);
  }
  EXPECT_EQ(reader_.find(text + "a", hold_), nullptr);
  // A well-formed key that names another key's id: its CRC is right for nobody.
  EXPECT_EQ(reader_.find(text.substr(0, 12) + another.substr(12), hold_), nullptr);
}

TEST_F(Keys, AnEntryInUseOutlivesTheRingThatItCameFrom) {
  const auto key = make("ada");
  publish();
  const auto* entry = reader_.find(key.text.reveal(), hold_);
  ASSERT_NE(entry, nullptr);
  ring_.replace({});
  std::shared_ptr<const KeyRing::Snapshot> later;
  EXPECT_EQ(reader_.find(key.text.reveal(), later), nullptr);
  EXPECT_EQ(entry->id, key.entry.id);  // address sanitizer would tell
}

TEST_F(Keys, ARenewedKeyCountsInTheAccountOfItsLine) {
  const auto first = make("ada"), other = make("bob");
  publish();
  const auto* account = reader_.find(first.text.reveal(), hold_)->account;
  const auto second = store_->renew_key(first.entry.id, wall_now() + 60'000, wall_now(), {});
  ASSERT_TRUE(second);
  publish();
  EXPECT_EQ(reader_.find(second->made.text.reveal(), hold_)->account, account);
  EXPECT_EQ(reader_.find(first.text.reveal(), hold_)->account, account);
  EXPECT_NE(reader_.find(other.text.reveal(), hold_)->account, account);
  Limiter anew;  // as after a restart
  KeyRing ring(anew);
  ring.replace(*store_->keys());
  EXPECT_EQ(ring.snapshot()->at(second->made.entry.id).account, ring.snapshot()->at(first.entry.id).account);
}

TEST_F(Keys, AKeyOpensNothingFromItsEndOnAlsoWhereItWasUsedJustNow) {
  store::KeyWish wish;
  wish.team = "team";
  wish.user = "ada";
  wish.expires = wall_now() + 150;
  const auto key = store_->create_key(wish, 1);
  publish();
  EXPECT_NE(reader_.find(key->text.reveal(), hold_), nullptr);
  for (int i = 0; i < 100 && wall_now() < *wish.expires; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(reader_.find(key->text.reveal(), hold_), nullptr);
}

}  // namespace
}  // namespace ostiary::gateway
