#include <gtest/gtest.h>

#include "scan/impl/manifest/testing.h"

namespace ostiary::scan {
namespace {

using testing::declared_in;

TEST(MsBuild, ReadsReferencesAndProperties) {
  constexpr auto text =
      "\xef\xbb\xbf<Project Sdk=\"Microsoft.NET.Sdk\">\r\n"
      "  "
      "<PropertyGroup><SkVersion>1.22.0</SkVersion><PackageId>Ours.Desk</PackageId><Version>2.0</Version></"
      "PropertyGroup>\r\n"
      "  <!-- <ItemGroup><PackageReference Include=\"Cohere\" /></ItemGroup> -->\r\n"
      "  <ItemGroup Condition=\" '$(TargetFramework)' == 'net8.0' \">\r\n"
      "    <PackageReference Include=\"Azure.AI.OpenAI\" Version=\"2.0.0\" />\r\n"
      "    <PackageReference Include=\"Microsoft.SemanticKernel\" Version=\"$(SkVersion)\" />\r\n"
      "    <PackageReference Include=\"OllamaSharp\"><Version>[3.0.1]</Version></PackageReference>\r\n"
      "    <PackageReference Include=\"Floating\" Version=\"1.*\" />\r\n"
      "    <PackageReference Include=\"StyleCop\" Version=\"1.0\" PrivateAssets=\"all\"/>\r\n"
      "    <ProjectReference Include=\"..\\Core\\Core.csproj\" />\r\n"
      "  </ItemGroup>\r\n"
      "</Project>\r\n";
  EXPECT_EQ(declared_in("src/Desk.csproj", text),
            "nuget azure.ai.openai 2.0.0 locked\n"
            "nuget microsoft.semantickernel 1.22.0 locked\n"
            "nuget ollamasharp 3.0.1 locked\n"
            "nuget floating 1.*\n"
            "nuget stylecop 1.0 locked development\n");
  EXPECT_EQ(read_manifest("Desk.csproj", text).package, "Ours.Desk");
  EXPECT_EQ(declared_in("Directory.Packages.props",
                        "<Project><ItemGroup><PackageVersion Include=\"OpenAI\" Version=\"2.1.0\" />"
                        "<GlobalPackageReference Include=\"Lint\" Version=\"1.0\" /></ItemGroup></Project>"),
            "nuget openai 2.1.0 locked indirect\nnuget lint 1.0 locked development\n");
}

TEST(NuGet, ReadsItsOtherFiles) {
  EXPECT_EQ(declared_in("packages.config",
                        "<?xml version=\"1.0\"?><packages>"
                        "<package id=\"OpenAI\" version=\"1.11.0\" targetFramework=\"net48\" />"
                        "<package id=\"Lint\" version=\"1.0\" developmentDependency=\"true\" /></packages>"),
            "nuget openai 1.11.0 locked\nnuget lint 1.0 locked development\n");
  EXPECT_EQ(declared_in("packages.lock.json", R"x({"version": 1, "dependencies": {"net8.0": {
    "OpenAI": {"type": "Direct", "requested": "[2.1.0, )", "resolved": "2.1.0"},
    "System.ClientModel": {"type": "Transitive", "resolved": "1.2.1"},
    "core": {"type": "Project"}}}})x"),
            "nuget openai 2.1.0 locked\nnuget system.clientmodel 1.2.1 locked indirect\n");
  EXPECT_EQ(declared_in("bin/Desk.deps.json", R"({"libraries": {"Desk/1.0.0": {"type": "project"},
    "OpenAI/2.1.0": {"type": "package", "serviceable": true}}})"),
            "nuget openai 2.1.0 locked indirect\n");
  EXPECT_EQ(declared_in("ours.nuspec",
                        "<package><metadata><id>Ours</id><version>1</version><dependencies>"
                        "<group targetFramework=\"net8.0\"><dependency id=\"OpenAI\" version=\"2.1.0\" />"
                        "</group></dependencies></metadata></package>"),
            "nuget openai 2.1.0 locked\n");
  EXPECT_EQ(declared_in(".config/dotnet-tools.json",
                        R"({"version": 1, "tools": {"aitool": {"version": "1.0.0"}}})"),
            "nuget aitool 1.0.0 locked development\n");
}

TEST(Paket, ReadsDependenciesReferencesAndLock) {
  EXPECT_EQ(declared_in("paket.dependencies",
                        "source https://api.nuget.org/v3/index.json\n// nuget Cohere\n# nuget X\n"
                        "nuget OpenAI ~> 2.0\ngroup Test\n  nuget xunit\n"),
            "nuget openai ~> 2.0\nnuget xunit\n");
  EXPECT_EQ(declared_in("paket.lock",
                        "NUGET\n  remote: https://api.nuget.org/v3/index.json\n    OpenAI (2.1.0)\n"
                        "      System.ClientModel (>= 1.2)\n    System.ClientModel (1.2.1)\n"
                        "GITHUB\n  remote: x/y\n    a.fs (1)\n"),
            "nuget openai 2.1.0 locked indirect\nnuget system.clientmodel 1.2.1 locked indirect\n");
  EXPECT_EQ(declared_in("src/paket.references", "OpenAI\ngroup Test\nFile:x.fs\n"), "nuget openai\n");
}

}  // namespace
}  // namespace ostiary::scan
