#include "desk/question.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/clean.h"
#include "base/text.h"

namespace ostiary::desk {

namespace {

template <class T, std::size_t N>
using Names = std::array<std::pair<T, const char*>, N>;

constexpr Names<State, 6> kStates = {{{State::offered, "offered"},
                                      {State::open, "open"},
                                      {State::waiting, "waiting-for-asker"},
                                      {State::answered, "answered"},
                                      {State::withdrawn, "withdrawn"},
                                      {State::expired, "expired"}}};
constexpr Names<Origin, 6> kOrigins = {{{Origin::cli, "cli"},
                                        {Origin::api, "api"},
                                        {Origin::gate, "gate"},
                                        {Origin::github, "github"},
                                        {Origin::gitlab, "gitlab"},
                                        {Origin::webhook, "webhook"}}};
constexpr Names<Ruling, 3> kRulings = {{{Ruling::allow, "allow"},
                                        {Ruling::allow_with_conditions, "allow-with-conditions"},
                                        {Ruling::deny, "deny"}}};
constexpr Names<Risk, 3> kRisks = {{{Risk::low, "low"}, {Risk::medium, "medium"}, {Risk::high, "high"}}};
constexpr Names<Precedent, 4> kPrecedents = {{{Precedent::none, ""},
                                              {Precedent::in_force, "in-force"},
                                              {Precedent::reopened, "reopened"},
                                              {Precedent::ended, "ended"}}};

template <class T, std::size_t N>
const char* name_in(const Names<T, N>& names, T value) {
  const auto at = std::ranges::find(names, value, &std::pair<T, const char*>::first);
  return at == names.end() ? "" : at->second;
}

template <class T, std::size_t N>
std::optional<T> parse_in(const Names<T, N>& names, std::string_view text) {
  for (const auto& [value, name] : names)
    if (text == name) return value;
  return std::nullopt;
}

}  // namespace

const char* name(State s) {
  return name_in(kStates, s);
}
std::optional<State> parse_state(std::string_view text) {
  return parse_in(kStates, text);
}
const char* name(Origin o) {
  return name_in(kOrigins, o);
}
std::optional<Origin> parse_origin(std::string_view text) {
  return parse_in(kOrigins, text);
}
const char* name(Ruling r) {
  return name_in(kRulings, r);
}
std::optional<Ruling> parse_ruling(std::string_view text) {
  return parse_in(kRulings, text);
}
const char* name(Risk r) {
  return name_in(kRisks, r);
}
std::optional<Risk> parse_risk(std::string_view text) {
  return parse_in(kRisks, text);
}
const char* name(Precedent p) {
  return name_in(kPrecedents, p);
}
std::optional<Precedent> parse_precedent(std::string_view text) {
  return parse_in(kPrecedents, text);
}

std::string number_text(std::uint64_t number) {
  return fmt::format("Q-{}", number);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.size() > 2 && (text[0] == 'Q' || text[0] == 'q') && text[1] == '-') text.remove_prefix(2);
  const auto number = text::parse_uint(text);
  // What SQLite can number.
  return number && *number > 0 && *number <= INT64_MAX ? number : std::nullopt;
}

std::string clean_text(std::string_view text, std::size_t most) {
  return text::clean(text, most);
}

}  // namespace ostiary::desk
