#include "json/sse.h"

#include <cassert>

#include "json/impl/bytes.h"

namespace ostiary::json {

void SseReader::Field::assign(std::string_view value, bool in_place) {
  set_ = true;
  in_place_ = in_place;
  if (in_place)
    place_ = value;
  else
    copy_ = value;
}

void SseReader::Field::append_line(std::string_view line, bool in_place) {
  if (!set_) return assign(line, in_place);
  keep();
  copy_ += '\n';
  copy_ += line;
}

void SseReader::Field::keep() {
  if (!in_place_) return;
  copy_ = place_;
  in_place_ = false;
}

void SseReader::Field::free() {
  set_ = in_place_ = false;
  std::string().swap(copy_);
}

void SseReader::feed(std::string_view bytes) {
  assert(input_.empty());
  if (after_cr_ && !bytes.empty()) {
    after_cr_ = false;
    if (bytes.front() == '\n') {
      if (settled_ == fed_) ++settled_;
      ++fed_;
      bytes.remove_prefix(1);
    }
  }
  fed_ += bytes.size();
  if (!overflowed_) input_ = bytes;
}

bool SseReader::next(SseEvent& event) {
  if (dispatched_) {
    dispatched_ = false;
    type_.reset();
    data_.reset();
  }
  std::string_view line;
  bool in_place = false;
  while (take_line(line, in_place)) {
    const bool blank = line.empty();
    if (!blank) field(line, in_place);
    if (!in_place) pending_.clear();
    if (!blank) continue;
    settled_ = position();
    open_ = false;
    if (data_.is_set()) {
      event = {type_.value(), data_.value(), settled_};
      dispatched_ = true;
      return true;
    }
    type_.reset();
  }
  keep_rest();
  return false;
}

// The next line that has its end, without it. It stands in the fed bytes or, where it began in an earlier
// feed, in `pending_`.
bool SseReader::take_line(std::string_view& line, bool& in_place) {
  const char* const begin = input_.data();
  const char* const end = begin + input_.size();
  const char* const stop = impl::find_line_end(begin, end);
  if (stop == end) return false;
  if (fed_ - static_cast<std::uint64_t>(end - stop) - settled_ > max_event_) {
    overflow();
    return false;
  }
  line = {begin, static_cast<std::size_t>(stop - begin)};
  in_place = pending_.empty();
  if (!in_place) line = pending_.append(line);
  const char* behind = stop + 1;
  if (*stop == '\r') {
    after_cr_ = behind == end;
    if (!after_cr_ && *behind == '\n') ++behind;
  }
  input_.remove_prefix(static_cast<std::size_t>(behind - begin));
  if (at_start_ && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  at_start_ = false;
  return true;
}

// A line that is not blank; `in_place` tells whether it stands in the fed bytes.
void SseReader::field(std::string_view line, bool in_place) {
  if (line.front() == ':') {
    if (!open_) settled_ = position();
    return;
  }
  open_ = true;
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data")
    data_.append_line(value, in_place);
  else if (name == "event")
    type_.assign(value, in_place);
}

// What is left of the fed bytes is an unfinished line; it and the event's fields outlive them as copies.
void SseReader::keep_rest() {
  type_.keep();
  data_.keep();
  if (input_.empty()) return;
  if (fed_ - settled_ > max_event_) return overflow();
  pending_.append(input_);
  input_ = {};
}

void SseReader::overflow() {
  overflowed_ = true;
  input_ = {};
  std::string().swap(pending_);
  type_.free();
  data_.free();
}

}  // namespace ostiary::json
