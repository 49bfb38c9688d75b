// Webhooks that come in: what happens to issues elsewhere happens to questions here.

#include "console/impl/keys.h"
#include "console/impl/questions.h"
#include "console/impl/tables.h"

namespace ostiary::console {

namespace {

using What = watch::ForgeEvent::What;
using Forge = watch::Incoming::Forge;

const Chars kHookName = {"[a-z0-9_-]", [](char32_t c) {
                           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
                         }};

// What a delivery led to.
struct Taken {
  std::string question;  // "Q-7"; empty: none
  std::string_view result = "ignored";
};

desk::Origin origin_of(Forge forge) {
  return forge == Forge::github   ? desk::Origin::github
         : forge == Forge::gitlab ? desk::Origin::gitlab
                                  : desk::Origin::webhook;
}

desk::Asking asking_of(const watch::ForgeEvent& event, Forge forge) {
  const auto& said = event.question;
  desk::Asking asking;
  asking.text = said.text;
  asking.what_for = said.what_for;
  asking.tool = said.tool;
  asking.model = said.model;
  asking.service = said.service;
  asking.surface = said.surface;
  asking.output_use = said.output_use;
  asking.data_classes = said.data_classes;
  asking.deadline = said.deadline;
  asking.people_blocked = said.people_blocked;
  asking.origin = origin_of(forge);
  asking.link = event.link;
  return asking;
}

// People write what they like into a form. A use that there is not is left out, which the policy takes as
// unknown.
Result<desk::Question> ask(desk::Desk& desk, desk::Asking asking, const desk::Actor& by, WallMs now) {
  auto asked = desk.ask(asking, by, now);
  if (asked || asked.error().code != Code::invalid || asking.output_use.empty()) return asked;
  asking.what_for += (asking.what_for.empty() ? "" : "\n") + asking.output_use;
  asking.output_use.clear();
  return desk.ask(asking, by, now);
}

// A question whose state does not allow what happened elsewhere stays as it is.
Result<Taken> noted(Result<desk::Question> done, Taken taken) {
  if (done) return taken.result = "noted", taken;
  if (done.error().code == Code::exists || done.error().code == Code::not_found) return taken;
  return std::unexpected(done.error());
}

Result<Taken> follow(desk::Desk& desk, const watch::ForgeEvent& event, const std::string& known,
                     const desk::Actor& by, WallMs now) {
  const Taken taken{.question = known};
  const auto number = desk::parse_number(known).value_or(0);
  if (event.what == What::withdrawn) {
    const auto open = desk.find(number, by, now);
    const bool waits = open && (open->state == desk::State::open || open->state == desk::State::waiting);
    return waits ? noted(desk.withdraw(number, event.note, by, now), taken) : Result<Taken>(taken);
  }
  if (event.what == What::edited) return noted(desk.reply(number, event.question.text, by, now), taken);
  constexpr std::string_view kAppeal = "/appeal";
  if (!event.note.starts_with(kAppeal)) return noted(desk.reply(number, event.note, by, now), taken);
  return noted(desk.appeal(number, std::string_view(event.note).substr(kAppeal.size()), by, now), taken);
}

Result<Taken> carry_out(Backing& backing, const watch::Delivery& delivery, Forge forge, WallMs now) {
  TRY(auto* const desk, desk_of(backing));
  const auto& event = *delivery.event;
  desk::Actor by{.subject = {}, .team = delivery.team, .answers = false, .key = delivery.source};
  {
    const std::lock_guard lock(backing.store_mutex);
    TRY(by.subject, backing.store->subject_of(delivery.source + ":" + event.asker));
  }
  TRY(const auto known, backing.incoming->question_of(delivery));
  if (known && event.what != What::asked) return follow(*desk, event, *known, by, now);
  if (event.what != What::asked && event.what != What::edited) return Taken{};
  TRY(const auto question, told(ask(*desk, asking_of(event, forge), by, now)));
  const auto number = desk::number_text(question.number);
  TRY_VOID(backing.incoming->set_question(delivery, number, now));
  return Taken{.question = number, .result = "asked"};
}

Result<Reply> receive(Backing& backing, const Call& call, Forge forge) {
  if (!backing.incoming) return fail(Code::unavailable, "no gate runs on this data folder");
  const auto now = wall_now();
  const auto turn = backing.incoming->turn();
  TRY(const auto delivery,
      backing.incoming->receive(
          forge, call.text("name"), [&](std::string_view name) { return call.request.header(name); },
          call.request.body, now));
  Taken taken;
  if (delivery.event) {
    TRY(taken, carry_out(backing, delivery, forge, now));
  }
  TRY_VOID(backing.incoming->remember(delivery, now));
  return reply_object([&](json::Writer& w) {
    w.key("question");
    if (taken.question.empty())
      w.null();
    else
      w.string(taken.question);
    w.member("result", taken.result);
  });
}

Result<Reply> github(Backing& backing, const Call& call) {
  return receive(backing, call, Forge::github);
}
Result<Reply> gitlab(Backing& backing, const Call& call) {
  return receive(backing, call, Forge::gitlab);
}
Result<Reply> generic(Backing& backing, const Call& call) {
  return receive(backing, call, Forge::generic);
}

Operation row(std::string_view id, std::string_view path, std::string_view summary,
              std::initializer_list<std::string_view> headers,
              Result<Reply> (*handler)(Backing&, const Call&)) {
  Operation operation;
  operation.id = id;
  operation.method = "POST";
  operation.path = path;
  operation.tag = "webhooks";
  operation.summary = summary;
  operation.need = Need::nobody;
  for (const auto header : headers)
    operation.parameters.push_back(in_header(header, token("", kPrintable, 0, 4096)));
  operation.body = object_open("what the sender signed");
  operation.raw = true;
  operation.answer =
      object("Delivery", {{"question", string("its number; null: it is about none").or_null()},
                          {"result", word_of({"asked", "noted", "ignored"}, "what it led to")}});
  operation.refusals = {401, 403, 404, 409};
  operation.handler = handler;
  return operation;
}

}  // namespace

std::vector<Operation> incoming_hook_operations() {
  auto own = row("receiveGeneric", "/api/v1/hooks/generic/{name}",
                 "A question by a form of our own, signed by Standard Webhooks",
                 {"webhook-id", "webhook-timestamp", "webhook-signature"}, generic);
  own.parameters.push_back(in_path("name", token("as the configuration names it", kHookName, 1, 64)));
  return {row("receiveGithub", "/api/v1/hooks/github", "Issues of GitHub and comments on them",
              {"X-GitHub-Event", "X-GitHub-Delivery", "X-Hub-Signature-256"}, github),
          row("receiveGitlab", "/api/v1/hooks/gitlab", "Issues of GitLab and notes on them",
              {"X-Gitlab-Token", "Idempotency-Key", "webhook-id", "webhook-timestamp", "webhook-signature"},
              gitlab),
          own};
}

}  // namespace ostiary::console
