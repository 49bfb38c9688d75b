#include "base/clean.h"

#include "base/utf8.h"

namespace ostiary::text {

namespace {

// Characters that are kept: none that steers a terminal, hides, or turns the direction of what follows.
bool is_kept(char32_t c) {
  if (c == '\n') return true;
  if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return false;
  const bool direction = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
                         c == 0x200f || c == 0x061c;
  const bool hidden =
      c == 0x00ad || c == 0x200b || c == 0x2060 || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
  return !direction && !hidden;
}

}  // namespace

std::string clean(std::string_view text, std::size_t most) {
  std::string out;
  bool after_return = false;
  while (!text.empty() && out.size() < most + 4) {
    char32_t c = take_code_point(text);
    if (c == '\n' && after_return) {
      after_return = false;
      continue;
    }
    after_return = c == '\r';
    if (c == '\r' || c == 0x2028 || c == 0x2029) c = '\n';
    if (c == '\t') c = ' ';
    if (is_kept(c) && !(out.empty() && (c == ' ' || c == '\n'))) append_code_point(out, c);
  }
  if (out.size() > most) {
    auto end = most;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0U) == 0x80U) --end;
    out.resize(end);
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
  return out;
}

}  // namespace ostiary::text
