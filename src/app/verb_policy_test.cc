// ostiary policy, as people and scripts call it.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/impl/test_policy_calls.h"
#include "json/document.h"

namespace ostiary::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kDocument = R"(---
title: Rules
version: "3"
owner: Ada
contact: ada@example.org
review-by: 2999-01-01
default: deny
---
# What never leaves

```policy
- id: no-secrets
  when: {data.classes: [secret]}
  then: deny
  because: a secret may not leave
- {id: all, when: always, then: allow}
```
```policy-test
- {name: a secret stays, given: {data.classes: [secret]}, expect: deny, by: no-secrets}
- {name: the rest goes, given: {data.classes: []}, expect: allow}
```
)";

class PolicyVerbs : public testing::PolicyCalls {
 protected:
  PolicyVerbs() : PolicyCalls(kDocument) {}
};

TEST_F(PolicyVerbs, NewWritesTheBuiltInDocumentWhichChecksAndPassesItsTests) {
  const auto path = folder_ / "adopted.md";
  const auto made = run("new -o " + path);
  EXPECT_EQ(made.code, 0);
  EXPECT_THAT(made.out, HasSubstr("owner, contact and approver"));
  EXPECT_EQ(run("check " + path).code, 0);
  const auto tests = run("test " + path);
  EXPECT_EQ(tests.code, 0) << tests.out;
  EXPECT_THAT(tests.out, HasSubstr(" 0 failed"));
  EXPECT_THAT(run("new").out, HasSubstr("# How we use AI"));
}

TEST_F(PolicyVerbs, NewWritesOverNothing) {
  const auto path = write("mine.md", "mine");
  const auto refused = run("new -o " + path);
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.out, HasSubstr("is there already"));
  EXPECT_EQ(*read_file(path), "mine");
}

TEST_F(PolicyVerbs, CheckPassesASoundDocument) {
  const auto done = run("check " + write("p.md", kDocument));
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "2 rules, 2 tests; 0 errors, 0 warnings\n");
}

TEST_F(PolicyVerbs, CheckNamesThePlaceAndIsExit1) {
  const auto file = write("p.md", replaced("data.classes: [secret]}\n", "data.clases: [secret]}\n"));
  const auto done = run("check " + file);
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out,
              AllOf(HasSubstr(file + ":13:10: error: there is no fact 'data.clases'; did you mean "),
                    HasSubstr("[unknown-fact]")));
  const auto json = run("check --quiet --format json " + file);
  EXPECT_EQ(json.code, 1);
  const auto parsed = json::Document::parse(json.out);
  ASSERT_TRUE(parsed) << json.out;
  const auto finding = *parsed->root()["findings"].begin();
  EXPECT_EQ(finding["check"].as_string(), "unknown-fact");
  const auto start = finding["location"]["start"].as_uint();
  ASSERT_TRUE(start);
  EXPECT_EQ(read_file(file)->substr(*start, 11), "data.clases");
}

TEST_F(PolicyVerbs, WarningsFailOnlyWhereAsked) {
  const auto file = write("p.md", replaced("owner: Ada", "owner: TODO"));
  EXPECT_EQ(run("check " + file).code, 0);
  EXPECT_EQ(run("check --fail-on warning " + file).code, 1);
  EXPECT_THAT(run("check --on 2999-01-02 " + file).out, HasSubstr("the review was due by 2999-01-01"));
}

TEST_F(PolicyVerbs, TestTellsWhatFailedAlsoAsJunit) {
  const auto good = write("good.md", kDocument);
  EXPECT_EQ(run("test " + good).code, 0);
  const auto bad = write("bad.md", replaced("expect: deny, by", "expect: ask, by"));
  const auto done = run("test " + bad);
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out,
              AllOf(HasSubstr("failed a secret stays"), HasSubstr("bad.md:19:10: expected ask, got deny"),
                    HasSubstr("2 tests, 1 failed")));
  EXPECT_THAT(run("test --format junit " + bad).out,
              AllOf(HasSubstr("<testsuites"), HasSubstr("failures=\"1\""), HasSubstr("what-never-leaves")));
}

TEST_F(PolicyVerbs, ExplainTellsTheRuleItsConditionAndWhatIsMissing) {
  const auto file = write("p.md", kDocument);
  const auto facts = write("facts.json", R"({"data.classes": ["code", "secret"]})");
  const auto done = run("explain " + file + " --facts " + facts);
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.out,
              AllOf(HasSubstr("deny\n"), HasSubstr("a secret may not leave"),
                    HasSubstr("no-secrets #what-never-leaves"), HasSubstr("data.classes holds secret")));
  const auto watched = run(
      "explain " +
      write("watched.md",
            replaced("- {id: all,",
                     "- {id: e, when: always, then: allow, mode: observe, exception-of: no-secrets, until: "
                     "2999-01-01}\n- {id: all,")) +
      " --facts " + write("timed.json", R"({"data.classes": ["secret"], "time.now": "2026-06-01"})"));
  EXPECT_THAT(watched.out, HasSubstr("no-secrets (deny): fires; an observed exception would suspend it\n"));
  const auto none = run("explain " + file + " --format json --facts " + write("none.json", "{}"));
  EXPECT_THAT(none.out,
              AllOf(HasSubstr(R"("missing":["data.classes"])"), HasSubstr(R"("kind":"policy-explain")")));
}

TEST_F(PolicyVerbs, AWrongFileIsExit2WithItsPlace) {
  const auto broken = write("p.md", replaced("then: deny", "then: refuse"));
  const auto done = run("test " + broken);
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.out, HasSubstr("p.md:14:9: 'then' must be allow, redact, reroute, ask or deny"));
  EXPECT_EQ(run("check /no/such/file.md").code, 2);
  const auto facts = write("facts.json", R"({"data.bytes": "many"})");
  const auto wrong = run("explain " + write("q.md", kDocument) + " --facts " + facts);
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.out, HasSubstr("facts.json:1:16: 'data.bytes' takes a number of bytes"));
}

TEST_F(PolicyVerbs, FactsListsTheTable) {
  EXPECT_THAT(run("facts").out, AllOf(HasSubstr("target.surface"), HasSubstr("api | api-free | consumer")));
}

}  // namespace
}  // namespace ostiary::app
