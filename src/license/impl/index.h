#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::license {

// What an entry of the index is.
enum class TextKind : std::uint8_t { license, header, exception, phrase, fingerprint };

// Tokens of a text: numbers of words in the vocabulary, and marks.
using Token = std::uint16_t;
constexpr Token kOptionalBegins = 1, kOptionalEnds = 2;
constexpr Token kVariable = 3;       // kVariable + n: up to n words of anything
constexpr Token kMostVariable = 60;  // words
constexpr Token kFirstWord = 64;
constexpr bool is_word(Token token) {
  return token >= kFirstWord;
}

// One text, as it lies in the index. Offsets count from the beginning of their section.
struct Entry {
  std::uint32_t id, id_size;          // in strings
  std::uint32_t tokens, token_count;  // in tokens; of a fingerprint: none
  std::uint32_t words;                // that must stand there; of a fingerprint: its shingles
  std::uint32_t shingles;             // how many of it are in the table
  std::uint32_t packed, packed_size;  // the text itself, zlib; 0: not kept
  std::uint32_t text_size;
  TextKind kind;
  std::uint8_t reserved[3];
};

// Where a shingle stands.
struct Posting {
  std::uint16_t text, position;
};

// A slot of the table of shingles; `count` 0: free.
struct Slot {
  std::uint32_t hash, first, count;
};

// The texts of licences, compiled: views into bytes that somebody else keeps. Thread-safe.
class Index {
 public:
  Index() = default;
  // `corrupt` where the bytes are no such index, `newer` where a newer program wrote it. `blob` must be
  // aligned to 8 bytes and outlive the index.
  static Result<Index> load(std::string_view blob);

  std::span<const Entry> entries() const { return entries_; }
  std::string_view id(const Entry& entry) const { return strings_.substr(entry.id, entry.id_size); }
  std::span<const Token> tokens(const Entry& entry) const {
    return tokens_.subspan(entry.tokens, entry.token_count);
  }
  std::uint32_t word(Token token) const { return vocabulary_[token]; }  // its hash
  std::span<const Posting> find(std::uint32_t shingle) const {
    for (auto at = shingle & mask_;; at = (at + 1) & mask_) {
      const auto& slot = table_[at];
      if (slot.count == 0) return {};
      if (slot.hash == shingle) return postings_.subspan(slot.first, slot.count);
    }
  }
  std::optional<std::string> text(const Entry& entry) const;

 private:
  std::span<const Entry> entries_;
  std::span<const Token> tokens_;
  std::span<const std::uint32_t> vocabulary_;
  std::span<const Slot> table_;
  std::span<const Posting> postings_;
  std::string_view strings_, packed_;
  std::uint32_t mask_ = 0;
};

// A text that goes into an index. Marks of tools/license_texts.py may stand in `text`.
struct IndexedText {
  std::string id;
  TextKind kind = TextKind::license;
  std::string text;
  std::vector<std::uint32_t> shingles;  // of a fingerprint, which has no text
};

// `too_large` where there are more texts or words than the form can hold.
Result<std::string> compile_index(const std::vector<IndexedText>& texts);

// The shingles of a text that its fingerprint keeps, sorted, each once.
std::vector<std::uint32_t> fingerprint_of(std::string_view text);

}  // namespace ostiary::license
