#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "scan/impl/tree.h"

namespace ostiary::scan {

namespace {

using Kind = Tree::Kind;
constexpr auto kNone = std::string_view::npos;

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// Reads line by line. `open_` are the collections around the place, each with the column of its entries;
// `waiting_` is an entry whose value is still to come, on a later line that stands further in.
class YamlReader {
 public:
  explicit YamlReader(std::string_view text) : tree_(text, Kind::list), text_(text) {}

  Tree read() {
    while (at_ < text_.size() && !tree_.full() && !ended_) line();
    return std::move(tree_);
  }

 private:
  struct Open {
    std::size_t column = 0;
    std::uint32_t node = 0;
    bool list = false;
  };
  static constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\n'; }
  bool ends_at(std::size_t i) const { return at(i) == '\n' || blank(at(i)); }
  // Kept, as each value of a line may ask for it.
  std::size_t line_end(std::size_t from) const {
    if (from < end_from_ || from > end_at_) {
      end_from_ = from;
      end_at_ = std::min(text_.find('\n', from), text_.size());
    }
    return end_at_;
  }
  std::size_t content_from(std::size_t from) const {
    return std::min(text_.find_first_not_of(" \t\r", from), text_.size());
  }

  void line() {
    line_start_ = at_;
    const auto content = content_from(at_);
    const char c = at(content);
    const auto next = line_end(at_) + 1;
    at_ = next;
    if (c == '\n' || c == '#') return;
    if (content == line_start_ && (mark(content, "---") || mark(content, "..."))) {
      document_ = waiting_ = 0;
      open_.clear();
      const auto behind = content_from(content + 3);
      if (at(behind) == '\n' || at(behind) == '#' || c == '.') return;
      begin_document();
      return value(behind, 0);
    }
    if (c == '%' && content == line_start_ && document_ == 0) return;
    if (template_line(content)) return;
    if (document_ == 0) begin_document();
    entry(content, content - line_start_);
  }

  bool mark(std::size_t i, std::string_view what) const {
    return text_.substr(i, what.size()) == what && ends_at(i + what.size());
  }
  // A line of nothing but `{{ … }}`.
  bool template_line(std::size_t content) const {
    if (text_.substr(content, 2) != "{{") return false;
    auto whole = text_.substr(content, line_end(content) - content);
    while (!whole.empty() && blank(whole.back())) whole.remove_suffix(1);
    return whole.ends_with("}}") && whole.find("}}") == whole.size() - 2;
  }

  void begin_document() {
    document_ = tree_.add(0, Kind::null);
    wait(document_, kNoColumn);
  }
  void wait(std::uint32_t node, std::size_t column) {
    waiting_ = node;
    waiting_column_ = column;
  }

  // What stands on a line from `from`, whose column is `column`.
  void entry(std::size_t from, std::size_t column) {
    const bool item = at(from) == '-' && ends_at(from + 1);
    if (asked_ && at(from) == ':' && ends_at(from + 1) && waiting_ != 0 && column == waiting_column_) {
      asked_ = false;
      return value(content_from(from + 1), content_from(from + 1) - line_start_);
    }
    if (waiting_ != 0) {
      const bool further = waiting_column_ == kNoColumn || column > waiting_column_;
      if (further || (item && column == waiting_column_ && !open_.empty() && !open_.back().list))
        return value(from, column);
      waiting_ = 0;
    }
    while (!open_.empty() &&
           (open_.back().column > column || (open_.back().column == column && open_.back().list && !item)))
      open_.pop_back();
    // What belongs to no collection goes on with a scalar of the line before.
    if (open_.empty() || open_.back().column != column || open_.back().list != item) return;
    item ? list_item(from, column) : map_member(from, column);
  }

  // A value that belongs to `waiting_`.
  void value(std::size_t from, std::size_t column) {
    from = past_properties(from);
    const char c = at(from);
    if (c == '\n' || c == '#') return;
    const auto node = waiting_;
    const bool item = c == '-' && ends_at(from + 1);
    const bool asks = c == '?' && ends_at(from + 1);
    if (column != kNoColumn && (item || asks || colon_of(from) != kNone)) {
      if (open_.size() >= Tree::kMaxDepth) {
        tree_.trouble(files::Why::too_deep, "deeper than " + std::to_string(Tree::kMaxDepth) + " levels");
        ended_ = true;
        return;
      }
      tree_.node(node).kind = item ? Kind::list : Kind::map;
      open_.push_back({column, node, item});
      return item ? list_item(from, column) : map_member(from, column);
    }
    waiting_ = 0;
    const auto parent = open_.empty() ? kNoColumn : open_.back().column;
    const bool helm = text_.substr(from, 2) == "{{";
    if (c == '|' || c == '>') return block(node, from, parent);
    if ((c == '{' || c == '[') && !helm) return flow(node, from, parent);
    if (c == '"' || c == '\'') return quoted(node, from);
    plain(node, from);
  }

  // Anchors and tags in front of a value.
  std::size_t past_properties(std::size_t from) const {
    while (at(from) == '&' || at(from) == '!') {
      while (!ends_at(from)) ++from;
      from = content_from(from);
    }
    return from;
  }

  void list_item(std::size_t from, std::size_t column) {
    const auto node = tree_.add(open_.back().node, Kind::null);
    if (node == 0) return;
    wait(node, column);
    const auto behind = content_from(from + 1);
    value(behind, behind - line_start_);
  }

  void map_member(std::size_t from, std::size_t column) {
    const bool asks = at(from) == '?' && ends_at(from + 1);
    if (asks) from = content_from(from + 1);
    const auto colon = asks ? line_end(from) : colon_of(from);
    if (colon == kNone) {
      if (!asks && at(from) != ':') tree_.damaged(from, "neither a member nor an item");
      return;
    }
    const auto node = tree_.add(open_.back().node, Kind::null);
    if (node == 0) return;
    auto end = colon;
    while (end > from && blank(text_[end - 1])) --end;
    const char quote = at(from);
    if ((quote == '"' || quote == '\'') && end > from + 1 && text_[end - 1] == quote) {
      ++from, --end;
      decode(node, from, end, quote, true);
    }
    tree_.set_key(node, from, end);
    wait(node, column);
    asked_ = asks;
    if (asks) return;
    const auto behind = content_from(colon + 1);
    value(behind, kNoColumn);
  }

  // The colon behind a name that begins at `from`; kNone: what stands there is no name of a member.
  std::size_t colon_of(std::size_t from) const {
    const char c = at(from);
    if (c == '"' || c == '\'') {
      const auto close = close_of(from, line_end(from));
      if (close == kNone) return kNone;
      const auto behind = content_from(close + 1);
      return at(behind) == ':' && ends_at(behind + 1) ? behind : kNone;
    }
    if (c == '{' || c == '[' || c == '|' || c == '>' || c == '#') return kNone;
    for (auto i = from; at(i) != '\n'; ++i) {
      if (at(i) == ':' && ends_at(i + 1)) return i;
      if (at(i) == '#' && i > from && blank(at(i - 1))) return kNone;
    }
    return kNone;
  }

  // The quote that closes the one at `from`, before `limit`.
  std::size_t close_of(std::size_t from, std::size_t limit) const {
    const char quote = text_[from];
    for (auto i = from + 1; i < limit; ++i) {
      if (quote == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        if (quote == '"' || at(i + 1) != '\'') return i;
        ++i;
      }
    }
    return kNone;
  }

  void decode(std::uint32_t node, std::size_t start, std::size_t end, char quote, bool name) {
    const auto raw = text_.substr(start, end - start);
    if (!raw.contains(quote == '"' ? '\\' : '\'')) return;
    std::string text;
    if (quote == '"') {
      text = unescaped(raw);
    } else {
      for (std::size_t i = 0; i < raw.size(); ++i) {
        text += raw[i];
        if (raw[i] == '\'') ++i;
      }
    }
    name ? tree_.set_decoded_key(node, std::move(text)) : tree_.set_decoded(node, std::move(text));
  }

  void scalar(std::uint32_t node, std::size_t start, std::size_t end) {
    tree_.set_text(node, start, end);
    const auto text = text_.substr(start, end - start);
    tree_.node(node).kind = text.empty() || text == "~" || text == "null" ? Kind::null : Kind::scalar;
  }

  void plain(std::uint32_t node, std::size_t from) {
    auto end = from;
    while (at(end) != '\n' && !(at(end) == '#' && end > from && blank(at(end - 1)))) ++end;
    while (end > from && blank(text_[end - 1])) --end;
    scalar(node, from, end);
  }

  // A string that may go on over lines. Returns to behind its line.
  void quoted(std::uint32_t node, std::size_t from) {
    // One that is not closed in the next few lines is none; the bound keeps a text of quotes linear.
    constexpr std::size_t longest = 1 << 16;
    auto close = close_of(from, line_end(from));
    if (close == kNone && budget_ > 0) {
      close = close_of(from, std::min(text_.size(), from + longest));
      if (close == kNone) --budget_;
    }
    if (close == kNone) {
      tree_.damaged(from, "a string does not end");
      return plain(node, from);
    }
    scalar(node, from + 1, close);
    tree_.node(node).kind = Kind::scalar;
    tree_.node(node).quoted = true;
    decode(node, from + 1, close, text_[from], false);
    at_ = std::max(at_, line_end(close) + 1);
  }

  // Lines that stand further in than `parent`, as they are.
  void block(std::uint32_t node, std::size_t from, std::size_t parent) {
    const auto start = std::min(line_end(from) + 1, text_.size());
    auto end = start;
    for (at_ = start; at_ < text_.size();) {
      const auto content = content_from(at_);
      const auto next = line_end(at_) + 1;
      const bool empty = at(content) == '\n';
      if (!empty && parent != kNoColumn && content - at_ <= parent) break;
      if (!empty && parent == kNoColumn && content == at_) break;
      at_ = next;
      if (!empty) end = std::min(next, text_.size());
    }
    tree_.set_text(node, start, end);
    tree_.node(node).kind = Kind::scalar;
    tree_.node(node).quoted = true;
  }

  // [a, b] and {a: b}, over lines that stand further in than `parent`.
  void flow(std::uint32_t node, std::size_t from, std::size_t parent) {
    std::vector<std::uint32_t> open{node};
    tree_.node(node).kind = text_[from] == '{' ? Kind::map : Kind::list;
    auto i = from + 1;
    std::uint32_t member = 0;  // whose value is to come
    while (!open.empty() && !tree_.full()) {
      i = flow_gap(i, parent);
      if (i == kNone || i >= text_.size()) {
        tree_.damaged(from, "a bracket is not closed");
        at_ = std::max(at_, i == kNone ? flow_line_ : text_.size());
        return;
      }
      const char c = text_[i];
      if (c == ',') {
        member = 0, ++i;
      } else if (c == ']' || c == '}') {
        open.pop_back(), member = 0, ++i;
      } else if (c == '[' || c == '{') {
        if (open.size() >= Tree::kMaxDepth) {
          tree_.trouble(files::Why::too_deep, "deeper than " + std::to_string(Tree::kMaxDepth) + " levels");
          ended_ = true;
          return;
        }
        const auto inner = member != 0 ? member : tree_.add(open.back(), Kind::null);
        if (inner == 0) return;
        tree_.node(inner).kind = c == '{' ? Kind::map : Kind::list;
        open.push_back(inner), member = 0, ++i;
      } else if (c == ':' && member != 0) {
        ++i;
      } else {
        i = flow_scalar(i, open.back(), member);
        if (i == kNone) return;
      }
    }
    at_ = std::max(at_, line_end(i) + 1);
  }

  // Over blanks, line ends and comments; kNone: a line that does not stand further in (flow_line_).
  std::size_t flow_gap(std::size_t i, std::size_t parent) {
    for (;;) {
      i = content_from(i);
      if (i >= text_.size()) return i;
      if (text_[i] == '#' && i > 0 && ends_at(i - 1)) i = line_end(i);
      if (at(i) != '\n') return i;
      if (i >= text_.size()) return i;
      flow_line_ = i + 1;
      const auto content = content_from(i + 1);
      const char c = at(content);
      if (c != '\n' && c != ']' && c != '}' && parent != kNoColumn && content - flow_line_ <= parent)
        return kNone;
      i = content;
    }
  }

  // A scalar, which in a map without a waiting member is a name. Returns the place behind it.
  std::size_t flow_scalar(std::size_t i, std::uint32_t container, std::uint32_t& member) {
    auto start = i, end = i, behind = i;
    const char quote = text_[i] == '"' || text_[i] == '\'' ? text_[i] : '\0';
    const auto close = quote != '\0' ? close_of(i, line_end(i)) : kNone;
    if (close != kNone) {
      start = i + 1, end = close, behind = close + 1;
    } else {
      while (behind < text_.size() && !plain_ends(behind)) ++behind;
      if (behind == i) ++behind;
      end = behind;
      while (end > start && blank(text_[end - 1])) --end;
    }
    const bool name = member == 0 && tree_.node(container).kind == Kind::map;
    const auto node = member != 0 ? member : tree_.add(container, Kind::null);
    if (node == 0) return kNone;
    if (name) {
      tree_.set_key(node, start, end);
      member = node;
    } else {
      scalar(node, start, end);
      if (close != kNone) tree_.node(node).kind = Kind::scalar, tree_.node(node).quoted = true;
      member = 0;
    }
    if (close != kNone) decode(node, start, end, quote, name);
    return behind;
  }
  bool plain_ends(std::size_t i) const {
    const char c = text_[i];
    if (c == ',' || c == ']' || c == '}' || c == '\n' || c == '[' || c == '{') return true;
    if (c == '#') return i > 0 && blank(text_[i - 1]);
    return c == ':' && (ends_at(i + 1) || std::string_view(",]}[{\"'").contains(at(i + 1)));
  }

  Tree tree_;
  std::string_view text_;
  std::vector<Open> open_;
  std::uint32_t document_ = 0, waiting_ = 0;
  std::size_t waiting_column_ = kNoColumn;
  bool asked_ = false;  // `? name` waits for its `: value`
  std::size_t at_ = 0, line_start_ = 0, flow_line_ = 0;
  mutable std::size_t end_from_ = 1, end_at_ = 0;  // where the line ends that holds what lies between
  std::size_t budget_ = 64;                        // strings without an end that are looked for
  bool ended_ = false;
};

}  // namespace

Tree Tree::of_yaml(std::string_view text) {
  return YamlReader(text).read();
}

}  // namespace ostiary::scan
