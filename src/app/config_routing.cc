// The rows about choosing among services.

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"

namespace ostiary::app::config {

namespace {

using gateway::Balance;
using gateway::GateSettings;
using gateway::ServiceSettings;
using gateway::Sticky;
using yaml::Node;

constexpr Words<Balance, 2> kBalances = {
    {{"weighted", Balance::weighted}, {"least-outstanding", Balance::least_outstanding}}};
constexpr Words<Sticky, 2> kStickies = {{{"conversation", Sticky::conversation}, {"none", Sticky::none}}};

template <auto Member, class Type>
Row<Config> gate(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc, [](Config& config, const Node& node, std::string_view) {
            return Type::read(node, config.gate.*Member);
          }};
}

template <auto Member, class Type>
Row<ServiceSettings> row(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc,
          [](ServiceSettings& service, const Node& node, std::string_view) {
            return Type::read(node, service.*Member);
          }};
}

}  // namespace

std::vector<Row<Config>> routing_rows() {
  return {
      gate<&GateSettings::balance, OneOf<kBalances>>(
          "routing.balance", "weighted",
          "Which service of a group is asked first. weighted: shares as their weights. least-outstanding: "
          "the "
          "one with the fewest exchanges under way for its weight."),
      gate<&GateSettings::sticky, OneOf<kStickies>>(
          "routing.sticky", "conversation",
          "conversation: all turns of a conversation go to the same service of a group, whose prompt cache "
          "knows it; balance decides about the rest. none: balance decides about each request."),
  };
}

std::vector<Row<ServiceSettings>> service_routing_rows() {
  return {
      row<&ServiceSettings::group, Text>(
          "services[].group", "\"\"",
          "Services with the same group are alternatives of equal rank, which share what comes; their group "
          "stands in the order where its first service does. Empty: a group of its own."),
      row<&ServiceSettings::weight, Count<0, 1000>>(
          "services[].weight", "1",
          "Its share of what its group gets. 0: asked only when no other of the group answers."),
  };
}

}  // namespace ostiary::app::config
