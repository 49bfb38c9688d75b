#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "scan/impl/detectors.h"
#include "scan/impl/source.h"

// Whatever the bytes are, sources are cut and uses are found, each at bytes of the file. The first byte says
// what the file is called.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ostiary::scan;
  constexpr auto paths = std::to_array<std::string_view>(
      {"a.py",   "a.ts", "a.jsx",  "a.go",   "a.java", "a.kt",     "a.scala",        "a.cs",        "a.fs",
       "a.rb",   "a.rs", "a.php",  "a.cpp",  "a.m",    "a.swift",  "a.sh",           "a.ipynb",     "a.vue",
       "a.html", "a.md", "a.yaml", "a.json", "a.xml",  "Makefile", "CMakeLists.txt", "meson.build", "a.txt"});
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const File file{paths.at(data[0] % paths.size()), bytes};
  Signs signs;
  signs_in_code(file, signs);
  for (const auto& sign : signs.all)
    if (sign.start > sign.end || sign.end > bytes.size()) std::abort();
  std::string scratch;
  for (const auto& source : sources_of(file, signs).all) {
    std::uint64_t behind = 0;
    for (std::size_t i = 0; i < source.tokens.size(); ++i) {
      const auto& token = source.tokens[i];
      if (token.start < behind || token.end < token.start || token.end > source.text.size()) std::abort();
      behind = token.end;
      const auto text = source.text_of(token);
      if (text.start() > source.text.size()) std::abort();
      if (i < 64 && text.at(text.value(scratch).size()) > source.text.size()) std::abort();
      if (source.place(token.end) > bytes.size()) std::abort();
    }
  }
  return 0;
}
