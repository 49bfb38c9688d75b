#include "scan/component.h"

#include <algorithm>
#include <array>

namespace ostiary::scan {

namespace {

constexpr std::array<std::string_view, 12> kKinds = {
    "sdk",        "framework",        "model",        "model-file", "dataset", "endpoint",
    "credential", "assistant-config", "agent-config", "mcp-server", "service", "ai-authored"};
constexpr std::array<std::string_view, 5> kGrades = {"mentioned", "declared", "imported", "called",
                                                     "deployed"};

template <class T, std::size_t N>
std::optional<T> named(const std::array<std::string_view, N>& names, std::string_view word) {
  const auto found = std::ranges::find(names, word);
  if (found == names.end()) return std::nullopt;
  return static_cast<T>(found - names.begin());
}

}  // namespace

std::string_view name(Kind kind) {
  return kKinds.at(static_cast<std::size_t>(kind));
}
std::optional<Kind> kind_named(std::string_view word) {
  return named<Kind>(kKinds, word);
}
std::string_view name(Grade grade) {
  return kGrades.at(static_cast<std::size_t>(grade));
}
std::optional<Grade> grade_named(std::string_view word) {
  return named<Grade>(kGrades, word);
}

}  // namespace ostiary::scan
