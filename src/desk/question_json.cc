// A question as JSON, canonical: members in sorted order.

#include "desk/question.h"
#include "desk/question_told.h"
#include "json/writer.h"

namespace ostiary::desk {

namespace {

using json::Writer;

void text(Writer& w, std::string_view name, std::string_view value) {
  w.key(name);
  value.empty() ? w.null() : w.string(value);
}

void time(Writer& w, std::string_view name, const std::optional<WallMs>& at) {
  w.key(name);
  at ? w.string(rfc3339(*at)) : w.null();
}

void words(Writer& w, std::string_view name, const std::vector<std::string>& all) {
  w.key(name);
  w.begin_array();
  for (const auto& word : all) w.string(word);
  w.end_array();
}

void write(Writer& w, const Answer& a, bool with_texts) {
  w.begin_object();
  text(w, "alternative", a.alternative);
  w.member("at", rfc3339(a.at));
  w.member("automatic", a.automatic);
  w.member("by", a.by);
  text(w, "clause", a.clause);
  text(w, "conditions", with_texts ? a.conditions : "");
  time(w, "expires", a.expires);
  w.key("precedent");
  a.precedent == 0 ? w.null() : w.string(number_text(a.precedent));
  text(w, "reason", with_texts ? a.reason : "");
  w.key("rules");
  w.begin_array();
  for (const auto& rule : a.rules) {
    w.begin_object();
    text(w, "clause", rule.clause);
    w.member("id", rule.id);
    w.end_object();
  }
  w.end_array();
  w.member("ruling", name(a.ruling));
  w.end_object();
}

void write(Writer& w, const Clock& clock) {
  w.begin_object();
  w.member("breached", clock.breached);
  time(w, "due", clock.due);
  w.member("elapsed_ms", clock.elapsed_ms);
  w.member("ended", clock.ended);
  w.member("running", clock.running);
  w.key("target_ms");
  clock.target_ms == 0 ? w.null() : w.number(clock.target_ms);
  w.end_object();
}

void write_answers(Writer& w, const Question& q, bool with_texts) {
  w.key("answer");
  if (q.answer)
    write(w, *q.answer, with_texts);
  else
    w.null();
  time(w, "asked", q.asked);
  text(w, "asker", q.asker);
  w.key("clocks");
  w.begin_object();
  w.key("decision");
  write(w, q.until_decision);
  w.key("first_answer");
  write(w, q.first_answer);
  w.end_object();
  w.member("created", rfc3339(q.created));
  words(w, "data_classes", q.data_classes);
  time(w, "deadline", q.deadline);
  time(w, "decided", q.decided);
  w.key("decision");
  if (q.decision) {
    std::string json;
    policy::append_json(json, *q.decision);
    w.raw(json);
  } else {
    w.null();
  }
  w.key("earlier");
  w.begin_array();
  for (const auto& answer : q.earlier) write(w, answer, with_texts);
  w.end_array();
  text(w, "escalate_to", q.escalate_to);
}

void write_events(Writer& w, const Question& q, bool with_texts) {
  w.key("events");
  w.begin_array();
  for (const auto& event : q.events) {
    w.begin_object();
    w.member("at", rfc3339(event.at));
    text(w, "by", event.by);
    w.member("kind", event.kind);
    text(w, "note", with_texts ? event.note : "");
    w.end_object();
  }
  w.end_array();
  text(w, "exchange", q.exchange);
  w.key("facts");
  w.begin_array();
  for (const auto& fact : q.facts.all()) {
    std::string json;
    policy::append_json(json, fact);
    w.raw(json);
  }
  w.end_array();
  w.member("fingerprint", q.fingerprint);
  time(w, "first_answered", q.first_answered);
  text(w, "lane", q.lane);
  text(w, "link", with_texts ? q.link : "");
}

}  // namespace

void append_json(std::string& out, const Question& q, bool with_texts) {
  Writer w(out);
  w.begin_object();
  write_answers(w, q, with_texts);
  write_events(w, q, with_texts);
  text(w, "model", q.model);
  w.member("origin", name(q.origin));
  text(w, "output_use", q.output_use);
  text(w, "owner", q.owner);
  w.member("people_blocked", q.people_blocked);
  text(w, "precedent", name(q.precedent));
  w.member("question", number_text(q.number));
  w.member_or_null("reversible", q.reversible);
  w.member("risk", name(q.risk));
  text(w, "service", q.service);
  w.key("similar");
  w.begin_array();
  for (const auto number : q.similar) w.string(number_text(number));
  w.end_array();
  w.member("state", name(q.state));
  text(w, "surface", q.surface);
  text(w, "team", q.team);
  text(w, "text", with_texts ? q.text : "");
  w.member("times", q.times);
  text(w, "title", q.title);
  text(w, "tool", q.tool);
  text(w, "what_for", with_texts ? q.what_for : "");
  w.end_object();
}

void append_json_within(std::string& out, const Question& q, std::size_t most) {
  std::string json;
  append_json(json, q);
  if (json.size() > most) {
    json = R"({"partial":true,)";
    std::string bare;
    append_json(bare, q, false);
    json.append(bare, 1);
  }
  out += json;
}

}  // namespace ostiary::desk
