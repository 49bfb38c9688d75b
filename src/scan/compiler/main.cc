// scan_compiler TEXTS KEYS: compiles the texts that the scanner looks for and the detectors of keys that open
// services of models, for ostiary_scan_builtin. Run by the build.

#include <fmt/format.h>

#include "base/file.h"
#include "scan/impl/credentials.h"
#include "scan/prefilter.h"

int main(int count, char** arguments) {
  using namespace ostiary;
  if (count != 3) return fmt::print(stderr, "usage: scan_compiler TEXTS KEYS\n"), 2;
  const auto write = [&]() -> Result<> {
    TRY(const auto compiled, scan::Prefilter::compiled());
    TRY_VOID(write_file_atomic(arguments[1], compiled));
    TRY(const auto keys, scan::compiled_detectors_of_models());
    return write_file_atomic(arguments[2], keys);
  };
  const auto written = write();
  if (!written) return fmt::print(stderr, "{}\n", written.error().text()), 1;
  return 0;
}
