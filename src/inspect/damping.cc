#include "inspect/damping.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.h"

namespace ostiary::inspect {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool holds_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_letter(text[at - 1])) && (end == text.size() || !is_letter(text[end]))) return true;
  }
  return false;
}

// Without the quotes, blanks and signs that stand between a name and its value.
std::string_view before_signs(std::string_view context) {
  const auto end = context.find_last_not_of("\"'` \t:=");
  return context.substr(0, end + 1);
}

// The name that the value is given: "next_page_token" of `"next_page_token": "`.
std::string_view name_at_end(std::string_view text) {
  const auto in_name = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view("_-./$").find(c) != std::string_view::npos;
  };
  auto start = text.size();
  while (start > 0 && in_name(text[start - 1])) --start;
  return text.substr(start);
}

bool ends_with_word(std::string_view text, std::string_view word) {
  if (!text.ends_with(word)) return false;
  return text.size() == word.size() || !is_letter(text[text.size() - word.size() - 1]);
}

}  // namespace

Result<Damping> Damping::make(std::span<const catalog::Damper> dampers) {
  Damping out;
  for (const auto& spec : dampers) {
    Damper damper{spec, {}};
    for (auto* texts : {&damper.spec.contains, &damper.spec.words, &damper.spec.behind, &damper.spec.named})
      for (auto& text : *texts) text = text::lower(text);
    for (const auto& expression : spec.patterns) {
      auto pattern = Pattern::compile(expression, true);
      if (!pattern) {
        pattern.error().where = fmt::format("damper {}, patterns", spec.id);
        return std::unexpected(pattern.error());
      }
      damper.patterns.push_back(std::move(*pattern));
    }
    out.dampers_.push_back(std::move(damper));
  }
  std::ranges::sort(out.dampers_, std::ranges::greater(),
                    [](const Damper& d) { return std::pair(d.spec.effect, d.spec.id); });
  return out;
}

bool Damping::Damper::knows(std::string_view value, std::string_view lower, std::string_view context) const {
  const auto behind = before_signs(context);
  const auto name = name_at_end(behind);
  return std::ranges::any_of(spec.contains,
                             [&](const auto& t) { return lower.find(t) != std::string_view::npos; }) ||
         std::ranges::any_of(spec.words, [&](const auto& w) { return holds_word(lower, w); }) ||
         std::ranges::find(spec.values, value) != spec.values.end() ||
         std::ranges::any_of(patterns, [&](const auto& p) { return p.matches_all(value); }) ||
         std::ranges::any_of(
             spec.behind,
             [&](const auto& b) { return ends_with_word(context, b) || ends_with_word(behind, b); }) ||
         std::ranges::any_of(spec.named,
                             [&](const auto& n) { return name.find(n) != std::string_view::npos; });
}

Damping::Verdict Damping::judge(std::string_view value, std::string_view context, bool high) const {
  constexpr std::size_t most = 1024;  // a longer value is no placeholder
  if (value.size() > most) return {};
  const auto lower = text::lower(value), before = text::lower(context);
  for (const auto& damper : dampers_) {
    if (high && damper.spec.spares_high) continue;
    if (damper.knows(value, lower, before))
      return {damper.spec.effect == "none" ? Effect::none : Effect::low, damper.spec.id};
  }
  return {};
}

}  // namespace ostiary::inspect
