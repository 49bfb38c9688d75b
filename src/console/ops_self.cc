// Self-service: what concerns whoever asks, and nobody else.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

#include "base/hash.h"
#include "base/text.h"
#include "console/backing.h"
#include "console/impl/keys.h"
#include "console/impl/limits.h"
#include "console/impl/reading.h"
#include "console/impl/tables.h"
#include "ledger/cursor.h"
#include "ledger/record_view.h"
#include "store/key_form.h"

namespace ostiary::console {

namespace {

constexpr std::int64_t kDay = 24 * 3600, kGrace = kDay, kLongestGrace = 30 * kDay;  // seconds
constexpr std::uint32_t kMostADay = 24;  // times that a line is renewed: each leaves a key in the list
constexpr MonoNs kScanNs = 5'000'000'000;

Result<const store::KeyEntry*> own_key(const Call& call) {
  if (call.rights.key()) return call.rights.key();
  return fail(Code::not_found, "the control socket is nobody; ask with a key");
}

Result<Reply> show_self(Backing&, const Call& call) {
  TRY(const auto* const key, own_key(call));
  return reply_object([&](json::Writer& w) { write_key_members(w, *key, false); });
}

Result<Reply> own_exchanges(Backing& backing, const Call& call) {
  TRY(const auto* const key, own_key(call));
  store::ExchangeFilter filter;
  filter.subject = key->subject;
  filter.team = key->team;
  filter.from = call.time("since");
  filter.until = call.time("until");
  return reply_exchanges(backing, call, filter);
}

Result<Reply> own_budget(Backing& backing, const Call& call) {
  TRY(const auto* const key, own_key(call));
  auto& limiter = backing.shared.limiter;
  const auto now = wall_now();
  Reply reply;
  reply.body = "{\"key\":";
  append_json(reply.body, limiter.report(gateway::Account::Scope::key, key->id, now));
  reply.body += ",\"team\":";
  append_json(reply.body, limiter.report(gateway::Account::Scope::team, key->team, now));
  reply.body += "}\n";
  return reply;
}

// What the ledger holds about a subject, by kind; `whole` is false where the time did not suffice.
struct Held {
  std::map<std::string, std::uint64_t> records;
  bool whole = true;
};

Result<Held> held_about(Backing& backing, const Call& call, std::string_view subject, std::string_view team) {
  Held held;
  if (!backing.shared.ledger) return held;
  const auto quoted = json::quoted(subject), of_team = "\"team\":" + json::quoted(team);
  const auto size = backing.shared.ledger->size();
  const MonoNs until = mono_now() + kScanNs;
  ledger::Cursor cursor(backing.data_folder);
  ledger::RecordReader reader;
  const auto take = [&](std::uint64_t, std::string_view line) {
    if (line.find(quoted) == std::string_view::npos) return;
    if (line.find("\"team\":") != std::string_view::npos && line.find(of_team) == std::string_view::npos)
      return;
    ledger::RecordView view;
    if (!reader.read(line, view)) return;
    switch (view.kind) {
      case ledger::RecordView::Kind::intent:
        ++held.records["intent"];
        break;
      case ledger::RecordView::Kind::outcome:
        ++held.records["outcome"];
        break;
      case ledger::RecordView::Kind::change:
        ++held.records["change"];
        break;
      default:
        ++held.records["other"];
    }
  };
  while (cursor.place().index < size) {
    if (call.stopped()) return fail(Code::closed, "given up: nobody waits for the count any more");
    const auto read = cursor.read(size, 4096, take);
    if (!read || (*read == 0 && cursor.place().index >= size)) break;
    if (mono_now() < until) continue;
    held.whole = cursor.place().index >= size;
    break;
  }
  return held;
}

Schema kept_schema() {
  return object(
      "Kept",
      {{"partial", boolean("the ledger is so long that not all of it was counted")},
       {"places",
        array_of(
            object("", {{"count", integer("how many; null: not counted").or_null()},
                        {"for", string("how long")},
                        {"place", word_of({"store", "exchanges", "ledger", "digest-keys", "recordings"}, "")},
                        {"what", string("")}}),
            "everywhere that something about you is kept")},
       {"subject", string("your pseudonym, under which it is kept")}});
}

std::string age_of(std::uint64_t retention_ms) {
  if (retention_ms == 0) return "for ever: no age is configured";
  return text::format_duration_ms(retention_ms) + ", then the segment it stands in is removed";
}

Result<Reply> kept(Backing& backing, const Call& call) {
  TRY(const auto* const key, own_key(call));
  TRY(const auto held, held_about(backing, call, key->subject, key->team));
  std::uint64_t keys = 0;
  for (const auto& [id, entry] : *backing.shared.keys.snapshot())
    keys += entry.subject == key->subject && entry.team == key->team;
  const auto of = [&](const char* kind) {
    const auto found = held.records.find(kind);
    return found == held.records.end() ? std::uint64_t{0} : found->second;
  };
  return reply_object([&](json::Writer& w) {
    const auto place = [&](std::string_view where, std::string_view what, std::optional<std::uint64_t> count,
                           std::string_view how_long) {
      w.begin_object();
      w.member_or_null("count", count);
      w.member("for", how_long);
      w.member("place", where);
      w.member("what", what);
      w.end_object();
    };
    const auto age = age_of(backing.retention_ms);
    constexpr std::string_view erased = "until your name is erased (ostiary ledger erase)";
    w.member("partial", !held.whole);
    w.key("places");
    w.begin_array();
    place("store", "your name, behind the pseudonym", key->user.empty() ? 0 : 1, erased);
    place("store", "your keys: team, times and SHA-256 of the secret, never the key", keys, "for ever");
    place("store", "which service holds a response that you asked to be stored", std::nullopt, "30 days");
    place("store", "findings that you marked as false alarms or decided on, with your reason", std::nullopt,
          "for ever");
    place("store", "questions that you asked the desk, or that refusals of yours became, and what you wrote",
          std::nullopt, "your words " + std::string(erased));
    place("store", "the same questions in events that wait for a webhook or were given up", std::nullopt,
          "33 days, or 30 more than webhooks.out says");
    place("exchanges", "who asked which model when, sizes, tokens, cost and outcome; never a text",
          of("outcome"), age);
    place("ledger", "intents: the same, before anything left", of("intent"), age);
    place("ledger", "outcomes: the same, with keyed digests of the texts", of("outcome"), age);
    place("ledger", "changes to your keys", of("change"), age);
    place("ledger", "the same findings: what you said of them, and when", std::nullopt, age);
    place("digest-keys", "a random key for each exchange, which makes its digests unguessable", of("outcome"),
          "until it is erased, or as long as the ledger");
    place("recordings", "texts of prompts and answers: the gate keeps none", 0, "never");
    w.end_array();
    w.member("subject", key->subject);
  });
}

// A name that is somebody's already stays theirs: who holds an invitation is somebody new, and is not told.
Result<std::string> new_name(Backing& backing, const std::string& wanted) {
  TRY(const auto taken, backing.store->find_subject(wanted));
  if (!taken) return wanted;
  auto bytes = random_key();
  return wanted + " ~" + base62(bytes, 43).substr(0, 8);
}

Result<Reply> accept_invitation(Backing& backing, const Call& call) {
  const auto body = call.body.root();
  const auto user = body["user"].string_or("");
  store::KeyWish wish;
  const std::lock_guard lock(backing.store_mutex);  // over both: two may ask for one name
  TRY(auto taken, backing.invitations.take(body["invitation"].string_or(""), wall_now()));
  wish.team = std::move(taken.team);
  auto made = [&]() -> Result<Reply> {
    TRY(wish.user, new_name(backing, user));
    return make_key(backing, call, wish, ",\"invitation\":" + json::quoted(taken.id), false);
  }();
  if (!made) [[maybe_unused]]
    const auto back = backing.invitations.give_back(taken.id);
  return made;
}

// Whether whoever holds `old` may have another in its place: they make no keys without bound. Under
// store_mutex.
Result<> may_renew(Backing& backing, const store::KeyEntry& old, WallMs ends, WallMs now) {
  TRY(const auto keys, backing.store->keys());
  std::uint32_t held = 0, lately = 0;
  std::optional<WallMs> next_end;
  WallMs oldest = now;
  for (const auto& key : keys) {
    if (key.origin == old.origin && key.renewed() && key.created > now - kDay * 1000) {
      ++lately;
      oldest = std::min(oldest, key.created);
    }
    if (key.subject != old.subject || key.team != old.team || !key.valid_at(now)) continue;
    ++held;
    if (key.expires && (!next_end || *key.expires < *next_end)) next_end = key.expires;
  }
  if (lately >= kMostADay)
    return fail(Code::exists,
                fmt::format("this key was renewed {} times within a day; the next time is at {}", lately,
                            rfc3339(oldest + kDay * 1000)));
  const auto most = backing.most_own_keys.load();
  if (ends <= now || held < most) return {};  // the one takes the other's place, or there is room
  return fail(Code::exists,
              fmt::format("you hold {} valid keys of this team, and {} is the most with which one makes "
                          "another (console.own_keys). Ask with \"grace\": 0 ('--grace 0s'), which ends the "
                          "key that you ask with at once{}; or let whoever administers the team revoke one",
                          held, most, next_end ? ", or wait until one ends, at " + rfc3339(*next_end) : ""));
}

Result<Reply> renew(Backing& backing, const Call& call) {
  if (!call.rights.known())
    return fail(Code::denied, "send an invitation with it, or a key that the new one takes the place of");
  TRY(const auto* const old, own_key(call));
  const auto grace = call.body.root()["grace"].as_number().value_or(kGrace);
  const std::lock_guard lock(backing.store_mutex);
  const auto now = wall_now();
  const auto ends = now + static_cast<WallMs>(grace) * 1000;
  TRY_VOID(may_renew(backing, *old, ends, now));
  KeyChange change(backing, call);
  store::KeyEntry entry;
  auto renewed = backing.store->renew_key(
      old->id, ends, now, [&](const store::KeyEntry& coming, const store::KeyEntry& before) {
        entry = coming;
        const std::array changes = {Change{"key-created", coming.id, members_of(coming)},
                                    Change{"key-expires", before.id, members_of(before)}};
        return change.record(changes);
      });
  if (!renewed) {
    change.take_back(entry, old);
    if (renewed.error().code == Code::not_found)  // since it was let in
      return fail(Code::denied, "the key that you ask with is not good any more");
    return std::unexpected(renewed.error());
  }
  change.publish();
  return reply_new_key(renewed->made, false);
}

Result<Reply> own_new_key(Backing& backing, const Call& call) {
  return call.body.root()["invitation"] ? accept_invitation(backing, call) : renew(backing, call);
}

Schema wish_schema() {
  auto invitation = token("ost_inv_…", kBase62, 49, 49);
  invitation.prefix = "ost_inv_";
  return one_of("OwnKeyWish",
                {object("", {{"invitation", std::move(invitation)},
                             {"user", name_text("your name; the ledger knows a pseudonym only")}}),
                 object("", {optional("grace", integer("seconds that the old key is still good; a day unless "
                                                       "said",
                                                       0, kLongestGrace))})});
}

}  // namespace

std::vector<Operation> self_operations() {
  Operation self;
  self.id = "showSelf";
  self.method = "GET";
  self.path = "/api/v1/self";
  self.tag = "self";
  self.summary = "Who the key is: pseudonym, team and scopes";
  self.need = Need::key;
  self.answer = key_schema();
  self.refusals = {404};
  self.handler = show_self;

  Operation exchanges = self;
  exchanges.id = "listOwnExchanges";
  exchanges.path = "/api/v1/self/exchanges";
  exchanges.summary = "Your exchanges, newest first";
  exchanges.parameters = page_parameters();
  exchanges.answer = page_schema();
  exchanges.handler = own_exchanges;

  Operation about = self;
  about.id = "showKept";
  about.path = "/api/v1/self/kept";
  about.summary = "What is kept about you: where, how much, how long; one at a time for each key";
  about.lane = Operation::Lane::slow;
  about.answer = kept_schema();
  about.handler = kept;

  Operation budget = self;
  budget.id = "showOwnBudget";
  budget.path = "/api/v1/self/budget";
  budget.summary = "What your key and your team may use, and have used";
  budget.answer = object("OwnBudget", {{"key", limit_report_schema()}, {"team", limit_report_schema()}});
  budget.handler = own_budget;

  Operation key = self;
  key.id = "createOwnKey";
  key.method = "POST";
  key.path = "/api/v1/self/keys";
  key.summary = "A key for you: by an invitation, or in place of the one you ask with";
  key.need = Need::invited;
  key.body = wish_schema();
  key.status = 201;
  key.refusals = {403, 404, 409};
  key.answer = new_key_schema();
  key.handler = own_new_key;
  return {self, exchanges, about, budget, key};
}

}  // namespace ostiary::console
