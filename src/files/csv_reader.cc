#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <optional>

#include "base/text.h"
#include "files/impl/spreadsheet_parts.h"

namespace ostiary::files {

namespace {

constexpr std::array<char, 4> kDelimiters{',', ';', '\t', '|'};

// Records of RFC 4180 with what programs make of them: any line end, blanks before a quote, text behind one.
class CsvRecords {
 public:
  CsvRecords(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}
  // The next record into `cells`; false at the end.
  bool next(std::vector<std::string>& cells, std::uint64_t most_columns);
  std::uint64_t line() const { return line_; }  // on which the last record began
  bool wide() const { return wide_; }           // it had more columns, which are left out
  // The line of a record with a quote that nothing closes, taken for a character; 0: there was none.
  std::uint64_t open_quote() const { return open_quote_; }

 private:
  bool quoted(std::string& cell);
  void plain(std::string& cell);
  std::uint64_t lines_in(std::size_t from, std::size_t to) const;

  std::string_view text_;
  char delimiter_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 0, next_line_ = 1, open_quote_ = 0;
  std::uint32_t rewinds_ = 0;
  bool quotes_ = true, wide_ = false;
};

std::uint64_t CsvRecords::lines_in(std::size_t from, std::size_t to) const {
  std::uint64_t out = 0;
  for (auto at = from; at < to; ++at)
    if (text_[at] == '\n' || (text_[at] == '\r' && (at + 1 == text_.size() || text_[at + 1] != '\n'))) ++out;
  return out;
}

// A quoted part, from its quote on; false where none is closed any more. As each such quote is looked for to
// the end of the text, it is done a few times only.
bool CsvRecords::quoted(std::string& cell) {
  constexpr std::uint32_t most_rewinds = 8;
  const auto from = at_++;
  for (;;) {
    const auto end = text_.find('"', at_);
    if (end == std::string_view::npos) break;
    cell += text_.substr(at_, end - at_);
    at_ = end + 1;
    if (at_ >= text_.size() || text_[at_] != '"') return true;
    cell += '"';
    ++at_;
  }
  cell.clear();
  at_ = from;
  if (open_quote_ == 0) open_quote_ = line_;
  if (++rewinds_ >= most_rewinds) quotes_ = false;
  return false;
}

// Up to the delimiter or the end of the line.
void CsvRecords::plain(std::string& cell) {
  const std::array<char, 3> ends{delimiter_, '\n', '\r'};
  const auto end =
      std::min(text_.find_first_of(std::string_view(ends.data(), ends.size()), at_), text_.size());
  cell += text_.substr(at_, end - at_);
  at_ = end;
}

bool CsvRecords::next(std::vector<std::string>& cells, std::uint64_t most_columns) {
  cells.clear();
  wide_ = false;
  if (at_ >= text_.size()) return false;
  line_ = next_line_;
  const auto began = at_;
  for (;;) {
    std::string cell;
    const auto first = std::min(text_.find_first_not_of(' ', at_), text_.size());
    if (quotes_ && first < text_.size() && text_[first] == '"') {
      const auto before = std::exchange(at_, first);
      if (!quoted(cell)) at_ = before;
    }
    std::string behind;
    plain(behind);
    if (cell.empty() || !text::trim(behind).empty()) cell += behind;
    if (cells.size() < most_columns) {
      cells.push_back(std::move(cell));
    } else {
      wide_ = true;
    }
    if (at_ >= text_.size() || text_[at_] != delimiter_) break;
    ++at_;
  }
  if (at_ < text_.size()) at_ += text_.substr(at_).starts_with("\r\n") ? 2 : 1;
  next_line_ += lines_in(began, at_);
  return true;
}

// How well a delimiter divides the first records: in as many columns as possible, each in as many, the first
// of them among those that are divided.
double evenness(std::string_view head, char delimiter) {
  constexpr std::size_t looked_at = 50;
  constexpr double lonely_header = 0.3;
  CsvRecords records(head, delimiter);
  std::vector<std::string> cells;
  std::map<std::size_t, std::size_t> counts;
  std::size_t all = 0;
  bool header = false;
  while (all < looked_at && records.next(cells, 1000)) {
    if (std::ranges::all_of(cells, [](const auto& cell) { return text::trim(cell).empty(); })) continue;
    if (all++ == 0) header = cells.size() > 1;
    ++counts[cells.size()];
  }
  double best = 0;
  for (const auto& [columns, times] : counts)
    best = std::max(best,
                    static_cast<double>(times) / static_cast<double>(all) * static_cast<double>(columns - 1));
  return header ? best : best * lonely_header;
}

char guessed_delimiter(std::string_view text) {
  constexpr std::size_t looked_at = 64u << 10;
  auto head = text.substr(0, looked_at);
  // Whole lines only, so that the last one does not count for less.
  if (head.size() < text.size())
    if (const auto end = head.rfind('\n'); end != std::string_view::npos) head = head.substr(0, end + 1);
  char best = ',';
  double most = 0;
  for (const char delimiter : kDelimiters)
    if (const auto even = evenness(head, delimiter); even > most) most = even, best = delimiter;
  return best;
}

// What Excel reads as the delimiter where the first line says so.
std::optional<char> told_delimiter(std::string_view& text) {
  const auto end = std::min(text.find_first_of("\r\n"), text.size());
  auto line = text.substr(0, end);
  if (line.size() > 2 && line.starts_with('"') && line.ends_with('"')) line = line.substr(1, line.size() - 2);
  if (line.size() != 5 || text::lower(line.substr(0, 4)) != "sep=") return std::nullopt;
  const char delimiter = line[4];
  if (std::ranges::find(kDelimiters, delimiter) == kDelimiters.end()) return std::nullopt;
  text.remove_prefix(end);
  return delimiter;
}

bool is_binary(std::string_view text) {
  constexpr std::size_t one_in = 100;
  const auto controls = std::ranges::count_if(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && !std::string_view("\t\r\n\f\v").contains(c);
  });
  return static_cast<std::size_t>(controls) * one_in > text.size();
}

}  // namespace

Result<Spreadsheet> read_csv(std::string_view bytes, std::string_view name, const SpreadsheetLimits& limits) {
  Spreadsheet out;
  out.format = "csv";
  const std::string shown(name);
  if (bytes.size() > limits.unpacked_bytes)
    return fail(Code::too_large,
                fmt::format("a table of over {} is not read", text::format_bytes(limits.unpacked_bytes)),
                shown);
  auto decoded = decoded_text(bytes);
  if (is_binary(decoded.text)) return fail(Code::invalid, "this is no table: neither CSV nor XLSX", shown);
  out.encoding = decoded.encoding;
  if (decoded.damaged)
    out.partial.push_back({shown, Why::damaged, fmt::format("some characters are no {}", decoded.encoding)});
  std::string_view text = decoded.text;
  const auto told = told_delimiter(text);
  out.delimiter = told.value_or(guessed_delimiter(text));
  auto& sheet = out.sheets.emplace_back();
  sheet.name = shown.substr(shown.rfind('/') + 1);
  SheetTaker taker(limits, out.partial);
  taker.begin(sheet, shown);
  CsvRecords records(text, out.delimiter);
  std::vector<std::string> cells;
  while (records.next(cells, limits.columns)) {
    if (records.wide()) taker.too_wide();
    for (auto& cell : cells) taker.fit(cell, records.line());
    if (!taker.take(std::exchange(cells, {}), records.line())) break;
  }
  if (const auto line = records.open_quote())
    out.partial.push_back(
        {shown, Why::damaged,
         fmt::format("the quote that opens in the record of line {} is never closed", line)});
  return out;
}

}  // namespace ostiary::files
