// What a question of the desk looks like.

#include "console/impl/keys.h"
#include "console/impl/questions.h"

namespace ostiary::console {

namespace {

Schema text(std::string_view doc) {
  return string(doc).or_null();
}

Schema number_of_question(std::string_view doc) {
  return string(doc);
}

Schema answer() {
  return object("QuestionAnswer",
                {{"alternative", text("the nearest allowed way")},
                 {"at", time("")},
                 {"automatic", boolean("no person looked at this question; it can be appealed")},
                 {"by", string("pseudonym, local, policy or precedent")},
                 {"clause", text("anchor in the document that it rests on")},
                 {"conditions", text("")},
                 {"expires", time("it holds no longer from then on").or_null()},
                 {"precedent", text("the question whose answer it repeats")},
                 {"reason", text("")},
                 {"rules", array_of(object("", {{"clause", text("")}, {"id", string("")}}), "")},
                 {"ruling", word_of({"allow", "allow-with-conditions", "deny"}, "")}});
}

Schema clock() {
  return object("QuestionClock",
                {{"breached", boolean("more working time went by than the target")},
                 {"due", time("when the target will have passed").or_null()},
                 {"elapsed_ms", integer("working time")},
                 {"ended", boolean("")},
                 {"running", boolean("")},
                 {"target_ms", integer("working time; null: the document sets none").or_null()}});
}

Schema events() {
  return array_of(object("", {{"at", time("")},
                              {"by", text("pseudonym, local, gate, desk, policy or precedent")},
                              {"kind", string("asked, answered, asked-back, replied, appealed, …")},
                              {"note", text("what was written")}}),
                  "what happened, oldest first");
}

void write_times(json::Writer& w, std::string_view name, const desk::Times& times) {
  w.key(name);
  w.begin_object();
  w.member("count", times.count);
  w.member_or_null("p50_ms", times.p50_ms);
  w.member_or_null("p90_ms", times.p90_ms);
  w.end_object();
}

void write_numbers(json::Writer& w, const std::vector<std::uint64_t>& numbers) {
  w.begin_array();
  for (const auto number : numbers) w.string(desk::number_text(number));
  w.end_array();
}

Schema times(std::string_view doc) {
  return object(
      "", {{"count", integer(doc)}, {"p50_ms", integer("").or_null()}, {"p90_ms", integer("").or_null()}});
}

}  // namespace

Schema question_schema() {
  return object(
      "Question",
      {{"answer", answer().or_null()},
       {"asked", time("when it last went to the desk; null: it was offered only").or_null()},
       {"asker", text("pseudonym")},
       {"clocks", object("", {{"decision", clock()}, {"first_answer", clock()}})},
       {"created", time("")},
       {"data_classes", array_of(string(""), "")},
       {"deadline", time("of the asker").or_null()},
       {"decided", time("").or_null()},
       {"decision", object_open("the refusal's, or of the stated facts").or_null()},
       {"earlier", array_of(answer(), "answers before this one, oldest first")},
       {"escalate_to", text("")},
       {"events", events()},
       {"exchange", text("of the refusal that it comes from")},
       {"facts", array_of(object_open("name, value, source"), "")},
       {"fingerprint", string("of what is asked, not of who asks")},
       {"first_answered", time("").or_null()},
       {"lane", text("")},
       {"link", text("where it came from, such as an issue")},
       {"model", text("")},
       {"origin", word_of({"cli", "api", "gate", "github", "gitlab", "webhook"}, "")},
       {"output_use", text("")},
       {"owner", text("")},
       {"people_blocked", integer("")},
       {"precedent", text("in-force, reopened or ended; null: it is none")},
       {"question", number_of_question("its number, such as Q-17")},
       {"reversible", boolean("what comes of it can be taken back").or_null()},
       {"risk", word_of({"low", "medium", "high"}, "")},
       {"service", text("")},
       {"similar", array_of(number_of_question(""), "precedents that are near")},
       {"state", word_of({"offered", "open", "waiting-for-asker", "answered", "withdrawn", "expired"}, "")},
       {"surface", text("")},
       {"team", text("")},
       {"text", text("")},
       {"times", integer("asked or refused so often by this asker")},
       {"title", text("of a precedent")},
       {"tool", text("")},
       {"what_for", text("")}});
}

Schema stats_schema() {
  return object(
      "DeskStats",
      {{"answered", integer("")},
       {"asked", integer("questions in the time")},
       {"automatic", integer("answered with no person's answer behind it")},
       {"automatic_answer", times("automatic answers; by the clock on the wall")},
       {"breached", integer("a clock ran out, of those that people answered or still have to")},
       {"decision", times("decided by people, in working time")},
       {"expired", integer("")},
       {"first_answer", times("first answers of people, in working time")},
       {"from", time("")},
       {"open", integer("")},
       {"reversed", integer("an answer was followed by one that says otherwise")},
       {"reversed_automatic", integer("of them automatic ones")},
       {"to", time("")},
       {"topics", array_of(object("", {{"advice", string("what the policy should say")},
                                       {"allowed", integer("")},
                                       {"automatic", integer("")},
                                       {"clause", text("")},
                                       {"count", integer("")},
                                       {"denied", integer("")},
                                       {"questions", array_of(number_of_question(""), "the latest")},
                                       {"topic", string("")}}),
                           "most asked first")},
       {"waiting", integer("for the asker")},
       {"withdrawn", integer("")}});
}

void write_stats(json::Writer& w, const desk::Stats& stats) {
  w.member("answered", stats.answered);
  w.member("asked", stats.asked);
  w.member("automatic", stats.automatic);
  write_times(w, "automatic_answer", stats.automatic_answer);
  w.member("breached", stats.breached);
  write_times(w, "decision", stats.decision);
  w.member("expired", stats.expired);
  write_times(w, "first_answer", stats.first_answer);
  w.member("from", rfc3339(stats.from));
  w.member("open", stats.open);
  w.member("reversed", stats.reversed);
  w.member("reversed_automatic", stats.reversed_automatic);
  w.member("to", rfc3339(stats.to));
  w.key("topics");
  w.begin_array();
  for (const auto& topic : stats.topics) {
    w.begin_object();
    w.member("advice", topic.advice);
    w.member("allowed", topic.allowed);
    w.member("automatic", topic.automatic);
    w.key("clause");
    if (topic.clause.empty())
      w.null();
    else
      w.string(topic.clause);
    w.member("count", topic.count);
    w.member("denied", topic.denied);
    w.key("questions");
    write_numbers(w, topic.numbers);
    w.member("topic", topic.topic);
    w.end_object();
  }
  w.end_array();
  w.member("waiting", stats.waiting);
  w.member("withdrawn", stats.withdrawn);
}

Reply reply_question(const desk::Question& question) {
  Reply reply;
  desk::append_json(reply.body, question);
  reply.body += '\n';
  return reply;
}

Result<desk::Desk*> desk_of(Backing& backing) {
  if (backing.desk) return backing.desk;
  return fail(Code::unavailable, "there is no desk here");
}

}  // namespace ostiary::console
