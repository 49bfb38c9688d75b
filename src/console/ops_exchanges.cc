// Exchanges: a list with filters, one of them, and a stream of those that end.

#include <algorithm>
#include <fmt/format.h>

#include "console/backing.h"
#include "console/impl/exchanges.h"
#include "console/impl/feed.h"
#include "console/impl/keys.h"
#include "console/impl/reading.h"
#include "console/impl/tables.h"

namespace ostiary::console {

namespace {

constexpr std::int64_t kLongestPage = 1000, kPage = 100;

store::ExchangeFilter filter_of(const Call& call) {
  store::ExchangeFilter filter;
  filter.team = call.text("team");
  filter.subject = call.text("subject");
  filter.key = call.text("key");
  filter.service = call.text("service");
  filter.model = call.text("model");
  filter.outcome = call.text("outcome");
  filter.decision = call.text("decision");
  filter.from = call.time("since");
  filter.until = call.time("until");
  return filter;
}

// What is for the caller's eyes of what was asked for; nothing: there is no such.
std::optional<store::ExchangeFilter> allowed_filter(const Call& call) {
  auto filter = filter_of(call);
  if (call.rights.sees_all()) return filter;
  for (const auto& team : call.rights.teams())
    if (filter.team.empty() || filter.team == team) filter.any_team.push_back(team);
  if (filter.any_team.empty()) return std::nullopt;
  return filter;
}

// Before the first exchange there is no table.
template <class T>
Result<T> or_nothing(Result<T> asked) {
  if (!asked && asked.error().code == Code::not_found) return T{};
  return asked;
}

Result<Reply> list(Backing& backing, const Call& call) {
  return reply_exchanges(backing, call, allowed_filter(call));
}

Result<Reply> show(Backing& backing, const Call& call) {
  const auto id = Id::parse(call.text("id"));
  auto found = backing.exchanges.find(*id);
  if (!found && found.error().code != Code::not_found) return std::unexpected(found.error());
  if (!found || !call.rights.sees_team(found->team))
    return fail(Code::not_found, fmt::format("there is no exchange {}", id->text()));
  Reply reply;
  json::Writer w(reply.body);
  w.begin_object();
  w.key("exchange");
  append_exchange(reply.body, *found);
  reply.body += ",\"record\":" + record_at(backing, found->outcome_index).value_or("null") + "}\n";
  return reply;
}

bool fits(std::string_view wanted, std::string_view is) {
  return wanted.empty() || wanted == is;
}

Result<Reply> stream(Backing& backing, const Call& call) {
  Feed* const feed = backing.feed;
  if (!feed) return fail(Code::unavailable, "no gate serves this folder");
  const auto filter = allowed_filter(call);
  const auto last = call.number("last-event-id");
  const auto size = backing.shared.ledger->size();
  const auto from = last ? std::min(static_cast<std::uint64_t>(*last) + 1, size) : size;
  auto wanted = [filter](const ledger::RecordView& x) {
    if (!filter) return false;
    const auto& f = *filter;
    const bool seen = f.any_team.empty() || std::ranges::find(f.any_team, x.team) != f.any_team.end();
    return seen && fits(f.team, x.team) && fits(f.subject, x.subject) && fits(f.key, x.key) &&
           fits(f.service, x.service) && fits(f.model, x.model) && fits(f.outcome, x.outcome) &&
           fits(f.decision, x.effect);
  };
  Feed::Subscriber subscriber{{}, [] { return true; }};
  if (const auto* const key = call.rights.key())
    subscriber = {key->origin, [&backing, entry = *key] { return still_opens(backing, entry); }};
  auto stream = feed->subscribe(from, std::move(wanted), std::move(subscriber));
  Reply reply;
  if (!stream && stream.error().code == Code::too_large) {
    reply.status = 429;
    reply.body = error_body("too_many", stream.error().message);
    return reply;
  }
  TRY(reply.stream, std::move(stream));
  reply.type = "text/event-stream";
  return reply;
}

std::vector<Parameter> filter_parameters() {
  return {in_query("team", name_text("")),
          in_query("subject", token("pseudonym of who asked", kWord, 1, 64)),
          in_query("key", key_id()),
          in_query("service", name_text("its id")),
          in_query("model", name_text("as it was asked for")),
          in_query("outcome",
                   word_of({"complete", "truncated", "cancelled", "refused", "failed", "unknown"}, "")),
          in_query("decision", word_of({"allow", "redact", "reroute", "ask", "deny"}, "its effect"))};
}

}  // namespace

std::vector<Parameter> page_parameters() {
  return {in_query("since", time("of those that began then or later")),
          in_query("until", time("of those that began before")),
          in_query("cursor", uuid("the `next` of the page before")),
          in_query("limit", integer("exchanges of a page; 100 unless said", 1, kLongestPage))};
}

Schema page_schema() {
  return object("Exchanges",
                {{"exchanges", array_of(exchange_schema(), "newest first")},
                 {"next", string("cursor of the page behind this one; null: there is none").or_null()}});
}

Result<Reply> reply_exchanges(Backing& backing, const Call& call,
                              const std::optional<store::ExchangeFilter>& filter) {
  const auto limit = static_cast<std::size_t>(call.number("limit").value_or(kPage));
  store::ExchangePage page;
  if (filter) {
    TRY(page, or_nothing(backing.exchanges.list(*filter, call.text("cursor"), limit)));
  }
  Reply reply;
  reply.body = "{\"exchanges\":[";
  std::string_view separator;
  for (const auto& exchange : page.exchanges) {
    reply.body += separator;
    append_exchange(reply.body, exchange);
    separator = ",";
  }
  reply.body += "],\"next\":" + (page.next.empty() ? "null" : json::quoted(page.next)) + "}\n";
  return reply;
}

std::optional<std::string> record_at(Backing& backing, const std::optional<std::uint64_t>& index) {
  if (!index) return std::nullopt;
  std::optional<std::string> record;
  ledger::Cursor cursor(backing.data_folder, {*index, 0, 0});
  const auto read = cursor.read(*index + 1, 1, [&](std::uint64_t at, std::string_view line) {
    if (at == *index) record = line;
  });
  return read ? record : std::nullopt;
}

Schema exchange_schema() {
  const auto known = [](std::string_view doc) { return string(doc).or_null(); };
  const auto count = [](std::string_view doc) { return integer(doc).or_null(); };
  return object(
      "Exchange",
      {{"at", time("when it began")},
       {"attempts", integer("services tried")},
       {"decision", object("", {{"effect", string("")}, {"mode", known("")}}).or_null()},
       {"endpoint", known("")},
       {"error", known("code of a refusal or failure")},
       {"id", uuid("")},
       {"key", known("id of the key")},
       {"model", known("as it was asked for")},
       {"outcome", word_of({"complete", "truncated", "cancelled", "refused", "failed", "unknown"}, "")},
       {"provider", known("")},
       {"request_bytes", integer("")},
       {"response_bytes", integer("")},
       {"service", known("")},
       {"status", integer("given to the client; 0: none")},
       {"stream", boolean("")},
       {"subject", known("pseudonym")},
       {"surface", known("")},
       {"team", known("")},
       {"timings", object("", {{"connected", count("microseconds since the request's first byte")},
                               {"decided", count("")},
                               {"first_byte", count("")},
                               {"total", count("")}})},
       {"tool", known("")},
       {"usage", object("", {{"cached", count("tokens, part of input")},
                             {"cost", number("US dollars").or_null()},
                             {"estimated", boolean("counted by the gate, not by the service")},
                             {"input", count("tokens")},
                             {"output", count("tokens")}})}});
}

std::vector<Operation> exchange_operations() {
  Operation all;
  all.id = "listExchanges";
  all.method = "GET";
  all.path = "/api/v1/exchanges";
  all.tag = "exchanges";
  all.summary = "Exchanges, newest first";
  all.need = Need::see_team;
  all.parameters = filter_parameters();
  std::ranges::move(page_parameters(), std::back_inserter(all.parameters));
  all.answer = page_schema();
  all.handler = list;

  Operation one = all;
  one.id = "showExchange";
  one.path = "/api/v1/exchanges/{id}";
  one.summary = "One exchange, with its record in the ledger";
  one.parameters = {in_path("id", uuid("x-ostiary-id of its answer"))};
  one.answer =
      object("ExchangeWithRecord", {{"exchange", exchange_schema()},
                                    {"record", object_open("null: none, or not kept any more").or_null()}});
  one.refusals = {404};
  one.handler = show;

  Operation live = all;
  live.id = "streamExchanges";
  live.path = "/api/v1/exchanges/stream";
  live.summary = "Exchanges as they end, as server-sent events; a comment every 15 seconds of silence";
  live.parameters = filter_parameters();
  live.parameters.push_back(
      in_header("last-event-id", integer("go on behind this event", 0, std::int64_t{1} << 53)));
  live.type = "text/event-stream";
  live.answer = string(
      "events `exchange`, each with an Exchange as data; an event `error`, with an Error, ends the stream of "
      "a "
      "key that was revoked or has expired");
  live.refusals = {429};
  live.handler = stream;
  return {all, one, live};
}

}  // namespace ostiary::console
