#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ostiary::json {

// Appends a JSON string with its quotes, least escapes (RFC 8785 section 3.2.2.2). Bytes that are not UTF-8
// become U+FFFD, so that the output is always valid.
void append_string(std::string& out, std::string_view s);
std::string quoted(std::string_view s);
void append_number(std::string& out, double value);  // ECMAScript's shortest form; not finite: null
void append_number(std::string& out, std::uint64_t value);
void append_number(std::string& out, std::int64_t value);

// Writes one document forward, commas by itself. The caller keeps members in sorted order where canonical
// form is asked for (the writer adds no blanks, so sorted members make RFC 8785 output).
//   Writer w(out); w.begin_object(); w.member("id", "x"); w.key("usage"); w.begin_object(); ...
//   w.end_object();
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);  // plain ASCII without quotes or backslashes: names of ours
  void string(std::string_view s);
  void number(std::uint64_t v);
  void number(std::int64_t v);
  void number(double v);
  void boolean(bool v);
  void null();
  void raw(std::string_view json);  // a valid value, as it is

  void member(std::string_view name, std::string_view s) { key(name), string(s); }
  void member(std::string_view name, const char* s) { key(name), string(s); }
  void member(std::string_view name, std::uint64_t v) { key(name), number(v); }
  void member(std::string_view name, std::uint32_t v) { key(name), number(std::uint64_t{v}); }
  void member(std::string_view name, std::int64_t v) { key(name), number(v); }
  void member(std::string_view name, double v) { key(name), number(v); }
  void member(std::string_view name, bool v) { key(name), boolean(v); }
  template <class T>
  void member_or_null(std::string_view name, const std::optional<T>& v) {
    if (v)
      member(name, *v);
    else
      key(name), null();
  }

 private:
  void comma();
  std::string& out_;
  bool first_ = true;
};

}  // namespace ostiary::json
