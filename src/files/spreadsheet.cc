#include "files/spreadsheet.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.h"
#include "files/impl/spreadsheet_parts.h"

namespace ostiary::files {

namespace {

using std::string_view_literals::operator""sv;

bool blank(const std::string& cell) {
  return cell.find_first_not_of(" \t\r\n") == std::string::npos;
}

std::string_view other_format(std::string_view bytes) {
  if (bytes.starts_with("\xd0\xcf\x11\xe0"sv))
    return "this is a spreadsheet from before 2007, or one with a password; save it as XLSX without one";
  if (bytes.starts_with("%PDF"sv)) return "this is a PDF; export the table as XLSX or CSV";
  const auto head = text::lower(text::trim(bytes.substr(0, 256)));
  for (const auto start : {"<html"sv, "<!doctype"sv, "<table"sv, "<?xml"sv})
    if (head.starts_with(start)) return "this is a page or XML with a spreadsheet's name; save it as XLSX";
  return {};
}

}  // namespace

void SheetTaker::begin(Sheet& sheet, std::string place) {
  sheet_ = &sheet;
  place_ = std::move(place);
  long_cells_ = 0;
  wide_ = false;
}

bool SheetTaker::stop(Why why, std::string text) {
  partial_.push_back({place_, why, std::move(text)});
  return false;
}

void SheetTaker::fit(std::string& cell, std::uint64_t row) {
  constexpr std::uint32_t told = 10;
  if (cell.size() <= limits_.cell_bytes) return;
  auto end = limits_.cell_bytes;
  while (end > 0 && (static_cast<unsigned char>(cell[end]) & 0xc0) == 0x80) --end;
  cell.resize(end);
  if (++long_cells_ <= told)
    stop(Why::too_large,
         fmt::format("a cell of row {} is cut after {}", row, text::format_bytes(limits_.cell_bytes)));
}

void SheetTaker::too_wide() {
  if (std::exchange(wide_, true)) return;
  stop(Why::too_many,
       fmt::format("cells behind column {} are not read", column_letters(limits_.columns - 1)));
}

bool SheetTaker::may_add(std::size_t bytes) {
  if (full_) return false;
  cells_ += 1;
  bytes_ += bytes;
  if (cells_ <= limits_.cells && bytes_ <= limits_.text_bytes) return true;
  full_ = true;
  return cells_ > limits_.cells
             ? stop(Why::too_many, fmt::format("more than {} cells; the rest is not read", limits_.cells))
             : stop(Why::too_large, fmt::format("more than {} of text; the rest is not read",
                                                text::format_bytes(limits_.text_bytes)));
}

bool SheetTaker::take(std::vector<std::string> cells, std::uint64_t row) {
  if (full_) return false;
  while (!cells.empty() && blank(cells.back())) cells.pop_back();
  if (cells.empty()) return true;
  if (sheet_->rows.size() >= limits_.rows)
    return stop(Why::too_many, fmt::format("more than {} rows; the rest is not read", limits_.rows));
  for (const auto& cell : cells)
    if (!may_add(cell.size())) return false;
  sheet_->rows.push_back(std::move(cells));
  sheet_->numbers.push_back(row);
  return true;
}

std::string column_letters(std::uint64_t column) {
  std::string out;
  for (++column; column > 0; column = (column - 1) / 26)
    out.insert(out.begin(), static_cast<char>('A' + (column - 1) % 26));
  return out;
}

Result<Spreadsheet> read_spreadsheet(std::string_view bytes, std::string_view name,
                                     const SpreadsheetLimits& limits) {
  if (const auto why = other_format(bytes); !why.empty())
    return fail(Code::invalid, std::string(why), std::string(name));
  const bool zip = bytes.starts_with("PK\3\4"sv) || bytes.starts_with("PK\5\6"sv);
  return zip ? read_xlsx(bytes, name, limits) : read_csv(bytes, name, limits);
}

}  // namespace ostiary::files
