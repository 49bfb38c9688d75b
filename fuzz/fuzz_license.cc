#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "license/check.h"
#include "license/conflicts.h"
#include "license/json.h"
#include "license/notices.h"

using namespace ostiary;

namespace {

// The answer is the strictest of its reasons, and there is one.
void check_verdict(const license::Verdict& verdict) {
  if (verdict.reasons.empty()) std::abort();
  auto strictest = license::Says::permits;
  for (const auto& one : verdict.reasons) strictest = std::max(strictest, one.says);
  if (verdict.says != strictest) std::abort();
  std::string out;
  license::append_json(out, verdict);
}

// Whatever a profile leaves out, what is declared, and what it is made from: nothing is cleared by being
// unreadable.
void judge(std::string_view expression, const license::Profile& profile) {
  const auto verdict = license::check(expression, catalog::licenses(), profile);
  check_verdict(verdict);
  bool known = false;
  for (const auto& name : license::names_in(expression)) known = known || catalog::licenses().find(name);
  if (!known && !catalog::licenses().find(expression) && verdict.says < license::Says::unknown) std::abort();
}

}  // namespace

// The first line is an expression, the second a base, the rest a profile and a licence text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view given(reinterpret_cast<const char*>(data), size);
  const auto first = given.find('\n');
  const auto expression = given.substr(0, first);
  const auto behind = first == std::string_view::npos ? std::string_view() : given.substr(first + 1);
  const auto second = behind.find('\n');
  const auto base = behind.substr(0, second);
  const auto rest = second == std::string_view::npos ? std::string_view() : behind.substr(second + 1);

  const auto profile = license::read_profile(rest, "profile.yaml");
  judge(expression, profile ? *profile : license::Profile{});
  license::Work work;
  work.name = base;
  work.licenses = {{std::string(expression), "card", "README.md"},
                   {std::string(base), "license-file", "LICENSE"}};
  work.bases = {std::string(base)};
  // Every work comes from a longer name, for ever.
  license::examine(
      work,
      [&](std::string_view name) {
        auto out = work;
        out.name = name;
        out.bases = {std::string(name) + "x", std::string(base)};
        return std::optional(out);
      },
      catalog::licenses());
  license::Noticed noticed;
  noticed.name = base;
  noticed.expression = expression;
  noticed.text = rest;
  noticed.copyrights = license::copyright_lines(rest);
  if (license::notices({noticed}, catalog::licenses(), {}).text.empty()) std::abort();
  return 0;
}
