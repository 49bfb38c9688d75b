// Webhooks that are told of events: how each does, and what was given up.

#include "console/backing.h"
#include "console/impl/keys.h"
#include "console/impl/tables.h"

namespace ostiary::console {

namespace {

constexpr std::int64_t kPage = 100, kLongestPage = 1000;

const Chars kHookName = {"[a-z0-9_-]", [](char32_t c) {
                           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
                         }};

Parameter hook_name() {
  return in_path("name", token("the webhook's name", kHookName, 1, 64));
}
Parameter event_id() {
  return in_path("event", token("the event's webhook-id", kWord, 1, 100));
}

Result<watch::Webhooks*> webhooks_of(Backing& backing) {
  if (backing.webhooks) return backing.webhooks;
  return fail(Code::unavailable, "no gate runs on this data folder; webhooks are a running gate's");
}

void write_text_or_null(json::Writer& w, std::string_view name, const std::string& text) {
  w.key(name);
  if (text.empty())
    w.null();
  else
    w.string(text);
}

Result<Reply> list(Backing& backing, const Call&) {
  TRY(auto* const hooks, webhooks_of(backing));
  TRY(const auto states, hooks->states());
  return reply_list("webhooks", states, [](json::Writer& w, const watch::HookState& state) {
    w.begin_object();
    w.member("attempts", state.attempts);
    w.member("delivered", state.delivered);
    write_text_or_null(w, "error", state.error);
    w.member("failed", state.failed);
    w.member("missed", state.missed);
    w.member("name", state.name);
    write_time(w, "oldest", state.oldest);
    write_text_or_null(w, "origin", state.origin);
    w.member("undelivered", state.dead);
    w.member("waiting", state.waiting);
    w.end_object();
  });
}

Result<Reply> undelivered(Backing& backing, const Call& call) {
  TRY(auto* const hooks, webhooks_of(backing));
  const auto most = static_cast<std::size_t>(call.number("limit").value_or(kPage));
  TRY(auto all, hooks->dead(call.text("name"), call.number("cursor").value_or(0), most + 1));
  const bool more = all.size() > most;
  if (more) all.resize(most);
  return reply_object([&](json::Writer& w) {
    w.key("next");
    if (more)
      w.number(std::int64_t{all.back().number});
    else
      w.null();
    w.key("undelivered");
    w.begin_array();
    for (const auto& entry : all) {
      w.begin_object();
      w.member("at", rfc3339(entry.event.at));
      w.member("attempts", entry.attempts);
      w.member("body", entry.event.body);
      w.member("error", entry.error);
      w.member("given_up", rfc3339(entry.dead.value_or(0)));
      w.member("id", entry.event.id);
      w.member("type", entry.event.type);
      w.end_object();
    }
    w.end_array();
  });
}

using Act = Result<> (watch::Webhooks::*)(std::string_view hook, std::string_view id);

Result<Reply> act(Backing& backing, const Call& call, Act what, std::string_view action) {
  TRY(auto* const hooks, webhooks_of(backing));
  const auto hook = call.text("name"), id = call.text("event");
  TRY_VOID((hooks->*what)(hook, id));
  TRY_VOID(record_change(backing, call, action, id, ",\"webhook\":" + json::quoted(hook)));
  return reply_object([&](json::Writer& w) {
    w.member("id", id);
    w.member("name", hook);
  });
}

Result<Reply> retry(Backing& backing, const Call& call) {
  return act(backing, call, &watch::Webhooks::revive, "webhook-event-retried");
}

Result<Reply> forget(Backing& backing, const Call& call) {
  return act(backing, call, &watch::Webhooks::forget, "webhook-event-forgotten");
}

Operation row(std::string_view id, std::string_view method, std::string_view path, std::string_view summary,
              Need need, Result<Reply> (*handler)(Backing&, const Call&)) {
  Operation operation;
  operation.id = id;
  operation.method = method;
  operation.path = path;
  operation.tag = "webhooks";
  operation.summary = summary;
  operation.need = need;
  operation.handler = handler;
  return operation;
}

}  // namespace

std::vector<Operation> webhook_operations() {
  auto listing = row("listWebhooks", "GET", "/api/v1/webhooks",
                     "Webhooks that are told of events, by name, and how each does", Need::read, list);
  listing.answer = object(
      "Webhooks",
      {{"webhooks",
        array_of(object("Webhook",
                        {{"attempts", integer("that failed at the event that comes next")},
                         {"delivered", integer("events that it took since the start")},
                         {"error", string("why the last attempt failed; null: it did not").or_null()},
                         {"failed", integer("attempts since the start")},
                         {"missed", integer("events that found no room, of which it is yet to be told")},
                         {"name", string("")},
                         {"oldest", time("of the events that wait").or_null()},
                         {"origin", string("of its URL; null: it is not configured any more").or_null()},
                         {"undelivered", integer("events that were given up")},
                         {"waiting", integer("events")}}),
                 "by name")}});

  auto showing = row("listUndelivered", "GET", "/api/v1/webhooks/{name}/undelivered",
                     "Events that were given up, in their order; kept for 30 days", Need::admin, undelivered);
  showing.parameters = {hook_name(), in_query("cursor", integer("the `next` of the page before")),
                        in_query("limit", integer("of a page; 100 unless said", 1, kLongestPage))};
  showing.answer =
      object("Undelivered", {{"next", integer("the cursor of the next page").or_null()},
                             {"undelivered", array_of(object("", {{"at", time("when it happened")},
                                                                  {"attempts", integer("")},
                                                                  {"body", string("JSON, as it was sent")},
                                                                  {"error", string("of the last attempt")},
                                                                  {"given_up", time("")},
                                                                  {"id", string("its webhook-id")},
                                                                  {"type", string("")}}),
                                                      "")}});
  showing.refusals = {404};

  const auto one = object("UndeliveredEvent", {{"id", string("")}, {"name", string("of the webhook")}});
  auto retrying = row("retryUndelivered", "POST", "/api/v1/webhooks/{name}/undelivered/{event}",
                      "Try an event again that was given up, in its old place", Need::admin, retry);
  retrying.parameters = {hook_name(), event_id()};
  retrying.answer = one;
  retrying.refusals = {404};
  auto forgetting = row("forgetUndelivered", "DELETE", "/api/v1/webhooks/{name}/undelivered/{event}",
                        "Forget an event that was given up", Need::admin, forget);
  forgetting.parameters = {hook_name(), event_id()};
  forgetting.answer = one;
  forgetting.refusals = {404};
  return {listing, showing, retrying, forgetting};
}

}  // namespace ostiary::console
