// Servers of the Model Context Protocol in configuration: what each runs and reaches.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "scan/impl/assistants.h"

namespace ostiary::scan {

namespace {

using Words = std::vector<std::string_view>;

constexpr std::size_t kMostArguments = 40;  // of one command that are looked at
constexpr std::size_t kMostServers = 1000;  // of one file

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// The first that is there of several names for one thing.
Branch any_of(Branch map, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto value = map[name]) return value;
  return {};
}

std::string_view address_of(Branch server) {
  const auto at =
      any_of(server, {"url", "httpUrl", "serverUrl", "server_url", "uri", "baseUrl", "base_url", "endpoint"});
  return at.is_scalar() ? at.text() : std::string_view();
}

// Command and arguments, wherever the client wants them: `command` may be a text, a list, or (Zed) a map with
// `path`; `transport` (Continue) a map that holds all.
Words command_of(Branch server) {
  Words out;
  const auto append = [&](Branch value) {
    if (value.is_scalar() && !value.text().empty()) out.push_back(value.text());
    for (const auto item : value)
      if (item.is_scalar() && out.size() < kMostArguments) out.push_back(item.text());
  };
  auto holder = server;
  auto command = any_of(server, {"command", "cmd"});
  if (command.is_map()) {
    holder = command;
    command = any_of(command, {"path", "command"});
  }
  append(command);
  if (out.empty()) return out;
  append(any_of(holder, {"args", "arguments"}));
  // A whole command line in one text.
  if (out.size() == 1 && out.front().contains(' ')) {
    auto words = text::split(out.front(), ' ');
    std::erase(words, std::string_view());
    if (words.size() > kMostArguments) words.resize(kMostArguments);
    return words;
  }
  return out;
}

Branch transport_of(Branch server) {
  const auto transport = server["transport"];
  return transport.is_map() ? transport : server;
}

bool is_server(Branch server) {
  if (!server.is_map()) return false;
  const auto inner = transport_of(server);
  return !address_of(inner).empty() || !command_of(inner).empty();
}

// A package or image that a runner fetches each time.
struct Fetched {
  std::string_view what;
  bool pinned = true, image = false;
};

std::string_view program_of(std::string_view command) {
  auto name = command.substr(command.find_last_of("/\\") + 1);
  for (const std::string_view ending : {".exe", ".cmd", ".bat"})
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
  return name;
}

// "@scope/name@1.2.3" or "name==1.2.3" say a version; "@latest" and a tag do not.
bool has_version(std::string_view package) {
  if (const auto at = package.rfind("=="); at != std::string_view::npos) return at + 2 < package.size();
  const auto at = package.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 >= package.size()) return false;
  const char c = package[at + 1] == 'v' && at + 2 < package.size() ? package[at + 2] : package[at + 1];
  if (package.starts_with("git+")) return package.size() - at > 7;  // a commit or a tag of it
  return c >= '0' && c <= '9';
}

bool is_pinned_image(std::string_view image) {
  if (image.contains("@sha256:")) return true;
  const auto name = image.substr(image.rfind('/') + 1);
  const auto colon = name.find(':');
  return colon != std::string_view::npos && name.substr(colon + 1) != "latest";
}

// The first word that is no option; options that take a value are passed over with it.
std::string_view first_plain(const Words& words, std::size_t from,
                             std::initializer_list<std::string_view> with_value,
                             std::initializer_list<std::string_view> named = {}) {
  for (auto i = from; i < words.size(); ++i) {
    const auto word = words[i];
    if (!word.starts_with('-')) return word;
    const auto sign = word.find('=');
    if (is_one_of(word.substr(0, sign), named)) {
      if (sign != std::string_view::npos) return word.substr(sign + 1);
      return i + 1 < words.size() ? words[i + 1] : std::string_view();
    }
    if (is_one_of(word, with_value)) ++i;
  }
  return {};
}

Fetched package_of(const Words& words, std::size_t from, std::initializer_list<std::string_view> named) {
  const auto what =
      first_plain(words, from, {"--python", "--index-url", "--registry", "-c", "--with"}, named);
  const bool local = what.starts_with('.') || what.starts_with('/') || what.starts_with('~');
  return {.what = what, .pinned = what.empty() || local || has_version(what), .image = false};
}

Fetched fetched_by(const Words& words) {
  if (words.empty()) return {};
  auto program = program_of(words.front());
  std::size_t at = 1;
  if ((program == "cmd" || program == "wsl") && words.size() > 2) {  // cmd /c npx …
    while (at < words.size() && words[at].starts_with('/')) ++at;
    if (at >= words.size()) return {};
    program = program_of(words[at++]);
  }
  const auto next = at < words.size() ? words[at] : std::string_view();
  if (is_one_of(program, {"npx", "bunx", "pnpx"})) return package_of(words, at, {"-p", "--package"});
  if ((program == "pnpm" || program == "yarn") && next == "dlx")
    return package_of(words, at + 1, {"--package"});
  if ((program == "npm" || program == "bun") && is_one_of(next, {"exec", "x"}))
    return package_of(words, at + 1, {"-p", "--package"});
  if (program == "uvx") return package_of(words, at, {"--from"});
  if (program == "uv" && next == "tool") return package_of(words, at + 2, {"--from"});
  if (program == "pipx" && next == "run") return package_of(words, at + 1, {"--spec"});
  if (is_one_of(program, {"docker", "podman", "nerdctl"}) && next == "run") {
    const auto image = first_plain(
        words, at + 1,
        {"-e",         "--env",        "-v",         "--volume",   "--mount", "--name",   "--network",
         "--net",      "-p",           "--publish",  "--env-file", "-u",      "--user",   "-w",
         "--workdir",  "--entrypoint", "--platform", "--pull",     "-m",      "--memory", "--cpus",
         "--add-host", "--label",      "-l",         "--gpus",     "--device"});
    return {.what = image, .pinned = image.empty() || is_pinned_image(image), .image = true};
  }
  return {};
}

bool is_flag_of_secret(std::string_view word) {
  return word.starts_with('-') && !word.contains('=') && is_secret_name(word);
}

// The command as it may be shown.
std::string line_of(const Words& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto word = words[i];
    if (i > 0) out += ' ';
    const bool docker = i > 0 && is_one_of(words[i - 1], {"-e", "--env"});
    if (docker && word.contains('='))
      out += fmt::format("{}=…", word.substr(0, word.find('=')));
    else if (i > 1 && is_flag_of_secret(words[i - 1]) && !word.starts_with('-'))
      out += "…";
    else
      out += shown(word);
    if (out.size() > kLongestNote) break;
  }
  return out;
}

bool is_reference(std::string_view value) {
  return value.empty() || value.contains('$') || value.contains('<') || value.contains("{{") ||
         value.contains("YOUR") || value.contains("your") || value.starts_with("op://") ||
         (value.starts_with('%') && value.ends_with('%'));
}

// Names of variables or headers, and of which the value stands there although it is secret.
std::string names_in(Branch map) {
  std::string out;
  std::size_t count = 0;
  for (const auto member : map) {
    if (++count > 20) return out + ", …";
    const auto name = member.key().empty() && member.is_scalar()
                          ? member.text().substr(0, member.text().find('='))
                          : member.key();
    if (name.empty()) continue;
    auto value = member.is_scalar() ? member.text() : std::string_view();
    if (member.key().empty()) value = {};
    if (value.starts_with("Bearer ")) value.remove_prefix(7);
    const bool written = is_secret_name(name) && !is_reference(value);
    out += fmt::format("{}{}{}", out.empty() ? "" : ", ", shown(name),
                       written ? " (its value stands in the file)" : "");
  }
  return out;
}

std::string list_of(Branch list) {
  std::string out;
  std::size_t count = 0;
  for (const auto item : list) {
    if (!item.is_scalar()) continue;
    if (++count > 12) return out + ", …";
    out += (out.empty() ? "" : ", ") + shown(item.text());
  }
  return out;
}

class Finder {
 public:
  Finder(bool of_servers, Signs& out) : of_servers_(of_servers), out_(&out) {}

  void find(Branch root) {
    if (of_servers_) take(root["servers"], false);
    walk(root);
  }

 private:
  // Without recursion: what others wrote may be as deep as the tree allows.
  void walk(Branch root) {
    std::vector<Branch> open{root};
    while (!open.empty()) {
      const auto here = open.back();
      open.pop_back();
      for (const auto member : here) {
        if (!member.is_map() && !member.is_list()) continue;
        if (!holds_servers(member, here)) open.push_back(member);
      }
    }
  }

  // Takes the servers of a member that is named as one that has them.
  bool holds_servers(Branch member, Branch above) {
    const auto name = member.key();
    if (is_one_of(name, {"mcpServers", "mcp_servers", "mcp-servers", "modelContextProtocolServers",
                         "amp.mcpServers", "cody.mcpServers"}))
      return take(member, false), true;
    if (name == "context_servers") return take(member, true), true;
    if (name == "servers" && above.key() == "mcp") return take(member, false), true;
    if (name == "mcp.servers") return take(member, false), true;
    // opencode and Crush; Goose.
    if (name == "mcp" || name == "extensions") take_typed(member);
    return false;
  }

  void take(Branch servers, bool any) {
    for (const auto server : servers) {
      if (!is_server(server) && !(any && server.is_map() && !server.empty())) continue;
      if (servers.is_map())
        add(server, server.key(), server.key_start(), server.key_end());
      else if (const auto name = any_of(server, {"name", "id", "title"}); name.is_scalar())
        add(server, name.text(), name.start(), name.end_of_text());
      else
        add_unnamed(server);
    }
  }

  // Of members that hold other things as well: those that say how they are reached.
  void take_typed(Branch map) {
    if (!map.is_map()) return;
    for (const auto one : map)
      if (is_server(one) && is_one_of(one["type"].text(), {"stdio", "sse", "http", "streamable_http",
                                                           "streamable-http", "local", "remote"}))
        add(one, one.key(), one.key_start(), one.key_end());
  }

  // Of a list whose items need no name: what it runs or reaches is one.
  void add_unnamed(Branch server) {
    const auto inner = transport_of(server);
    const auto words = command_of(inner);
    const auto fetched = fetched_by(words);
    auto name = fetched.what;
    if (name.empty() && !words.empty()) name = program_of(words.front());
    const auto at = any_of(inner, {"command", "cmd", "url"});
    add(server, name.empty() ? shown(address_of(inner)) : shown(name), at.start(), at.end_of_text());
  }

  void add(Branch server, std::string_view name, std::size_t start, std::size_t end) {
    if (name.empty() || name.size() > 200) return;
    if (++servers_ > kMostServers) {
      out_->cut = true;
      return;
    }
    out_->add({.kind = Kind::mcp_server,
               .name = std::string(name),
               .grade = Grade::declared,
               .detector = "mcp",
               .start = start,
               .end = std::max(end, start + 1),
               .note = safe_note(note_on_server(server))});
  }

  bool of_servers_;
  Signs* out_;
  std::size_t servers_ = 0;
};

}  // namespace

std::string note_on_server(Branch server) {
  const auto inner = transport_of(server);
  std::vector<std::string> parts;
  const auto words = command_of(inner);
  if (!words.empty()) {
    const auto fetched = fetched_by(words);
    parts.push_back(fmt::format("runs {}{}", line_of(words),
                                fetched.pinned  ? ""
                                : fetched.image ? " (unpinned: runs whatever image is published)"
                                                : " (unpinned: runs whatever is published)"));
  }
  if (const auto address = address_of(inner); !address.empty())
    parts.push_back(fmt::format("reaches {}", shown(address)));
  if (words.empty() && address_of(inner).empty())
    parts.emplace_back("is brought by an extension of the editor");
  for (const auto* holder : {"env", "envs", "environment", "env_keys"}) {
    auto names = names_in(inner[holder]);
    if (names.empty() && inner["command"].is_map()) names = names_in(inner["command"][holder]);
    if (!names.empty()) parts.push_back("gets " + names);
  }
  if (const auto names = names_in(any_of(inner, {"headers", "http_headers", "requestOptions"}));
      !names.empty())
    parts.push_back("sends " + names);
  if (const auto variable = inner["bearer_token_env_var"].text(); !variable.empty())
    parts.push_back(fmt::format("sends the token in {}", shown(variable)));
  if (const auto list = list_of(any_of(server, {"autoApprove", "alwaysAllow", "auto_approve"}));
      !list.empty())
    parts.push_back("is not asked about " + list);
  if (server["trust"].is_true()) parts.emplace_back("is trusted: its tools run without asking");
  if (server["disabled"].is_true() || server["enabled"].text() == "false")
    parts.emplace_back("is switched off");
  return fmt::format("{}", fmt::join(parts, "; "));
}

void add_servers(const Tree& tree, bool of_servers, Signs& out) {
  Finder(of_servers, out).find(tree.root());
}

}  // namespace ostiary::scan
