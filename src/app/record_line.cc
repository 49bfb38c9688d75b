#include "app/impl/record_line.h"

#include <array>
#include <fmt/format.h>

#include "json/document.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kColumns = 9;
constexpr std::array<std::size_t, kColumns> kWidths = {19, 11, 10, 12, 20,
                                                       4,  11, 8,  0};  // 0: as wide as it is
constexpr std::array<bool, kColumns> kRight = {false, false, false, false, false, true, true, true, false};
using Cells = std::array<std::string, kColumns>;

std::string padded(const std::string& cell, std::size_t column) {
  const auto width = kWidths[column];
  if (width == 0) return cell;
  const auto have = width_of(cell);
  return kRight[column] && have < width ? std::string(width - have, ' ') + cell : fitted(cell, width);
}

std::string text_of(json::Value value) {
  return printable(value.string_or(""));
}

// "12 → 34", with what is not known as "·"; nothing where neither is.
std::string tokens_of(json::Value usage) {
  const auto in = usage["input"].as_uint(), out = usage["output"].as_uint();
  const auto part = [](const std::optional<std::uint64_t>& n) { return n ? std::to_string(*n) : "·"; };
  return in || out ? part(in) + " → " + part(out) : "";
}

std::string milliseconds_of(json::Value micros) {
  const auto n = micros.as_uint();
  return n ? fmt::format("{:.1f}", static_cast<double>(*n) / 1000) : "";
}

std::string painted(const std::string& word, const std::string& padded_word, const Style& style) {
  if (word == "complete") return style.green(padded_word);
  if (word == "refused" || word == "cancelled" || word == "truncated") return style.yellow(padded_word);
  if (word == "failed" || word == "recovery") return style.red(padded_word);
  return word == "intent" ? style.faint(padded_word) : padded_word;
}

Cells cells_of(json::Value record) {
  Cells cells;
  const auto at = text_of(record["at"]);
  if (at.size() >= 19) cells[0] = at.substr(0, 10) + " " + at.substr(11, 8);
  const auto kind = text_of(record["kind"]);
  cells[1] = kind;
  cells[2] = text_of(record["team"]);
  cells[3] = text_of(record["service"]);
  cells[4] = text_of(record["model"]);
  cells[8] = text_of(record["id"]);
  if (kind == "outcome") {
    cells[1] = text_of(record["outcome"]);
    const auto status = record["status"].as_uint();
    if (status && *status != 0) cells[5] = std::to_string(*status);
    cells[6] = tokens_of(record["usage"]);
    cells[7] = milliseconds_of(record["timings"]["total"]);
    if (const auto error = text_of(record["error"]); !error.empty()) cells[8] += "  " + error;
  } else if (kind == "change") {
    cells[1] = text_of(record["action"]);
    cells[2] = text_of(record["detail"]["team"]);
    cells[8] = text_of(record["what"]);
  } else if (kind == "recovery") {
    cells[8] = fmt::format("{} bytes of a torn tail were cut", record["bytes_cut"].as_uint().value_or(0));
  }
  return cells;
}

std::string joined(const Cells& cells, const Style& style) {
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const auto cell = padded(cells[i], i);
    if (i > 0) line += "  ";
    line += i == 1 ? painted(cells[i], cell, style) : i == 0 || i == 8 ? style.faint(cell) : cell;
  }
  return line + '\n';
}

}  // namespace

std::string record_line(std::string_view record, const Style& style) {
  const auto document = json::Document::parse(record);
  if (!document) return printable(record) + "\n";
  return joined(cells_of(document->root()), style);
}

std::string record_heading(const Style& style) {
  const Cells names = {"TIME (UTC)", "WHAT", "TEAM", "SERVICE", "MODEL", "HTTP", "TOKENS", "MS", "ID"};
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) line += (i > 0 ? "  " : "") + padded(names[i], i);
  return style.bold(line) + "\n";
}

}  // namespace ostiary::app
