#include "inspect/checks.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "inspect/impl/check_kinds.h"

namespace ostiary::inspect {

namespace {

bool is_separator(char c) {
  return c == ' ' || c == '.' || c == '-' || c == '/';
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

const CheckKind* kind_of(std::string_view name) {
  for (const auto kinds :
       {number_checks(), weighted_checks(), country_checks(), address_checks(), token_checks()})
    for (const auto& kind : kinds)
      if (kind.name == name) return &kind;
  return nullptr;
}

// The last `n` letters and digits with what stands between them.
std::string_view last_of(std::string_view value, std::size_t n) {
  std::size_t at = value.size();
  while (at > 0 && n > 0)
    if (!is_separator(value[--at])) --n;
  return value.substr(at);
}

}  // namespace

CheckWords::CheckWords(std::string_view argument) {
  for (const auto word : text::split(argument, ' '))
    if (!word.empty()) words_.push_back(word);
}

bool CheckWords::take(std::string_view word) {
  return std::erase(words_, word) > 0;
}

std::optional<std::string_view> CheckWords::take_value(std::string_view name) {
  for (auto word = words_.begin(); word != words_.end(); ++word) {
    if (!word->starts_with(name) || word->substr(name.size()).substr(0, 1) != "=") continue;
    const auto value = word->substr(name.size() + 1);
    words_.erase(word);
    return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> CheckWords::take_if(bool (*wanted)(std::string_view)) {
  const auto word = std::ranges::find_if(words_, wanted);
  if (word == words_.end()) return std::nullopt;
  const auto taken = *word;
  words_.erase(word);
  return taken;
}

// Bytes of the no-break space (U+00A0, U+2007, U+202F) that `s` begins with.
static std::size_t no_break_space(std::string_view s) {
  if (s.starts_with("\xc2\xa0")) return 2;
  return s.starts_with("\xe2\x80\xaf") || s.starts_with("\xe2\x80\x87") ? 3 : 0;
}

std::optional<Characters> Characters::of(std::string_view value) {
  Characters out;
  if (value.size() > 4 * kMost) return std::nullopt;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (is_separator(value[i])) continue;
    if (const auto blank = no_break_space(value.substr(i))) {
      i += blank - 1;
      continue;
    }
    if (out.size_ == kMost) return std::nullopt;
    out.text_[out.size_++] = upper(value[i]);
  }
  return out;
}

std::optional<Characters> Characters::digits_of(std::string_view value) {
  auto out = of(value);
  if (!out || out->size_ < 2 || !out->all_digits(0, out->size_)) return std::nullopt;
  if (out->text().find_first_not_of(out->text_[0]) == std::string_view::npos) return std::nullopt;
  return out;
}

bool Characters::all_digits(std::size_t from, std::size_t n) const {
  return from + n <= size_ && std::ranges::all_of(text(from, n), is_decimal);
}

std::uint64_t Characters::number(std::size_t from, std::size_t n) const {
  std::uint64_t out = 0;
  for (const char c : text(from, n)) out = out * 10 + static_cast<std::uint64_t>(c - '0');
  return out;
}

Result<Check> Check::make(const catalog::Detector::Check& spec) {
  Check check;
  if (spec.kind.empty()) return check;
  CheckWords words(spec.argument);
  if (const auto last = words.take_value("last")) {
    const auto n = text::parse_uint(*last);
    if (!n || *n == 0 || *n > Characters::kMost)
      return fail(Code::invalid,
                  fmt::format("last={} must be a number from 1 to {}", *last, Characters::kMost),
                  "check argument");
    check.last_ = *n;
  }
  for (const auto name : text::split(spec.kind, '+')) {
    const auto* kind = kind_of(name);
    if (!kind)
      return fail(Code::invalid,
                  fmt::format("there is no check '{}'; known are {}", name, fmt::join(kinds(), ", ")),
                  "check kind");
    auto step = kind->make(spec, words);
    if (!step) return std::unexpected(step.error());
    check.steps_.push_back(std::move(*step));
  }
  if (!words.left().empty())
    return fail(Code::invalid, fmt::format("'{}' is no argument of {}", words.left().front(), spec.kind),
                "check argument");
  return check;
}

bool Check::holds(std::string_view value) const {
  if (last_ > 0) value = last_of(value, last_);
  return std::ranges::all_of(steps_, [&](const auto& step) { return step(value); });
}

std::vector<std::string_view> Check::kinds() {
  std::vector<std::string_view> out;
  for (const auto kinds :
       {number_checks(), weighted_checks(), country_checks(), address_checks(), token_checks()})
    for (const auto& kind : kinds) out.push_back(kind.name);
  std::ranges::sort(out);
  return out;
}

}  // namespace ostiary::inspect
