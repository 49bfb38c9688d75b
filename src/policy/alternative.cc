#include "policy/alternative.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ostiary::policy {

std::string Alternative::text() const {
  std::string out;
  if (!masked.empty())
    out = fmt::format("leave out the data of the class{} {}", masked.size() > 1 ? "es" : "",
                      fmt::join(masked, ", "));
  if (service.empty()) return out;
  if (!out.empty()) out += " and ";
  out += fmt::format("use the service '{}'", service);
  if (!model.empty()) out += fmt::format(" with the model '{}'", model);
  return out;
}

std::optional<Alternative> nearest_alternative(const DecideOnce& decide, const FactsOf& facts_of,
                                               std::span<const Alternative> places,
                                               std::span<const std::string> maskable) {
  const auto passes = [&](const Alternative& way) {
    const auto facts = facts_of(way);
    if (!facts) return false;
    const auto d = decide(*facts);
    return !d.stops() && (d.mode == Mode::observe || d.reroute_to.empty());
  };
  places = places.first(std::min(places.size(), kMostPlaces));
  maskable = maskable.first(std::min(maskable.size(), kMostMasked));
  std::vector<std::vector<std::string>> masks;
  for (const auto& one : maskable) masks.push_back({one});
  if (maskable.size() > 1) masks.emplace_back(maskable.begin(), maskable.end());
  for (std::size_t i = 1; i < places.size(); ++i)
    if (passes(places[i])) return places[i];
  for (auto place : places)
    for (const auto& mask : masks) {
      place.masked = mask;
      if (passes(place)) return place;
    }
  return std::nullopt;
}

}  // namespace ostiary::policy
