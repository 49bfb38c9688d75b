#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "lex/language.h"

namespace ostiary::lex {

// What a quote opens.
enum class Quote : std::uint8_t {
  none,     // it is punctuation
  text,     // with escapes, to the end of the line at most
  careful,  // the same, but not right behind a word ("don't")
  lines,    // with escapes, over lines
  plain,    // over lines, nothing is escaped
  doubled,  // over lines, a doubled quote is part of it
  rust,     // a character or a lifetime
  tem,      // a template literal of JavaScript
  tag       // plain within a tag of HTML
};
enum class Hash : std::uint8_t {
  none,
  comment,
  at_word,
  careful,
  raw
};  // careful: before a blank; raw: #"…"#
enum class Here : std::uint8_t { none, shell, ruby, php };
enum class Prefix : std::uint8_t { none, cpp, rust, python };

// How the tokens of a language look: the table that the lexer runs on.
struct Spec {
  bool slash_slash = false, slash_star = false;
  bool careful_star = false;  // not right behind a word ("src/*")
  bool nested = false, dash_dash = false, markup = false, regex = false;
  bool dollar = false;  // is part of words
  bool quote_in_number = false, verbatim = false;
  bool triple_double = false, triple_single = false, triple_escapes = true;
  Quote double_quote = Quote::text, single_quote = Quote::text, backtick = Quote::none;
  Hash hash = Hash::none;
  Here here = Here::none;
  Prefix prefix = Prefix::none;
  bool any_case = false;      // of keywords
  std::string_view keywords;  // with blanks between
};

// A set of words of at most 16 bytes.
class Keywords {
 public:
  explicit Keywords(std::string_view words);
  bool contains(std::string_view word) const;

 private:
  struct Packed {
    std::uint64_t head = 0, tail = 0;
    bool operator==(const Packed&) const = default;
  };
  static Packed pack(std::string_view word);
  static std::size_t slot(const Packed& word);
  static constexpr std::size_t kSlots = 1024;
  std::array<Packed, kSlots> slots_{};
};

const Spec& spec_of(Language language);
const Keywords& keywords_of(const Spec& spec);

}  // namespace ostiary::lex
