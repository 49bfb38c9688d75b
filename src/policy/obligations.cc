#include "policy/obligations.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/text.h"

namespace ostiary::policy {

namespace {

constexpr std::size_t kLongestLine = 200;

constexpr auto kObligations = std::to_array<ObligationSpec>({
    {"cap-retention", "a duration, such as 30d", false, "a recording of the exchange is kept no longer"},
    {"disclose", "a line of at most 200 bytes", true,
     "a line that says that AI was used goes with the answer"},
    {"expire", "a duration, such as 7d", true, "what was approved is asked about again after it"},
    {"header", "NAME=VALUE", true, "the answer carries a header"},
    {"log", "a level: info or warn", true, "the exchange is logged at the level"},
    {"match-code", "", false, "code in the answer is compared with the corpus"},
    {"notify", "the name of a webhook", true, "a webhook is told"},
});
static_assert(std::ranges::is_sorted(kObligations, {}, &ObligationSpec::name));

bool is_token(std::string_view text) {  // RFC 9110 section 5.6.2
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

// Headers that frame an answer, carry credentials or are the gate's or the service's to say.
bool is_taken(std::string_view name) {
  static constexpr std::array<std::string_view, 20> names = {
      "allow",  "alt-svc", "authorization", "cache-control", "connection",  "cookie",           "date",
      "expect", "host",    "keep-alive",    "location",      "retry-after", "server",           "set-cookie",
      "te",     "trailer", "upgrade",       "vary",          "via",         "transfer-encoding"};
  static constexpr std::array<std::string_view, 7> starts = {
      "access-control-", "content-", "proxy-", "sec-", "strict-transport-", "www-", "x-ostiary-"};
  const auto low = text::lower(name);
  return std::ranges::find(names, low) != names.end() || low.starts_with("x-ratelimit-") ||
         std::ranges::any_of(starts, [&](std::string_view start) { return low.starts_with(start); });
}

bool is_line(std::string_view text) {
  return !text.empty() && text.size() <= kLongestLine && text::is_utf8(text) &&
         std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
         });
}

std::optional<std::string> wrong_header(std::string_view value) {
  const auto sign = value.find('=');
  const auto name = value.substr(0, sign);
  const auto content = sign == std::string_view::npos ? std::string_view() : value.substr(sign + 1);
  if (!is_token(name) || name.size() > 64 || !is_line(content) ||
      std::ranges::any_of(content, [](char c) { return static_cast<unsigned char>(c) > 0x7e; }))
    return "takes NAME=VALUE, both of printable ASCII characters, such as x-ai=reviewed";
  if (is_taken(name))
    return fmt::format("cannot set '{}', which is not the policy's to say; choose another", name);
  return std::nullopt;
}

}  // namespace

std::span<const ObligationSpec> obligation_table() {
  return kObligations;
}

const ObligationSpec* find_obligation(std::string_view name) {
  const auto at = std::ranges::lower_bound(kObligations, name, {}, &ObligationSpec::name);
  return at != kObligations.end() && at->name == name ? &*at : nullptr;
}

std::optional<std::string> wrong_value(const ObligationSpec& spec, std::string_view value) {
  const auto takes = [&](bool right) -> std::optional<std::string> {
    if (right) return std::nullopt;
    return fmt::format("takes {}", spec.takes);
  };
  if (spec.takes.empty()) return value.empty() ? std::nullopt : std::optional<std::string>("takes no value");
  if (value.empty()) return fmt::format("needs a value: {}", spec.takes);
  if (spec.name == "header") return wrong_header(value);
  if (spec.name == "disclose") return takes(is_line(value));
  if (spec.name == "log") return takes(value == "info" || value == "warn");
  if (spec.name == "cap-retention" || spec.name == "expire")
    return takes(text::parse_duration_ms(value).has_value());
  return takes(is_token(value) && value.size() <= 100);
}

ObligationText parse_obligation(std::string_view text) {
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 2)};
}

}  // namespace ostiary::policy
