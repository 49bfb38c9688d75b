#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "license/dep5.h"
#include "license/expression.h"
#include "license/metadata.h"

// Fields lie in the file, names that are known make expressions, and no metadata breaks a reader.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ostiary::license;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto fields = read_dep5(text))
    for (const auto& field : *fields) {
      if (field.start > field.end || field.end > size) std::abort();
      if (const auto told = spdx_of_debian_expression(field.name); told && !parse_expression(*told))
        std::abort();
    }
  for (const auto* name : {"package.json", "composer.json", "METADATA", "pyproject.toml", "Cargo.toml",
                           "pom.xml", "a.nuspec", "a.gemspec"})
    if (const auto declared = declared_in(name, text))
      for (const auto& one : *declared)
        if (one.start > one.end || one.end > size) std::abort();
  return 0;
}
