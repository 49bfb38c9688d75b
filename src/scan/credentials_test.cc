#include "scan/impl/credentials.h"

#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "scan/impl/detectors.h"

namespace ostiary::scan {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<Sign> keys_in(std::string_view bytes) {
  Signs signs;
  signs_of_credentials({"conf/.env", bytes}, signs);
  return signs.all;
}

// An example of the catalogue, without the mark that keeps scanners quiet.
std::string example_of(std::string_view id) {
  const auto& all = catalog::detectors();
  const auto found = std::ranges::find(all, id, &catalog::Detector::id);
  auto text = found->fires.front();
  for (const std::string_view mark = "⟦+⟧"; text.contains(mark);) text.erase(text.find(mark), mark.size());
  return text;
}

TEST(Credentials, AKeyOfAModelServiceIsNamedByItsDetectorAndMasked) {
  const auto text = example_of("openai-api-key");
  const auto keys = keys_in(text);
  ASSERT_THAT(keys, SizeIs(1));
  EXPECT_EQ(keys[0].name, "openai-api-key");
  EXPECT_EQ(keys[0].provider, "openai");
  EXPECT_THAT(keys[0].note, HasSubstr("OpenAI API key"));
  EXPECT_THAT(keys[0].note, Not(HasSubstr(text.substr(keys[0].start + 12, 20))));
}

TEST(Credentials, EachDetectorOfModelsFindsItsOwnExample) {
  for (const auto& detector : detectors_of_models()) {
    auto text = example_of(detector.id);
    if (!detector.models_beside.empty()) text += "\n# " + detector.models_beside.front() + "\n";
    EXPECT_THAT(keys_in(text), Not(IsEmpty())) << detector.id;
  }
}

TEST(Credentials, PlaceholdersAndKeysOfOtherThingsAreNone) {
  EXPECT_THAT(keys_in("OPENAI_API_KEY=sk-...\nANTHROPIC_API_KEY=changeme\nMISTRAL_API_KEY=<your key>\n"),
              IsEmpty());
  EXPECT_THAT(keys_in("OPENAI_API_KEY=${OPENAI_API_KEY}\n"), IsEmpty());
  EXPECT_THAT(keys_in(example_of("github-personal-token")), IsEmpty());
}

TEST(Credentials, AKeyForManyThingsCountsBesideAWordOfModels) {
  const auto text = example_of("google-api-key");
  EXPECT_THAT(keys_in(text), IsEmpty());
  EXPECT_THAT(keys_in(text + "\nGEMINI_MODEL=x\n"), SizeIs(1));
}

TEST(Credentials, ProvidersOfDetectorsAreOfTheCatalogue) {
  EXPECT_GE(detectors_of_models().size(), 40u);
  for (const auto& detector : detectors_of_models())
    EXPECT_TRUE(detector.models_provider == "several" || catalog::find_provider(detector.models_provider))
        << detector.id;
}

}  // namespace
}  // namespace ostiary::scan
