#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::scan {

// Whether a byte belongs to a word: a letter, a digit or `_`, of ASCII.
constexpr bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Finds thousands of texts in one pass at some GB/s: each is looked for only by one of its words, and only
// where a word, or a part of one, begins. Most places are told by a bit of a table that a hash of up to eight
// bytes points to; only what passes is compared. Immutable, for any number of threads.
class WordFinder {
 public:
  struct Text {
    std::string text;  // 3 bytes at least
    // It may stand behind a byte of a word: then it is found where a part of one begins (behind `_` or an
    // escape, at a capital letter, behind a digit where letters follow) or, where it stands inside long words
    // only, in runs of 48 letters and digits and more.
    bool open_front = false, in_long_words = false;
    bool open_back = false;  // a byte of a word may follow
  };
  explicit WordFinder(const std::vector<Text>& texts);

  // Calls take(number, start) where a text may stand, some places at a time, until it gives true. Whether the
  // letters' case and what stands around are right is the caller's question. False: it never did.
  using Take = std::function<bool(std::uint32_t, std::size_t)>;
  bool find(std::string_view bytes, const Take& take) const;

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t text = 0;    // its number
    std::uint32_t before = 0;  // bytes of it before the word
  };
  // Entries by a hash of their key, with a bit for each longer hash that there is.
  struct Table {
    std::vector<std::uint64_t> known;
    std::vector<std::uint32_t> cells;  // where the entries of each begin, and behind the last
    std::vector<Entry> entries;
    unsigned shift = 0;
    void prepare(unsigned bits);
    std::uint64_t may_have(std::uint64_t key) const;
  };
  struct Window;

  void add(std::uint32_t number, std::string_view text, std::size_t at, std::size_t size, bool whole);
  bool find_fast(std::string_view bytes, const Take& take) const;
  bool run(std::string_view bytes, const Take& take) const;
  std::size_t pick(Window& window) const;
  bool look(const Window& window, std::size_t likely, std::size_t size, const Take& take) const;
  bool look_in_long(std::string_view bytes, std::size_t from, std::size_t to, const Take& take) const;

  std::vector<std::uint32_t> sizes_;  // of each text
  Table words_;                       // by a whole word, of a longer one its first eight bytes
  Table beginnings_;                  // by the first four bytes of a word that may go on
  std::vector<std::pair<std::string, std::uint32_t>> in_long_;
};

}  // namespace ostiary::scan
