// What the settings of agents let them run and reach.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "scan/impl/assistants.h"

namespace ostiary::scan {

namespace {

constexpr std::size_t kMostNamed = 12;  // of one list

// Texts of a list, of a text with commas, or the names of a map's members that are true.
std::string names_of(Branch value) {
  std::string out;
  std::size_t count = 0;
  const auto append = [&](std::string_view name) {
    name = text::trim(name);
    if (name.empty() || ++count > kMostNamed + 1) return;
    out += count > kMostNamed ? std::string(", …") : (out.empty() ? "" : ", ") + shown(name);
  };
  if (value.is_scalar()) {
    // A comma within brackets parts nothing: Bash(git:*, gh:*)
    int depth = 0;
    std::size_t from = 0;
    const auto text = value.text();
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (i < text.size() && text[i] == '(') ++depth;
      if (i < text.size() && text[i] == ')') --depth;
      if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
      append(text.substr(from, i - from));
      from = i + 1;
    }
  }
  for (const auto item : value) {
    if (value.is_list() && item.is_scalar()) append(item.text());
    if (value.is_map() && item.text() != "false" && item.text() != "deny") append(item.key());
  }
  return out;
}

// Collects sentences.
class Powers {
 public:
  void say(std::string sentence) {
    if (parts_.size() < 30) parts_.push_back(std::move(sentence));
  }
  void list(std::string_view words, Branch value) {
    if (const auto names = names_of(value); !names.empty()) say(fmt::format("{}{}", words, names));
  }
  void flag(Branch value, std::string_view sentence) {
    if (value.is_true()) say(std::string(sentence));
  }
  std::string take() { return fmt::format("{}", fmt::join(parts_, "; ")); }

 private:
  std::vector<std::string> parts_;
};

void permissions(Branch map, Powers& out) {
  out.list("may without asking: ", map["allow"]);
  out.list("may without asking: ", map["allowed_tools"]);
  out.list("asks before: ", map["ask"]);
  out.list("must not: ", map["deny"]);
  out.list("may also work in ", map["additionalDirectories"]);
  const auto mode = map["defaultMode"].text();
  if (mode == "bypassPermissions")
    out.say("is asked about nothing (bypassPermissions): it may run and reach all");
  if (mode == "acceptEdits") out.say("changes files without asking");
  if (mode == "dontAsk") out.say("is refused what is not allowed, and asks nothing");
  if (mode == "plan") out.say("only plans until it is told to go on");
}

// opencode: by tool, `allow`, `ask` or `deny`, or a map of them by command.
void permission_by_tool(Branch map, Powers& out) {
  std::string allowed, asked, denied;
  std::size_t count = 0;
  const auto take = [&](const std::string& what, std::string_view verdict) {
    if (++count > 3 * kMostNamed) return;
    auto* list = verdict == "allow"  ? &allowed
                 : verdict == "ask"  ? &asked
                 : verdict == "deny" ? &denied
                                     : nullptr;
    if (list) *list += (list->empty() ? "" : ", ") + what;
  };
  for (const auto tool : map) {
    if (tool.is_scalar()) take(shown(tool.key()), tool.text());
    for (const auto command : tool)
      take(fmt::format("{} '{}'", shown(tool.key()), shown(command.key())), command.text());
  }
  if (!allowed.empty()) out.say("may without asking: " + allowed);
  if (!asked.empty()) out.say("asks before: " + asked);
  if (!denied.empty()) out.say("must not: " + denied);
}

// Commands that run by themselves at events: lists and maps within one another, with `command` somewhere.
void hooks(Branch value, Powers& out) {
  std::string commands;
  std::size_t count = 0;
  std::vector<Branch> open{value};
  while (!open.empty()) {
    const auto here = open.back();
    open.pop_back();
    std::vector<Branch> inner;
    for (const auto child : here) {
      if (child.is_map() || child.is_list()) {
        inner.push_back(child);
      } else if (child.is_scalar() && (child.key() == "command" || child.key() == "bash")) {
        if (++count > kMostNamed) continue;
        commands += (commands.empty() ? "" : ", ") + shown(child.text());
      }
    }
    open.insert(open.end(), inner.rbegin(), inner.rend());
  }
  if (commands.empty()) return;
  out.say(fmt::format("runs by itself: {}{}", commands, count > kMostNamed ? ", …" : ""));
}

void codex(Branch root, Powers& out) {
  const auto approval = root["approval_policy"].text();
  if (approval == "never") out.say("asks for nothing");
  if (approval == "on-request") out.say("asks when it wants to leave its sandbox");
  if (approval == "on-failure") out.say("asks only when a command failed in its sandbox");
  if (approval == "untrusted") out.say("asks before commands that are not known as harmless");
  const auto sandbox = root["sandbox_mode"].text();
  if (sandbox == "danger-full-access") out.say("has no sandbox: it may write and reach everything");
  if (sandbox == "workspace-write") out.say("may write in the project");
  if (sandbox == "read-only") out.say("may only read");
  out.flag(root["sandbox_workspace_write"]["network_access"], "may reach the network");
  out.list("may also write in ", root["sandbox_workspace_write"]["writable_roots"]);
  out.list("runs by itself: ", root["notify"]);
  for (const auto profile : root["profiles"]) {
    Powers inner;
    if (profile.is_map() && !profile["profiles"]) codex(profile, inner);
    if (const auto said = inner.take(); !said.empty())
      out.say(fmt::format("as profile {}: {}", shown(profile.key()), said));
  }
}

void gemini(Branch root, Powers& out) {
  out.flag(root["autoAccept"], "runs tools that it takes for safe without asking");
  const auto tools = root["tools"];
  out.flag(tools["autoAccept"], "runs tools that it takes for safe without asking");
  out.list("may without asking: ", tools["allowed"]);
  out.list("may without asking: ", root["allowedTools"]);
  out.list("has only: ", root["coreTools"]);
  out.list("has only: ", tools["core"]);
  out.list("must not: ", root["excludeTools"]);
  out.list("must not: ", tools["exclude"]);
  for (const auto mode :
       {root["approvalMode"], root["general"]["defaultApprovalMode"], tools["approvalMode"]}) {
    if (mode.text() == "yolo") out.say("is asked about nothing (yolo)");
    if (mode.text() == "auto_edit" || mode.text() == "auto-edit") out.say("changes files without asking");
  }
  for (const auto* name : {"toolDiscoveryCommand", "toolCallCommand"}) {
    out.list("runs ", root[name]);
    out.list("runs ", tools[name]);
  }
}

void claude(Branch root, Powers& out) {
  permissions(root["permissions"], out);
  hooks(root["hooks"], out);
  out.flag(root["enableAllProjectMcpServers"], "uses every MCP server of the project");
  out.list("uses the MCP servers ", root["enabledMcpjsonServers"]);
  out.flag(root["skipDangerousModePermissionPrompt"], "may be started without any question");
  out.flag(root["dangerouslySkipPermissions"], "is asked about nothing");
  out.list("runs for its key: ", root["apiKeyHelper"]);
  const auto status = root["statusLine"]["command"];
  if (status.is_scalar()) out.say("runs for its status line: " + shown(status.text()));
  std::string variables;
  for (const auto variable : root["env"])
    if (variables.size() < 300 && !variable.key().empty())
      variables += (variables.empty() ? "" : ", ") + shown(variable.key());
  if (!variables.empty()) out.say("sets " + variables);
  out.flag(root["sandbox"]["enabled"], "runs commands in a sandbox");
}

// Editors: Copilot, Cline, Roo and their like keep their switches among the editor's settings.
void editor(Branch root, Powers& out) {
  for (const auto* name : {"chat.tools.autoApprove", "chat.tools.global.autoApprove"})
    out.flag(root[name], "its tools run without asking (" + std::string(name) + ")");
  for (const auto* name :
       {"chat.tools.terminal.autoApprove", "chat.tools.edits.autoApprove", "roo-cline.allowedCommands",
        "kilo-code.allowedCommands", "chat.tools.urls.autoApprove"})
    out.list("may without asking: ", root[name]);
  out.list("must not: ", root["roo-cline.deniedCommands"]);
  for (const auto* name : {"claudeCode.allowDangerouslySkipPermissions", "amp.dangerouslyAllowAll"})
    out.flag(root[name], "may be started without any question (" + std::string(name) + ")");
}

void aider(Branch root, Powers& out) {
  out.flag(root["yes-always"], "is asked about nothing (yes-always)");
  out.flag(root["auto-test"], "runs the tests by itself");
  out.list("runs ", root["test-cmd"]);
  out.list("runs ", root["lint-cmd"]);
  if (root["auto-commits"].text() == "false") out.say("does not commit by itself");
}

// Agents, commands, skills and rules of Markdown, and agents in files of their own.
void front_matter(Branch root, Powers& out) {
  for (const auto* name : {"allowed-tools", "allowedTools", "tools"}) out.list("may use: ", root[name]);
  out.list("must not use: ", root["disallowedTools"]);
  const auto mode = root["permissionMode"].text();
  if (mode == "bypassPermissions") out.say("is asked about nothing (bypassPermissions)");
  if (mode == "acceptEdits") out.say("changes files without asking");
  const auto model = root["model"];
  if (model.is_scalar() && model.text() != "inherit") out.say("asks the model " + shown(model.text()));
  hooks(root["hooks"], out);
}

}  // namespace

std::string powers_in(const Tree& tree, Notation notation) {
  Powers out;
  const auto root = tree.root();
  const auto each = [&](Branch map) {
    if (notation == Notation::markdown) return front_matter(map, out);
    claude(map, out);
    codex(map, out);
    gemini(map, out);
    editor(map, out);
    aider(map, out);
    if (map["permission"].is_map()) permission_by_tool(map["permission"], out);
    out.list("may without asking: ", map["allowedCommands"]);
    if (map["tools"].is_list()) front_matter(map, out);
  };
  // The documents of a file of YAML.
  if (notation == Notation::yaml || notation == Notation::markdown) {
    for (const auto document : root) {
      each(document);
      break;
    }
  } else {
    each(root);
  }
  auto note = out.take();
  return note.empty() ? note : safe_note(std::move(note));
}

}  // namespace ostiary::scan
