#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <set>

#include "base/digits.h"
#include "base/text.h"
#include "files/archive.h"
#include "files/impl/spreadsheet_parts.h"
#include "files/xml.h"

namespace ostiary::files {

namespace {

using Piece = XmlReader::Piece;

constexpr std::uint64_t kLastColumn = 16'384;

std::optional<std::uint32_t> whole(std::string_view s) {
  const auto value = text::parse_uint(s);
  return value && *value <= UINT32_MAX ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

// Column and row of "BC12", both from 0; a part that is missing is nothing.
struct Reference {
  std::optional<std::uint64_t> column, row;
};
Reference reference_of(std::string_view s) {
  Reference out;
  std::uint64_t column = 0;
  std::size_t at = 0;
  for (; at < s.size() && at < 4; ++at) {
    const char c = static_cast<char>(s[at] | 0x20);
    if (c < 'a' || c > 'z') break;
    column = column * 26 + static_cast<std::uint64_t>(c - 'a' + 1);
  }
  if (at > 0) out.column = column - 1;
  if (const auto row = whole(s.substr(at)); row && *row > 0) out.row = *row - 1;
  return out;
}

// The texts of `_x000D_` and its like (22.9.2.19).
std::string unescaped(std::string text) {
  auto at = text.find("_x");
  if (at == std::string::npos) return text;
  std::string out;
  std::size_t from = 0;
  for (; at != std::string::npos; at = text.find("_x", at)) {
    std::uint32_t c = 0;
    const auto* digits = text.data() + at + 2;
    const bool whole = at + 7 <= text.size() && text[at + 6] == '_';
    if (!whole || std::from_chars(digits, digits + 4, c, 16).ptr != digits + 4) {
      at += 2;
      continue;
    }
    out.append(text, from, at - from);
    append_utf8(out, c == 0 || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c);
    from = at += 7;
  }
  return out.append(text, from);
}

// The text of an element that holds <t>, or rich text in <r>; how it is read aloud (<rPh>) is no part of it.
bool read_rich(XmlReader& xml, std::string& out) {
  const auto depth = xml.depth();
  bool in_text = false;
  for (;;) {
    switch (xml.next()) {
      case Piece::start:
        if (xml.name() == "rPh") {
          if (!xml.skip()) return false;
        } else {
          in_text = xml.name() == "t";
        }
        break;
      case Piece::end:
        in_text = false;
        if (xml.depth() == depth) return true;
        break;
      case Piece::text:
        if (in_text && !xml.append_text(out)) return false;
        break;
      case Piece::done:
      case Piece::bad:
        return false;
    }
  }
}

// What a workbook says of its sheets, texts and formats.
class Book {
 public:
  Book(std::string_view bytes, std::string_view name, const SpreadsheetLimits& limits)
      : bytes_(bytes), shown_(name), limits_(limits) {}
  Result<Spreadsheet> read();

 private:
  struct Listed {
    std::string name, relation;
    bool hidden = false;
  };
  void gather();
  void keep(std::string_view part, std::string_view bytes);
  std::string part_by_relation(std::string_view type, std::string_view usual) const;
  void read_relations();
  void read_workbook();
  void read_styles();
  void read_texts();
  void read_sheets();
  void read_sheet(std::string_view xml, Sheet& sheet);
  void note(const std::string& place, Why why, std::string text) {
    out_.partial.push_back({place, why, std::move(text)});
  }
  std::string place(std::string_view part) const { return shown_ + "!/" + std::string(part); }
  ArchiveLimits archive_limits() const;

  std::string_view bytes_;
  std::string shown_;
  const SpreadsheetLimits& limits_;
  Spreadsheet out_;
  std::map<std::string, std::string, std::less<>> parts_;  // small ones, by their path in lower case
  std::string workbook_;                                   // its path
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> relations_;  // id: type, path
  std::vector<Listed> listed_;
  std::vector<NumberKind> styles_;
  std::vector<std::string> texts_;
  std::set<std::string, std::less<>> packed_;  // all members
  bool in_1904_ = false;

  friend class SheetReader;
};

// One sheet, cell by cell.
class SheetReader {
 public:
  SheetReader(const Book& book, Sheet& sheet, SheetTaker& taker)
      : book_(book), sheet_(sheet), taker_(taker) {}
  bool read(std::string_view xml);  // false: damaged
  // A cell names a text that the file has not.
  bool missing() const { return missing_; }

 private:
  bool read_row(XmlReader& xml);
  bool read_cell(XmlReader& xml);
  std::string text_of(std::string_view type, std::string_view style, std::string value);
  void merge(std::string_view range);

  const Book& book_;
  Sheet& sheet_;
  SheetTaker& taker_;
  std::vector<std::string> cells_;
  std::uint64_t row_ = 0, column_ = 0, merges_ = 0;
  std::optional<bool> sorted_;  // the rows' numbers
  bool more_ = true, missing_ = false;
};

ArchiveLimits Book::archive_limits() const {
  ArchiveLimits out;
  out.member_bytes = out.total_bytes = limits_.unpacked_bytes;
  out.give_archives = true;
  return out;
}

// Keeps what is needed before sheets can be read; sheets are read in a second pass, one at a time.
void Book::keep(std::string_view part, std::string_view bytes) {
  const auto name = text::lower(part);
  packed_.insert(name);
  const auto base = std::string_view(name).substr(name.rfind('/') + 1);
  const bool book_relations =
      base.ends_with(".rels") && !name.contains("worksheets/") && !name.contains("drawings/");
  const bool wanted = base.starts_with("workbook") || base.starts_with("styles") ||
                      base.starts_with("sharedstrings") || base == "mimetype" || book_relations;
  constexpr std::size_t kept = 64;
  if (wanted && parts_.size() < kept) parts_.emplace(name, bytes);
}

void Book::gather() {
  const auto before = shown_.size() + 2;
  auto partial = read_archive(
      bytes_, shown_,
      [&](const Member& member) { return keep(member.path.substr(before), member.bytes), true; },
      archive_limits());
  // What is not a part of the tables may be damaged.
  for (auto& one : partial) {
    const auto part = one.path.size() > before ? text::lower(std::string_view(one.path).substr(before)) : "";
    const bool table = part.contains("worksheets/") || part.contains("workbook") || part.contains("styles") ||
                       part.contains("sharedstrings");
    if (part.empty() || table || one.why == Why::bomb || one.why == Why::too_large)
      out_.partial.push_back(std::move(one));
  }
}

// "../a/b.xml" seen from a folder, in lower case.
std::string resolved(std::string_view folder, std::string_view target) {
  std::vector<std::string_view> parts;
  const auto add = [&](std::string_view path) {
    for (const auto part : text::split(path, '/')) {
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.push_back(part);
      } else if (!parts.empty()) {
        parts.pop_back();
      }
    }
  };
  if (!target.starts_with('/')) add(folder);
  add(target);
  return text::lower(fmt::format("{}", fmt::join(parts, "/")));
}

std::string folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

using Relations = std::map<std::string, std::pair<std::string, std::string>, std::less<>>;

Relations relations_in(std::string_view xml_text, std::string_view folder) {
  constexpr std::size_t most = 100'000;
  Relations out;
  XmlReader xml(xml_text);
  for (auto piece = xml.next(); piece != Piece::done && piece != Piece::bad && out.size() < most;
       piece = xml.next()) {
    if (piece != Piece::start || xml.name() != "Relationship") continue;
    auto id = xml.attribute("Id"), type = xml.attribute("Type"), target = xml.attribute("Target");
    if (!id || !type || !target || xml.attribute("TargetMode") == "External") continue;
    out.emplace(std::move(*id), std::pair(type->substr(type->rfind('/') + 1), resolved(folder, *target)));
  }
  return out;
}

void Book::read_relations() {
  workbook_ = "xl/workbook.xml";
  if (const auto top = parts_.find("_rels/.rels"); top != parts_.end())
    for (const auto& [id, relation] : relations_in(top->second, ""))
      if (relation.first == "officeDocument") workbook_ = relation.second;
  const auto folder = folder_of(workbook_);
  const auto name = fmt::format("{}{}_rels/{}.rels", folder, folder.empty() ? "" : "/",
                                std::string_view(workbook_).substr(folder.empty() ? 0 : folder.size() + 1));
  if (const auto found = parts_.find(name); found != parts_.end())
    relations_ = relations_in(found->second, folder);
}

void Book::read_workbook() {
  XmlReader xml(parts_.find(workbook_)->second);
  for (auto piece = xml.next(); piece != Piece::done; piece = xml.next()) {
    if (piece == Piece::bad) return note(place(workbook_), Why::damaged, "the list of sheets is damaged");
    if (piece != Piece::start) continue;
    if (xml.name() == "workbookPr") {
      const auto value = xml.attribute("date1904");
      in_1904_ = value == "1" || value == "true";
    } else if (xml.name() == "sheet") {
      if (listed_.size() >= limits_.sheets)
        return note(shown_, Why::too_many,
                    fmt::format("more than {} sheets; the others are not read", limits_.sheets));
      const auto state = xml.attribute("state").value_or("visible");
      listed_.push_back(
          {xml.attribute("name").value_or(""), xml.attribute("id").value_or(""), state != "visible"});
    }
  }
}

std::string Book::part_by_relation(std::string_view type, std::string_view usual) const {
  for (const auto& [id, relation] : relations_)
    if (relation.first == type) return relation.second;
  return std::string(usual);
}

void Book::read_styles() {
  constexpr std::size_t most = 100'000;
  const auto part = parts_.find(part_by_relation("styles", "xl/styles.xml"));
  if (part == parts_.end()) return;
  std::map<std::uint32_t, NumberKind> formats;
  XmlReader xml(part->second);
  bool cells = false;
  for (auto piece = xml.next(); piece != Piece::done; piece = xml.next()) {
    if (piece == Piece::bad)
      return note(place(part->first), Why::damaged, "the formats of cells are damaged");
    if (piece == Piece::end && xml.name() == "cellXfs") cells = false;
    if (piece != Piece::start) continue;
    if (xml.name() == "numFmt") {
      const auto id = whole(xml.attribute("numFmtId").value_or(""));
      if (id && formats.size() < most)
        formats.insert_or_assign(*id, number_kind_of(xml.attribute("formatCode").value_or("")));
    } else if (xml.name() == "cellXfs") {
      cells = true;
    } else if (cells && xml.name() == "xf" && styles_.size() < most) {
      const auto id = whole(xml.attribute("numFmtId").value_or("0")).value_or(0);
      const auto own = formats.find(id);
      styles_.push_back(own == formats.end() ? number_kind_of(id) : own->second);
    }
  }
}

void Book::read_texts() {
  const auto part = parts_.find(part_by_relation("sharedStrings", "xl/sharedstrings.xml"));
  if (part == parts_.end()) return;
  XmlReader xml(part->second);
  std::uint64_t bytes = 0;
  for (auto piece = xml.next(); piece != Piece::done; piece = xml.next()) {
    std::string text;
    const bool one = piece == Piece::start && xml.name() == "si";
    if (piece == Piece::bad || (one && !read_rich(xml, text)))
      return note(place(part->first), Why::damaged,
                  fmt::format("texts behind the first {} are damaged", texts_.size()));
    if (!one) continue;
    bytes += text.size();
    if (texts_.size() >= limits_.cells || bytes > limits_.text_bytes)
      return note(place(part->first), Why::too_many,
                  fmt::format("texts behind the first {} are not read", texts_.size()));
    texts_.push_back(unescaped(std::move(text)));
  }
}

void Book::read_sheets() {
  std::multimap<std::string, std::size_t, std::less<>> sheet_of;
  for (const auto& listed : listed_) {
    const auto relation = relations_.find(listed.relation);
    // Sheets that are a chart or of macros hold no cells.
    if (relation != relations_.end() && relation->second.first != "worksheet") continue;
    auto& sheet = out_.sheets.emplace_back();
    sheet.name = listed.name;
    sheet.hidden = listed.hidden;
    if (relation == relations_.end() || !packed_.contains(relation->second.second)) {
      note(place(listed.name), Why::damaged, "the sheet's cells are not in the file");
    } else {
      sheet_of.emplace(relation->second.second, out_.sheets.size() - 1);
    }
  }
  std::vector<Partial> told;
  SheetTaker taker(limits_, told);
  const auto before = shown_.size() + 2;
  read_archive(
      bytes_, shown_,
      [&](const Member& member) {
        const auto found = sheet_of.find(text::lower(member.path.substr(before)));
        if (found == sheet_of.end()) return true;
        auto& sheet = out_.sheets[found->second];
        sheet_of.erase(found);
        taker.begin(sheet, place(sheet.name));
        SheetReader reader(*this, sheet, taker);
        if (!reader.read(member.bytes))
          told.push_back({place(sheet.name), Why::damaged,
                          fmt::format("the sheet is damaged behind its first {} rows", sheet.rows.size())});
        if (reader.missing())
          told.push_back({place(sheet.name), Why::damaged, "cells name texts that are not in the file"});
        return !taker.full();
      },
      archive_limits());
  out_.partial.insert(out_.partial.end(), told.begin(), told.end());
  if (!sheet_of.empty() && !taker.full())
    for (const auto& [part, at] : sheet_of)
      note(place(out_.sheets[at].name), Why::damaged, "the sheet could not be read");
}

Result<Spreadsheet> Book::read() {
  out_.format = "xlsx";
  gather();
  if (const auto type = parts_.find("mimetype"); type != parts_.end())
    return fail(Code::invalid,
                fmt::format("this is {}; save it as XLSX or CSV", text::trim(type->second).substr(0, 80)),
                shown_);
  read_relations();
  if (!parts_.contains(workbook_))
    return fail(Code::invalid, "this archive is no XLSX workbook; save the table as XLSX or CSV", shown_);
  if (workbook_.ends_with(".bin"))
    return fail(Code::invalid, "this is a binary workbook (XLSB); save it as XLSX or CSV", shown_);
  read_workbook();
  read_styles();
  read_texts();
  parts_.clear();
  read_sheets();
  return std::move(out_);
}

bool SheetReader::read(std::string_view bytes) {
  XmlReader xml(bytes);
  for (auto piece = xml.next(); piece != Piece::done; piece = xml.next()) {
    if (piece == Piece::bad) return false;
    if (piece != Piece::start) continue;
    if (xml.name() == "row" && more_) {
      if (!read_row(xml)) return false;
    } else if (xml.name() == "mergeCell") {
      merge(xml.attribute("ref").value_or(""));
    }
  }
  return true;
}

bool SheetReader::read_row(XmlReader& xml) {
  const auto number = whole(xml.attribute("r").value_or(""));
  row_ = number.value_or(static_cast<std::uint32_t>(row_ + 1));
  column_ = 0;
  cells_.clear();
  const auto depth = xml.depth();
  for (;;) {
    const auto piece = xml.next();
    if (piece == Piece::bad || piece == Piece::done) return false;
    if (piece == Piece::end && xml.depth() == depth) break;
    if (piece == Piece::start && xml.name() == "c" && !read_cell(xml)) return false;
  }
  more_ = taker_.take(std::exchange(cells_, {}), row_);
  return true;
}

std::string SheetReader::text_of(std::string_view type, std::string_view style, std::string value) {
  if (type == "s") {
    const auto index = whole(text::trim(value));
    if (index && *index < book_.texts_.size()) return book_.texts_[*index];
    missing_ = true;
    return {};
  }
  if (type == "b") return text::trim(value) == "1" || text::trim(value) == "true" ? "TRUE" : "FALSE";
  if (type == "str") return unescaped(std::move(value));
  if (type == "e" || type == "d") return value;
  const auto digits = text::trim(value);
  double number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return value;
  const auto at = whole(style).value_or(0);
  const auto kind = at < book_.styles_.size() ? book_.styles_[at] : NumberKind::number;
  return number_text(number, kind, book_.in_1904_);
}

bool SheetReader::read_cell(XmlReader& xml) {
  const auto at = reference_of(xml.attribute("r").value_or("")).column.value_or(column_);
  const auto type = xml.attribute("t").value_or("n"), style = xml.attribute("s").value_or("");
  const auto depth = xml.depth();
  std::string value, rich;
  bool in_value = false, has_value = false;
  for (;;) {
    const auto piece = xml.next();
    if (piece == Piece::bad || piece == Piece::done) return false;
    if (piece == Piece::end) {
      in_value = false;
      if (xml.depth() == depth) break;
    } else if (piece == Piece::text) {
      if (in_value && !xml.append_text(value)) return false;
    } else if (xml.name() == "is") {
      if (!read_rich(xml, rich)) return false;
    } else {
      in_value = xml.name() == "v";
      has_value = has_value || in_value;
    }
  }
  column_ = at + 1;
  if (at >= book_.limits_.columns || at >= kLastColumn) return taker_.too_wide(), true;
  auto text = type == "inlineStr" ? unescaped(std::move(rich))
              : has_value         ? text_of(type, style, std::move(value))
                                  : "";
  if (text.empty()) return true;
  taker_.fit(text, row_);
  if (cells_.size() <= at) cells_.resize(at + 1);
  cells_[at] = std::move(text);
  return true;
}

// Gives the text of a merged range's first cell to the others, in rows that there are. The work is bounded by
// the limit of cells.
void SheetReader::merge(std::string_view range) {
  const auto colon = range.find(':');
  if (colon == std::string_view::npos) return;
  const auto from = reference_of(range.substr(0, colon)), to = reference_of(range.substr(colon + 1));
  if (!from.column || !from.row || !to.column || !to.row || *to.column >= kLastColumn) return;
  if (!sorted_) sorted_ = std::ranges::is_sorted(sheet_.numbers);
  if (!*sorted_) return;
  const auto first = std::ranges::lower_bound(sheet_.numbers, *from.row + 1);
  if (first == sheet_.numbers.end() || *first != *from.row + 1) return;
  const auto top = static_cast<std::size_t>(first - sheet_.numbers.begin());
  const auto corner = [&]() -> const std::string& { return sheet_.rows[top][*from.column]; };
  if (sheet_.rows[top].size() <= *from.column || corner().empty()) return;
  for (auto at = top; at < sheet_.rows.size() && sheet_.numbers[at] <= *to.row + 1; ++at) {
    auto& cells = sheet_.rows[at];
    for (auto column = *from.column; column <= *to.column; ++column) {
      if (++merges_ > book_.limits_.cells) return;
      if (column < cells.size() && !cells[column].empty()) continue;
      if (!taker_.may_add(corner().size())) return;
      if (column >= cells.size()) cells.resize(column + 1);
      cells[column] = corner();
    }
  }
}

}  // namespace

Result<Spreadsheet> read_xlsx(std::string_view bytes, std::string_view name,
                              const SpreadsheetLimits& limits) {
  return Book(bytes, name, limits).read();
}

}  // namespace ostiary::files
