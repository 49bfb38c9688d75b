// What comes into the inventory from outside: advisories, documents of scans, uses, cells of tables, licences
// and versions. The first byte says which.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inventory/advisory.h"
#include "inventory/answer.h"
#include "inventory/evidence.h"
#include "inventory/import.h"
#include "inventory/reconcile.h"

namespace {

using namespace ostiary;
using namespace ostiary::inventory;

void check(bool good) {
  if (!good) std::abort();
}

void advisories(std::string_view text) {
  const auto read = read_advisories(text);
  if (!read) return check(!read.error().message.empty());
  for (const auto& advisory : *read)
    for (const auto& affected : advisory.affected)
      check(affected.holds("1.2.3") == affected.holds("1.2.3") && (!affected.all || affected.holds("0")));
}

// What is proposed must not be proposed again.
void document(std::string_view text) {
  const auto read = json::Document::parse(text);
  if (!read) return;
  Evidence evidence;
  if (!take_document(evidence, read->root(), "r", 1000)) return;
  const auto first = reconcile({}, evidence, {.now = 2000});
  for (const auto& use : first.proposed) {
    std::string json;
    append_json(json, use);
    const auto again = json::Document::parse(json);
    check(again && read_use(again->root()));
  }
  if (evidence.sightings.size() <= Use::kMostSeen)
    check(reconcile(first.proposed, evidence, {.now = 2000}).proposed.empty());
}

// Lines are rows, tabs divide cells.
void table(std::string_view text) {
  files::Sheet sheet;
  std::vector<std::string> row(1);
  for (const char c : text) {
    if (c == '\t')
      row.emplace_back();
    else if (c == '\n')
      sheet.rows.push_back(std::exchange(row, std::vector<std::string>(1)));
    else
      row.back() += c;
  }
  sheet.rows.push_back(std::move(row));
  const auto table = table_of(sheet);
  if (!table) return;
  const auto columns = columns_of(table->header, {}, {});
  check(columns.size() == table->header.size());
  std::vector<RowTrouble> troubles;
  for (const auto& one : table->rows)
    if (const auto use = use_of_row(one, columns, troubles)) {
      std::string json;
      append_json(json, *use);
      check(json::Document::parse(json).has_value());
    }
}

void versions(std::string_view text) {
  const auto half = text.size() / 2;
  const auto a = text.substr(0, half), b = text.substr(half);
  for (const auto order :
       {VersionOrder::any, VersionOrder::semver, VersionOrder::pep440, VersionOrder::maven}) {
    check(compare_versions(a, a, order) == 0);
    check(compare_versions(a, b, order) == (0 <=> compare_versions(b, a, order)));
  }
  (void)VersionRange::parse(text);
  (void)forbids_commercial(text);
  (void)parse_terms(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      advisories(text);
      break;
    case 1:
      document(text);
      break;
    case 2:
      table(text);
      break;
    default:
      versions(text);
  }
  return 0;
}
