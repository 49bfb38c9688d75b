#include "gateway/deciding.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <set>

#include "gateway/duties.h"
#include "gateway/facts.h"
#include "gateway/worker.h"
#include "policy/alternative.h"
#include "policy/fingerprint.h"

namespace ostiary::gateway {

namespace {

// Decides once for `target`, and looks for an approval where it asks for one.
policy::Decision decide_once(Worker& worker, Exchange& x, const Service& target, const policy::Facts& facts) {
  auto d = x.setup->decider->decide_often(facts, x.inspection, worker.verdict);
  if (d.enforced() != policy::Effect::ask || !x.caller.key) return d;
  x.fingerprint = policy::request_fingerprint(d, x.caller.key->subject, target.id(), x.model);
  const auto* desk = worker.shared.questions.sink();
  const auto now = wall_now();
  const auto approval = desk ? desk->approved(x.fingerprint, now) : std::nullopt;
  if (!approval || approval->expires <= now) return d;
  if (const auto lasts = approval_lasts(d.obligations))
    if (static_cast<std::uint64_t>(std::max<WallMs>(now - approval->granted, 0)) >= *lasts) return d;
  d.approved_by = approval->question;
  return d;
}

// What of the request's data could be taken out: classes of what was found in its text and has a place there.
std::vector<std::string> maskable_classes(const inspect::Inspection& found) {
  if (!found.partial.empty()) return {};
  std::set<std::string> fixed, classes;
  for (const auto& finding : found.findings) {
    if (finding.klass == inspect::Class::size || finding.confidence < inspect::Confidence::medium) continue;
    const bool in_text = finding.location.within.empty() && finding.klass != inspect::Class::opaque &&
                         finding.location.start < finding.location.end;
    (in_text ? classes : fixed).insert(finding.data_class);
  }
  std::vector<std::string> out;
  std::ranges::set_difference(classes, fixed, std::back_inserter(out));
  std::erase_if(out, [&](const std::string& klass) {
    return std::ranges::find(found.classes, klass) == found.classes.end();
  });
  return out;
}

inspect::Inspection without(const inspect::Inspection& found, const std::vector<std::string>& classes) {
  const auto is_out = [&](const std::string& klass) {
    return std::ranges::find(classes, klass) != classes.end();
  };
  auto left = found;
  std::erase_if(left.classes, is_out);
  std::erase_if(left.findings, [&](const inspect::Finding& finding) { return is_out(finding.data_class); });
  return left;
}

// Where the same request could go: services that offer its model, then others with a model of theirs.
std::vector<policy::Alternative> places_of(const Exchange& x) {
  std::vector<policy::Alternative> same = {{}}, others;
  for (const auto& service : x.setup->services) {
    if (service.get() == x.service || !service->offers(x.asked.endpoint.name)) continue;
    if (x.model.empty() || service->upstream_name(x.model)) {
      same.push_back({service->id(), "", {}});
      continue;
    }
    const auto& models = service->settings().models;
    const auto plain = std::ranges::find_if(
        models, [](const ModelName& model) { return model.name.find_first_of("*?") == std::string::npos; });
    if (plain != models.end()) others.push_back({service->id(), plain->name, {}});
  }
  same.insert(same.end(), others.begin(), others.end());
  return same;
}

// The nearest way in which the request would be let pass.
void find_alternative(Worker& worker, Exchange& x) {
  const auto& decider = *x.setup->decider;
  inspect::Inspection left;
  const auto facts_of = [&](const policy::Alternative& way) -> std::optional<policy::Facts> {
    const Service* target = way.service.empty() ? x.service : x.setup->find_service(way.service);
    if (!target) return std::nullopt;
    left = without(x.inspection, way.masked);
    return gather_facts(x, *target, decider.wants(),
                        {.model = way.model.empty() ? nullptr : &way.model, .inspection = &left});
  };
  const auto places = places_of(x);
  const auto way = policy::nearest_alternative(
      [&](const policy::Facts& facts) { return decider.decide_often(facts, left, worker.verdict); }, facts_of,
      places, maskable_classes(x.inspection));
  if (way) x.decision.alternative = way->text();
}

bool nothing_was_found(const inspect::Inspection& found) {
  return found.findings.empty() && found.classes.empty() && found.partial.empty();
}

// Whether facts lead to the decision that is known, and to the same record of it.
bool same_decision(const Decider& decider, const Lane::Decided& known, const policy::Facts& facts) {
  return std::ranges::equal(
      known.facts.all(), facts.all(), [&](const policy::Fact& a, const policy::Fact& b) {
        if (a == b) return true;
        return a.name == b.name && decider.alike(a, b) && (policy::fact_set(a.name) & known.used) == 0;
      });
}

// The same as for the exchange before, where nothing that the decider asks for has changed.
bool decide_as_before(Exchange& x, const Lane::Decided& known, const policy::Facts& facts) {
  if (known.setup != x.setup->number || !nothing_was_found(x.inspection) ||
      !same_decision(*x.setup->decider, known, facts))
    return false;
  x.service = known.target;
  x.decision = known.decision;
  x.decision_json = known.json;
  return true;
}

// What of a decision that lets a request pass is still needed once its JSON is made. Copying it for each
// exchange costs no more than that.
policy::Decision acted_on(const policy::Decision& decision) {
  policy::Decision d;
  d.effect = decision.effect;
  d.mode = decision.mode;
  d.reroute_to = decision.reroute_to;
  d.redact_classes = decision.redact_classes;
  d.obligations = decision.obligations;
  if (!d.obligations.empty()) d.rules = decision.rules;  // they are logged
  return d;
}

// What is gathered: beside what the decider reads, whether the request was inspected, so that its record
// tells that too.
policy::FactSet gathered(const Decider& decider) {
  static const policy::FactSet partial = policy::fact_set("data.partial");
  return decider.wants() | partial;
}

// Why a request cannot go to a service that the policy names; empty: it can.
std::string unfit(const Exchange& x, std::string_view id) {
  const Service* service = x.setup->find_service(id);
  std::string_view what;
  if (!service)
    what = "is no service";
  else if (!x.model.empty() && !service->upstream_name(x.model))
    what = "does not offer the model";
  else if (!service->offers(x.asked.endpoint.name))
    what = "does not offer what is asked of it";
  return what.empty() ? "" : fmt::format("the policy sends this to '{}', which {} here", id, what);
}

// Makes the record of a decision: it tells every fact that was known where the request ends up, whether a
// rule fired for it or not, so that the ledger can be decided again. Times and the body's size stand in the
// record itself. Returns the facts that it tells.
policy::FactSet record_decision(Exchange& x, const policy::Facts& known) {
  static const policy::FactSet apart = policy::facts_below("time.") | policy::fact_set("data.bytes");
  auto used = x.decision.facts;
  policy::FactSet told = 0;
  for (const auto& fact : used) told |= policy::fact_set(fact.name);
  for (const auto& fact : known.all())
    if (const auto bit = policy::fact_set(fact.name); (bit & (told | apart)) == 0) {
      x.decision.facts.push_back(fact);
      told |= bit;
    }
  x.decision_json.clear();
  policy::append_json(x.decision_json, x.decision);
  x.decision.facts = std::move(used);
  return told;
}

void decide_anew(Worker& worker, Exchange& x, const Service& first, policy::Facts facts) {
  const auto& decider = *x.setup->decider;
  const Service* target = &first;
  std::optional<policy::Facts> elsewhere;
  std::string why;
  x.decision = policy::follow_reroutes(
      [&](const policy::Facts& there) { return decide_once(worker, x, *target, there); }, facts,
      [&](std::string_view service) -> std::optional<policy::Facts> {
        why = unfit(x, service);
        if (!why.empty()) return std::nullopt;
        target = x.setup->find_service(service);
        elsewhere = gather_facts(x, *target, gathered(decider));
        return elsewhere;
      });
  if (!why.empty()) x.decision.because = std::move(why);
  x.service = target;
  if (x.decision.stops()) find_alternative(worker, x);
  const auto used = record_decision(x, elsewhere ? *elsewhere : facts);
  const bool may_change = x.decision.stops() || !x.decision.approved_by.empty();
  if (may_change || !nothing_was_found(x.inspection)) return;
  worker.lane(first)->decided = {x.setup->number, std::move(facts),     used,
                                 target,          acted_on(x.decision), x.decision_json};
}

}  // namespace

bool decide(Worker& worker, Exchange& x, const Service& first) {
  x.has_target_digest = false;  // of another service
  auto facts = gather_facts(x, first, gathered(*x.setup->decider));
  if (!decide_as_before(x, worker.lane(first)->decided, facts))
    decide_anew(worker, x, first, std::move(facts));
  x.question = x.decision.approved_by;
  if (!x.decision.obligations.empty() || !x.answer_headers.empty())
    carry_out_obligations(x);
  return !x.decision.stops();
}

net::Task<GateError> refused(Worker& worker, net::Watch* client, Exchange& x) {
  x.outcome = ledger::Outcome::refused;
  Refusal refusal;
  refusal.exchange = x.id;
  refusal.at = x.at;
  if (x.caller.key) {
    refusal.subject = x.caller.key->subject;
    refusal.team = x.caller.key->team;
    refusal.key = x.caller.key->id;
  }
  refusal.tool = x.claims.tool;
  refusal.endpoint = x.asked.endpoint.name;
  if (x.service) {
    refusal.service = x.service->id();
    refusal.provider = x.service->settings().provider;
    refusal.surface = x.service->settings().surface;
  }
  refusal.model = x.model;
  refusal.effect = x.decision.effect;
  refusal.decision = x.decision;
  refusal.findings = x.inspection.findings;
  refusal.classes = x.inspection.classes;
  refusal.partial = x.inspection.partial;
  refusal.fingerprint =
      x.decision.effect == policy::Effect::ask
          ? x.fingerprint
          : policy::request_fingerprint(x.decision, refusal.subject, refusal.service, refusal.model);
  refusal.approval_lasts_ms = approval_lasts(x.decision.obligations);
  if (worker.shared.questions.sink())
    x.question = co_await worker.shared.questions.number_of(worker.loop, client, std::move(refusal));
  std::string findings = "[";
  for (const auto& finding : x.inspection.findings) {
    if (findings.size() > 1) findings += ',';
    inspect::append_json(findings, finding);
  }
  co_return gateway::refusal(x.decision, findings + "]", x.question);
}

}  // namespace ostiary::gateway
