#include "report/csv.h"

#include <algorithm>

namespace ostiary::report {

namespace {

bool is_number(std::string_view cell) {
  if (cell.starts_with('-')) cell.remove_prefix(1);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !cell.empty() && digit(cell.front()) && digit(cell.back()) && std::ranges::count(cell, '.') <= 1 &&
         std::ranges::all_of(cell, [&](char c) { return digit(c) || c == '.'; });
}

bool is_formula(std::string_view cell) {
  constexpr std::string_view kStarts = "=+-@\t\r";
  return !cell.empty() && kStarts.contains(cell.front()) && !is_number(cell);
}

void append_cell(std::string& out, std::string_view cell) {
  const bool formula = is_formula(cell);
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    if (formula) out += '\'';
    out += cell;
    return;
  }
  out += formula ? "\"'" : "\"";
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string csv_record(std::span<const std::string> cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    append_cell(out, cells[i]);
  }
  return out + "\r\n";
}

}  // namespace ostiary::report
