#include "gateway/class_actions.h"

#include <algorithm>
#include <array>

namespace ostiary::gateway {

namespace {
constexpr std::array<std::string_view, 3> kFacts = {"data.classes", "data.partial", "target.service"};

int strictness(policy::Effect effect) {
  switch (effect) {
    case policy::Effect::allow:
      return 0;
    case policy::Effect::redact:
      return 1;
    case policy::Effect::reroute:
      return 2;
    case policy::Effect::ask:
      return 3;
    case policy::Effect::deny:
      return 4;
  }
  return 4;
}
// What gave the request its class, as far as that is known; and where.
const inspect::Finding* first_of(const inspect::Inspection& found, std::string_view klass) {
  const auto finding = std::ranges::find_if(found.findings, [&](const inspect::Finding& f) {
    return f.data_class == klass && f.confidence >= inspect::Confidence::medium;
  });
  return finding == found.findings.end() ? nullptr : &*finding;
}

std::string seen_as(const inspect::Inspection& found, std::string_view klass) {
  const auto* finding = first_of(found, klass);
  if (!finding) return "";
  auto out = " (" + finding->type;
  if (!finding->location.pointer.empty()) out += " at " + finding->location.pointer;
  return out + ")";
}
}  // namespace

std::span<const std::string_view> ClassActions::wants() const {
  return kFacts;
}

policy::Decision ClassActions::decide(const policy::Facts& facts, const inspect::Inspection& found) const {
  policy::Decision decision;
  const policy::Fact* service = facts.find("target.service");
  const bool at_reroute = service && std::get<std::string>(service->value) == reroute_to_;
  const inspect::Finding* decides = nullptr;
  for (const auto& [klass, effect] : actions_) {
    const bool holds =
        !found.partial.empty() || std::ranges::find(found.classes, klass) != found.classes.end();
    if (!holds || effect == policy::Effect::allow) continue;
    if (effect == policy::Effect::reroute && at_reroute) continue;  // it is where the class belongs
    decision.rules.push_back({"data_classes." + klass, ""});
    if (effect == policy::Effect::redact) decision.redact_classes.push_back(klass);
    if (strictness(effect) <= strictness(decision.effect)) continue;
    decision.effect = effect;
    decision.because = "the request holds data of the class '" + klass + "'" + seen_as(found, klass);
    decides = first_of(found, klass);
  }
  if (decision.effect == policy::Effect::reroute) decision.reroute_to = reroute_to_;
  if (decision.effect == policy::Effect::deny || decision.effect == policy::Effect::ask) {
    decision.alternative = reroute_to_.empty()
                               ? "take the data out of the request and send it again"
                               : "use the service '" + reroute_to_ + "', or take the data out of the request";
    if (decides)
      decision.alternative +=
          "; where it is a false alarm, mark it for a reviewer: ostiary inspect --false-alarm " +
          decides->fingerprint + " --because TEXT --gate URL";
  }
  for (const std::string_view name : kFacts)
    if (const auto* fact = facts.find(name)) decision.facts.push_back(*fact);
  return decision;
}

}  // namespace ostiary::gateway
