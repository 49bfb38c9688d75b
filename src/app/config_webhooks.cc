// Configuration of webhooks, out and in.

#include <algorithm>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"
#include "net/http.h"
#include "net/stream.h"
#include "store/key_form.h"
#include "watch/events.h"

namespace ostiary::app::config {

namespace {

using gateway::CredentialSource;
using yaml::Kind;
using yaml::Node;
using Hook = WebhookSettings;
using Incoming = IncomingHookSettings;

constexpr std::uint64_t kSecond = 1000, kDay = 24 * 3600 * kSecond;
constexpr std::size_t kMostHooks = 32, kMostGeneric = 32;
constexpr std::string_view kWhereSecret =
    "must be {env: NAME} or {file: PATH}; a secret does not belong in this file";

// What policies and paths name a webhook by.
struct HookName {
  static std::string describe() { return "small letters, digits, '_' and '-', at most 64"; }
  static Result<> read(const Node& node, std::string& out) {
    TRY_VOID(Text::read(node, out));
    if (out.empty() || out.size() > 64 ||
        out.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos)
      return refused(describe(), out);
    return {};
  }
};

// Its path may be a secret: errors do not repeat it.
struct HookUrl {
  static Result<> read(const Node& node, std::string& out) {
    TRY_VOID(Text::read(node, out));
    const auto url = net::parse_url(out);
    if (!url) return fail(Code::invalid, "must be an http or https URL without user, query and fragment");
    if (!url->tls && !net::is_loopback({url->host, url->port, false}))
      return fail(
          Code::invalid,
          "must be https: http would show what people wrote to the network, and is for a host of this "
          "machine only (localhost, 127.0.0.1, [::1])");
    return {};
  }
};

struct Team {
  static Result<> read(const Node& node, std::string& out) {
    TRY_VOID(Text::read(node, out));
    if (!store::check_key_owner(out, "anybody")) return fail(Code::invalid, "must be the name of a team");
    return {};
  }
};

Result<> read_source(const Node& node, std::string_view file, std::vector<CredentialSource>& out,
                     bool previous) {
  if (node.kind != Kind::mapping || node.members.size() != 1)
    return fail(Code::invalid, std::string(kWhereSecret));
  const auto& member = node.members.front();
  if (member.name != "env" && member.name != "file") return unknown_name(file, member, {"env", "file"});
  CredentialSource source;
  TRY_VOID(Text::read(member.value, source.value));
  if (source.value.empty()) return fail(Code::invalid, fmt::format("needs a value for {}", member.name));
  source.kind = member.name == "env" ? CredentialSource::Kind::environment : CredentialSource::Kind::file;
  out.insert(previous ? out.end() : out.begin(), std::move(source));
  return {};
}

template <class Target, auto Member, class Type>
Row<Target> item(std::string_view path) {
  return {path, "", "", "", [](Target& target, const Node& node, std::string_view) {
            return Type::read(node, target.*Member);
          }};
}

template <class Target, auto Member, bool Previous>
Row<Target> secret(std::string_view path) {
  return {path, "", "", "", [](Target& target, const Node& node, std::string_view file) {
            return read_source(node, file, target.*Member, Previous);
          }};
}

std::vector<std::string_view> choosable() {
  std::vector<std::string_view> names;
  for (const auto& kind : watch::event_kinds())
    if (kind.chosen) names.push_back(kind.name);
  return names;
}

Result<> read_events(Hook& hook, const Node& node, std::string_view file) {
  const auto known = choosable();
  if (node.kind != Kind::sequence || node.items.empty())
    return fail(Code::invalid, "must be a list of events");
  hook.events.clear();
  for (const auto& one : node.items) {
    const auto name = one.kind == Kind::scalar ? one.scalar : "";
    if (std::ranges::find(known, name) == known.end())
      return fail(Code::invalid,
                  fmt::format("'events' holds what is no event{}; there are: {}", meant(name, known),
                              fmt::join(known, ", ")),
                  yaml::place(file, one));
    if (std::ranges::find(hook.events, name) == hook.events.end()) hook.events.push_back(name);
  }
  return {};
}

Result<> read_out(Config& config, const Node& node, std::string_view file) {
  static const std::vector<Row<Hook>> rows = {
      item<Hook, &Hook::name, HookName>("name"),
      item<Hook, &Hook::url, HookUrl>("url"),
      secret<Hook, &Hook::secrets, false>("secret"),
      secret<Hook, &Hook::secrets, true>("previous_secret"),
      Row<Hook>{"events", "", "", "", read_events},
      item<Hook, &Hook::timeout_ms, Duration<kSecond, 60 * kSecond>>("timeout"),
      item<Hook, &Hook::give_up_ms, Duration<kDay, 30 * kDay>>("give_up"),
      item<Hook, &Hook::ca_file, Path>("ca_file")};
  if (node.kind != Kind::sequence) return fail(Code::invalid, "must be a list of webhooks");
  config.webhooks.clear();
  for (const auto& one : node.items) {
    Hook hook;
    for (const auto name : choosable()) hook.events.emplace_back(name);
    if (one.kind != Kind::mapping) return fail(Code::invalid, "must be a list of webhooks");
    TRY_VOID(read_members<Hook>(one, "", rows, file, hook));
    const auto place = yaml::place(file, one);
    if (hook.name.empty() || hook.url.empty() || !one.find("secret"))
      return fail(Code::invalid, "a webhook needs name, url and secret", place);
    if (std::ranges::find(config.webhooks, hook.name, &Hook::name) != config.webhooks.end())
      return fail(Code::invalid, fmt::format("the webhook '{}' stands here twice", hook.name), place);
    config.webhooks.push_back(std::move(hook));
    if (config.webhooks.size() > kMostHooks)
      return fail(Code::invalid, fmt::format("there may be {} webhooks at most", kMostHooks), place);
  }
  return {};
}

const std::vector<Row<Incoming>>& incoming_rows(Incoming::Forge forge) {
  using I = Incoming;
  static const std::vector<Row<I>> github = {
      secret<I, &I::secrets, false>("secret"), secret<I, &I::secrets, true>("previous_secret"),
      item<I, &I::label, Text>("label"), item<I, &I::title_prefix, Text>("title_prefix"),
      item<I, &I::team, Team>("team")};
  static const std::vector<Row<I>> gitlab = [] {
    auto rows = github;
    rows.push_back(secret<I, &I::signing, false>("signing_token"));
    rows.push_back(secret<I, &I::signing, true>("previous_signing_token"));
    return rows;
  }();
  static const std::vector<Row<I>> generic = {secret<I, &I::signing, false>("secret"),
                                              secret<I, &I::signing, true>("previous_secret"),
                                              item<I, &I::team, Team>("team")};
  return forge == I::Forge::github ? github : forge == I::Forge::gitlab ? gitlab : generic;
}

Result<> read_one(Config& config, Incoming::Forge forge, const yaml::Member& member, std::string_view file) {
  Incoming incoming;
  incoming.forge = forge;
  if (forge == Incoming::Forge::generic) {
    Node name{.kind = Kind::scalar, .quoted = true, .scalar = member.name, .items = {}, .members = {}};
    if (auto read = HookName::read(name, incoming.name); !read)
      return fail(Code::invalid, "its name " + read.error().message, yaml::place(file, member));
  }
  TRY_VOID(read_members<Incoming>(member.value, "", incoming_rows(forge), file, incoming));
  const bool proven = member.value.find("secret") || member.value.find("signing_token");
  if (!proven)
    return fail(Code::invalid,
                forge == Incoming::Forge::gitlab ? "needs secret or signing_token" : "needs a secret",
                yaml::place(file, member));
  config.incoming_hooks.push_back(std::move(incoming));
  return {};
}

Result<> read_in(Config& config, const Node& node, std::string_view file) {
  if (node.kind != Kind::mapping)
    return fail(Code::invalid, "must be a mapping of github, gitlab and generic");
  config.incoming_hooks.clear();
  for (const auto& member : node.members) {
    if (member.name == "github") {
      TRY_VOID(read_one(config, Incoming::Forge::github, member, file));
    } else if (member.name == "gitlab") {
      TRY_VOID(read_one(config, Incoming::Forge::gitlab, member, file));
    } else if (member.name == "generic") {
      if (member.value.kind != Kind::mapping || member.value.members.size() > kMostGeneric)
        return fail(Code::invalid,
                    fmt::format("'generic' must be a mapping of at most {} names", kMostGeneric),
                    yaml::place(file, member));
      for (const auto& one : member.value.members)
        TRY_VOID(read_one(config, Incoming::Forge::generic, one, file));
    } else {
      return unknown_name(file, member, {"github", "gitlab", "generic"});
    }
  }
  return {};
}

}  // namespace

std::vector<Row<Config>> webhook_rows() {
  return {Row<Config>{
              "webhooks.out", "a list of webhooks: name, url, secret, …", "[]",
              "Who is told of what happens to questions and to the policy (webhooks.md). Each has a name, "
              "a url and a secret ({env: NAME} or {file: PATH}: whsec_ and base64) that events are signed "
              "with; previous_secret signs too while a new one takes its place. events: which (all); "
              "timeout (15s) of an attempt; give_up (3d): how long an event is tried; ca_file.",
              read_out},
          Row<Config>{
              "webhooks.in", "a mapping of github, gitlab and generic", "{}",
              "Whose issues and forms become questions (webhooks.md). secret ({env: NAME} or {file: PATH}) "
              "proves the sender, for gitlab signing_token too; label and title_prefix choose the issues; "
              "team: that the questions are of. generic holds forms by name.",
              read_in}};
}

}  // namespace ostiary::app::config
