#include "desk/impl/kept.h"

#include <charconv>

#include "json/document.h"
#include "json/writer.h"

namespace ostiary::desk {

namespace {

using json::Value;
using json::Writer;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Code::corrupt,
              std::string("the store holds a question that cannot be read: ") + std::string(what));
}

void words(Writer& w, std::string_view name, const std::vector<std::string>& all) {
  w.key(name);
  w.begin_array();
  for (const auto& word : all) w.string(word);
  w.end_array();
}

std::vector<std::string> words(Value list) {
  std::vector<std::string> all;
  for (const auto word : list) all.push_back(word.string_or(""));
  return all;
}

template <class T>
void number_if(Writer& w, std::string_view name, const std::optional<T>& value) {
  if (value) w.member(name, *value);
}

std::optional<std::int64_t> whole(Value value) {
  if (!value.is(json::Type::number)) return std::nullopt;
  const auto raw = value.raw();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  return error == std::errc() && end == raw.data() + raw.size() ? std::optional(number) : std::nullopt;
}

void rules(Writer& w, std::string_view name, const std::vector<policy::RuleRef>& all) {
  w.key(name);
  w.begin_array();
  for (const auto& rule : all) {
    w.begin_object();
    w.member("clause", rule.clause);
    w.member("id", rule.id);
    w.end_object();
  }
  w.end_array();
}

std::vector<policy::RuleRef> rules(Value list) {
  std::vector<policy::RuleRef> all;
  for (const auto rule : list) all.push_back({rule["id"].string_or(""), rule["clause"].string_or("")});
  return all;
}

void facts(Writer& w, std::string_view name, const std::vector<policy::Fact>& all) {
  w.key(name);
  w.begin_array();
  for (const auto& fact : all) {
    std::string json;
    policy::append_json(json, fact);
    w.raw(json);
  }
  w.end_array();
}

policy::FactValue fact_value(Value value) {
  if (const auto flag = value.as_bool()) return *flag;
  if (const auto number = whole(value)) return *number;
  if (const auto number = value.as_number()) return *number;
  if (value.is_array()) return words(value);
  return value.string_or("");
}

std::vector<policy::Fact> facts(Value list) {
  std::vector<policy::Fact> all;
  for (const auto fact : list)
    all.push_back({fact["name"].string_or(""), fact_value(fact["value"]), fact["source"].string_or("")});
  return all;
}

void decision(Writer& w, const policy::Decision& d) {
  w.begin_object();
  w.member("alternative", d.alternative);
  w.member("approved_by", d.approved_by);
  w.member("because", d.because);
  w.member("effect", policy::name(d.effect));
  facts(w, "facts", d.facts);
  w.member("instead", d.instead);
  words(w, "missing", d.missing);
  w.member("mode", policy::name(d.mode));
  words(w, "obligations", d.obligations);
  rules(w, "observed", d.observed);
  w.member("policy_digest", d.policy_digest);
  w.member("policy_version", d.policy_version);
  words(w, "redact_classes", d.redact_classes);
  w.member("reroute_to", d.reroute_to);
  rules(w, "rules", d.rules);
  if (d.would_be) w.member("would_be", policy::name(*d.would_be));
  w.end_object();
}

policy::Decision decision(Value value) {
  policy::Decision d;
  d.alternative = value["alternative"].string_or("");
  d.approved_by = value["approved_by"].string_or("");
  d.because = value["because"].string_or("");
  d.instead = value["instead"].string_or("");
  // What cannot be read is the strictest.
  d.effect = policy::parse_effect(value["effect"].string_or("")).value_or(policy::Effect::deny);
  d.facts = facts(value["facts"]);
  d.missing = words(value["missing"]);
  d.mode = value["mode"].string_or("") == "observe" ? policy::Mode::observe : policy::Mode::enforce;
  d.obligations = words(value["obligations"]);
  d.observed = rules(value["observed"]);
  d.policy_digest = value["policy_digest"].string_or("");
  d.policy_version = value["policy_version"].string_or("");
  d.redact_classes = words(value["redact_classes"]);
  d.reroute_to = value["reroute_to"].string_or("");
  d.rules = rules(value["rules"]);
  d.would_be = policy::parse_effect(value["would_be"].string_or(""));
  return d;
}

void pauses(Writer& w, const std::vector<Pause>& all) {
  w.key("pauses");
  w.begin_array();
  for (const auto& pause : all) {
    w.begin_object();
    w.member("from", pause.from);
    number_if(w, "to", pause.to);
    w.end_object();
  }
  w.end_array();
}

void write_subject(Writer& w, const Question& q) {
  if (q.approval_lasts_ms) w.member("approval_lasts", *q.approval_lasts_ms);
  words(w, "data_classes", q.data_classes);
  number_if(w, "deadline", q.deadline);
  if (q.decision) {
    w.key("decision");
    decision(w, *q.decision);
  }
  w.member("escalate_to", q.escalate_to);
  w.member("exchange", q.exchange);
  facts(w, "facts", q.facts.all());
  w.member("model", q.model);
  w.member("output_use", q.output_use);
  w.member("people_blocked", q.people_blocked);
  if (q.reversible) w.member("reversible", *q.reversible);
  w.member("risk", name(q.risk));
  w.member("service", q.service);
  w.key("similar");
  w.begin_array();
  for (const auto number : q.similar) w.number(number);
  w.end_array();
  w.member("surface", q.surface);
  w.member("tool", q.tool);
}

std::string details_of(const Kept& kept) {
  std::string out;
  Writer w(out);
  w.begin_object();
  if (kept.question.answer) {
    const auto& answer = *kept.question.answer;
    w.key("answer");
    w.begin_object();
    w.member("at", answer.at);
    w.member("automatic", answer.automatic);
    w.member("precedent", answer.precedent);
    w.member("ruling", name(answer.ruling));
    w.end_object();
  }
  w.member("assigned", kept.assigned);
  w.member("breached", kept.breached);
  number_if(w, "decision_ms", kept.decision_ms);
  words(w, "escalated", kept.escalated);
  number_if(w, "first_ms", kept.first_ms);
  pauses(w, kept.pauses);
  w.member("people", kept.people);
  w.member("reversed", kept.reversed);
  w.member("reversed_automatic", kept.reversed_automatic);
  write_subject(w, kept.question);
  w.member("worded", kept.worded);
  w.end_object();
  return out;
}

void read_subject(Question& q, Value root) {
  q.approval_lasts_ms = root["approval_lasts"].as_uint();
  q.data_classes = words(root["data_classes"]);
  q.deadline = whole(root["deadline"]);
  if (root["decision"].is_object()) q.decision = decision(root["decision"]);
  q.escalate_to = root["escalate_to"].string_or("");
  q.exchange = root["exchange"].string_or("");
  for (auto& fact : facts(root["facts"])) q.facts.set(fact.name, std::move(fact.value), fact.source);
  q.model = root["model"].string_or("");
  q.output_use = root["output_use"].string_or("");
  q.people_blocked = static_cast<std::uint32_t>(root["people_blocked"].as_uint().value_or(0));
  q.reversible = root["reversible"].as_bool();
  q.risk = parse_risk(root["risk"].string_or("")).value_or(Risk::high);
  q.service = root["service"].string_or("");
  for (const auto number : root["similar"]) q.similar.push_back(number.as_uint().value_or(0));
  q.surface = root["surface"].string_or("");
  q.tool = root["tool"].string_or("");
}

std::optional<Answer> read_answer(const store::StoredQuestion& stored, Value root) {
  const auto answer = root["answer"];
  if (!answer.is_object()) return std::nullopt;
  Answer out;
  out.at = whole(answer["at"]).value_or(0);
  out.automatic = answer["automatic"].as_bool().value_or(false);
  out.precedent = answer["precedent"].as_uint().value_or(0);
  out.ruling = parse_ruling(answer["ruling"].string_or("")).value_or(Ruling::deny);
  out.expires = stored.expires;
  out.clause = stored.clause;
  out.clause_digest = stored.clause_digest;
  return out;
}

void read_details(Kept& kept, Value root) {
  const auto flag = [&](std::string_view name) { return root[name].as_bool().value_or(false); };
  kept.assigned = flag("assigned");
  kept.breached = flag("breached");
  kept.decision_ms = root["decision_ms"].as_uint();
  kept.escalated = words(root["escalated"]);
  kept.first_ms = root["first_ms"].as_uint();
  for (const auto pause : root["pauses"])
    kept.pauses.push_back({whole(pause["from"]).value_or(0), whole(pause["to"])});
  kept.people = flag("people");
  kept.reversed = flag("reversed");
  kept.reversed_automatic = flag("reversed_automatic");
  kept.worded = flag("worded");
  read_subject(kept.question, root);
}

}  // namespace

store::StoredQuestion to_stored(const Kept& kept) {
  const auto& q = kept.question;
  store::StoredQuestion stored{.number = q.number,
                               .state = name(q.state),
                               .origin = name(q.origin),
                               .asker = q.asker,
                               .team = q.team,
                               .text = q.text,
                               .what_for = q.what_for,
                               .title = q.title,
                               .link = q.link,
                               .salt = kept.salt,
                               .fingerprint = q.fingerprint,
                               .request = q.request_fingerprint,
                               .topic = kept.topic,
                               .lane = q.lane,
                               .owner = q.owner,
                               .precedent = name(q.precedent),
                               .details = details_of(kept),
                               .times = q.times,
                               .created = q.created,
                               .touched = kept.touched.value_or(q.created),
                               .asked = q.asked,
                               .first_answered = q.first_answered,
                               .decided = q.decided,
                               .remind = kept.remind};
  if (q.answer) {
    stored.clause = q.answer->clause;
    stored.clause_digest = q.answer->clause_digest;
    stored.expires = q.answer->expires;
  }
  return stored;
}

Result<Kept> from_stored(store::StoredQuestion stored) {
  Kept kept;
  auto& q = kept.question;
  const auto state = parse_state(stored.state);
  const auto origin = parse_origin(stored.origin);
  const auto precedent = parse_precedent(stored.precedent);
  if (!state || !origin || !precedent) return damaged(number_text(stored.number));
  q.number = stored.number;
  q.state = *state;
  q.origin = *origin;
  q.precedent = *precedent;
  q.asker = std::move(stored.asker);
  q.team = std::move(stored.team);
  q.text = std::move(stored.text);
  q.what_for = std::move(stored.what_for);
  q.title = std::move(stored.title);
  q.link = std::move(stored.link);
  kept.salt = std::move(stored.salt);
  q.fingerprint = std::move(stored.fingerprint);
  q.request_fingerprint = std::move(stored.request);
  kept.topic = std::move(stored.topic);
  q.lane = std::move(stored.lane);
  q.owner = std::move(stored.owner);
  q.times = static_cast<std::uint32_t>(stored.times);
  q.created = stored.created;
  kept.touched = stored.touched;
  q.asked = stored.asked;
  q.first_answered = stored.first_answered;
  q.decided = stored.decided;
  kept.remind = stored.remind;
  const auto document = json::Document::parse(stored.details);
  if (!document) return damaged(number_text(stored.number));
  read_details(kept, document->root());
  q.answer = read_answer(stored, document->root());
  return kept;
}

store::StoredAnswer to_stored(const Answer& answer) {
  std::string out;
  Writer w(out);
  w.begin_object();
  w.member("alternative", answer.alternative);
  w.member("automatic", answer.automatic);
  w.member("clause", answer.clause);
  w.member("clause_digest", answer.clause_digest);
  w.member("conditions", answer.conditions);
  number_if(w, "expires", answer.expires);
  w.member("precedent", answer.precedent);
  w.member("reason", answer.reason);
  rules(w, "rules", answer.rules);
  w.member("ruling", name(answer.ruling));
  w.end_object();
  return {.at = answer.at, .by = answer.by, .details = std::move(out)};
}

Result<Answer> from_stored(const store::StoredAnswer& stored) {
  const auto document = json::Document::parse(stored.details);
  if (!document) return damaged("an answer");
  const auto root = document->root();
  Answer answer;
  answer.at = stored.at;
  answer.by = stored.by;
  answer.alternative = root["alternative"].string_or("");
  answer.automatic = root["automatic"].as_bool().value_or(false);
  answer.clause = root["clause"].string_or("");
  answer.clause_digest = root["clause_digest"].string_or("");
  answer.conditions = root["conditions"].string_or("");
  answer.expires = whole(root["expires"]);
  answer.precedent = root["precedent"].as_uint().value_or(0);
  answer.reason = root["reason"].string_or("");
  answer.rules = rules(root["rules"]);
  answer.ruling = parse_ruling(root["ruling"].string_or("")).value_or(Ruling::deny);
  return answer;
}

}  // namespace ostiary::desk
