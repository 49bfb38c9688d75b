// The configuration keys of limits and prices.

#include <algorithm>
#include <fmt/format.h>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"
#include "catalog/catalog.h"

namespace ostiary::app::config {

namespace {

using gateway::kLimitNames;
using gateway::Limit;
using gateway::LimitSet;
using gateway::LimitSettings;
using gateway::PriceSetting;
using yaml::Kind;
using yaml::Member;
using yaml::Node;

constexpr Words<bool, 2> kUnpriced = {{{"refuse", false}, {"allow", true}}};

std::unexpected<Error> wrong(std::string message, std::string_view file, const auto& node) {
  return fail(Code::invalid, std::move(message), yaml::place(file, node));
}

Result<LimitSet> read_limit_set(const Node& node, std::string_view path, std::string_view file) {
  LimitSet limits;
  if (node.kind == Kind::null) return limits;
  if (node.kind != Kind::mapping)
    return wrong(fmt::format("'{}' must be a mapping of limits", path), file, node);
  for (const auto& member : node.members) {
    const auto found = std::ranges::find(kLimitNames, member.name);
    if (found == kLimitNames.end())
      return unknown_name(file, member, {kLimitNames.begin(), kLimitNames.end()});
    const auto limit = static_cast<Limit>(found - kLimitNames.begin());
    const auto value = member.value.kind == Kind::scalar ? gateway::read_limit(limit, member.value.scalar)
                                                         : gateway::read_limit(limit, "");
    if (!value)
      return wrong(fmt::format("'{}.{}' {}", path, member.name, value.error().message), file, member.value);
    limits[limit] = *value;
  }
  return limits;
}

template <auto Set>
Row<Config> each(std::string_view path, std::string_view doc) {
  return {path, "a mapping of limits", "{}", doc,
          [](Config& config, const Node& node, std::string_view file) -> Result<> {
            constexpr bool key = Set == &LimitSettings::per_key;
            TRY(config.gate.limits.*Set,
                read_limit_set(node, key ? "limits.per_key" : "limits.per_team", file));
            return {};
          }};
}

template <auto Sets>
Row<Config> named(std::string_view path, std::string_view type, std::string_view doc) {
  return {path, std::string(type), "{}", doc,
          [](Config& config, const Node& node, std::string_view file) -> Result<> {
            constexpr std::string_view at = Sets == &LimitSettings::keys ? "limits.keys" : "limits.teams";
            auto& sets = config.gate.limits.*Sets;
            sets.clear();
            if (node.kind == Kind::null) return {};
            if (node.kind != Kind::mapping)
              return fail(Code::invalid, "must be a mapping of names to their limits");
            for (const auto& member : node.members) {
              if (member.name.empty()) return wrong("a name must be more than nothing", file, member);
              TRY(sets[member.name],
                  read_limit_set(member.value, fmt::format("{}.{}", at, member.name), file));
            }
            return {};
          }};
}

Result<std::int64_t> read_price(const Node& node, std::string_view file) {
  const auto value = node.kind == Kind::scalar ? catalog::parse_dollars(node.scalar) : std::nullopt;
  if (!value) return wrong("a price must be US dollars for a million tokens, such as 2.5", file, node);
  return *value;
}

Result<PriceSetting> read_price_setting(const Node& node, std::string_view file) {
  PriceSetting setting;
  std::optional<std::int64_t> input, output, cached;
  const std::vector<std::string_view> known = {"provider", "surface", "model", "input", "output", "cached"};
  if (node.kind != Kind::mapping)
    return wrong("a price must be a mapping of provider, model, input and output", file, node);
  for (const auto& member : node.members) {
    const auto& name = member.name;
    if (std::ranges::find(known, name) == known.end()) return unknown_name(file, member, known);
    if (name == "input" || name == "output" || name == "cached") {
      TRY(const auto price, read_price(member.value, file));
      (name == "input" ? input : name == "output" ? output : cached) = price;
      continue;
    }
    auto& text = name == "provider" ? setting.provider : name == "surface" ? setting.surface : setting.model;
    if (auto read = Text::read(member.value, text); !read)
      return wrong(fmt::format("'{}' {}", name, read.error().message), file, member.value);
  }
  if (setting.provider.empty() || setting.model.empty() || !input || !output)
    return wrong("a price needs provider, model, input and output", file, node);
  setting.price = {*input, *output, cached.value_or(*input)};
  return setting;
}

Result<> read_prices(Config& config, const Node& node, std::string_view file) {
  if (node.kind != Kind::sequence) return fail(Code::invalid, "must be a list of prices");
  config.gate.prices.clear();
  for (const auto& item : node.items) {
    TRY(auto setting, read_price_setting(item, file));
    config.gate.prices.push_back(std::move(setting));
  }
  return {};
}

}  // namespace

std::vector<Row<Config>> limits_and_prices_rows() {
  return {
      each<&LimitSettings::per_key>(
          "limits.per_key",
          "What each key may use: requests_per_minute, tokens_per_minute, spend_per_month (US dollars), "
          "concurrent, max_prompt_bytes. A limit that is not named is none."),
      each<&LimitSettings::per_team>("limits.per_team", "What each team may use, all its keys together."),
      named<&LimitSettings::teams>(
          "limits.teams", "a mapping of teams to limits",
          "Of single teams, in place of per_team, limit by limit. unlimited lifts one."),
      named<&LimitSettings::keys>("limits.keys", "a mapping of keys' ids to limits",
                                  "Of single keys, in place of per_key, limit by limit."),
      Row<Config>{"limits.unpriced", OneOf<kUnpriced>::describe(), "refuse",
                  "What happens under spend_per_month to a request for a model whose price is not known.",
                  [](Config& config, const Node& node, std::string_view) {
                    return OneOf<kUnpriced>::read(node, config.gate.limits.allow_unpriced);
                  }},
      Row<Config>{
          "limits.assumed_output", Count<1, 10'000'000>::describe(), "1024",
          "Tokens of output set aside for a request that names no maximum, or as many as such a request "
          "of the key took of late.",
          [](Config& config, const Node& node, std::string_view) {
            return Count<1, 10'000'000>::read(node, config.gate.limits.assumed_output);
          }},
      Row<Config>{
          "prices", "a list of {provider: …, model: …, input: …, output: …}", "[]",
          "US dollars for a million tokens, before the prices of the catalogue. model may be a glob; surface "
          "and cached (input that the service read from its cache) may be left out.",
          read_prices},
  };
}

}  // namespace ostiary::app::config
