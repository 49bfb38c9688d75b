// What people do with questions.

#include <algorithm>
#include <fmt/format.h>

#include "desk/impl/desk_impl.h"
#include "json/writer.h"
#include "policy/fact_table.h"
#include "policy/plain.h"

namespace ostiary::desk {

namespace {

constexpr std::size_t kMostReplies = 50;

std::string note_of(std::string_view text) {
  return clean_text(text, Asking::kLongestText);
}

std::unexpected<Error> not_for(const char* what) {
  return fail(Code::denied, fmt::format("{} is for those who answer", what));
}

Answer answer_of(const AnswerWish& wish, const Actor& by, WallMs now) {
  return {.at = now,
          .ruling = wish.ruling,
          .reason = note_of(wish.reason),
          .conditions = note_of(wish.conditions),
          .expires = wish.expires,
          .by = actor_name(by)};
}

Result<> check_answer(const Answer& answer, WallMs now) {
  if (answer.reason.empty()) return fail(Code::invalid, "an answer needs a reason");
  if (answer.ruling == Ruling::allow_with_conditions && answer.conditions.empty())
    return fail(Code::invalid, "say the conditions");
  if (answer.ruling != Ruling::allow_with_conditions && !answer.conditions.empty())
    return fail(Code::invalid, "only 'allow-with-conditions' has conditions");
  if (answer.expires && *answer.expires <= now) return fail(Code::invalid, "the expiry must lie ahead");
  return {};
}

// A word that somebody else than the asker chose: the gate, the fact table or the configuration.
bool is_known(const Kept& kept, std::string_view fact, const std::string& word) {
  const auto& q = kept.question;
  if (q.origin == Origin::gate && !kept.worded) return true;
  const auto& spec = policy::fact_table()[*policy::fact_index(fact)];
  if (std::ranges::find(spec.allowed, word) != spec.allowed.end()) return true;
  if (fact == "data.classes") return policy::noun(spec, word) != word;
  const auto* known = fact == "target.service" ? q.facts.find(fact) : nullptr;
  return known && known->source != "asker" && known->value == policy::FactValue(word);
}

// As the ledger keeps it: what an asker wrote may be anything, and is a digest.
std::string kept_word(const Kept& kept, std::string_view fact, const std::string& word) {
  if (word.empty() || is_known(kept, fact, word)) return word;
  const auto digest = text_digest(kept.salt, word);
  return digest.empty() ? digest : "hmac-sha256:" + digest;
}

void write_use(json::Writer& w, const Kept& kept) {
  const auto& q = kept.question;
  w.begin_object();
  w.key("data_classes");
  w.begin_array();
  for (const auto& one : q.data_classes) w.string(kept_word(kept, "data.classes", one));
  w.end_array();
  w.member("model", kept_word(kept, "target.model", q.model));
  w.member("output_use", kept_word(kept, "output.use", q.output_use));
  w.member("service", kept_word(kept, "target.service", q.service));
  w.member("surface", kept_word(kept, "target.surface", q.surface));
  w.member("team", q.team);
  w.member("tool", kept_word(kept, "tool", q.tool));
  w.end_object();
}

// Ends the pause that lasts.
void resume(Kept& kept, WallMs now) {
  if (!kept.pauses.empty() && !kept.pauses.back().to) kept.pauses.back().to = now;
}

}  // namespace

std::string answer_record(const Kept& kept, const Answer& answer, std::string_view by) {
  const auto& q = kept.question;
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("automatic", answer.automatic);
  w.member("by", by);
  w.member("clause", answer.clause);
  w.key("expires");
  answer.expires ? w.string(rfc3339(*answer.expires)) : w.null();
  w.key("policy");
  q.decision && !q.decision->policy_digest.empty() ? w.string(q.decision->policy_digest) : w.null();
  w.key("precedent");
  answer.precedent == 0 ? w.null() : w.string(number_text(answer.precedent));
  const auto digest = text_digest(kept.salt, answer.reason);
  w.key("reason");
  digest.empty() ? w.null() : w.string(digest);
  w.member("request", q.request_fingerprint);
  w.member("ruling", name(answer.ruling));
  w.member("subject", q.asker);
  w.key("use");
  write_use(w, kept);
  w.end_object();
  return out;
}

std::string event_record(const Kept& kept, std::string_view by, std::string_view text) {
  const auto& q = kept.question;
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("by", by);
  w.member("subject", q.asker);
  const auto digest = text_digest(kept.salt, text);
  w.key("text");
  digest.empty() ? w.null() : w.string(digest);
  w.end_object();
  return out;
}

Result<std::string> Desk::Impl::clause_of(const Kept& kept, std::string_view wanted) const {
  if (!wanted.empty()) {
    if (wanted.starts_with('#')) wanted.remove_prefix(1);
    if (!policy_ || !policy_->document().heading(wanted))
      return fail(Code::invalid,
                  fmt::format("the document in force has no clause '{}'", clean_text(wanted, 100)));
    return std::string(wanted);
  }
  const auto& q = kept.question;
  if (q.answer && !q.answer->clause.empty() && policy_ && policy_->document().heading(q.answer->clause))
    return q.answer->clause;
  if (q.decision)
    for (const auto& rule : q.decision->rules)
      if (policy_ && policy_->document().heading(rule.clause)) return rule.clause;
  return std::string();
}

Result<Question> Desk::Impl::ask_back(std::uint64_t number, std::string_view note, const Actor& by,
                                      WallMs now) {
  if (!by.answers) return not_for("asking back");
  TRY(auto kept, find(number));
  auto& q = kept.question;
  if (q.state != State::open) return wrong_state(q, "only an open question is asked back about");
  const auto text = note_of(note);
  if (text.empty()) return fail(Code::invalid, "say what the asker is to tell");
  if (kept.pauses.size() >= Kept::kMostPauses)
    return fail(Code::exists, "the asker was asked too often; answer, or let them ask anew");
  set_clocks(kept, *lanes_, now);
  kept.breached = kept.breached || q.first_answer.breached;
  q.state = State::waiting;
  kept.pauses.push_back({.from = now, .to = {}});
  if (!q.first_answered) {
    q.first_answered = now;
    if (!kept.first_ms) kept.first_ms = worked(kept, lanes_->calendar(), *q.asked, now);
  }
  kept.people = true;
  Writing writing;
  writing.events.push_back({now, "asked-back", actor_name(by), text});
  writing.records.emplace_back("question-asked-back", event_record(kept, key_of(by), text));
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

// Replies that nobody waited for: so many of the asker in a row, and nobody of the desk in between.
Result<> Desk::Impl::check_replies(const Question& q) {
  TRY(const auto events, store_.events(q.number));
  const auto last =
      std::ranges::find_if(events.rbegin(), events.rend(), [](const auto& e) { return e.kind != "replied"; });
  if (static_cast<std::size_t>(last - events.rbegin()) < kMostReplies) return {};
  return fail(Code::too_large, fmt::format("{} has {} replies in a row already; wait until the desk answers",
                                           number_text(q.number), kMostReplies));
}

Result<Question> Desk::Impl::reply(std::uint64_t number, std::string_view note, const Actor& by, WallMs now) {
  TRY(auto kept, find_visible(number, by));
  auto& q = kept.question;
  if (q.state != State::waiting && q.state != State::open)
    return wrong_state(q, "nobody waits for a reply; appeal, or ask anew");
  const auto text = note_of(note);
  if (text.empty()) return fail(Code::invalid, "the reply says nothing");
  if (q.state == State::open) TRY_VOID(check_replies(q));
  q.state = State::open;
  resume(kept, now);
  Writing writing;
  writing.events.push_back({now, "replied", actor_name(by), text});
  writing.records.emplace_back("question-replied", event_record(kept, key_of(by), text));
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

// Working times are those of the first time that people had it.
static void measure(Kept& kept, const Lanes& lanes, WallMs now) {
  auto& q = kept.question;
  set_clocks(kept, lanes, now);
  if (!kept.first_ms && !q.first_answered) kept.first_ms = worked(kept, lanes.calendar(), *q.asked, now);
  if (!kept.decision_ms) kept.decision_ms = worked(kept, lanes.calendar(), *q.asked, now);
  kept.breached = kept.breached || q.first_answer.breached || q.until_decision.breached;
}

// Nobody decides what they asked themselves, nor an appeal against their own answer. Who is at the data
// folder itself may: a desk of one person has nobody else.
Result<> Desk::Impl::check_answerer(const Kept& kept, const Actor& by) {
  const auto& q = kept.question;
  if (is_local(by) || by.subject.empty()) return {};
  if (by.subject == q.asker)
    return fail(Code::denied,
                fmt::format("{} is your own question; somebody else answers it", number_text(q.number)));
  if (q.state == State::answered || !q.answer || q.answer->by != by.subject) return {};
  TRY(const auto events, store_.events(q.number));
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (event->kind == "answered" || event->kind == "reversed" || event->kind == "reopened") return {};
    if (event->kind == "appealed")
      return fail(Code::denied, fmt::format("{} is an appeal against your answer; somebody else answers it",
                                            number_text(q.number)));
  }
  return {};
}

Result<Question> Desk::Impl::answer(std::uint64_t number, const AnswerWish& wish, const Actor& by,
                                    WallMs now) {
  if (!by.answers) return not_for("answering");
  TRY(auto kept, find(number));
  auto& q = kept.question;
  if (q.state != State::open && q.state != State::waiting && q.state != State::answered)
    return wrong_state(q, "it cannot be answered");
  TRY_VOID(check_answerer(kept, by));
  auto answer = answer_of(wish, by, now);
  TRY_VOID(check_answer(answer, now));
  TRY(answer.clause, clause_of(kept, wish.clause));
  if (policy_) answer.clause_digest = clause_digest(policy_->document(), answer.clause);
  if (q.decision) answer.rules = q.decision->rules, answer.alternative = way_out(*q.decision);
  if (allows(answer.ruling) && is_approvable(q)) answer.expires = approval_end(q, answer.expires, now);
  const bool reversed = q.answer && allows(q.answer->ruling) != allows(answer.ruling);
  const bool was_automatic = q.answer && q.answer->automatic;
  if (q.state != State::answered) {
    resume(kept, now);
    measure(kept, *lanes_, now);
  }
  kept.people = true;
  kept.reversed = kept.reversed || reversed;
  kept.reversed_automatic = kept.reversed_automatic || (reversed && was_automatic);
  q.state = State::answered;
  if (!q.first_answered) q.first_answered = now;
  q.decided = now;
  Writing writing{.approvals = is_approvable(q), .precedents = q.precedent != Precedent::none};
  // A precedent that says something else now is none until somebody makes it one again.
  if (q.precedent == Precedent::reopened || (reversed && q.precedent == Precedent::in_force)) {
    q.precedent = Precedent::ended;
    writing.events.push_back({now, "precedent-ended", actor_name(by), ""});
    writing.records.emplace_back("precedent-ended", event_record(kept, key_of(by), ""));
  }
  writing.events.push_back({now, reversed ? "reversed" : "answered", actor_name(by), ""});
  writing.records.emplace_back(reversed ? "question-reversed" : "question-answered",
                               answer_record(kept, answer, key_of(by)));
  if (q.answer) q.earlier.push_back(std::move(*q.answer));
  q.answer = answer;
  writing.answers.push_back(std::move(answer));
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

void Desk::Impl::reopen(Kept& kept, WallMs now) {
  auto& q = kept.question;
  q.state = State::open;
  q.asked = now;
  q.first_answered.reset();
  q.decided.reset();
  kept.pauses.clear();
  kept.escalated.clear();
  const auto lane = lanes_->choose(q.facts);
  if (kept.assigned) return;
  q.lane = lane.name;
  q.owner = lane.owner;
  q.escalate_to = lane.escalate_to;
  q.risk = lane.risk;
}

Result<Question> Desk::Impl::appeal(std::uint64_t number, std::string_view why, const Actor& by, WallMs now) {
  TRY(auto kept, find_visible(number, by));
  auto& q = kept.question;
  if (q.state != State::answered) return wrong_state(q, "there is no answer to appeal against");
  const auto text = note_of(why);
  if (text.empty()) return fail(Code::invalid, "say why the answer should be another");
  if (by.subject == q.asker && !by.answers) TRY_VOID(check_room(q.asker, now));
  reopen(kept, now);
  if (!q.escalate_to.empty()) {
    q.owner = q.escalate_to;
    kept.assigned = true;
  }
  Writing writing{.approvals = is_approvable(q), .precedents = q.precedent != Precedent::none};
  if (q.precedent == Precedent::in_force) q.precedent = Precedent::reopened;
  writing.events.push_back({now, "appealed", actor_name(by), text});
  writing.records.emplace_back("question-appealed", event_record(kept, key_of(by), text));
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

Result<Question> Desk::Impl::withdraw(std::uint64_t number, std::string_view why, const Actor& by,
                                      WallMs now) {
  TRY(auto kept, find_visible(number, by));
  auto& q = kept.question;
  if (q.state != State::open && q.state != State::waiting && q.state != State::offered)
    return wrong_state(q, "there is nothing to withdraw");
  const auto text = note_of(why);
  resume(kept, now);
  q.state = State::withdrawn;
  Writing writing{.approvals = is_approvable(q), .precedents = q.precedent != Precedent::none};
  if (q.precedent != Precedent::none) q.precedent = Precedent::ended;
  writing.events.push_back({now, "withdrawn", actor_name(by), text});
  writing.records.emplace_back("question-withdrawn", event_record(kept, key_of(by), text));
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

Result<Question> Desk::Impl::assign(std::uint64_t number, std::string_view owner, const Actor& by,
                                    WallMs now) {
  if (!by.answers) return not_for("naming an owner");
  TRY(auto kept, find(number));
  auto& q = kept.question;
  if (q.state != State::open && q.state != State::waiting) return wrong_state(q, "it needs no owner");
  q.owner = clean_text(owner, Asking::kLongestWord);
  if (q.owner.empty()) return fail(Code::invalid, "name the owner");
  kept.assigned = true;
  Writing writing;
  writing.events.push_back({now, "assigned", actor_name(by), q.owner});
  writing.records.emplace_back("question-assigned", event_record(kept, key_of(by), q.owner));
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

Result<Question> Desk::Impl::make_precedent(std::uint64_t number, std::string_view title,
                                            std::string_view clause, const Actor& by, WallMs now) {
  if (!by.answers) return not_for("making precedents");
  TRY(auto kept, find(number));
  auto& q = kept.question;
  if (!is_local(by) && !by.subject.empty() && by.subject == q.asker)
    return fail(Code::denied, fmt::format("{} is your own question; somebody else makes it a precedent",
                                          number_text(number)));
  if (q.state != State::answered || !q.answer)
    return wrong_state(q, "only an answered question is a precedent");
  if (q.answer->automatic)
    return fail(Code::exists, "the answer was automatic; a precedent needs a person's answer");
  if (q.precedent == Precedent::in_force) return fail(Code::exists, "it is a precedent already");
  if (!is_comparable(q))
    return fail(Code::invalid,
                "the gate looked at nothing when it refused this, so that no other request is the same; "
                "write a rule (ostiary desk propose)");
  TRY(const auto all, store_.precedents());
  if (all.size() >= kMostPrecedents)
    return fail(Code::too_large,
                "there are as many precedents as the desk compares; write rules, and end some");
  TRY(auto anchor, clause_of(kept, clause));
  if (anchor.empty() || !policy_)
    return fail(Code::invalid, "name the clause of the document that the answer rests on");
  q.title = clean_text(title, 1000);
  q.precedent = Precedent::in_force;
  Writing writing{.approvals = true, .precedents = true};
  // The answer as it stands, on the clause as it stands now.
  auto answer = *q.answer;
  answer.clause = std::move(anchor);
  answer.clause_digest = clause_digest(policy_->document(), answer.clause);
  if (answer.clause != q.answer->clause || answer.clause_digest != q.answer->clause_digest) {
    q.earlier.push_back(std::move(*q.answer));
    q.answer = answer;
    writing.answers.push_back(answer);
  }
  writing.events.push_back({now, "precedent", actor_name(by), q.title});
  writing.records.emplace_back("precedent-made", answer_record(kept, answer, key_of(by)));
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

Result<Question> Desk::Impl::end_precedent(std::uint64_t number, std::string_view why, const Actor& by,
                                           WallMs now) {
  if (!by.answers) return not_for("ending precedents");
  TRY(auto kept, find(number));
  auto& q = kept.question;
  if (q.precedent != Precedent::in_force && q.precedent != Precedent::reopened)
    return fail(Code::exists, fmt::format("{} is no precedent", number_text(number)));
  q.precedent = Precedent::ended;
  const auto text = note_of(why);
  Writing writing{.approvals = true, .precedents = true};
  writing.events.push_back({now, "precedent-ended", actor_name(by), text});
  writing.records.emplace_back("precedent-ended", event_record(kept, key_of(by), text));
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

}  // namespace ostiary::desk
