// What people write into the cells of a table.

#include "inventory/impl/cell.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/text.h"
#include "inventory/use.h"

namespace ostiary::inventory {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<Pair, 20> kStates = {{{"active", "in-use"},
                                           {"live", "in-use"},
                                           {"production", "in-use"},
                                           {"in production", "in-use"},
                                           {"deployed", "in-use"},
                                           {"in use", "in-use"},
                                           {"used", "in-use"},
                                           {"operational", "in-use"},
                                           {"pilot", "trial"},
                                           {"poc", "trial"},
                                           {"proof of concept", "trial"},
                                           {"test", "trial"},
                                           {"testing", "trial"},
                                           {"evaluation", "trial"},
                                           {"experiment", "trial"},
                                           {"decommissioned", "retired"},
                                           {"inactive", "retired"},
                                           {"ended", "retired"},
                                           {"discontinued", "retired"},
                                           {"not used any more", "retired"}}};
constexpr std::array<Pair, 8> kDuties = {{{"yes", "done"},
                                          {"completed", "done"},
                                          {"complete", "done"},
                                          {"pending", "due"},
                                          {"open", "due"},
                                          {"n a", "not-required"},
                                          {"not applicable", "not-required"},
                                          {"not needed", "not-required"}}};
constexpr std::array<Pair, 4> kRisks = {{{"high risk", "high"},
                                         {"minimal risk", "minimal"},
                                         {"limited risk", "transparency"},
                                         {"unacceptable risk", "prohibited"}}};

constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};

std::span<const Pair> other_words(F f) {
  switch (f) {
    case F::status:
      return kStates;
    case F::fria:
    case F::dpia:
    case F::workers_informed:
      return kDuties;
    case F::ai_act_risk:
      return kRisks;
    default:
      return {};
  }
}

std::optional<std::string> day_from(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
  if (year < 1970 || year > 9999) return std::nullopt;
  auto text = fmt::format("{:04}-{:02}-{:02}", year, month, day);
  return is_day(text) ? std::optional(std::move(text)) : std::nullopt;
}

std::uint64_t month_named(std::string_view word) {
  if (word.size() < 3) return 0;
  for (std::size_t i = 0; i < kMonths.size(); ++i)
    if (kMonths[i].starts_with(word) || word == "sept") return word == "sept" ? 9 : i + 1;
  return 0;
}

// Three parts with a month in words.
std::optional<std::string> named_day(const std::vector<std::string_view>& parts) {
  std::uint64_t month = 0;
  std::vector<std::uint64_t> numbers;
  for (const auto part : parts) {
    if (const auto number = text::parse_uint(part))
      numbers.push_back(*number);
    else if (const auto named = month_named(part); named != 0 && month == 0)
      month = named;
    else
      return std::nullopt;
  }
  if (month == 0 || numbers.size() != 2) return std::nullopt;
  if (numbers[0] > 31) std::swap(numbers[0], numbers[1]);
  return day_from(numbers[1], month, numbers[0]);
}

std::optional<std::string> numbered_day(const std::vector<std::string_view>& parts, char separator) {
  std::array<std::uint64_t, 3> n{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto number = text::parse_uint(parts[i]);
    if (!number) return std::nullopt;
    n[i] = *number;
  }
  if (n[0] > 31) return day_from(n[0], n[1], n[2]);
  if (separator == '.') return day_from(n[2], n[1], n[0]);
  const auto day_first = day_from(n[2], n[1], n[0]), month_first = day_from(n[2], n[0], n[1]);
  if (day_first && month_first && *day_first != *month_first) return std::nullopt;  // it could be either
  return day_first ? day_first : month_first;
}

}  // namespace

std::string plain_words(std::string_view text) {
  std::string out;
  for (const char c : text::lower(text)) {
    const bool kept =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (kept)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool says_nothing(std::string_view cell) {
  const auto text = text::lower(text::trim(cell));
  constexpr std::array<std::string_view, 10> words = {"",  "unknown", "?",    "tbd",       "tba",
                                                      "-", "--",      "#n/a", "not known", "unclear"};
  return std::ranges::find(words, text) != words.end();
}

std::optional<std::string> day_in(std::string_view cell) {
  auto text = text::trim(cell);
  if (text.size() > 10 && (text[10] == ' ' || text[10] == 'T') && is_day(text.substr(0, 10)))
    return std::string(text.substr(0, 10));
  if (text.size() > 40) return std::nullopt;
  for (const char separator : {'-', '.', '/'}) {
    const auto parts = text::split(text, separator);
    if (parts.size() == 3)
      if (auto day = numbered_day(parts, separator)) return day;
  }
  const auto words = plain_words(text);
  const auto parts = text::split(words, ' ');
  return parts.size() == 3 ? named_day(parts) : std::nullopt;
}

std::optional<std::string> word_in(const Field& field, std::string_view cell) {
  const auto plain = plain_words(cell);
  for (const auto word : field.words)
    if (plain_words(word) == plain) return std::string(word);
  for (const auto& [said, word] : other_words(field.id))
    if (said == plain) return std::string(word);
  return std::nullopt;
}

std::vector<std::string> items_in(std::string_view cell) {
  std::vector<std::string> out;
  while (!cell.empty()) {
    const auto end = std::min(cell.find_first_of(";,|\n\r"), cell.size());
    if (const auto item = text::trim(cell.substr(0, end)); !item.empty()) out.emplace_back(item);
    cell.remove_prefix(std::min(end + 1, cell.size()));
  }
  return out;
}

}  // namespace ostiary::inventory
