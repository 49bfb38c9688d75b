// scan_compiler OUTPUT: compiles the texts that the scanner looks for, for ostiary_scan_builtin. Run by the
// build.

#include <fmt/format.h>

#include "base/file.h"
#include "scan/prefilter.h"

int main(int count, char** arguments) {
  using namespace ostiary;
  if (count != 2) return fmt::print(stderr, "usage: scan_compiler OUTPUT\n"), 2;
  const auto write = [&]() -> Result<> {
    TRY(const auto compiled, scan::Prefilter::compiled());
    return write_file_atomic(arguments[1], compiled);
  };
  const auto written = write();
  if (!written) return fmt::print(stderr, "{}\n", written.error().text()), 1;
  return 0;
}
