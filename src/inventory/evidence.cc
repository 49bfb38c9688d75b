#include "inventory/evidence.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/clean.h"

namespace ostiary::inventory {

namespace {

std::string word(json::Value value) {
  auto text = text::clean(value.string_or(""), Sighting::kLongestText);
  return text == kUnknown || text == "NOASSERTION" ? std::string() : text;
}

std::string place_of(json::Value location) {
  auto file = text::clean(location["file"].string_or(""), Sighting::kLongestText);
  const auto line = location["line"].as_uint();
  return line ? fmt::format("{}:{}", file, *line) : file;
}

// Which of a sighting's members the component's name is.
void name_it(Sighting& s, std::string name) {
  if (s.kind == "sdk" || s.kind == "framework")
    s.sdk = std::move(name);
  else if (s.kind == "model" || s.kind == "model-file")
    s.model = std::move(name);
  else if (s.kind == "endpoint" || s.kind == "credential")
    s.provider = s.provider.empty() ? std::move(name) : s.provider;
  else
    s.tool = std::move(name);
}

void take_component(Evidence& evidence, json::Value component, std::string_view repository, WallMs at) {
  Sighting s;
  s.grade = word(component["grade"]);
  if (s.grade == "mentioned") return;
  s.kind = word(component["kind"]);
  s.provider = word(component["provider"]);
  s.surface = word(component["surface"]);
  s.version = word(component["version"]);
  s.license = word(component["license"]["expression"]);
  s.repository = text::clean(repository, Sighting::kLongestText);
  s.first = s.last = at;
  s.count = component["places"].as_uint().value_or(0);
  name_it(s, word(component["name"]));
  for (const auto one : component["evidence"]) {
    if (s.places.size() == Sighting::kMostPlaces) break;
    if (one["grade"].string_or("") == s.grade) s.places.push_back(place_of(one["location"]));
  }
  evidence.add(s);
}

void take_reached(Evidence& evidence, json::Value row, WallMs at) {
  // A host that serves other things too shows nothing for sure, nor does what was turned away.
  if (row["mixed"].as_bool().value_or(true) || row["requests"].as_uint().value_or(0) == 0) return;
  Sighting s;
  s.how = How::log;
  s.surface = word(row["surface"]);
  (row["kind"].string_or("") == "tool" ? s.tool : s.provider) = word(row["id"]);
  s.count = row["requests"].as_uint().value_or(0);
  s.first = parse_day(row["first"].string_or("")).value_or(at);
  s.last = parse_day(row["last"].string_or("")).value_or(at);
  evidence.add(s);
}

void take_partial(Evidence& evidence, json::Value partial, std::string_view of) {
  constexpr std::size_t most = 50;
  for (const auto one : partial) {
    if (evidence.partial.size() == most) return;
    const auto path = one["file"] ? one["file"].string_or("") : one["path"].string_or("");
    evidence.partial.push_back(text::clean(
        fmt::format("{}{}{}: {}", of, of.empty() ? "" : "/", path, one["text"].string_or("")), 1000));
  }
}

}  // namespace

void Evidence::add(const Sighting& sighting) {
  const auto [at, fresh] = known_.try_emplace(sighting.key(), sightings.size());
  if (fresh)
    sightings.push_back(sighting);
  else
    merge(sightings[at->second], sighting);
}

Result<> take_document(Evidence& evidence, json::Value document, std::string_view repository, WallMs at) {
  const auto kind = document["kind"].string_or("");
  if (kind == "scan" && document["components"].is_array()) {
    for (const auto component : document["components"]) take_component(evidence, component, repository, at);
    take_partial(evidence, document["partial"], repository);
    evidence.scanned = true;
    return {};
  }
  if (kind == "scan-logs" && document["reached"].is_array()) {
    for (const auto row : document["reached"]) take_reached(evidence, row, at);
    take_partial(evidence, document["partial"], "");
    evidence.logs = true;
    return {};
  }
  return fail(Code::invalid,
              "it is neither 'ostiary scan --format json' nor 'ostiary scan --logs --format json'");
}

}  // namespace ostiary::inventory
