#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ostiary::json {

// One dispatched event of a stream of server-sent events (WHATWG HTML, section 9.2.6). `data` has its lines joined with
// "\n"; it refers to the reader's memory or the fed bytes and lives until the next call of next().
struct SseEvent {
  std::string_view type;  // empty: "message"
  std::string_view data;
  std::uint64_t end = 0;  // offset in the whole stream just behind the event's blank line
};

// Cuts a byte stream into events, however it was split: at any byte, inside CR LF, inside a character. LF, CR and CRLF
// end lines; comments, `id`, `retry` and unknown fields are passed over; a leading byte-order mark is dropped; an event
// without data is not dispatched (but its end counts as settled).
//
//   reader.feed(bytes); while (auto e = reader.next(event)) {...}
//
// The fed bytes must stay valid until next() has returned false. An event that came whole within one feed() is read in
// place; only an unfinished one is copied, at most `max_event` bytes: over that, overflowed() stays true.
class SseReader {
 public:
  explicit SseReader(std::size_t max_event = 16u << 20) : max_event_(max_event) {}
  void feed(std::string_view bytes);
  bool next(SseEvent& event);
  // Bytes of the stream so far up to which everything is settled: just behind the last blank line (or comment block)
  // seen. What follows belongs to an event that is not finished.
  std::uint64_t settled() const { return settled_; }
  std::uint64_t fed() const { return fed_; }
  bool overflowed() const { return overflowed_; }

 private:
  std::size_t max_event_;
  std::string_view input_;   // what of the last feed() is not consumed
  std::string pending_;      // the unfinished line(s) of earlier feeds
  std::string data_;         // joined data of the event being dispatched
  std::uint64_t settled_ = 0, fed_ = 0;
  bool overflowed_ = false;
};

}  // namespace ostiary::json
