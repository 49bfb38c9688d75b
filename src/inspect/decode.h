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

  // The least span of the encoded text that holds `span` and cuts no escape.
  Span widened(Span span) const;

  // How bytes of a piece stand for each other; in units, of `decoded` and `original` bytes each.
  enum class Kind : std::uint8_t { same, hex, base64, utf16, atom };

 private:
  friend class DecodedBuilder;
  struct Piece {
    std::uint32_t decoded = 0, original = 0;  // where it begins
    std::uint32_t original_end = 0;
    Kind kind = Kind::same;
  };
  static Span mapped(const std::vector<Piece>& pieces, std::size_t start, std::size_t end);
  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<Piece> outer_;  // of an encoding around that one; empty: there is none
};

// What stands between the quotes of a valid JSON string (RFC 8259, section 7).
Decoded decode_json_string(std::string_view between_quotes);

// The following give nothing where what comes out is binary: nearly all of it must be text.
// RFC 4648 sections 4 and 5; padding may be missing; line breaks are passed over. What comes out may be
// UTF-16.
std::optional<Decoded> decode_base64(std::string_view run);
// Digits in pairs, behind 0x or not.
std::optional<Decoded> decode_hex(std::string_view run);
// Percent-encoding (RFC 3986), also of percent signs that were encoded again (%252F); the escapes of JSON and
// C-like strings: \uXXXX, \xHH, \141, \n, \/, \" …; numeric character references of HTML and XML and the five
// names of XML (&#x67; &#103; &quot;). Nothing where there are none.
std::optional<Decoded> decode_escapes(std::string_view text);
// How many bytes from the front of `text` stand for the same whatever may follow it: all but an escape whose
// rest may be still to come.
std::size_t whole_escapes(std::string_view text);
// Quoted-printable (RFC 2045, section 6.7); nothing where no line goes on in the next and no =3D stands.
std::optional<Decoded> decode_quoted_printable(std::string_view text);
// With a byte order mark, or where all of the first characters are ASCII.
std::optional<Decoded> decode_utf16(std::string_view bytes);

// UTF-8 but for some control characters (a terminal's colours, a bell).
bool is_text(std::string_view bytes);

}  // namespace ostiary::inspect
