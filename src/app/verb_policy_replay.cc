// policy replay.

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/config.h"
#include "app/impl/policy_file.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_ledger.h"
#include "app/impl/verbs_policy.h"
#include "app/replay_ledger.h"
#include "base/text.h"
#include "gateway/facts.h"
#include "gateway/model_name.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

using policy::Effect;
using Group = policy::Replay::Group;

// Days such as 30d, hours such as 12h, or a date or time in UTC.
Result<std::optional<WallMs>> moment_of(std::string_view flag, const std::string& given) {
  if (given.empty()) return std::nullopt;
  if (const auto ms = text::parse_duration_ms(given)) {
    const auto now = wall_now();
    return static_cast<WallMs>(now - std::min<std::uint64_t>(*ms, static_cast<std::uint64_t>(now)));
  }
  if (const auto at = policy::parse_moment(given)) return at;
  return fail(
      Code::invalid,
      fmt::format("{} takes a duration back from now, such as 30d or 12h, or a date or time in UTC, such "
                  "as 2026-11-25 or 2026-11-25T08:00:00Z",
                  flag));
}

std::string text_of(const policy::Facts& facts, std::string_view name) {
  const auto* fact = facts.find(name);
  const auto* value = fact ? std::get_if<std::string>(&fact->value) : nullptr;
  return value ? *value : "";
}

const gateway::ServiceSettings* service_of(const Config& config, std::string_view id) {
  const auto at = std::ranges::find(config.services, id, &gateway::ServiceSettings::id);
  return at == config.services.end() ? nullptr : &*at;
}

// The name by which a model can have been asked for that the service `from` calls `model`, and which `to`
// offers; nothing where there is none.
std::optional<std::string> asked_name(const gateway::ServiceSettings* from, const std::string& model,
                                      const gateway::ServiceSettings& to) {
  if (model.empty() || gateway::name_at_service(to, model)) return model;
  if (!from) return std::nullopt;
  for (const auto& name : from->models)
    if (name.upstream == model && gateway::name_at_service(to, name.name)) return name.name;
  return std::nullopt;
}

// The same request's facts at another service of the configuration, which offers what it asks for.
policy::Replay::AtService services_of(const Config& config) {
  return [&config](const policy::Facts& here, std::string_view id) -> std::optional<policy::Facts> {
    const auto* to = service_of(config, id);
    if (!to) return std::nullopt;
    const auto endpoint = text_of(here, "target.endpoint");
    const bool offered = to->endpoints.empty() || endpoint.empty() || endpoint == "other" ||
                         std::ranges::find(to->endpoints, endpoint) != to->endpoints.end();
    const auto* from = service_of(config, text_of(here, "target.service"));
    const auto model = asked_name(from, text_of(here, "target.model"), *to);
    if (!offered || !model) return std::nullopt;
    policy::Facts there;
    for (const auto& fact : here.all())
      if (!fact.name.starts_with("target.") || fact.name == "target.endpoint")
        there.set(fact.name, fact.value, fact.source);
    for (const auto& fact : gateway::target_facts(*to, *model).all())
      there.set(fact.name, fact.value, fact.source);
    return there;
  };
}

std::string_view in_words(Effect effect) {
  switch (effect) {
    case Effect::allow:
      return "allowed";
    case Effect::redact:
      return "masked";
    case Effect::reroute:
      return "rerouted";
    case Effect::ask:
      return "asked about";
    case Effect::deny:
      return "refused";
  }
  return "refused";
}

std::string line_of(const Group& g) {
  auto out = fmt::format("{}, now {}{}", in_words(g.was), in_words(g.now),
                         g.to.empty() ? "" : fmt::format(" to {}", printable(g.to)));
  if (!g.rules.empty()) out += fmt::format(", by {}", printable(fmt::format("{}", fmt::join(g.rules, ", "))));
  return out;
}

void append_groups(std::string& out, const std::vector<Group>& groups, bool observed, const Style& style) {
  for (const auto& g : groups) {
    if (g.observed != observed) continue;
    const auto count = fmt::format("{:>9}", grouped(g.count));
    const bool stops = g.now == Effect::deny || g.now == Effect::ask;
    out += fmt::format("{}  {}\n", stops ? style.red(count) : style.yellow(count), line_of(g));
    for (const auto& one : g.examples)
      out += style.faint(fmt::format("             {} {}\n", printable(one.at), printable(one.id)));
  }
}

std::string in_text(const Replayed& r, const Style& style) {
  const auto groups = r.replay.groups();
  std::string out;
  if (r.replay.changed() == 0) {
    out += fmt::format("nothing changes for {} exchanges\n", grouped(r.replay.exchanges()));
  } else {
    out += style.bold(fmt::format("{} of {} exchanges would have been decided otherwise",
                                  grouped(r.replay.changed()), grouped(r.replay.exchanges())));
    out += "\n\n";
    append_groups(out, groups, false, style);
  }
  if (std::ranges::any_of(groups, &Group::observed)) {
    out += style.bold("\nif what the document only observes were enforced") + "\n\n";
    append_groups(out, groups, true, style);
  }
  if (const auto missing = r.replay.missing(); !missing.empty()) {
    out += "\nnot in the ledger, so that rules over it fire where they stop something:\n";
    for (const auto& [name, count] : missing) out += fmt::format("{:>9}  {}\n", grouped(count), name);
  }
  return out;
}

std::vector<std::string> partial_of(const Replayed& r) {
  std::vector<std::string> out;
  if (r.removed > 0) out.push_back(fmt::format("{} older records were removed for their age", r.removed));
  if (r.unread > 0) out.push_back(fmt::format("{} records cannot be read", r.unread));
  if (r.replay.left_out() > 0)
    out.push_back(fmt::format("{} changes of further kinds are not listed", r.replay.left_out()));
  return out;
}

std::string in_json(const std::string& file, const policy::Policy& candidate, const Replayed& r) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("changed", r.replay.changed());
  w.key("changes");
  w.begin_array();
  for (const auto& g : r.replay.groups()) {
    w.begin_object();
    w.member("count", g.count);
    w.key("examples");
    w.begin_array();
    for (const auto& one : g.examples) {
      w.begin_object();
      w.member("at", one.at);
      w.member("id", one.id);
      w.end_object();
    }
    w.end_array();
    w.member("now", policy::name(g.now));
    w.member("observed", g.observed);
    w.key("rules");
    w.begin_array();
    for (const auto& rule : g.rules) w.string(rule);
    w.end_array();
    if (!g.to.empty()) w.member("to", g.to);
    w.member("was", policy::name(g.was));
    w.end_object();
  }
  w.end_array();
  w.member("exchanges", r.replay.exchanges());
  w.member("file", file);
  w.member("kind", "policy-replay");
  w.key("missing");
  w.begin_array();
  for (const auto& [name, count] : r.replay.missing()) {
    w.begin_object();
    w.member("exchanges", count);
    w.member("fact", name);
    w.end_object();
  }
  w.end_array();
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  for (const auto& what : partial_of(r)) w.string(what);
  w.end_array();
  w.key("policy");
  w.begin_object();
  w.member("digest", candidate.document().digest);
  w.member("version", candidate.document().version);
  w.end_object();
  w.member("undecided", r.undecided);
  w.end_object();
  return out + '\n';
}

}  // namespace

Result<int> run_policy_replay(const PolicyOptions& options) {
  TRY(const auto policy, read_policy(options.file));
  TRY(const auto since, moment_of("--since", options.since));
  TRY(const auto until, moment_of("--until", options.until));
  Config config;
  if (!options.config.empty()) {
    TRY(config, load_config(options.config));
  }
  TRY_VOID(check_ledger_folder(options.common.data));
  Progress progress("replaying", options.common);
  TRY(const auto replayed,
      replay_ledger(options.common.data, policy, services_of(config), since, until,
                    [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); }));
  progress.wipe();
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? in_json(options.file, policy, replayed)
                                   : in_text(replayed, style_of(options.common))));
  for (const auto& what : partial_of(replayed)) hint(options.common, what);
  if (replayed.undecided > 0)
    hint(options.common, fmt::format("{} exchanges were refused before anything was decided about them",
                                     grouped(replayed.undecided)));
  return options.fail_on == "change" && (replayed.replay.changed() > 0 || !partial_of(replayed).empty()) ? 1
                                                                                                         : 0;
}

}  // namespace ostiary::app
