#include <algorithm>
#include <utility>

#include "scan/impl/code.h"

namespace ostiary::scan {

using std::string_view;

Code::Code(const Source& source) : source_(&source) {
  tokens_.reserve(source.tokens.size());
  const auto code = source.text;
  std::uint64_t commented = 0;  // a line comment of C goes on to here where a backslash ends its line
  for (const auto& token : source.tokens) {
    if (token.kind != lex::Kind::comment) {
      if (token.start >= commented) tokens_.push_back(token);
    } else if (source.language == "c" && source.of(token).starts_with("//") &&
               source.of(token).ends_with('\\')) {
      commented = std::min(code.find('\n', std::min<std::size_t>(token.end + 1, code.size())), code.size());
    }
  }
  begins_.resize(tokens_.size());
  const auto text = source.text;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const auto from = i == 0 ? 0 : tokens_[i - 1].end;
    const auto between = text.substr(from, tokens_[i].start - from);
    const bool joined = i > 0 && at(i - 1) == "\\";
    begins_[i] = i == 0 || (!joined && between.find('\n') != string_view::npos);
  }
  if (source.language == "c") drop_disabled();
  pair();
}

// Takes out what stands between `#if 0` and its #else, #elif or #endif.
void Code::drop_disabled() {
  std::vector<lex::Token> kept;
  std::vector<bool> begins;
  std::size_t depth = 0;  // of conditions within the one that is never true
  for (std::size_t i = 0; i < size(); ++i) {
    const bool directive = is(i, "#") && begins_line(i);
    const auto word = directive ? at(i + 1) : string_view();
    if (depth > 0) {
      if (word.starts_with("if")) ++depth;
      if (word == "endif" || (depth == 1 && word.starts_with("el"))) --depth;
      continue;
    }
    if (word == "if" && is(i + 2, "0") && (i + 3 >= size() || begins_line(i + 3))) depth = 1;
    kept.push_back(tokens_[i]);
    begins.push_back(begins_[i]);
  }
  tokens_ = std::move(kept);
  begins_ = std::move(begins);
}

void Code::pair() {
  partners_.resize(tokens_.size());
  std::vector<std::uint32_t> open;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const auto here = static_cast<std::uint32_t>(i);
    partners_[i] = here;
    if (tokens_[i].kind != lex::Kind::punctuation) continue;
    const char c = at(i).front();
    if (c == '(' || c == '[' || c == '{') open.push_back(here);
    if ((c != ')' && c != ']' && c != '}') || open.empty()) continue;
    const char opened = at(open.back()).front();
    const bool fits =
        (opened == '(' && c == ')') || (opened == '[' && c == ']') || (opened == '{' && c == '}');
    if (!fits) continue;
    partners_[i] = open.back();
    partners_[open.back()] = here;
    open.pop_back();
  }
}

}  // namespace ostiary::scan
