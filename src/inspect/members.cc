#include "inspect/members.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.h"
#include "inspect/impl/marks.h"

namespace ostiary::inspect {

namespace {

bool word(char c) {
  return is_word(static_cast<unsigned char>(c));
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A licence tag's value may be told with the tag.
std::string_view without_tag(std::string_view value) {
  constexpr std::string_view tag = "spdx-license-identifier:";
  return value.starts_with(tag) ? value.substr(tag.size()) : value;
}

}  // namespace

Result<Members> Members::make(std::string_view rule, const std::vector<std::string>& entries) {
  Members members;
  if (rule == "host")
    members.rule_ = Rule::host;
  else if (rule == "mail")
    members.rule_ = Rule::mail;
  else if (rule == "licence")
    members.rule_ = Rule::licence;
  else if (rule == "holder")
    members.rule_ = Rule::holder;
  else
    return fail(Code::invalid, fmt::format("there is no rule '{}' for lists", rule));
  for (const auto& entry : entries) members.entries_.push_back(text::lower(entry));
  std::ranges::sort(members.entries_);
  return members;
}

bool Members::has(std::string_view text) const {
  const auto at = std::ranges::lower_bound(entries_, text);
  return at != entries_.end() && *at == text;
}

bool Members::has_or_above(std::string_view host) const {
  while (true) {
    if (has(host)) return true;
    const auto dot = host.find('.');
    if (dot == std::string_view::npos) return false;
    host.remove_prefix(dot + 1);
  }
}

// Narrows the entries down to those that begin as the text goes on from `start`, byte by byte.
bool Members::names_one_at(std::string_view text, std::size_t start) const {
  auto low = entries_.begin(), high = entries_.end();
  for (std::size_t depth = 0; low != high; ++depth) {
    const auto at = start + depth;
    if (low->size() == depth) {
      if (depth > 0 && (at == text.size() || !word(text[at]) || !word(text[at - 1]))) return true;
      ++low;
    }
    if (at == text.size()) return false;
    const auto c = static_cast<unsigned char>(text[at]);
    const auto of = [depth](const std::string& entry) { return static_cast<unsigned char>(entry[depth]); };
    low = std::ranges::lower_bound(low, high, c, {}, of);
    high = std::ranges::upper_bound(low, high, c, {}, of);
  }
  return false;
}

bool Members::names_one(std::string_view text) const {
  for (std::size_t at = 0; at < text.size(); ++at)
    if ((at == 0 || !word(text[at - 1]) || !word(text[at])) && names_one_at(text, at)) return true;
  return false;
}

// SPDX specification 2.3, annex D: an expression is ours where it is an entry, or all licences in it are.
bool Members::owns(std::string_view expression) const {
  if (has(expression)) return true;
  bool any = false;
  while (!expression.empty()) {
    const auto end = std::min(expression.find_first_of(" ()"), expression.size());
    const auto word = expression.substr(0, end);
    expression.remove_prefix(std::min(end + 1, expression.size()));
    if (word.empty() || word == "and" || word == "or" || word == "with") continue;
    if (!has(word)) return false;
    any = true;
  }
  return any;
}

bool Members::take(std::string_view value) const {
  const auto lower = text::lower(value);
  switch (rule_) {
    case Rule::host:
      return has_or_above(lower);
    case Rule::mail:
      return has_or_above(std::string_view(lower).substr(lower.rfind('@') + 1));
    case Rule::licence:
      return !owns(trimmed(without_tag(lower)));
    case Rule::holder:
      return !names_one(lower);
  }
  return true;
}

}  // namespace ostiary::inspect
