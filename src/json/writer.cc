#include "json/writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/text.h"
#include "json/impl/bytes.h"

namespace ostiary::json {

namespace {

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  const std::array escape{'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
  out.append(escape.data(), escape.size());
}

// Every byte that is no part of a UTF-8 sequence becomes one U+FFFD.
std::string repaired(std::string_view s) {
  std::string out;
  out.reserve(s.size() + 16);
  const char* const end = s.data() + s.size();
  for (const char* p = s.data(); p != end;) {
    const std::size_t n = impl::utf8_length(p, end);
    if (n == 0)
      out += impl::kReplacement;
    else
      out.append(p, n);
    p += n == 0 ? 1 : n;
  }
  return out;
}

void append_escaped(std::string& out, std::string_view s) {
  const char* run = s.data();
  const char* const end = run + s.size();
  for (;;) {
    const char* const hit = impl::find_special(run, end);
    out.append(run, hit);
    if (hit == end) return;
    append_escape(out, *hit);
    run = hit + 1;
  }
}

template <class Integer>
void append_integer(std::string& out, Integer value) {
  std::array<char, 24> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), written.ptr);
}

}  // namespace

void append_string(std::string& out, std::string_view s) {
  out += '"';
  if (impl::is_ascii(s) || text::is_utf8(s))
    append_escaped(out, s);
  else
    append_escaped(out, repaired(s));
  out += '"';
}

std::string quoted(std::string_view s) {
  std::string out;
  out.reserve(s.size() + 2);
  append_string(out, s);
  return out;
}

// Number::toString of ECMA-262: the shortest digits that read back as `value`, laid out by the size of the
// exponent.
void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  if (value == 0) {
    out += '0';
    return;
  }
  std::array<char, 32> buffer;  // [-]d[.ddd]e[+-]dd
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const char* p = buffer.data();
  if (*p == '-') out += *p++;
  const auto* const mark =
      static_cast<const char*>(std::memchr(p, 'e', static_cast<std::size_t>(written.ptr - p)));
  int exponent = 0;
  std::from_chars(mark[1] == '+' ? mark + 2 : mark + 1, written.ptr, exponent);

  std::array<char, 20> digit_buffer;
  digit_buffer[0] = *p;
  const auto count = mark == p + 1 ? 1 : static_cast<int>(mark - p) - 1;
  std::memcpy(digit_buffer.data() + 1, p + 2, static_cast<std::size_t>(count) - 1);
  const std::string_view digits(digit_buffer.data(), static_cast<std::size_t>(count));

  const int point = exponent + 1;  // place of the decimal point, counted from the first digit
  const auto zeros = [&](int n) { out.append(static_cast<std::size_t>(n), '0'); };
  if (count <= point && point <= 21) {
    out += digits;
    zeros(point - count);
  } else if (0 < point && point <= 21) {
    out += digits.substr(0, static_cast<std::size_t>(point));
    out += '.';
    out += digits.substr(static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out += "0.";
    zeros(-point);
    out += digits;
  } else {
    out += digits[0];
    if (count > 1) (out += '.') += digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    append_integer(out, exponent < 0 ? -exponent : exponent);
  }
}

void append_number(std::string& out, std::uint64_t value) {
  append_integer(out, value);
}
void append_number(std::string& out, std::int64_t value) {
  append_integer(out, value);
}

void Writer::comma() {
  if (!first_) out_ += ',';
  first_ = false;
}

void Writer::begin_object() {
  comma();
  out_ += '{';
  first_ = true;
}

void Writer::end_object() {
  out_ += '}';
  first_ = false;
}

void Writer::begin_array() {
  comma();
  out_ += '[';
  first_ = true;
}

void Writer::end_array() {
  out_ += ']';
  first_ = false;
}

void Writer::key(std::string_view name) {
  comma();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  first_ = true;  // the value brings no comma
}

void Writer::string(std::string_view s) {
  comma();
  append_string(out_, s);
}

void Writer::number(std::uint64_t v) {
  comma();
  append_integer(out_, v);
}

void Writer::number(std::int64_t v) {
  comma();
  append_integer(out_, v);
}

void Writer::number(double v) {
  comma();
  append_number(out_, v);
}

void Writer::boolean(bool v) {
  comma();
  out_ += v ? "true" : "false";
}

void Writer::null() {
  comma();
  out_ += "null";
}

void Writer::raw(std::string_view json) {
  comma();
  out_ += json;
}

}  // namespace ostiary::json
