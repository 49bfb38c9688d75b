#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/spreadsheet.h"

namespace ostiary::files {

// Takes rows into sheets while the limits allow it, and says what did not go in.
class SheetTaker {
 public:
  SheetTaker(const SpreadsheetLimits& limits, std::vector<Partial>& partial)
      : limits_(limits), partial_(partial) {}
  // Goes on with another sheet, shown as `place`.
  void begin(Sheet& sheet, std::string place);
  // Makes a cell fit its limit.
  void fit(std::string& cell, std::uint64_t row);
  // False: no more rows are taken. A row without text is left out.
  bool take(std::vector<std::string> cells, std::uint64_t row);
  // Leave to put one more text into a row that was taken.
  bool may_add(std::size_t bytes);
  void too_wide();
  bool full() const { return full_; }

 private:
  bool stop(Why why, std::string text);

  const SpreadsheetLimits& limits_;
  std::vector<Partial>& partial_;
  Sheet* sheet_ = nullptr;
  std::string place_;
  std::uint64_t cells_ = 0, bytes_ = 0;
  std::uint32_t long_cells_ = 0;  // of this sheet
  bool wide_ = false;             // told of this sheet
  bool full_ = false;             // of all sheets
};

// "A" is 0.
std::string column_letters(std::uint64_t column);

Result<Spreadsheet> read_csv(std::string_view bytes, std::string_view name, const SpreadsheetLimits& limits);
Result<Spreadsheet> read_xlsx(std::string_view bytes, std::string_view name, const SpreadsheetLimits& limits);

// Text of a CSV in UTF-8, and which encoding it was. `damaged`: some of it was no text of that encoding.
struct DecodedText {
  std::string encoding;
  std::string text;
  bool damaged = false;
};
DecodedText decoded_text(std::string_view bytes);

// What the cells of an XLSX are, from its number formats (ECMA-376, 18.8.30 and 18.8.31).
enum class NumberKind : std::uint8_t { number, date, time, date_time };
NumberKind number_kind_of(std::uint32_t format);          // one that every program knows
NumberKind number_kind_of(std::string_view format_code);  // "yyyy\-mm\-dd"
// A number as a text; `in_1904`: days are counted from 1904.
std::string number_text(double value, NumberKind kind, bool in_1904);

}  // namespace ostiary::files
