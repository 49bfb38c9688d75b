// The decoders: whatever comes out stands for bytes of what went in, in order, and no longer than it allows.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "inspect/decode.h"

using namespace ostiary::inspect;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void check(const std::optional<Decoded>& decoded, std::size_t size) {
  if (!decoded) return;
  const auto& text = decoded->text();
  std::uint64_t behind = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto span = decoded->original(at, at + 1);
    must(span.start < span.end && span.end <= size && span.end >= behind);
    behind = span.end;
    const auto wide = decoded->widened(span);
    must(wide.start <= span.start && wide.end >= span.end && wide.end <= size);
  }
  if (!text.empty()) must(decoded->original(0, text.size()).end <= size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(decode_base64(text), size);
  check(decode_hex(text), size);
  check(decode_escapes(text), size);
  check(decode_quoted_printable(text), size);
  check(decode_utf16(text), size);
  check(decode_json_string(text), size);
  return 0;
}
