#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/cyclonedx.h"
#include "report/impl/samples.h"
#include "report/spdx.h"

// What the published schemas ask for is tested by tests/report; here is what they do not ask for.
namespace ostiary::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Bom& sample(std::string_view name) {
  static const auto all = samples::boms();
  return std::ranges::find(all, name, &samples::NamedBom::name)->bom;
}
std::string old_form(const Bom& bom) {
  return cyclonedx(bom, CycloneDxVersion::v1_6);
}
std::string new_form(const Bom& bom) {
  return cyclonedx(bom, CycloneDxVersion::v1_7);
}
std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

TEST(CycloneDx, TheOrderOfWhatIsGivenPlaysNoPart) {
  auto turned = sample("full");
  std::ranges::reverse(turned.components);
  std::ranges::reverse(turned.dependencies);
  EXPECT_EQ(old_form(turned), old_form(sample("full")));
  EXPECT_EQ(new_form(turned), new_form(sample("full")));
}

TEST(CycloneDx, NamesTheDocumentItsTimeItsToolAndItsAuthor) {
  const auto text = old_form(sample("full"));
  EXPECT_THAT(text,
              HasSubstr(R"("serialNumber":"urn:uuid:019ac0de-0000-7000-8000-000000000001","version":1)"));
  EXPECT_THAT(text, HasSubstr(R"("timestamp":"2026-11-26T08:02:03.456Z")"));
  EXPECT_THAT(text, HasSubstr(R"("components":[{"type":"application","name":"ostiary","version":"0.1.0"}])"));
  EXPECT_THAT(text, HasSubstr(R"("manufacturer":{"name":"Example AG"})"));
}

TEST(CycloneDx, AModelHasItsCard) {
  const auto text = old_form(sample("full"));
  EXPECT_THAT(text,
              HasSubstr(R"("approach":{"type":"self-supervised"},"task":"text-generation",)"
                        R"("architectureFamily":"transformer","modelArchitecture":"LlamaForCausalLM")"));
  EXPECT_THAT(text, HasSubstr(R"("datasets":[{"ref":"dataset/mails"}])"));
  EXPECT_THAT(text, HasSubstr(R"("type":"accuracy","value":"0.91","slice":"German mails")"));
  EXPECT_THAT(text, HasSubstr(R"("useCases":["Answers questions of customers","Sorts mail"])"));
  EXPECT_THAT(text, HasSubstr(R"("activityEnergyCost":{"value":1460000,"unit":"kWh"})"));
  EXPECT_THAT(text, HasSubstr(R"({"name":"ostiary:ai:personal-data","value":"yes"})"));
  EXPECT_THAT(text,
              HasSubstr(R"("pedigree":{"ancestors":[{"type":"machine-learning-model","group":"meta-llama")"));
}

TEST(CycloneDx, AServiceTellsWhereDataGoes) {
  const auto text = old_form(sample("full"));
  EXPECT_THAT(text, HasSubstr(R"("endpoints":["https://api.openai.com/v1/chat/completions"],)"
                              R"("authenticated":true,"x-trust-boundary":true,"trustZone":"processors",)"
                              R"("data":[{"flow":"bi-directional","classification":"personal")"));
  EXPECT_THAT(text, HasSubstr(R"({"name":"ostiary:endpoint","value":"localhost:11434"})"));
  EXPECT_THAT(text, HasSubstr(R"({"name":"ostiary:seen","value":"src/a.py:12"})"));
}

TEST(CycloneDx, EvidenceHasFileLineAndByte) {
  EXPECT_THAT(old_form(sample("full")),
              HasSubstr(R"("occurrences":[{"location":"src/a.py","line":3,"offset":40,)"
                        R"("symbol":"openai.OpenAI","additionalContext":"called"})"));
}

TEST(CycloneDx, BothLicencesAreToldInEachVersionsWay) {
  const auto concluded = R"x("licenses":[{"expression":"Apache-2.0 OR (MIT AND LicenseRef-Own)")x";
  EXPECT_THAT(old_form(sample("full")), HasSubstr(concluded));
  EXPECT_THAT(old_form(sample("full")),
              HasSubstr(R"({"name":"ostiary:license:declared","value":"Apache-2.0"})"));
  EXPECT_THAT(new_form(sample("full")), HasSubstr(concluded));
  EXPECT_THAT(new_form(sample("full")),
              HasSubstr(R"({"expression":"Apache-2.0","acknowledgement":"declared"})"));
  EXPECT_THAT(new_form(sample("full")),
              HasSubstr(R"("expressionDetails":[{"licenseIdentifier":"LicenseRef-Own",)"
                        R"("text":{"content":"All rights reserved."}}])"));
}

TEST(CycloneDx, WhatIsNotKnownIsSaidOrAbsentAndNeverMadeUp) {
  const auto text = old_form(sample("unknown"));
  EXPECT_EQ(count(text, R"({"name":"ostiary:license","value":"NOASSERTION"})"), 11U);
  EXPECT_THAT(text, HasSubstr(R"({"name":"ostiary:ai:autonomy","value":"unknown"})"));
  for (const char* invented : {"\"licenses\"", "authenticated", "supplier", "provider", "\"hashes\"",
                               "energy", "\"dependsOn\"", "\"version\":\"\""})
    EXPECT_THAT(text, Not(HasSubstr(invented)));
  EXPECT_THAT(text, HasSubstr(R"("aggregate":"unknown")"));
}

TEST(CycloneDx, WhatWasNotReadMakesItIncomplete) {
  EXPECT_THAT(old_form(sample("full")), HasSubstr(R"("aggregate":"incomplete")"));
  EXPECT_THAT(old_form(sample("full")), HasSubstr("archive.zip!/b: the member is encrypted"));
}

TEST(CycloneDx, CredentialsInAddressesAreLeftOut) {
  EXPECT_THAT(old_form(sample("hostile")), HasSubstr("\"https://h/"));
  EXPECT_THAT(old_form(sample("hostile")), Not(HasSubstr("\"https://user")));
}

TEST(CycloneDx, ALongVersionIsCutAndKeptWhole) {
  auto bom = sample("empty");
  bom.subject.version = std::string(1023, 'a') + "\u00e4" + "b";
  EXPECT_THAT(old_form(bom), HasSubstr("\"version\":\"" + std::string(1023, 'a') + "\""));
  EXPECT_THAT(old_form(bom), HasSubstr(R"("name":"ostiary:version","value":")" + bom.subject.version + "\""));
}

TEST(Spdx, TheOrderOfWhatIsGivenPlaysNoPart) {
  auto turned = sample("full");
  std::ranges::reverse(turned.components);
  std::ranges::reverse(turned.dependencies);
  EXPECT_EQ(spdx(turned), spdx(sample("full")));
}

TEST(Spdx, EveryComponentHasOneLicenceOfEachKind) {
  for (const char* name : {"empty", "full", "unknown", "hostile"}) {
    const auto components = sample(name).components.size() + 1;
    EXPECT_EQ(count(spdx(sample(name)), R"("relationshipType":"hasConcludedLicense")"), components) << name;
    EXPECT_EQ(count(spdx(sample(name)), R"("relationshipType":"hasDeclaredLicense")"), components) << name;
  }
}

TEST(Spdx, UnknownIsNoAssertion) {
  const auto text = spdx(sample("unknown"));
  EXPECT_EQ(count(text, R"("to":["expandedlicensing_NoAssertionLicense"])"), 22U);
  EXPECT_THAT(text, HasSubstr(R"("ai_autonomyType":"noAssertion")"));
  EXPECT_THAT(text, HasSubstr(R"("dataset_datasetType":["noAssertion"])"));
  EXPECT_THAT(text, Not(HasSubstr("suppliedBy")));
}

TEST(Spdx, ANamedLicenceIsAnExpressionOfItsOwnWithItsAddress) {
  const auto text = spdx(sample("full"));
  EXPECT_THAT(text,
              HasSubstr(R"("simplelicensing_licenseExpression":"LicenseRef-Llama-3.1-Community-License")"));
  EXPECT_THAT(text, HasSubstr(R"("key":"LicenseRef-Llama-3.1-Community-License","value":"urn:uuid:)"));
  EXPECT_THAT(text, HasSubstr(R"("locator":["https://llama.meta.com/llama3_1/license"])"));
  EXPECT_THAT(text, HasSubstr(R"("simplelicensing_licenseText":"All rights reserved.")"));
}

TEST(Spdx, LinksAreRelationships) {
  const auto text = spdx(sample("full"));
  EXPECT_EQ(count(text, R"("relationshipType":"trainedOn")"), 1U);
  EXPECT_EQ(count(text, R"("relationshipType":"testedOn")"), 1U);
  EXPECT_EQ(count(text, R"("relationshipType":"descendantOf")"), 1U);
  EXPECT_EQ(count(text, R"("relationshipType":"dependsOn")"), 2U);
  EXPECT_THAT(text, HasSubstr(R"("completeness":"incomplete")"));
}

TEST(Spdx, EvidenceIsALineOfAFile) {
  EXPECT_THAT(spdx(sample("full")),
              HasSubstr(R"("software_lineRange":{"type":"PositiveIntegerRange","beginIntegerRange":3,)"
                        R"("endIntegerRange":3})"));
}

TEST(Spdx, TimesAreWholeSeconds) {
  EXPECT_THAT(spdx(sample("full")), HasSubstr(R"("created":"2026-11-26T08:02:03Z")"));
}

}  // namespace
}  // namespace ostiary::report
