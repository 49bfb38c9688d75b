#include "inventory/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inventory/advisory.h"

namespace ostiary::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using enum VersionOrder;

void expect_ascending(const std::vector<std::string>& versions, VersionOrder order) {
  for (std::size_t i = 0; i < versions.size(); ++i)
    for (std::size_t j = 0; j < versions.size(); ++j)
      EXPECT_TRUE(compare_versions(versions[i], versions[j], order) == (i <=> j))
          << versions[i] << " and " << versions[j];
}

TEST(Versions, StandInTheOrderOfTheirEcosystem) {
  expect_ascending(
      {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
       "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0", "99999999999999999999.0.0"},
      semver);
  expect_ascending({"1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
                    "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5",
                    "1.0+abc.7", "1.0+5", "1.0.post456.dev34", "1.0.post456", "1.1.dev1", "1!0.1"},
                   pep440);
  expect_ascending({"1-alpha-1", "1-alpha-2", "1-beta-1", "1-milestone-1", "1-rc-1", "1-SNAPSHOT", "1.0",
                    "1-sp", "1.0.1", "1.1", "1.2-rc1", "1.2", "1.10", "2"},
                   maven);
  EXPECT_TRUE(compare_versions("v1.2", "1.2.0", semver) == 0);
  EXPECT_TRUE(compare_versions("1.0.0+build", "1.0.0", semver) == 0);
  EXPECT_TRUE(compare_versions("1.0-ga", "1.0", maven) == 0);
  EXPECT_TRUE(compare_versions("1.0alpha1", "1.0.a.1", pep440) == 0);
  EXPECT_TRUE(compare_versions("b4582", "b4590", any) < 0);
}

TEST(Versions, ARangeHoldsBetweenItsBounds) {
  const auto range = VersionRange::parse(" >=1.0, <1.2 ").value();
  for (const auto* in : {"1.0", "1.1.9", "1.2rc1"}) EXPECT_TRUE(range.holds(in)) << in;
  for (const auto* out : {"0.9", "1.2", "1.2.0", "3"}) EXPECT_FALSE(range.holds(out)) << out;
  EXPECT_TRUE(VersionRange::parse("1.1")->holds("1.1.0", pep440));
  EXPECT_FALSE(VersionRange::parse("!=1.1")->holds("1.1"));
  for (const auto* wrong : {"", "<", "latest", "^1.2", "<1.*", ">=1.0,"})
    EXPECT_FALSE(VersionRange::parse(wrong)) << wrong;
  for (const auto* vague : {"^1.2", "1.x", ">=1", "*", "latest", "1.2 || 2"})
    EXPECT_FALSE(is_exact_version(vague)) << vague;
}

constexpr std::string_view kOsv = R"({"id":"GHSA-1","summary":"bad","affected":[
  {"package":{"ecosystem":"PyPI","name":"openai"},
   "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.2.0"},{"introduced":"1.5"},{"last_affected":"1.6"}]}],
   "versions":["9.9"]}]})";

TEST(Advisory, OfOsvHoldsForItsRangesAndVersions) {
  const auto all = read_advisories(kOsv).value();
  ASSERT_EQ(all.size(), 1U);
  const auto& affected = all[0].affected.at(0);
  for (const auto* in : {"0.1", "1.1.9", "1.2.0rc1", "1.5", "1.6", "9.9"})
    EXPECT_TRUE(affected.holds(in)) << in;
  for (const auto* out : {"1.2", "1.4", "1.6.1", "9.8"}) EXPECT_FALSE(affected.holds(out)) << out;
  EXPECT_EQ(read_advisories("[" + std::string(kOsv) + "," + std::string(kOsv) + "]")->size(), 2U);
  EXPECT_EQ(read_advisories(R"({"vulns":[)" + std::string(kOsv) + "]}")->size(), 1U);
  for (const auto* none : {"", "[]", "{}", R"({"id":"x"})", "nonsense", R"({"id":3,"affected":[]})"})
    EXPECT_EQ(read_advisories(none).error().code, Code::invalid) << none;
}

constexpr std::string_view kCsaf =
    R"({"document":{"csaf_version":"2.0","title":"A hole","tracking":{"id":"ACME-1"}},
 "product_tree":{"branches":[{"category":"vendor","name":"Acme","branches":[
   {"category":"product_name","name":"Ollama","branches":[
     {"category":"product_version_range","name":"vers:generic/>=0.1|<0.5","product":{"product_id":"P1","name":"Ollama 0.1 to 0.5"}},
     {"category":"product_version","name":"0.6","product":{"product_id":"P2","name":"Ollama 0.6"}}]},
   {"category":"product_name","name":"Client","branches":[
     {"category":"product_version_range","name":"<1.2","product":{"product_id":"P3","name":"Client",
      "product_identification_helper":{"purl":"pkg:pypi/openai"}}}]}]}]},
 "vulnerabilities":[{"product_status":{"known_affected":["P1","P3","P9"],"fixed":["P2"]}}]})";

TEST(Advisory, OfCsafHoldsForTheProductsThatItCallsAffected) {
  const auto advisory = read_advisories(kCsaf).value().at(0);
  EXPECT_EQ(advisory.id, "ACME-1");
  ASSERT_EQ(advisory.affected.size(), 2U);
  EXPECT_EQ(advisory.affected[0].name, "Ollama");
  EXPECT_TRUE(advisory.affected[0].holds("0.1"));
  EXPECT_FALSE(advisory.affected[0].holds("0.0.9"));
  EXPECT_FALSE(advisory.affected[0].holds("0.5"));
  EXPECT_EQ(advisory.affected[1].name, "openai");
  EXPECT_EQ(advisory.affected[1].ecosystem, "pypi");
  EXPECT_TRUE(advisory.affected[1].holds("0.3"));
  EXPECT_THAT(advisory.partial, ElementsAre(HasSubstr("P9")));
}

TEST(License, ForbidsCommercialUseByItsNameOrIsUnknown) {
  EXPECT_EQ(forbids_commercial("CC-BY-NC-4.0"), Forbids::yes);
  EXPECT_EQ(forbids_commercial("Apache-2.0"), Forbids::no);
  EXPECT_EQ(forbids_commercial("LicenseRef-Llama-3.1-Community"), Forbids::unknown);
  EXPECT_EQ(forbids_commercial("MIT OR CC-BY-NC-4.0"), Forbids::no);
  EXPECT_EQ(forbids_commercial("MIT AND (CC-BY-NC-4.0 OR LicenseRef-x)"), Forbids::unknown);
  EXPECT_EQ(forbids_commercial("MIT AND CC-BY-NC-SA-4.0"), Forbids::yes);
  EXPECT_EQ(forbids_commercial("GPL-2.0-only WITH Classpath-exception-2.0"), Forbids::no);
  for (const auto* broken : {"", "unknown", "(MIT", "MIT MIT", "AND", "proprietary"})
    EXPECT_EQ(forbids_commercial(broken), Forbids::unknown) << broken;
}

Use use(std::string tool, Edit edit) {
  Use made;
  made.id = Id::make();
  edit[F::tool] = {std::move(tool)};
  apply_edit(made, edit);
  return made;
}

Use seen_with(std::string tool, std::string sdk, std::string version) {
  auto made = use(std::move(tool), {{F::repository, {"shop"}}, {F::owner, {"ada"}}});
  Sighting s;
  s.kind = "sdk", s.sdk = std::move(sdk), s.version = std::move(version), s.provider = "openai",
  s.repository = "shop";
  s.places = {"requirements.txt:3"};
  made.see(s);
  return made;
}

std::vector<std::string> titles(const std::vector<Answer>& answers) {
  std::vector<std::string> out;
  for (const auto& one : answers) out.push_back((one.certain ? "" : "perhaps ") + one.use.title());
  return out;
}

TEST(Answer, HoldsEachConditionAndCountsWhatIsUnknown) {
  const std::vector<Use> uses = {
      use("A", {{F::provider, {"OpenAI"}}, {F::data_classes, {"personal"}}, {F::model, {"gpt-4o"}}}),
      use("B", {{F::provider, {"mistral"}}, {F::data_classes, {"public"}}}), use("C", {}),
      use("D", {{F::provider, {"openai"}}, {F::status, {"retired"}}})};
  EXPECT_THAT(titles(answer(uses, {.provider = "openai"})), ElementsAre("A", "perhaps C"));
  EXPECT_THAT(titles(answer(uses, {.data = {"personal"}})), ElementsAre("A", "perhaps C"));
  EXPECT_THAT(titles(answer(uses, {.provider = "openai", .data = {"public"}})), ElementsAre("perhaps C"));
  EXPECT_THAT(titles(answer(uses, {.model = "GPT-4*"})), ElementsAre("A", "perhaps B", "perhaps C"));
  const auto terms = answer(uses, {.terms = {parse_terms("train_on_input!=no").value()}});
  EXPECT_EQ(terms.size(), 3U) << "terms that nobody read count";
  EXPECT_THAT(terms[0].reasons[0].text,
              HasSubstr("train_on_input in the terms of OpenAI (an unknown surface) is unknown"));
  EXPECT_FALSE(parse_terms("Train on input"));
}

TEST(Answer, KnowsTheLicencesOfModelsFromTheCatalogue) {
  const std::vector<Use> uses = {use("A", {{F::license, {"CC-BY-NC-4.0"}}}),
                                 use("B", {{F::license, {"MIT"}}}),
                                 use("C", {{F::license, {"LicenseRef-Llama-3.1-Community"}}}), use("D", {})};
  EXPECT_THAT(titles(answer(uses, {.license_forbids = "commercial"})),
              ElementsAre("A", "perhaps C", "perhaps D"));
}

TEST(Answer, ComparesTheVersionsThatWereSeenAndNeverGuessesOne) {
  const std::vector<Use> uses = {seen_with("Old", "openai", "1.1.0"), seen_with("New", "openai", "1.3.0"),
                                 seen_with("Vague", "openai", ">=1.0"), seen_with("Other", "cohere", "1.1.0"),
                                 use("Chat", {})};
  const auto found = answer(uses, {.sdk = "openai", .version = VersionRange::parse("<1.2").value()});
  EXPECT_THAT(titles(found), ElementsAre("Old", "perhaps Vague"));
  EXPECT_THAT(found[0].evidence, ElementsAre(HasSubstr("requirements.txt:3")));
  EXPECT_THAT(to_tell(found), ElementsAre("ada"));
  EXPECT_THAT(titles(answer(uses, {.advisories = read_advisories(kOsv).value()})),
              ElementsAre("Old", "perhaps Vague"));
}

TEST(Answer, RangesOfCommitsAreUnknownAndHitNobodyForSure) {
  const auto commits = read_advisories(
      R"({"id":"X-2","affected":[{"package":{"ecosystem":"PyPI","name":"openai"},"ranges":[
          {"type":"GIT","repo":"https://example.org/openai.git","events":[{"introduced":"0"},{"fixed":"9a1"}]}]}]})");
  ASSERT_TRUE(commits);
  EXPECT_THAT((*commits)[0].partial, ElementsAre(HasSubstr("openai: its ranges are of commits")));
  const auto found = answer({seen_with("Old", "openai", "1.1.0"), seen_with("Other", "cohere", "1.1.0")},
                            {.advisories = *commits});
  EXPECT_THAT(titles(found), ElementsAre("perhaps Old"));
  EXPECT_EQ(found[0].reasons[0].text, "X-2: which versions of openai are affected is unknown, so it counts");
}

TEST(Answer, AnAdvisoryOfCommitsAloneMeetsWhatIsNamedLikeItsRepository) {
  const auto commits = read_advisories(
      R"({"id":"X-3","affected":[{"ranges":[
          {"type":"GIT","repo":"https://example.org/ggml/llama.cpp.git/","events":[{"introduced":"0"}]}]}]})");
  ASSERT_TRUE(commits);
  EXPECT_THAT(titles(answer({use("llama.cpp", {}), use("ollama", {})}, {.advisories = *commits})),
              ElementsAre("perhaps llama.cpp"));
}

TEST(Answer, VersionsBesideCommitsAreCompared) {
  const auto both = read_advisories(
      R"({"id":"X-4","affected":[{"package":{"ecosystem":"PyPI","name":"openai"},"versions":["1.1.0"],"ranges":[
          {"type":"GIT","repo":"https://example.org/openai","events":[{"introduced":"0"}]}]}]})");
  ASSERT_TRUE(both);
  EXPECT_THAT((*both)[0].partial, IsEmpty());
  EXPECT_THAT(titles(answer({seen_with("Old", "openai", "1.1.0"), seen_with("New", "openai", "1.3.0")},
                            {.advisories = *both})),
              ElementsAre("Old"));
}

TEST(Answer, AnAdvisoryOfThirtyThousandProductsMeetsThousandsOfUsesAtOnce) {
  Advisory big{.id = "BIG-1"};
  for (int i = 0; i < 30'000; ++i)
    big.affected.push_back(
        {.ecosystem = "pypi", .name = "thing-" + std::to_string(i), .versions = {"1.1.0"}});
  big.affected.push_back({.ecosystem = "crates.io", .name = "async-openai", .versions = {"1.1.0"}});
  std::vector<Use> uses = {seen_with("Old", "async-openai", "1.1.0")};
  for (int i = 0; i < 3'000; ++i)
    uses.push_back(seen_with("Tool " + std::to_string(i), "thing-" + std::to_string(i * 20), "1.1.0"));
  const auto begun = mono_now();
  EXPECT_EQ(answer(uses, {.advisories = {big}}).size(), 1501U)
      << "half are named, and one that the catalogue knows";
  EXPECT_LT(mono_now() - begun, 10'000'000'000) << "it takes a fraction of a second alone";
}

TEST(Answer, AWithdrawnAdvisoryAffectsNobodyAndOneOfAToolMeetsItByName) {
  auto withdrawn = read_advisories(kOsv).value();
  withdrawn[0].withdrawn = true;
  EXPECT_THAT(answer({seen_with("Old", "openai", "1.1.0")}, {.advisories = withdrawn}), IsEmpty());
  const std::vector<Use> uses = {use("Ollama", {{F::version, {"0.3.1"}}}),
                                 use("ollama", {{F::version, {"0.5.0"}}}), use("OLLAMA", {})};
  EXPECT_THAT(titles(answer(uses, {.advisories = read_advisories(kCsaf).value()})),
              ElementsAre("Ollama", "perhaps OLLAMA"));
}

}  // namespace
}  // namespace ostiary::inventory
