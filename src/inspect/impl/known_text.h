#pragma once

#include <cstdint>
#include <string_view>

#include "inspect/impl/marks.h"

namespace ostiary::inspect {

// What is known of a text; offsets count from the text's beginning, and what stands before `base` is not
// asked for.
struct KnownText {
  std::string_view text;
  std::uint64_t base = 0;  // offset of its first byte

  std::uint64_t end() const { return base + text.size(); }
  unsigned char byte(std::uint64_t at) const { return static_cast<unsigned char>(text[at - base]); }
  std::string_view from(std::uint64_t at) const { return text.substr(at - base); }

  // Whether the character that the byte belongs to goes on a word. Beyond ASCII letters are told from signs
  // by the first byte of their UTF-8 form: Latin to Georgian are letters; general punctuation is none, and
  // neither are the scripts that put no blanks between words.
  bool in_word(std::uint64_t at) const {
    auto c = byte(at);
    if (c < 0x80) return is_word(c);
    for (int back = 0; back < 3 && at > base && (c & 0xc0) == 0x80; ++back) c = byte(--at);
    return c >= 0xc3 && c <= 0xe1;
  }
  // A token does not begin within a word, but behind an escape such as \n.
  bool behind_escape(std::uint64_t at) const {
    return at > base + 1 && byte(at - 2) == '\\' &&
           std::string_view("nrt").find(static_cast<char>(byte(at - 1))) != std::string_view::npos;
  }
  // Whether a value that begins at `at` would begin within a word.
  bool within_word(std::uint64_t at) const {
    return at > base && at < end() && in_word(at) && in_word(at - 1) && !behind_escape(at);
  }
};

}  // namespace ostiary::inspect
