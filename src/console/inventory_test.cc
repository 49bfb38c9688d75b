#include <gmock/gmock.h>

#include "console/impl/test_house.h"
#include "console/operation.h"
#include "ledger/ledger.h"

namespace ostiary::console {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class InventoryApi : public testing::TestHouse {
 protected:
  InventoryApi() : keeper_(key_with({"inventory"})), reader_(key_with({"read"}, "red", "bob")) {}
  std::string added(std::string body) {
    const auto answer = ask_as(keeper_, "POST", "/api/v1/uses", std::move(body));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return answer.at({"id"});
  }
  Asked edited(const std::string& id, std::string body, std::string match = "") {
    auto asked = request_of(keeper_, "PATCH", "/api/v1/uses/" + id, std::move(body));
    if (!match.empty()) asked.headers.emplace_back("If-Match", std::move(match));
    return ask(std::move(asked));
  }
  store::KeyEntry keeper_, reader_;
};

constexpr auto kScan = R"({"scans":[{"repository":"shop","document":{"kind":"scan","components":[
 {"kind":"sdk","name":"openai","provider":"openai","grade":"called","version":"1.1.0","places":2,"license":{"expression":"Apache-2.0"},
  "evidence":[{"grade":"called","location":{"file":"a.py","line":3}}]}]}}]%})";

std::string scan(std::string_view more) {
  std::string out = kScan;
  return out.replace(out.find('%'), 1, more);
}

TEST_F(InventoryApi, AUseIsStatedShownChangedAndRemovedWithARecordOfEachThatHoldsNoWords) {
  const auto id = added(R"({"tool":"Support bot","owner":"ada lovelace","data_classes":["personal"]})");
  EXPECT_THAT(newest_record(), AllOf(HasSubstr(R"("action":"use-added")"), HasSubstr(id),
                                     HasSubstr(R"("fields":["data_classes","owner","tool"])"),
                                     Not(HasSubstr("lovelace")), Not(HasSubstr("Support"))));
  const auto shown = ask_as(reader_, "GET", "/api/v1/uses/" + id);
  EXPECT_EQ(shown.at({"purpose"}), "unknown");
  EXPECT_EQ(shown.header("ETag"), "\"1\"");
  EXPECT_EQ(edited(id, R"({"purpose":"answers"})", "\"9\"").status, 409);
  const auto changed = edited(id, R"({"purpose":"answers","owner":null})", "\"1\"");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.at({"owner"}), "unknown");
  EXPECT_EQ(changed.at({"revision"}), "2");
  EXPECT_EQ(ask_as(keeper_, "DELETE", "/api/v1/uses/" + id).status, 200);
  EXPECT_EQ(ask_as(reader_, "GET", "/api/v1/uses/" + id).status, 404);
  EXPECT_THAT(newest_record(), HasSubstr("use-removed"));
}

TEST_F(InventoryApi, WhoOnlyReadsChangesNothingAndWhoHasNeitherScopeSeesNothing) {
  const auto user = key_with({"use"});
  EXPECT_EQ(ask_as(user, "GET", "/api/v1/uses").status, 403);
  EXPECT_EQ(ask_as(reader_, "POST", "/api/v1/uses", R"({"tool":"x"})").status, 403);
  EXPECT_EQ(ask_as(reader_, "POST", "/api/v1/inventory/reconcile", "{}").status, 403);
  EXPECT_EQ(ask_as(reader_, "POST", "/api/v1/inventory/answer", R"({"provider":"openai"})").status, 200);
}

TEST_F(InventoryApi, ItsScopeIsGivenByAdministratorsAlone) {
  const auto wish = R"({"team":"blue","user":"eve","scopes":["inventory"]})";
  EXPECT_EQ(ask_as(key_with({"team:blue"}), "POST", "/api/v1/keys", wish).status, 403);
  EXPECT_EQ(ask_as(keeper_, "POST", "/api/v1/keys", wish).status, 403);
  EXPECT_EQ(ask_as(key_with({"admin"}), "POST", "/api/v1/keys", wish).status, 201);
}

TEST_F(InventoryApi, WhatIsNoValueOfAFieldIsRefusedWithWhatItMayBe) {
  EXPECT_EQ(ask_as(keeper_, "POST", "/api/v1/uses", R"({"status":"perhaps"})").status, 400);
  EXPECT_EQ(ask_as(keeper_, "POST", "/api/v1/uses", R"({"last_seen":"2026-01-01"})").status, 400);
  const auto day = ask_as(keeper_, "POST", "/api/v1/uses", R"({"tool":"x","next_review":"2026-02-30"})");
  EXPECT_EQ(day.status, 409);
  EXPECT_THAT(day.body, HasSubstr("a day, such as"));
  EXPECT_EQ(ask_as(keeper_, "POST", "/api/v1/uses", "{}").status, 409) << "it says nothing";
}

TEST_F(InventoryApi, IsReconciledOnlyInWordsUntilItIsApplied) {
  const auto told = ask_as(keeper_, "POST", "/api/v1/inventory/reconcile", scan(""));
  EXPECT_EQ(told.status, 200) << told.body;
  EXPECT_EQ(told.at({"findings"}).find("seen-never-declared") != std::string::npos, true) << told.body;
  EXPECT_THAT(told.at({"partial"}), HasSubstr("gate"));
  EXPECT_EQ(ask_as(reader_, "GET", "/api/v1/uses").at({"uses"}), "[]");
  EXPECT_EQ(ask_as(keeper_, "POST", "/api/v1/inventory/reconcile", scan(R"(,"apply":true)")).at({"applied"}),
            "true");
  const auto uses = ask_as(reader_, "GET", "/api/v1/uses?provider=OpenAI").body;
  EXPECT_THAT(uses, AllOf(HasSubstr(R"("repository":"shop")"), HasSubstr("a.py:3")));
  EXPECT_EQ(ask_as(keeper_, "POST", "/api/v1/inventory/reconcile", R"({"scans":[{"document":{"kind":"x"}}]})")
                .status,
            409);
}

TEST_F(InventoryApi, RowsOfATableComeInOnceWithColumnsThatAreShownAndRemembered) {
  const std::string rows =
      R"("rows":[{"row":1,"cells":["Name","Vendor","Who"]},{"row":2,"cells":["ChatGPT","OpenAI","ada"]}])";
  const auto dry = ask_as(keeper_, "POST", "/api/v1/inventory/import", R"({"dry_run":true,)" + rows + "}");
  EXPECT_EQ(dry.at({"added"}), "1") << dry.body;
  EXPECT_THAT(dry.at({"columns"}), HasSubstr(R"({"column":"Who","field":null,"how":"none"})"));
  const auto done = ask_as(keeper_, "POST", "/api/v1/inventory/import",
                           R"({"columns":[{"column":"Who","field":"owner"}],)" + rows + "}");
  EXPECT_EQ(done.at({"added"}), "1");
  const auto again = ask_as(keeper_, "POST", "/api/v1/inventory/import", "{" + rows + "}");
  EXPECT_EQ(again.at({"same"}), "1");
  EXPECT_THAT(again.at({"columns"}), HasSubstr(R"({"column":"Who","field":"owner","how":"remembered"})"));
  EXPECT_THAT(ask_as(reader_, "GET", "/api/v1/inventory/export.csv").body, HasSubstr("ChatGPT"));
}

TEST_F(InventoryApi, AnswersTheInevitableQuestionWithEvidenceAndWhomToTell) {
  ASSERT_EQ(ask_as(keeper_, "POST", "/api/v1/inventory/reconcile", scan(R"(,"apply":true)")).status, 200);
  const auto id = ask_as(reader_, "GET", "/api/v1/uses").body;
  added(R"({"tool":"Chat","owner":"legal","surface":"consumer"})");
  const auto found =
      ask_as(reader_, "POST", "/api/v1/inventory/answer", R"({"sdk":"openai","version":"<1.2"})");
  EXPECT_THAT(found.at({"uses"}),
              AllOf(HasSubstr("openai 1.1.0 is in <1.2"), HasSubstr("a.py:3"), Not(HasSubstr("Chat"))));
  const auto strict =
      ask_as(reader_, "POST", "/api/v1/inventory/answer", R"({"terms":["train_on_input!=no"]})");
  EXPECT_THAT(strict.at({"tell"}), HasSubstr("legal"));
  EXPECT_THAT(strict.body, HasSubstr("is unknown, so it counts"));
  EXPECT_EQ(ask_as(reader_, "POST", "/api/v1/inventory/answer", "{}").status, 409);
  const auto advisory =
      ask_as(reader_, "POST", "/api/v1/inventory/answer",
             R"({"advisories":[{"id":"X-1","affected":[{"package":{"ecosystem":"PyPI","name":"openai"},)"
             R"("ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.2"}]}]}]}]})");
  EXPECT_THAT(advisory.at({"uses"}), HasSubstr("openai 1.1.0 is in X-1"));
}

TEST_F(InventoryApi, TakesWhatAWholeOfficeShowsInOneBodyOfItsKeepersAlone) {
  std::string body = R"({"looked_at":["scan"],"sightings":[)";
  for (int i = 0; i < 20'000; ++i)
    body += std::string(i == 0 ? "" : ",") +
            R"({"how":"scan","kind":"sdk","sdk":"openai","provider":"openai",)" + R"("repository":"r)" +
            std::to_string(i / 100) + R"(","version":"1.0.)" + std::to_string(i % 100) + R"("})";
  body += "]}";
  ASSERT_GT(body.size(), gateway::SideDoor::kMostBody);
  const auto head = [](const store::KeyEntry& key) {
    return request_of(key, "POST", "/api/v1/inventory/reconcile");
  };
  EXPECT_GT(api_->most_body(head(keeper_)), body.size());
  EXPECT_EQ(api_->most_body(head(reader_)), gateway::SideDoor::kMostBody) << "it would not be heard";
  EXPECT_EQ(api_->most_body(request_of(keeper_, "POST", "/api/v1/uses")), gateway::SideDoor::kMostBody);
  const auto told = ask_as(keeper_, "POST", "/api/v1/inventory/reconcile", body);
  ASSERT_EQ(told.status, 200) << told.body;
  EXPECT_THAT(told.at({"proposed"}), HasSubstr(R"("repository":"r199")"));
}

TEST_F(InventoryApi, WhatItTurnsAwayAtTheDoorReadsLikeItsOtherErrors) {
  const auto body = api_->refusal("body_too_large", "the body is over the limit");
  const auto document = json::Document::parse(body);
  ASSERT_TRUE(document);
  EXPECT_EQ(error_schema().check(document->root()), std::nullopt) << body;
}

TEST_F(InventoryApi, IsExportedAndSummedUp) {
  added(R"({"tool":"<b>Chat</b>","surface":"consumer","data_classes":["personal"],"model":["gpt-4o"]})");
  EXPECT_THAT(ask_as(reader_, "GET", "/api/v1/inventory/export").body, HasSubstr("gpt-4o"));
  EXPECT_THAT(ask_as(reader_, "GET", "/api/v1/inventory/export?format=cyclonedx-1.7").body,
              HasSubstr(R"("specVersion":"1.7")"));
  EXPECT_THAT(ask_as(reader_, "GET", "/api/v1/inventory/export?format=spdx").body, HasSubstr("@graph"));
  EXPECT_EQ(ask_as(reader_, "GET", "/api/v1/inventory/export.xlsx").body.substr(0, 2), "PK");
  const auto page = ask_as(reader_, "GET", "/api/v1/inventory/report.html");
  EXPECT_EQ(page.type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, AllOf(HasSubstr("&lt;b&gt;Chat"), Not(HasSubstr("<b>Chat"))));
  EXPECT_THAT(ask_as(reader_, "GET", "/api/v1/inventory/report").at({"risks"}),
              HasSubstr("consumer or free surfaces"));
}

}  // namespace
}  // namespace ostiary::console
