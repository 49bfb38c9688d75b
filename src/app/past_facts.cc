#include "app/past_facts.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/time.h"
#include "catalog/catalog.h"
#include "gateway/facts.h"
#include "policy/fact_table.h"

namespace ostiary::app {

namespace {

constexpr std::string_view kSource = "ledger";
constexpr std::array<std::string_view, 4> kLevels = {"none", "low", "medium", "high"};  // of confidence

const catalog::Detector* detector_of(std::string_view id) {
  const auto& all = catalog::detectors();
  const auto at = std::ranges::lower_bound(all, id, {}, &catalog::Detector::id);
  return at != all.end() && at->id == id ? &*at : nullptr;
}

// A value as the decision's JSON has it; nothing where no fact looks so.
std::optional<policy::FactValue> value_of(json::Value value) {
  if (const auto flag = value.as_bool()) return policy::FactValue(*flag);
  if (value.is_string()) return policy::FactValue(value.string_or(""));
  if (const auto number = value.as_number()) {
    const auto whole = static_cast<std::int64_t>(*number);
    if (static_cast<double>(whole) == *number) return policy::FactValue(whole);
    return policy::FactValue(*number);
  }
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> words;
  for (const auto word : value) words.push_back(word.string_or(""));
  return policy::FactValue(std::move(words));
}

// Whether a decision's facts say that somebody looked at what the request holds.
bool was_inspected(json::Value facts) {
  for (const auto fact : facts) {
    if (fact["name"].string_or("") == "data.classes") return true;
    if (fact["name"].string_or("") != "data.partial") continue;
    for (const auto what : fact["value"])
      if (what.string_or("") == gateway::kNotInspected) return false;
    return true;
  }
  return false;
}

std::vector<std::string> sorted(const std::set<std::string>& words) {
  return {words.begin(), words.end()};
}

}  // namespace

PastFacts::PastFacts(const std::vector<std::string_view>& wanted) : wanted_(policy::fact_table().size()) {
  for (const auto name : wanted)
    if (const auto at = policy::fact_index(name)) wanted_[*at] = true;
}

bool PastFacts::wants(std::string_view name) const {
  const auto at = policy::fact_index(name);
  return at && wanted_[*at];
}

void PastFacts::set(policy::Facts& facts, std::string_view name, policy::FactValue value) const {
  if (wants(name) && !facts.find(name)) facts.set(name, std::move(value), kSource);
}

bool PastFacts::read(json::Value record, policy::Past& past, policy::Facts& facts) {
  const auto decision = record["decision"];
  const auto was = policy::parse_effect(decision["effect"].string_or(""));
  if (!was) return false;
  id_ = record["id"].string_or("");
  at_ = record["at"].string_or("");
  service_ = record["service"].string_or("");
  past = {.id = id_, .at = at_, .was = *was, .service = service_};
  if (decision["mode"].string_or("") == "observe") past.was = policy::Effect::allow;
  past.approved = decision["approved"].is_object() || decision["approved"].is_string();
  facts.clear();
  for (const auto fact : decision["facts"]) {
    const auto name = fact["name"].string_or("");
    // What a document assumed is the next document's to assume.
    if (!wants(name) || fact["source"].string_or("") == "document") continue;
    if (auto value = value_of(fact["value"]))
      facts.set(name, std::move(*value), fact["source"].string_or(""));
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kTexts = {
      {{"subject.id", "subject"},
       {"subject.key", "key"},
       {"subject.team", "team"},
       {"target.endpoint", "endpoint"},
       {"target.model", "model"},
       {"target.provider", "provider"},
       {"target.service", "service"},
       {"target.surface", "surface"},
       {"tool", "tool"}}};
  for (const auto& [name, member] : kTexts)
    if (const auto text = record[member]; text.is_string()) set(facts, name, text.string_or(""));
  if (const auto bytes = record["request_bytes"].as_uint())
    set(facts, "data.bytes", static_cast<std::int64_t>(*bytes));
  if (was_inspected(decision["facts"])) add_findings(record["findings"], facts);
  add_time(at_, facts);
  return true;
}

// The data classes and types are those that the detectors have in the catalogue today.
void PastFacts::add_findings(json::Value findings, policy::Facts& facts) const {
  if (!wants("data.classes") && !wants("data.findings") && !wants("data.confidence")) return;
  std::set<std::string> classes, types;
  std::size_t highest = 0;
  for (const auto finding : findings) {
    const auto confidence = finding["confidence"].string_or("");
    const auto level = static_cast<std::size_t>(std::ranges::find(kLevels, confidence) - kLevels.begin());
    if (level == kLevels.size() || finding["class"].string_or("") == "size") continue;
    highest = std::max(highest, level);
    const auto id = finding["detector"].string_or("");
    const auto* detector = detector_of(id);
    if (level < 2) continue;
    types.insert(detector ? detector->type : id);
    classes.insert(detector ? detector->data_class : finding["class"].string_or(""));
  }
  set(facts, "data.classes", sorted(classes));
  set(facts, "data.findings", sorted(types));
  set(facts, "data.confidence", std::string(kLevels[highest]));
}

void PastFacts::add_time(std::string_view at, policy::Facts& facts) const {
  if (!wants("time.now") && !wants("time.hour") && !wants("time.weekday")) return;
  const auto then = parse_rfc3339(at);
  if (!then) return;
  for (const auto& fact : gateway::time_facts(*then).all()) set(facts, fact.name, fact.value);
}

}  // namespace ostiary::app
