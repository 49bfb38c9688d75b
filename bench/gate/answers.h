#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::bench {

/// Events of one streamed answer, the `[DONE]` marker not counted.
inline constexpr int kStreamEvents = 50;

/// The member that carries the moment an event was sent: 16 hexadecimal digits of
/// CLOCK_MONOTONIC in nanoseconds. Real services pad their events with a member of this name.
inline constexpr std::string_view kStampMember = "\"obfuscation\":\"";
inline constexpr std::size_t kStampSize = 16;

/// The body of the answer to a request that is not streamed.
std::string_view json_answer_body();

/// That answer with its head.
std::string_view json_answer();

/// The answer to `GET …/models`.
std::string_view models_answer();

/// A streamed answer in the pieces in which it is written: piece 0 holds the head and the
/// first event, the last one `[DONE]` and the end of the body.
struct StreamPiece {
  std::string bytes;
  std::size_t stamp = 0;  ///< offset of the stamp in `bytes`; 0 where there is none
};
std::vector<StreamPiece> stream_answer();

/// CLOCK_MONOTONIC in nanoseconds.
std::uint64_t now_ns();

/// Writes `time` as kStampSize hexadecimal digits.
void write_stamp(char* out, std::uint64_t time);

/// Reads the stamp of one event, 0 where it has none.
std::uint64_t read_stamp(std::string_view event);

}  // namespace ostiary::bench
