#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "json/sse.h"

// However a stream is split, the reader gives the same events and the same settled(), and these are what a
// plain reading of the WHATWG rules gives.
namespace {

using ostiary::json::SseEvent;
using ostiary::json::SseReader;

struct Event {
  std::string type, data;
  std::uint64_t end = 0;
  bool operator==(const Event&) const = default;
};

struct Outcome {
  std::vector<Event> events;
  std::uint64_t settled = 0;
  bool overflowed = false;
  bool operator==(const Outcome&) const = default;
};

// The rules, one line at a time over the whole stream.
Outcome plain_reading(std::string_view stream) {
  Outcome out;
  std::string type, data;
  bool has_data = false, open = false;
  std::size_t at = stream.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (;;) {
    const auto stop = stream.find_first_of("\r\n", at);
    if (stop == std::string_view::npos) return out;
    const auto line = stream.substr(at, stop - at);
    at = stop + (stream.substr(stop, 2) == "\r\n" ? 2 : 1);
    if (line.empty()) {
      out.settled = at;
      if (has_data) out.events.push_back({type, data.substr(0, data.size() - 1), at});
      type.clear(), data.clear();
      has_data = open = false;
      continue;
    }
    const auto colon = std::min(line.find(':'), line.size());
    const auto name = line.substr(0, colon);
    auto value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (colon == 0) {
      if (!open) out.settled = at;
      continue;
    }
    open = true;
    if (name == "event") type = value;
    if (name == "data") has_data = true, data.append(value) += '\n';
  }
}

// Feeds pieces of the sizes that `sizes` gives over and over, each from memory that is gone when it is
// drained.
Outcome read(std::string_view stream, std::string_view sizes, std::size_t max_event) {
  SseReader reader(max_event);
  Outcome out;
  std::size_t at = 0;
  for (std::size_t turn = 0; at < stream.size(); ++turn) {
    const std::size_t wanted = static_cast<unsigned char>(sizes[turn % sizes.size()]);
    const std::size_t least = turn % 3 == 2 ? 1 : 0;  // empty pieces too, but not for ever
    const auto piece = stream.substr(at, wanted == 255 ? stream.size() : std::max(wanted % 64, least));
    at += piece.size();
    const std::vector<char> memory(piece.begin(), piece.end());
    reader.feed({memory.data(), memory.size()});
    for (SseEvent event; reader.next(event);) {
      auto end = event.end;  // the one thing that may depend on the split: whether a CR's LF is counted
      if (end < stream.size() && stream.substr(end - 1, 2) == "\r\n") ++end;
      out.events.push_back({std::string(event.type), std::string(event.data), end});
    }
    if (reader.fed() != at || reader.settled() > at) std::abort();
  }
  out.settled = reader.settled();
  out.overflowed = reader.overflowed();
  return out;
}

}  // namespace

// The first byte is the number of piece sizes that follow, the rest is the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const std::size_t count = std::min<std::size_t>(data[0] % 16 + 1, size);
  const std::string_view sizes = input.substr(0, count);
  const std::string_view stream = input.substr(count);

  const auto whole = read(stream, "\xff", 1 << 20);
  if (whole != plain_reading(stream)) std::abort();
  if (whole != read(stream, "\1", 1 << 20)) std::abort();
  if (whole != read(stream, sizes, 1 << 20)) std::abort();
  if (read(stream, "\xff", 50) != read(stream, "\1", 50)) std::abort();
  return 0;
}
