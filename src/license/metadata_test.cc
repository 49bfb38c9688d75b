#include "license/metadata.h"

#include <gtest/gtest.h>

namespace ostiary::license {
namespace {

std::string of(std::string_view name, std::string_view bytes) {
  const auto found = declared_in(name, bytes);
  if (!found) return "no metadata";
  for (const auto& one : *found) EXPECT_LT(one.start, one.end);
  return joined(*found).value_or("nothing");
}

TEST(Metadata, EachRegistrysFileIsRead) {
  EXPECT_EQ(of("a/package.json", R"json({"name": "a", "license": "(MIT OR Apache-2.0)"})json"), "MIT OR Apache-2.0");
  EXPECT_EQ(of("package.json", R"({"licenses": [{"type": "MIT"}, {"type": "Zlib"}]})"), "MIT AND Zlib");
EXPECT_EQ(of("composer.json", R"({"license": ["LGPL-2.1-only", "GPL-3.0-or-later"]})"),
          "LGPL-2.1-only OR GPL-3.0-or-later");
EXPECT_EQ(of("x.dist-info/METADATA", "Name: x\nLicense-Expression: MIT\nLicense: else\n\nLicense: Zlib\n"),
          "MIT");
EXPECT_EQ(of("PKG-INFO",
             "License: UNKNOWN\nClassifier: License :: OSI Approved :: Apache Software License\n"),
          "nothing");
EXPECT_EQ(of("PKG-INFO", "Classifier: License :: OSI Approved :: ISC License (ISCL)\n"), "ISC");
EXPECT_EQ(of("pyproject.toml",
             "[tool.x]\nlicense = \"Zlib\"\n[project]\nlicense = {text = \"BSD-3-Clause\"}\n"),
          "BSD-3-Clause");
EXPECT_EQ(of("Cargo.toml", "[package]\nlicense = \"MIT/Apache-2.0\"\n"), "MIT OR Apache-2.0");
EXPECT_EQ(
    of("pom.xml",
       "<project><licenses><license><name>Apache License, Version 2.0</name></license></licenses></project>"),
    "Apache-2.0");
EXPECT_EQ(of("a.nuspec", "<license type=\"expression\">MIT</license>"), "MIT");
EXPECT_EQ(of("a.gemspec", "  s.licenses = ['MIT', \"Ruby\"]\n"), "MIT AND Ruby");
EXPECT_EQ(of("go.mod", "module x\n"), "no metadata");
}

TEST(Metadata, BrokenFilesDeclareNothing) {
  for (const auto* name : {"package.json", "composer.json", "METADATA", "pyproject.toml", "Cargo.toml",
                           "pom.xml", "a.nuspec", "a.gemspec"})
    for (const auto* bytes : {"", "{", "{\"license\": 3}", "<licenses><license><name>",
                              "license =", "[package]\nlicense = \"MIT", "\xff\xfe"})
      EXPECT_EQ(of(name, bytes), "nothing") << name << " " << bytes;
}

}  // namespace
}  // namespace ostiary::license
