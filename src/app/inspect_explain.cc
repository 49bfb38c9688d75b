#include "app/inspect_explain.h"

#include <fmt/format.h>

#include "app/impl/terminal.h"
#include "catalog/catalog.h"
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
  w.member("column", place.location.column);
  w.member("end", place.location.end);
  w.member("file", place.location.file);
  w.member("line", place.location.line);
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

}  // namespace

std::string explanation_text(const Explanation& explanation, const Style& style) {
  std::string out;
  for (const auto& place : explanation.places) {
    const auto& at = place.location;
    out += fmt::format(
        "{}  {}  {}  {}\n",
        style.bold(fmt::format("{}:{}:{}", at.file.empty() ? "-" : printable(at.file), at.line, at.column)),
        place.detector->spec.id, printable(became(place)), style.faint(printable(why(place))));
  }
  for (const auto& partial : explanation.sources.partial)
    out += fmt::format("{}  {}  {}\n", style.bold(printable(partial.path)), style.yellow("not read"),
                       printable(partial.text));
  return out;
}

std::string explanation_json(const Explanation& explanation) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("kind", "explanation");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  for (const auto& partial : explanation.sources.partial) {
    w.begin_object();
    w.member("file", partial.path);
    w.member("text", partial.text);
    w.member("why", files::name_of(partial.why));
    w.end_object();
  }
  w.end_array();
  w.key("places");
  w.begin_array();
  for (const auto& place : explanation.places) write_place(w, place);
  w.end_array();
  w.end_object();
  return out + '\n';
}

}  // namespace ostiary::app
