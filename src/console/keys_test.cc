#include "console/impl/keys.h"

#include <thread>

#include "base/text.h"
#include "console/impl/test_house.h"

namespace ostiary::console {
namespace {

class KeysTest : public testing::TestHouse {
 protected:
  KeysTest() { EXPECT_TRUE(publish_keys(*backing_)); }
  store::KeyEntry known(const std::vector<std::string>& scopes, std::string team = "blue",
                        std::string user = "ada") {
    auto entry = key_with(scopes, std::move(team), std::move(user));
    EXPECT_TRUE(publish_keys(*backing_));
    return entry;
  }
  struct Renewed {
    std::string text;
    store::KeyEntry entry;
  };
  // Later than the other, so that they stand in this order.
  Renewed renew(const store::KeyEntry& old) {
    while (wall_now() <= old.created) std::this_thread::yield();
    const auto made = ask_as(old, "POST", "/api/v1/self/keys", R"({"grace":3600})");
    EXPECT_EQ(made.status, 201) << made.body;
    return {made.at({"key"}), shared_.keys.snapshot()->at(made.at({"id"}))};
  }
  bool opens(const std::string& key) {
    gateway::KeyReader reader(shared_.keys);
    std::shared_ptr<const gateway::KeyRing::Snapshot> hold;
    return reader.find(key, hold) != nullptr;
  }
};

TEST_F(KeysTest, ANewKeyOpensTheGateAtOnceAndIsRecordedWithWhoMadeItAndWithoutItsSecret) {
  const auto admin = known({"admin"});
  const auto made = ask_as(admin, "POST", "/api/v1/keys", R"({"team":"blue","user":"eve"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(opens(made.at({"key"})));
  EXPECT_EQ(made.at({"scopes"}), R"(["use"])");
  const auto record = newest_record();
  EXPECT_NE(record.find("\"key-created\""), std::string::npos);
  EXPECT_NE(record.find("\"by\":\"" + admin.id + "\",\"scopes\":[\"use\"],\"subject\":\"" +
                        made.at({"subject"}) + "\",\"team\":\"blue\""),
            std::string::npos)
      << record;
  EXPECT_EQ(record.find(made.at({"key"})), std::string::npos);
  EXPECT_EQ(record.find("eve"), std::string::npos);
}

TEST_F(KeysTest, ARevokedKeyOpensNothingFromThatMoment) {
  const auto made = ask_here("POST", "/api/v1/keys", R"({"team":"blue","user":"eve"})");
  const auto path = "/api/v1/keys/" + made.at({"id"});
  EXPECT_EQ(ask_here("DELETE", path).at({"state"}), "revoked");
  EXPECT_FALSE(opens(made.at({"key"})));
  EXPECT_NE(newest_record().find("\"by\":\"local\""), std::string::npos);
  EXPECT_EQ(ask_here("DELETE", path).status, 409);
  EXPECT_EQ(ask_here("DELETE", "/api/v1/keys/nobody00").status, 404);
  EXPECT_EQ(ask_here("DELETE", "/api/v1/keys/nobody").status, 400);
}

TEST_F(KeysTest, ARevokedKeyTakesThoseThatWereRenewedFromItAlong) {
  const auto first = known({"use"}), other = known({"use"});
  const auto second = renew(first), third = renew(second.entry);
  ASSERT_TRUE(opens(second.text) && opens(third.text));
  const auto revoked = ask_here("DELETE", "/api/v1/keys/" + second.entry.id);
  EXPECT_EQ(revoked.at({"id"}), second.entry.id);
  EXPECT_EQ(revoked.at({"state"}), "revoked");
  EXPECT_EQ(revoked.at({"also_revoked"}), "[\"" + first.id + "\",\"" + third.entry.id + "\"]");
  EXPECT_FALSE(opens(second.text) || opens(third.text));
  EXPECT_TRUE(shared_.keys.snapshot()->at(first.id).revoked);
  EXPECT_FALSE(shared_.keys.snapshot()->at(other.id).revoked);
  const auto records = ledger::tail(folder_.path(), 3).value();
  ASSERT_EQ(records.size(), 3U);
  const std::string ids[] = {first.id, second.entry.id, third.entry.id};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NE(records[i].find(R"("action":"key-revoked")"), std::string::npos) << records[i];
    EXPECT_NE(records[i].find("\"what\":\"" + ids[i] + '"'), std::string::npos) << records[i];
  }
}

TEST_F(KeysTest, OneKeyOfALineIsRevokedWhereThatIsSaid) {
  const auto first = known({"use"});
  const auto second = renew(first);
  const auto path = "/api/v1/keys/" + first.id;
  const auto revoked = ask_here("DELETE", path + "?only=true");
  EXPECT_EQ(revoked.at({"also_revoked"}), "[]") << revoked.body;
  EXPECT_TRUE(shared_.keys.snapshot()->at(first.id).revoked);
  EXPECT_TRUE(opens(second.text));
  EXPECT_EQ(ask_here("DELETE", path + "?only=true").status, 409);
  EXPECT_EQ(ask_here("DELETE", path + "?only=perhaps").status, 400);
  // The rest of the line may still be revoked by the key that is.
  EXPECT_EQ(ask_here("DELETE", path).at({"also_revoked"}), "[\"" + second.entry.id + "\"]");
  EXPECT_FALSE(opens(second.text));
  EXPECT_EQ(ask_here("DELETE", path).status, 409);
}

TEST_F(KeysTest, ARevocationThatCouldNotBeRecordedHoldsAndIsRecordedWhenItIsAskedForAgain) {
  const auto first = known({"use"}), other = known({"use"});
  const auto second = renew(first);
  const auto path = "/api/v1/keys/" + first.id;
  shared_.ledger = nullptr;
  EXPECT_EQ(ask_here("DELETE", path).status, 503);
  EXPECT_EQ(ask_here("DELETE", "/api/v1/keys/" + other.id).status, 503);
  shared_.ledger = ledger_.get();
  EXPECT_FALSE(opens(second.text));
  EXPECT_EQ(ask_here("DELETE", path).at({"also_revoked"}), "[\"" + second.entry.id + "\"]");
  const auto records = ledger::tail(folder_.path(), 3).value();
  std::string all;
  for (const auto& record : records) {
    EXPECT_NE(record.find(R"("action":"key-revoked")"), std::string::npos) << record;
    all += record;
  }
  for (const auto& id : {first.id, other.id, second.entry.id})
    EXPECT_NE(all.find("\"what\":\"" + id + '"'), std::string::npos) << id;
  EXPECT_EQ(ask_here("DELETE", path).status, 409) << "it is in the ledger now";
}

TEST_F(KeysTest, AKeyThatCannotBeRecordedDoesNotStayBehind) {
  shared_.ledger = nullptr;
  EXPECT_EQ(ask_here("POST", "/api/v1/keys", R"({"team":"blue","user":"eve"})").status, 503);
  shared_.ledger = ledger_.get();
  EXPECT_TRUE(backing_->store->keys()->empty());
}

TEST_F(KeysTest, AKeyMayEndByItself) {
  const auto made = ask_here("POST", "/api/v1/keys", R"({"team":"a","user":"b","expires_in":60})");
  const auto expires = parse_time(made.at({"expires"}));
  ASSERT_TRUE(expires);
  EXPECT_NEAR(static_cast<double>(*expires), static_cast<double>(wall_now() + 60'000), 5'000);
}

TEST_F(KeysTest, ATeamsAdministratorSeesAndMakesKeysOfThatTeamAlone) {
  const auto lead = known({"team:blue"}), other = known({"use"}, "red", "bob");
  known({"use"}, "blue", "eve");
  const auto list = ask_as(lead, "GET", "/api/v1/keys");
  EXPECT_EQ(list.body.find("\"red\""), std::string::npos);
  EXPECT_NE(list.body.find("\"eve\""), std::string::npos);
  EXPECT_EQ(ask_as(lead, "GET", "/api/v1/keys?team=red").at({"keys"}), "[]");
  const auto there = ask_as(lead, "GET", "/api/v1/keys/" + other.id),
             nowhere = ask_as(lead, "GET", "/api/v1/keys/AAAAAAAA");
  EXPECT_EQ(there.status, 404);
  auto masked = there.body;
  EXPECT_EQ(masked.replace(masked.find(other.id), 8, "AAAAAAAA"), nowhere.body);
  EXPECT_EQ(ask_as(lead, "DELETE", "/api/v1/keys/" + other.id).status, 404);
  EXPECT_EQ(ask_as(lead, "GET", "/api/v1/teams/red").status, 404);
  EXPECT_EQ(ask_as(lead, "POST", "/api/v1/keys", R"({"team":"red","user":"x"})").status, 403);
  EXPECT_EQ(ask_as(lead, "POST", "/api/v1/keys", R"({"team":"blue","user":"x"})").status, 201);
}

TEST_F(KeysTest, NobodyGrantsMoreThanTheyHave) {
  const auto lead = known({"team:blue"});
  for (const auto* scope : {"admin", "read", "team:red"})
    EXPECT_EQ(ask_as(lead, "POST", "/api/v1/keys",
                     R"({"team":"blue","user":"x","scopes":["use",")" + std::string(scope) + "\"]}")
                  .status,
              403)
        << scope;
  EXPECT_EQ(ask_as(lead, "POST", "/api/v1/keys", R"({"team":"blue","user":"x","scopes":["use","team:blue"]})")
                .status,
            201);
  EXPECT_EQ(ask_as(known({"read"}), "POST", "/api/v1/keys", R"({"team":"blue","user":"x"})").status, 403);
}

TEST_F(KeysTest, ATeamsAdministratorMakesNoKeyOfSomebodyOfAnotherTeam) {
  const auto lead = known({"team:blue"});
  known({"use"}, "red", "bob");
  EXPECT_EQ(ask_as(lead, "POST", "/api/v1/keys", R"({"team":"blue","user":"bob"})").status, 409);
  EXPECT_EQ(ask_as(lead, "POST", "/api/v1/keys", R"({"team":"blue","user":"ada"})").status, 201);
  EXPECT_EQ(ask_here("POST", "/api/v1/keys", R"({"team":"blue","user":"bob"})").status, 201);
}

TEST_F(KeysTest, NobodyRevokesAKeyThatMayMoreThanTheyDo) {
  const auto lead = known({"team:blue"}), admin = known({"admin"}), user = known({"use"});
  EXPECT_EQ(ask_as(lead, "DELETE", "/api/v1/keys/" + admin.id).status, 403);
  EXPECT_EQ(ask_as(lead, "DELETE", "/api/v1/keys/" + user.id).status, 200);
}

TEST_F(KeysTest, WhoMayOnlyReadSeesPseudonymsAndNoNames) {
  known({"use"}, "blue", "eve");
  const auto list = ask_as(known({"read"}), "GET", "/api/v1/keys");
  EXPECT_NE(list.body.find("sub_"), std::string::npos);
  EXPECT_EQ(list.body.find("eve"), std::string::npos);
}

TEST_F(KeysTest, WrongWishesArePointedAt) {
  const auto wrong = [this](std::string body) {
    const auto asked = ask_here("POST", "/api/v1/keys", std::move(body));
    return std::to_string(asked.status) + " " + asked.at({"error", "pointer"});
  };
  EXPECT_EQ(wrong(R"({"team":"blue"})"), "400 ");
  EXPECT_EQ(wrong(R"({"team":"","user":"ada"})"), "400 /team");
  EXPECT_EQ(wrong(R"({"team":1,"user":"ada"})"), "400 /team");
  EXPECT_EQ(wrong(R"({"team":"a","user":"b\u0007"})"), "400 /user");
  EXPECT_EQ(wrong(R"({"team":"a","user":"b","scopes":["root"]})"), "400 /scopes/0");
  EXPECT_EQ(wrong(R"({"team":"a","user":"b","expires_in":0})"), "400 /expires_in");
  EXPECT_EQ(wrong(R"({"team":"a","team":"b","user":"c"})"), "400 ");
  auto typed = request("POST", "/api/v1/keys", R"({"team":"a","user":"b"})");
  typed.headers.back().second = "text/plain";
  typed.local = true;
  EXPECT_EQ(ask(typed).status, 415);
  EXPECT_TRUE(shared_.keys.snapshot()->empty());
}

TEST_F(KeysTest, TeamsAreCounted) {
  known({"use"}, "blue", "a");
  const auto gone = known({"use"}, "blue", "b");
  known({"use"}, "red", "c");
  ask_here("DELETE", "/api/v1/keys/" + gone.id);
  EXPECT_EQ(ask_here("GET", "/api/v1/teams").at({"teams"}),
            R"([{"keys":2,"name":"blue","valid_keys":1},{"keys":1,"name":"red","valid_keys":1}])");
  EXPECT_EQ(ask_here("GET", "/api/v1/teams/red").at({"valid_keys"}), "1");
}

}  // namespace
}  // namespace ostiary::console
