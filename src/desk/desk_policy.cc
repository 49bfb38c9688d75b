// What time and the document do to questions.

#include <algorithm>

#include "desk/impl/desk_impl.h"
#include "json/writer.h"

namespace ostiary::desk {

namespace {

constexpr WallMs kOfferMs = 30 * kDayMs, kLookAtOffersMs = 3'600'000;
constexpr std::size_t kMostOffersOfOne = 200;

}  // namespace

std::string clause_digest(const policy::Document& document, std::string_view anchor) {
  const auto* heading = anchor.empty() ? nullptr : document.heading(anchor);
  return heading ? heading->digest : std::string();
}

Result<> Desk::Impl::use_policy(std::shared_ptr<const policy::Policy> policy, FactsOfTarget target,
                                NearestAllowed nearest, WallMs now) {
  Lanes lanes;
  if (policy) {
    TRY(lanes, Lanes::make(policy->document()));
  }
  const bool same = policy && policy_ && policy->document().digest == policy_->document().digest;
  if (!same) settled_ = false;
  policy_ = std::move(policy);
  target_ = std::move(target);
  nearest_ = std::move(nearest);
  lanes_ = std::make_shared<const Lanes>(std::move(lanes));
  if (settled_) return {};
  TRY_VOID(settle(now));
  settled_ = true;
  return {};
}

bool Desk::Impl::clause_stands(const Answer& answer) const {
  return !policy_ || answer.clause.empty() ||
         answer.clause_digest == clause_digest(policy_->document(), answer.clause);
}

// Questions under another document. Where it fails, what was done holds, and the rest is done by the next
// call.
Result<> Desk::Impl::settle(WallMs now) {
  TRY_VOID(read_approvals());  // those whose clause changed are over, whatever fails below
  if (policy_) {
    TRY(auto precedents, store_.precedents());
    for (auto& stored : precedents) TRY_VOID(reopen_if_changed(std::move(stored), now));
    TRY(auto approved, store_.approved(now));
    for (auto& stored : approved) TRY_VOID(reopen_lapsed(std::move(stored), now));
  }
  for (const auto state : {State::open, State::waiting}) {
    TRY(auto all, store_.in_state(name(state)));
    for (auto& stored : all) TRY_VOID(follow(std::move(stored), now));
  }
  return {};
}

// A precedent whose clause says something else now, or is gone.
Result<> Desk::Impl::reopen_if_changed(store::StoredQuestion stored, WallMs now) {
  if (stored.precedent != name(Precedent::in_force)) return {};
  if (stored.clause_digest == clause_digest(policy_->document(), stored.clause)) return {};
  TRY(auto kept, load(std::move(stored)));
  kept.question.precedent = Precedent::reopened;
  reopen(kept, now);
  Writing writing{.approvals = true, .precedents = true};
  writing.events.push_back({now, "reopened", "desk", ""});
  writing.records.emplace_back("precedent-reopened", event_record(kept, "desk", ""));
  return commit(kept, writing, now);
}

// A refused request that a person allowed on a clause that says something else now, or is gone.
Result<> Desk::Impl::reopen_lapsed(store::StoredQuestion stored, WallMs now) {
  TRY(auto kept, load(std::move(stored)));
  const auto& q = kept.question;
  if (!is_approvable(q) || !q.answer || !allows(q.answer->ruling) || q.answer->precedent != 0) return {};
  if (clause_stands(*q.answer)) return {};
  reopen(kept, now);
  Writing writing{.approvals = true, .precedents = q.precedent != Precedent::none};
  writing.events.push_back({now, "reopened", "desk", ""});
  writing.records.emplace_back("question-reopened", event_record(kept, "desk", ""));
  return commit(kept, writing, now);
}

// An open question under another document: its lane, unless somebody chose who answers, and its clocks.
Result<> Desk::Impl::follow(store::StoredQuestion stored, WallMs now) {
  const auto before = stored;
  TRY(auto kept, load(std::move(stored)));
  auto& q = kept.question;
  if (!kept.assigned || !lanes_->knows(q.lane)) {
    const auto lane = lanes_->choose(q.facts);
    q.lane = lane.name;
    if (!kept.assigned) q.owner = lane.owner;
    q.escalate_to = lane.escalate_to;
    q.risk = lane.risk;
  }
  kept.remind = next_look(kept, *lanes_);
  auto after = to_stored(kept);
  if (after == before) return {};
  Writing nothing;
  return commit(kept, nothing, now);
}

Result<std::optional<Escalation>> Desk::Impl::look_at(Kept& kept, WallMs now) {
  auto& q = kept.question;
  Writing writing;
  std::optional<Escalation> escalation;
  if (q.state == State::open) {
    const auto due = alarms(kept, *lanes_);
    if (!due.empty() && due.front().at <= now) {
      const auto& alarm = due.front();
      kept.escalated.emplace_back(alarm.clock);
      escalation = Escalation{.number = q.number,
                              .clock = alarm.clock,
                              .lane = q.lane,
                              .owner = q.owner,
                              .escalate_to = q.escalate_to,
                              .team = q.team,
                              .due = alarm.due};
      writing.events.push_back({now, "escalated", "desk", alarm.clock});
      writing.records.emplace_back("question-escalated", event_record(kept, "desk", ""));
    }
  } else if (q.state == State::waiting || q.state == State::answered) {
    const auto at = next_look(kept, *lanes_);
    if (at && *at <= now) {
      writing.precedents = q.precedent != Precedent::none;
      writing.approvals = is_approvable(q);
      if (q.precedent == Precedent::in_force) q.precedent = Precedent::ended;
      q.state = State::expired;
      writing.events.push_back({now, "expired", "desk", ""});
      writing.records.emplace_back("question-expired", event_record(kept, "desk", ""));
    }
  }
  TRY_VOID(commit(kept, writing, now));
  return escalation;
}

Result<std::vector<Escalation>> Desk::Impl::tick(WallMs now) {
  if (now - offers_looked_at_ >= kLookAtOffersMs) {
    TRY_VOID(store_.forget_offers(now - kOfferMs, kMostOffersOfOne));
    offers_looked_at_ = now;
  }
  std::vector<Escalation> all;
  // A question has three clocks at most.
  for (int round = 0; round < 4; ++round) {
    TRY(auto due, store_.to_remind(now));
    if (due.empty()) break;
    for (auto& stored : due) {
      TRY(auto kept, load(std::move(stored)));
      TRY(auto escalation, look_at(kept, now));
      if (escalation) all.push_back(std::move(*escalation));
    }
  }
  return all;
}

}  // namespace ostiary::desk
