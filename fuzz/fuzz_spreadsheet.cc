#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "files/spreadsheet.h"

// Whatever a table is: what is given keeps to the limits, rows stand in one place each, and what is refused
// says why.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ostiary::files::SpreadsheetLimits limits{.rows = 100,
                                                 .columns = 50,
                                                 .cells = 1000,
                                                 .text_bytes = 64 << 10,
                                                 .cell_bytes = 1000,
                                                 .unpacked_bytes = 1 << 20,
                                                 .sheets = 4};
  const auto book = ostiary::files::read_spreadsheet(bytes, "a", limits);
  if (!book) {
    if (book.error().message.empty()) std::abort();
    return 0;
  }
  std::uint64_t cells = 0, text = 0;
  for (const auto& sheet : book->sheets) {
    if (sheet.rows.size() > limits.rows || sheet.rows.size() != sheet.numbers.size()) std::abort();
    for (const auto& row : sheet.rows) {
      if (row.size() > limits.columns) std::abort();
      for (const auto& cell : row) {
        if (cell.size() > limits.cell_bytes) std::abort();
        if (!cell.empty()) ++cells;
        text += cell.size();
      }
    }
  }
  if (cells > limits.cells || text > limits.text_bytes || book->sheets.size() > limits.sheets) std::abort();
  for (const auto& one : book->partial)
    if (one.text.empty() || !one.path.starts_with('a')) std::abort();
  return 0;
}
