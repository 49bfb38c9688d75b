// ostiary policy diff, render and due, as people and scripts call them.

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
review-by: 2026-06-30
default: deny
---
# What never leaves

```policy
- id: no-secrets
  when: {data.classes: [secret]}
  then: deny
- {id: all, when: always, then: allow}
```
)";

class PolicyPages : public testing::PolicyCalls {
 protected:
  PolicyPages() : PolicyCalls(kDocument) {}
};

TEST_F(PolicyPages, DiffTellsDecisionsFirstAndFailsOnlyWhereAsked) {
  const auto old = write("old.md", kDocument), fresh = write("new.md", replaced("then: deny", "then: ask"));
  const auto done = run("diff " + old + " " + fresh);
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(
      done.out,
      AllOf(HasSubstr("decided looser\n  When the request holds a secret (or nobody knows): was refused, "
                      "is now asked about.\n"),
            HasSubstr("The rule no-secrets changed: such requests were refused and are asked about."),
            HasSubstr("combinations of facts decided by both")));
  EXPECT_EQ(run("diff --fail-on looser " + old + " " + fresh).code, 1);
  EXPECT_EQ(run("diff --fail-on looser " + fresh + " " + old).code, 0) << "stricter is not looser";
  EXPECT_EQ(run("diff --fail-on change " + old + " " + old).code, 0);
  EXPECT_THAT(run("diff " + old + " " + old).out, HasSubstr("the documents say the same"));
}

TEST_F(PolicyPages, DiffAsJsonHasDecisionsWithAnExampleAndTheBuiltInDocumentHasAName) {
  const auto fresh = write("new.md", replaced("then: deny", "then: ask"));
  const auto done = run("diff --quiet --format json " + write("old.md", kDocument) + " " + fresh);
  const auto parsed = json::Document::parse(done.out);
  ASSERT_TRUE(parsed) << done.out;
  const auto decision = *parsed->root()["decisions"].begin();
  EXPECT_EQ(decision["way"].as_string(), "looser");
  EXPECT_THAT(done.out, HasSubstr(R"("source":"comparison")"));
  EXPECT_THAT(run("diff --quiet --format json builtin " + fresh).out, HasSubstr(R"("kind":"policy-diff")"));
}

TEST_F(PolicyPages, RenderWritesThePageWithTheVersionsOfAFolder) {
  ASSERT_TRUE(make_folder(folder_ / "versions"));
  write("versions/a.md", replaced("version: \"3\"", "version: \"2\""));
  write("versions/b.md", "no document");
  const auto file = write("p.md", replaced("then: deny", "then: ask"));
  const auto page = folder_ / "p.html";
  const auto done =
      run(fmt::format("render {} --since-folder {} -o {} --on 2026-01-01", file, folder_ / "versions", page));
  EXPECT_EQ(done.code, 0) << done.out;
  EXPECT_THAT(done.out, HasSubstr("left out: "));
  const auto html = read_file(page).value_or("");
  EXPECT_THAT(html, AllOf(HasSubstr("<h3>Version 3</h3>"), HasSubstr("was refused, is now asked about."),
                          HasSubstr("<h3>Version 2</h3>\n<p>The first version that is known here.</p>")));
  EXPECT_EQ(run("render builtin --on 2026-01-01").out, run("render builtin --on 2026-01-01").out);
  EXPECT_EQ(run("render /no/such.md").code, 2);
  EXPECT_EQ(run("render builtin --on yesterday").code, 2);
}

TEST_F(PolicyPages, DueListsTheReviewAndFailsOnlyWhereAsked) {
  const auto file = write("p.md", kDocument);
  EXPECT_THAT(run("due --on 2026-01-01 " + file).out, HasSubstr("nothing is due"));
  const auto soon = run("due --on 2026-06-20 --fail-on overdue " + file);
  EXPECT_EQ(soon.code, 0);
  EXPECT_THAT(soon.out, HasSubstr("The review is due by 2026-06-30 (in 10 days)"));
  EXPECT_EQ(run("due --on 2026-06-20 --fail-on due " + file).code, 1);
  EXPECT_EQ(run("due --on 2026-07-01 --fail-on overdue " + file).code, 1);
  EXPECT_THAT(
      run("due --format json --on 2026-07-01 " + file).out,
      AllOf(HasSubstr(R"("kind":"review","line":6,"name":null,"overdue":true)"), Not(HasSubstr("--data"))));
}

}  // namespace
}  // namespace ostiary::app
