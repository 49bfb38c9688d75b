// Keys, and the teams that they make.

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "base/log.h"
#include "console/impl/keys.h"
#include "console/impl/tables.h"
#include "ledger/record.h"

namespace ostiary::console {

namespace {

constexpr std::int64_t kLongestLife = 3650LL * 24 * 3600;  // seconds

std::vector<store::KeyEntry> keys_seen(Backing& backing, const Call& call) {
  std::vector<store::KeyEntry> seen;
  for (const auto& [id, entry] : *backing.shared.keys.snapshot())
    if (call.rights.sees_team(entry.team) && (!call.has("team") || call.text("team") == entry.team))
      seen.push_back(entry);
  std::ranges::sort(seen, [](const auto& a, const auto& b) {
    return std::tie(a.created, a.id) < std::tie(b.created, b.id);
  });
  return seen;
}

bool shows_names(const Call& call, std::string_view team) {
  return call.rights.runs_team(team);
}

Reply reply_key(const Call& call, const store::KeyEntry& entry) {
  return reply_object([&](json::Writer& w) { write_key_members(w, entry, shows_names(call, entry.team)); });
}

Result<Reply> list_keys(Backing& backing, const Call& call) {
  return reply_list("keys", keys_seen(backing, call), [&](json::Writer& w, const store::KeyEntry& entry) {
    w.begin_object();
    write_key_members(w, entry, shows_names(call, entry.team));
    w.end_object();
  });
}

Result<Reply> show_key(Backing& backing, const Call& call) {
  TRY(const auto entry, find_key(backing, call));
  return reply_key(call, entry);
}

// Who administers a team alone makes no keys of people of other teams: a key is its owner's everywhere. Under
// store_mutex.
Result<> may_own(Backing& backing, const Call& call, const store::KeyWish& wish) {
  if (call.rights.runs_all()) return {};
  TRY(const auto subject, backing.store->find_subject(wish.user));
  if (!subject) return {};
  TRY(const auto keys, backing.store->keys());
  const bool member = std::ranges::any_of(
      keys, [&](const auto& key) { return key.subject == *subject && key.team == wish.team; });
  if (member) return {};
  return fail(Code::exists, "this name is taken; choose another one", "/user");
}

Result<Reply> create_key(Backing& backing, const Call& call) {
  const auto body = call.body.root();
  store::KeyWish wish;
  wish.team = body["team"].string_or("");
  wish.user = body["user"].string_or("");
  TRY(wish.scopes, wanted_scopes(body));
  if (!call.rights.runs_team(wish.team)) return fail(Code::denied, "this key does not administer that team");
  if (!call.rights.may_grant(wish.scopes)) return fail(Code::denied, "nobody grants more than they have");
  if (const auto life = body["expires_in"].as_number())
    wish.expires = wall_now() + static_cast<WallMs>(*life) * 1000;
  const std::lock_guard lock(backing.store_mutex);
  TRY_VOID(may_own(backing, call, wish));
  return make_key(backing, call, wish);
}

// Whoever holds a key may have renewed it: unless it is to be `only` this one, all of its line go.
Result<std::vector<store::KeyEntry>> revoke_in_store(store::Store& store, std::string_view id, bool only) {
  if (!only) return store.revoke_line(id, wall_now());
  TRY(auto entry, store.revoke_key(id, wall_now()));
  return std::vector<store::KeyEntry>{std::move(entry)};
}

// All that are owed to the ledger: an earlier one may have failed there.
Result<> record_revocations(Backing& backing, const Call& call, const std::vector<store::KeyEntry>& owed) {
  std::vector<Change> changes;
  changes.reserve(owed.size());
  for (const auto& entry : owed) changes.emplace_back("key-revoked", entry.id, members_of(entry));
  TRY_VOID(record_changes(backing, call, changes));
  return backing.store->revocations_recorded();
}

Result<Reply> revoke_key(Backing& backing, const Call& call) {
  TRY(const auto known, find_key(backing, call));
  if (!call.rights.runs_team(known.team) || !call.rights.may_grant(known.scopes))
    return fail(Code::denied, "this key does not administer that team");
  const std::lock_guard lock(backing.store_mutex);
  // What failed may have been done all the same: the gate is told in either case.
  const bool only = call.text("only") == "true";
  auto in_store = revoke_in_store(*backing.store, known.id, only);
  TRY_VOID(publish_keys(backing));
  TRY(const auto owed, backing.store->unrecorded_revocations());
  if (!in_store && in_store.error().code == Code::exists) {
    // What is not in the ledger yet is done now.
    std::vector<store::KeyEntry> late;
    std::ranges::copy_if(owed, std::back_inserter(late), [&](const store::KeyEntry& entry) {
      return entry.id == known.id || (!only && entry.origin == known.origin);
    });
    if (!late.empty()) in_store = std::move(late);
  }
  TRY(const auto revoked, in_store);
  TRY_VOID(record_revocations(backing, call, owed));
  TRY(const auto entry, find_key(backing, call));
  return reply_object([&](json::Writer& w) {
    w.key("also_revoked");
    w.begin_array();
    for (const auto& other : revoked)
      if (other.id != entry.id) w.string(other.id);
    w.end_array();
    write_key_members(w, entry, shows_names(call, entry.team));
  });
}

struct Team {
  std::string name;
  std::uint64_t keys = 0, valid = 0;
};

std::vector<Team> teams_seen(Backing& backing, const Call& call) {
  std::map<std::string, Team> teams;
  const auto now = wall_now();
  for (const auto& [id, entry] : *backing.shared.keys.snapshot()) {
    if (!call.rights.sees_team(entry.team)) continue;
    auto& team = teams[entry.team];
    team.name = entry.team;
    ++team.keys;
    team.valid += entry.valid_at(now);
  }
  std::vector<Team> seen;
  seen.reserve(teams.size());
  for (auto& [name, team] : teams) seen.push_back(std::move(team));
  return seen;
}

void write_team(json::Writer& w, const Team& team) {
  w.begin_object();
  w.member("keys", team.keys);
  w.member("name", team.name);
  w.member("valid_keys", team.valid);
  w.end_object();
}

Schema team_schema() {
  return object("Team", {{"keys", integer("that were ever made for it")},
                         {"name", string("")},
                         {"valid_keys", integer("of them, that open something now")}});
}

Result<Reply> list_teams(Backing& backing, const Call& call) {
  return reply_list("teams", teams_seen(backing, call), write_team);
}

Result<Reply> show_team(Backing& backing, const Call& call) {
  for (const auto& team : teams_seen(backing, call)) {
    if (team.name != call.text("name")) continue;
    Reply reply;
    json::Writer w(reply.body);
    write_team(w, team);
    reply.body += '\n';
    return reply;
  }
  return fail(Code::not_found, "there is no such team");
}

Schema wish_schema() {
  return object(
      "KeyWish",
      {optional("expires_in", integer("seconds that it is good for; absent: for ever", 1, kLongestLife)),
       optional("scopes", scopes_schema().said("absent: use alone")),
       {"team", name_text("who is charged and named in the ledger")},
       {"user", name_text("whose key it is; the ledger knows a pseudonym only")}});
}

}  // namespace

Result<store::KeyEntry> find_key(Backing& backing, const Call& call) {
  const auto id = call.text("id");
  const auto all = backing.shared.keys.snapshot();
  const auto found = all->find(id);
  if (found == all->end() || !call.rights.sees_team(found->second.team))
    return fail(Code::not_found, fmt::format("there is no key '{}'; 'ostiary key list' shows them", id));
  return found->second;
}

Schema key_id() {
  return token("the key's id: the part between ost_ and the next _", kBase62, 8, 8);
}

Schema scopes_schema() {
  auto team = name_text("the administration of one team");
  team.prefix = "team:";
  auto scopes =
      array_of(one_of("", {word_of({"admin", "desk", "inventory", "read", "use"}, ""), std::move(team)}),
               "what it is good for");
  scopes.shortest = 1;
  scopes.longest = 100;
  return scopes;
}

Schema key_schema() {
  return object("Key", {{"created", time("")},
                        {"expires", time("when it stops to be good").or_null()},
                        {"id", key_id()},
                        {"origin", key_id().said("the first key of its line: itself, unless it was renewed "
                                                 "from another. The line shares limits and budget")},
                        {"revoked", time("").or_null()},
                        {"scopes", array_of(string(""), "what it is good for")},
                        {"state", word_of({"valid", "expired", "revoked"}, "now")},
                        {"subject", string("pseudonym of its owner")},
                        {"team", string("")},
                        {"user", string("the owner's name: for who administers the team; null: not told, or "
                                        "erased")
                                     .or_null()}});
}

Schema new_key_schema() {
  auto schema = key_schema();
  schema.component = "NewKey";
  schema.members.push_back({"key", string("the key itself, shown this once")});
  return schema;
}

void write_time(json::Writer& w, std::string_view name, const std::optional<WallMs>& time) {
  w.key(name);
  if (time)
    w.string(rfc3339(*time));
  else
    w.null();
}

void write_key_members(json::Writer& w, const store::KeyEntry& entry, bool names) {
  w.member("created", rfc3339(entry.created));
  write_time(w, "expires", entry.expires);
  w.member("id", entry.id);
  w.member("origin", entry.origin);
  write_time(w, "revoked", entry.revoked);
  w.key("scopes");
  w.begin_array();
  for (const auto& word : entry.scopes.words()) w.string(word);
  w.end_array();
  w.member("state", entry.revoked ? "revoked" : entry.valid_at(wall_now()) ? "valid" : "expired");
  w.member("subject", entry.subject);
  w.member("team", entry.team);
  w.key("user");
  if (names && !entry.user.empty())
    w.string(entry.user);
  else
    w.null();
}

std::string members_of(const store::KeyEntry& entry) {
  std::string out;
  if (entry.renewed()) out += ",\"origin\":" + json::quoted(entry.origin);
  out += ",\"scopes\":[";
  std::string_view separator;
  for (const auto& word : entry.scopes.words()) {
    out += separator;
    json::append_string(out, word);
    separator = ",";
  }
  return out + "],\"subject\":" + json::quoted(entry.subject) + ",\"team\":" + json::quoted(entry.team);
}

Result<> record_changes(Backing& backing, const Call& call, std::span<const Change> changes) {
  if (!backing.shared.ledger) return fail(Code::unavailable, "there is no ledger to record the change in");
  ledger::Batch batch;
  std::string line;
  for (const auto& change : changes) {
    line.clear();
    ledger::append_change(line, wall_now(), change.action, change.what,
                          fmt::format("{{\"by\":{}{}}}", json::quoted(call.rights.actor()), change.members));
    batch.add(line);
  }
  return backing.shared.ledger->append(batch);
}

Result<> record_change(Backing& backing, const Call& call, std::string_view action, std::string_view what,
                       std::string_view members) {
  const Change change{action, std::string(what), std::string(members)};
  return record_changes(backing, call, {&change, 1});
}

bool still_opens(const Backing& backing, const store::KeyEntry& entry) {
  const auto keys = backing.shared.keys.snapshot();
  const auto now = keys->find(entry.id);
  return now != keys->end() && now->second.valid_at(wall_now()) && now->second.scopes == entry.scopes &&
         now->second.team == entry.team;
}

Result<> publish_keys(Backing& backing) {
  TRY(auto entries, backing.store->keys());
  backing.shared.keys.replace(std::move(entries));
  return {};
}

Result<store::Scopes> wanted_scopes(json::Value body) {
  if (!body["scopes"])
    return store::Scopes{
        .use = true, .read = false, .admin = false, .desk = false, .inventory = false, .teams = {}};
  std::vector<std::string> words;
  for (const auto word : body["scopes"]) words.push_back(word.string_or(""));
  auto scopes = store::parse_scopes(words);
  if (!scopes) scopes.error().where = "/scopes";
  return scopes;
}

Result<> KeyChange::record(std::span<const Change> changes) {
  TRY(keys_, backing_.store->keys());
  TRY_VOID(record_changes(backing_, call_, changes));
  recorded_ = true;
  return {};
}

void KeyChange::publish() {
  backing_.shared.keys.replace(std::move(keys_));
}

void KeyChange::take_back(const store::KeyEntry& made, const store::KeyEntry* old) {
  if (!recorded_) return;
  [[maybe_unused]] const auto gone = backing_.store->revoke_key(made.id, wall_now());  // mostly not there
  std::vector<Change> changes{{"key-revoked", made.id, members_of(made)}};
  if (old) changes.push_back({"key-stays", old->id, members_of(*old)});
  if (const auto said = record_changes(backing_, call_, changes); !said)
    log::error(fmt::format("keys: {} was recorded as made and is not good; that could not be recorded: {}",
                           made.id, said.error().text()));
}

Result<Reply> make_key(Backing& backing, const Call& call, const store::KeyWish& wish,
                       std::string_view members, bool names) {
  KeyChange change(backing, call);
  store::KeyEntry entry;
  auto made = backing.store->create_key(wish, wall_now(), [&](const store::KeyEntry& coming) {
    entry = coming;
    const Change created{"key-created", coming.id, std::string(members) + members_of(coming)};
    return change.record({&created, 1});
  });
  if (!made) {
    change.take_back(entry);
    return std::unexpected(made.error());
  }
  change.publish();
  return reply_new_key(*made, names);
}

Reply reply_new_key(const store::NewKey& made, bool names) {
  return reply_object([&](json::Writer& w) {
    write_key_members(w, made.entry, names);
    w.member("key", made.text.reveal());
  });
}

std::vector<Operation> key_operations() {
  Operation list;
  list.id = "listKeys";
  list.method = "GET";
  list.path = "/api/v1/keys";
  list.tag = "keys";
  list.summary = "Keys, without their secrets";
  list.need = Need::see_team;
  list.parameters = {in_query("team", name_text("of this team alone"))};
  list.answer = object("Keys", {{"keys", array_of(key_schema(), "by the time they were made")}});
  list.handler = list_keys;

  Operation create = list;
  create.id = "createKey";
  create.method = "POST";
  create.summary = "Make a key; its text is shown this once";
  create.need = Need::run_team;
  create.parameters = {};
  create.body = wish_schema();
  create.status = 201;
  create.refusals = {409};
  create.answer = new_key_schema();
  create.handler = create_key;

  Operation show = list;
  show.id = "showKey";
  show.path = "/api/v1/keys/{id}";
  show.summary = "One key";
  show.parameters = {in_path("id", key_id())};
  show.answer = key_schema();
  show.refusals = {404};
  show.handler = show_key;

  Operation revoke = show;
  revoke.id = "revokeKey";
  revoke.method = "DELETE";
  revoke.summary =
      "Close the gate to a key and to all of its line, at once and for good; they stay in the list";
  revoke.need = Need::run_team;
  revoke.parameters.push_back(
      in_query("only", boolean("this key alone: those that it was renewed from, and those that were renewed "
                               "from it, stay as they are")));
  revoke.answer.component = "RevokedKey";
  revoke.answer.members.insert(
      revoke.answer.members.begin(),
      Member{"also_revoked",
             array_of(key_id(), "those of its line that were revoked with it, the oldest first")});
  revoke.refusals = {404, 409};
  revoke.handler = revoke_key;

  Operation teams = list;
  teams.id = "listTeams";
  teams.path = "/api/v1/teams";
  teams.tag = "teams";
  teams.summary = "Teams that have or had a key";
  teams.parameters = {};
  teams.answer = object("Teams", {{"teams", array_of(team_schema(), "by name")}});
  teams.handler = list_teams;

  Operation team = teams;
  team.id = "showTeam";
  team.path = "/api/v1/teams/{name}";
  team.summary = "One team";
  team.parameters = {in_path("name", name_text("the team's name"))};
  team.answer = team_schema();
  team.refusals = {404};
  team.handler = show_team;
  return {list, create, show, revoke, teams, team};
}

}  // namespace ostiary::console
