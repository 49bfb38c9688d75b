#include <cstdio>
#include <fstream>
#include <string>

#include "report/cyclonedx.h"
#include "report/impl/samples.h"
#include "report/spdx.h"

// report_samples FOLDER: writes what tests/report gives to other people's validators.
int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: report_samples FOLDER\n", stderr);
    return 2;
  }
  using namespace ostiary::report;
  const std::string folder = std::string(argv[1]) + "/";
  const auto put = [&](const std::string& name, const std::string& bytes) {
    std::ofstream out(folder + name, std::ios::binary);
    out << bytes;
    return static_cast<bool>(out.flush());
  };
  bool good = true;
  for (const auto& [name, bom] : samples::boms()) {
    good &= put(name + ".cdx-1.6.json", cyclonedx(bom, CycloneDxVersion::v1_6));
    good &= put(name + ".cdx-1.7.json", cyclonedx(bom, CycloneDxVersion::v1_7));
    good &= put(name + ".spdx.json", spdx(bom));
  }
  const auto book = xlsx(samples::sheets());
  good &= book && put("uses.xlsx", *book);
  if (!good) std::fprintf(stderr, "cannot write to %s\n", argv[1]);
  return good ? 0 : 3;
}
