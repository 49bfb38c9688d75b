#pragma once

#include <string>
#include <vector>

#include "report/bom.h"
#include "report/xlsx.h"

// What the tests write: documents as the program makes them, and such as strangers would like it to make.
namespace ostiary::report::samples {

struct NamedBom {
  std::string name;
  Bom bom;
};

// "empty", "full" (every kind and field), "unknown" (nothing is known but names) and "hostile".
std::vector<NamedBom> boms();
std::vector<XlsxSheet> sheets();

}  // namespace ostiary::report::samples
