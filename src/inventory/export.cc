#include "inventory/export.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/csv.h"
#include "report/xlsx.h"

namespace ostiary::inventory {

namespace {

constexpr std::size_t kMostOtherColumns = 100;

// Columns of imported tables, each once, in the order in which uses have them.
std::vector<std::string> other_columns(const std::vector<Use>& uses) {
  std::vector<std::string> out;
  for (const auto& use : uses)
    for (const auto& [column, text] : use.other)
      if (out.size() < kMostOtherColumns && std::ranges::find(out, column) == out.end())
        out.push_back(column);
  return out;
}

std::string other_of(const Use& use, const std::string& column) {
  std::string out;
  for (const auto& [name, text] : use.other)
    if (name == column) out += (out.empty() ? "" : "\n") + text;
  return out;
}

std::vector<std::string> heading(const std::vector<std::string>& others) {
  std::vector<std::string> out = {"id", "revision"};
  for (const auto& f : fields()) out.emplace_back(f.name);
  out.insert(out.end(), others.begin(), others.end());
  return out;
}

report::XlsxCell day_cell(const std::string& day) {
  if (const auto at = parse_day(day)) return report::XlsxDate{*at};
  return day;
}

report::XlsxSheet sheet_of_uses(const std::vector<Use>& uses) {
  const auto others = other_columns(uses);
  report::XlsxSheet sheet{.name = "Uses", .header = heading(others), .widths = {}, .rows = {}};
  for (const auto& use : uses) {
    std::vector<report::XlsxCell> row = {use.id.text(), static_cast<double>(use.revision)};
    for (const auto& f : fields()) {
      const bool day = f.type == FieldType::date || f.id == F::first_seen || f.id == F::last_seen;
      row.push_back(day ? day_cell(cell_of(use, f.id)) : report::XlsxCell(cell_of(use, f.id)));
    }
    for (const auto& column : others) row.emplace_back(other_of(use, column));
    sheet.rows.push_back(std::move(row));
  }
  return sheet;
}

report::XlsxSheet sheet_of_sightings(const std::vector<Use>& uses) {
  report::XlsxSheet sheet{.name = "Seen",
                          .header = {"use", "title", "how", "what", "count", "first", "last", "places"},
                          .widths = {},
                          .rows = {}};
  for (const auto& use : uses)
    for (const auto& one : use.seen)
      sheet.rows.push_back({use.id.text(), use.title(), std::string(name(one.how)), one.text(),
                            static_cast<double>(one.count),
                            one.first ? day_cell(day_of(*one.first)) : std::string(),
                            one.last ? day_cell(day_of(*one.last)) : std::string(),
                            fmt::format("{}", fmt::join(one.places, "\n"))});
  return sheet;
}

report::XlsxSheet sheet_of_fields() {
  report::XlsxSheet sheet{
      .name = "Fields",
      .header = {"field", "meaning", "words", "EU AI Act", "NIST AI RMF", "ISO/IEC 42001", "G7 SBOM for AI"},
      .widths = {},
      .rows = {}};
  for (const auto& f : fields())
    sheet.rows.push_back({std::string(f.name), std::string(f.meaning),
                          fmt::format("{}", fmt::join(f.words, ", ")), std::string(f.eu_ai_act),
                          std::string(f.nist), std::string(f.iso), std::string(f.g7)});
  return sheet;
}

}  // namespace

std::string uses_csv(const std::vector<Use>& uses) {
  const auto others = other_columns(uses);
  auto out = report::csv_record(heading(others));
  for (const auto& use : uses) {
    std::vector<std::string> row = {use.id.text(), std::to_string(use.revision)};
    for (const auto& f : fields()) row.push_back(cell_of(use, f.id));
    for (const auto& column : others) row.push_back(other_of(use, column));
    out += report::csv_record(row);
  }
  return out;
}

Result<std::string> uses_xlsx(const std::vector<Use>& uses) {
  return report::xlsx({sheet_of_uses(uses), sheet_of_sightings(uses), sheet_of_fields()});
}

}  // namespace ostiary::inventory
