#include "policy/changes.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

namespace ostiary::policy {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "1.10" is behind "1.9".
int compare_versions(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      const auto number = [](std::string_view& s) {
        s.remove_prefix(std::min(s.find_first_not_of('0'), s.size()));
        const auto end = static_cast<std::size_t>(std::ranges::find_if_not(s, is_digit) - s.begin());
        const auto out = s.substr(0, end);
        s.remove_prefix(end);
        return out;
      };
      const auto x = number(a), y = number(b);
      if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
      if (const int order = x.compare(y)) return order;
      continue;
    }
    if (a[0] != b[0]) return a[0] < b[0] ? -1 : 1;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.empty() == b.empty() ? 0 : a.empty() ? -1 : 1;
}

std::vector<std::string> sentences_of(const Diff& diff) {
  std::vector<std::string> out;
  for (const auto& shift : diff.shifts) out.push_back(shift.text);
  // Tests and sections are told where nothing else is: the rest says it better.
  const bool decides = !diff.shifts.empty();
  for (const auto& d : diff.differences) {
    const bool minor = d.kind == "test" || d.kind == "clause" || (d.kind == "front" && d.name == "version");
    if (!minor || (!decides && d.kind == "clause")) out.push_back(d.text);
  }
  if (out.empty()) out.emplace_back("Nothing that decides, and no section, is another one.");
  if (out.size() > kMostSentences) {
    const auto more = out.size() - kMostSentences;
    out.resize(kMostSentences);
    out.push_back(fmt::format("And {} more; 'ostiary policy diff' tells all.", more));
  }
  return out;
}

}  // namespace

bool is_older(const Document& a, const Document& b) {
  if (const int order = compare_versions(a.version, b.version)) return order < 0;
  return std::tie(a.effective, a.digest) < std::tie(b.effective, b.digest);
}

std::vector<Change> change_log(const std::vector<Version>& versions) {
  std::vector<Version> all;
  for (const auto& version : versions)
    if (all.empty() || all.back().policy->document().digest != version.policy->document().digest)
      all.push_back(version);
  const auto first = all.size() > kMostVersions ? all.size() - kMostVersions : 0;
  std::vector<Change> out;
  for (auto i = all.size(); i-- > first;) {
    const auto& d = all[i].policy->document();
    Change change{.version = d.version,
                  .date = all[i].date.empty() ? d.effective : all[i].date,
                  .digest = d.digest,
                  .sentences = {}};
    if (i > 0) change.sentences = sentences_of(diff(*all[i - 1].policy, *all[i].policy));
    out.push_back(std::move(change));
  }
  return out;
}

}  // namespace ostiary::policy
