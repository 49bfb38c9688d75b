#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "files/xml.h"
#include "scan/impl/tree.h"

namespace ostiary::scan {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// With its references replaced; what is unknown stays as it is.
std::string with_references(std::string_view raw) {
  std::string out;
  for (;;) {
    const auto mark = raw.find('&');
    out.append(raw.substr(0, mark));
    if (mark == std::string_view::npos) return out;
    raw.remove_prefix(mark + 1);
    const auto end = raw.substr(0, files::kLongestXmlReference).find(';');
    if (end != std::string_view::npos && files::append_xml_reference(out, raw.substr(0, end)))
      raw.remove_prefix(end + 1);
    else
      out += '&';
  }
}

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : tree_(text, Tree::Kind::map), text_(text) {}

  Tree read() {
    while (!tree_.full() && !ended_) {
      const auto tag = text_.find('<', at_);
      content(at_, std::min(tag, text_.size()));
      if (tag == std::string_view::npos) break;
      at_ = tag;
      markup();
    }
    if (!open_.empty() && !ended_ && !tree_.full()) tree_.damaged(text_.size(), "an element does not end");
    return std::move(tree_);
  }

 private:
  void markup() {
    const auto rest = text_.substr(at_, 9);
    if (rest.starts_with("<!--")) return pass(4, "-->");
    if (rest == "<![CDATA[") {
      const auto start = at_ + 9;
      pass(9, "]]>");
      if (!ended_) content(start, at_ - 3, true);
      return;
    }
    if (rest.starts_with("<?")) return pass(2, "?>");
    if (rest.starts_with("<!")) return declaration();
    if (rest.starts_with("</")) return close();
    element();
  }

  void pass(std::size_t from, std::string_view end) {
    const auto found = text_.find(end, at_ + from);
    if (found == std::string_view::npos) return fail("markup does not end");
    at_ = found + end.size();
  }

  // A document type, with what may stand between its brackets.
  void declaration() {
    at_ = text_.find_first_of("[>", at_);
    if (at_ != std::string_view::npos && text_[at_] == '[') at_ = text_.find("]", at_);
    if (at_ != std::string_view::npos) at_ = text_.find('>', at_);
    if (at_ == std::string_view::npos) return fail("a declaration does not end");
    ++at_;
  }

  void content(std::size_t start, std::size_t end, bool raw = false) {
    if (open_.empty()) return;
    start = text_.find_first_not_of(kBlanks, start);
    if (start >= end) return;
    while (kBlanks.contains(text_[end - 1])) --end;
    const auto node = open_.back();
    if (tree_.node(node).end != 0) return;
    set(node, start, end, raw);
  }

  void set(std::uint32_t node, std::size_t start, std::size_t end, bool raw = false) {
    tree_.set_text(node, start, end);
    const auto text = text_.substr(start, end - start);
    if (!raw && text.contains('&')) tree_.set_decoded(node, with_references(text));
  }

  void set_name(std::uint32_t node, std::size_t start, std::size_t end) {
    const auto colon = text_.substr(start, end - start).rfind(':');
    tree_.set_key(node, colon == std::string_view::npos ? start : start + colon + 1, end);
  }

  void close() {
    const auto start = at_ + 2;
    const auto end = text_.find('>', start);
    if (end == std::string_view::npos) return fail("a tag does not end");
    at_ = end + 1;
    auto name = text_.substr(start, end - start);
    name = name.substr(0, name.find_first_of(kBlanks));
    name.remove_prefix(name.rfind(':') + 1);
    const auto found =
        std::ranges::find_if(open_.rbegin(), open_.rend(), [&](auto i) { return tree_.key_of(i) == name; });
    if (found == open_.rend()) return tree_.damaged(start, "a closing tag that nothing opened");
    if (found != open_.rbegin()) tree_.damaged(start, "an element does not end");
    open_.erase(found.base() - 1, open_.end());
  }

  void element() {
    const auto start = at_ + 1;
    at_ = text_.find_first_of(" \t\r\n/><", start);
    if (at_ == std::string_view::npos || at_ == start || text_[at_] == '<') {
      tree_.damaged(start, "a tag was expected");
      at_ = start;
      return;
    }
    if (open_.size() >= Tree::kMaxDepth) {
      tree_.trouble(files::Why::too_deep, "deeper than " + std::to_string(Tree::kMaxDepth) + " levels");
      ended_ = true;
      return;
    }
    const auto node = tree_.add(open_.empty() ? 0 : open_.back(), Tree::Kind::map);
    if (node == 0) return;
    set_name(node, start, at_);
    if (!attributes(node)) return fail("a tag does not end");
    if (text_[at_ - 2] != '/') open_.push_back(node);
  }

  // To behind the `>`.
  bool attributes(std::uint32_t node) {
    for (;;) {
      at_ = text_.find_first_not_of(" \t\r\n/", at_);
      if (at_ == std::string_view::npos) return false;
      if (text_[at_] == '>') return ++at_, true;
      const auto start = at_;
      at_ = text_.find_first_of(" \t\r\n=></\"'", at_);
      if (at_ == std::string_view::npos || text_[at_] == '<' || at_ == start) return false;
      const auto end = at_;
      at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
      if (at_ >= text_.size()) return false;
      if (text_[at_] != '=') continue;
      at_ = text_.find_first_not_of(kBlanks, at_ + 1);
      if (at_ == std::string_view::npos || (text_[at_] != '"' && text_[at_] != '\'')) return false;
      const auto close = text_.find(text_[at_], at_ + 1);
      if (close == std::string_view::npos) return false;
      const auto member = tree_.add(node, Tree::Kind::scalar);
      if (member == 0) return true;
      set_name(member, start, end);
      set(member, at_ + 1, close);
      at_ = close + 1;
    }
  }

  void fail(std::string_view what) {
    tree_.damaged(std::min(at_, text_.size()), what);
    ended_ = true;
  }

  Tree tree_;
  std::string_view text_;
  std::vector<std::uint32_t> open_;  // elements, from the outermost
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace

Tree Tree::of_xml(std::string_view text) {
  return XmlReader(text).read();
}

}  // namespace ostiary::scan
