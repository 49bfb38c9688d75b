#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace ostiary::scan {

// Where a text counts as one by which a use of AI may show. Several may be said of one text.
enum class Where : std::uint8_t {
  anywhere = 1,
  before_key = 2,   // letters and digits of a key follow
  in_long_key = 4,  // the same, and letters and digits of it stand before
  in_key_name = 8,  // it is a service's name, and "key" or its like follows
  in_head = 16,     // in the beginning of a file, where those who wrote it are named
  in_import = 32    // it is a word of other trades: somebody must import, quote or install it
};

// How a text may stand.
struct Way {
  bool any_case = false;                       // ASCII
  bool open_front = false, open_back = false;  // within a longer word
  std::uint8_t where = 0;                      // of Where
  bool has(Where one) const { return (where & static_cast<std::uint8_t>(one)) != 0; }
};

// The texts of the catalogue by which a use of AI can show in a file, those of `any_case` in small letters.
std::map<std::string, Way> texts_of_catalogue();

// How far into a file signs_of_authors() looks.
inline constexpr std::size_t kHeadOfAuthors = 8192;

}  // namespace ostiary::scan
