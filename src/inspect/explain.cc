// Why something did or did not fire.

#include <algorithm>
#include <set>
#include <tuple>

#include "inspect/engine.h"
#include "inspect/impl/lines.h"

namespace ostiary::inspect {

namespace {

bool overlaps(const Location& location, const Trace& trace) {
  return location.start < trace.end && trace.start < location.end;
}

auto key(const Trace& t) {
  return std::tuple(t.start, t.end, t.detector, t.step, t.confidence);
}

}  // namespace

// Findings do not overlap, so that they are in order by their ends, too.
void Inspecting::explain(const Inspection& found, Explained& place) const {
  using Outcome = Explained::Outcome;
  const auto& trace = place.trace;
  if (!trace.confidence) return;
  const auto& id = place.detector->spec.id;
  for (const auto& [finding, rule] : allowed_)
    if (finding.location.start == trace.start && finding.location.end == trace.end &&
        finding.detector == id) {
      place.outcome = Outcome::allowed;
      place.rule = rule;
      return;
    }
  const auto at = std::ranges::upper_bound(found.findings, trace.start, {},
                                           [](const Finding& finding) { return finding.location.end; });
  if (at != found.findings.end() && overlaps(at->location, trace)) {
    const bool same =
        at->location.start == trace.start && at->location.end == trace.end && at->detector == id;
    place.outcome = same ? Outcome::finding : Outcome::surer;
    if (!same) place.surer = at->detector;
    return;
  }
  // What a rule accepted by its value hides what is less sure within it.
  const auto accepted = std::ranges::find_if(
      allowed_, [&](const Allowed& allowed) { return overlaps(allowed.finding.location, trace); });
  if (accepted == allowed_.end()) return;
  place.outcome = Outcome::allowed;
  place.rule = accepted->rule;
}

std::vector<Explained> Inspecting::explain(std::string_view text, std::string_view file) {
  traces_.clear();
  explaining_ = true;
  const auto found = inspect(text, file);
  explaining_ = false;
  std::ranges::sort(traces_, {}, key);
  const auto twice = std::ranges::unique(traces_, {}, key);
  traces_.erase(twice.begin(), twice.end());
  std::vector<Explained> out;
  Lines lines(text);
  for (const auto& trace : traces_) {
    Explained place;
    place.detector = &engine_.detectors().detectors()[trace.detector];
    place.trace = trace;
    place.location.start = trace.start, place.location.end = trace.end;
    lines.place(place.location);
    explain(found, place);
    out.push_back(std::move(place));
  }
  traces_.clear();
  return out;
}

}  // namespace ostiary::inspect
