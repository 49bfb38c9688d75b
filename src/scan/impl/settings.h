#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostiary::scan {

// A value as it is meant, and where its bytes stand.
class Value {
 public:
  // As it is written.
  Value(std::string_view text, std::uint64_t start) : view_(text), start_(start) {}
  // What stood between quotes: `quote` doubled (YAML's single quotes) or behind a backslash is one.
  static Value unescaped(std::string_view raw, std::uint64_t start, char quote, bool backslashes);
  // Lines that are one, a blank for each line end.
  static Value folded(std::string_view raw, std::uint64_t start);

  std::string_view text() const { return copied_ ? std::string_view(copy_) : view_; }
  std::uint64_t at(std::size_t index) const;
  std::uint64_t end() const { return at(text().size()); }

 private:
  std::string_view view_;
  std::uint64_t start_;
  std::string copy_;
  bool copied_ = false;
  // From index first on, bytes stand at second.
  std::vector<std::pair<std::size_t, std::uint64_t>> runs_;
};

// One value of a file of settings. Views are valid during the call.
struct Setting {
  const std::vector<std::string_view>&
      path;  // keys from the outside in; the last is the value's own, or its list's
  const Value& value;
  bool item = false;        // of a list
  std::uint64_t group = 0;  // differs between the items of a list that hold keys and values
  std::string_view key() const { return path.empty() ? std::string_view() : path.back(); }
};
using OnSetting = std::function<void(const Setting&)>;

// Readers that take whatever comes: what is no value of the format is passed over. Linear; memory is bounded
// by the longest value, and keys deeper than kDeepestKey are those of the level above.
inline constexpr std::size_t kDeepestKey = 64;
// YAML as people write it: blocks, flows, scalars of every kind, anchors and tags passed over, lines of
// templates too.
void read_yaml(std::string_view text, const OnSetting& on);
// JSON with or without comments, HCL, Bicep: strings, words and braces, `:` or `=` behind keys.
void read_braces(std::string_view text, const OnSetting& on);
// INI, TOML, .properties, environment files, units of systemd.
void read_lines(std::string_view text, const OnSetting& on);
// Elements and attributes; of an attribute `value` the key is what `key` or `name` beside it says.
void read_xml(std::string_view text, const OnSetting& on);

// For the readers: the values of a text in braces that begins at `from`, below `path`; returns where it is
// closed, or npos.
std::size_t read_flow(std::string_view text, std::size_t from, std::uint64_t base,
                      std::vector<std::string_view> path, const OnSetting& on);

}  // namespace ostiary::scan
