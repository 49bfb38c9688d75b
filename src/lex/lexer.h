#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lex/language.h"
#include "lex/token.h"

namespace ostiary::lex {

struct Spec;
class Keywords;

// Cuts a source text into tokens. The text comes in pieces, and the tokens do not depend on where they were
// cut: each byte is looked at once, with nothing but a state of fixed size behind it. Every sequence of bytes
// has tokens; what a compiler would refuse is read on from the next line. For one thread.
class Lexer {
 public:
  explicit Lexer(Language language = Language::generic);

  // Appends the tokens that end within the piece.
  void feed(std::string_view piece, std::vector<Token>& out);
  // The text is over: appends the token that was open. The lexer is then as new.
  void finish(std::vector<Token>& out);
  // Bytes of the text before this belong to tokens that feed() has given out, or to none.
  std::uint64_t open_from() const { return state_ == State::start ? at_ : start_; }

 private:
  enum class State : std::uint8_t {
    start,
    word,
    number,
    number_dot,    // a dot behind a number: part of it where a digit follows
    number_quote,  // the same of ' in C++
    slash,         // comment, regular expression or punctuation
    hash,
    dash,
    less,  // of a here document or <!--
    line_comment,
    until,         // a comment or string that ends at close_
    until_escape,  // behind a backslash in it
    nested,        // a comment within which comments are
    quote_second,  // an opened quote, where three open a long string
    quote_third,
    string,
    string_escape,
    string_closed,  // where the same quote again is part of the string
    template_text,
    template_escape,
    template_dollar,
    regex,
    regex_escape,
    raw_open,  // between the beginning of a raw string and its quote or parenthesis
    here_open,
    here_body,
    quote_rust,  // a character or a lifetime
    lifetime
  };
  static constexpr std::size_t kLongestWord = 16;  // that may be a keyword
  static constexpr std::size_t kLongestClose = 40;
  static constexpr std::size_t kMostTemplates = 32;  // within one another

  using Bytes = const char*;
  // Each takes what it can of [at, end), which is not empty, and returns how far it came.
  Bytes step(Bytes at, Bytes end);
  Bytes in_start(Bytes at, Bytes end);
  Bytes in_punctuation(Bytes at);
  Bytes in_hash(Bytes at);
  Bytes in_word(Bytes at, Bytes end);
  Bytes in_number(Bytes at, Bytes end);
  Bytes in_number_mark(Bytes at);
  Bytes in_slash(Bytes at);
  Bytes in_mark(Bytes at);
  Bytes in_line_comment(Bytes at, Bytes end);
  Bytes in_until(Bytes at, Bytes end);
  Bytes in_nested(Bytes at, Bytes end);
  Bytes less_of_markup(Bytes at);
  Bytes less_of_here(Bytes at);
  Bytes in_text(Bytes at, Bytes end);
  Bytes in_quotes(Bytes at);
  Bytes in_string(Bytes at, Bytes end);
  Bytes in_template(Bytes at, Bytes end);
  Bytes in_regex(Bytes at, Bytes end);
  Bytes in_raw_open(Bytes at);
  Bytes in_here_open(Bytes at);
  Bytes in_here_body(Bytes at, Bytes end);
  Bytes in_rust_quote(Bytes at, Bytes end);

  Lexer(const Spec& spec, const Keywords& keywords) : spec_(&spec), keywords_(&keywords) {}
  std::uint64_t offset(Bytes at) const { return base_ + static_cast<std::uint64_t>(at - piece_); }
  void open(State state, Bytes at);
  void close(Kind kind, std::uint64_t end, char last);
  void punctuation(std::uint64_t at, char c);
  void end_word(std::uint64_t end);
  void open_until(std::string_view close, Kind kind, bool escapes);
  void open_quote(Bytes at);
  bool opens_prefixed(Bytes at);
  bool behind_word(std::uint64_t at) const;
  bool at_word_start(std::uint64_t at) const;
  bool regex_may_begin() const;
  void flush_less();
  void flush_raw_open();

  const Spec* spec_;
  const Keywords* keywords_;
  std::vector<Token>* out_ = nullptr;
  Bytes piece_ = nullptr;
  std::uint64_t base_ = 0;  // offset of the piece
  std::uint64_t at_ = 0, start_ = 0, last_end_ = 0;
  State state_ = State::start;
  Kind last_ = Kind::punctuation, until_kind_ = Kind::comment;
  char last_byte_ = '\0', quote_ = '\0', previous_ = '\0', pair_ = '\0';
  bool any_ = false;  // a token before this place, comments apart
  bool escapes_ = false, until_escapes_ = false, lines_ = false, doubled_ = false, in_class_ = false;
  bool in_tag_ = false, here_waits_ = false, here_indented_ = false, here_matches_ = false;
  char here_quote_ = '\0';
  std::uint32_t hashes_ = 0, depth_ = 0;
  std::array<char, kLongestWord> word_{};
  std::size_t word_size_ = 0;
  std::array<char, kLongestClose> close_{}, here_{};
  std::array<std::uint8_t, kLongestClose> fall_{};  // of Knuth, Morris, Pratt
  std::size_t close_size_ = 0, matched_ = 0, here_size_ = 0;
  std::array<std::uint32_t, kMostTemplates> braces_{};
  std::size_t templates_ = 0;
};

// The tokens of a whole text.
std::vector<Token> tokens_of(std::string_view text, Language language = Language::generic);

}  // namespace ostiary::lex
