#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "files/partial.h"

namespace ostiary::files {

struct SpreadsheetLimits {
  std::uint64_t rows = 1'000'000;               // of a sheet
  std::uint64_t columns = 16'384;               // of a row
  std::uint64_t cells = 5'000'000;              // of all sheets together
  std::uint64_t text_bytes = 256ULL << 20;      // of all cells together
  std::uint64_t cell_bytes = 1ULL << 20;        // of one cell
  std::uint64_t unpacked_bytes = 512ULL << 20;  // of an XLSX, all that is read of it
  std::uint32_t sheets = 1000;
};

// Cells as texts in UTF-8, without the empty ones at a row's end. Rows in which nothing stands are left out;
// `numbers` says where the others stand. Rows may differ in length.
struct Sheet {
  std::string name;     // of a CSV its file's name
  bool hidden = false;  // people do not see it
  std::vector<std::vector<std::string>> rows;
  std::vector<std::uint64_t> numbers;  // of each row: that of the row, from 1; of a CSV the line it begins on
};

struct Spreadsheet {
  std::string format;    // "csv" or "xlsx"
  std::string encoding;  // of a CSV: "utf-8", "utf-16le", "utf-16be", "windows-1252"
  char delimiter = 0;    // of a CSV
  std::vector<Sheet> sheets;
  std::vector<Partial> partial;  // what was not read
};

// Reads a table that people keep: CSV (RFC 4180 and what programs make of it) or XLSX (ECMA-376), told by the
// bytes. `name` is how the file is shown in `partial`.
//
// CSV: the delimiter is the one of , ; tab and | that divides the first lines most evenly, or the one of a
// line "sep=;". Encodings: UTF-8 and UTF-16 with their marks, UTF-16 without, UTF-8, and Windows-1252 for
// what is no UTF-8. A quote that is never closed is `damaged` and taken for a character, so that what follows
// is still given.
//
// XLSX: shared and inline strings with rich text, numbers as the shortest text that reads back as the same,
// days and times as "2026-11-26" and "2026-11-26 18:00:00" by their number format in either date system,
// "TRUE" and "FALSE", errors as "#N/A", of formulas the value that was last computed. A merged range has its
// text in each of its cells. What is drawn, said in comments or computed by macros is no part of it.
//
// `invalid`: it is neither (an XLS, an ODS, a page, binary); `too_large`: a CSV over `unpacked_bytes`. What
// goes wrong within is in `partial`. Time is linear in what is unpacked, memory is bounded by `limits`.
// Thread-safe.
Result<Spreadsheet> read_spreadsheet(std::string_view bytes, std::string_view name,
                                     const SpreadsheetLimits& limits = {});

}  // namespace ostiary::files
