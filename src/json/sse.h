#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ostiary::json {

// One dispatched event of a stream of server-sent events (WHATWG HTML, section 9.2.6). `data` has its lines
// joined with
// "\n"; both views refer to the reader's memory or the fed bytes and live until the next call of next(). They
// are the stream's bytes: nothing has checked that they are UTF-8.
struct SseEvent {
  std::string_view type;  // empty: "message"
  std::string_view data;
  // Offset in the whole stream just behind the event's blank line. Where that line ends with CR LF and the
  // feed ended between the two, the event is dispatched at once and `end` is the place of the LF.
  std::uint64_t end = 0;
};

// Cuts a byte stream into events, however it was split: at any byte, inside CR LF, inside a character. LF, CR
// and CRLF end lines; comments, `id`, `retry` and unknown fields are passed over; a leading byte-order mark
// is dropped; an event without data is not dispatched (but its end counts as settled).
//
//   reader.feed(bytes); while (reader.next(event)) {...}
//
// Call next() until it returns false before the next feed(); the fed bytes must stay valid until then. An
// event that came whole within one feed() is read in place; only an unfinished one is copied. An event of
// more than `max_event` bytes, comments counted, makes overflowed() true: from then on no event comes and
// settled() stays behind the last good one.
class SseReader {
 public:
  explicit SseReader(std::size_t max_event = 16u << 20) : max_event_(max_event) {}
  void feed(std::string_view bytes);
  bool next(SseEvent& event);
  // Bytes of the stream so far up to which everything is settled: just behind the last blank line, or behind
  // the last comment line where no field has come since. What follows belongs to an event that is not
  // finished.
  std::uint64_t settled() const { return settled_; }
  std::uint64_t fed() const { return fed_; }
  bool overflowed() const { return overflowed_; }

 private:
  // A field's value: in place while its line stands whole within the fed bytes, else copied.
  class Field {
   public:
    bool is_set() const { return set_; }
    std::string_view value() const { return in_place_ ? place_ : std::string_view(copy_); }
    void assign(std::string_view value, bool in_place);
    void append_line(std::string_view line, bool in_place);
    void keep();  // before the fed bytes go away
    void reset() { set_ = in_place_ = false, copy_.clear(); }
    void free();  // reset() with the memory

   private:
    std::string_view place_;
    std::string copy_;
    bool set_ = false, in_place_ = false;
  };

  bool take_line(std::string_view& line, bool& in_place);
  void field(std::string_view line, bool in_place);
  void keep_rest();
  void overflow();
  std::uint64_t position() const { return fed_ - input_.size(); }

  std::size_t max_event_;
  std::string_view input_;  // what of the last feed() is not consumed
  std::string pending_;     // the unfinished line
  Field type_, data_;       // of the event that is being read
  std::uint64_t settled_ = 0, fed_ = 0;
  bool at_start_ = true;     // no line has ended yet: a byte-order mark may stand here
  bool open_ = false;        // a field has come since the last blank line
  bool after_cr_ = false;    // the last byte consumed was a CR: an LF belongs to it
  bool dispatched_ = false;  // type_ and data_ are those of the event given out last
  bool overflowed_ = false;
};

}  // namespace ostiary::json
