#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostiary::report {

// Length in bytes of the UTF-8 sequence at `at` (RFC 3629); 0 where there is none.
std::size_t utf8_length(std::string_view s, std::size_t at);

// As a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view s);
// As text or attribute of XML 1.0. What XML cannot hold becomes U+FFFD.
void append_xml(std::string& out, std::string_view s);
// A path of any bytes as a relative URI reference (RFC 3986): '/' stays, what is not unreserved is escaped.
void append_uri(std::string& out, std::string_view path);

// JSON with its commas put by itself.
class JsonText {
 public:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  JsonText& name(std::string_view name);
  JsonText& value(std::string_view s);
  JsonText& value(const char* s) { return value(std::string_view(s)); }
  JsonText& value(std::uint64_t n);
  JsonText& value(bool b);
  JsonText& member(std::string_view n, const auto& v) { return name(n).value(v); }
  // A number as it is written.
  JsonText& number(std::string_view n, std::string_view digits);
  // A text; an empty one is left out.
  JsonText& text(std::string_view n, std::string_view s) { return s.empty() ? *this : member(n, s); }
  // An array of texts; an empty one is left out.
  JsonText& texts(std::string_view n, const std::vector<std::string>& all);
  std::string take() { return std::move(out_); }

 private:
  void comma();
  std::string out_;
};

}  // namespace ostiary::report
