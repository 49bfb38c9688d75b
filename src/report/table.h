#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::report {

enum class Paint : std::uint8_t { plain, bold, faint, red, green, yellow, blue };

// Columns that a terminal gives to a text: control characters and what combines take none, East Asian wide
// characters and most emoji two (Unicode 15, in ranges). Bytes that are not UTF-8 count as one each.
std::size_t width_of(std::string_view s);
// For a terminal: control characters, what turns the direction of writing and bytes that are not UTF-8 become
// '?'.
std::string printable(std::string_view s);
// At most `width` columns, with "…" where something is left out; at the beginning with `keep_end`.
std::string fitted(std::string_view s, std::size_t width, bool keep_end = false);

struct Column {
  std::string name;  // the heading; all empty: no heading
  bool right = false;
  bool keep_end = false;  // of what is cut, the end stays: paths
  std::size_t least = 0;  // columns that it may be cut to; 0: it is never cut
};

struct Cell {
  std::string text;
  Paint paint = Paint::plain;
};

// Rows in aligned columns, two blanks apart. Where they are wider than `width` the widest of the columns that
// may be cut give way first. Cells are made printable, so that what a file holds cannot steer the terminal.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // Missing cells are empty, what is over the columns is left out.
  void add(std::vector<Cell> row);
  std::string text(std::size_t width, bool colour) const;

 private:
  std::vector<std::size_t> widths(std::size_t width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace ostiary::report
