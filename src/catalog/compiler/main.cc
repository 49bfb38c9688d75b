// catalog_compiler FOLDER OUTPUT: the build's step from catalog/ to the blob that the program embeds. Exit
// code 1 and one line on stderr for each thing that is wrong.

#include <cstdio>
#include <fmt/format.h>

#include "base/file.h"
#include "catalog/compiler/compile.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: catalog_compiler FOLDER OUTPUT\n");
    return 2;
  }
  const auto blob = ostiary::catalog::compile(argv[1]);
  if (!blob) {
    for (const auto& problem : blob.error()) fmt::print(stderr, "{}\n", problem.text());
    return 1;
  }
  if (const auto written = ostiary::write_file_atomic(argv[2], *blob, 0644); !written) {
    fmt::print(stderr, "{}\n", written.error().text());
    return 3;
  }
  return 0;
}
