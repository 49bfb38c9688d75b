#include <algorithm>

#include "base/text.h"
#include "report/impl/bom_parts.h"

namespace ostiary::report {

namespace {

constexpr std::size_t kLongest = 4096;
constexpr std::size_t kDeepest = 100;

bool is_id(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.';
  });
}

// "LicenseRef-x" or "DocumentRef-y:LicenseRef-x", with the kind that is asked for.
bool is_custom(std::string_view word, std::string_view prefix) {
  if (word.starts_with("DocumentRef-")) {
    const auto colon = word.find(':');
    if (colon == std::string_view::npos || !is_id(word.substr(0, colon)) || colon == 12) return false;
    word.remove_prefix(colon + 1);
  }
  return word.starts_with(prefix) && is_id(word.substr(prefix.size()));
}

bool is_license(std::string_view word) {
  if (is_custom(word, "LicenseRef-")) return true;
  if (word.starts_with("LicenseRef-") || word.starts_with("AdditionRef-")) return false;
  if (word.ends_with('+')) word.remove_suffix(1);
  return is_id(word);
}

bool is_addition(std::string_view word) {
  return is_custom(word, "AdditionRef-") || (is_id(word) && !word.starts_with("LicenseRef-"));
}

bool is_operator(std::string_view word, std::string_view upper, std::string_view lower) {
  return word == upper || word == lower;
}

// The next word or parenthesis; empty at the end.
std::string_view next(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n\r"), rest.size()));
  if (rest.empty()) return {};
  const bool alone = rest.front() == '(' || rest.front() == ')';
  const auto length = alone ? 1 : std::min(rest.find_first_of(" \t\n\r()"), rest.size());
  const auto word = rest.substr(0, length);
  rest.remove_prefix(length);
  return word;
}

}  // namespace

bool well_formed_expression(std::string_view rest) {
  if (rest.size() > kLongest) return false;
  enum class After { nothing, license, addition, group } after = After::nothing;
  std::size_t depth = 0;
  for (auto word = next(rest); !word.empty(); word = next(rest)) {
    const bool junction = is_operator(word, "AND", "and") || is_operator(word, "OR", "or");
    if (after == After::nothing) {
      if (word == "(") {
        if (++depth > kDeepest) return false;
      } else if (junction || is_operator(word, "WITH", "with") || !is_license(word)) {
        return false;
      } else {
        after = After::license;
      }
    } else if (word == ")") {
      if (depth-- == 0) return false;
      after = After::group;
    } else if (junction) {
      after = After::nothing;
    } else if (is_operator(word, "WITH", "with") && after == After::license) {
      if (!is_addition(next(rest))) return false;
      after = After::addition;
    } else {
      return false;
    }
  }
  return after != After::nothing && depth == 0;
}

std::vector<std::string> custom_ids(std::string_view rest) {
  std::vector<std::string> out;
  for (auto word = next(rest); !word.empty(); word = next(rest))
    if (word.starts_with("LicenseRef-") || word.starts_with("AdditionRef-")) out.emplace_back(word);
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

LicenseText license_text(const BomLicense& license) {
  const auto expression = text::trim(license.expression);
  if (expression == "NOASSERTION") return {};
  if (expression == "NONE") return {LicenseForm::none, "NONE"};
  if (well_formed_expression(expression)) return {LicenseForm::expression, std::string(expression)};
  auto name = as_utf8(text::trim(license.name.empty() ? expression : license.name));
  return name.empty() ? LicenseText{} : LicenseText{LicenseForm::name, std::move(name)};
}

std::string license_ref_of(std::string_view name) {
  constexpr std::size_t most = 64;
  std::string out = "LicenseRef-";
  const auto prefix = out.size();
  for (const char c : name) {
    if (out.size() - prefix == most) break;
    if (is_id({&c, 1}) && c != '-') {
      out += c;
    } else if (out.back() != '-') {
      out += '-';
    }
  }
  while (out.size() > prefix && out.back() == '-') out.pop_back();
  return out.size() == prefix ? out + "unnamed" : out;
}

}  // namespace ostiary::report
