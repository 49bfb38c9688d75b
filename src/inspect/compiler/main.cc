// inspect_compiler OUTPUT: compiles the detectors of the catalogue for ostiary_inspect_builtin. Run by the
// build.

#include <fmt/format.h>

#include "base/file.h"
#include "inspect/detector_set.h"

int main(int count, char** arguments) {
  using namespace ostiary;
  if (count != 2) return fmt::print(stderr, "usage: inspect_compiler OUTPUT\n"), 2;
  const auto write = [&]() -> Result<> {
    TRY(const auto set, inspect::DetectorSet::make(catalog::detectors(), catalog::dampers()));
    TRY(const auto compiled, set.compiled());
    return write_file_atomic(arguments[1], compiled);
  };
  const auto written = write();
  if (!written) return fmt::print(stderr, "{}\n", written.error().text()), 1;
  return 0;
}
