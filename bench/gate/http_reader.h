#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ostiary::bench {

/// Reads the HTTP/1.1 messages of one connection, one after another: finds the end of the
/// head, then takes the body by Content-Length or chunked coding (RFC 9112). It trusts its
/// peer as a benchmark may: it checks framing, not header syntax. Not thread safe.
class HttpReader {
 public:
  /// Starts over with the next message; what was read of the last one is forgotten.
  void reset();

  /// Takes bytes up to the end of the current message and passes each piece of body to
  /// `sink(std::string_view)`. Returns how many bytes it took: all of them unless the
  /// message ended or turned out broken.
  template <class Sink>
  std::size_t feed(std::string_view bytes, Sink&& sink) {
    std::size_t taken = 0;
    if (state_ == State::kHead) taken = feed_head(bytes);
    while (taken < bytes.size() && state_ != State::kDone && state_ != State::kBad) {
      const std::string_view rest = bytes.substr(taken);
      if (state_ == State::kData) {
        const std::size_t size = rest.size() < left_ ? rest.size() : static_cast<std::size_t>(left_);
        sink(rest.substr(0, size));
        taken += size;
        left_ -= size;
        if (left_ == 0) state_ = chunked_ ? State::kChunkEnd : State::kDone;
      } else {
        taken += feed_framing(rest);
      }
    }
    return taken;
  }

  bool in_head() const { return state_ == State::kHead; }
  bool done() const { return state_ == State::kDone; }
  bool bad() const { return state_ == State::kBad; }
  /// True once any byte of the current message was read.
  bool begun() const { return state_ != State::kHead || !partial_.empty(); }
  /// The status code of a response, 0 in a request.
  int status() const { return status_; }
  /// True for a request whose method begins with G.
  bool is_get() const { return is_get_; }
  /// True when the message's sender closes the connection after it.
  bool closes() const { return closes_; }

 private:
  enum class State : std::uint8_t { kHead, kData, kChunkSize, kChunkEnd, kTrailer, kDone, kBad };

  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_framing(std::string_view bytes);
  void parse_head(std::string_view head);
  void parse_field(std::string_view line);
  void end_framing_line();

  State state_ = State::kHead;
  bool chunked_ = false;
  bool is_get_ = false;
  bool closes_ = false;
  int status_ = 0;
  std::uint64_t left_ = 0;
  std::uint8_t line_size_ = 0;
  std::array<char, 32> line_{};
  std::string partial_;
};

}  // namespace ostiary::bench
