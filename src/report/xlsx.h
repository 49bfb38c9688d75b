#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"

// Workbooks of Office Open XML (ECMA-376, transitional), as spreadsheets read them.
namespace ostiary::report {

// A day, written as one, in UTC. Days before 1900-03-01 and after 9999-12-31 are written as text.
struct XlsxDate {
  WallMs day = 0;
};
// A text that opens `url` (http or https, at most 2,079 bytes; anything else is a text only).
struct XlsxLink {
  std::string text, url;
};
// Nothing, a text, a number (one that is not finite is an empty cell), a yes or no, a day, a link. A text is
// never a formula, whatever it begins with.
using XlsxCell = std::variant<std::monostate, std::string, double, bool, XlsxDate, XlsxLink>;

struct XlsxSheet {
  // Made unique, cut to 31 characters and freed of []:*?/\ where it must be.
  std::string name;
  std::vector<std::string> header;  // the first row: bold, frozen, with a filter; empty: there is none
  std::vector<double> widths;       // of columns, in characters; what is not given is found from the texts
  std::vector<std::vector<XlsxCell>> rows;
};

// The file's bytes. The same sheets give the same bytes. A text over the 32,767 characters that a cell may
// hold (in UTF-16 units) is cut and ends in "…"; what XML cannot hold becomes U+FFFD. `too_large` over the
// 1,048,576 rows or 16,384 columns of a sheet; `invalid` without a sheet. Thread-safe.
Result<std::string> xlsx(const std::vector<XlsxSheet>& sheets);

}  // namespace ostiary::report
