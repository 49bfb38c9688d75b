#include "inventory/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "store/store.h"

namespace ostiary::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr WallMs kNow = 1'764'000'000'000;

class InventoryTest : public ::testing::Test {
 protected:
  Result<> record(std::span<const Change> changes) {
    if (!trouble_.empty()) return fail(Code::io, trouble_);
    for (const auto& one : changes)
      records_.push_back(std::string(one.action) + " " + std::to_string(one.revision) + " " +
                         std::string(one.from));
    return {};
  }
  Inventory::Record recorder() {
    return [this](std::span<const Change> changes) { return record(changes); };
  }
  Use added(Edit edit) {
    auto use = inventory_.add(edit, kNow, recorder());
    EXPECT_TRUE(use) << use.error().text();
    return use ? *use : Use{};
  }
  static Table table() {
    return {
        .header = {"Tool", "Vendor", "Who"},
        .rows = {
            {2, {"ChatGPT", "OpenAI", "ada"}}, {3, {"Claude", "Anthropic", "bob"}}, {4, {"", "", "nobody"}}}};
  }

  ostiary::testing::TempFolder folder_;
  std::unique_ptr<store::Store> store_ = store::open_sqlite(folder_ / "store.sqlite").value();
  std::unique_ptr<store::Uses> uses_ = store::open_uses(folder_ / "store.sqlite");
  Inventory inventory_{*uses_};
  std::vector<std::string> records_;
  std::string trouble_;
};

TEST_F(InventoryTest, AUseIsAddedChangedAndRemovedAndEachIsARecord) {
  const auto use = added({{F::tool, {"Bot"}}, {F::owner, {"ada"}}});
  EXPECT_EQ(inventory_.find(use.id)->operator[](F::owner), "ada");
  const auto changed = inventory_.edit(use.id, {{F::team, {"blue"}}}, 1, kNow + 1, recorder());
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->revision, 2U);
  EXPECT_EQ((*inventory_.find(use.id))[F::tool], "Bot");
  EXPECT_TRUE(inventory_.edit(use.id, {{F::team, {"blue"}}}, 2, kNow + 2, recorder()))
      << "the same once more";
  EXPECT_EQ(inventory_.edit(use.id, {{F::team, {"red"}}}, 1, kNow, recorder()).error().code, Code::exists);
  EXPECT_EQ(inventory_.remove(use.id, 1, recorder()).error().code, Code::exists);
  EXPECT_TRUE(inventory_.remove(use.id, std::nullopt, recorder()));
  EXPECT_EQ(inventory_.find(use.id).error().code, Code::not_found);
  EXPECT_THAT(records_, ElementsAre("use-added 1 stated", "use-changed 2 stated", "use-removed 2 stated"));
  EXPECT_EQ(inventory_.add({}, kNow, recorder()).error().code, Code::exists) << "it says nothing";
}

TEST_F(InventoryTest, WhatCannotBeRecordedIsNotDone) {
  const auto use = added({{F::tool, {"Bot"}}});
  trouble_ = "the disk is full";
  EXPECT_FALSE(inventory_.add({{F::tool, {"Other"}}}, kNow, recorder()));
  EXPECT_FALSE(inventory_.edit(use.id, {{F::team, {"red"}}}, {}, kNow, recorder()));
  EXPECT_FALSE(inventory_.remove(use.id, {}, recorder()));
  EXPECT_FALSE(inventory_.import(table(), {}, false, kNow, recorder()));
  EXPECT_EQ(inventory_.all()->size(), 1U);
  EXPECT_FALSE(inventory_.all()->front().known(F::team));
}

TEST_F(InventoryTest, IsListedByWhatIsAskedForInPages) {
  added({{F::tool, {"Bot"}}, {F::provider, {"OpenAI"}}, {F::model, {"gpt-4o"}}});
  const auto second = added({{F::tool, {"Notes"}}, {F::team, {"Blue"}}});
  EXPECT_EQ(inventory_.list({.provider = "openai"})->size(), 1U);
  EXPECT_EQ(inventory_.list({.team = "blue"})->front().id, second.id);
  EXPECT_EQ(inventory_.list({.status = "unknown"})->size(), 2U);
  EXPECT_EQ(inventory_.list({.model = "GPT-*"})->size(), 1U);
  const auto first = inventory_.list({.most = 1}).value();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_THAT(inventory_.list({.after = first[0].id.text()})->size(), 1U);
}

TEST_F(InventoryTest, TheSameTableTwiceAddsNothingAndItsColumnsAreRemembered) {
  const ColumnWishes wishes{{"Who", F::owner}};
  const auto dry = inventory_.import(table(), wishes, true, kNow, recorder()).value();
  EXPECT_EQ(dry.added, 2U);
  EXPECT_THAT(inventory_.all().value(), IsEmpty());
  const auto first = inventory_.import(table(), wishes, false, kNow, recorder()).value();
  EXPECT_EQ(first.added, 2U);
  ASSERT_EQ(first.partial.size(), 1U);
  EXPECT_EQ(first.partial[0].row, 4U);
  const auto again = inventory_.import(table(), {}, false, kNow + 1, recorder()).value();
  EXPECT_EQ(again.added, 0U);
  EXPECT_EQ(again.same, 2U);
  EXPECT_EQ(again.columns[2].field, F::owner);
  EXPECT_EQ(again.columns[2].how, "remembered");
  EXPECT_EQ(inventory_.all()->size(), 2U);
}

TEST_F(InventoryTest, ARowThatCameInAddsNothingAgainWhateverBecameOfItsUse) {
  ASSERT_TRUE(inventory_.import(table(), {}, false, kNow, recorder()));
  const auto use = inventory_.list({.tool = "ChatGPT"})->at(0);
  ASSERT_TRUE(inventory_.edit(use.id, {{F::tool, {"ChatGPT Enterprise"}}}, {}, kNow, recorder()));
  const auto again = inventory_.import(table(), {}, false, kNow, recorder()).value();
  EXPECT_EQ(again.added, 0U);
  EXPECT_EQ(inventory_.all()->size(), 2U);
}

TEST_F(InventoryTest, ATableFillsWhatIsUnknownAndReplacesNothing) {
  const auto use = added({{F::tool, {"ChatGPT"}}, {F::provider, {"openai"}}, {F::owner, {"legal"}}});
  Table more = table();
  more.header.push_back("Team");
  more.rows = {{2, {"ChatGPT", "OpenAI", "ada", ""}}};
  const auto filled = inventory_.import(more, {{"Who", F::owner}}, false, kNow, recorder()).value();
  EXPECT_EQ(filled.added, 0U);
  ASSERT_EQ(filled.partial.size(), 1U) << "it says another owner";
  EXPECT_EQ((*inventory_.find(use.id))[F::owner], "legal");
  const auto noted = inventory_.import(more, {{"Who", F::incident_contact}}, false, kNow, recorder()).value();
  EXPECT_EQ(noted.filled, 1U);
  EXPECT_EQ((*inventory_.find(use.id))[F::incident_contact], "ada");
}

TEST_F(InventoryTest, WhatWasReconciledStaysAndNothingThatAPersonWroteIsReplaced) {
  const auto use = added(
      {{F::tool, {"Shop"}}, {F::provider, {"openai"}}, {F::repository, {"shop"}}, {F::status, {"trial"}}});
  Evidence evidence;
  Sighting seen;
  seen.kind = "sdk", seen.sdk = "openai", seen.provider = "openai", seen.repository = "shop",
  seen.grade = "called";
  seen.first = seen.last = kNow;
  evidence.add(seen);
  seen.repository = "till";
  evidence.add(seen);
  evidence.scanned = true;
  const Reconciling how{.now = kNow};
  EXPECT_EQ(inventory_.reconcile(evidence, how, false, recorder())->proposed.size(), 1U);
  EXPECT_EQ(inventory_.all()->size(), 1U) << "it was only asked for";
  ASSERT_TRUE(inventory_.reconcile(evidence, how, true, recorder()));
  const auto known = inventory_.find(use.id).value();
  EXPECT_EQ(known[F::status], "trial");
  EXPECT_EQ(known[F::last_seen], day_of(kNow));
  EXPECT_EQ(known.revision, 2U);
  EXPECT_EQ(inventory_.all()->size(), 2U);
  ASSERT_TRUE(inventory_.reconcile(evidence, how, true, recorder()));
  EXPECT_EQ(inventory_.find(use.id)->revision, 2U) << "nothing new was seen";
  EXPECT_THAT(records_,
              ElementsAre("use-added 1 stated", "use-changed 2 reconciled", "use-added 1 reconciled"));
}

TEST_F(InventoryTest, AnErasedOwnerIsUnknownAgain) {
  const auto subject = store_->subject_of("ada").value();
  const auto use = added({{F::tool, {"Bot"}}, {F::owner, {"ada"}}});
  EXPECT_EQ(uses_->find(use.id.text())->details.find("ada"), std::string::npos) << "in its own column alone";
  ASSERT_TRUE(store_->erase_subject(subject, kNow));
  const auto now = inventory_.find(use.id).value();
  EXPECT_FALSE(now.known(F::owner));
  EXPECT_FALSE(now.is_declared(F::owner));
  EXPECT_TRUE(inventory_.edit(use.id, {{F::owner, {"legal"}}}, now.revision, kNow, recorder()));
}

}  // namespace
}  // namespace ostiary::inventory
