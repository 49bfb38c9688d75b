// Limits of keys and teams, and how they stand against them.

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <set>

#include "console/impl/keys.h"
#include "console/impl/limits.h"
#include "console/impl/tables.h"
#include "gateway/limits.h"

namespace ostiary::console {

namespace {

using gateway::Limit;
using Scope = gateway::Account::Scope;

constexpr std::int64_t kMostCount = 1'000'000'000'000, kMostDollars = 999'999;
constexpr double kNano = 1e9;

// Who is limited: a team, or a key's line by its first key; `team`: the line's, or the team itself.
struct Subject {
  Scope scope = Scope::team;
  std::string name, team;
};

bool known_team(Backing& backing, std::string_view name) {
  return std::ranges::any_of(*backing.shared.keys.snapshot(),
                             [&](const auto& known) { return known.second.team == name; });
}

Result<std::optional<store::StoredLimits>> stored_for(Backing& backing, const Subject& subject) {
  TRY(auto all, backing.store->limits());
  const auto found = std::ranges::find_if(all, [&](const auto& one) {
    return one.scope == gateway::name(subject.scope) && one.name == subject.name;
  });
  return found == all.end() ? std::nullopt : std::optional(std::move(*found));
}

Result<Subject> key_of(Backing& backing, const Call& call) {
  if (!backing.steward) return fail(Code::unavailable, "no gate serves this folder");
  TRY(const auto entry, find_key(backing, call));
  return Subject{Scope::key, entry.origin, entry.team};
}

Result<Subject> team_of(Backing& backing, const Call& call) {
  if (!backing.steward) return fail(Code::unavailable, "no gate serves this folder");
  auto name = call.text("name");
  if (!call.rights.sees_team(name)) return fail(Code::not_found, "there is no such team");
  return Subject{Scope::team, name, name};
}

Result<Reply> reply_limits(Backing& backing, const Subject& subject) {
  std::optional<store::StoredLimits> set;
  {
    const std::lock_guard lock(backing.store_mutex);
    TRY(set, stored_for(backing, subject));
  }
  // A name that is nobody's gets no account: those are never forgotten.
  if (!set && subject.scope == Scope::team && !known_team(backing, subject.name))
    return fail(Code::not_found, "there is no such team");
  Reply reply;
  append_json(reply.body, backing.shared.limiter.report(subject.scope, subject.name, wall_now()));
  reply.body.pop_back();
  reply.body += ",\"set\":" + (set ? set->json : std::string("null")) + "}\n";
  return reply;
}

Result<> put_in_force(Backing& backing) {
  TRY(const auto stored, backing.store->limits());
  TRY(auto managed, gateway::managed_limits(stored));
  backing.shared.limiter.manage(std::move(managed));
  return {};
}

std::string members_of(const Subject& subject, const std::string* limits) {
  std::string out = limits ? ",\"limits\":" + *limits : std::string();
  out += ",\"scope\":" + json::quoted(gateway::name(subject.scope));
  if (subject.scope == Scope::key) out += ",\"team\":" + json::quoted(subject.team);
  return out;
}

// `limits`: null takes away what was set.
Result<> change(Backing& backing, const Call& call, const Subject& subject, const std::string* limits) {
  const std::lock_guard lock(backing.store_mutex);
  TRY(const auto before, stored_for(backing, subject));
  const std::string scope(gateway::name(subject.scope));
  if (limits) {
    TRY_VOID(backing.store->set_limits({scope, subject.name, *limits}));
  } else {
    TRY_VOID(backing.store->clear_limits(scope, subject.name));
  }
  const auto recorded = record_change(backing, call, limits ? "limits-set" : "limits-cleared", subject.name,
                                      members_of(subject, limits));
  if (!recorded) {
    [[maybe_unused]] const auto taken_back =
        before ? backing.store->set_limits(*before) : backing.store->clear_limits(scope, subject.name);
    return recorded;
  }
  return put_in_force(backing);
}

// What the body says; it has been held to the schema.
std::string wanted_limits(json::Value body) {
  gateway::LimitSet limits;
  for (std::size_t i = 0; i < gateway::kLimits; ++i) {
    const auto limit = static_cast<Limit>(i);
    const auto value = body[gateway::name(limit)];
    if (!value) continue;
    const auto number = value.as_number();
    if (!number)
      limits[limit] = gateway::kUnlimited;
    else
      limits[limit] = std::llround(limit == Limit::spend ? *number * kNano : *number);
  }
  return limits_to_json(limits);
}

Result<> must_run(const Call& call, const Subject& subject) {
  if (call.rights.runs_team(subject.team)) return {};
  return fail(Code::denied, "this key does not administer that team");
}

using Find = Result<Subject> (*)(Backing&, const Call&);

template <Find find>
Result<Reply> show(Backing& backing, const Call& call) {
  TRY(const auto subject, find(backing, call));
  return reply_limits(backing, subject);
}

template <Find find>
Result<Reply> set(Backing& backing, const Call& call) {
  TRY(const auto subject, find(backing, call));
  TRY_VOID(must_run(call, subject));
  const auto limits = wanted_limits(call.body.root());
  TRY_VOID(change(backing, call, subject, &limits));
  return reply_limits(backing, subject);
}

template <Find find>
Result<Reply> clear(Backing& backing, const Call& call) {
  TRY(const auto subject, find(backing, call));
  TRY_VOID(must_run(call, subject));
  TRY_VOID(change(backing, call, subject, nullptr));
  Reply reply;
  append_json(reply.body, backing.shared.limiter.report(subject.scope, subject.name, wall_now()));
  reply.body.pop_back();
  reply.body += ",\"set\":null}\n";
  return reply;
}

bool limited(const gateway::LimitReport& report) {
  return std::ranges::any_of(report.lines, [](const auto& line) { return line.most != gateway::kUnlimited; });
}

Result<Reply> budgets(Backing& backing, const Call& call) {
  if (!backing.steward) return fail(Code::unavailable, "no gate serves this folder");
  std::set<std::string> teams, keys;
  for (const auto& [id, entry] : *backing.shared.keys.snapshot()) {
    if (!call.rights.sees_team(entry.team)) continue;
    teams.insert(entry.team);
    if (!entry.revoked) keys.insert(entry.origin);
  }
  Reply reply;
  reply.body = "{\"budgets\":[";
  const auto now = wall_now();
  const auto add = [&](Scope scope, const std::string& name) {
    const auto report = backing.shared.limiter.report(scope, name, now);
    if (!limited(report)) return;
    if (!reply.body.ends_with('[')) reply.body += ',';
    append_json(reply.body, report);
  };
  for (const auto& name : teams) add(Scope::team, name);
  for (const auto& id : keys) add(Scope::key, id);
  reply.body += "]}\n";
  return reply;
}

Schema wanted_schema() {
  const auto value = [](Limit limit, std::string_view doc) {
    auto amount = limit == Limit::spend ? number("to the billionth") : integer("", 0, kMostCount);
    amount.least = 0;
    amount.most = limit == Limit::spend ? kMostDollars : kMostCount;
    auto either = one_of("", {std::move(amount), word_of({"unlimited"}, "")});
    return optional(gateway::name(limit), either.said(doc));
  };
  return object(
      "LimitWish",
      {value(Limit::concurrent, "exchanges under way"), value(Limit::prompt, "bytes of a request's body"),
       value(Limit::requests, "in any minute"), value(Limit::spend, "US dollars in a month (UTC)"),
       value(Limit::tokens, "in any minute, input and output")});
}

Schema limits_schema() {
  auto schema = limit_report_schema();
  schema.component = "Limits";
  schema.members.push_back({"set", wanted_schema().or_null()});
  return schema;
}

Operation row(std::string_view id, std::string_view method, std::string_view path, std::string_view summary,
              Need need, Result<Reply> (*handler)(Backing&, const Call&)) {
  Operation operation;
  operation.id = id;
  operation.method = method;
  operation.path = path;
  operation.tag = "limits";
  operation.summary = summary;
  operation.need = need;
  operation.answer = limits_schema();
  operation.handler = handler;
  operation.refusals = {404};
  if (method == "PUT") operation.body = wanted_schema();
  return operation;
}

}  // namespace

Schema limit_report_schema() {
  const auto line = [](Limit limit) {
    const auto amount = [&](std::string_view doc) {
      return limit == Limit::spend ? number(doc) : integer(doc);
    };
    return Member{
        std::string(gateway::name(limit)),
        object("",
               {{"limit", amount("null: unlimited").or_null()},
                {"remaining", amount("null: unlimited").or_null()},
                {"reserved", amount("by exchanges under way")},
                {"resets_at", time("when nothing of now counts any more; null: it is not by time").or_null()},
                {"source", string("where the limit is said; null: nowhere").or_null()},
                {"used", amount("")}})};
  };
  return object("LimitReport",
                {{"limits", object("", {line(Limit::concurrent), line(Limit::prompt), line(Limit::requests),
                                        line(Limit::spend), line(Limit::tokens)})},
                 {"month", string("that spend is counted in (UTC), as 2026-11")},
                 {"name", string("the team, or the id of the first key of the line")},
                 {"scope", word_of({"key", "team"}, "")}});
}

std::vector<Operation> limit_operations() {
  constexpr std::string_view team = "/api/v1/teams/{name}/limits", key = "/api/v1/keys/{id}/limits";
  std::vector<Operation> rows = {
      row("showTeamLimits", "GET", team, "A team's limits, and how it stands", Need::see_team, show<team_of>),
      row("setTeamLimits", "PUT", team, "Set a team's limits, in place of what was set before", Need::admin,
          set<team_of>),
      row("clearTeamLimits", "DELETE", team, "Leave a team's limits to the configuration", Need::admin,
          clear<team_of>)};
  for (auto& one : rows) one.parameters = {in_path("name", name_text("the team"))};
  std::vector<Operation> of_keys = {
      row("showKeyLimits", "GET", key, "The limits of a key and its line, and how it stands", Need::see_team,
          show<key_of>),
      row("setKeyLimits", "PUT", key, "Set the limits of a key and its line, in place of what was set before",
          Need::run_team, set<key_of>),
      row("clearKeyLimits", "DELETE", key, "Leave the limits of a key and its line to the configuration",
          Need::run_team, clear<key_of>)};
  for (auto& one : of_keys) {
    one.parameters = {in_path("id", key_id())};
    rows.push_back(std::move(one));
  }
  auto all = row("listBudgets", "GET", "/api/v1/budgets",
                 "Teams and keys that have limits: what is used, reserved and left", Need::see_team, budgets);
  all.answer = object("Budgets", {{"budgets", array_of(limit_report_schema(), "teams, then keys")}});
  all.refusals = {};
  rows.push_back(std::move(all));
  return rows;
}

}  // namespace ostiary::console
