#include <sqlite3.h>

#include "console/impl/keys.h"
#include "console/impl/test_house.h"

namespace ostiary::console {
namespace {

class SelfTest : public testing::TestHouse {
 protected:
  SelfTest() { EXPECT_TRUE(publish_keys(*backing_)); }
  // The key with this text, as it comes with a request.
  store::KeyEntry entry(const std::string& text) {
    gateway::KeyReader reader(shared_.keys);
    std::shared_ptr<const gateway::KeyRing::Snapshot> hold;
    const auto* found = reader.find(text, hold);
    EXPECT_NE(found, nullptr);
    return found ? store::KeyEntry(*found) : store::KeyEntry{};
  }
  store::KeyEntry ada_of(const std::string& team) {
    return entry(ask_here("POST", "/api/v1/keys", R"({"team":")" + team + R"(","user":"ada"})").at({"key"}));
  }
  store::KeyEntry renewed(const store::KeyEntry& old, int grace) {
    const auto made = ask_as(old, "POST", "/api/v1/self/keys", "{\"grace\":" + std::to_string(grace) + "}");
    EXPECT_EQ(made.status, 201) << made.body;
    return entry(made.at({"key"}));
  }
  void sql(const char* statements) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((folder_ / "store.sqlite").c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, statements, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  Asked accept(const std::string& invitation, const std::string& user) {
    return ask(request("POST", "/api/v1/self/keys",
                       R"({"invitation":")" + invitation + R"(","user":")" + user + "\"}"));
  }
};

TEST_F(SelfTest, AnInvitationIsAKeyForTheTeamAsOftenAsItSays) {
  const auto made = ask_here("POST", "/api/v1/teams/blue/invitations", R"({"uses":2})");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto text = made.at({"invitation"});
  EXPECT_TRUE(text.starts_with("ost_inv_"));
  const auto key = accept(text, "ada");
  ASSERT_EQ(key.status, 201) << key.body;
  EXPECT_EQ(entry(key.at({"key"})).team, "blue");
  EXPECT_EQ(entry(key.at({"key"})).scopes.words(), std::vector<std::string>{"use"});
  EXPECT_NE(newest_record().find("\"by\":\"nobody\",\"invitation\":\"" + made.at({"id"}) + "\""),
            std::string::npos);
  EXPECT_EQ(accept(text, "bob").status, 201);
  const auto third = accept(text, "eve");
  EXPECT_EQ(third.status, 401);
  const auto list = ask_here("GET", "/api/v1/teams/blue/invitations");
  EXPECT_EQ(list.body.find(text), std::string::npos);
  EXPECT_NE(list.body.find(R"("state":"used")"), std::string::npos);
}

TEST_F(SelfTest, WhoHoldsAnInvitationIsSomebodyNewWhateverNameTheyGive) {
  const auto ada = ask_here("POST", "/api/v1/keys", R"({"team":"blue","user":"ada"})");
  const auto made = ask_here("POST", "/api/v1/teams/blue/invitations", R"({})");
  const auto other = accept(made.at({"invitation"}), "ada");
  ASSERT_EQ(other.status, 201);
  EXPECT_NE(other.at({"subject"}), ada.at({"subject"}));
  EXPECT_EQ(other.at({"user"}), "null");
}

TEST_F(SelfTest, AWithdrawnOrExpiredInvitationIsNoneInTheSameWords) {
  const auto made = ask_here("POST", "/api/v1/teams/blue/invitations", R"({"uses":5})");
  const auto path = "/api/v1/teams/blue/invitations/" + made.at({"id"});
  EXPECT_EQ(ask_here("DELETE", path).at({"state"}), "withdrawn");
  EXPECT_EQ(ask_here("DELETE", path).status, 409);
  EXPECT_EQ(ask_here("DELETE", "/api/v1/teams/red/invitations/" + made.at({"id"})).status, 404);
  const auto late = backing_->invitations.invite("blue", 1, wall_now() - 1, wall_now() - 10);
  ASSERT_TRUE(late);
  const auto withdrawn = accept(made.at({"invitation"}), "x"),
             expired = accept(std::string(late->text.reveal()), "x");
  EXPECT_EQ(withdrawn.status, 401);
  EXPECT_EQ(withdrawn.body, expired.body);
}

TEST_F(SelfTest, OnlyWhoAdministersATeamInvitesToIt) {
  const auto lead = key_with({"team:blue"});
  EXPECT_EQ(ask_as(lead, "POST", "/api/v1/teams/blue/invitations", "{}").status, 201);
  EXPECT_EQ(ask_as(lead, "POST", "/api/v1/teams/red/invitations", "{}").status, 403);
  EXPECT_EQ(ask_as(key_with({"read"}), "POST", "/api/v1/teams/blue/invitations", "{}").status, 403);
}

TEST_F(SelfTest, AKeyIsRenewedAndTheOldOneEndsAfterItsGrace) {
  const auto old =
      entry(ask_here("POST", "/api/v1/keys", R"({"team":"blue","user":"ada","scopes":["use","team:blue"]})")
                .at({"key"}));
  const auto made = ask_as(old, "POST", "/api/v1/self/keys", R"({"grace":60})");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto fresh = entry(made.at({"key"}));
  EXPECT_EQ(fresh.subject, old.subject);
  EXPECT_EQ(fresh.scopes, old.scopes);
  const auto ending = shared_.keys.snapshot()->find(old.id)->second;
  ASSERT_TRUE(ending.expires);
  EXPECT_NEAR(static_cast<double>(*ending.expires), static_cast<double>(wall_now() + 60'000), 5'000);
  EXPECT_EQ(ask(request("POST", "/api/v1/self/keys", "{}")).status, 401);
  EXPECT_EQ(ask_here("POST", "/api/v1/self/keys", "{}").status, 404);
}

TEST_F(SelfTest, ARenewedKeyGoesOnWithWhatItsLineHasUsed) {
  const auto old = ada_of("blue");
  ASSERT_EQ(ask_here("PUT", "/api/v1/keys/" + old.id + "/limits", R"({"tokens_per_minute":100})").status,
            200);
  using Scope = gateway::Account::Scope;
  auto& account = shared_.limiter.account(Scope::key, old.id);
  EXPECT_FALSE(account.reserve({60, 0, 24'000}, mono_now()));
  const auto fresh = renewed(old, 60);
  EXPECT_EQ(fresh.origin, old.id);
  const auto budget = ask_as(fresh, "GET", "/api/v1/self/budget");
  EXPECT_EQ(budget.at({"key", "limits", "tokens_per_minute", "remaining"}), "40") << budget.body;
  EXPECT_EQ(budget.at({"key", "name"}), old.id);
  // Whichever of the line is named, its limits are meant.
  const auto set = ask_here("PUT", "/api/v1/keys/" + fresh.id + "/limits", R"({"tokens_per_minute":70})");
  EXPECT_EQ(set.at({"limits", "tokens_per_minute", "remaining"}), "10") << set.body;
  EXPECT_EQ(account.limit(gateway::Limit::tokens), 70);
  EXPECT_EQ(ask_here("GET", "/api/v1/budgets").body.find(fresh.id), std::string::npos);
}

TEST_F(SelfTest, BothKeysOfARenewalAreRecordedTogether) {
  const auto old = ada_of("blue");
  const auto fresh = renewed(old, 60);
  const auto records = ledger::tail(folder_.path(), 2).value();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_NE(records[0].find(R"("action":"key-created")"), std::string::npos);
  EXPECT_NE(records[0].find("\"by\":\"" + old.id + "\",\"origin\":\"" + old.id + "\",\"scopes\":"),
            std::string::npos)
      << records[0];
  EXPECT_NE(records[0].find("\"what\":\"" + fresh.id + '"'), std::string::npos);
  EXPECT_NE(records[1].find(R"("action":"key-expires")"), std::string::npos);
  EXPECT_NE(records[1].find("\"what\":\"" + old.id + '"'), std::string::npos);
}

TEST_F(SelfTest, ARenewalThatCannotBeRecordedDidNotHappen) {
  const auto old = ada_of("blue");
  shared_.ledger = nullptr;
  EXPECT_EQ(ask_as(old, "POST", "/api/v1/self/keys", "{}").status, 503);
  shared_.ledger = ledger_.get();
  for (int look = 0; look < 2; ++look) {
    const auto keys = backing_->store->keys().value();
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_FALSE(keys[0].expires);
    EXPECT_FALSE(shared_.keys.snapshot()->at(old.id).expires);
    ASSERT_TRUE(publish_keys(*backing_));
  }
  EXPECT_EQ(renewed(old, 60).origin, old.id);
}

// Whatever is written fails at its commit, when its records are there already.
TEST_F(SelfTest, ARenewalThatTheStoreDoesNotKeepIsTakenBackInTheLedgerToo) {
  const auto old = ada_of("blue");
  sql("CREATE TABLE trap (subject REFERENCES subjects (subject) DEFERRABLE INITIALLY DEFERRED);"
      "CREATE TRIGGER snap AFTER INSERT ON keys BEGIN INSERT INTO trap VALUES ('nobody'); END");
  EXPECT_GE(ask_as(old, "POST", "/api/v1/self/keys", "{}").status, 400);
  const auto keys = backing_->store->keys().value();
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_FALSE(keys[0].expires);
  EXPECT_EQ(shared_.keys.snapshot()->size(), 1U);
  const auto records = ledger::tail(folder_.path(), 4).value();
  const auto id = json::Document::parse(records[0])->root()["what"].string_or("");
  EXPECT_NE(records[0].find(R"("action":"key-created")"), std::string::npos) << records[0];
  EXPECT_NE(records[2].find(R"("action":"key-revoked")"), std::string::npos) << records[2];
  EXPECT_NE(records[2].find("\"what\":\"" + id + '"'), std::string::npos) << records[2];
  EXPECT_NE(records[1].find(R"("action":"key-expires")"), std::string::npos) << records[1];
  EXPECT_NE(records[3].find(R"("action":"key-stays")"), std::string::npos) << records[3];
  EXPECT_NE(records[3].find("\"what\":\"" + old.id + '"'), std::string::npos) << records[3];
  sql("DROP TRIGGER snap");
  EXPECT_EQ(renewed(old, 60).origin, old.id);
}

TEST_F(SelfTest, AnInvitationThatCannotBeRecordedMakesNoKeyAndKeepsItsUse) {
  const auto made = ask_here("POST", "/api/v1/teams/blue/invitations", R"({"uses":1})");
  shared_.ledger = nullptr;
  EXPECT_EQ(accept(made.at({"invitation"}), "eve").status, 503);
  shared_.ledger = ledger_.get();
  EXPECT_TRUE(backing_->store->keys()->empty());
  EXPECT_EQ(accept(made.at({"invitation"}), "eve").status, 201);
}

TEST_F(SelfTest, WhoHoldsAKeyMakesNoOthersWithoutBound) {
  backing_->most_own_keys = 3;
  auto key = ada_of("blue");
  for (int i = 0; i < 2; ++i) key = renewed(key, 3600);
  const auto refused = ask_as(key, "POST", "/api/v1/self/keys", R"({"grace":3600})");
  EXPECT_EQ(refused.status, 409);
  const auto message = refused.at({"error", "message"});
  for (const auto* words : {"you hold 3 valid keys", "console.own_keys", "\"grace\": 0", "at 20"})
    EXPECT_NE(message.find(words), std::string::npos) << message;
  EXPECT_EQ(backing_->store->keys()->size(), 3U);
  // One in place of another adds none.
  const auto next = renewed(key, 0);
  EXPECT_FALSE(shared_.keys.snapshot()->at(key.id).valid_at(wall_now()));
  // Of another team, or another person, nobody is told.
  EXPECT_EQ(renewed(ada_of("red"), 3600).team, "red");
  // An end makes room.
  ASSERT_TRUE(backing_->store->revoke_key(next.origin, wall_now()));
  EXPECT_EQ(renewed(next, 3600).origin, next.origin);
}

TEST_F(SelfTest, ALineIsNotRenewedWithoutEndWithinADay) {
  auto key = ada_of("blue");
  int made = 0;
  for (; made < 100; ++made) {
    const auto asked = ask_as(key, "POST", "/api/v1/self/keys", R"({"grace":0})");
    if (asked.status != 201) {
      EXPECT_EQ(asked.status, 409);
      EXPECT_NE(asked.at({"error", "message"}).find("within a day"), std::string::npos) << asked.body;
      break;
    }
    key = entry(asked.at({"key"}));
  }
  EXPECT_EQ(made, 24);
  EXPECT_TRUE(shared_.keys.snapshot()->at(key.id).valid_at(wall_now()));
}

TEST_F(SelfTest, AKeyThatWasRevokedWhileItAskedIsNotRenewed) {
  const auto old = ada_of("blue");
  ASSERT_EQ(ask_here("DELETE", "/api/v1/keys/" + old.id).status, 200);
  EXPECT_EQ(ask_as(old, "POST", "/api/v1/self/keys", "{}").status, 401);
  EXPECT_EQ(backing_->store->keys()->size(), 1U);
}

TEST_F(SelfTest, AKeyOfOneTeamIsNotToldWhatIsKeptOfItsOwnerInAnother) {
  const auto blue = entry(ask_here("POST", "/api/v1/keys", R"({"team":"blue","user":"ada"})").at({"key"}));
  const auto before = ask_as(blue, "GET", "/api/v1/self/kept").body;
  ask_here("POST", "/api/v1/keys", R"({"team":"red","user":"ada"})");
  EXPECT_EQ(ask_as(blue, "GET", "/api/v1/self/kept").body, before);
}

TEST_F(SelfTest, EverybodySeesWhoTheyAreAndWhatIsKept) {
  const auto ada = entry(ask_here("POST", "/api/v1/keys", R"({"team":"blue","user":"ada"})").at({"key"}));
  ask_here("POST", "/api/v1/keys", R"({"team":"blue","user":"bob"})");
  const auto self = ask_as(ada, "GET", "/api/v1/self");
  EXPECT_EQ(self.at({"subject"}), ada.subject);
  EXPECT_EQ(self.at({"team"}), "blue");
  EXPECT_EQ(self.body.find("\"ada\""), std::string::npos);
  const auto kept = ask_as(ada, "GET", "/api/v1/self/kept");
  EXPECT_EQ(kept.at({"subject"}), ada.subject);
  const auto document = json::Document::parse(kept.body);
  ASSERT_TRUE(document);
  std::uint64_t changes = 0;
  for (const auto place : document->root()["places"])
    if (place["what"].string_or("") == "changes to your keys") changes = place["count"].as_uint().value_or(0);
  EXPECT_EQ(changes, 1u) << kept.body;
  EXPECT_EQ(ask(request("GET", "/api/v1/self")).status, 401);
}

}  // namespace
}  // namespace ostiary::console
