// Every detector of the catalogue holds what its examples promise.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inspect/engine.h"
#include "inspect/impl/labelled.h"

namespace ostiary::inspect {
namespace {

// What one detector finds by itself, of at least medium confidence.
std::vector<std::string> found_by(const catalog::Detector& spec, const std::string& text) {
  auto set = DetectorSet::make({&spec, 1}, catalog::dampers());
  if (!set) return {set.error().text(), "?"};
  const Engine engine(std::move(*set));
  Inspecting inspecting(engine);
  std::vector<std::string> out;
  for (const auto& finding : inspecting.inspect(text).findings)
    if (finding.confidence >= Confidence::medium)
      out.push_back(text.substr(finding.location.start, finding.location.end - finding.location.start));
  return out;
}

class EachDetector : public testing::TestWithParam<catalog::Detector> {};

TEST_P(EachDetector, FiresAndIsSilentAsItsExamplesSay) {
  for (const auto& example : GetParam().fires) {
    const auto text = without_joints(example);
    EXPECT_EQ(found_by(GetParam(), text).size(), 1U) << text;
  }
  for (const auto& example : GetParam().silent) {
    const auto text = without_joints(example);
    EXPECT_THAT(found_by(GetParam(), text), testing::IsEmpty()) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EachDetector, testing::ValuesIn(catalog::detectors()), [](const auto& info) {
  auto name = info.param.id;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(Detectors, AllCompileTogether) {
  const auto engine = Engine::builtin();
  ASSERT_TRUE(engine) << engine.error().text();
}

}  // namespace
}  // namespace ostiary::inspect
