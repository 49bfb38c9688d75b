#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "scan/impl/source.h"

namespace ostiary::scan {

// The tokens of a source that are code: comments apart, and what `#if 0` takes out. Questions beyond the end
// are answered with nothing.
class Code {
 public:
  explicit Code(const Source& source);
  const Source& source() const { return *source_; }
  std::size_t size() const { return tokens_.size(); }
  std::string_view at(std::size_t i) const {
    return i < size() ? source_->of(tokens_[i]) : std::string_view();
  }
  bool is(std::size_t i, std::string_view text) const { return at(i) == text; }
  bool is_word(std::size_t i) const {
    return i < size() && (tokens_[i].kind == lex::Kind::identifier || tokens_[i].kind == lex::Kind::keyword);
  }
  bool is_identifier(std::size_t i) const { return i < size() && tokens_[i].kind == lex::Kind::identifier; }
  bool is_string(std::size_t i) const { return i < size() && tokens_[i].kind == lex::Kind::string; }
  std::uint64_t start(std::size_t i) const { return i < size() ? tokens_[i].start : source_->text.size(); }
  std::uint64_t end(std::size_t i) const { return i < size() ? tokens_[i].end : source_->text.size(); }
  const lex::Token& token(std::size_t i) const { return tokens_[i]; }
  // Whether a line begins with it, other than one that a backslash joins to the line before.
  bool begins_line(std::size_t i) const { return i < size() && begins_[i]; }
  // Whether nothing stands between it and the token before.
  bool touches(std::size_t i) const { return i > 0 && i < size() && tokens_[i - 1].end == tokens_[i].start; }
  // The bracket that closes or opens the one at `i`; `i` itself where there is none.
  std::size_t partner(std::size_t i) const { return i < size() && !partners_.empty() ? partners_[i] : i; }

 private:
  void drop_disabled();
  void pair();
  const Source* source_;
  std::vector<lex::Token> tokens_;
  std::vector<bool> begins_;
  std::vector<std::uint32_t> partners_;
};

}  // namespace ostiary::scan
