#include "base/yaml.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_set>
#include <yaml.h>

#include "base/text.h"

namespace ostiary::yaml {

namespace {

// Mappings up to this many members are searched for duplicate names in a row; larger ones with a set.
constexpr std::size_t kSmallMapping = 16;

struct Event {
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&raw); }
  yaml_event_t raw{};
};

bool is_plain_null(std::string_view s) {
  return s.empty() || s == "~" || s == "null" || s == "Null" || s == "NULL";
}

std::uint32_t from_one(std::size_t n) {
  return static_cast<std::uint32_t>(n + 1);
}

// The blanks that the `line`th line (from 0) starts with hold a tab.
bool indented_by_tab(std::string_view text, std::size_t line) {
  for (; line > 0; --line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

// The first line (from 1) of a text that is not UTF-8.
std::size_t first_bad_line(std::string_view text) {
  const auto lines = text::split(text, '\n');
  const auto bad = std::ranges::find_if(lines, [](std::string_view line) { return !text::is_utf8(line); });
  return static_cast<std::size_t>(bad - lines.begin()) + 1;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view file, const Limits& limits)
      : text_(text), file_(file), limits_(limits) {
    ready_ = yaml_parser_initialize(&parser_) != 0;
    if (!ready_) return;
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    // libyaml takes no null, which an empty view may have.
    const auto* data = text.empty() ? "" : text.data();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(data), text.size());
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { yaml_parser_delete(&parser_); }

  Result<Node> document();

 private:
  Result<> next(Event& event);
  Result<Node> value(const Event& event, std::uint32_t depth);
  Result<> sequence(Node& node, std::uint32_t depth);
  Result<> mapping(Node& node, std::uint32_t depth);
  Result<std::string> name(const Event& event) const;
  Result<> refuse_marks(const Event& event) const;
  std::unexpected<Error> refuse(const yaml_mark_t& mark, std::string message,
                                Code code = Code::invalid) const {
    return fail(code, std::move(message), fmt::format("{}:{}:{}", file_, mark.line + 1, mark.column + 1));
  }
  std::unexpected<Error> syntax_error() const;

  std::string_view text_, file_;
  const Limits& limits_;
  yaml_parser_t parser_{};
  bool ready_ = false;
  std::uint32_t nodes_ = 0;
};

std::unexpected<Error> Reader::syntax_error() const {
  if (parser_.error == YAML_MEMORY_ERROR) return fail(Code::unavailable, "out of memory", std::string(file_));
  if (parser_.error == YAML_READER_ERROR) {
    const auto before = text_.substr(0, std::min(parser_.problem_offset, text_.size()));
    yaml_mark_t mark{};
    mark.line = static_cast<std::size_t>(std::ranges::count(before, '\n'));
    mark.column = before.size() - (before.rfind('\n') + 1);
    return refuse(mark, "a control character stands here; write it as an escape in double quotes");
  }
  if (indented_by_tab(text_, parser_.problem_mark.line))
    return refuse(parser_.problem_mark, "a tab stands in the indentation; use spaces");
  std::string message = "not valid YAML: ";
  if (parser_.context) message += fmt::format("{} ", parser_.context);
  message += parser_.problem ? parser_.problem : "unreadable";
  return refuse(parser_.problem_mark, std::move(message));
}

Result<> Reader::next(Event& event) {
  if (yaml_parser_parse(&parser_, &event.raw) == 0) return syntax_error();
  return {};
}

Result<> Reader::refuse_marks(const Event& event) const {
  const yaml_char_t* anchor = nullptr;
  const yaml_char_t* tag = nullptr;
  const auto& data = event.raw.data;
  if (event.raw.type == YAML_ALIAS_EVENT) {
    return refuse(event.raw.start_mark, "aliases (*name) are not read; write the value again");
  } else if (event.raw.type == YAML_SCALAR_EVENT) {
    anchor = data.scalar.anchor, tag = data.scalar.tag;
  } else if (event.raw.type == YAML_SEQUENCE_START_EVENT) {
    anchor = data.sequence_start.anchor, tag = data.sequence_start.tag;
  } else {
    anchor = data.mapping_start.anchor, tag = data.mapping_start.tag;
  }
  if (anchor) return refuse(event.raw.start_mark, "anchors (&name) are not read; leave it out");
  if (tag) return refuse(event.raw.start_mark, "tags (!name) are not read; leave it out");
  return {};
}

Result<Node> Reader::value(const Event& event, std::uint32_t depth) {
  TRY_VOID(refuse_marks(event));
  if (++nodes_ > limits_.max_nodes)
    return refuse(event.raw.start_mark, fmt::format("more than {} values", limits_.max_nodes),
                  Code::too_large);
  Node node;
  node.line = from_one(event.raw.start_mark.line);
  node.column = from_one(event.raw.start_mark.column);
  if (event.raw.type == YAML_SCALAR_EVENT) {
    const auto& scalar = event.raw.data.scalar;
    node.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node.scalar.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    node.kind = Kind::scalar;
    if (!node.quoted && is_plain_null(node.scalar)) {
      node.kind = Kind::null;
      node.scalar.clear();
    }
    return node;
  }
  if (depth >= limits_.max_depth)
    return refuse(event.raw.start_mark, fmt::format("nested deeper than {} levels", limits_.max_depth),
                  Code::too_large);
  if (event.raw.type == YAML_SEQUENCE_START_EVENT) {
    TRY_VOID(sequence(node, depth + 1));
  } else {
    TRY_VOID(mapping(node, depth + 1));
  }
  return node;
}

Result<> Reader::sequence(Node& node, std::uint32_t depth) {
  node.kind = Kind::sequence;
  for (;;) {
    Event event;
    TRY_VOID(next(event));
    if (event.raw.type == YAML_SEQUENCE_END_EVENT) return {};
    TRY(auto item, value(event, depth));
    node.items.push_back(std::move(item));
  }
}

Result<std::string> Reader::name(const Event& event) const {
  if (event.raw.type != YAML_SCALAR_EVENT && event.raw.type != YAML_ALIAS_EVENT)
    return refuse(event.raw.start_mark, "a name must be text, not a list or a mapping");
  TRY_VOID(refuse_marks(event));
  const auto& scalar = event.raw.data.scalar;
  std::string text(reinterpret_cast<const char*>(scalar.value), scalar.length);
  const bool plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
  if (plain && is_plain_null(text)) return refuse(event.raw.start_mark, "a name is missing before the colon");
  if (plain && text == "<<")
    return refuse(event.raw.start_mark, "merge keys (<<) are not read; write the values");
  return text;
}

Result<> Reader::mapping(Node& node, std::uint32_t depth) {
  node.kind = Kind::mapping;
  std::unordered_set<std::string> names;
  const auto seen = [&](const std::string& word) {
    if (node.members.size() < kSmallMapping) return node.find(word) != nullptr;
    if (names.empty())
      for (const auto& member : node.members) names.insert(member.name);
    return !names.insert(word).second;
  };
  for (;;) {
    Event event;
    TRY_VOID(next(event));
    if (event.raw.type == YAML_MAPPING_END_EVENT) return {};
    TRY(auto word, name(event));
    if (seen(word))
      return refuse(event.raw.start_mark, fmt::format("'{}' stands here twice; leave one", word));
    Event content;
    TRY_VOID(next(content));
    Member member{
        std::move(word), from_one(event.raw.start_mark.line), from_one(event.raw.start_mark.column), {}};
    TRY(member.value, value(content, depth));
    node.members.push_back(std::move(member));
  }
}

Result<Node> Reader::document() {
  if (!ready_) return fail(Code::unavailable, "out of memory", std::string(file_));
  Node root;
  root.line = root.column = 1;
  Event start, first, content, end, last;
  TRY_VOID(next(start));
  TRY_VOID(next(first));
  if (first.raw.type == YAML_STREAM_END_EVENT) return root;
  TRY_VOID(next(content));
  TRY(root, value(content, 0));
  TRY_VOID(next(end));
  TRY_VOID(next(last));
  if (last.raw.type != YAML_STREAM_END_EVENT)
    return refuse(last.raw.start_mark, "a second document starts here; only one is read");
  return root;
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  for (const auto& member : members)
    if (member.name == name) return &member.value;
  return nullptr;
}

Result<Node> parse(std::string_view text, std::string_view file, const Limits& limits) {
  if (text.size() > limits.max_bytes)
    return fail(Code::too_large, fmt::format("over {}", text::format_bytes(limits.max_bytes)),
                std::string(file));
  if (!text::is_utf8(text))
    return fail(Code::invalid, "this line is not UTF-8; save the file as UTF-8",
                fmt::format("{}:{}:1", file, first_bad_line(text)));
  return Reader(text, file, limits).document();
}

std::string place(std::string_view file, const Node& node) {
  return fmt::format("{}:{}:{}", file, node.line, node.column);
}

std::string place(std::string_view file, const Member& member) {
  return fmt::format("{}:{}:{}", file, member.line, member.column);
}

}  // namespace ostiary::yaml
