#include "gateway/class_actions.h"

#include <algorithm>
#include <array>

namespace ostiary::gateway {

namespace {
constexpr std::array<std::string_view, 3> kFacts = {"data.classes", "data.partial", "target.service"};
// Those that limits of size ask for besides.
constexpr std::array<std::string_view, 7> kSizeFacts = {"data.attachments", "data.bytes",   "data.classes",
                                                        "data.lines",       "data.partial", "data.tokens",
                                                        "target.service"};

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
  if (!finding->location.within.empty()) out += " in " + finding->location.within;
  if (!finding->location.pointer.empty()) out += " at " + finding->location.pointer;
  return out + ")";
}
}  // namespace

std::span<const std::string_view> ClassActions::names() const {
  if (size_limits_.empty()) return kFacts;
  return kSizeFacts;
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
    if (policy::rank_of(effect) <= policy::rank_of(decision.effect)) continue;
    decision.effect = effect;
    decision.because = "the request holds data of the class '" + klass + "'" + seen_as(found, klass);
    decides = first_of(found, klass);
  }
  bool too_large = false;
  for (const auto& over : sizes_over(size_limits_, facts, found)) {
    const auto& limit = size_limits_[over.limit];
    if (limit.action == policy::Effect::reroute && at_reroute) continue;
    decision.rules.push_back({over.rule(), ""});
    if (policy::rank_of(limit.action) <= policy::rank_of(decision.effect)) continue;
    decision.effect = limit.action;
    decision.because = over.text(limit);
    too_large = true;
  }
  if (decision.effect == policy::Effect::reroute) decision.reroute_to = reroute_to_;
  if (decision.effect == policy::Effect::deny || decision.effect == policy::Effect::ask) {
    const std::string less = too_large ? "send less at once" : "take the data out of the request";
    decision.instead = reroute_to_.empty() ? less + (too_large ? "" : " and send it again")
                                           : "use the service '" + reroute_to_ + "', or " + less;
    if (decides && !too_large)
      decision.instead +=
          "; where it is a false alarm, mark it for a reviewer: ostiary inspect --false-alarm " +
          decides->fingerprint + " --because TEXT --gate URL";
  }
  for (const std::string_view name : names())
    if (const auto* fact = facts.find(name)) decision.facts.push_back(*fact);
  return decision;
}

}  // namespace ostiary::gateway
