#include "policy/render.h"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "policy/may.h"
#include "policy/testing.h"

namespace ostiary::policy {
namespace {

using policy::testing::policy_of;
using policy::testing::text_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kRules = "- {id: all, when: always, then: allow}\n";

std::string page_of(const std::string& text, const RenderOptions& options = {}) {
  return render(text, policy_of(text), options);
}
std::string with_body(std::string_view markdown) {
  return text_of(kRules) + "\n" + std::string(markdown);
}
std::size_t count(std::string_view text, std::string_view part) {
  std::size_t out = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

TEST(Render, EveryHeadingHasTheAnchorThatDecisionsName) {
  const auto text =
      with_body("## 1. Who answers?\n\n### Größe *x*\n\n## B\n\n## B\n\nSetext\n---\n\n> # quoted\n");
  const auto read = read_document(text);
  const auto page = page_of(text);
  for (const auto& heading : read.document.headings)
    EXPECT_EQ(count(page, " id=\"" + heading.anchor + "\""), 1U) << heading.anchor;
  EXPECT_THAT(page, HasSubstr("<h2 id=\"1-who-answers\">1. Who answers?</h2>"));
  EXPECT_THAT(page, HasSubstr("<h3 id=\"größe-x\">Größe <em>x</em></h3>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"#b-1\">B</a>"));
  EXPECT_EQ(count(page, "<h1"), 1U);
  EXPECT_THAT(page, Not(HasSubstr("quoted</h"))) << "the page's headings are the document's";
}

TEST(Render, NoLevelOfHeadingsIsLeftOut) {
  const auto page = page_of(with_body("#### Deep\n\n# Another\n\n##### Deeper\n"));
  EXPECT_THAT(page, AllOf(HasSubstr("<h2 id=\"deep\">"), HasSubstr("<h2 id=\"another\">")));
  EXPECT_THAT(page, Not(HasSubstr("<h4")));
}

TEST(Render, HostileTextIsShownAndIsNothingElse) {
  const auto text = with_body(
      "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1)) "
      "[b](jAva&#115;cript:alert(1)) [c](<java\tscript:alert(1)>) [d](data:text/html,x) "
      "[e](&#x6a;avascript:x) "
      "![f](https://example.org/pixel.png) [g](https://example.org/\"onmouseover=x) "
      "[h](mailto:a@example.org)\n\n"
      "```html\n</code></pre><script>alert(2)</script>\n```\n\n`<b>`\n\n<!-- hidden -->\n\n"
      "| a | |\n| --- | --- |\n| <i> | \x01 |\n");
  const auto page = page_of(text);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, Not(HasSubstr("<i>")));
  EXPECT_THAT(page, Not(HasSubstr("href=\"j")));
  EXPECT_THAT(page, Not(HasSubstr("href=\"data:text")));
  EXPECT_EQ(count(page, "src="), count(page, "src=x")) << "nothing is fetched";
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, HasSubstr("hidden")) << "nothing that is in the file is hidden on the page";
  EXPECT_THAT(page, HasSubstr("<a href=\"mailto:a@example.org\""));
  EXPECT_THAT(page, HasSubstr("https://example.org/&quot;onmouseover=x"));
  EXPECT_THAT(page, HasSubstr("<th scope=\"col\">a</th>\n<td></td>")) << "a head without words is no head";
}

TEST(Render, FrontMatterAndRulesAreTextToo) {
  auto text = text_of("- id: x\n  when: {tool: \"<u>\"}\n  then: deny\n  because: \"<script>\"\n");
  text.replace(text.find("owner: Ada"), 10, "owner: \"</dd><script>\"");
  const auto page = page_of(text);
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, Not(HasSubstr("<u>")));
  EXPECT_THAT(page, HasSubstr("When the request comes from the tool &lt;u&gt;, it is refused."));
}

TEST(Render, ARuleIsASentenceAndItsSourceStandsFolded) {
  const auto page =
      page_of(text_of("- id: no-secrets\n  when: {data.classes: [secret]}\n  then: deny\n  because: Keys "
                      "stay here.\n  instead: Say it in words.\n"));
  EXPECT_THAT(page,
              AllOf(HasSubstr("<p>When the request holds a secret, it is refused.</p>"),
                    HasSubstr("Why: Keys stay here."), HasSubstr("Instead: Say it in words."),
                    HasSubstr("id=\"rule:no-secrets\""),
                    HasSubstr("<details class=\"source\"><summary>The rule as the gate reads it</summary>")));
}

TEST(Render, WhatIsARuleForTheGateIsARuleOnThePage) {
  // CommonMark sees a comment or a quote here; the gate reads a block.
  const auto text =
      with_body("<!--\n```policy\n- {id: hidden, when: {data.classes: [code]}, then: deny}\n```\n-->\n");
  EXPECT_THAT(page_of(text), HasSubstr("id=\"rule:hidden\""));
}

TEST(Render, SaysThatItIsADraftAndWhatIsNotFilledIn) {
  auto text = text_of(kRules);
  const auto page = page_of(text);
  EXPECT_THAT(page,
              AllOf(HasSubstr("Living draft"), HasSubstr("<dt>Approved by</dt><dd>not filled in yet</dd>"),
                    HasSubstr("<a href=\"mailto:ada@example.org\">"), HasSubstr("not legal advice")));
  text.replace(text.find("status: draft"), 13, "status: in-force\napprover: B\neffective: 2026-01-01");
  EXPECT_THAT(page_of(text), AllOf(HasSubstr("In force"), Not(HasSubstr("Living draft"))));
}

TEST(Render, HasTheChangesThatItIsGiven) {
  const auto page = page_of(
      text_of(kRules),
      {.on = 0,
       .changes = {{"2", "2026-11-20", "sha256:b", {"The rule <x> is new."}}, {"1", "", "sha256:a", {}}}});
  EXPECT_THAT(page,
              AllOf(HasSubstr("<h3>Version 2, 2026-11-20</h3>\n<ul>\n<li>The rule &lt;x&gt; is new.</li>"),
                    HasSubstr("<h3>Version 1</h3>\n<p>The first version that is known here.</p>")));
}

TEST(Render, IsTheSameBytesEachTimeAndAsksForNothing) {
  const auto text =
      read_file(std::string(OSTIARY_SOURCE_DIR) + "/docs/examples/small-team.md", 1 << 20).value_or("");
  ASSERT_FALSE(text.empty());
  const auto page = page_of(text);
  EXPECT_EQ(page, page_of(text));
  for (const auto* what : {"<script", "<link rel=\"stylesheet", "@import", "url(", "http-equiv", " style=\""})
    EXPECT_THAT(page, Not(HasSubstr(what)));
  EXPECT_THAT(content_security_policy(), HasSubstr("default-src 'none'; style-src 'sha256-"));
}

TEST(Render, TakesATimeThatGrowsWithTheText) {
  using Clock = std::chrono::steady_clock;
  for (const std::string_view mark :
       {"[", "*a ", "_a", "> ", "a`", "![", "<", "](", "- ", "[a](", "&#", "|a", "***a"}) {
    std::string body = "## Start\n\n";
    for (int i = 0; i < 200'000; ++i) body += mark;
    const auto text = with_body(body + "\n\n## End\n");
    const auto from = Clock::now();
    const auto page = page_of(text);
    EXPECT_LT(Clock::now() - from, std::chrono::seconds(3)) << mark;
    EXPECT_TRUE(page.find("id=\"end\"") != std::string::npos) << mark;
  }
}

// What the cells of a row say.
std::vector<std::string> row(const May& may, std::string_view value) {
  std::vector<std::string> out;
  for (const auto& table : may.tables)
    for (const auto& one : table.rows)
      if (one.value == value)
        for (const auto& cell : one.cells) out.push_back(cell.words);
  return out;
}

TEST(May, IsComputedFromTheRules) {
  const auto policy =
      policy_of(text_of("- {id: ours, when: {target.surface: self-hosted}, then: allow}\n"
                        "- {id: theirs, when: {target.surface: [api, team]}, then: allow}\n"
                        "- {id: keys, when: {data.classes: [secret]}, then: deny}\n"
                        "- {id: names, when: {data.classes: [personal], target.hosting: {none-of: [own]}}, "
                        "then: redact, redact: [personal]}\n"
                        "- {id: big, when: {data.bytes: {over: 64KiB}}, then: ask}\n"));
  const auto may = what_may_i_do(policy, 0);
  EXPECT_THAT(may.columns, ElementsAre("Nothing of these", "Personal data", "A secret"));
  EXPECT_THAT(row(may, "self-hosted"), ElementsAre("Yes", "Yes", "No"));
  EXPECT_THAT(row(may, "api"), ElementsAre("Yes", "Yes, masked", "No"));
  EXPECT_THAT(row(may, "consumer"), ElementsAre("No", "No", "No")) << "masking lets nothing pass";
  EXPECT_EQ(may.tables[0].rows[0].cells[2].rule, "keys");
  EXPECT_EQ(may.tables[0].rows[0].cells[2].clause, "rules");
  EXPECT_EQ(may.tables[0].rows.back().cells[0].clause, "") << "the default has no clause";
  std::vector<std::string> changes;
  for (const auto& change : may.changes) changes.push_back(change.text);
  EXPECT_THAT(
      changes,
      ElementsAre(
          "When the request is over 64KiB in size: all that is allowed becomes asked about and all that "
          "is masked becomes asked about.",
          "When part of it could not be read: all that is allowed becomes refused and all that is masked "
          "becomes refused."));
}

TEST(May, KnowsOfAServiceWhatTheTestsSayOfIt) {
  const auto policy = policy_of(text_of(
      "- {id: ours, when: {target.service: [llama, mistral]}, then: allow}\n"
      "- {id: names, when: {data.classes: [personal], target.hosting: {none-of: [own]}}, then: deny}\n",
      "",
      "- {name: a, given: {target.service: llama, target.hosting: own, data.classes: [personal]}, expect: "
      "allow}\n"));
  const auto may = what_may_i_do(policy, 0);
  EXPECT_THAT(row(may, "llama"), ElementsAre("Yes", "Yes"));
  EXPECT_THAT(row(may, "mistral"), ElementsAre("Yes", "No")) << "nobody says where it is";
}

TEST(May, AnExceptionHoldsOnItsDaysAndForWhomItNames) {
  const auto policy =
      policy_of(text_of("- {id: all, when: always, then: allow}\n"
                        "- {id: x, when: {data.classes: [code]}, then: deny}\n"
                        "- {id: y, exception-of: x, when: always, then: allow, until: 2026-06-30}\n"));
  EXPECT_THAT(row(what_may_i_do(policy, *parse_moment("2026-06-30")), "Anything"), ElementsAre("Yes", "Yes"));
  EXPECT_THAT(row(what_may_i_do(policy, *parse_moment("2026-07-01")), "Anything"), ElementsAre("Yes", "No"));
}

}  // namespace
}  // namespace ostiary::policy
