#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::net {

struct Header {
  std::string_view name, value;
};

// The fields of a head that HTTP itself reads (RFC 9112), for a request or a response. Views refer to the
// parsed bytes.
struct Framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool expect_continue = false;
  bool names_headers = false;  // Connection holds more than close or keep-alive
};

struct Head {
  std::string_view method, target;  // of a request
  std::uint16_t status = 0;         // of a response
  std::uint8_t minor = 1;           // HTTP/1.minor
  std::vector<Header> headers;      // in order
  Framing framing;
  std::size_t size = 0;  // bytes of the head, with its blank line

  std::string_view get(std::string_view lower_name) const;  // first of that name, or empty
  void clear();
};

// What is wrong with a head: the status to answer, and a word for the record.
struct HeadError {
  std::uint16_t status = 400;
  std::string_view code;     // "bare_line_feed", "conflicting_framing", …
  std::string_view message;  // what is wrong and what to do
};

enum class Parse : std::uint8_t { more, done, wrong };

// Reads a request or response head from the start of `bytes`. Strict where leniency has been used to smuggle
// requests (RFC 9112 sections 2.2, 5.2, 6.3): bare LF or CR, obs-fold, blanks before a colon, control
// characters, Content-Length with Transfer-Encoding, repeated or malformed Content-Length, codings other than
// exactly "chunked", no or several Host. `searched` is kept by the caller between calls, so that a head that
// comes byte by byte costs no more than one that comes at once. `limit`: bytes of a head (431 beyond it).
class HeadParser {
 public:
  explicit HeadParser(std::size_t limit) : limit_(limit) {}
  Parse request(std::string_view bytes, Head& head, HeadError& error);
  // Whether a body follows depends on the request and the status too (RFC 9112 section 6.3): the caller's
  // business.
  Parse response(std::string_view bytes, Head& head, HeadError& error);
  void reset() { searched_ = 0; }

 private:
  Parse find_end(std::string_view bytes, std::size_t& end, HeadError& error);
  std::size_t limit_;
  std::size_t searched_ = 0;
};

// Decodes a chunked body (RFC 9112 section 7.1) as it arrives; strict like the head. Chunk extensions are
// passed over (at most 256 bytes each), trailers dropped (at most 8 KiB).
class ChunkDecoder {
 public:
  // Consumes from the front of `bytes`; sets `data` to the next piece of body (may be empty). Call until it
  // does not return Parse::more with bytes left.
  //   more: `data` is a piece (or nothing) and `bytes` has been advanced; feed on
  //   done: the body has ended, `bytes` holds what follows it
  Parse next(std::string_view& bytes, std::string_view& data);
  bool done() const { return state_ == State::done; }

 private:
  enum class State : std::uint8_t { size, blank, extension, size_lf, data, data_cr, data_lf, trailer, done };
  Parse read_size(char c);
  Parse read_trailer(char c);
  State state_ = State::size;
  std::uint64_t left_ = 0;
  std::uint32_t digits_ = 0, extension_ = 0, trailer_ = 0;
  std::uint8_t line_ = 0;  // position in the trailer's line end
  bool trailer_line_empty_ = true;
};

// "200 OK" reason phrases of RFC 9110; "Unknown" for others.
std::string_view reason(std::uint16_t status);

// The path and query of a target in origin or absolute form, without a fragment.
struct Target {
  std::string_view path, query;
};
Target split_target(std::string_view target);

// An absolute http or https URL without user information.
struct Url {
  bool tls = false;
  std::string host;  // IPv6 without brackets
  std::uint16_t port = 0;
  std::string path;               // with leading slash, without a trailing one; empty for "/"
  std::string authority() const;  // for the Host header
};
Result<Url> parse_url(std::string_view text);

}  // namespace ostiary::net
