// What stands between the tags of JSX is text, in which quotes and words are none of the code's.
#include <algorithm>

#include "scan/impl/source.h"

namespace ostiary::scan {

namespace {

using lex::Language;
using lex::Token;
using std::string_view;

// Follows the tokens of JavaScript and tells where the text of an element begins. Generics and comparisons
// look like tags only where an expression cannot begin, or are never closed: `<T,>(x: T) => …`.
class Jsx {
 public:
  Jsx(string_view text, std::vector<Token>& out) : text_(text), out_(&out) {}
  void run();

 private:
  enum class Inside : std::uint8_t { code, tag };
  struct Element {
    std::uint32_t braces = 0;  // that are open since, of an expression within it
  };
  static constexpr std::size_t kDeepest = 200;

  string_view of(const Token& token) const { return text_.substr(token.start, token.end - token.start); }
  bool expression_may_begin(std::size_t i) const;
  bool take(std::size_t i);
  bool take_in_tag(std::size_t i);
  std::size_t skip_text(std::size_t from);

  string_view text_;
  std::vector<Token>* out_;
  std::vector<Element> elements_;
  Inside inside_ = Inside::code;
  std::uint32_t tag_braces_ = 0;  // of an attribute's value
};

// Whether an expression may begin at token `i`, by the one before it.
bool Jsx::expression_may_begin(std::size_t i) const {
  while (i > 0 && (*out_)[i - 1].kind == lex::Kind::comment) --i;
  if (i == 0) return false;
  const auto& before = (*out_)[i - 1];
  const auto word = of(before);
  if (before.kind == lex::Kind::keyword) return word == "return" || word == "default" || word == "yield";
  if (before.kind != lex::Kind::punctuation) return false;
  return string_view("(,=?:&|{[>;").find(word.front()) != string_view::npos;
}

// Takes token `i`. True: an element's text begins behind it.
bool Jsx::take(std::size_t i) {
  const auto& token = (*out_)[i];
  if (token.kind != lex::Kind::punctuation) return false;
  if (inside_ == Inside::tag) return take_in_tag(i);
  const char c = text_[token.start];
  if (c == '{' && !elements_.empty()) ++elements_.back().braces;
  if (c == '}' && !elements_.empty() && elements_.back().braces > 0) return --elements_.back().braces == 0;
  if (c != '<' || token.end >= text_.size()) return false;
  const char next = text_[token.end];
  const bool within = !elements_.empty() && elements_.back().braces == 0;
  const bool word = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '>';
  if (!word || (!within && !expression_may_begin(i)) || elements_.size() >= kDeepest) return false;
  inside_ = Inside::tag;
  tag_braces_ = 0;
  return false;
}

bool Jsx::take_in_tag(std::size_t i) {
  const auto& token = (*out_)[i];
  const char c = text_[token.start];
  if (c == '{') ++tag_braces_;
  if (c == '}' && tag_braces_ > 0) --tag_braces_;
  if (tag_braces_ > 0) return false;
  // A type's parameters, or a comparison.
  if (string_view(",;()|&").find(c) != string_view::npos) {
    inside_ = Inside::code;
    return false;
  }
  if (c != '>') return false;
  inside_ = Inside::code;
  const bool arrow = token.start > 0 && text_[token.start - 1] == '=';
  if (arrow) return false;
  const bool empty = token.start > 0 && text_[token.start - 1] == '/';
  if (!empty) elements_.push_back({});
  return !elements_.empty() && elements_.back().braces == 0;
}

// Adds the text from `from` and the tags that close elements to the next tag or expression, and returns where
// that begins, or where the outermost element ends.
std::size_t Jsx::skip_text(std::size_t from) {
  while (true) {
    const auto end = std::min(text_.find_first_of("<{", from), text_.size());
    while (from < end && static_cast<unsigned char>(text_[from]) <= ' ') ++from;
    if (from < end) out_->push_back({lex::Kind::comment, from, end});
    if (!text_.substr(end).starts_with("</")) return end;
    from = std::min(text_.find('>', end), text_.size() - 1) + 1;
    out_->push_back({lex::Kind::comment, end, from});
    elements_.pop_back();
    if (elements_.empty() || elements_.back().braces > 0) return from;
  }
}

void Jsx::run() {
  std::size_t at = 0;
  while (at < text_.size()) {
    const auto base = at;
    lex::Lexer lexer(Language::javascript);
    auto known = out_->size();
    bool text_begins = false;
    const auto settle = [&] {
      for (; known < out_->size() && !text_begins; ++known) {
        (*out_)[known].start += base, (*out_)[known].end += base;
        text_begins = take(known);
      }
    };
    while (at < text_.size() && !text_begins) {
      // Text can begin only behind one of these, so that nothing is read twice.
      const auto end = std::min(text_.find_first_of(">}", at), text_.size() - 1) + 1;
      lexer.feed(text_.substr(at, end - at), *out_);
      at = end;
      settle();
    }
    if (text_begins) {
      out_->resize(known);
      at = skip_text((*out_)[known - 1].end);
      continue;
    }
    lexer.finish(*out_);
    settle();
  }
}

// Whether there may be JSX: an element is closed somewhere.
bool may_hold_jsx(string_view text) {
  return text.find("</") != string_view::npos || text.find("/>") != string_view::npos;
}

}  // namespace

std::vector<Token> tokens_of_jsx(string_view text) {
  if (!may_hold_jsx(text)) return lex::tokens_of(text, Language::javascript);
  std::vector<Token> out;
  Jsx(text, out).run();
  return out;
}

}  // namespace ostiary::scan
