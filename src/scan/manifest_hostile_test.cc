#include <algorithm>
#include <ctime>
#include <gtest/gtest.h>
#include <string>

#include "scan/impl/manifest/testing.h"

namespace ostiary::scan {
namespace {

// One name for each reader.
constexpr std::string_view kNames[] = {"requirements.txt",
                                       "pyproject.toml",
                                       "setup.cfg",
                                       "setup.py",
                                       "Pipfile",
                                       "Pipfile.lock",
                                       "poetry.lock",
                                       "uv.lock",
                                       "pdm.lock",
                                       "environment.yml",
                                       "conda-lock.yml",
                                       "PKG-INFO",
                                       "a.egg-info/requires.txt",
                                       "package.json",
                                       "package-lock.json",
                                       "yarn.lock",
                                       "pnpm-lock.yaml",
                                       "bun.lock",
                                       "deno.json",
                                       "deno.lock",
                                       "go.mod",
                                       "vendor/modules.txt",
                                       "pom.xml",
                                       "ivy.xml",
                                       "build.gradle",
                                       "build.gradle.kts",
                                       "libs.versions.toml",
                                       "gradle.lockfile",
                                       "build.sbt",
                                       "pom.properties",
                                       "META-INF/MANIFEST.MF",
                                       "a.csproj",
                                       "packages.config",
                                       "a.nuspec",
                                       "packages.lock.json",
                                       "a.deps.json",
                                       "dotnet-tools.json",
                                       "paket.lock",
                                       "paket.dependencies",
                                       "Gemfile",
                                       "a.gemspec",
                                       "Gemfile.lock",
                                       "Podfile",
                                       "Podfile.lock",
                                       "a.podspec",
                                       "Cargo.toml",
                                       "Cargo.lock",
                                       "composer.json",
                                       "composer.lock",
                                       "Package.swift",
                                       "Package.resolved",
                                       "Cartfile",
                                       "CMakeLists.txt",
                                       "meson.build",
                                       "conanfile.txt",
                                       "conanfile.py",
                                       "conan.lock",
                                       "vcpkg.json",
                                       "debian/control",
                                       "dpkg/status"};

std::string repeated(std::string_view what, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += what;
  return out;
}

TEST(HostileManifests, AreReadInTimeThatGrowsWithTheirSize) {
  // Each is what makes a careless reader go over the same bytes again and again.
  const std::string_view parts[] = {"[",
                                    "{",
                                    "(",
                                    "<a>",
                                    "<a b='",
                                    "\"",
                                    "'",
                                    "- ",
                                    "a: ",
                                    "? ",
                                    "a.",
                                    "[a.",
                                    "[[a]]\n",
                                    "a = [",
                                    "\\\n",
                                    "#",
                                    "# via x\n",
                                    "${a}",
                                    "dependencies {",
                                    "dependency('a', ",
                                    ".package(url: ",
                                    "gem 'a' ",
                                    "group :a do ",
                                    "pod 'a', ",
                                    "requires(\"a/1\"",
                                    "find_package(",
                                    "#[=[",
                                    "[==[",
                                    "[=",
                                    "\"a\" % ",
                                    "a@1:\n",
                                    "/*",
                                    "<!--",
                                    "<![CDATA[",
                                    "&#1",
                                    "{\"a\":",
                                    "\"\"\"",
                                    "'''",
                                    "a b\n",
                                    " a\n",
                                    "a,|",
                                    "$(",
                                    "<<a\n",
                                    "`",
                                    "{{",
                                    "}}\n",
                                    "|\n",
                                    ">-\n",
                                    "&a ",
                                    "a: [\n",
                                    "version \"",
                                    "(a",
                                    "implementation(",
                                    "implementation 'a:b:c', ",
                                    "<dependency><artifactId>",
                                    "x = { version.ref = 'a' }\n",
                                    "@",
                                    "/",
                                    "%",
                                    "=",
                                    std::string_view("\0", 1),
                                    "\xff",
                                    "\xf0\x9f",
                                    "\r",
                                    "\t",
                                    "-e ",
                                    "[ ",
                                    "'a', ",
                                    "f'",
                                    "requires = ",
                                    "install_requires = ",
                                    "install_requires + [",
                                    "## explicit\n# a v1 => b v2\n"};
  constexpr std::size_t size = 40'000;
  for (const auto part : parts) {
    const auto text = repeated(part, size);
    for (const auto name : kNames) {
      const auto start = std::clock();  // of this process: others may keep the machine busy
      const auto read = read_manifest(name, text);
      EXPECT_LT(std::clock() - start, CLOCKS_PER_SEC / 4) << name << " of " << part;
      EXPECT_LE(read.declared.size(), kManifestPackages);
      EXPECT_TRUE(std::ranges::all_of(read.declared, [&](const Declared& one) {
        return one.start <= one.end && one.end <= text.size();
      })) << name;
      for (const auto& one : read.partial) EXPECT_TRUE(!one.text.empty() && one.path == name) << name;
    }
  }
}

TEST(HostileManifests, GiveNothingThatCouldHarmATerminalOrALine) {
  const auto read = read_manifest(
      "package.json",
      "{\"name\": \"a\\u001b[2J\\nb\", \"dependencies\": {\"a\\u0000b\": \"1\", \"c\\nd\": \"1\", "
      "\"e\\u001b]0;x\": \"1\", \"\": \"1\", \"\xff\": \"1\", \"ok\": \"1\\n2\\u001b\"}}");
  EXPECT_EQ(testing::lines_of(read), "npm ok 1\n");
  EXPECT_EQ(read.package, "a");
}

TEST(HostileManifests, AreToldOfWhereTheyAreTooLarge) {
  const std::string huge(kManifestBytes + 1, ' ');
  const auto read = read_manifest("package.json", huge);
  ASSERT_EQ(read.partial.size(), 1u);
  EXPECT_EQ(read.partial[0].why, files::Why::too_large);
  const std::string program(5u << 20, '\n');
  for (const auto* name :
       {"setup.py", "build.gradle", "Gemfile", "Package.swift", "conanfile.py", "meson.build"}) {
    const auto one = read_manifest(name, program);
    ASSERT_EQ(one.partial.size(), 1u) << name;
    EXPECT_EQ(one.partial[0].why, files::Why::too_large) << name;
  }
}

TEST(HostileManifests, CutAnywhereGiveWhatStandsBeforeTheCut) {
  const std::string text = "{\"dependencies\": {\"openai\": \"^4\", \"@a/b\": \"npm:c@1.0.0\"}}";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto read = read_manifest("package.json", text.substr(0, size));
    EXPECT_FALSE(size > 0 && read.partial.empty()) << size;
    EXPECT_EQ(!read.declared.empty() && read.declared[0].name == "openai", size >= text.find("openai") + 7)
        << size;
  }
}

}  // namespace
}  // namespace ostiary::scan
