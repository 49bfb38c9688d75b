#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lex/language.h"
#include "lex/token.h"

namespace ostiary::scan {

// The tokens, without comments, of a text in some language, for whoever looks for what stands written out in
// it. What the program would do is not known. The text must outlive it. For any number of threads.
class Script {
 public:
  // Longer texts have no tokens, which cost up to forty times the bytes.
  static constexpr std::size_t kMaxBytes = 4u << 20;

  Script(std::string_view text, lex::Language language);
  bool too_large() const { return text_.size() > kMaxBytes; }

  std::size_t size() const { return tokens_.size(); }
  std::string_view text(std::size_t i) const;  // empty behind the end
  bool is(std::size_t i, std::string_view text) const { return this->text(i) == text; }
  bool is_word(std::size_t i) const;  // identifier or keyword
  bool is_string(std::size_t i) const { return i < size() && tokens_[i].kind == lex::Kind::string; }
  // What stands between the quotes; empty: not a string, or one that is put together at run time.
  std::string_view string(std::size_t i) const;
  // The same, or of a name the string that the text gives to it.
  std::string_view string_or_named(std::size_t i) const;
  bool begins_line(std::size_t i) const;
  // The token that closes the bracket at `i`, or the end.
  std::size_t close_of(std::size_t i) const;
  // Where a name is first given a value, the value's first token: `name = `, `name := `, `name: type = `,
  // `"name": `, `["name"] = `. size(): nowhere.
  std::size_t value_of(std::string_view name) const;
  std::size_t offset(std::size_t i) const { return i < size() ? tokens_[i].start : text_.size(); }

 private:
  void note_value(std::size_t i);

  std::string_view text_;
  std::vector<lex::Token> tokens_;
  std::vector<std::size_t> close_;                           // of each token that opens a bracket
  std::unordered_map<std::string_view, std::size_t> given_;  // names, and the token of their first value
};

}  // namespace ostiary::scan
