#include "scan/portability.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "catalog/catalog.h"

namespace ostiary::scan {

namespace {

// Providers whose own protocol the gate speaks.
bool gate_speaks(std::string_view provider) {
  return provider == "openai" || provider == "anthropic";
}

Tie client_tie(const Component& component, const Evidence& evidence) {
  const auto* sdk = catalog::find_sdk(component.name);
  Tie tie{.to = Tie::To::client,
          .effort = Tie::Effort::setting,
          .name = component.name,
          .provider = component.provider,
          .place = evidence.place,
          .takes = {}};
  const auto setting = sdk ? std::string_view(sdk->base_url) : std::string_view();
  if (!setting.empty() && gate_speaks(component.provider)) {
    tie.takes = fmt::format("Set the base URL: {}.", setting);
    return tie;
  }
  tie.effort = Tie::Effort::edit;
  tie.takes =
      setting.empty()
          ? "Ask through a client that takes a base URL and speaks a protocol that many services have."
          : fmt::format(
                "Its address can be set ({}), and its protocol is the provider's own: ask through "
                "a client whose protocol many services speak.",
                setting);
  return tie;
}

// Ties of a component at one of its places; none where it is no code.
void add_tie(const Component& component, const Evidence& evidence, std::vector<Tie>& out) {
  if (evidence.grade != Grade::imported && evidence.grade != Grade::called) return;
  if (component.kind == Kind::sdk && !component.provider.empty())
    out.push_back(client_tie(component, evidence));
  if (component.kind == Kind::model)
    out.push_back({.to = Tie::To::model,
                   .effort = Tie::Effort::edit,
                   .name = component.name,
                   .provider = component.provider,
                   .place = evidence.place,
                   .takes = "Read the model's name from configuration."});
  if (component.kind == Kind::endpoint)
    out.push_back({.to = Tie::To::address,
                   .effort = Tie::Effort::edit,
                   .name = component.name,
                   .provider = component.provider,
                   .place = evidence.place,
                   .takes = "Read the address from configuration, one base URL for all."});
}

}  // namespace

std::string_view name(Tie::To to) {
  constexpr std::array<std::string_view, 4> names = {"client", "model", "address", "feature"};
  return names.at(static_cast<std::size_t>(to));
}

std::string_view name(Tie::Effort effort) {
  constexpr std::array<std::string_view, 3> names = {"setting", "edit", "rework"};
  return names.at(static_cast<std::size_t>(effort));
}

std::vector<Tie> ties_of(const Report& report) {
  std::vector<Tie> out;
  for (const auto& component : report.components)
    for (const auto& evidence : component.evidence) add_tie(component, evidence, out);
  for (const auto& [id, place] : report.features)
    if (const auto* feature = catalog::find_feature(id))
      out.push_back({.to = Tie::To::feature,
                     .effort = Tie::Effort::rework,
                     .name = feature->name,
                     .provider = feature->provider,
                     .place = place,
                     .takes = feature->instead});
  std::ranges::sort(out, [](const Tie& a, const Tie& b) {
    return std::tie(a.place, a.to, a.name) < std::tie(b.place, b.to, b.name);
  });
  return out;
}

}  // namespace ostiary::scan
