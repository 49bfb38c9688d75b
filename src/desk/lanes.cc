#include "desk/impl/lanes.h"

#include <algorithm>
#include <tuple>

namespace ostiary::desk {

namespace {

LaneChoice with_targets(LaneChoice lane, const policy::AnswerTarget& target, const Calendar& calendar) {
  lane.first_answer_ms = calendar.of_target(target.first_answer_ms);
  lane.decision_ms = calendar.of_target(target.decision_ms);
  return lane;
}

// What a question risks where the document has no lanes: data that may not be seen, output that others get,
// and what cannot be taken back. What nobody said counts as the worst of it.
Risk risk_of(const policy::Facts& facts) {
  const auto* classes = facts.find("data.classes");
  const auto* words = classes ? std::get_if<std::vector<std::string>>(&classes->value) : nullptr;
  if (!words ||
      std::ranges::any_of(*words, [](const std::string& c) { return c != "public" && c != "code"; }))
    return Risk::high;
  const auto* use = facts.find("output.use");
  const auto* word = use ? std::get_if<std::string>(&use->value) : nullptr;
  const auto* reversible = facts.find("output.reversible");
  const auto* flag = reversible ? std::get_if<bool>(&reversible->value) : nullptr;
  const bool inside = word && *word == "internal", back = flag && *flag;
  return inside && back ? Risk::low : inside || back ? Risk::medium : Risk::high;
}

// The conditions of lanes as rules that ask: those fire where they hold or are unknown.
policy::Policy conditions_of(const policy::Document& document) {
  policy::Document out;
  out.lists = document.lists;
  out.named_lists = document.named_lists;
  out.assumed = document.assumed;
  for (const auto& lane : document.desk.lanes) {
    policy::Rule rule;
    rule.id = lane.name;
    rule.when = lane.when;
    rule.then = policy::Effect::ask;
    out.rules.push_back(std::move(rule));
  }
  return policy::Policy(std::move(out));
}

}  // namespace

Result<Lanes> Lanes::make(const policy::Document& document) {
  Lanes out;
  TRY(out.calendar_, Calendar::make(document.desk.working_time));
  const auto target_of = [&](std::string_view lane) {
    const auto at = std::ranges::find(document.answer_targets, lane, &policy::AnswerTarget::lane);
    return at == document.answer_targets.end() ? policy::AnswerTarget() : *at;
  };
  for (const auto& lane : document.desk.lanes)
    out.lanes_.push_back(
        with_targets({.name = lane.name,
                      .owner = lane.owner,
                      .escalate_to = lane.escalate_to.empty() ? document.owner : lane.escalate_to,
                      .risk = static_cast<Risk>(std::min<std::uint8_t>(lane.risk, 2))},
                     target_of(lane.name), out.calendar_));
  std::ranges::sort(out.lanes_, [](const LaneChoice& a, const LaneChoice& b) {
    return std::tie(b.risk, a.name) < std::tie(a.risk, b.name);
  });
  if (!out.lanes_.empty()) out.conditions_.emplace(conditions_of(document));
  out.usual_.owner = document.contact.empty() ? document.owner : document.contact;
  out.usual_.escalate_to = document.owner;
  const auto only =
      document.answer_targets.size() == 1 ? document.answer_targets.front() : target_of("usual");
  out.usual_ = with_targets(std::move(out.usual_), only, out.calendar_);
  return out;
}

LaneChoice Lanes::choose(const policy::Facts& facts) const {
  if (!conditions_) {
    auto lane = usual_;
    lane.risk = risk_of(facts);
    return lane;
  }
  policy::Verdict verdict;
  conditions_->judge(facts, verdict);
  const LaneChoice* chosen = nullptr;
  for (const auto& lane : lanes_)
    if (std::ranges::any_of(verdict.fired, [&](const auto& f) {
          return conditions_->document().rules[f.rule].id == lane.name;
        })) {
      chosen = &lane;
      break;
    }
  return chosen ? *chosen : lanes_.front();
}

bool Lanes::knows(const std::string& name) const {
  return conditions_ ? std::ranges::find(lanes_, name, &LaneChoice::name) != lanes_.end()
                     : name == usual_.name;
}

LaneChoice Lanes::targets_of(const std::string& name) const {
  const auto at = std::ranges::find(lanes_, name, &LaneChoice::name);
  if (at != lanes_.end()) return *at;
  return name == usual_.name && !conditions_ ? usual_ : LaneChoice{.name = name};
}

}  // namespace ostiary::desk
