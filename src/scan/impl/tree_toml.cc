#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scan/impl/tree.h"

namespace ostiary::scan {

namespace {

using Kind = Tree::Kind;

// A name or one part of a dotted one.
struct Part {
  std::size_t start = 0, end = 0;
  bool escaped = false;
};

class TomlReader {
 public:
  explicit TomlReader(std::string_view text) : tree_(text, Kind::map), text_(text) {}

  Tree read() {
    for (;;) {
      skip(true);
      if (at_end() || tree_.full()) break;
      const auto from = at_;
      if (!(here() == '[' ? header() : member(table_))) {
        tree_.damaged(from, "not a line of TOML");
        to_line_end();
        continue;
      }
      skip(false);
      if (!at_end() && here() != '\n') {
        tree_.damaged(at_, "more on a line than one value");
        to_line_end();
      }
    }
    return std::move(tree_);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char here() const { return text_[at_]; }
  bool starts(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
  void to_line_end() { at_ = std::min(text_.find('\n', at_), text_.size()); }
  void skip(bool lines) {
    for (;;) {
      at_ = std::min(text_.find_first_not_of(lines ? " \t\r\n" : " \t\r", at_), text_.size());
      if (at_end() || here() != '#') return;
      to_line_end();
    }
  }

  // A dotted name.
  bool name(std::vector<Part>& parts) {
    parts.clear();
    for (;;) {
      skip(false);
      if (at_end() || parts.size() >= Tree::kMaxDepth) return false;
      auto& part = parts.emplace_back();
      if (here() == '"' || here() == '\'') {
        if (!line_string(part.start, part.end, part.escaped)) return false;
      } else {
        part.start = at_;
        part.end = at_ = std::min(text_.find_first_of(" \t\r\n.=[]{},\"'#", at_), text_.size());
        if (part.start == part.end) return false;
      }
      skip(false);
      if (at_end() || here() != '.') return true;
      ++at_;
    }
  }

  bool header() {
    const bool list = starts("[[");
    at_ += list ? 2 : 1;
    if (!name(parts_) || !starts(list ? "]]" : "]")) return false;
    at_ += list ? 2 : 1;
    std::uint32_t node = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const bool opens = list && i + 1 == parts_.size();
      const auto child = inner(node, parts_[i], opens ? Kind::list : Kind::map);
      if (child == 0) return true;
      node = child;
      if (opens)
        node = tree_.add(node, Kind::map);
      else if (tree_.node(node).kind == Kind::list && tree_.node(node).last != 0)
        node = tree_.node(node).last;
    }
    // A table below a scalar or an unopened list has no place; what it holds is read all the same.
    table_ = node;
    return true;
  }

  // The container of that name in `parent`, made where there is none. 0: there are too many.
  std::uint32_t inner(std::uint32_t parent, const Part& part, Kind kind) {
    const auto raw = text_.substr(part.start, part.end - part.start);
    auto key = part.escaped ? unescaped(raw) : std::string(raw);
    const auto [place, fresh] = inner_.try_emplace({parent, std::move(key)}, 0);
    if (!fresh) return place->second;
    const auto node = tree_.add(parent, kind);
    if (node != 0) set_name(node, part);
    return place->second = node;
  }

  void set_name(std::uint32_t node, const Part& part) {
    tree_.set_key(node, part.start, part.end);
    if (part.escaped) tree_.set_decoded_key(node, unescaped(text_.substr(part.start, part.end - part.start)));
  }

  bool member(std::uint32_t table) {
    std::vector<Part> parts;
    std::swap(parts, parts_);
    const bool good = member(table, parts);
    std::swap(parts, parts_);
    return good;
  }
  bool member(std::uint32_t table, std::vector<Part>& parts) {
    if (!name(parts) || at_end() || here() != '=') return false;
    ++at_;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      table = inner(table, parts[i], Kind::map);
      if (table == 0) return false;
    }
    const auto node = tree_.add(table, Kind::null);
    if (node == 0) return false;
    set_name(node, parts.back());
    skip(false);
    return value(node);
  }

  bool value(std::uint32_t node) {
    if (at_end()) return false;
    const char c = here();
    if (c == '[' || c == '{') return container(node, c == '[');
    std::size_t start = at_, end = at_;
    bool escaped = false;
    if (c == '"' || c == '\'') {
      const bool three = starts(c == '"' ? "\"\"\"" : "'''");
      if (!(three ? long_string(start, end, escaped) : line_string(start, end, escaped))) return false;
      tree_.node(node).quoted = true;
    } else {
      at_ = std::min(text_.find_first_of(",]}#\r\n", at_), text_.size());
      end = at_;
      while (end > start && (text_[end - 1] == ' ' || text_[end - 1] == '\t')) --end;
      if (start == end) return false;
    }
    tree_.node(node).kind = Kind::scalar;
    tree_.set_text(node, start, end);
    if (escaped) tree_.set_decoded(node, unescaped(text_.substr(start, end - start)));
    return true;
  }

  bool container(std::uint32_t node, bool list) {
    if (depth_ >= Tree::kMaxDepth) {
      tree_.trouble(files::Why::too_deep, "deeper than " + std::to_string(Tree::kMaxDepth) + " levels");
      at_ = text_.size();
      return true;
    }
    ++depth_;
    const bool good = inside(node, list);
    --depth_;
    return good;
  }
  bool inside(std::uint32_t node, bool list) {
    tree_.node(node).kind = list ? Kind::list : Kind::map;
    ++at_;
    for (;;) {
      skip(true);
      if (at_end()) return false;
      if (here() == (list ? ']' : '}')) return ++at_, true;
      if (here() == ',') {
        ++at_;
        continue;
      }
      if (list) {
        const auto item = tree_.add(node, Kind::null);
        if (item == 0 || !value(item)) return false;
      } else if (!member(node)) {
        return false;
      }
    }
  }

  bool line_string(std::size_t& start, std::size_t& end, bool& escaped) {
    const char quote = here();
    start = ++at_;
    for (;; ++at_) {
      at_ = std::min(text_.find_first_of(quote == '"' ? "\"\\\n" : "'\n", at_), text_.size());
      if (at_end() || here() == '\n') return false;
      if (here() == quote) {
        end = at_++;
        return true;
      }
      escaped = true;
      if (++at_ >= text_.size()) return false;
    }
  }

  bool long_string(std::size_t& start, std::size_t& end, bool& escaped) {
    const char quote = here();
    const std::string_view close = quote == '"' ? "\"\"\"" : "'''";
    at_ += 3;
    if (starts("\r\n")) ++at_;
    if (starts("\n")) ++at_;
    start = at_;
    for (;; ++at_) {
      at_ = std::min(text_.find_first_of(quote == '"' ? "\"\\" : "'", at_), text_.size());
      if (at_end()) return false;
      if (here() == '\\') {
        escaped = true;
        ++at_;
      } else if (starts(close)) {
        end = at_;
        at_ += 3;
        for (; !at_end() && here() == quote && at_ - end < 5; ++at_) {
        }
        end = at_ - 3;
        return true;
      }
    }
  }

  struct Place {
    std::uint32_t parent = 0;
    std::string key;
    bool operator==(const Place&) const = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const {
      return std::hash<std::string>()(place.key) ^ (std::size_t{place.parent} * 0x9e3779b97f4a7c15ULL);
    }
  };

  Tree tree_;
  std::string_view text_;
  std::unordered_map<Place, std::uint32_t, PlaceHash> inner_;
  std::vector<Part> parts_;
  std::uint32_t table_ = 0, depth_ = 0;
  std::size_t at_ = 0;
};

}  // namespace

Tree Tree::of_toml(std::string_view text) {
  return TomlReader(text).read();
}

}  // namespace ostiary::scan
