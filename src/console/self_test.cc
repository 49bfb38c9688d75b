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
