#include <gmock/gmock.h>

#include "base/hash.h"
#include "console/impl/test_house.h"
#include "policy/render.h"

namespace ostiary::console {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view kText =
    "---\ntitle: House rules\nversion: \"7\"\nowner: Ada\ncontact: ada@example.org\nreview-by: 2020-01-31\n"
    "default: deny\n---\n# House rules\n```policy\n- {id: all, when: always, then: allow}\n```\n";

class PolicyApi : public testing::TestHouse {
 protected:
  PolicyApi() { doorman_.document = made(kText); }
  static PolicyDocument made(std::string_view text) {
    auto read = policy::read_document(text);
    EXPECT_TRUE(read.usable());
    return {std::make_shared<policy::Policy>(std::move(read.document)), std::make_shared<std::string>(text),
            "policy.md", 3};
  }
  Asked page(std::string_view none_match = "") {
    auto asked = request("GET", "/policy");
    if (!none_match.empty()) asked.headers.emplace_back("If-None-Match", std::string(none_match));
    return ask(std::move(asked));
  }
};

TEST_F(PolicyApi, ThePageIsForEverybodyAndCarriesItsSecurityHeaders) {
  const auto answer = page();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "text/html; charset=utf-8");
  EXPECT_THAT(answer.body, HasSubstr("<h1 id=\"house-rules\">House rules</h1>"));
  EXPECT_EQ(answer.header("Content-Security-Policy"), policy::content_security_policy());
  EXPECT_EQ(answer.header("Cache-Control"), "no-cache");
  EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
  // What the header lets through is what stands in the page.
  const auto begin = answer.body.find("<style>") + 7;
  const auto style = answer.body.substr(begin, answer.body.find("</style>") - begin);
  EXPECT_THAT(answer.header("Content-Security-Policy"), HasSubstr("'sha256-" + base64(sha256(style)) + "'"));
}

TEST_F(PolicyApi, WhoHasThePageAlreadyIsToldSoUntilTheDocumentChanges) {
  const auto etag = page().header("ETag");
  ASSERT_FALSE(etag.empty());
  EXPECT_EQ(page(etag).status, 304);
  EXPECT_EQ(page("\"other\", W/" + etag).status, 304);
  EXPECT_EQ(page("\"other\"").status, 200);
  std::string changed(kText);
  changed.replace(changed.find("then: allow"), 11, "then: ask  ");
  doorman_.document = made(changed);
  const auto after = page(etag);
  EXPECT_EQ(after.status, 200);
  EXPECT_THAT(after.body, HasSubstr("a person decides first"));
}

TEST_F(PolicyApi, ThePageIsMadeOnceForAVersion) {
  page();
  page();
  EXPECT_EQ(doorman_.changes_asked, 1);
}

TEST_F(PolicyApi, ReadersGetTheDocumentWithItsCountsAndOthersDoNot) {
  const auto reader = key_with({"read"});
  const auto answer = ask_as(reader, "GET", "/api/v1/policy");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.at({"version"}), "7");
  EXPECT_EQ(answer.at({"rules"}), "1");
  EXPECT_EQ(answer.at({"warnings"}), "3");
  EXPECT_EQ(answer.at({"status"}), "draft");
  EXPECT_EQ(answer.at({"text"}), kText);
  EXPECT_EQ(ask_as(key_with({"use"}), "GET", "/api/v1/policy").status, 403);
}

TEST_F(PolicyApi, ListsWhatIsDue) {
  const auto answer = ask_here("GET", "/api/v1/policy/due");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, AllOf(HasSubstr(R"("kind":"review")"), HasSubstr(R"("date":"2020-01-31")"),
                                 HasSubstr(R"("overdue":true)"), HasSubstr(R"("line":6)")));
}

TEST_F(PolicyApi, WithoutADocumentThereIsNoPage) {
  doorman_.document = {};
  EXPECT_EQ(page().status, 404);
  EXPECT_EQ(ask_here("GET", "/api/v1/policy").status, 404);
}

}  // namespace
}  // namespace ostiary::console
