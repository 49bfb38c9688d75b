#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::inspect {

// A text that stands encoded in another, and which bytes of that each of its own stands for.
class Decoded {
 public:
  struct Span {
    std::uint64_t start = 0, end = 0;
  };
  const std::string& text() const { return text_; }
  // The bytes of the encoded text, counted from its beginning, without which [start, end) could not be read.
  Span original(std::size_t start, std::size_t end) const;

  // How bytes of a piece stand for each other; in units, of `decoded` and `original` bytes each.
  enum class Kind : std::uint8_t { same, hex, base64, atom };

 private:
  friend class DecodedBuilder;
  struct Piece {
    std::uint32_t decoded = 0, original = 0;  // where it begins
    std::uint32_t original_end = 0;
    Kind kind = Kind::same;
  };
  std::string text_;
  std::vector<Piece> pieces_;
};

// Each gives nothing where what comes out is no text: UTF-8 without control characters but blanks.
// RFC 4648 sections 4 and 5; padding may be missing; line breaks are passed over.
std::optional<Decoded> decode_base64(std::string_view run);
std::optional<Decoded> decode_hex(std::string_view run);
// Percent-encoding (RFC 3986) and the escapes of JSON and C-like strings: \uXXXX, \xHH, \n, \/, \" …; nothing
// where there are none.
std::optional<Decoded> decode_escapes(std::string_view text);

bool is_text(std::string_view bytes);

}  // namespace ostiary::inspect
