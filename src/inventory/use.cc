#include "inventory/use.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clean.h"
#include "base/text.h"

namespace ostiary::inventory {

namespace {

const std::string kNothing;

bool says_unknown(std::string_view text) {
  return text.empty() || text::iequals(text, kUnknown);
}

std::string_view words_of(const Field& f, std::string_view text) {
  for (const auto word : f.words)
    if (text::iequals(word, text)) return word;
  return {};
}

std::unexpected<Error> wrong(const Field& f, std::string_view message) {
  return fail(Code::invalid, fmt::format("{}: {}", f.name, message));
}

Result<std::string> stated_one(const Field& f, std::string text) {
  switch (f.type) {
    case FieldType::word: {
      const auto word = words_of(f, text);
      if (word.empty()) return wrong(f, fmt::format("one of {} or unknown", fmt::join(f.words, ", ")));
      return std::string(word);
    }
    case FieldType::date:
      if (!is_day(text)) return wrong(f, "a day, such as 2026-11-26");
      return text;
    case FieldType::question: {
      auto digits = std::string_view(text);
      if (digits.starts_with("Q-") || digits.starts_with("q-")) digits.remove_prefix(2);
      const auto number = text::parse_uint(digits);
      if (!number || *number == 0) return wrong(f, "the number of a question, such as Q-17");
      return fmt::format("Q-{}", *number);
    }
    case FieldType::found:
      return wrong(f, "it is found, not stated");
    case FieldType::text:
      std::ranges::replace(text, '\n', ' ');
      return text;
    case FieldType::long_text:
    case FieldType::list:
      break;
  }
  return text;
}

}  // namespace

const std::string& Use::operator[](F f) const {
  return all(f).empty() ? kNothing : all(f).front();
}

void Use::set(F f, std::string value) {
  values[static_cast<std::size_t>(f)] =
      says_unknown(value) ? std::vector<std::string>{} : std::vector{std::move(value)};
}

void Use::set(F f, std::vector<std::string> list) {
  values[static_cast<std::size_t>(f)] = std::move(list);
}

void Use::see(const Sighting& sighting) {
  const auto key = sighting.key();
  // A later scan that finds another version found that this one is not there any more.
  const auto replaced = [](const Sighting& before, const Sighting& now) {
    auto same = before;
    same.version = now.version;
    return before.how == How::scan && before.version != now.version && before.last && now.last &&
           *before.last < *now.last && same.key() == now.key();
  };
  if (std::ranges::any_of(seen, [&](const auto& one) { return replaced(sighting, one); })) return;
  std::erase_if(seen, [&](const auto& one) { return replaced(one, sighting); });
  const auto at = std::ranges::lower_bound(seen, key, {}, &Sighting::key);
  if (at != seen.end() && at->key() == key)
    merge(*at, sighting);
  else if (seen.size() < kMostSeen)
    seen.insert(at, sighting);
  std::optional<WallMs> first, last;
  std::vector<std::string> how;
  for (const auto& one : seen) {
    if (one.first && (!first || *one.first < *first)) first = one.first;
    if (one.last && one.how != How::declaration && (!last || *one.last > *last)) last = one.last;
    how.emplace_back(inventory::name(one.how));
  }
  std::ranges::sort(how);
  how.erase(std::ranges::unique(how).begin(), how.end());
  set(F::first_seen, first ? day_of(*first) : std::string());
  set(F::last_seen, last ? day_of(*last) : std::string());
  set(F::seen, std::move(how));
}

std::optional<WallMs> Use::last_seen() const {
  std::optional<WallMs> last;
  for (const auto& one : seen)
    if (one.how != How::declaration && one.last && (!last || *one.last > *last)) last = one.last;
  return last;
}

std::string Use::title() const {
  for (const auto f : {F::tool, F::service, F::sdk, F::model, F::provider, F::purpose})
    if (known(f)) return (*this)[f];
  return "use " + id.text();
}

Result<std::vector<std::string>> stated(F f, std::vector<std::string> values) {
  const auto& row = field(f);
  std::vector<std::string> out;
  for (auto& value : values) {
    auto text = text::clean(value, Use::kLongestText);
    if (says_unknown(text)) continue;
    TRY(auto one, stated_one(row, std::move(text)));
    if (std::ranges::find(out, one) == out.end()) out.push_back(std::move(one));
  }
  if (row.type != FieldType::list && out.size() > 1) return wrong(row, "one value");
  if (out.size() > Use::kMostItems) return wrong(row, fmt::format("at most {}", Use::kMostItems));
  return out;
}

Result<Edit> read_edit(json::Value object) {
  Edit edit;
  for (const auto member : object) {
    const auto f = field_named(member.key());
    if (!f || !writable(*f)) continue;
    std::vector<std::string> values;
    if (member.is_array())
      for (const auto item : member) values.push_back(item.string_or(""));
    else if (auto text = member.as_string())
      values.push_back(std::move(*text));
    else if (!member.is_null())
      return fail(Code::invalid, fmt::format("{}: a text", inventory::name(*f)), member.pointer());
    auto good = stated(*f, std::move(values));
    if (!good) return fail(Code::invalid, good.error().message, member.pointer());
    edit[*f] = std::move(*good);
  }
  return edit;
}

bool apply_edit(Use& use, const Edit& edit) {
  bool changed = false;
  for (const auto& [f, values] : edit) {
    const auto i = static_cast<std::size_t>(f);
    const bool declares = !values.empty();
    if (use.values[i] == values && use.declared[i] == declares) continue;
    use.values[i] = values;
    use.declared[i] = declares;
    changed = true;
  }
  return changed;
}

std::string cell_of(const Use& use, F f) {
  if (!use.known(f)) return std::string(kUnknown);
  return fmt::format("{}", fmt::join(use.all(f), "; "));
}

namespace {

constexpr WallMs kDayMs = 86'400'000;

}  // namespace

std::string day_of(WallMs at) {
  return rfc3339(at).substr(0, 10);
}

std::optional<WallMs> parse_day(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  const auto at = parse_rfc3339(std::string(text) + "T00:00:00.000Z");
  if (!at || *at % kDayMs != 0 || day_of(*at) != text) return std::nullopt;
  return at;
}

bool is_day(std::string_view text) {
  return parse_day(text).has_value();
}

}  // namespace ostiary::inventory
