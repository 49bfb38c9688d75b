// The desk for who asks: questions put, seen, answered back to, taken back.

#include <algorithm>
#include <fmt/format.h>

#include "console/impl/keys.h"
#include "console/impl/question_calls.h"
#include "console/impl/questions.h"
#include "console/impl/tables.h"
#include "policy/fact_table.h"

namespace ostiary::console {

namespace {

constexpr std::int64_t kPage = 100, kLongestPage = 500;
constexpr std::size_t kMostFacts = 64;

// A fact's value as JSON has it.
std::optional<policy::FactValue> fact_value(json::Value value) {
  if (auto text = value.as_string()) return policy::FactValue(std::move(*text));
  if (const auto flag = value.as_bool()) return policy::FactValue(*flag);
  if (const auto number = value.as_uint(); number && *number <= (1ULL << 53))
    return policy::FactValue(static_cast<std::int64_t>(*number));
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> words;
  for (const auto one : value) words.push_back(one.string_or(""));
  return policy::FactValue(std::move(words));
}

Result<desk::Asking> asking_of(const Call& call) {
  const auto body = call.body.root();
  desk::Asking asking;
  asking.text = body["text"].string_or("");
  asking.what_for = body["what_for"].string_or("");
  asking.tool = body["tool"].string_or("");
  asking.model = body["model"].string_or("");
  asking.service = body["service"].string_or("");
  asking.surface = body["surface"].string_or("");
  asking.output_use = body["output_use"].string_or("");
  for (const auto one : body["data_classes"]) asking.data_classes.push_back(one.string_or(""));
  asking.no_data = body["no_data"].as_bool().value_or(false);
  asking.reversible = body["reversible"].as_bool();
  asking.people_blocked = static_cast<std::uint32_t>(body["people_blocked"].as_uint().value_or(0));
  asking.link = body["link"].string_or("");
  if (const auto deadline = body["deadline"].as_string()) asking.deadline = parse_time(*deadline);
  std::size_t facts = 0;
  for (const auto fact : body["facts"]) {
    if (++facts > kMostFacts)
      return fail(Code::exists, fmt::format("more than {} facts are stated", kMostFacts));
    if (!policy::fact_index(fact.key()))
      return fail(Code::exists, fmt::format("there is no fact '{}'; `ostiary policy facts` lists them",
                                            desk::clean_text(fact.key(), 100)));
    if (auto value = fact_value(fact)) asking.facts.set(fact.key(), std::move(*value), "asker");
  }
  asking.origin = call.rights.key() ? desk::Origin::api : desk::Origin::cli;
  return asking;
}

Result<Reply> ask(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto by, actor_of(backing, call));
  TRY(const auto asking, asking_of(call));
  TRY(const auto question, told(desk->ask(asking, by, wall_now())));
  return reply_question(question);
}

Result<Reply> raise(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto number, number_of(call));
  TRY(const auto by, actor_of(backing, call));
  TRY(const auto more, asking_of(call));
  TRY(const auto question, told(desk->raise(number, more, by, wall_now())));
  return reply_question(question);
}

Result<Reply> page_of(Backing& backing, const Call& call, desk::Actor by, bool own) {
  TRY(auto* const desk, desk_of(backing));
  by.answers = !own && (by.answers || call.rights.sees_all());
  desk::Filter filter;
  if (const auto state = desk::parse_state(call.text("state"))) filter.states = {*state};
  if (call.has("team")) filter.teams = {call.text("team")};
  if (own) filter.asker = by.subject;
  filter.lane = call.text("lane");
  filter.after = desk::parse_number(call.text("cursor")).value_or(0);
  const auto most = static_cast<std::size_t>(call.number("limit").value_or(kPage));
  filter.most = most + 1;
  TRY(auto all, told(desk->list(filter, by, wall_now())));
  const bool more = all.size() > most;
  if (more) all.resize(most);
  return reply_object([&](json::Writer& w) {
    w.key("next");
    if (more)
      w.string(desk::number_text(all.back().number));
    else
      w.null();
    w.key("questions");
    write_questions(w, all, call.rights);
  });
}

Result<Reply> list(Backing& backing, const Call& call) {
  TRY(auto by, actor_of(backing, call));
  return page_of(backing, call, std::move(by), false);
}

Result<Reply> list_own(Backing& backing, const Call& call) {
  const auto* key = call.rights.key();
  if (!key) return fail(Code::not_found, "the control socket is nobody; ask with a key");
  return page_of(backing, call,
                 {.subject = key->subject, .team = key->team, .answers = false, .key = key->id}, true);
}

Result<Reply> show(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto number, number_of(call));
  TRY(auto by, actor_of(backing, call));
  by.answers |= call.rights.sees_all();
  TRY(const auto question, told(desk->find(number, by, wall_now())));
  Reply reply;
  desk::append_json(reply.body, question, reads_texts(call.rights, question));
  reply.body += '\n';
  return reply;
}

using Noted = Result<desk::Question> (desk::Desk::*)(std::uint64_t, std::string_view, const desk::Actor&,
                                                     WallMs);

Result<Reply> noted(Backing& backing, const Call& call, Noted what) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto number, number_of(call));
  TRY(const auto by, actor_of(backing, call));
  const auto note = call.body.root()["note"].string_or("");
  TRY(const auto question, told((desk->*what)(number, note, by, wall_now())));
  return reply_question(question);
}

Result<Reply> reply(Backing& backing, const Call& call) {
  return noted(backing, call, &desk::Desk::reply);
}
Result<Reply> appeal(Backing& backing, const Call& call) {
  return noted(backing, call, &desk::Desk::appeal);
}
Result<Reply> withdraw(Backing& backing, const Call& call) {
  return noted(backing, call, &desk::Desk::withdraw);
}

Schema wish(bool text_needed) {
  const auto word = [](std::string_view doc) {
    return token(doc, kPrintable, 0, desk::Asking::kLongestWord);
  };
  auto classes = array_of(word(""), "what data it is about");
  classes.longest = desk::Asking::kMostWords;
  Member text{"text", note_text("may I …"), text_needed};
  return object(
      text_needed ? "Asking" : "Raising",
      {std::move(text), optional("what_for", note_text("in words")), optional("tool", word("")),
       optional("model", word("")), optional("service", word("")), optional("surface", word("")),
       optional("data_classes", std::move(classes)),
       optional("no_data", boolean("it holds none of the classes")),
       optional("output_use", word("internal, shipped, customer, upstream, train-model")),
       optional("reversible", boolean("what comes of it can be taken back")), optional("deadline", time("")),
       optional("people_blocked", integer("", 0, 1'000'000)),
       optional("facts", object_open("further facts by name, as the policy has them (ostiary policy facts)")),
       optional("link", token("to where it is from; the same link is the same question", kPrintable, 0, 500)),
       own_name(), optional("team", name_text("theirs; likewise"))});
}

Schema page() {
  return object("Questions", {{"next", string("the cursor of the next page").or_null()},
                              {"questions", array_of(question_schema(), "by number")}});
}

std::vector<Parameter> page_parameters() {
  return {
      in_query("state", word_of({"offered", "open", "waiting-for-asker", "answered", "withdrawn", "expired"},
                                "of these alone; absent: all but offered ones")),
      in_query("team", name_text("of this alone")),
      in_query("lane", token("of this alone", kPrintable, 1, 200)),
      in_query("cursor", token("the `next` of the page before", kWord, 1, 24)),
      in_query("limit", integer("of a page; 100 unless said", 1, kLongestPage))};
}

}  // namespace

std::vector<Operation> question_operations() {
  auto asking = question_row("askQuestion", "POST", "/api/v1/questions",
                             "Ask the desk; it may answer at once", Need::key, ask);
  asking.body = wish(true);
  auto listing =
      question_row("listQuestions", "GET", "/api/v1/questions",
                   "Questions by number: all for who answers or reads, else one's own", Need::key, list);
  listing.parameters = page_parameters();
  listing.answer = page();
  listing.refusals = {409};
  auto own = question_row("listOwnQuestions", "GET", "/api/v1/self/questions",
                          "One's own questions, by number", Need::key, list_own);
  own.tag = "self";
  own.parameters = page_parameters();
  own.answer = page();
  auto showing =
      question_row("showQuestion", "GET", "/api/v1/questions/{number}", "One question", Need::key, show);
  auto raising = question_row("raiseQuestion", "POST", "/api/v1/questions/{number}/raise",
                              "Take a refusal of the gate to the desk", Need::key, raise);
  raising.body = wish(false);
  const auto with_note = [](std::string_view id, std::string_view path, std::string_view summary,
                            std::string_view doc, Result<Reply> (*handler)(Backing&, const Call&)) {
    auto row = question_row(id, "POST", path, summary, Need::key, handler);
    row.body = object("", {{"note", note_text(doc)}, own_name()});
    return row;
  };
  return {asking,
          listing,
          own,
          showing,
          raising,
          with_note("replyToQuestion", "/api/v1/questions/{number}/reply", "Tell what the desk asked for",
                    "in words", reply),
          with_note("appealAnswer", "/api/v1/questions/{number}/appeal",
                    "Have an answer looked at once more, by a person", "why", appeal),
          with_note("withdrawQuestion", "/api/v1/questions/{number}/withdraw", "Take a question back", "why",
                    withdraw)};
}

}  // namespace ostiary::console
