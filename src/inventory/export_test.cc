#include "inventory/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/spreadsheet.h"
#include "inventory/import.h"
#include "inventory/summary.h"

namespace ostiary::inventory {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Use use(std::string tool, Edit edit) {
  Use made;
  made.id = *Id::parse("01a21443-cf1b-707c-bee3-0ee98cdf902d");
  made.changed = 1'764'000'000'000;
  edit[F::tool] = {std::move(tool)};
  apply_edit(made, edit);
  return made;
}

Use bot() {
  auto made = use("=cmd()|x", {{F::provider, {"OpenAI"}},
                               {F::surface, {"api"}},
                               {F::model, {"gpt-4o"}},
                               {F::sdk, {"openai-python"}},
                               {F::data_classes, {"personal", "code"}},
                               {F::purpose, {"<script>alert(1)</script>"}},
                               {F::datasets, {"tickets"}}});
  made.other.emplace_back("Cost centre", "+42");
  Sighting s;
  s.sdk = "openai-python", s.version = "1.2.3", s.places = {"a.py:12"}, s.grade = "called";
  made.see(s);
  return made;
}

TEST(Csv, HoldsEveryFieldAndNoFormula) {
  const auto text = uses_csv({bot(), use("Other", {})});
  EXPECT_THAT(text, HasSubstr("'=cmd()|x"));
  EXPECT_THAT(text, HasSubstr("'+42"));
  EXPECT_THAT(text, HasSubstr("personal; code"));
  EXPECT_THAT(text, HasSubstr("Cost centre\r\n"));
  for (const auto& f : fields())
    EXPECT_THAT(text.substr(0, text.find("\r\n")), HasSubstr(std::string(f.name)));
}

TEST(Bom, NamesWhatEachUseUsesOnceAndSaysUnknown) {
  const auto bom = bom_of({bot(), bot()}, {.author = "Acme", .tool_version = "1"});
  std::vector<std::string> refs;
  for (const auto& one : bom.components) refs.push_back(one.ref);
  EXPECT_EQ(std::ranges::count(refs, "model/gpt-4o"), 1);
  EXPECT_THAT(refs, Contains("sdk/openai-python@1.2.3"));
  EXPECT_THAT(refs, Contains("dataset/tickets"));
  EXPECT_THAT(refs, Contains("service/openai/api/"));
  const auto& first = bom.components.front();
  EXPECT_TRUE(std::ranges::any_of(
      first.properties, [](const auto& p) { return p.name == "ostiary:owner" && p.value == "unknown"; }));
  ASSERT_EQ(first.occurrences.size(), 1U);
  EXPECT_EQ(first.occurrences[0].line, 12U);
  EXPECT_EQ(bom.id, bom_of({bot(), bot()}, {}).id) << "the same uses make the same document";
  EXPECT_NE(bom.id, bom_of({bot()}, {}).id);
  const auto service = std::ranges::find(bom.components, "service/openai/api/", &report::BomComponent::ref);
  EXPECT_EQ(service->supplier, "OpenAI");
  EXPECT_EQ(service->service->crosses_boundary, report::Known::yes);
  EXPECT_EQ(service->service->data.size(), 2U);
}

TEST(Summary, CountsWhatIsUnknownAndWhatIsARiskAndNamesNobody) {
  auto risky = use("Chat", {{F::surface, {"consumer"}},
                            {F::data_classes, {"personal"}},
                            {F::owner, {"ada lovelace"}},
                            {F::status, {"in-use"}}});
  auto high = use("Hiring", {{F::ai_act_risk, {"high"}}, {F::next_review, {"2020-01-01"}}});
  auto old = use("Old", {{F::status, {"retired"}}, {F::ai_act_risk, {"prohibited"}}});
  Reconciled found;
  found.findings.push_back({.gap = Gap::seen_never_declared, .what = "cursor"});
  found.partial = {"no code was scanned"};
  const auto s = summarise({risky, high, old}, found, AnswerTimes{.asked = 3, .first_p50_ms = 3'720'000},
                           1'764'000'000'000);
  std::vector<std::string> risks, decisions;
  for (const auto& one : s.risks) risks.push_back(one.what);
  for (const auto& one : s.decisions) decisions.push_back(one.what);
  EXPECT_EQ(risks.at(0), "High-risk use without human oversight that anybody wrote down");
  EXPECT_THAT(risks, Contains("Personal or confidential data through consumer or free surfaces"));
  EXPECT_THAT(risks, Contains("A review that is overdue"));
  EXPECT_THAT(risks, Not(Contains(HasSubstr("Article 5")))) << "it is retired";
  EXPECT_THAT(decisions, Contains("Declare or stop: seen, and in no inventory"));
  const auto html = summary_html(s), text = summary_text(s);
  for (const auto& page : {html, text}) {
    EXPECT_THAT(page, HasSubstr("no code was scanned"));
    EXPECT_THAT(page, Not(HasSubstr("ada lovelace"))) << "a page for management names no person";
    EXPECT_THAT(page, HasSubstr("1 h 2 min"));
  }
  std::string json;
  append_json(json, s);
  EXPECT_TRUE(json::Document::parse(json));
}

TEST(Summary, ItsPageShowsTextsAsTextsAndLoadsNothing) {
  auto hostile = use("<img src=x onerror=alert(1)>", {{F::provider, {"\"><script>"}}});
  const auto html = summary_html(summarise({hostile}, {}, std::nullopt, 0));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("http://")));
  EXPECT_THAT(html, Not(HasSubstr("src=\"")));
  EXPECT_THAT(html, HasSubstr("lang=\"en\""));
  EXPECT_EQ(html.find("<h1"), html.rfind("<h1"));
}

}  // namespace
}  // namespace ostiary::inventory
