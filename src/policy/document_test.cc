#include "policy/document.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/impl/outline.h"
#include "policy/testing.h"

namespace ostiary::policy {
namespace {

using policy::testing::text_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "line:column check" of each error.
std::vector<std::string> errors_of(const std::string& text) {
  std::vector<std::string> out;
  for (const auto& f : read_document(text).findings.all)
    if (f.severity == Severity::error)
      out.push_back(fmt::format("{}:{} {}", f.place.line, f.place.column, f.check));
  return out;
}

TEST(Slug, FollowsGitHub) {
  EXPECT_EQ(slug("What never leaves"), "what-never-leaves");
  EXPECT_EQ(slug("1.2 Who answers, and how fast?"), "12-who-answers-and-how-fast");
  EXPECT_EQ(slug("`ask` and *deny*_x"), "ask-and-deny_x");
  EXPECT_EQ(slug("See [the list](https://example.org/a_b) – now"), "see-the-list--now");
  EXPECT_EQ(slug("Größe ÄÖ"), "größe-äö");
}

TEST(Document, HeadingsAreTheAnchorsOfTheRulesBelow) {
  const std::string text =
      std::string(policy::testing::kFront) +
      "---\n# A\n```policy\n- {id: x, when: always, then: deny}\n```\n## B!\n## B\nB\n-\n"
      "```text\n# no heading\n```\n~~~policy\n- {id: y, when: always, then: deny}\n~~~\n";
  const auto read = read_document(text);
  EXPECT_TRUE(read.usable());
  std::vector<std::string> anchors;
  for (const auto& h : read.document.headings) anchors.push_back(h.anchor);
  EXPECT_THAT(anchors, ElementsAre("a", "b", "b-1", "b-2"));
  ASSERT_EQ(read.document.rules.size(), 2U);
  EXPECT_EQ(read.document.rules[0].clause, "a");
  EXPECT_EQ(read.document.rules[1].clause, "b-2");
  EXPECT_EQ(read.document.rules[0].place, (Place{12, 8}));
}

// Of the heading with that anchor.
std::string digest_of(std::string_view body, std::string_view anchor) {
  const auto read = read_document(std::string(policy::testing::kFront) + "---\n" + std::string(body));
  const auto* heading = read.document.heading(anchor);
  return heading ? heading->digest : "none";
}

TEST(Document, AClauseReachesToTheNextHeadingAndItsBytesAreThoseOfTheFile) {
  const std::string text = "\xef\xbb\xbf" + std::string(policy::testing::kFront) +
                           "---\n# A\nWords.\n## B ##\n```policy\n# no heading\n```\nC\n-\nend";
  const auto read = read_document(text);
  std::vector<std::string> clauses, bodies;
  for (const auto& h : read.document.headings) {
    clauses.push_back(text.substr(h.begin, h.end - h.begin));
    bodies.push_back(text.substr(h.body, h.end - h.body));
  }
  EXPECT_THAT(clauses, ElementsAre("# A\nWords.\n", "## B ##\n```policy\n# no heading\n```\n", "C\n-\nend"));
  EXPECT_THAT(bodies, ElementsAre("Words.\n", "```policy\n# no heading\n```\n", "end"));
}

TEST(Document, AClauseWrappedAnewIsTheSameAndAChangedWordOrBlockIsAnother) {
  const std::string clause = "# A\nWe mask\nnames.\n```policy\n- {id: x, when: always, then: deny}\n```\n";
  const auto digest = digest_of(clause, "a");
  EXPECT_EQ(digest.substr(0, 7), "sha256:");
  const auto with = [&](std::string_view what, std::string_view by) {
    auto out = clause;
    return digest_of(out.replace(out.find(what), what.size(), by), "a");
  };
  EXPECT_EQ(with("We mask\nnames.", "We  mask names.  \r\n"), digest);
  EXPECT_EQ(with("deny}", "deny}  "), digest);
  EXPECT_EQ(digest_of(clause + "## B\nMore.\n", "a"), digest) << "a section below is a clause of its own";
  EXPECT_NE(with("names", "name"), digest);
  EXPECT_NE(with("# A", "# a"), digest) << "the heading is part of it";
  EXPECT_NE(with("- {id", "-   {id"), digest) << "blanks mean something in YAML";
  EXPECT_NE(with("then: deny", "then: ask"), digest);
}

TEST(Document, HoldsItsFrontMatter) {
  const auto read = read_document(text_of("", "", "", "mode: observe\nobserve: {teams: [b, a]}\n"));
  EXPECT_TRUE(read.usable());
  EXPECT_EQ(read.document.title, "Rules");
  EXPECT_EQ(read.document.version, "1");
  EXPECT_EQ(read.document.stance, Effect::deny);
  EXPECT_EQ(read.document.mode, Mode::observe);
  EXPECT_THAT(read.document.observed_teams, ElementsAre("a", "b"));
  EXPECT_EQ(read.document.digest.substr(0, 7), "sha256:");
}

TEST(Document, NamesThePlaceOfEveryError) {
  // The block's first line is line 14 of the file.
  const auto errors =
      errors_of(text_of("- id: a\n"                     // 14
                        "  when:\n"                     // 15
                        "    data.clases: [secret]\n"   // 16
                        "    data.bytes: lots\n"        // 17
                        "    target.surface: web\n"     // 18
                        "    data.tokens: {is: 3}\n"    // 19
                        "    target.model: {in: no}\n"  // 20
                        "  then: refuse\n"              // 21
                        "  until: tomorrow\n"           // 22
                        "  obligations: [sing]\n"       // 23
                        "  wen: x\n"                    // 24
                        "- id: a\n"                     // 25
                        "  when: always\n"              // 26
                        "  then: reroute\n"));          // 27
  EXPECT_THAT(errors, ElementsAre("16:5 unknown-fact", "17:17 wrong-type", "18:21 wrong-type",
                                  "19:19 wrong-type", "20:24 dead-reference", "21:9 wrong-value",
                                  "22:10 wrong-value", "23:17 unknown-obligation", "24:3 unknown-name",
                                  "25:7 duplicate-id", "25:7 missing-name"));
}

TEST(Document, OnlyWhatNobodyCanKnowIsAssumed) {
  // The block of data begins in line 18.
  const std::string rules = "- {id: r, when: {tool: x, purpose: p, agent.unattended: true}, then: deny}\n";
  EXPECT_THAT(errors_of(text_of(rules, "assumed: {tool: x, purpose: p, agent.unattended: false}\n")),
              IsEmpty());
  EXPECT_THAT(errors_of(text_of(rules,
                                "assumed:\n  data.classes: []\n  time.now: 2026-01-01\n"
                                "  subject.team: t\n  target.hosting: own\n  agent.tools: []\n"
                                "  tol: x\n  agent.unattended: maybe\n")),
              ElementsAre("19:3 wrong-value", "20:3 wrong-value", "21:3 wrong-value", "22:3 wrong-value",
                          "23:3 wrong-value", "24:3 unknown-fact", "25:21 wrong-type"));
}

TEST(Document, ObligationsHaveValuesThatCanBeCarriedOut) {
  const auto errors = [](std::string_view obligations, std::string_view then = "ask") {
    return errors_of(text_of(
        fmt::format("- id: r\n  when: {{tool: x}}\n  then: {}\n  obligations: {}\n", then, obligations)));
  };
  EXPECT_THAT(errors("[{log: warn}, {header: x-ai=seen by us}, {disclose: Mit KI geprüft}, {expire: 7d}]"),
              IsEmpty());
  EXPECT_THAT(errors("[{log: loud}]"), ElementsAre("17:18 wrong-value"));
  for (const std::string header :
       {"x-ai", "=v", "x ai=v", "content-length=0", "x-ostiary-id=1", "Set-Cookie=a=b", "x-ai=ü"})
    EXPECT_THAT(errors("[{header: '" + header + "'}]"), ElementsAre("17:18 wrong-value")) << header;
  EXPECT_THAT(errors("[{expire: 7d}]", "deny"), ElementsAre("17:18 wrong-value"));
  EXPECT_THAT(errors("[header]"), ElementsAre("17:17 wrong-type"));
}

TEST(Document, SaysWhatWasMeant) {
  const auto read = read_document(text_of("- {id: a, when: {data.clases: x}, then: deny}\n"));
  ASSERT_FALSE(read.findings.all.empty());
  EXPECT_THAT(read.findings.all[0].message, HasSubstr("did you mean 'data.classes'?"));
}

TEST(Document, ABlockThatIsNoYamlNamesItsLine) {
  EXPECT_THAT(errors_of(text_of("- id: a\n\twhen: always\n")), ElementsAre(::testing::StartsWith("15:")));
  EXPECT_THAT(errors_of("# no front matter\n```policy\n- {id: a, when: always, then: deny}\n"),
              ElementsAre("1:1 front-matter", "2:1 fence"));
  EXPECT_THAT(errors_of("---\ntitle: \xff\n---\n"), ElementsAre("2:1 encoding"));
}

TEST(Document, ExceptionsEndAndNameARule) {
  EXPECT_THAT(
      errors_of(text_of("- {id: r, when: always, then: deny}\n"
                        "- {id: e, when: always, then: allow, exception-of: r, until: 2026-12-31}\n"
                        "- {id: f, when: always, then: allow, exception-of: r}\n"
                        "- {id: g, when: always, then: allow, exception-of: e, until: 2026-12-31}\n"
                        "- {id: h, when: always, then: allow, exception-of: no, until: 2026-12-31}\n")),
      ElementsAre("16:52 missing-name", "17:52 dead-reference", "18:52 dead-reference"));
}

TEST(Document, NestedTooDeeplyIsRefusedAndNotFollowed) {
  std::string when = "always";
  for (int i = 0; i < 30; ++i) when = "{not: " + when + "}";
  EXPECT_THAT(errors_of(text_of("- {id: a, when: " + when + ", then: deny}\n")),
              ElementsAre(HasSubstr("limit")));
  EXPECT_FALSE(read_document(text_of("- {id: a, when: " + std::string(200'000, '[') + "\n")).usable());
}

TEST(Document, HoldsTenThousandRulesAndNoMore) {
  const auto rules = [](int n) {
    std::string out;
    for (int i = 0; i < n; ++i)
      out += fmt::format("- {{id: r{}, when: {{data.bytes: {{over: {}}}}}, then: deny}}\n", i, i);
    return out;
  };
  EXPECT_EQ(read_document(text_of(rules(10'000))).document.rules.size(), 10'000U);
  EXPECT_THAT(errors_of(text_of(rules(10'001))), ElementsAre(HasSubstr("limit")));
}

TEST(Condition, IsToldInWords) {
  const auto read =
      read_document(text_of("- id: a\n  when:\n    data.classes: [secret, personal]\n"
                            "    any:\n      - data.bytes: {over: 64KiB}\n"
                            "      - not: {target.hosting: own}\n  then: deny\n"));
  ASSERT_EQ(read.document.rules.size(), 1U);
  EXPECT_EQ(in_words(read.document.rules[0].when, read.document),
            "data.classes holds any of personal, secret and (data.bytes is over 64KiB or target.hosting is "
            "not own)");
}

TEST(ReadFacts, AreTypedByTheTable) {
  const auto facts =
      read_facts(R"({"data.bytes": 12, "data.classes": ["b", "a", "b"], "agent.unattended": true})",
                 "facts.json", "file");
  ASSERT_TRUE(facts);
  EXPECT_EQ(std::get<std::int64_t>(facts->find("data.bytes")->value), 12);
  EXPECT_THAT(std::get<std::vector<std::string>>(facts->find("data.classes")->value), ElementsAre("a", "b"));
  EXPECT_TRUE(std::get<bool>(facts->find("agent.unattended")->value));
  const auto wrong = read_facts("{\"data.bytes\": 1,\n \"data.clases\": []}", "facts.json", "file");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().where, "facts.json:2:2");
}

}  // namespace
}  // namespace ostiary::policy
