#include "inspect/redact.h"

#include <algorithm>
#include <fmt/format.h>

namespace ostiary::inspect {

bool Redactor::finds(const Inspection& found) const {
  return std::ranges::any_of(found.findings, [&](const Finding& f) { return f.confidence >= least_; });
}

std::string Redactor::masked(std::string_view text, const Inspection& found) {
  std::string out;
  std::uint64_t done = 0;
  for (const auto& finding : found.findings) {
    if (finding.confidence < least_ || finding.location.end <= done) continue;
    const auto start = std::max(finding.location.start, done);
    const auto type = fmt::format("{}:{}", name(finding.klass), finding.type);
    auto& known = numbers_[type];
    const std::string value(text.substr(start, finding.location.end - start));
    const int number = known.try_emplace(value, static_cast<int>(known.size()) + 1).first->second;
    out += text.substr(done, start - done);
    out += fmt::format("‹{}:{}›", type, number);
    done = finding.location.end;
  }
  return out += text.substr(done);
}

Result<std::string> Redactor::redact(std::string_view text, const Inspection& found) {
  constexpr int most = 4;
  const auto partial = [] {
    return fail(Code::too_large, "the text was not inspected to its end, so that it cannot be masked");
  };
  if (!found.partial.empty()) return partial();
  if (!finds(found)) return std::string(text);
  auto out = masked(text, found);
  for (int times = 1; times < most; ++times) {
    const auto again = inspecting_.inspect(out);
    if (!again.partial.empty()) return partial();
    if (!finds(again)) return out;
    out = masked(out, again);
  }
  return fail(Code::too_large,
              "whatever is masked in the text, more comes to light: leave the values out by hand");
}

}  // namespace ostiary::inspect
