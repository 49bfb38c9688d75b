#include "report/xlsx.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <set>

#include "base/text.h"
#include "report/impl/uri.h"
#include "report/impl/written.h"
#include "report/impl/zip.h"

namespace ostiary::report {

namespace {

constexpr std::uint64_t kMostRows = 1'048'576, kMostColumns = 16'384;
constexpr std::size_t kLongestText = 32'767, kLongestName = 31, kLongestUrl = 2079, kMostLinks = 65'530;
constexpr std::string_view kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr std::string_view kRelations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr std::string_view kPackage = "http://schemas.openxmlformats.org/package/2006";
constexpr std::string_view kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

// The formats of cells, by their place in `kStyles`.
enum class Style : std::uint8_t { plain, header, date, wrapped, link };

constexpr std::string_view kStyles =
    "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">"
    "<numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\"/></numFmts>"
    "<fonts count=\"3\"><font><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>"
    "<font><b/><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>"
    "<font><u/><sz val=\"11\"/><color rgb=\"FF0563C1\"/><name val=\"Calibri\"/><family "
    "val=\"2\"/></font></fonts>"
    "<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>"
    "<fill><patternFill patternType=\"gray125\"/></fill></fills>"
    "<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>"
    "<cellXfs count=\"5\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
    "<xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>"
    "<xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>"
    "<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyAlignment=\"1\">"
    "<alignment vertical=\"top\" wrapText=\"1\"/></xf>"
    "<xf numFmtId=\"0\" fontId=\"2\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/></cellXfs>"
    "<cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" "
    "builtinId=\"0\"/></cellStyles></styleSheet>";

// The first `most` UTF-16 units of a text that is cut, "…" among them.
std::string shortened(std::string_view s, std::size_t most) {
  std::size_t units = 0, cut = 0;
  for (std::size_t at = 0; at < s.size();) {
    const auto length = std::max<std::size_t>(utf8_length(s, at), 1);
    units += length == 4 ? 2 : 1;
    if (units > most) return std::string(s.substr(0, cut)) + "…";
    at += length;
    if (units < most) cut = at;
  }
  return std::string(s);
}

// A text of ST_Xstring (22.9.2.19): what looks like one of its escapes is escaped.
void append_text(std::string& out, std::string_view s) {
  const auto escape_at = [&](std::size_t at) {
    const auto part = s.substr(at, 7);
    return part.size() == 7 && part.starts_with("_x") && part[6] == '_' &&
           std::ranges::all_of(part.substr(2, 4), [](char c) {
             return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
           });
  };
  std::size_t from = 0;
  for (auto at = s.find("_x"); at != std::string_view::npos; at = s.find("_x", at + 2)) {
    if (!escape_at(at)) continue;
    append_xml(out, s.substr(from, at - from));
    out += "_x005F_";
    from = at + 1;
  }
  append_xml(out, s.substr(from));
}

std::string column_name(std::uint64_t column) {
  std::string out;
  for (++column; column > 0; column = (column - 1) / 26)
    out.insert(out.begin(), static_cast<char>('A' + (column - 1) % 26));
  return out;
}

std::string name_of_day(WallMs day) {
  return rfc3339(day).substr(0, 10);
}

// Days since the epoch of spreadsheets, where every program agrees on them.
std::optional<std::int64_t> serial_of(WallMs time) {
  constexpr std::int64_t day_ms = 86'400'000, epoch = 25'569, first = 61, last = 2'958'465;
  const auto serial = (time >= 0 ? time / day_ms : (time + 1) / day_ms - 1) + epoch;
  return serial >= first && serial <= last ? std::optional(serial) : std::nullopt;
}

std::optional<std::string> link_of(const XlsxLink& link) {
  const auto uri = place_uri(link.url);
  if (!uri || uri->size() > kLongestUrl) return std::nullopt;
  return uri->starts_with("http://") || uri->starts_with("https://") ? uri : std::nullopt;
}

class SheetWriter {
 public:
  SheetWriter(ZipWriter& zip, const XlsxSheet& sheet, std::size_t number)
      : zip_(zip), sheet_(sheet), number_(number) {}
  void write();

 private:
  void head();
  void row(const std::vector<XlsxCell>& cells, bool header);
  void cell(const XlsxCell& cell, std::uint64_t column, bool header);
  void text(const std::string& at, std::string_view s, Style style);
  void foot();
  std::vector<double> widths() const;
  std::uint64_t columns() const;
  void flush(std::size_t from) {
    if (out_.size() < from) return;
    zip_.write(out_);
    out_.clear();
  }

  ZipWriter& zip_;
  const XlsxSheet& sheet_;
  std::size_t number_;
  std::string out_;
  std::uint64_t row_ = 0;
  std::vector<std::pair<std::string, std::string>> links_;  // of a cell, to a URI
};

std::uint64_t SheetWriter::columns() const {
  std::uint64_t most = std::max<std::uint64_t>(sheet_.header.size(), 1);
  for (const auto& row : sheet_.rows) most = std::max<std::uint64_t>(most, row.size());
  return most;
}

std::size_t shown_length(const XlsxCell& cell) {
  constexpr std::size_t number = 10;
  if (const auto* text = std::get_if<std::string>(&cell)) return std::min(text->find('\n'), text->size());
  if (const auto* link = std::get_if<XlsxLink>(&cell)) return link->text.size();
  return std::holds_alternative<std::monostate>(cell) ? 0 : number;
}

// What the longest text of the first rows needs, within reason.
std::vector<double> SheetWriter::widths() const {
  constexpr std::size_t looked_at = 1000, least = 8, most = 60;
  constexpr double widest = 255;
  std::vector<std::size_t> lengths(columns(), least);
  for (std::size_t i = 0; i < sheet_.header.size(); ++i)
    lengths[i] = std::clamp(sheet_.header[i].size() + 2, least, most);
  for (std::size_t r = 0; r < std::min(sheet_.rows.size(), looked_at); ++r)
    for (std::size_t i = 0; i < sheet_.rows[r].size(); ++i)
      lengths[i] = std::clamp(shown_length(sheet_.rows[r][i]) + 1, lengths[i], most);
  std::vector<double> out(lengths.begin(), lengths.end());
  for (std::size_t i = 0; i < std::min(out.size(), sheet_.widths.size()); ++i)
    if (std::isfinite(sheet_.widths[i]) && sheet_.widths[i] > 0) out[i] = std::min(sheet_.widths[i], widest);
  return out;
}

void SheetWriter::head() {
  out_ += kXml;
  out_ += fmt::format("<worksheet xmlns=\"{}\" xmlns:r=\"{}\"><sheetViews><sheetView {}workbookViewId=\"0\">",
                      kMain, kRelations, number_ == 1 ? "tabSelected=\"1\" " : "");
  if (!sheet_.header.empty())
    out_ +=
        "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>"
        "<selection pane=\"bottomLeft\"/>";
  out_ += "</sheetView></sheetViews><cols>";
  const auto all = widths();
  for (std::size_t i = 0; i < all.size(); ++i)
    out_ += fmt::format("<col min=\"{0}\" max=\"{0}\" width=\"{1}\" customWidth=\"1\"/>", i + 1, all[i]);
  out_ += "</cols><sheetData>";
}

void SheetWriter::text(const std::string& at, std::string_view s, Style style) {
  const auto cut = shortened(s, kLongestText);
  if (style == Style::plain && cut.contains('\n')) style = Style::wrapped;
  out_ += fmt::format("<c r=\"{}\" s=\"{}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">", at,
                      static_cast<int>(style));
  append_text(out_, cut);
  out_ += "</t></is></c>";
}

void SheetWriter::cell(const XlsxCell& cell, std::uint64_t column, bool header) {
  const auto at = column_name(column) + std::to_string(row_);
  if (const auto* s = std::get_if<std::string>(&cell)) {
    if (!s->empty()) text(at, *s, header ? Style::header : Style::plain);
  } else if (const auto* number = std::get_if<double>(&cell)) {
    if (!std::isfinite(*number)) return;
    std::array<char, 40> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), *number);
    out_ += fmt::format("<c r=\"{}\"><v>{}</v></c>", at, std::string_view(buffer.data(), end.ptr));
  } else if (const auto* yes = std::get_if<bool>(&cell)) {
    out_ += fmt::format("<c r=\"{}\" t=\"b\"><v>{}</v></c>", at, *yes ? 1 : 0);
  } else if (const auto* date = std::get_if<XlsxDate>(&cell)) {
    if (const auto serial = serial_of(date->day)) {
      out_ += fmt::format("<c r=\"{}\" s=\"{}\"><v>{}</v></c>", at, static_cast<int>(Style::date), *serial);
    } else {
      text(at, name_of_day(date->day), Style::plain);
    }
  } else if (const auto* link = std::get_if<XlsxLink>(&cell)) {
    auto uri = link_of(*link);
    const auto& shown = link->text.empty() ? link->url : link->text;
    if (shown.empty()) return;
    const bool opens = uri && links_.size() < kMostLinks;
    text(at, shown, opens ? Style::link : Style::plain);
    if (opens) links_.emplace_back(at, std::move(*uri));
  }
}

void SheetWriter::row(const std::vector<XlsxCell>& cells, bool header) {
  constexpr std::size_t piece = 256u << 10;
  ++row_;
  out_ += fmt::format("<row r=\"{}\">", row_);
  for (std::size_t i = 0; i < cells.size(); ++i) cell(cells[i], i, header);
  out_ += "</row>";
  flush(piece);
}

void SheetWriter::foot() {
  out_ += "</sheetData>";
  if (!sheet_.header.empty())
    out_ += fmt::format("<autoFilter ref=\"A1:{}{}\"/>", column_name(sheet_.header.size() - 1), row_);
  if (!links_.empty()) {
    out_ += "<hyperlinks>";
    for (std::size_t i = 0; i < links_.size(); ++i)
      out_ += fmt::format("<hyperlink ref=\"{}\" r:id=\"rId{}\"/>", links_[i].first, i + 1);
    out_ += "</hyperlinks>";
  }
  out_ += "</worksheet>";
  flush(0);
}

void SheetWriter::write() {
  zip_.begin(fmt::format("xl/worksheets/sheet{}.xml", number_));
  head();
  if (!sheet_.header.empty()) row({sheet_.header.begin(), sheet_.header.end()}, true);
  for (const auto& cells : sheet_.rows) row(cells, false);
  foot();
  zip_.end();
  if (links_.empty()) return;
  zip_.begin(fmt::format("xl/worksheets/_rels/sheet{}.xml.rels", number_));
  out_ += kXml;
  out_ += fmt::format("<Relationships xmlns=\"{}/relationships\">", kPackage);
  for (std::size_t i = 0; i < links_.size(); ++i) {
    out_ += fmt::format("<Relationship Id=\"rId{}\" Type=\"{}/hyperlink\" TargetMode=\"External\" Target=\"",
                        i + 1, kRelations);
    append_xml(out_, links_[i].second);
    out_ += "\"/>";
  }
  out_ += "</Relationships>";
  flush(0);
  zip_.end();
}

// Names as spreadsheets demand them (18.2.19 and what Excel refuses).
std::vector<std::string> names_of(const std::vector<XlsxSheet>& sheets) {
  std::vector<std::string> out;
  std::set<std::string> taken;
  for (const auto& sheet : sheets) {
    std::string name;
    for (const char c : sheet.name)
      name += std::string_view("[]:*?/\\").contains(c) || (c >= 0 && c < 0x20) ? ' ' : c;
    name = text::trim(name);
    while (name.starts_with('\'')) name.erase(0, 1);
    name = shortened(name, kLongestName);
    while (name.ends_with('\'')) name.pop_back();
    if (name.empty() || text::lower(name) == "history") name = "Sheet";
    auto fresh = name;
    for (std::size_t i = 2; !taken.insert(text::lower(fresh)).second; ++i) {
      const auto end = fmt::format(" ({})", i);
      fresh = shortened(name, kLongestName - end.size()) + end;
    }
    out.push_back(fresh);
  }
  return out;
}

void add(ZipWriter& zip, std::string name, std::string_view content) {
  zip.begin(std::move(name));
  zip.write(kXml);
  zip.write(content);
  zip.end();
}

void write_frame(ZipWriter& zip, const std::vector<std::string>& names) {
  std::string types = fmt::format(
      "<Types xmlns=\"{}/content-types\"><Default Extension=\"rels\" "
      "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
      "<Default Extension=\"xml\" ContentType=\"application/xml\"/>",
      kPackage);
  constexpr std::string_view part = "application/vnd.openxmlformats-officedocument.spreadsheetml.";
  const auto override_of = [&](std::string_view name, std::string_view kind) {
    types += fmt::format("<Override PartName=\"/xl/{}.xml\" ContentType=\"{}{}+xml\"/>", name, part, kind);
  };
  override_of("workbook", "sheet.main");
  override_of("styles", "styles");
  std::string book = fmt::format("<workbook xmlns=\"{}\" xmlns:r=\"{}\"><sheets>", kMain, kRelations);
  std::string relations = fmt::format("<Relationships xmlns=\"{}/relationships\">", kPackage);
  const auto relation = [&](std::size_t id, std::string_view type, const std::string& target) {
    relations += fmt::format("<Relationship Id=\"rId{}\" Type=\"{}/{}\" Target=\"{}\"/>", id, kRelations,
                             type, target);
  };
  for (std::size_t i = 1; i <= names.size(); ++i) {
    override_of(fmt::format("worksheets/sheet{}", i), "worksheet");
    book += "<sheet name=\"";
    append_xml(book, names[i - 1]);
    book += fmt::format("\" sheetId=\"{0}\" r:id=\"rId{0}\"/>", i);
    relation(i, "worksheet", fmt::format("worksheets/sheet{}.xml", i));
  }
  relation(names.size() + 1, "styles", "styles.xml");
  add(zip, "[Content_Types].xml", types + "</Types>");
  add(zip, "_rels/.rels",
      fmt::format("<Relationships xmlns=\"{}/relationships\"><Relationship Id=\"rId1\" "
                  "Type=\"{}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
                  kPackage, kRelations));
  add(zip, "xl/workbook.xml", book + "</sheets></workbook>");
  add(zip, "xl/_rels/workbook.xml.rels", relations + "</Relationships>");
  add(zip, "xl/styles.xml", kStyles);
}

Result<> check(const XlsxSheet& sheet) {
  const auto rows = sheet.rows.size() + (sheet.header.empty() ? 0 : 1);
  if (rows > kMostRows)
    return fail(Code::too_large, fmt::format("a sheet holds {} rows, and this one has {}", kMostRows, rows),
                sheet.name);
  const auto wide = [](const auto& row) { return row.size() > kMostColumns; };
  if (wide(sheet.header) || std::ranges::any_of(sheet.rows, wide))
    return fail(Code::too_large, fmt::format("a sheet holds {} columns, and this one has more", kMostColumns),
                sheet.name);
  return {};
}

}  // namespace

Result<std::string> xlsx(const std::vector<XlsxSheet>& sheets) {
  if (sheets.empty()) return fail(Code::invalid, "a workbook needs a sheet");
  for (const auto& sheet : sheets) TRY_VOID(check(sheet));
  ZipWriter zip;
  write_frame(zip, names_of(sheets));
  for (std::size_t i = 0; i < sheets.size(); ++i) SheetWriter(zip, sheets[i], i + 1).write();
  return zip.take();
}

}  // namespace ostiary::report
