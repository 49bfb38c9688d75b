#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "scan/impl/tree.h"

namespace ostiary::scan {

namespace {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : tree_(text, Tree::Kind::null), text_(text) {}

  Tree read() {
    if (skip(); at_ < text_.size()) value(0);
    while (!open_.empty() && !tree_.full() && !ended_) step();
    if (!ended_ && !tree_.full() && !open_.empty()) tree_.damaged(at_, "the text ends early");
    if (skip(); !ended_ && !tree_.full() && at_ < text_.size()) tree_.damaged(at_, "more than one value");
    return std::move(tree_);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char here() const { return text_[at_]; }

  // Blanks and comments.
  void skip() {
    for (;;) {
      at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
      const auto rest = text_.substr(at_, 2);
      if (rest == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest == "/*") {
        const auto end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) tree_.damaged(at_, "a comment does not end");
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  // One element, member or closing bracket of the innermost container.
  void step() {
    skip();
    if (at_end()) return fail("the text ends early");
    const auto parent = open_.back();
    const bool map = tree_.node(parent).kind == Tree::Kind::map;
    if (here() == (map ? '}' : ']')) {
      ++at_;
      open_.pop_back();
      return;
    }
    if (here() == ',') {
      ++at_;
      return;
    }
    const auto node = tree_.add(parent, Tree::Kind::null);
    if (node == 0) return;
    if (map && !name(node)) return fail("a member's name was expected");
    value(node);
  }

  bool name(std::uint32_t node) {
    std::size_t start = 0, end = 0;
    bool escaped = false;
    if (here() != '"' || !string(start, end, escaped)) return false;
    tree_.set_key(node, start, end);
    if (escaped) tree_.set_decoded_key(node, unescaped(text_.substr(start, end - start)));
    skip();
    if (at_end() || here() != ':') return false;
    ++at_;
    skip();
    return !at_end();
  }

  void value(std::uint32_t node) {
    const char c = here();
    if (c == '{' || c == '[') {
      if (open_.size() >= Tree::kMaxDepth) {
        tree_.trouble(files::Why::too_deep, "deeper than " + std::to_string(Tree::kMaxDepth) + " levels");
        ended_ = true;
        return;
      }
      tree_.node(node).kind = c == '{' ? Tree::Kind::map : Tree::Kind::list;
      open_.push_back(node);
      ++at_;
      return;
    }
    std::size_t start = at_, end = at_;
    bool escaped = false;
    if (c == '"') {
      if (!string(start, end, escaped)) return fail("a string does not end");
      tree_.node(node).quoted = true;
    } else {
      end = at_ = std::min(text_.find_first_of(",]}[{\":/ \t\r\n", at_), text_.size());
      if (start == end) return fail("a value was expected");
    }
    tree_.set_text(node, start, end);
    if (escaped) tree_.set_decoded(node, unescaped(text_.substr(start, end - start)));
    const bool null = c != '"' && text_.substr(start, end - start) == "null";
    tree_.node(node).kind = null ? Tree::Kind::null : Tree::Kind::scalar;
  }

  bool string(std::size_t& start, std::size_t& end, bool& escaped) {
    start = ++at_;
    for (;;) {
      at_ = text_.find_first_of("\"\\\n", at_);
      if (at_ == std::string_view::npos || here() == '\n') break;
      if (here() == '"') {
        end = at_++;
        return true;
      }
      escaped = true;
      at_ += 2;
      if (at_ >= text_.size()) break;
    }
    at_ = std::min(at_, text_.size());
    return false;
  }

  void fail(std::string_view what) {
    tree_.damaged(at_, what);
    ended_ = true;
  }

  Tree tree_;
  std::string_view text_;
  std::vector<std::uint32_t> open_;  // containers, from the outermost
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace

Tree Tree::of_json(std::string_view text) {
  return JsonReader(text).read();
}

}  // namespace ostiary::scan
