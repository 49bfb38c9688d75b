// Reads one text as every sort of configuration and as source: whatever it is, places lie within it.
#include <cstdint>
#include <cstdlib>

#include "scan/impl/detectors.h"

using namespace ostiary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto* path : {"a.yaml",      "compose.yaml", ".github/workflows/a.yml",
                           "values.yaml", "a.json",       "a.tf",
                           "a.toml",      "a.properties", ".env",
                           "a.service",   "a.xml",        "Dockerfile",
                           "Makefile",    "Procfile",     "nginx.conf",
                           "Modelfile",   "package.json", "a.sh",
                           "a.py",        "a.swift",      "a.md"}) {
    scan::Signs signs;
    const scan::File file{path, bytes};
    scan::uses_in_code(file, signs);
    scan::signs_in_configuration(file, signs);
    for (const auto& sign : signs.all)
      if (sign.start > sign.end || sign.end > size) std::abort();
  }
  return 0;
}
