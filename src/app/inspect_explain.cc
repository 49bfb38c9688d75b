#include "app/inspect_explain.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "app/impl/terminal.h"
#include "app/inspect_output.h"
#include "catalog/catalog.h"
#include "inspect/decode.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

using inspect::Explained;
using Outcome = Explained::Outcome;

const char* word_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::none:
      return "none";
    case Outcome::finding:
      return "finding";
    case Outcome::surer:
      return "surer";
    case Outcome::allowed:
      return "allowed";
  }
  return "none";
}

// What the deciding step found.
std::string why(const Explained& place) {
  const auto& step = place.trace.step;
  const auto& spec = place.detector->spec;
  if (step == "taken") return "its expressions match and nothing lowers it";
  if (step == "word") return "it stands within a longer word";
  if (step == "before") return "what must stand before the value does not";
  if (step == "pattern") return "the pattern of the value does not match";
  if (step == "near")
    return fmt::format("a keyword: values are looked for in the {} bytes behind it", spec.within);
  if (step == "after") return "the value goes on with what may not follow it";
  if (step == "redaction") return "the value is the placeholder of a redaction";
  if (step == "reject") return "the value has a form that the detector rejects";
  if (step == "list") return "the list says that this value does not count";
  if (step == "entropy")
    return fmt::format("entropy {:.2f} bits a character, at least {:.2f} are needed", place.trace.entropy,
                       spec.entropy);
  if (step == "rarity")
    return fmt::format("rarity {:.2f} bits a pair, at least {:.2f} are needed", place.trace.rarity,
                       spec.rarity);
  if (step == "check") return fmt::format("the checksum ({}) is wrong", spec.check.kind);
  if (step == "words") return "none of its words stands before it";
  for (const auto& damper : catalog::dampers())
    if (damper.id == step) return fmt::format("damped by {}: {}", damper.id, damper.name);
  return fmt::format("lowered by {}", step);
}

std::string became(const Explained& place) {
  const auto sure = place.trace.confidence ? inspect::name(*place.trace.confidence) : "";
  switch (place.outcome) {
    case Outcome::none:
      break;
    case Outcome::finding:
      return fmt::format("finding, {}", sure);
    case Outcome::surer:
      return fmt::format("{}, but gives way to {}", sure, place.surer);
    case Outcome::allowed:
      return fmt::format("{}, accepted by the rule {} until {}: {}", sure, place.rule->id, place.rule->until,
                         place.rule->because);
  }
  return place.trace.step == "near" ? "keyword" : "none";
}

void write_place(json::Writer& w, const Explained& place) {
  const auto& trace = place.trace;
  w.begin_object();
  if (trace.end > trace.start) w.member("checksum", inspect::name(trace.checksum));
  w.key("confidence");
  if (trace.confidence)
    w.string(inspect::name(*trace.confidence));
  else
    w.null();
  w.member("detector", place.detector->spec.id);
  if (trace.entropy > 0) w.member("entropy", fmt::format("{:.2f}", trace.entropy));
  w.key("location");
  w.begin_object();
  if (place.location.line > 0) w.member("column", place.location.column);
  w.member("end", place.location.end);
  w.member("file", place.location.file);
  if (place.location.line > 0) w.member("line", place.location.line);
  if (!place.location.pointer.empty()) w.member("pointer", place.location.pointer);
  w.member("start", place.location.start);
  w.end_object();
  w.member("outcome", word_of(place.outcome));
  if (trace.rarity > 0) w.member("rarity", fmt::format("{:.2f}", trace.rarity));
  if (place.rule) w.member("rule", place.rule->id);
  w.member("step", trace.step);
  if (!place.surer.empty()) w.member("surer", place.surer);
  w.member("why", place.rule ? place.rule->because : why(place));
  w.end_object();
}

// A string between its quotes, be it a value or a member's name, or a number.
struct Part {
  std::uint32_t node = 0, start = 0, end = 0;
  bool name = false, escaped = false;
};

std::vector<Part> parts_of(const json::Document& body) {
  std::vector<Part> parts;
  const auto& nodes = body.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    if (node.key_end > 0) parts.push_back({i, node.key_start + 1, node.key_end - 1, true, node.key_escaped});
    if (node.type == json::Type::string)
      parts.push_back({i, node.start + 1, node.end - 1, false, node.escaped});
    if (node.type == json::Type::number) parts.push_back({i, node.start, node.end, false, false});
  }
  return parts;
}

std::string pointer_of(const json::Document& body, std::uint32_t index,
                       const std::set<std::uint32_t>& hidden) {
  std::string out;
  for (; index != 0; index = body.nodes()[index].parent) {
    const json::Value value(&body, index);
    const auto whole = value.pointer();
    const auto step = hidden.contains(index) ? "/…" : whole.substr(whole.rfind('/'));
    out.insert(0, step);
  }
  return out;
}

}  // namespace

Result<std::vector<inspect::Explained>> explain_body(inspect::Inspecting& inspecting, std::string_view text,
                                                     std::string_view file) {
  TRY(const auto body, json::Document::parse(text, {.refuse_duplicates = false}));
  struct Place {
    Explained explained;
    const Part* part = nullptr;
  };
  const auto parts = parts_of(body);
  std::vector<Place> places;
  std::set<std::uint32_t> hidden;
  for (auto& explained : inspecting.explain(text, file)) {
    const auto behind = std::ranges::upper_bound(parts, explained.location.start, {}, &Part::start);
    if (behind == parts.begin()) continue;
    const auto& part = *(behind - 1);
    if (!part.escaped && explained.location.end <= part.end) places.push_back({std::move(explained), &part});
  }
  for (const auto& part : parts) {
    if (!part.escaped) continue;
    const auto decoded = inspect::decode_json_string(text.substr(part.start, part.end - part.start));
    for (auto& explained : inspecting.explain(decoded.text(), file)) {
      auto& at = explained.location;
      const auto span = decoded.original(at.start, at.end);
      at = {};
      at.start = part.start + span.start, at.end = part.start + span.end;
      places.push_back({std::move(explained), &part});
    }
  }
  for (const auto& place : places)
    if (place.part->name && place.explained.trace.end > place.explained.trace.start)
      hidden.insert(place.part->node);
  std::ranges::stable_sort(places, {}, [](const Place& p) { return p.explained.location.start; });
  std::vector<Explained> out;
  const Part* last = nullptr;
  std::string pointer;
  for (auto& place : places) {
    if (std::exchange(last, place.part) != place.part) pointer = pointer_of(body, place.part->node, hidden);
    place.explained.location.pointer = pointer;
    out.push_back(std::move(place.explained));
  }
  return out;
}

std::string explanation_text(const Explanation& explanation, const Style& style) {
  std::string out;
  for (const auto& place : explanation.places) {
    const auto& at = place.location;
    out += fmt::format(
        "{}  {}  {}  {}\n",
        style.bold(fmt::format("{}:{}", at.file.empty() ? "-" : printable(at.file),
                               at.pointer.empty() ? fmt::format("{}:{}", at.line, at.column) : at.pointer)),
        place.detector->spec.id, printable(became(place)), style.faint(printable(why(place))));
  }
  return out + partial_text(explanation.sources.partial, style);
}

std::string explanation_json(const Explanation& explanation) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("kind", "explanation");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  write_partial(w, explanation.sources.partial);
  w.key("places");
  w.begin_array();
  for (const auto& place : explanation.places) write_place(w, place);
  w.end_array();
  w.end_object();
  return out + '\n';
}

}  // namespace ostiary::app
