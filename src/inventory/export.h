#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "inventory/use.h"
#include "report/bom.h"

namespace ostiary::inventory {

// A row for each use: id, revision, every field ("unknown" where it is), then the columns of imported tables
// that are no field. CSV's formulas are neutralised (report/csv.h). The same uses give the same bytes.
std::string uses_csv(const std::vector<Use>& uses);
// The same as the first sheet of a workbook; on others what was seen, and what each field means.
Result<std::string> uses_xlsx(const std::vector<Use>& uses);

// Who makes a bill of materials.
struct BomAbout {
  std::string author = {};  // the organisation; empty: only the program states it
  std::string tool_version = {};
};
// Uses as applications that use models, libraries, services and data, which several may share. Each has every
// field as a property, "unknown" among them. Its id and time follow from the uses: the same give the same.
report::Bom bom_of(const std::vector<Use>& uses, const BomAbout& about);

}  // namespace ostiary::inventory
