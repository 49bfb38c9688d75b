#include "console/impl/keys.h"
#include "console/impl/test_house.h"
#include "ledger/proof.h"

namespace ostiary::console {
namespace {

class LedgerTest : public testing::TestHouse {
 protected:
  LedgerTest() {
    EXPECT_TRUE(publish_keys(*backing_));
    for (int i = 0; i < 3; ++i) ask_here("POST", "/api/v1/keys", R"({"team":"blue","user":"ada"})");
    EXPECT_TRUE(ledger_->checkpoint_now());
  }
};

TEST_F(LedgerTest, ItIsShownWithWhatOneKeepsElsewhere) {
  const auto shown = ask_here("GET", "/api/v1/ledger");
  EXPECT_EQ(shown.at({"size"}), "3");
  EXPECT_EQ(shown.at({"lag"}), "3");
  EXPECT_EQ(shown.at({"verifier_key"}), ledger_->verifier_key());
  EXPECT_NE(shown.at({"checkpoint"}).find("\n3\n" + shown.at({"root"}) + "\n"), std::string::npos);
}

TEST_F(LedgerTest, ItsTailIsTheNewestRecords) {
  const auto two = ask_here("GET", "/api/v1/ledger/tail?n=2");
  const auto document = json::Document::parse(two.body);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root()["records"].size(), 2u);
  EXPECT_EQ(document->root()["records"].at(1).raw(), newest_record());
  EXPECT_EQ(ask_here("GET", "/api/v1/ledger/tail?n=1001").status, 400);
}

TEST_F(LedgerTest, ItIsVerifiedOnRequest) {
  const auto good = ask_here("POST", "/api/v1/ledger/verify");
  EXPECT_EQ(good.at({"ok"}), "true") << good.body;
  EXPECT_EQ(good.at({"covered"}), "3");
  EXPECT_EQ(ask_as(key_with({"use", "team:blue"}), "POST", "/api/v1/ledger/verify").status, 403);
}

TEST_F(LedgerTest, AProofHoldsByItself) {
  const auto proof = ledger::parse_proof(ask_here("GET", "/api/v1/ledger/prove?index=1").body);
  ASSERT_TRUE(proof) << proof.error().text();
  EXPECT_TRUE(ledger::check_proof(*proof, ledger_->verifier_key()));
  EXPECT_EQ(ask_here("GET", "/api/v1/ledger/prove?index=99").status, 404);
  EXPECT_EQ(ask_here("GET", "/api/v1/ledger/prove?id=" + Id::make().text()).status, 404);
  EXPECT_EQ(ask_here("GET", "/api/v1/ledger/prove").status, 404);
}

TEST_F(LedgerTest, CheckpointsArePagedFromTheNewestOn) {
  std::vector<std::uint64_t> sizes;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(ask_here("PUT", "/api/v1/teams/blue/limits", "{}").status == 200);
    ASSERT_TRUE(ledger_->checkpoint_now());
    sizes.push_back(ledger_->size());
  }
  std::vector<std::uint64_t> seen;
  std::string path = "/api/v1/ledger/checkpoints?limit=7";
  for (int pages = 0; pages < 20; ++pages) {
    const auto page = ask_here("GET", path);
    ASSERT_EQ(page.status, 200) << page.body;
    const auto document = json::Document::parse(page.body);
    for (const auto one : document->root()["checkpoints"]) {
      seen.push_back(static_cast<std::uint64_t>(*one["size"].as_number()));
      EXPECT_NE(one["note"].string_or("").find("\n" + one["root"].string_or("?") + "\n"), std::string::npos);
    }
    if (page.at({"next"}) == "null") break;
    path = "/api/v1/ledger/checkpoints?limit=7&before=" + page.at({"next"});
  }
  ASSERT_GE(seen.size(), sizes.size());
  EXPECT_TRUE(std::equal(sizes.rbegin(), sizes.rend(), seen.begin()));
  EXPECT_TRUE(std::ranges::is_sorted(seen, std::greater<>()));
  EXPECT_EQ(ask_here("GET", "/api/v1/ledger/checkpoints?before=0").at({"checkpoints"}), "[]");
}

}  // namespace
}  // namespace ostiary::console
