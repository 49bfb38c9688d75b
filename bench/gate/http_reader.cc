#include "http_reader.h"

#include <charconv>
#include <cstring>

namespace ostiary::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kMaxHead = 64 * 1024;

std::size_t find_head_end(std::string_view text) {
  const void* found = memmem(text.data(), text.size(), kHeadEnd.data(), kHeadEnd.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + kHeadEnd.size();
}

/// True where `line` begins with `name`, whatever the case of its letters, and goes on.
bool has_prefix(std::string_view line, std::string_view name) {
  if (line.size() <= name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char byte = line[i];
    if ((byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte) != name[i]) return false;
  }
  return true;
}

std::string_view trim(std::string_view value) {
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  return value;
}

}  // namespace

void HttpReader::reset() {
  state_ = State::kHead;
  chunked_ = is_get_ = closes_ = false;
  status_ = 0;
  left_ = 0;
  line_size_ = 0;
  partial_.clear();
}

std::size_t HttpReader::feed_head(std::string_view bytes) {
  if (partial_.empty()) {
    const std::size_t end = find_head_end(bytes);
    if (end != std::string_view::npos) {
      parse_head(bytes.substr(0, end));
      return end;
    }
  }
  const std::size_t before = partial_.size();
  partial_.append(bytes);
  const std::size_t end = find_head_end(partial_);
  if (end == std::string_view::npos) {
    if (partial_.size() > kMaxHead) state_ = State::kBad;
    return bytes.size();
  }
  parse_head(std::string_view(partial_).substr(0, end));
  return end - before;
}

void HttpReader::parse_head(std::string_view head) {
  state_ = State::kDone;
  if (head.starts_with("HTTP/1.")) {
    if (head.size() < 13) {
      state_ = State::kBad;
      return;
    }
    std::from_chars(head.data() + 9, head.data() + 12, status_);
  } else {
    is_get_ = head.starts_with('G');
  }
  std::size_t at = head.find('\n') + 1;
  while (at < head.size()) {
    const void* newline = std::memchr(head.data() + at, '\n', head.size() - at);
    const auto end = static_cast<std::size_t>(static_cast<const char*>(newline) - head.data());
    parse_field(head.substr(at, end - at - 1));
    at = end + 1;
  }
  if (state_ == State::kBad) return;
  if (chunked_) {
    state_ = State::kChunkSize;
  } else if (left_ > 0) {
    state_ = State::kData;
  }
}

void HttpReader::parse_field(std::string_view line) {
  if (line.empty()) return;
  const char first = static_cast<char>(line.front() | 0x20);
  if (first != 'c' && first != 't') return;
  if (has_prefix(line, "content-length:")) {
    const std::string_view value = trim(line.substr(15));
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), left_);
    if (error != std::errc() || end != value.data() + value.size()) state_ = State::kBad;
  } else if (has_prefix(line, "transfer-encoding:")) {
    chunked_ = has_prefix(trim(line.substr(18)), "chunke");
  } else if (has_prefix(line, "connection:")) {
    closes_ = has_prefix(trim(line.substr(11)), "clos");
  }
}

// Chunk-size lines, the line end after a chunk, and trailers: everything that is short and
// ends with a newline.
std::size_t HttpReader::feed_framing(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const char byte = bytes[taken++];
    if (byte == '\n') {
      end_framing_line();
      return taken;
    }
    if (byte != '\r' && line_size_ < line_.size()) line_[line_size_++] = byte;
  }
  return taken;
}

void HttpReader::end_framing_line() {
  const std::string_view line(line_.data(), line_size_);
  line_size_ = 0;
  if (state_ == State::kTrailer) {
    if (line.empty()) state_ = State::kDone;
  } else if (state_ == State::kChunkEnd) {
    state_ = line.empty() ? State::kChunkSize : State::kBad;
  } else {
    left_ = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
    if (error != std::errc()) {
      state_ = State::kBad;
    } else {
      state_ = left_ == 0 ? State::kTrailer : State::kData;
    }
  }
}

}  // namespace ostiary::bench
