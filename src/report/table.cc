#include "report/table.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include "report/impl/written.h"

namespace ostiary::report {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::string_view kCut = "…";

struct Range {
  char32_t first, last;
};

// Ranges of UAX #11 (W and F) and of combining and invisible characters, rounded to blocks.
constexpr std::array<Range, 19> kWide = {{{0x1100, 0x115f},
                                          {0x231a, 0x231b},
                                          {0x23e9, 0x23ec},
                                          {0x2614, 0x2615},
                                          {0x2648, 0x2653},
                                          {0x26a1, 0x26a1},
                                          {0x2705, 0x2705},
                                          {0x274c, 0x274c},
                                          {0x2753, 0x2757},
                                          {0x2e80, 0x303e},
                                          {0x3041, 0xa4cf},
                                          {0xa960, 0xa97c},
                                          {0xac00, 0xd7a3},
                                          {0xf900, 0xfaff},
                                          {0xfe30, 0xfe6f},
                                          {0xff00, 0xff60},
                                          {0xffe0, 0xffe6},
                                          {0x1f300, 0x1faff},
                                          {0x20000, 0x3fffd}}};
constexpr std::array<Range, 9> kNone = {{{0x0300, 0x036f},
                                         {0x0483, 0x0489},
                                         {0x0591, 0x05bd},
                                         {0x064b, 0x065f},
                                         {0x1ab0, 0x1aff},
                                         {0x1dc0, 0x1dff},
                                         {0x200b, 0x200f},
                                         {0x20d0, 0x20ff},
                                         {0xfe00, 0xfe0f}}};

bool within(std::span<const Range> ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](const Range& r) { return c >= r.first && c <= r.last; });
}

char32_t decoded(std::string_view s, std::size_t at, std::size_t length) {
  auto c = static_cast<char32_t>(static_cast<unsigned char>(s[at]));
  if (length > 1) c &= 0x7fu >> length;
  for (std::size_t i = 1; i < length; ++i) c = c << 6 | (static_cast<unsigned char>(s[at + i]) & 0x3fu);
  return c;
}

std::size_t width_of_point(char32_t c) {
  if (c < 0x20 || (c >= 0x7f && c < 0xa0) || within(kNone, c)) return 0;
  return within(kWide, c) ? 2 : 1;
}

// Takes what is at `at`, moves on, and gives its width.
std::size_t take_one(std::string_view s, std::size_t& at) {
  const auto length = utf8_length(s, at);
  const auto width = length == 0 ? 1 : width_of_point(decoded(s, at, length));
  at += std::max<std::size_t>(length, 1);
  return width;
}

std::string_view code_of(Paint paint) {
  switch (paint) {
    case Paint::plain:
      return "";
    case Paint::bold:
      return "1";
    case Paint::faint:
      return "2";
    case Paint::red:
      return "31";
    case Paint::green:
      return "32";
    case Paint::yellow:
      return "33";
    case Paint::blue:
      return "34";
  }
  return "";
}

std::string painted(std::string text, Paint paint, bool colour) {
  const auto code = code_of(paint);
  if (!colour || code.empty() || text.empty()) return text;
  return std::string("\x1b[").append(code).append("m").append(text).append("\x1b[0m");
}

void append_row(std::string& out, const std::vector<Cell>& row, const std::vector<Column>& columns,
                const std::vector<std::size_t>& widths, bool colour) {
  std::string line;
  std::size_t blanks = 0;  // that are written only when something follows
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto text = fitted(row[i].text, widths[i], columns[i].keep_end);
    const auto rest = widths[i] - std::min(width_of(text), widths[i]);
    if (columns[i].right) blanks += rest;
    if (!text.empty()) {
      line.append(blanks, ' ') += painted(text, row[i].paint, colour);
      blanks = 0;
    }
    blanks += kGap + (columns[i].right ? 0 : rest);
  }
  out += line + '\n';
}

}  // namespace

std::size_t width_of(std::string_view s) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < s.size();) width += take_one(s, at);
  return width;
}

std::string printable(std::string_view s) {
  std::string out;
  for (std::size_t at = 0; at < s.size();) {
    const auto length = utf8_length(s, at);
    const auto c = length == 0 ? 0 : decoded(s, at, length);
    const bool turns =
        (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f);
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || turns || c == 0xfeff) {
      out += '?';
    } else {
      out += s.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string fitted(std::string_view s, std::size_t width, bool keep_end) {
  const auto whole = width_of(s);
  if (whole <= width) return std::string(s);
  if (width == 0) return "";
  std::size_t at = 0;
  if (keep_end) {
    for (auto left = whole; left > width - 1;) left -= take_one(s, at);
    return std::string(kCut).append(s.substr(at));
  }
  std::size_t end = 0;
  for (std::size_t used = 0; at < s.size(); end = at) {
    used += take_one(s, at);
    if (used > width - 1) break;
  }
  return std::string(s.substr(0, end)).append(kCut);
}

void Table::add(std::vector<Cell> row) {
  row.resize(columns_.size());
  for (auto& cell : row) cell.text = printable(cell.text);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths(std::size_t width) const {
  std::vector<std::size_t> widths(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths[i] = width_of(columns_[i].name);
    for (const auto& row : rows_) widths[i] = std::max(widths[i], width_of(row[i].text));
  }
  auto whole =
      std::accumulate(widths.begin(), widths.end(), columns_.empty() ? 0 : (columns_.size() - 1) * kGap);
  const auto spare = [&](std::size_t i) {
    const auto least = columns_[i].least;
    return least > 0 && widths[i] > least ? widths[i] : 0;
  };
  std::vector<std::size_t> order(columns_.size());
  std::iota(order.begin(), order.end(), 0);
  for (; whole > width && !order.empty(); --whole) {
    const auto widest = *std::ranges::max_element(order, {}, spare);
    if (spare(widest) == 0) break;
    --widths[widest];
  }
  return widths;
}

std::string Table::text(std::size_t width, bool colour) const {
  const auto fit = widths(width);
  std::string out;
  if (std::ranges::any_of(columns_, [](const Column& c) { return !c.name.empty(); })) {
    std::vector<Cell> heading;
    heading.reserve(columns_.size());
    for (const auto& column : columns_) heading.push_back({column.name, Paint::bold});
    append_row(out, heading, columns_, fit, colour);
  }
  for (const auto& row : rows_) append_row(out, row, columns_, fit, colour);
  return out;
}

}  // namespace ostiary::report
