// Changes of ours in texts of others: marked blocks of lines, and JSON spliced so that every other byte
// stays.

#include "app/impl/setup_changes.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "base/text.h"
#include "json/document.h"
#include "json/edit.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

std::string opening(std::string_view name) {
  return fmt::format("# >>> ostiary {} >>>", name);
}
std::string closing(std::string_view name) {
  return fmt::format("# <<< ostiary {} <<<", name);
}

// ---- blocks

// Half open, whole lines.
struct Range {
  std::size_t start = 0, end = 0;
};

struct Marked {
  Range whole, inner;
  std::size_t marks = 0;  // how many of its two kinds were seen
  bool sound = false;     // one of each, in order
};

Marked find_marked(std::string_view text, std::string_view name) {
  const auto open = opening(name), close = closing(name);
  Marked found;
  std::size_t opens = 0, closes = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto feed = text.find('\n', at);
    const auto end = feed == std::string_view::npos ? text.size() : feed + 1;
    const auto line = text::trim(text.substr(at, end - at));
    if (line == open) {
      ++opens;
      found.whole.start = at;
      found.inner.start = end;
    } else if (line == close) {
      ++closes;
      found.whole.end = end;
      found.inner.end = at;
    }
    at = end;
  }
  found.marks = opens + closes;
  found.sound = opens == 1 && closes == 1 && found.inner.start <= found.inner.end;
  return found;
}

std::string with_blocks(std::string_view base, const std::vector<SetupChange>& changes) {
  std::vector<const SetupChange*> blocks;
  for (const auto& change : changes)
    if (change.kind == SetupChange::Kind::block) blocks.push_back(&change);
  std::ranges::sort(blocks, {},
                    [](const SetupChange* b) { return std::pair(b->at, b); });  // else their order
  std::string out(base);
  // From the back, so that places before stay what they are.
  for (auto i = blocks.rbegin(); i != blocks.rend(); ++i) {
    const auto& change = **i;
    const bool unfinished = change.at > 0 && base[change.at - 1] != '\n';
    out.replace(change.at, change.replaces.size(),
                fmt::format("{}{}{}\n{}{}{}\n", unfinished ? "\n" : "", change.indent, opening(change.name),
                            change.value, change.indent, closing(change.name)));
  }
  return out;
}

Result<std::string> without_block(std::string text, const SetupChange& change, Take take,
                                  const std::string& file) {
  const auto found = find_marked(text, change.name);
  if (found.marks == 0) return text;
  if (!found.sound)
    return fail(Code::invalid,
                fmt::format("the marks '{}' and '{}' are not there once each, so it cannot be told what is "
                            "ours; take the lines out by hand. Nothing was changed",
                            opening(change.name), closing(change.name)),
                file);
  const auto inner = text.substr(found.inner.start, found.inner.end - found.inner.start);
  if (take == Take::untouched && inner != change.value)
    return fail(Code::invalid,
                fmt::format("the lines behind '{}' were edited, so it cannot be told what is ours; take them "
                            "out by hand. Nothing was changed",
                            opening(change.name)),
                file);
  return text.replace(found.whole.start, found.whole.end - found.whole.start, change.replaces);
}

// ---- JSON

// What a person adds where the file cannot be changed.
std::string by_hand(const SetupChange& change) {
  if (change.kind == SetupChange::Kind::element) return change.value;
  std::string out;
  for (const auto& name : change.path) out += (out.empty() ? "" : "{") + json::quoted(name) + ": ";
  return out + change.value + std::string(change.path.size() - 1, '}');
}

std::unexpected<Error> unfit(const std::string& what, const SetupChange& change, const std::string& file) {
  return fail(Code::invalid, fmt::format("{}; add by hand: {}. Nothing was changed", what, by_hand(change)),
              file);
}

Result<json::Document> parsed(std::string_view text, const SetupChange& change, const std::string& file) {
  auto document = json::Document::parse(text);
  if (!document)
    return unfit(fmt::format("is not strict JSON ({} at {}; comments and trailing commas are not)",
                             document.error().message, document.error().where),
                 change, file);
  return document;
}

// The blanks that the line of `at` starts with.
std::string indent_of(std::string_view text, std::size_t at) {
  const auto feed = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const auto start = feed == std::string_view::npos ? 0 : feed + 1;
  const auto end = std::min(text.find_first_not_of(" \t", start), text.size());
  return std::string(text.substr(start, end - start));
}

std::string indented(std::string_view json, std::string_view indent) {
  std::string out;
  for (const char c : json) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

// Adds a child as the last one, laid out like its sisters.
void add_child(json::Edit& edit, std::string_view text, json::Value parent, const std::string& child) {
  const auto& node = parent.node();
  if (parent.size() == 0) {
    const auto outer = indent_of(text, node.start), inner = outer + "  ";
    edit.replace_bytes(node.start + 1, node.end - 1,
                       fmt::format("\n{}{}\n{}", inner, indented(child, inner), outer));
    return;
  }
  json::Value first, last;
  for (const json::Value value : parent) {
    if (!first) first = value;
    last = value;
  }
  const auto& start = first.node();
  const auto at = start.key_end != 0 ? start.key_start : start.start;
  const auto indent = indent_of(text, at);
  const auto line = text.substr(0, at);
  const bool own_line =
      line.size() > indent.size() && line[line.size() - indent.size() - 1] == '\n' && line.ends_with(indent);
  const auto end = last.node().end;
  edit.replace_bytes(end, end,
                     own_line ? fmt::format(",\n{}{}", indent, indented(child, indent)) : ", " + child);
}

Result<std::string> with_member(std::string_view base, SetupChange& change, const std::string& file) {
  const std::string text(text::trim(base).empty() ? std::string_view("{}\n") : base);
  TRY(const auto document, parsed(text, change, file));
  auto parent = document.root();
  json::Edit edit;
  if (!parent.is_object()) return unfit("its root is not an object", change, file);
  for (std::size_t i = 0; i + 1 < change.path.size(); ++i) {
    const auto next = parent[change.path[i]];
    if (!next) {
      // Only the innermost object may be missing; every client has paths of at most two names.
      change.made_parent = true;
      add_child(edit, text, parent,
                fmt::format("{}: {{\n  {}: {}\n}}", json::quoted(change.path[i]),
                            json::quoted(change.path.back()), change.value));
      return edit.apply(text);
    }
    if (!next.is_object()) return unfit(fmt::format("'{}' is not an object", change.path[i]), change, file);
    parent = next;
  }
  if (const auto old = parent[change.path.back()]) {
    if (!old.is_string()) return unfit(fmt::format("'{}' is not a text", change.path.back()), change, file);
    change.replaces = old.raw();
    edit.replace(old, change.value);
  } else {
    add_child(edit, text, parent, json::quoted(change.path.back()) + ": " + change.value);
  }
  return edit.apply(text);
}

json::Value named(json::Value array, std::string_view name) {
  for (const json::Value value : array)
    if (value["name"].string_or("") == name) return value;
  return {};
}

Result<std::string> with_element(std::string_view base, SetupChange& change, const std::string& file) {
  const std::string text(text::trim(base).empty() ? std::string_view("[]\n") : base);
  TRY(const auto document, parsed(text, change, file));
  if (!document.root().is_array()) return unfit("its root is not an array", change, file);
  json::Edit edit;
  if (const auto old = named(document.root(), change.name)) {
    change.replaces = old.raw();
    edit.replace(old, change.value);
  } else {
    add_child(edit, text, document.root(), change.value);
  }
  return edit.apply(text);
}

// Values are compared without blanks between their parts, since editors lay files out anew.
std::string squeezed(json::Value value) {
  std::string out;
  bool inside = false;
  const auto raw = value.raw();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (inside && c == '\\' && i + 1 < raw.size()) {
      out += c;
      out += raw[++i];
      continue;
    }
    if (c == '"') inside = !inside;
    if (inside || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) out += c;
  }
  return out;
}

Result<std::string> without_json(const std::string& text, const SetupChange& change, Take take,
                                 const std::string& file) {
  if (text::trim(text).empty()) return text;
  auto document = json::Document::parse(text);
  if (!document)
    return fail(Code::invalid,
                fmt::format("is not strict JSON any more ({} at {}); take out what is ours by hand. Nothing "
                            "was changed",
                            document.error().message, document.error().where),
                file);
  auto value = document->root();
  for (const auto& name : change.path) value = value[name];
  if (change.kind == SetupChange::Kind::element) value = named(value, change.name);
  if (!value) return text;
  TRY(const auto ours, json::Document::parse(change.value));
  if (take == Take::untouched && squeezed(value) != squeezed(ours.root()))
    return fail(
        Code::invalid,
        fmt::format("'{}' was changed since, so it cannot be told whose it is; take it out by hand. "
                    "Nothing was changed",
                    change.path.empty() ? change.name : fmt::format("{}", fmt::join(change.path, "."))),
        file);
  json::Edit edit;
  if (!change.replaces.empty())
    edit.replace(value, change.replaces);
  else if (change.made_parent && value.parent().size() == 1)
    edit.remove(value.parent());
  else
    edit.remove(value);
  return edit.apply(text);
}

}  // namespace

bool SetupChange::operator==(const SetupChange& other) const {
  return kind == other.kind && name == other.name && path == other.path && value == other.value &&
         indent == other.indent && replaces == other.replaces && made_parent == other.made_parent;
}

SetupChange block(std::string name, std::string lines, std::size_t at) {
  SetupChange change;
  change.name = std::move(name);
  change.value = std::move(lines);
  change.at = at;
  return change;
}

SetupChange member(std::vector<std::string> path, std::string json) {
  SetupChange change;
  change.kind = SetupChange::Kind::member;
  change.path = std::move(path);
  change.value = std::move(json);
  return change;
}

SetupChange element(std::string name, std::string json) {
  SetupChange change;
  change.kind = SetupChange::Kind::element;
  change.name = std::move(name);
  change.value = std::move(json);
  return change;
}

Result<std::string> with_changes(std::string_view base, std::vector<SetupChange>& changes,
                                 const std::string& file) {
  auto text = with_blocks(base, changes);
  for (auto& change : changes) {
    if (change.kind == SetupChange::Kind::block) continue;
    auto next = change.kind == SetupChange::Kind::member ? with_member(text, change, file)
                                                         : with_element(text, change, file);
    if (!next) return next;
    text = std::move(*next);
  }
  return text;
}

Result<std::string> without_changes(std::string text, const std::vector<SetupChange>& changes, Take take,
                                    const std::string& file) {
  for (auto i = changes.rbegin(); i != changes.rend(); ++i) {
    auto next = i->kind == SetupChange::Kind::block ? without_block(std::move(text), *i, take, file)
                                                    : without_json(text, *i, take, file);
    if (!next) return next;
    text = std::move(*next);
  }
  return text;
}

}  // namespace ostiary::app
