#include "gateway/limit_set.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

#include "base/text.h"
#include "catalog/catalog.h"
#include "json/document.h"
#include "json/writer.h"

namespace ostiary::gateway {

namespace {
constexpr std::string_view kUnlimitedWord = "unlimited";
constexpr std::uint64_t kMost = 1'000'000'000'000;  // of counts and bytes

std::string_view form(Limit limit) {
  if (limit == Limit::spend) return "US dollars below 1000000, such as 250 or 0.75";
  return limit == Limit::prompt ? "bytes, such as 256KiB" : "a whole number up to 1000000000000";
}
}  // namespace

Result<std::int64_t> read_limit(Limit limit, std::string_view text) {
  if (text == kUnlimitedWord) return kUnlimited;
  std::optional<std::int64_t> value;
  if (limit == Limit::spend) {
    value = catalog::parse_dollars(text);
  } else if (limit == Limit::prompt) {
    if (const auto bytes = text::parse_bytes(text); bytes && *bytes <= kMost)
      value = static_cast<std::int64_t>(*bytes);
  } else if (const auto count = text::parse_uint(text); count && *count <= kMost) {
    value = static_cast<std::int64_t>(*count);
  }
  if (!value) return fail(Code::invalid, fmt::format("must be {}, or unlimited", form(limit)));
  return *value;
}

Result<LimitSet> limits_from_json(std::string_view text) {
  TRY(const auto document, json::Document::parse(text, {.max_depth = 4, .max_values = 64}));
  if (!document.root().is_object())
    return fail(Code::invalid, "limits must be an object of limits and their values");
  LimitSet limits;
  for (const json::Value member : document.root()) {
    const auto key = member.key();
    const auto found = std::ranges::find(kLimitNames, key);
    if (found == kLimitNames.end())
      return fail(Code::invalid, fmt::format("there is no limit '{}'; known: {}", key.substr(0, 60),
                                             fmt::join(kLimitNames, ", ")));
    if (member.is_null()) continue;
    const auto limit = static_cast<Limit>(found - kLimitNames.begin());
    if (!member.is(json::Type::number) && member.as_string() != kUnlimitedWord)
      return fail(Code::invalid, fmt::format("'{}' must be a number, \"unlimited\" or null", key));
    // What is less than a millionth is written with an exponent.
    if (const auto dollars = member.as_number();
        limit == Limit::spend && dollars && *dollars >= 0 && *dollars < 1e-6) {
      limits[limit] = std::llround(*dollars * 1e9);
      continue;
    }
    auto value = read_limit(limit, member.is_string() ? kUnlimitedWord : member.raw());
    if (!value) return fail(Code::invalid, fmt::format("'{}' {}", key, value.error().message));
    limits[limit] = *value;
  }
  return limits;
}

void append_limit_value(std::string& out, Limit limit, std::int64_t value) {
  if (value == kUnlimited)
    out += "null";
  else if (limit == Limit::spend)
    json::append_number(out, static_cast<double>(value) / 1e9);
  else
    json::append_number(out, value);
}

std::string limits_to_json(const LimitSet& limits) {
  auto names = kLimitNames;
  std::ranges::sort(names);
  std::string out = "{";
  for (const auto& word : names) {
    const auto limit = static_cast<Limit>(std::ranges::find(kLimitNames, word) - kLimitNames.begin());
    const auto& value = limits[limit];
    if (!value) continue;
    if (out.size() > 1) out += ',';
    out += json::quoted(word) + ":";
    if (*value == kUnlimited)
      out += json::quoted(kUnlimitedWord);
    else
      append_limit_value(out, limit, *value);
  }
  return out + "}";
}

}  // namespace ostiary::gateway
