// inventory import and reconcile: tables, documents of the scanner and folders read here, and handed to the
// API in pieces that it takes.

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>

#include "app/api_door.h"
#include "app/impl/framed.h"
#include "app/impl/inventory_view.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_inventory.h"
#include "app/scan_output.h"
#include "base/file.h"
#include "base/text.h"
#include "files/spreadsheet.h"
#include "gateway/side_door.h"
#include "inventory/evidence.h"
#include "inventory/import.h"
#include "json/document.h"

namespace ostiary::app {

namespace {

constexpr WallMs kDayMs = 86'400'000;
constexpr std::size_t kMostBody = 900'000;  // bytes of a piece; the API takes 1 MiB and 100,000 values
constexpr std::size_t kMostValues = 80'000, kMostRows = 10'000;  // of a piece
// Of what is reconciled at once; the API takes SideDoor::kLargestBody.
constexpr std::size_t kMostSeen = gateway::SideDoor::kLargestBody - (1u << 20);

Result<const files::Sheet*> sheet_of(const files::Spreadsheet& book, const std::string& wanted) {
  if (book.sheets.empty()) return fail(Code::invalid, "there is no sheet in it");
  if (wanted.empty()) {
    const auto shown = std::ranges::find(book.sheets, false, &files::Sheet::hidden);
    return shown == book.sheets.end() ? &book.sheets.front() : &*shown;
  }
  const auto number = text::parse_uint(wanted);
  if (number && *number >= 1 && *number <= book.sheets.size()) return &book.sheets[*number - 1];
  const auto named = std::ranges::find(book.sheets, wanted, &files::Sheet::name);
  if (named != book.sheets.end()) return &*named;
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(book.sheets.size(), 20); ++i)
    names += fmt::format("{}{} ({})", i == 0 ? "" : ", ", i + 1, printable(book.sheets[i].name));
  return fail(Code::invalid, fmt::format("there is no sheet '{}'; there are {}", printable(wanted), names));
}

Result<inventory::ColumnWishes> wishes_of(const std::vector<std::string>& maps,
                                          const inventory::Table& table) {
  inventory::ColumnWishes wishes;
  for (const auto& map : maps) {
    const auto equals = map.rfind('=');
    const auto column = std::string(text::trim(map.substr(0, equals)));
    if (equals == std::string::npos || column.empty())
      return fail(Code::invalid, fmt::format("'{}' is no mapping; write 'Column=field'", printable(map)));
    if (std::ranges::find(table.header, column) == table.header.end()) {
      const std::vector<std::string_view> known(table.header.begin(), table.header.end());
      const auto near = text::nearest(column, known);
      return fail(Code::invalid,
                  fmt::format("there is no column '{}'{}", printable(column),
                              near ? fmt::format("; did you mean '{}'?", printable(*near)) : ""));
    }
    auto name = std::string(text::trim(map.substr(equals + 1)));
    std::ranges::replace(name, '-', '_');
    const auto field = inventory::field_named(name);
    if (!name.empty() && (!field || !inventory::writable(*field)))
      return fail(
          Code::invalid,
          fmt::format("there is no field '{}'; 'ostiary inventory add --help' lists them", printable(name)));
    wishes[column] = field;
  }
  return wishes;
}

// Rows [from, …) as a body of the API, as many as fit; where the next begin.
std::size_t write_piece(std::string& body, const inventory::Table& table,
                        const inventory::ColumnWishes& wishes, bool dry_run, std::size_t from) {
  json::Writer w(body);
  w.begin_object();
  w.key("columns");
  w.raw(inventory::wishes_json(wishes));
  w.member("dry_run", dry_run);
  w.key("header");
  w.begin_array();
  for (const auto& name : table.header) w.string(name);
  w.end_array();
  w.key("rows");
  w.begin_array();
  std::size_t values = 0, i = from;
  for (; i < table.rows.size() &&
         (i == from || (body.size() < kMostBody / 2 && values < kMostValues && i - from < kMostRows));
       ++i) {
    const auto& row = table.rows[i];
    w.begin_object();
    w.key("cells");
    w.begin_array();
    for (std::size_t c = 0; c < std::min(row.cells.size(), inventory::Table::kMostColumns); ++c) {
      std::string_view cell = row.cells[c];
      // What is over the longest value would be cut there in any case, and told.
      w.string(cell.substr(0, 4 * inventory::Use::kLongestText));
    }
    w.end_array();
    w.member("row", row.number);
    w.end_object();
    values += row.cells.size() + 4;
  }
  w.end_array();
  w.end_object();
  return i;
}

// What several answers of the API add up to.
struct ImportSum {
  std::string columns = "[]", partial, uses;
  std::uint64_t added = 0, filled = 0, same = 0, rows = 0;

  void take(json::Value answer) {
    const auto count = [&](std::string_view name) { return answer[name].as_uint().value_or(0); };
    columns = answer["columns"].raw();
    for (const auto one : answer["partial"]) add(partial, one);
    for (const auto one : answer["uses"]) add(uses, one);
    added += count("added");
    filled += count("filled");
    same += count("same");
    rows += count("rows");
  }
  static void add(std::string& list, json::Value one) {
    if (!list.empty()) list += ',';
    list += one.raw();
  }
  std::string json(bool dry_run) const {
    return fmt::format(
        R"({{"added":{},"columns":{},"dry_run":{},"filled":{},"partial":[{}],"rows":{},"same":{},"uses":[{}]}})",
        added, columns, dry_run, filled, partial, rows, same, uses);
  }
};

void add_trouble(std::string& list, std::uint64_t row, std::string_view text) {
  std::string one;
  json::Writer w(one);
  w.begin_object();
  w.member("row", row);
  w.member("text", text);
  w.end_object();
  if (!list.empty()) list += ',';
  list += one;
}

// A file's or folder's name without what it ends in.
std::string stem_of(const std::string& path) {
  std::error_code wrong;
  const auto whole = std::filesystem::weakly_canonical(path, wrong);
  const auto name = wrong ? std::filesystem::path(path) : whole;
  return std::filesystem::is_directory(name, wrong) ? name.filename().string() : name.stem().string();
}

WallMs modified(const std::string& path, WallMs otherwise) {
  std::error_code wrong;
  const auto at = std::filesystem::last_write_time(path, wrong);
  if (wrong) return otherwise;
  const auto system = std::chrono::file_clock::to_sys(at);
  return std::chrono::duration_cast<std::chrono::milliseconds>(system.time_since_epoch()).count();
}

// The document of a scan made now.
Result<std::string> scanned_now(const std::string& path, const CommonOptions& common) {
  Progress progress("scanned MiB", common);
  Scanned scanned;
  TRY(scanned.report, scan::scan({path}, {}, [&](std::uint64_t bytes) { progress.show(bytes >> 20, 0); }));
  scanned.decisions.resize(scanned.report.components.size());
  return scan_json(scanned);
}

Result<> take_source(const InventoryReconcileOptions& options, const std::string& path, WallMs now,
                     inventory::Evidence& evidence) {
  const auto repository = options.repository.empty() ? stem_of(path) : options.repository;
  std::error_code wrong;
  if (std::filesystem::is_directory(path, wrong)) {
    TRY(const auto text, scanned_now(path, options.common));
    TRY(const auto document, json::Document::parse(text));
    return inventory::take_document(evidence, document.root(), repository, now);
  }
  TRY(const auto text, read_file(path));
  const auto document = json::Document::parse(text);
  if (!document) return fail(Code::invalid, "it is no JSON: " + document.error().text(), path);
  auto taken = inventory::take_document(evidence, document->root(), repository, modified(path, now));
  if (!taken) taken.error().where = path;
  return taken;
}

std::string reconcile_body(const InventoryReconcileOptions& options, const inventory::Evidence& evidence,
                           std::optional<WallMs> since, std::size_t places) {
  std::string body;
  json::Writer w(body);
  w.begin_object();
  w.member("apply", options.apply);
  w.key("looked_at");
  w.begin_array();
  if (evidence.logs) w.string("log");
  if (evidence.scanned) w.string("scan");
  w.end_array();
  w.key("partial");
  w.begin_array();
  for (const auto& one : evidence.partial) w.string(one);
  w.end_array();
  w.key("sightings");
  w.begin_array();
  std::string text;
  for (auto sighting : evidence.sightings) {
    if (sighting.places.size() > places) sighting.places.resize(places);
    text.clear();
    inventory::append_json(text, sighting);
    w.raw(text);
  }
  w.end_array();
  if (since) w.member("since", rfc3339(*since));
  w.end_object();
  return body;
}

}  // namespace

Result<WallMs> since_of(std::string_view text, WallMs now) {
  constexpr std::array<std::string_view, 7> days = {
      "thursday", "friday",  "saturday", "sunday",
      "monday",   "tuesday", "wednesday"};  // 1970-01-01 was the first
  const auto today = now / kDayMs;
  const auto word = text::lower(text);
  if (word == "today") return today * kDayMs;
  if (word == "yesterday") return (today - 1) * kDayMs;
  for (std::size_t i = 0; i < days.size(); ++i)
    if (word == days[i]) return (today - (today - static_cast<WallMs>(i)) % 7) * kDayMs;
  if (const auto day = inventory::parse_day(text)) return *day;
  if (const auto at = parse_rfc3339(text)) return *at;
  if (const auto span = text::parse_duration_ms(text); span && *span <= 36500ULL * kDayMs)
    return now - static_cast<WallMs>(*span);
  return fail(Code::invalid,
              fmt::format("'{}' is no time: write monday, 2026-11-26, 2026-11-26T08:00:00.000Z or 7d",
                          printable(text)));
}

Result<int> run_inventory_import(const InventoryImportOptions& options) {
  TRY(const auto bytes, read_file(options.file));
  TRY(const auto book, files::read_spreadsheet(bytes, options.file));
  TRY(const auto* const sheet, sheet_of(book, options.sheet));
  auto table = inventory::table_of(*sheet);
  if (!table) return fail(Code::invalid, table.error().message, options.file);
  TRY(const auto wishes, wishes_of(options.maps, *table));
  TRY(auto door, ApiDoor::open(options.gate, options.common.data, FolderApi::For::making));
  ImportSum sum;
  for (const auto& partial : book.partial) add_trouble(sum.partial, 0, partial.path + ": " + partial.text);
  std::erase_if(table->rows, [&](const inventory::Table::Row& row) {
    std::size_t bytes = 0;
    for (const auto& cell : row.cells) bytes += std::min(cell.size(), 4 * inventory::Use::kLongestText);
    if (bytes > kMostBody / 2) add_trouble(sum.partial, row.number, "its cells are too long; it is left out");
    return bytes > kMostBody / 2;
  });
  std::size_t next = 0;
  do {
    std::string body;
    next = write_piece(body, *table, wishes, options.dry_run, next);
    TRY(const auto answer, door.call("POST", "/api/v1/inventory/import", body));
    TRY(const auto document, json::Document::parse(answer));
    sum.take(document.root());
  } while (next < table->rows.size());
  const auto all = sum.json(options.dry_run);
  TRY(const auto document, json::Document::parse(all));
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? framed("inventory-import", document.root())
                                   : imported_text(document.root(), style_of(options.common))));
  hint(options.common,
       fmt::format("{}{} rows: {} uses {}, {} filled, {} say nothing new{}",
                   options.dry_run ? "dry run: " : "", grouped(sum.rows), grouped(sum.added),
                   options.dry_run ? "to add" : "added", grouped(sum.filled), grouped(sum.same),
                   options.dry_run ? "" : ". --map 'Column=field' corrects a column"));
  return 0;
}

Result<int> run_inventory_reconcile(const InventoryReconcileOptions& options) {
  const auto now = wall_now();
  std::optional<WallMs> since;
  if (!options.since.empty()) {
    TRY(since, since_of(options.since, now));
  }
  inventory::Evidence evidence;
  for (const auto& source : options.sources) TRY_VOID(take_source(options, source, now, evidence));
  if (evidence.sightings.size() > inventory::Evidence::kMost)
    return fail(Code::invalid,
                fmt::format("{} different things are in it, and a call takes {}: reconcile fewer at once",
                            evidence.sightings.size(), inventory::Evidence::kMost));
  TRY(auto door, ApiDoor::open(options.gate, options.common.data, FolderApi::For::making));
  std::string body;
  for (const std::size_t places : {inventory::Sighting::kMostPlaces, std::size_t{1}, std::size_t{0}}) {
    body = reconcile_body(options, evidence, since, places);
    if (body.size() < kMostSeen) break;
  }
  if (body.size() >= kMostSeen)
    return fail(Code::invalid,
                fmt::format("what is in it takes {} MiB, and a call {}: reconcile fewer at once",
                            body.size() >> 20, kMostSeen >> 20));
  TRY(const auto answer, door.call("POST", "/api/v1/inventory/reconcile", body));
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? framed("inventory-reconcile", root)
                                   : reconciled_text(root, style_of(options.common))));
  if (!options.apply && root["proposed"].size() > 0)
    hint(options.common, "Nothing is changed; --apply adds what is missing and marks what was seen.");
  return 0;
}

}  // namespace ostiary::app
