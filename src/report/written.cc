#include "report/impl/written.h"

#include <fmt/format.h>
#include <iterator>

namespace ostiary::report {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned char byte_at(std::string_view s, std::size_t at) {
  return at < s.size() ? static_cast<unsigned char>(s[at]) : 0;
}

bool between(unsigned char c, unsigned char low, unsigned char high) {
  return c >= low && c <= high;
}

}  // namespace

std::size_t utf8_length(std::string_view s, std::size_t at) {
  const auto first = byte_at(s, at), second = byte_at(s, at + 1);
  const auto follows = [&](std::size_t i) { return between(byte_at(s, at + i), 0x80, 0xbf); };
  if (at >= s.size()) return 0;
  if (first < 0x80) return 1;
  if (between(first, 0xc2, 0xdf)) return follows(1) ? 2 : 0;
  if (between(first, 0xe0, 0xef)) {
    const bool good = between(second, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    return good && follows(2) ? 3 : 0;
  }
  if (!between(first, 0xf0, 0xf4)) return 0;
  const bool good = between(second, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
  return good && follows(2) && follows(3) ? 4 : 0;
}

void append_json(std::string& out, std::string_view s) {
  out += '"';
  for (std::size_t at = 0; at < s.size();) {
    const auto length = utf8_length(s, at);
    const auto c = byte_at(s, at);
    if (length == 0) {
      out += kReplacement;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += s[at];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    } else {
      out += s.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  out += '"';
}

void append_xml(std::string& out, std::string_view s) {
  for (std::size_t at = 0; at < s.size();) {
    const auto length = utf8_length(s, at);
    const auto c = byte_at(s, at);
    const bool no_character = s.substr(at, 3) == "\xEF\xBF\xBE" || s.substr(at, 3) == "\xEF\xBF\xBF";
    if (length == 0 || no_character || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) {
      out += kReplacement;
    } else if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\t' || c == '\n' || c == '\r') {
      fmt::format_to(std::back_inserter(out), "&#{};", c);
    } else {
      out += s.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
}

void append_uri(std::string& out, std::string_view path) {
  constexpr std::string_view kUnreserved = "-._~/!";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = between(byte | 0x20, 'a', 'z') || between(byte, '0', '9') || kUnreserved.contains(c);
    if (plain) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
    }
  }
}

void JsonText::comma() {
  if (!out_.empty() && out_.back() != '{' && out_.back() != '[' && out_.back() != ':') out_ += ',';
}

JsonText& JsonText::open(char bracket) {
  comma();
  out_ += bracket;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  out_ += bracket;
  return *this;
}

JsonText& JsonText::name(std::string_view name) {
  comma();
  append_json(out_, name);
  out_ += ':';
  return *this;
}

JsonText& JsonText::value(std::string_view s) {
  comma();
  append_json(out_, s);
  return *this;
}

JsonText& JsonText::value(std::uint64_t n) {
  comma();
  out_ += std::to_string(n);
  return *this;
}

JsonText& JsonText::value(bool b) {
  comma();
  out_ += b ? "true" : "false";
  return *this;
}

JsonText& JsonText::number(std::string_view n, std::string_view digits) {
  name(n);
  out_ += digits;
  return *this;
}

JsonText& JsonText::texts(std::string_view n, const std::vector<std::string>& all) {
  if (all.empty()) return *this;
  name(n).open('[');
  for (const auto& one : all) value(std::string_view(one));
  return close(']');
}

}  // namespace ostiary::report
