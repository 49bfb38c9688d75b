// scan_compiler KEYS: compiles the detectors of keys that open services of models, for ostiary_scan_builtin.
// Run by the build.

#include <fmt/format.h>

#include "base/file.h"
#include "scan/impl/credentials.h"

int main(int count, char** arguments) {
  using namespace ostiary;
  if (count != 2) return fmt::print(stderr, "usage: scan_compiler KEYS\n"), 2;
  const auto write = [&]() -> Result<> {
    TRY(const auto keys, scan::compiled_detectors_of_models());
    return write_file_atomic(arguments[1], keys);
  };
  const auto written = write();
  if (!written) return fmt::print(stderr, "{}\n", written.error().text()), 1;
  return 0;
}
