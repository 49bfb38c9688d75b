// Which tools had a part in commits.
#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

#include "base/ascii.h"
#include "base/text.h"
#include "catalog/word.h"
#include "scan/impl/authors.h"

namespace ostiary::scan {

namespace {

using text::is_letter;

using Tools = std::vector<const catalog::Tool*>;

bool is_word(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// A name that a tool signs with, as far as a file or commit may say it.
struct Name {
  std::string text;
  const catalog::Tool* tool = nullptr;
  bool common = false;  // also that of people or things
};

// Kinds of tools that write code or text which is kept.
bool writes(const catalog::Tool& tool) {
  return tool.kind == "assistant" || tool.kind == "agent" || tool.kind == "chat" || tool.kind == "builder";
}

// The longest first.
const std::vector<Name>& names() {
  static const auto all = [] {
    std::vector<Name> out;
    for (const auto& tool : catalog::tools()) {
      if (!writes(tool)) continue;
      const bool common = tool.ambiguous || !tool.name.contains(' ');
      out.push_back({tool.name, &tool, common && tool.id != "chatgpt"});
    }
    // As people call it.
    if (const auto* tool = catalog::find_tool("github-copilot")) out.push_back({"Copilot", tool, true});
    std::ranges::stable_sort(out, std::greater<>(), [](const Name& one) { return one.text.size(); });
    return out;
  }();
  return all;
}

// Behind a name that people bear too: the text ends, or goes on as it would not behind a first name.
bool is_tools_own(std::string_view behind) {
  if (!behind.starts_with(' ')) return true;
  behind.remove_prefix(1);
  const auto word =
      behind.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(behind, is_word) - behind.begin()));
  if (word.empty() || (word.front() >= '0' && word.front() <= '9')) return true;
  if (catalog::says(word, catalog::Says::tool_word)) return true;
  return word.front() >= 'a' && word.front() <= 'z';
}

// By what a commit's people and bots are told: an address, or a name as it stands in the catalogue.
const std::unordered_map<std::string, const catalog::Tool*>& signers() {
  static const auto all = [] {
    std::unordered_map<std::string, const catalog::Tool*> out;
    for (const auto& tool : catalog::tools())
      for (const auto& author : tool.authors) out.emplace(text::lower(author), &tool);
    return out;
  }();
  return all;
}

const catalog::Tool* signer(std::string_view text) {
  const auto found = signers().find(text::lower(text::trim(text)));
  return found == signers().end() ? nullptr : found->second;
}

// "12345+name[bot]@users.noreply.github.com" is name[bot].
std::string_view bot_in(std::string_view address) {
  constexpr std::string_view kEnd = "@users.noreply.github.com";
  if (!address.ends_with(kEnd)) return {};
  auto name = address.substr(0, address.size() - kEnd.size());
  const auto plus = name.find('+');
  if (plus != std::string_view::npos && text::parse_uint(name.substr(0, plus))) name.remove_prefix(plus + 1);
  return name.ends_with("[bot]") ? name : std::string_view();
}

// "Ada Lovelace (aider)" ends with what the tool adds.
const catalog::Tool* added_to_name(std::string_view name) {
  if (!name.ends_with(')')) return nullptr;
  const auto open = name.rfind('(');
  return open == std::string_view::npos ? nullptr : signer(name.substr(open));
}

const catalog::Tool* tool_of_person(std::string_view name, std::string_view address) {
  if (const auto* tool = signer(address)) return tool;
  if (const auto* tool = signer(bot_in(address))) return tool;
  // A name counts where nobody else could bear it.
  if (name.ends_with("[bot]"))
    if (const auto* tool = signer(name)) return tool;
  return added_to_name(text::trim(name));
}

// A line "Co-Authored-By: Name <address>".
const catalog::Tool* tool_of_trailer(std::string_view line) {
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos || colon > 40) return nullptr;
  const auto key = line.substr(0, colon), value = text::trim(line.substr(colon + 2));
  const auto is = [&](std::initializer_list<std::string_view> keys) {
    return std::ranges::any_of(keys, [&](std::string_view one) { return text::iequals(key, one); });
  };
  const bool made = is({"Generated-by", "Assisted-by", "AI-assisted-by", "AI-generated-by", "Co-generated-by",
                        "Written-by", "AI-tool", "AI-agent"});
  if (!made && !is({"Co-Authored-By", "Co-Developed-by", "Signed-off-by", "Authored-by"})) return nullptr;
  const auto open = value.rfind('<');
  const auto name = text::trim(value.substr(0, open));
  if (open != std::string_view::npos) {
    const auto address = value.substr(open + 1, value.find('>', open) - open - 1);
    if (const auto* tool = tool_of_person(name, address)) return tool;
  }
  if (!made) return nullptr;
  std::size_t size = 0;
  return tool_named(name, size);
}

// Where a mark stands at the beginning of a line, signs apart.
bool begins_with(std::string_view line, std::string_view mark) {
  while (!line.empty() && !is_letter(line.front()) && !line.starts_with(mark)) line.remove_prefix(1);
  return line.starts_with(mark);
}

void add(Tools& tools, const catalog::Tool* tool) {
  if (tool && std::ranges::find(tools, tool) == tools.end()) tools.push_back(tool);
}

void add_of_line(Tools& tools, std::string_view line) {
  if (line.empty()) return;
  add(tools, tool_of_trailer(line));
  for (const auto& tool : catalog::tools())
    for (const auto& mark : tool.marks)
      if (begins_with(line, mark)) add(tools, &tool);
}

std::string share_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "0 %";
  const auto percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && percent < 0.1) return "under 0.1 %";
  return percent < 10 ? fmt::format("{:.1f} %", percent) : fmt::format("{:.0f} %", percent);
}

}  // namespace

const catalog::Tool* tool_named(std::string_view text, std::size_t& size) {
  for (const auto& name : names()) {
    if (!text.starts_with(name.text)) continue;
    const auto behind = text.substr(name.text.size());
    if (!behind.empty() && is_word(behind.front())) continue;
    if (name.common && !is_tools_own(behind)) continue;
    return size = name.text.size(), name.tool;
  }
  return nullptr;
}

Tools tools_of_commit(const files::GitCommit& commit) {
  Tools tools;
  add(tools, tool_of_person(commit.author_name, commit.author_email));
  add(tools, tool_of_person(commit.committer_name, commit.committer_email));
  for (const auto line : text::split(commit.message, '\n'))
    add_of_line(tools, text::trim(line.substr(0, 1000)));
  std::ranges::sort(tools, {}, [](const auto* tool) { return std::string_view(tool->id); });
  return tools;
}

void Authorship::add(const files::GitCommit& commit) {
  ++commits_;
  added_ += commit.added;
  for (const auto* tool : tools_of_commit(commit)) {
    auto& share = by_tool_[tool->id];
    ++share.commits;
    share.added += commit.added;
  }
}

std::vector<Component> Authorship::components(const std::string& place, bool bounded) const {
  std::vector<Component> out;
  for (const auto& [id, share] : by_tool_) {
    Component component;
    component.kind = Kind::ai_authored;
    component.name = id;
    if (const auto* tool = catalog::find_tool(id)) component.provider = tool->provider;
    component.grade = Grade::declared;
    component.places = 1;
    Evidence evidence;
    evidence.place.file = place;
    evidence.grade = Grade::declared;
    evidence.detector = "commits";
    evidence.note = fmt::format("{} of {}{} commits, {} of lines added", share.commits,
                                bounded ? "the newest " : "", commits_, share_of(share.added, added_));
    component.evidence.push_back(std::move(evidence));
    out.push_back(std::move(component));
  }
  return out;
}

}  // namespace ostiary::scan
