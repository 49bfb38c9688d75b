#include "scan/impl/manifest/testing.h"

#include <gtest/gtest.h>

namespace ostiary::scan::testing {

std::string lines_of(const Manifest& manifest) {
  std::string out;
  for (const auto& one : manifest.declared) {
    out.append(name_of(one.ecosystem)).append(" ").append(one.name);
    if (!one.version.empty()) out.append(" ").append(one.version);
    if (!one.alias.empty()) out.append(" (").append(one.alias).append(")");
    if (one.locked) out += " locked";
    if (one.development) out += " development";
    if (!one.direct) out += " indirect";
    if (one.own) out += " own";
    out += '\n';
  }
  return out;
}

std::string declared_in(std::string_view path, std::string_view bytes) {
  const auto manifest = read_manifest(path, bytes);
  for (const auto& one : manifest.declared) {
    EXPECT_LT(one.start, one.end) << one.name;
    EXPECT_LE(one.end, bytes.size()) << one.name;
    if (one.end > bytes.size() || one.start >= one.end) continue;
    const auto there = bytes.substr(one.start, one.end - one.start);
    // Maven's group and artifact stand in two places; the place is the artifact's.
    const auto name = one.ecosystem == Ecosystem::maven ? one.name.substr(one.name.find(':') + 1) : one.name;
    const auto said = normalized(one.ecosystem, there);
    if (said.contains('\\')) continue;  // an escape
    EXPECT_TRUE(said.contains(name) || (one.ecosystem == Ecosystem::swift && name.ends_with(said)))
        << one.name << " is said to be at: " << there;
  }
  EXPECT_TRUE(manifest.partial.empty()) << path << ": " << manifest.partial.front().text;
  return lines_of(manifest);
}

}  // namespace ostiary::scan::testing
