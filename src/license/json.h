#pragma once

#include <string>

#include "catalog/license.h"
#include "license/check.h"
#include "license/conflicts.h"

namespace ostiary::license {

// The members of one answer, appended as a JSON object (docs/licenses.md). Keys are sorted.
void append_json(std::string& out, const Verdict& verdict);
// An entry of the catalogue with everything it says; `review` null: as it was shipped.
void append_json(std::string& out, const catalog::License& license, const catalog::LicenseReview* review);
void append_json(std::string& out, const Conflict& conflict);
void append_json(std::string& out, const Inherited& duty);

}  // namespace ostiary::license
