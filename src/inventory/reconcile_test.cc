#include "inventory/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inventory/match.h"

namespace ostiary::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr WallMs kDay = 86'400'000, kNow = 20'000 * kDay;

constexpr std::string_view kScan =
    R"({"ostiary":1,"kind":"scan","partial":[{"file":"big.zip","text":"too large","why":"bomb"}],
 "components":[
  {"kind":"sdk","name":"openai","provider":"openai","surface":"api","version":"1.1.0","grade":"called","places":7,
   "license":{"expression":"Apache-2.0"},"evidence":[
     {"grade":"declared","location":{"file":"requirements.txt","line":1}},
     {"grade":"called","location":{"file":"bot.py","line":12}}]},
  {"kind":"model","name":"gpt-4o","provider":"openai","surface":"","version":"","grade":"called","places":1,
   "license":{"expression":"NOASSERTION"},"evidence":[{"grade":"called","location":{"file":"bot.py","line":13}}]},
  {"kind":"sdk","name":"cohere","provider":"cohere","surface":"","version":"","grade":"mentioned","places":1,
   "license":{"expression":"MIT"},"evidence":[]}]})";

Evidence scanned(std::string_view repository = "shop") {
  Evidence evidence;
  const auto document = json::Document::parse(kScan).value();
  EXPECT_TRUE(take_document(evidence, document.root(), repository, kNow - kDay));
  return evidence;
}

Sighting at_gate(std::string provider, std::string team, std::string model, WallMs last = kNow) {
  Sighting s;
  s.how = How::gate;
  s.provider = std::move(provider), s.team = std::move(team), s.model = std::move(model);
  s.service = s.provider + "-main", s.tool = "curl", s.count = 12;
  s.first = kNow - 10 * kDay, s.last = last;
  return s;
}

Use declared(std::string tool, Edit edit) {
  Use use;
  use.id = Id::make();
  edit[F::tool] = {std::move(tool)};
  apply_edit(use, edit);
  use.created = kNow - 100 * kDay;
  return use;
}

std::vector<std::string> lines(const Reconciled& found) {
  std::vector<std::string> out;
  for (const auto& f : found.findings) out.push_back(std::string(name(f.gap)) + " " + f.what);
  return out;
}

Reconciling how(std::optional<WallMs> since = {}) {
  return {.now = kNow, .since = since};
}

TEST(Evidence, TakesWhatAScanFoundAndLeavesOutWhatIsOnlyMentioned) {
  const auto evidence = scanned();
  ASSERT_EQ(evidence.sightings.size(), 2U);
  EXPECT_TRUE(evidence.scanned);
  EXPECT_FALSE(evidence.logs);
  const auto& sdk = evidence.sightings[1].kind == "sdk" ? evidence.sightings[1] : evidence.sightings[0];
  EXPECT_EQ(sdk.sdk, "openai");
  EXPECT_EQ(sdk.license, "Apache-2.0");
  EXPECT_THAT(sdk.places, ElementsAre("bot.py:12")) << "of the strongest grade";
  EXPECT_THAT(evidence.partial, ElementsAre("shop/big.zip: too large"));
}

TEST(Evidence, TakesLogsWithoutWhatMayBeAnotherThing) {
  Evidence evidence;
  const auto document = json::Document::parse(R"({"kind":"scan-logs","reached":[
    {"kind":"tool","id":"chatgpt","surface":"consumer","requests":9,"mixed":false,"first":"2024-10-01","last":"2024-10-02"},
    {"kind":"provider","id":"google","surface":"api","requests":5,"mixed":true,"first":null,"last":null},
    {"kind":"tool","id":"claude","surface":"consumer","requests":0,"mixed":false,"refused":3}]})")
                            .value();
  ASSERT_TRUE(take_document(evidence, document.root(), "", kNow));
  ASSERT_EQ(evidence.sightings.size(), 1U);
  EXPECT_EQ(evidence.sightings[0].tool, "chatgpt");
  EXPECT_EQ(day_of(*evidence.sightings[0].last), "2024-10-02");
  const auto other = json::Document::parse(R"({"kind":"inspection"})").value();
  EXPECT_EQ(take_document(evidence, other.root(), "", kNow).error().code, Code::invalid);
}

TEST(Match, TellsAUseByWhatItNamesAndNeverAgainstWhatItSays) {
  const auto holds = [](const Edit& edit, const Sighting& s) {
    Use use;
    apply_edit(use, edit);
    return Matcher(use).holds(s);
  };
  const auto gate = at_gate("openai", "blue", "gpt-4o");
  EXPECT_TRUE(holds({{F::provider, {"OpenAI"}}, {F::team, {"Blue"}}}, gate));
  EXPECT_TRUE(holds({{F::provider, {"openai"}}, {F::tool, {"Bot"}}, {F::team, {"blue"}}}, gate))
      << "the gate's tool is the client's word";
  EXPECT_TRUE(holds({{F::model, {"gpt-4*"}}}, gate));
  EXPECT_FALSE(holds({{F::model, {"gpt-3*"}}, {F::team, {"blue"}}, {F::provider, {"openai"}}}, gate))
      << "another model";
  EXPECT_FALSE(holds({{F::provider, {"openai"}}, {F::team, {"red"}}}, gate)) << "another team";
  EXPECT_FALSE(holds({{F::model, {"gpt-4o"}}, {F::team, {"red"}}}, gate)) << "the same model of another team";
  EXPECT_FALSE(holds({{F::provider, {"openai"}}, {F::tool, {"Bot"}}}, gate))
      << "the provider alone tells too little";
  EXPECT_TRUE(holds({{F::provider, {"openai"}}}, gate)) << "unless nothing else is said";
  EXPECT_FALSE(holds({}, gate));
}

TEST(Reconcile, ProposesWhatNobodyDeclaredOnceForEachRepositoryAndProvider) {
  auto evidence = scanned();
  const auto found = reconcile({}, evidence, how());
  ASSERT_EQ(found.proposed.size(), 1U);
  const auto& use = found.proposed[0];
  EXPECT_EQ(use[F::provider], "openai");
  EXPECT_THAT(use.all(F::sdk), ElementsAre("openai"));
  EXPECT_THAT(use.all(F::model), ElementsAre("gpt-4o"));
  EXPECT_EQ(use[F::repository], "shop");
  EXPECT_EQ(use[F::license], "Apache-2.0");
  EXPECT_FALSE(use.known(F::purpose)) << "nobody guesses it";
  EXPECT_FALSE(use.is_declared(F::provider)) << "it was seen, not declared";
  EXPECT_THAT(lines(found), ElementsAre("seen-never-declared openai"));
  EXPECT_THAT(found.findings[0].evidence, ::testing::Contains(HasSubstr("bot.py:12")));
}

TEST(Reconcile, ProposalsThatWereTakenAreNotProposedAgain) {
  auto evidence = scanned("");
  evidence.gate = true;
  evidence.add(at_gate("openai", "blue", "gpt-4o"));
  evidence.add(at_gate("mistral", "blue", "small"));
  evidence.add(at_gate("mistral", "blue", "large"));
  const auto first = reconcile({}, evidence, how());
  EXPECT_EQ(first.proposed.size(), 3U);
  const auto second = reconcile(first.proposed, evidence, how());
  EXPECT_THAT(second.proposed, IsEmpty());
  EXPECT_EQ(second.marks.size(), 3U);
}

TEST(Reconcile, FindsWhatCodeReachesPastTheGateAndWhatTheGateSeesWithoutCode) {
  auto evidence = scanned();
  evidence.gate = true;
  evidence.add(at_gate("mistral", "blue", "small"));
  EXPECT_THAT(lines(reconcile({}, evidence, how())),
              ElementsAre("in-code-never-at-gate openai", "at-gate-in-no-code mistral",
                          "seen-never-declared mistral-main", "seen-never-declared openai"));
  evidence.add(at_gate("openai", "blue", "gpt-4o"));
  EXPECT_THAT(lines(reconcile({}, evidence, how())),
              ::testing::Not(::testing::Contains("in-code-never-at-gate openai")));
}

TEST(Reconcile, ConcludesNothingFromASourceThatNobodyLookedAt) {
  auto evidence = scanned();
  for (const auto& line : lines(reconcile({}, evidence, how()))) EXPECT_THAT(line, Not(HasSubstr("gate")));
  EXPECT_THAT(reconcile({}, evidence, how()).partial,
              ElementsAre("shop/big.zip: too large", "the gate has no traffic to look at",
                          "no logs of proxies were read"));
}

TEST(Reconcile, FindsWhatWasApprovedAndIsGoneWithWhomToTell) {
  auto evidence = scanned();
  auto gone = declared("Notetaker", {{F::approval, {"Q-3"}}, {F::owner, {"legal"}}});
  auto retired = declared("Old bot", {{F::approval, {"Q-4"}}, {F::status, {"retired"}}});
  auto there =
      declared("Shop", {{F::approval, {"Q-5"}}, {F::provider, {"openai"}}, {F::repository, {"shop"}}});
  auto unapproved = declared("Other", {});
  const auto found = reconcile({gone, retired, there, unapproved}, evidence, how());
  ASSERT_THAT(lines(found), ElementsAre("approved-but-gone Notetaker"));
  EXPECT_EQ(found.findings[0].owner, "legal");
  EXPECT_EQ(found.findings[0].use, gone.id);
  EXPECT_THAT(reconcile({gone}, Evidence{}, how()).findings, IsEmpty()) << "nobody looked";
  Sighting recent = at_gate("zoom", "blue", "");
  recent.last = kNow - 30 * kDay;
  gone.see(recent);
  EXPECT_THAT(lines(reconcile({gone}, evidence, how())),
              ::testing::Not(::testing::Contains("approved-but-gone Notetaker")))
      << "it was seen a month ago";
}

TEST(Reconcile, FindsWhatIsNewSinceADay) {
  auto evidence = scanned();
  auto old = declared("Shop", {{F::provider, {"openai"}}, {F::repository, {"shop"}}});
  auto before = evidence.sightings[0];
  before.first = before.last = kNow - 50 * kDay;
  old.see(before);
  EXPECT_THAT(lines(reconcile({old}, evidence, how(kNow - 7 * kDay))), IsEmpty());
  EXPECT_THAT(lines(reconcile({}, evidence, how(kNow - 7 * kDay))),
              ElementsAre("seen-never-declared openai", "new-since openai"));
  EXPECT_THAT(lines(reconcile({}, evidence, how(kNow))), ElementsAre("seen-never-declared openai"));
}

TEST(Reconcile, StaysQuickWhereMuchIsKnownAndMuchWasSeen) {
  std::vector<Use> uses;
  Evidence evidence;
  evidence.gate = evidence.scanned = true;
  for (int i = 0; i < 4000; ++i) {
    const auto n = std::to_string(i);
    uses.push_back(declared("Tool " + n,
                            {{F::provider, {"provider" + std::to_string(i % 50)}}, {F::team, {"team" + n}}}));
    evidence.add(at_gate("provider" + std::to_string(i % 50), "team" + n, "model"));
    uses.back().see(evidence.sightings.back());
  }
  const auto begun = mono_now();
  const auto found = reconcile(uses, evidence, how());
  EXPECT_EQ(found.marks.size(), 4000U);
  EXPECT_THAT(found.proposed, IsEmpty());
  EXPECT_LT(mono_now() - begun, 10'000'000'000) << "it takes a fraction of a second alone";
}

TEST(Reconcile, WhatHoldsSharesAKeySoThatNoUseIsPassedOver) {
  std::uint32_t state = 7;
  const auto one_of = [&](std::initializer_list<const char*> words) {
    state = state * 1'664'525 + 1'013'904'223;
    return std::string(words.begin()[(state >> 16) % words.size()]);
  };
  std::size_t holding = 0;
  for (int i = 0; i < 60'000; ++i) {
    const auto use =
        declared(one_of({"", "", "Chat", "Bot"}), {{F::provider, {one_of({"", "openai", "x"})}},
                                                   {F::surface, {one_of({"", "api"})}},
                                                   {F::service, {one_of({"", "", "main"})}},
                                                   {F::team, {one_of({"", "", "red"})}},
                                                   {F::repository, {one_of({"", "", "shop"})}},
                                                   {F::approval, {one_of({"", "Q-1"})}},
                                                   {F::sdk, {one_of({"", "", "openai"})}},
                                                   {F::model, {one_of({"", "gpt-*", "gpt-4"})}}});
    Sighting s;
    s.how = *how_named(one_of({"gate", "log", "question", "scan"}));
    s.tool = one_of({"", "chat"}), s.provider = one_of({"", "OpenAI", "x"}), s.surface = one_of({"", "api"});
    s.service = one_of({"", "main"}), s.team = one_of({"", "Red"}), s.repository = one_of({"", "shop"});
    s.question = one_of({"", "Q-1"}), s.sdk = one_of({"", "openai"}), s.model = one_of({"", "GPT-4"});
    const Matcher matcher(use);
    const SeenNames seen(s);
    if (!matcher.holds(seen)) continue;
    ++holding;
    auto a = matcher.keys(), b = seen.keys();
    std::ranges::sort(a), std::ranges::sort(b);
    std::vector<std::string> shared;
    std::ranges::set_intersection(a, b, std::back_inserter(shared));
    EXPECT_TRUE(!shared.empty() || (matcher.names_patterns() && !s.model.empty())) << s.text();
  }
  EXPECT_GT(holding, 1000U);
}

TEST(Reconcile, StaysQuickForAnOfficeOfFiftyThousandComponents) {
  std::vector<Use> uses;
  Evidence evidence;
  evidence.scanned = true;
  for (int i = 0; i < 50'000; ++i) {
    Sighting s;
    s.repository = "repository" + std::to_string(i / 50);
    s.kind = i % 2 == 0 ? "model-file" : "sdk";
    (i % 2 == 0 ? s.model : s.sdk) = "thing " + std::to_string(i % 977);
    if (i % 4 == 1) s.provider = "provider" + std::to_string(i % 20);
    evidence.add(s);
    if (i % 10 == 0)
      uses.push_back(
          declared("Tool " + std::to_string(i), {{F::repository, {s.repository}}, {F::sdk, {s.sdk}}}));
  }
  const auto begun = mono_now();
  EXPECT_GT(reconcile(uses, evidence, how()).proposed.size(), 5000U);
  EXPECT_LT(mono_now() - begun, 10'000'000'000) << "it takes about a second alone";
}

TEST(Reconcile, GivesTheSameForTheSame) {
  auto evidence = scanned();
  evidence.gate = true;
  evidence.add(at_gate("mistral", "blue", "small"));
  const auto id = +[] { return *Id::parse("01a21443-cf1b-707c-bee3-0ee98cdf902d"); };
  const auto a = reconcile({}, evidence, how(0), id), b = reconcile({}, evidence, how(0), id);
  ASSERT_EQ(a.proposed.size(), b.proposed.size());
  std::string one, two;
  for (const auto& use : a.proposed) append_json(one, use);
  for (const auto& use : b.proposed) append_json(two, use);
  EXPECT_EQ(one, two);
  EXPECT_EQ(lines(a), lines(b));
}

}  // namespace
}  // namespace ostiary::inventory
