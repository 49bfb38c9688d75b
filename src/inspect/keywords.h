#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/literals.h"

namespace ostiary::inspect {

class MarkFinder;

// The first pass: where keywords stand in a text, thousands of them at once. Most begin where a word, or a
// part of one, begins (behind a sign, a blank or a digit, at a capital letter: password in DB_PASSWORD and
// dbPassword), so that only there a text is compared, which costs a fifth of asking every byte. Those that
// may stand anywhere go through Vectorscan.
//
// Immutable; scanning from several threads at once needs a Scratch for each.
class Keywords {
 public:
  struct Keyword {
    std::string text;           // 3 to 255 bytes
    bool any_case = false;      // ASCII
    bool inside_words = false;  // it may begin anywhere
    // Whether a value may begin where it does (`there`), or else before it or within it (`near`), so that its
    // beginning at the end of a text is told.
    enum class Value : std::uint8_t { behind, there, near } value = Value::behind;
    // It counts only where a word ends behind it, so that a small letter there need not be told.
    bool ends_word = false;
    auto operator<=>(const Keyword&) const = default;
  };
  struct Hit {
    std::uint32_t keyword = 0;  // its number in the list
    std::uint32_t end = 0;      // offset behind its last byte
  };

  // Takes some ten milliseconds for each hundred keywords that may stand inside words.
  static Result<Keywords> compile(std::vector<Keyword> keywords);
  // The same with what serialise() gave for the same list; about a millisecond. `newer` or `corrupt` as
  // Literals::load().
  static Result<Keywords> load(std::vector<Keyword> keywords, std::string_view serialised);
  Result<std::string> serialise() const { return anywhere_.serialise(); }

  const std::vector<Keyword>& all() const { return keywords_; }

  class Scratch {
   public:
    explicit Scratch(const Keywords& keywords) : scratch_(keywords.anywhere_) {}

   private:
    friend class Keywords;
    Literals::Scratch scratch_;
    std::vector<Literals::Hit> hits_;
  };
  // What of a text (below 4 GiB) is asked for.
  struct Range {
    std::size_t from = 0;  // where keywords begin at the least; what stands before is looked at all the same
    std::size_t passed = 0;  // how far the keywords have been told: those that end behind it are
    std::size_t until = 0;   // ... and not behind this
  };
  // Appends them, by their end. Gives where the first keyword may begin that ends behind `until`. `marks`
  // goes over the text from `marks_from` on with it; nullptr: nobody does.
  std::size_t scan(std::string_view text, Range range, Scratch& scratch, std::vector<Hit>& hits,
                   MarkFinder* marks = nullptr, std::size_t marks_from = 0) const;

  // Some of the keywords, by number.
  class Some {
   public:
    explicit Some(const Keywords& keywords) : bits_(keywords.all().size() / 64 + 1) {}
    void add(std::uint32_t number) { bits_[number / 64] |= std::uint64_t{1} << number % 64; }
    bool has(std::uint32_t number) const { return (bits_[number / 64] >> number % 64 & 1) != 0; }

   private:
    std::vector<std::uint64_t> bits_;
  };
  // Calls take(number, start) for each keyword that may have begun at `start`, or just stands there, at the
  // text's end, but for those of Value::behind; nullptr: of all. Where it gives true, other keywords of
  // Value::there at that place and behind it may be left out. Looks at the last bytes only.
  using Take = std::function<bool(std::uint32_t, std::size_t)>;
  void each_begun(std::string_view text, const Some* wanted, const Take& take) const;
  // No keyword that each_begun() tells of is longer.
  std::size_t longest_begun() const { return std::max(there_.longest, near_.longest); }

 private:
  // The first bytes of a keyword from where a part of a word begins in it.
  struct Entry {
    std::uint64_t first = 0, second = 0;  // with letters in lower case, and NUL behind the last one
    std::uint32_t keyword = 0;
    std::uint8_t size = 0;    // of them, at most kWide
    std::uint8_t before = 0;  // bytes of the keyword that stand before it
  };
  static constexpr std::size_t kWide = 16;
  // Entries by the hash of their first bytes.
  struct Table {
    std::vector<std::uint64_t> known;    // a bit for each longer hash that there is
    std::vector<std::uint32_t> fourths;  // or by cell: which bytes stand behind the first three
    std::vector<std::uint32_t> cells;    // where the entries of each begin, and behind the last
    std::vector<Entry> entries;
  };
  class Finder;

  explicit Keywords(std::vector<Keyword> keywords);
  void add(std::uint32_t keyword);
  void prepare();
  std::uint32_t fourths_of(const Entry& entry) const;
  std::size_t in_long(std::uint64_t bytes) const;
  std::size_t in_short(std::uint64_t bytes) const;
  static std::uint64_t ordered(const Entry& entry);

  std::vector<Keyword> keywords_;
  std::vector<std::uint32_t> inside_;  // numbers of those that stand anywhere
  Literals anywhere_;
  Table short_, long_;  // by three bytes, by six
  // What of a keyword may stand at the end of a text although no part of a word has begun in it.
  struct Early {
    std::string text;
    std::uint32_t keyword = 0;
  };
  struct Beginnings {
    std::vector<Entry> entries;                 // by their first bytes
    std::array<std::uint32_t, 257> from{};      // where those of each first byte begin
    std::array<std::vector<Early>, 256> early;  // by the last byte
    std::size_t longest = 0;                    // bytes of a keyword
  };
  void add_early(std::uint32_t keyword, std::size_t size, Beginnings& to) const;
  struct Place {  // at the end of a text
    std::string_view text;
    std::size_t at = 0;
    std::uint64_t bytes = 0, mask = 0;  // that stand there, in lower case, and which of 8 are known
  };
  bool each_begun_at(const Place& place, const Beginnings& those, const Some* wanted, const Take& take) const;
  Beginnings there_, near_;  // the values begin with the keywords, or somewhere else before their end
  std::size_t longest_inside_ = 0;
};

}  // namespace ostiary::inspect
