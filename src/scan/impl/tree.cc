#include "scan/impl/tree.h"

#include <algorithm>
#include <utility>

#include "base/digits.h"
#include "base/text.h"

namespace ostiary::scan {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// `digits` hexadecimal digits at `at`; none: not that many stand there.
bool take_hex(std::string_view s, std::size_t& at, std::size_t digits, std::uint32_t& value) {
  if (at + digits > s.size()) return false;
  std::uint32_t read = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    const char c = s[i];
    const char small = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9')
      read = read << 4 | static_cast<std::uint32_t>(c - '0');
    else if (small >= 'a' && small <= 'f')
      read = read << 4 | static_cast<std::uint32_t>(small - 'a' + 10);
    else
      return false;
  }
  at += digits;
  value = read;
  return true;
}

// Behind `\u`, `\U` or `\x`; half a pair and what is no character is U+FFFD.
void append_code(std::string& out, std::string_view s, std::size_t& at, char mark) {
  const std::size_t digits = mark == 'u' ? 4 : mark == 'U' ? 8 : 2;
  std::uint32_t c = 0;
  if (!take_hex(s, at, digits, c)) {
    out += mark;
    return;
  }
  if (c >= 0xd800 && c < 0xdc00 && s.substr(at).starts_with("\\u")) {
    auto behind = at + 2;
    std::uint32_t low = 0;
    if (take_hex(s, behind, 4, low) && low >= 0xdc00 && low < 0xe000) {
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
      at = behind;
    }
  }
  append_utf8(out, c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c);
}

}  // namespace

std::string unescaped(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t at = 0; at < s.size();) {
    const auto backslash = std::min(s.find('\\', at), s.size());
    out.append(s.substr(at, backslash - at));
    at = backslash + 1;
    if (at >= s.size()) break;
    const char c = s[at++];
    constexpr std::string_view from = "nrtbf0ae", to("\n\r\t\b\f\0\a\x1b", 8);
    if (const auto known = from.find(c); known != std::string_view::npos)
      out += to[known];
    else if (c == 'u' || c == 'U' || c == 'x')
      append_code(out, s, at, c);
    else if (c == '\n' || c == '\r')
      at = std::min(s.find_first_not_of(kBlanks, at), s.size());
    else
      out += c;
  }
  return out;
}

Tree::Tree(std::string_view text, Kind root) : text_(text) {
  nodes_.emplace_back().kind = root;
}

std::uint32_t Tree::add(std::uint32_t parent, Kind kind) {
  if (nodes_.size() >= kMaxNodes) {
    if (!full_) trouble(files::Why::too_many, "more than " + std::to_string(kMaxNodes) + " values");
    full_ = true;
    return 0;
  }
  const auto i = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back().kind = kind;
  auto& above = nodes_[parent];
  if (above.last != 0)
    nodes_[above.last].next = i;
  else
    above.first = i;
  above.last = i;
  return i;
}

Branch Tree::root() const {
  return {this, 0};
}

std::string_view Tree::text_of(std::uint32_t i) const {
  const auto& one = nodes_[i];
  return one.decoded ? std::string_view(decoded_.at(i)) : text_.substr(one.start, one.end - one.start);
}

std::string_view Tree::key_of(std::uint32_t i) const {
  const auto& one = nodes_[i];
  return one.key_decoded ? std::string_view(decoded_keys_.at(i))
                         : text_.substr(one.key_start, one.key_end - one.key_start);
}

void Tree::set_text(std::uint32_t i, std::size_t start, std::size_t end) {
  nodes_[i].start = static_cast<std::uint32_t>(start);
  nodes_[i].end = static_cast<std::uint32_t>(end);
}

void Tree::set_key(std::uint32_t i, std::size_t start, std::size_t end) {
  nodes_[i].key_start = static_cast<std::uint32_t>(start);
  nodes_[i].key_end = static_cast<std::uint32_t>(end);
}

void Tree::set_decoded(std::uint32_t i, std::string text) {
  nodes_[i].decoded = true;
  decoded_[i] = std::move(text);
}

void Tree::set_decoded_key(std::uint32_t i, std::string text) {
  nodes_[i].key_decoded = true;
  decoded_keys_[i] = std::move(text);
}

void Tree::damaged(std::size_t at, std::string_view what) {
  trouble(files::Why::damaged, "byte " + std::to_string(at) + ": " + std::string(what));
}

void Tree::trouble(files::Why why, std::string text) {
  if (std::ranges::none_of(trouble_, [&](const Trouble& one) { return one.why == why; }))
    trouble_.push_back({why, std::move(text)});
}

Branch Branch::operator[](std::string_view name) const {
  for (const auto child : *this)
    if (child.key() == name) return child;
  return {};
}

Branch Branch::like(std::string_view name) const {
  for (const auto child : *this)
    if (text::iequals(child.key(), name)) return child;
  return {};
}

}  // namespace ostiary::scan
