// The streaming window: a text that is cut wherever the input says holds what it holds at once, its spans
// leave no gap, and nothing of a finding comes out as plain.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "inspect/stream.h"

using ostiary::inspect::Engine;
using ostiary::inspect::StreamInspecting;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

using Places = std::vector<std::tuple<std::uint64_t, std::uint64_t, std::string>>;

// Pieces of 1 to 16 bytes by turns, as `cuts` says; none: the text at once.
Places places(StreamInspecting& stream, std::string_view text, std::string_view cuts) {
  stream.begin();
  Places found;
  std::uint64_t out = 0;
  const auto drain = [&] {
    StreamInspecting::Span span;
    while (stream.next(span)) {
      must(span.start == out && span.end >= span.start);
      must(span.text == text.substr(span.start, span.end - span.start));
      out = span.end;
      for (const auto& finding : span.findings) {
        must(finding.location.start >= span.start && finding.location.end <= span.end);
        found.emplace_back(finding.location.start, finding.location.end, finding.detector);
      }
    }
  };
  for (std::size_t at = 0, n = 0; at < text.size();) {
    const auto most =
        cuts.empty() ? text.size() : 1 + static_cast<unsigned char>(cuts[n++ % cuts.size()]) % 16;
    const auto piece = text.substr(at, most);
    stream.feed(std::string(piece), false);
    at += piece.size();
    drain();
  }
  stream.feed({}, true);
  drain();
  must(stream.gave_up() || out == text.size());
  std::ranges::sort(found);
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto engine = *Engine::builtin();
  static StreamInspecting stream(*engine);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto cuts = input.substr(0, std::min<std::size_t>(8, size / 2));
  const auto text = input.substr(cuts.size());
  const auto at_once = places(stream, text, {});
  if (stream.gave_up()) return 0;
  must(places(stream, text, cuts) == at_once);
  return 0;
}
