// The configuration key of how large requests may be.

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"

namespace ostiary::app::config {

namespace {

using gateway::SizeLimit;
using policy::Effect;
using yaml::Kind;
using yaml::Node;

constexpr std::uint64_t kMost = 1'000'000'000'000;
constexpr Words<Effect, 4> kActions = {
    {{"deny", Effect::deny}, {"ask", Effect::ask}, {"reroute", Effect::reroute}, {"allow", Effect::allow}}};

std::unexpected<Error> wrong(std::string message, std::string_view file, const auto& node) {
  return fail(Code::invalid, std::move(message), yaml::place(file, node));
}

Result<> read_member(const yaml::Member& member, std::string_view file, SizeLimit& limit) {
  constexpr std::array<std::string_view, 7> known = {"bytes", "lines",   "tokens", "attachments",
                                                     "class", "service", "action"};
  const auto place = std::ranges::find(known, member.name);
  if (place == known.end()) return unknown_name(file, member, {known.begin(), known.end()});
  Result<> read;
  std::uint64_t most = 0;
  if (member.name == "class") {
    read = Text::read(member.value, limit.data_class);
  } else if (member.name == "service") {
    read = Text::read(member.value, limit.service);
  } else if (member.name == "action") {
    read = OneOf<kActions>::read(member.value, limit.action);
  } else {
    read = member.name == "bytes" ? Bytes<0, kMost>::read(member.value, most)
                                  : Count<0, kMost>::read(member.value, most);
    limit.most[static_cast<std::size_t>(place - known.begin())] = most;
  }
  if (!read) return wrong(fmt::format("'{}' {}", member.name, read.error().message), file, member.value);
  return {};
}

Result<SizeLimit> read_limit(const Node& node, std::string_view file) {
  if (node.kind != Kind::mapping)
    return wrong("a limit must be a mapping such as {tokens: 8000, class: internal}", file, node);
  SizeLimit limit;
  for (const auto& member : node.members) TRY_VOID(read_member(member, file, limit));
  if (std::ranges::none_of(limit.most, [](const auto& most) { return most.has_value(); }))
    return wrong("a limit needs at least one of bytes, lines, tokens and attachments", file, node);
  return limit;
}

Result<> read_limits(Config& config, const Node& node, std::string_view file) {
  if (node.kind != Kind::sequence) return fail(Code::invalid, "must be a list of limits");
  config.gate.size_limits.clear();
  std::erase_if(config.class_names, [](const ClassName& known) { return known.key == "size_limits"; });
  for (const auto& item : node.items) {
    TRY(auto limit, read_limit(item, file));
    if (const auto* named = item.find("class"))
      config.class_names.push_back({"size_limits", limit.data_class, yaml::place(file, *named)});
    config.gate.size_limits.push_back(std::move(limit));
  }
  return {};
}

}  // namespace

Row<Config> size_limits_row() {
  return {
      "size_limits", "a list of limits", "[]",
      "How large a request may be, such as [{tokens: 8000, class: internal, action: reroute}, "
      "{attachments: 0, service: far}]. Each has at least one of bytes (of the body), lines (of the texts), "
      "tokens (estimated) and attachments, which count each by itself; where it names a class or a service, "
      "it is for requests that hold that data class or go to that service. action is deny (where none is "
      "named), ask, reroute, or allow, which only records that the request was larger.",
      read_limits};
}

}  // namespace ostiary::app::config
