#pragma once

#include <string>
#include <vector>

#include "report/bom.h"
#include "scan/component.h"

namespace ostiary::scan {

// What a bill of materials of a scan is of.
struct BomAbout {
  std::string name = {};                  // of what was scanned
  std::string tool_version = {};          // of the program
  std::vector<std::string> partial = {};  // what was not read, in a sentence each
};

// Components as a bill of materials, with every place that shows them. What the kinds of a bill do not tell
// apart stands in the property "ostiary:kind". Its id follows from the components, its time is 0 and the
// caller's to set, so that the same scan gives the same.
report::Bom bom_of(const std::vector<Component>& components, const BomAbout& about);

}  // namespace ostiary::scan
