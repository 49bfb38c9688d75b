// What was seen, and when two sightings are of the same thing.

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "inventory/use.h"

namespace ostiary::inventory {

namespace {
constexpr std::array<std::string_view, 5> kHow = {"declaration", "gate", "log", "question", "scan"};
}

std::string_view name(How how) {
  return kHow[static_cast<std::size_t>(how)];
}

std::optional<How> how_named(std::string_view word) {
  const auto at = std::ranges::find(kHow, word);
  return at == kHow.end() ? std::nullopt : std::optional(static_cast<How>(at - kHow.begin()));
}

std::string Sighting::key() const {
  std::string out(name(how));
  for (const auto* text :
       {&kind, &tool, &sdk, &provider, &surface, &service, &model, &version, &team, &repository, &question}) {
    out += '\x1f';
    out += *text;
  }
  return out;
}

std::string Sighting::text() const {
  std::string what;
  const auto add = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) what += fmt::format("{}{} {}", what.empty() ? "" : ", ", label, value);
  };
  add("tool", tool);
  add(kind == "framework" ? "framework" : "SDK", sdk);
  add("model", model);
  add("provider", provider);
  add("surface", surface);
  add("service", service);
  add("version", version);
  add("team", team);
  add("in", repository);
  add("question", question);
  if (how == How::declaration) return what.empty() ? "stated by people" : "stated by people: " + what;
  if (what.empty()) what = kind.empty() ? "something" : kind;
  const auto counted = [&](std::string_view one) {
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
  };
  switch (how) {
    case How::scan:
      return fmt::format("scan: {} ({}{})", what, grade.empty() ? "" : grade + ", ", counted("place"));
    case How::gate:
      return fmt::format("gate: {} ({})", what, counted("exchange"));
    case How::log:
      return fmt::format("log: {} ({})", what, counted("request"));
    case How::question:
    case How::declaration:
      break;
  }
  return fmt::format("desk: {}", what);
}

void merge(Sighting& into, const Sighting& from) {
  const bool newer = !into.last || (from.last && *from.last >= *into.last);
  if (from.first && (!into.first || *from.first < *into.first)) into.first = from.first;
  if (from.last && (!into.last || *from.last > *into.last)) into.last = from.last;
  if (!newer) return;
  into.count = from.count;
  into.places = from.places;
  if (!from.grade.empty()) into.grade = from.grade;
  if (!from.license.empty()) into.license = from.license;
}

}  // namespace ostiary::inventory
