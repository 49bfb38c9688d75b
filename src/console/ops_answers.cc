// The desk for who answers: the queue, answers, precedents, proposals of rules, what the desk tells of
// itself.

#include "console/impl/keys.h"
#include "console/impl/question_calls.h"
#include "console/impl/tables.h"

namespace ostiary::console {

namespace {

constexpr WallMs kDayMs = 24LL * 3600 * 1000, kUsualSpanMs = 30 * kDayMs;

const Chars kNumber = {"[Qq0-9-]",
                       [](char32_t c) { return c == 'Q' || c == 'q' || c == '-' || (c >= '0' && c <= '9'); }};

desk::Ruling ruling_of(const Call& call) {
  return desk::parse_ruling(call.body.root()["ruling"].string_or("")).value_or(desk::Ruling::deny);
}

std::optional<WallMs> time_of(const Call& call, std::string_view name) {
  const auto text = call.body.root()[name].as_string();
  return text ? parse_time(*text) : std::nullopt;
}

Result<Reply> queue(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(auto by, actor_of(backing, call));
  by.answers = true;  // whoever reads everything reads this too
  TRY(const auto all, told(desk->queue(by, wall_now())));
  return reply_object([&](json::Writer& w) {
    w.key("questions");
    write_questions(w, all, call.rights);
  });
}

Result<Reply> precedents(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto all, told(desk->precedents(wall_now())));
  return reply_object([&](json::Writer& w) {
    w.key("questions");
    write_questions(w, all, call.rights);
  });
}

Result<Reply> stats(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  const auto to = call.time("until").value_or(wall_now());
  const auto from = call.time("since").value_or(to - kUsualSpanMs);
  TRY(const auto told_of, told(desk->stats(from, to, wall_now())));
  return reply_object([&](json::Writer& w) { write_stats(w, told_of); });
}

Result<Reply> answer(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto number, number_of(call));
  TRY(const auto by, actor_of(backing, call));
  const auto body = call.body.root();
  desk::AnswerWish wish{.ruling = ruling_of(call),
                        .reason = body["reason"].string_or(""),
                        .conditions = body["conditions"].string_or(""),
                        .expires = time_of(call, "expires"),
                        .clause = body["clause"].string_or("")};
  TRY(const auto question, told(desk->answer(number, wish, by, wall_now())));
  return reply_question(question);
}

Result<Reply> ask_back(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto number, number_of(call));
  TRY(const auto by, actor_of(backing, call));
  TRY(const auto question,
      told(desk->ask_back(number, call.body.root()["note"].string_or(""), by, wall_now())));
  return reply_question(question);
}

Result<Reply> assign(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto number, number_of(call));
  TRY(const auto by, actor_of(backing, call));
  TRY(const auto question,
      told(desk->assign(number, call.body.root()["owner"].string_or(""), by, wall_now())));
  return reply_question(question);
}

Result<Reply> make_precedent(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto number, number_of(call));
  TRY(const auto by, actor_of(backing, call));
  const auto body = call.body.root();
  TRY(const auto question, told(desk->make_precedent(number, body["title"].string_or(""),
                                                     body["clause"].string_or(""), by, wall_now())));
  return reply_question(question);
}

Result<Reply> end_precedent(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto number, number_of(call));
  TRY(const auto by, actor_of(backing, call));
  TRY(const auto question, told(desk->end_precedent(number, call.text("why"), by, wall_now())));
  return reply_question(question);
}

Result<Reply> propose(Backing& backing, const Call& call) {
  TRY(auto* const desk, desk_of(backing));
  TRY(const auto number, number_of(call));
  TRY(const auto by, actor_of(backing, call));
  const auto body = call.body.root();
  const desk::RuleWish wish{.id = body["id"].string_or(""),
                            .clause = body["clause"].string_or(""),
                            .until = time_of(call, "until")};
  const auto document = backing.policy_document ? backing.policy_document() : std::string();
  if (document.empty())
    return fail(Code::exists, "no policy document is in force that a rule could be put into");
  TRY(const auto proposal, told(desk->propose_rule(number, wish, document, by, wall_now())));
  return reply_object([&](json::Writer& w) {
    w.member("diff", proposal.diff);
    w.member("document", proposal.document);
    w.member("rule", proposal.rule);
    w.member("test", proposal.test);
  });
}

Schema all_of_them(std::string_view component, std::string_view doc) {
  return object(component, {{"questions", array_of(question_schema(), doc)}});
}

Schema anchor(std::string_view doc) {
  return token(doc, kPrintable, 0, 200);
}

std::vector<Operation> looking() {
  auto queueing =
      question_row("listQueue", "GET", "/api/v1/questions/queue",
                   "Open questions by time to breach, people blocked, risk", Need::see_desk, queue);
  queueing.answer = all_of_them("Queue", "the most urgent first");
  auto known =
      question_row("listPrecedents", "GET", "/api/v1/questions/precedents",
                   "Answers that are repeated, and those whose clause changed", Need::see_desk, precedents);
  known.answer = all_of_them("Precedents", "by number");
  auto telling = question_row("showDeskStats", "GET", "/api/v1/questions/stats",
                              "How the desk does: times, shares, what is asked most", Need::see_desk, stats);
  telling.parameters = {in_query("since", time("30 days before `until` unless said")),
                        in_query("until", time("now unless said"))};
  telling.answer = stats_schema();
  return {queueing, known, telling};
}

}  // namespace

Result<desk::Actor> actor_of(Backing& backing, const Call& call) {
  desk::Actor actor{.subject = {}, .team = {}, .answers = call.rights.answers(), .key = call.rights.actor()};
  if (const auto* key = call.rights.key()) {
    actor.subject = key->subject;
    actor.team = key->team;
  } else if (const auto name = call.body.root()["name"].as_string()) {
    const std::lock_guard lock(backing.store_mutex);
    TRY(actor.subject, backing.store->subject_of(*name));
    actor.team = call.body.root()["team"].string_or("");
  }
  return actor;
}

Result<std::uint64_t> number_of(const Call& call) {
  if (const auto number = desk::parse_number(call.text("number"))) return *number;
  return fail(Code::not_found, "there is no such question");
}

bool reads_texts(const Rights& rights, const desk::Question& question) {
  const auto* key = rights.key();
  return rights.answers() || (key && !key->subject.empty() && key->subject == question.asker);
}

void write_questions(json::Writer& w, const std::vector<desk::Question>& questions, const Rights& rights) {
  w.begin_array();
  std::string text;
  for (const auto& question : questions) {
    text.clear();
    desk::append_json(text, question, reads_texts(rights, question));
    w.raw(text);
  }
  w.end_array();
}

Schema note_text(std::string_view doc) {
  auto text = string(doc);
  text.shortest = 1;
  text.longest = desk::Asking::kLongestText;
  return text;
}

Member own_name() {
  return optional("name", name_text("who asks, at the data folder; with a key it is of no account"));
}

Operation question_row(std::string_view id, std::string_view method, std::string_view path,
                       std::string_view summary, Need need, Result<Reply> (*handler)(Backing&, const Call&)) {
  Operation operation;
  operation.id = id;
  operation.method = method;
  operation.path = path;
  operation.tag = "questions";
  operation.summary = summary;
  operation.need = need;
  operation.answer = question_schema();
  operation.handler = handler;
  operation.refusals = {403, 404, 409};
  if (path.find("{number}") != std::string_view::npos)
    operation.parameters = {in_path("number", token("the question's, such as Q-17", kNumber, 1, 24))};
  return operation;
}

std::vector<Operation> answer_operations() {
  auto rows = looking();
  auto answering = question_row(
      "answerQuestion", "PUT", "/api/v1/questions/{number}/answer",
      "Answer; of an answered question this answer takes the place of the one before", Need::answer, answer);
  answering.body = object(
      "AnswerWish", {{"reason", note_text("why")},
                     {"ruling", word_of({"allow", "allow-with-conditions", "deny"}, "")},
                     optional("conditions", note_text("with allow-with-conditions")),
                     optional("expires", time("it holds no longer from then on")),
                     optional("clause", anchor("anchor in the document; else that of the rule that refused")),
                     own_name()});
  auto back = question_row("askBack", "POST", "/api/v1/questions/{number}/ask-back",
                           "Ask the asker; the clocks stand still until they reply", Need::answer, ask_back);
  back.body = object("", {{"note", note_text("what they are to tell")}, own_name()});
  auto owner = question_row("assignQuestion", "PUT", "/api/v1/questions/{number}/owner", "Say who answers it",
                            Need::answer, assign);
  owner.body = object("", {{"owner", token("a role or a person", kPrintable, 1, 200)}, own_name()});
  auto making =
      question_row("makePrecedent", "PUT", "/api/v1/questions/{number}/precedent",
                   "Let the answer be given to whoever asks the same", Need::answer, make_precedent);
  making.body = object("", {{"title", token("the question in general words", kPrintable, 1, 500)},
                            optional("clause", anchor("that it rests on; else the answer's")),
                            own_name()});
  auto ending = question_row("endPrecedent", "DELETE", "/api/v1/questions/{number}/precedent",
                             "Let it be none any more", Need::answer, end_precedent);
  ending.parameters.push_back(in_query("why", token("", kPrintable, 1, 500)));
  auto proposing = question_row("proposeRule", "POST", "/api/v1/questions/{number}/proposal",
                                "The answer as a rule with its test, as a change to the document in force; "
                                "nothing is changed",
                                Need::answer, propose);
  proposing.body = object("", {optional("id", token("of the rule", kWord, 1, 64)),
                               optional("clause", anchor("below which it stands; else the answer's")),
                               optional("until", time("the last moment of an exception")), own_name()});
  proposing.answer = object("Proposal", {{"diff", string("unified")},
                                         {"document", string("the whole text with the rule")},
                                         {"rule", string("YAML")},
                                         {"test", string("YAML")}});
  for (auto* row : {&answering, &back, &owner, &making, &ending, &proposing}) rows.push_back(std::move(*row));
  return rows;
}

}  // namespace ostiary::console
