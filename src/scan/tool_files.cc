// Which files are those of an assistant or agent.
#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/text.h"
#include "scan/impl/assistants.h"

namespace ostiary::scan {

namespace {

using Parts = std::vector<std::string_view>;

struct Rule {
  const catalog::Tool* tool = nullptr;
  Kind kind = Kind::assistant_config;
  std::string_view path;
  Parts parts;
};

bool has_wildcard(std::string_view text) {
  return text.contains('*') || text.contains('?');
}

// Whether the parts from `at` on are what the rule's from `rule_at` on say; `**` is any number of them.
bool matches(const Parts& rule, std::size_t rule_at, const Parts& path, std::size_t at) {
  for (; rule_at < rule.size(); ++rule_at, ++at) {
    if (rule[rule_at] == "**") {
      if (rule_at + 1 == rule.size()) return at < path.size();
      // What follows has one `**` less, and no rule has more than two.
      for (auto next = at; next < path.size(); ++next)
        if (matches(rule, rule_at + 1, path, next)) return true;
      return false;
    }
    if (at >= path.size() || !text::glob(rule[rule_at], path[at])) return false;
  }
  return at == path.size();
}

class Rules {
 public:
  Rules() {
    for (const auto& tool : catalog::tools())
      for (const auto& file : tool.files) add(tool, file);
  }

  std::vector<FileOfTool> find(std::string_view path) const {
    const auto parts = text::split(path, '/');
    std::vector<const Rule*> best;
    const auto take = [&](const Rule& rule) {
      if (!best.empty() && rule.path.size() < best.front()->path.size()) return;
      if (!fits(rule, parts)) return;
      if (!best.empty() && rule.path.size() > best.front()->path.size()) best.clear();
      best.push_back(&rule);
    };
    if (const auto named = by_name_.find(parts.back()); named != by_name_.end())
      for (const auto& rule : named->second) take(rule);
    for (std::size_t i = 0; i + 1 < parts.size() && i < kDeepest; ++i) {
      // What tools keep for themselves stands in folders that begin with a dot, with few exceptions.
      const auto below = by_folder_.find(parts[i]);
      if (below == by_folder_.end()) continue;
      for (const auto& rule : below->second)
        if (std::ranges::find(best, &rule) == best.end()) take(rule);
    }
    std::vector<FileOfTool> out;
    for (const auto* rule : best) out.push_back({rule->tool, rule->kind});
    return out;
  }

 private:
  static constexpr std::size_t kDeepest = 200;

  void add(const catalog::Tool& tool, const catalog::Tool::File& file) {
    const auto kind = kind_named(file.kind);
    if (!kind) return;
    std::string_view path = file.path;
    if (path.starts_with('/')) path.remove_prefix(1);
    Rule rule{.tool = &tool, .kind = *kind, .path = path, .parts = text::split(path, '/')};
    if (!has_wildcard(rule.parts.back()))
      by_name_[rule.parts.back()].push_back(std::move(rule));
    else if (!has_wildcard(rule.parts.front()))
      by_folder_[rule.parts.front()].push_back(std::move(rule));
  }
  // A rule's path may begin in any folder.
  static bool fits(const Rule& rule, const Parts& path) {
    const auto deepest = std::min(path.size(), kDeepest);
    for (std::size_t at = 0; at < deepest; ++at)
      if (text::glob(rule.parts.front(), path[at]) && matches(rule.parts, 0, path, at)) return true;
    return path.size() > deepest && matches(rule.parts, 0, path, path.size() - 1);
  }

  std::unordered_map<std::string_view, std::vector<Rule>> by_name_, by_folder_;
};

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

// Between a first line `---` and the next.
std::string_view front_matter(std::string_view text) {
  if (!text.starts_with("---\n") && !text.starts_with("---\r\n")) return text.substr(0, 0);
  const auto from = text.find('\n') + 1;
  for (auto at = from; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (text::trim(text.substr(at, end - at)) == "---") return text.substr(0, at);
    at = end + 1;
  }
  return text.substr(0, 0);
}

}  // namespace

std::vector<FileOfTool> tools_of_file(std::string_view path) {
  static const Rules rules;
  return rules.find(path);
}

Notation notation_of(std::string_view path) {
  const auto name = text::lower(path.substr(path.rfind('/') + 1));
  if (ends_with_any(name, {".json", ".jsonc", ".json5", ".code-workspace"})) return Notation::json;
  if (name.ends_with(".toml")) return Notation::toml;
  if (ends_with_any(name, {".yaml", ".yml"})) return Notation::yaml;
  if (ends_with_any(name, {".md", ".mdc", ".markdown"})) return Notation::markdown;
  return Notation::none;
}

Tree tree_of(std::string_view text, Notation notation) {
  switch (notation) {
    case Notation::json:
      return Tree::of_json(text);
    case Notation::toml:
      return Tree::of_toml(text);
    case Notation::yaml:
      return Tree::of_yaml(text);
    case Notation::markdown:
      return Tree::of_yaml(front_matter(text));
    case Notation::none:
      break;
  }
  return Tree::of_json({});
}

}  // namespace ostiary::scan
