#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

// The first byte chooses the reader, the second the sizes of the pieces in which the rest is fed. However the
// bytes are cut, the result must be the same.

namespace {

using ostiary::net::ChunkDecoder;
using ostiary::net::Head;
using ostiary::net::HeadError;
using ostiary::net::HeadParser;
using ostiary::net::Parse;

constexpr std::size_t kLimit = 1024;

// Sizes that look irregular and repeat for the same seed.
class Pieces {
 public:
  explicit Pieces(std::uint8_t seed) : state_(seed) {}
  std::size_t next() {
    if (state_ == 0) return 1;
    state_ = state_ * 1103515245U + 12345U;
    return 1 + (state_ >> 16) % 17;
  }

 private:
  std::uint32_t state_;
};

struct HeadResult {
  Parse parse = Parse::more;
  Head head;
  HeadError error;
};

Parse parse(HeadParser& parser, bool request, std::string_view bytes, HeadResult& out) {
  return out.parse = request ? parser.request(bytes, out.head, out.error)
                             : parser.response(bytes, out.head, out.error);
}

void must(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// What callers rely on in a head that was accepted.
void check_head(const Head& head, bool request, std::string_view bytes) {
  must(head.size <= std::min(bytes.size(), kLimit) && bytes.substr(0, head.size).ends_with("\r\n\r\n"));
  must(!(head.framing.chunked && head.framing.content_length));
  must(inside(head.method, bytes) && inside(head.target, bytes));
  must(request ? !head.method.empty() && !head.target.empty() : head.status >= 100 && head.status <= 999);
  for (const char c : head.target)
    must(static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f);
  int hosts = 0;
  for (const auto& [name, value] : head.headers) {
    must(!name.empty() && inside(name, bytes) && inside(value, bytes));
    must(name.find_first_of(": \t\r\n") == std::string_view::npos);
    must(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    hosts += name.size() == 4 && (name[0] | 32) == 'h' && (name[1] | 32) == 'o' && (name[2] | 32) == 's' &&
             (name[3] | 32) == 't';
  }
  if (request) must(hosts == 1 || (hosts == 0 && head.minor == 0));
}

bool same(const HeadResult& a, const HeadResult& b) {
  if (a.parse != b.parse) return false;
  if (a.parse == Parse::wrong) return a.error.status == b.error.status && a.error.code == b.error.code;
  if (a.parse == Parse::more) return true;
  return a.head.size == b.head.size && a.head.status == b.head.status && a.head.method == b.head.method &&
         a.head.target == b.head.target && a.head.minor == b.head.minor &&
         a.head.framing.chunked == b.head.framing.chunked &&
         a.head.framing.content_length == b.head.framing.content_length &&
         a.head.framing.keep_alive == b.head.framing.keep_alive &&
         std::ranges::equal(a.head.headers, b.head.headers, [](const auto& x, const auto& y) {
           return x.name == y.name && x.value == y.value;
         });
}

void fuzz_head(bool request, std::uint8_t seed, std::string_view bytes) {
  HeadResult whole, split;
  HeadParser at_once(kLimit), piecewise(kLimit);
  parse(at_once, request, bytes, whole);
  Pieces pieces(seed);
  for (std::size_t fed = 0; fed < bytes.size() && split.parse == Parse::more;) {
    fed = std::min(fed + pieces.next(), bytes.size());
    parse(piecewise, request, bytes.substr(0, fed), split);
  }
  if (bytes.empty()) return;
  must(same(whole, split));
  if (whole.parse == Parse::done) check_head(whole.head, request, bytes);
  if (whole.parse == Parse::wrong)
    must(whole.error.status >= 400 && !whole.error.code.empty() && !whole.error.message.empty());
}

struct Body {
  Parse parse = Parse::more;
  std::string data;
  std::size_t used = 0;
};

Body decode(std::string_view bytes, Pieces pieces, bool at_once) {
  Body out;
  ChunkDecoder decoder;
  while (!bytes.empty() && out.parse == Parse::more) {
    auto piece = bytes.substr(0, at_once ? bytes.size() : pieces.next());
    const auto size = piece.size();
    while (!piece.empty() && out.parse == Parse::more) {
      const auto before = piece.size();
      std::string_view data;
      out.parse = decoder.next(piece, data);
      must(piece.size() < before && data.size() <= before - piece.size());
      out.data += data;
    }
    out.used += size - piece.size();
    bytes.remove_prefix(size);
  }
  must(decoder.done() == (out.parse == Parse::done));
  return out;
}

void fuzz_chunks(std::uint8_t seed, std::string_view bytes) {
  const Body whole = decode(bytes, Pieces(seed), true), split = decode(bytes, Pieces(seed), false);
  must(whole.parse == split.parse && whole.data == split.data && whole.used == split.used);
  must(whole.data.size() <= whole.used);
}

void fuzz_url(std::string_view bytes) {
  const auto url = ostiary::net::parse_url(bytes);
  if (!url) return;
  must(!url->host.empty() && url->port != 0 && (url->path.empty() || url->path.front() == '/'));
  const auto again =
      ostiary::net::parse_url((url->tls ? "https://" : "http://") + url->authority() + url->path);
  must(again && again->host == url->host && again->port == url->port && again->path == url->path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // A copy of its own, so that reading beyond its end is seen.
  const std::vector<char> copy(data + 2, data + size);
  const std::string_view bytes(copy.data(), copy.size());
  switch (data[0] % 4) {
    case 0:
      fuzz_head(true, data[1], bytes);
      break;
    case 1:
      fuzz_head(false, data[1], bytes);
      break;
    case 2:
      fuzz_chunks(data[1], bytes);
      break;
    default: {
      fuzz_url(bytes);
      const auto target = ostiary::net::split_target(bytes);
      must(!target.path.empty() && target.path.find_first_of("?#") == std::string_view::npos &&
           target.query.find('#') == std::string_view::npos);
    }
  }
  return 0;
}
