// YAML, read by lines.
#include <algorithm>

#include "base/ascii.h"
#include "base/text.h"
#include "scan/impl/settings.h"

namespace ostiary::scan {

namespace {

using std::string_view;
using text::is_blank;

class Yaml {
 public:
  Yaml(string_view text, const OnSetting& on) : text_(text), on_(on) {}

  void read() {
    while (at_ < text_.size()) {
      const auto from = at_;
      const auto end = line_end(from);
      at_ = std::min(end + 1, text_.size());
      line(from, end);
    }
  }

 private:
  struct Level {
    std::size_t column;
    bool dash;     // of an item of a list
    bool has_key;  // it added one to path_
    std::uint64_t group;
  };

  std::size_t line_end(std::size_t from) const { return std::min(text_.find('\n', from), text_.size()); }

  // Column of the first byte of a line that is no blank; npos: the line is empty.
  std::size_t indent(std::size_t from, std::size_t end) const {
    auto at = from;
    while (at < end && is_blank(text_[at])) ++at;
    return at == end ? string_view::npos : at - from;
  }

  void line(std::size_t from, std::size_t end) {
    const auto column = indent(from, end);
    if (column == string_view::npos) return;
    auto at = from + column;
    const auto rest = text_.substr(at, end - at);
    if (rest[0] == '#' || rest.starts_with("{{") || rest.starts_with("---") || rest[0] == '%') {
      if (rest.starts_with("---")) levels_.clear(), path_.clear();
      return;
    }
    bool dash = is_dash(at, end);
    leave(column, dash);
    while (dash) {
      enter({.column = at - from, .dash = true, .has_key = false, .group = ++groups_}, {});
      ++at;
      while (at < end && is_blank(text_[at])) ++at;
      if (at == end) return;
      dash = is_dash(at, end);
    }
    entry(from, at, end);
  }

  bool is_dash(std::size_t at, std::size_t end) const {
    return text_[at] == '-' && (at + 1 >= end || is_blank(text_[at + 1]));
  }

  // Leaves the levels that a line at this column is not in.
  void leave(std::size_t column, bool dash) {
    while (!levels_.empty()) {
      const auto& last = levels_.back();
      const bool inside = last.column < column || (last.column == column && dash && !last.dash);
      if (inside) return;
      if (last.has_key) path_.pop_back();
      levels_.pop_back();
    }
  }
  void enter(Level level, string_view key) {
    level.has_key = !key.empty() && path_.size() < kDeepestKey;
    if (level.has_key) path_.push_back(key);
    if (levels_.size() < kMostLevels)
      levels_.push_back(level);
    else if (level.has_key)
      path_.pop_back();
  }
  std::uint64_t group() const { return levels_.empty() ? 0 : levels_.back().group; }

  // `key: value`, or a value alone.
  void entry(std::size_t line, std::size_t at, std::size_t end) {
    const auto colon = key_end(at, end);
    if (colon == string_view::npos) return value(at, end, at - line, true);
    auto key = text::trim(text_.substr(at, colon - at));
    if (key.size() >= 2 && (key[0] == '"' || key[0] == '\'') && key.back() == key[0])
      key = key.substr(1, key.size() - 2);
    const auto column = at - line;
    enter({.column = column, .dash = false, .has_key = true, .group = group()}, key);
    auto from = colon + 1;
    while (from < end && is_blank(text_[from])) ++from;
    value(from, end, column, false);
  }

  // The colon behind a key; npos: the line holds none.
  std::size_t key_end(std::size_t at, std::size_t end) const {
    const char first = text_[at];
    if (first == '{' || first == '[' || first == '|' || first == '>' || first == '*' || first == '!')
      return string_view::npos;
    auto i = at;
    if (first == '"' || first == '\'') {
      i = text_.substr(0, end).find(first, at + 1);
      if (i == string_view::npos) return i;
      ++i;
      while (i < end && is_blank(text_[i])) ++i;
      return i < end && text_[i] == ':' && (i + 1 == end || is_blank(text_[i + 1])) ? i : string_view::npos;
    }
    for (; i < end; ++i) {
      if (text_[i] == '#' && is_blank(text_[i - 1])) return string_view::npos;
      if (text_[i] == ':' && (i + 1 == end || is_blank(text_[i + 1]))) return i;
    }
    return string_view::npos;
  }

  void value(std::size_t from, std::size_t end, std::size_t column, bool item) {
    while (from < end && (text_[from] == '&' || text_[from] == '!')) {  // an anchor or a tag
      while (from < end && !is_blank(text_[from])) ++from;
      while (from < end && is_blank(text_[from])) ++from;
    }
    if (from == end || text_[from] == '#' || text_[from] == '*') return;
    const char c = text_[from];
    if (c == '|' || c == '>') return block(end, column, c == '>', item);
    if (c == '"' || c == '\'') return quoted(from, end, item);
    const bool flow = c == '[' || (c == '{' && (from + 1 == end || text_[from + 1] != '{'));
    if (flow && braces(from, end)) return;
    plain(from, end, column, item);
  }

  void give(const Value& value, bool item) {
    on_({.path = path_, .value = value, .item = item, .group = group()});
  }

  // The lines below that are further in.
  std::size_t below(std::size_t column) {
    auto last = at_;
    auto content_end = at_ > 0 ? at_ - 1 : 0;
    while (last < text_.size()) {
      const auto end = line_end(last);
      const auto inner = indent(last, end);
      if (inner != string_view::npos && inner <= column) break;
      if (inner != string_view::npos) content_end = end;
      last = std::min(end + 1, text_.size());
      if (end == text_.size()) break;
    }
    at_ = last;
    return content_end;
  }

  void block(std::size_t line, std::size_t column, bool folded, bool item) {
    // Of an item the dash's column counts.
    const auto outer = item && !levels_.empty() ? levels_.back().column : column;
    const auto from = std::min(line + 1, text_.size());
    const auto end = below(outer);
    if (end <= from) return;
    const auto raw = text_.substr(from, end - from);
    give(folded ? Value::folded(raw, from) : Value(raw, from), item);
  }

  void quoted(std::size_t from, std::size_t line, bool item) {
    const char quote = text_[from];
    auto end = from + 1;
    for (; end < text_.size(); ++end) {
      if (quote == '"' && text_[end] == '\\')
        ++end;
      else if (text_[end] == quote && quote == '\'' && end + 1 < text_.size() && text_[end + 1] == quote)
        ++end;
      else if (text_[end] == quote)
        break;
    }
    // What is never closed ends with its line.
    if (end >= text_.size()) end = line;
    at_ = std::max(at_, std::min(line_end(end) + 1, text_.size()));
    give(Value::unescaped(text_.substr(from + 1, end - from - 1), from + 1, quote, quote == '"'), item);
  }

  bool braces(std::size_t from, std::size_t end) {
    const bool all = flows_ < kMostFlows;
    const auto text = all ? text_ : text_.substr(0, end);
    const auto close = read_flow(text, from, 0, path_, on_);
    if (close == string_view::npos) {
      ++flows_;
      return !all;
    }
    at_ = std::max(at_, std::min(line_end(close) + 1, text_.size()));
    return true;
  }

  void plain(std::size_t from, std::size_t end, std::size_t column, bool item) {
    auto last = end;
    const auto outer = item && !levels_.empty() ? levels_.back().column : column;
    const auto here = text_.substr(from, end - from);
    auto cut = here.find(" #");
    if (cut == string_view::npos && !here.starts_with("{{")) last = std::max(end, below(outer));
    auto raw = cut == string_view::npos ? text_.substr(from, last - from) : here.substr(0, cut);
    raw = text::trim(raw);
    if (!raw.empty()) give(Value::folded(raw, from), item);
  }

  static constexpr std::size_t kMostLevels = 4096;
  static constexpr int kMostFlows = 16;  // that are not closed
  string_view text_;
  const OnSetting& on_;
  std::size_t at_ = 0;
  int flows_ = 0;
  std::uint64_t groups_ = 0;
  std::vector<Level> levels_;
  std::vector<string_view> path_;
};

}  // namespace

void read_yaml(string_view text, const OnSetting& on) {
  Yaml(text, on).read();
}

}  // namespace ostiary::scan
