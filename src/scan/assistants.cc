// Assistants and agents: their files, what these let them do, and the servers they are given.
#include "scan/impl/assistants.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

#include "base/text.h"
#include "scan/impl/detectors.h"

namespace ostiary::scan {

namespace {

constexpr std::size_t kMostSettings = 4UL << 20;  // of a file of settings that is read

std::string_view name_in(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// Its bytes without a byte-order mark, and how many that took.
std::pair<std::string_view, std::size_t> text_of(const File& file) {
  const std::size_t mark = file.bytes.starts_with("\xef\xbb\xbf") ? 3 : 0;
  return {file.bytes.substr(mark), mark};
}

Sign sign_of_tool(const catalog::Tool& tool, Kind kind, std::uint64_t start, std::uint64_t end,
                  std::string note) {
  return {.kind = kind,
          .name = tool.id,
          .grade = Grade::declared,
          .detector = "assistant",
          .start = start,
          .end = end,
          .provider = tool.provider,
          .note = std::move(note)};
}

// Tools by the extension of an editor that is theirs.
const catalog::Tool* tool_of_extension(std::string_view id) {
  static const auto all = [] {
    std::map<std::string, const catalog::Tool*, std::less<>> out;
    for (const auto& tool : catalog::tools())
      for (const auto& extension : tool.extensions) out.emplace(extension, &tool);
    return out;
  }();
  const auto found = all.find(text::lower(id.substr(0, id.find('@'))));
  return found == all.end() ? nullptr : found->second;
}

void add_extensions(Branch list, std::string_view what, Signs& out) {
  for (const auto one : list) {
    if (!one.is_scalar() || one.text().starts_with('-')) continue;
    if (const auto* tool = tool_of_extension(one.text()))
      out.add(sign_of_tool(*tool, Kind::assistant_config, one.start(), one.end_of_text(), std::string(what)));
  }
}

// The settings of an editor, in which those of assistants stand among others.
enum class Editor : std::uint8_t { none, settings, extensions, container, workspace };
Editor editor_of(std::string_view path) {
  const auto name = name_in(path);
  const auto folder = path.substr(0, path.size() - name.size());
  const auto in = [&](std::string_view last) {
    return folder.ends_with(last) &&
           (folder.size() == last.size() || folder[folder.size() - last.size() - 1] == '/');
  };
  if (name == "settings.json" && (in(".vscode/") || in(".zed/"))) return Editor::settings;
  if (name == "extensions.json" && in(".vscode/")) return Editor::extensions;
  if (name == "devcontainer.json" || name == ".devcontainer.json") return Editor::container;
  if (name.ends_with(".code-workspace")) return Editor::workspace;
  return Editor::none;
}

// An agent that the editor lets run without asking.
void add_powers_of_editor(const Tree& tree, Branch settings, Signs& out) {
  const auto* tool = catalog::find_tool("github-copilot");
  if (!tool) return;
  for (const auto setting : settings) {
    const auto name = setting.key();
    if (!name.starts_with("chat.tools.") || !name.ends_with("utoApprove") || setting.text() == "false")
      continue;
    auto note = powers_in(tree, Notation::json);
    if (note.empty()) note = safe_note(fmt::format("sets {}", shown(name)));
    return out.add(
        sign_of_tool(*tool, Kind::agent_config, setting.key_start(), setting.key_end(), std::move(note)));
  }
}

// Settings of an editor that are an assistant's own.
void add_settings(Branch settings, Signs& out) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kOwn = {
      {{"github.copilot.", "github-copilot"},
       {"claudeCode.", "claude-code"},
       {"roo-cline.", "roo-code"},
       {"kilo-code.", "kilo-code"},
       {"cline.", "cline"}}};
  for (const auto& [begin, id] : kOwn) {
    const auto* tool = catalog::find_tool(id);
    for (const auto setting : settings) {
      if (!tool || !setting.key().starts_with(begin)) continue;
      // Who switches it off sets nothing up.
      if (setting.key().ends_with(".enable") && (setting.text() == "false" || setting["*"].text() == "false"))
        continue;
      out.add(sign_of_tool(*tool, Kind::assistant_config, setting.key_start(), setting.key_end(),
                           safe_note(fmt::format("sets {}", shown(setting.key())))));
      break;
    }
  }
}

void signs_of_editor(Editor editor, const Tree& tree, Signs& out) {
  const auto root = tree.root();
  switch (editor) {
    case Editor::settings:
      add_powers_of_editor(tree, root, out);
      add_settings(root, out);
      break;
    case Editor::extensions:
      add_extensions(root["recommendations"], "recommended to who opens the project", out);
      break;
    case Editor::container:
      add_extensions(root["extensions"], "installed in the development container", out);
      add_extensions(root["customizations"]["vscode"]["extensions"], "installed in the development container",
                     out);
      add_powers_of_editor(tree, root["customizations"]["vscode"]["settings"], out);
      add_settings(root["customizations"]["vscode"]["settings"], out);
      break;
    case Editor::workspace:
      add_extensions(root["extensions"]["recommendations"], "recommended to who opens the workspace", out);
      add_powers_of_editor(tree, root["settings"], out);
      add_settings(root["settings"], out);
      break;
    case Editor::none:
      return;
  }
  add_servers(tree, false, out);
}

void shift(Signs& out, std::size_t from, std::size_t by) {
  for (auto i = from; i < out.all.size() && by > 0; ++i)
    if (out.all[i].end > 0) out.all[i].start += by, out.all[i].end += by;
}

// What of a file of settings could not be read is told: it may let the agent do anything.
void add_trouble(const File& file, const Tree& tree, Notation notation, Signs& out) {
  if (notation != Notation::json && notation != Notation::toml) return;
  for (const auto& trouble : tree.trouble())
    out.partial.push_back({std::string(file.path), trouble.why, trouble.text});
}

bool too_large(const File& file, Signs& out) {
  if (file.bytes.size() <= kMostSettings) return false;
  out.partial.push_back({std::string(file.path), files::Why::too_large,
                         fmt::format("settings over {} MiB are not read", kMostSettings >> 20)});
  return true;
}

// A whole-file component stands at no line.
void add_files(const File& file, const std::vector<FileOfTool>& tools, Signs& out) {
  const auto [text, mark] = text_of(file);
  const auto notation = notation_of(file.path);
  const bool readable = notation != Notation::none && !too_large(file, out);
  const auto from = out.all.size();
  const auto tree = tree_of(readable ? text : std::string_view(), notation);
  if (readable) add_trouble(file, tree, notation, out);
  const bool of_servers =
      std::ranges::any_of(tools, [](const auto& one) { return one.kind == Kind::mcp_server; });
  if (readable) add_servers(tree, of_servers, out);
  shift(out, from, mark);
  for (const auto& one : tools) {
    if (one.kind == Kind::mcp_server) continue;
    auto note = readable ? powers_in(tree, notation) : std::string();
    out.add(sign_of_tool(*one.tool, one.kind, 0, 0, std::move(note)));
  }
}

}  // namespace

void signs_of_assistants(const File& file, Signs& out) {
  if (const auto tools = tools_of_file(file.path); !tools.empty()) return add_files(file, tools, out);
  const auto editor = editor_of(file.path);
  if (editor == Editor::none || too_large(file, out)) return;
  const auto [text, mark] = text_of(file);
  const auto from = out.all.size();
  signs_of_editor(editor, Tree::of_json(text), out);
  shift(out, from, mark);
}

void signs_of_servers(const File& file, Signs& out) {
  const auto notation = notation_of(file.path);
  if (notation == Notation::none || notation == Notation::markdown || file.bytes.size() > kMostSettings)
    return;
  const auto [text, mark] = text_of(file);
  if (!text.contains("mcp") && !text.contains("context_servers") && !text.contains("modelContextProtocol"))
    return;
  if (!tools_of_file(file.path).empty() || editor_of(file.path) != Editor::none) return;
  const auto from = out.all.size();
  add_servers(tree_of(text, notation), false, out);
  shift(out, from, mark);
}

}  // namespace ostiary::scan
