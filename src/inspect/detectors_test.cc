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

TEST(Detectors, EachFiresAndIsSilentAsItsExamplesSay) {
  for (const auto& spec : catalog::detectors()) {
    for (const auto& example : spec.fires) {
      const auto text = without_joints(example);
      EXPECT_EQ(found_by(spec, text).size(), 1U) << spec.id << ": " << text;
    }
    for (const auto& example : spec.silent) {
      const auto text = without_joints(example);
      EXPECT_THAT(found_by(spec, text), testing::IsEmpty()) << spec.id << ": " << text;
    }
  }
}

TEST(Detectors, EachSecretHasAFloorBelowWhichAValueIsNone) {
  for (const auto& spec : catalog::detectors()) {
    if (spec.klass != "secret") continue;
    EXPECT_GT(std::max(spec.entropy, spec.rarity), 0) << spec.id << " has neither entropy nor rarity";
  }
}

TEST(Detectors, AllCompileTogether) {
  const auto engine = Engine::builtin();
  ASSERT_TRUE(engine) << engine.error().text();
}

}  // namespace
}  // namespace ostiary::inspect
