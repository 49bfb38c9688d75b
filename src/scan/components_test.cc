#include <gtest/gtest.h>

#include "scan/impl/detectors.h"
#include "scan/impl/found.h"

namespace ostiary::scan {
namespace {

Placed placed(std::string_view sdk, Grade grade, std::string_view detector, std::string_view file) {
  Placed out{.sign = sign_of(*catalog::find_sdk(sdk), grade, detector, 0, 1), .place = {}};
  out.place.file = file;
  return out;
}

Placed import(std::string_view sdk, std::string_view language, std::string_view module,
              std::string_view file) {
  auto out = placed(sdk, Grade::imported, "import", file);
  out.sign.language = language;
  out.sign.module = module;
  out.sign.weak = catalog::find_sdk(sdk)->ambiguous;
  return out;
}

Placed manifest(std::string_view sdk, Ecosystem ecosystem, std::string_view file) {
  auto out = placed(sdk, Grade::declared, "manifest", file);
  out.sign.ecosystem = ecosystem;
  out.sign.asked_for = true;
  return out;
}

// Names of the components, with `undeclared` and `unused` behind.
std::string made_of(Found found) {
  std::string out;
  for (const auto& one : components_of(std::move(found)))
    out += (out.empty() ? "" : ", ") + one.name + (one.undeclared ? " undeclared" : "") +
           (one.unused ? " unused" : "");
  return out;
}

TEST(Components, TakeTheRivalThatTheManifestDeclares) {
  const auto both = [](std::vector<Placed> more) {
    Found found;
    for (const auto* sdk : {"openai", "ruby-openai"}) {
      auto one = import(sdk, "ruby", "openai", "app/a.rb");
      one.sign.rivals = {std::string(sdk) == "openai" ? "ruby-openai" : "openai"};
      found.signs.push_back(std::move(one));
    }
    for (auto& one : more) found.signs.push_back(std::move(one));
    return made_of(std::move(found));
  };
  EXPECT_EQ(both({}), "openai");
  EXPECT_EQ(both({manifest("ruby-openai", Ecosystem::gem, "Gemfile")}), "ruby-openai");
  EXPECT_EQ(both({manifest("openai", Ecosystem::gem, "Gemfile")}), "openai");
  EXPECT_EQ(both({manifest("openai", Ecosystem::npm, "package.json")}), "openai");
}

TEST(Components, LeaveOutModulesOfTheTreesOwn) {
  const auto beside = [](std::string_view file, std::initializer_list<const char*> modules,
                         bool declared = false) {
    Found found;
    found.signs.push_back(import("openai", "python", "openai", file));
    if (declared) found.signs.push_back(manifest("openai", Ecosystem::pypi, "requirements.txt"));
    for (const auto* module : modules) found.modules.emplace(module);
    return made_of(std::move(found));
  };
  EXPECT_EQ(beside("a.py", {"openai"}), "");
  EXPECT_EQ(beside("b/a.py", {"src/openai"}), "");
  EXPECT_EQ(beside("a.py", {"openai"}, true), "openai");
  EXPECT_EQ(beside("openai.py", {"openai"}), "openai");      // the file itself
  EXPECT_EQ(beside("b/c.py", {"b", "b/openai"}), "openai");  // b is a package: its modules need their path
  EXPECT_EQ(beside("x/openai/a.py", {"x/openai/a"}), "openai");  // a folder is no module
}

TEST(Components, LeaveOutOtherPackagesOfTheName) {
  Found found;
  found.signs.push_back(import("openai-whisper", "python", "whisper", "a.py"));
  found.signs.back().sign.weak = false;
  found.others[""].emplace("python", "whisper");
  EXPECT_EQ(made_of(std::move(found)), "");
}

TEST(Components, LeaveOutPackagesOfTheTreesOwn) {
  Found found;
  found.own["app/"].emplace(Ecosystem::cargo, "burn");
  found.others["app/"].emplace("rust", "burn");
  found.signs.push_back(placed("burn", Grade::declared, "package", "burn/Cargo.toml"));
  found.signs.back().sign.ecosystem = Ecosystem::cargo;
  found.signs.push_back(manifest("burn", Ecosystem::cargo, "app/Cargo.toml"));
  found.signs.push_back(import("burn", "rust", "burn", "app/src/main.rs"));
  found.signs.push_back(import("burn", "rust", "burn", "burn/examples/a.rs"));
  for (auto& one : found.signs) one.sign.weak = false;
  auto elsewhere = found;
  EXPECT_EQ(made_of(std::move(found)), "");
  elsewhere.signs.push_back(manifest("burn", Ecosystem::cargo, "other/Cargo.toml"));
  EXPECT_EQ(made_of(std::move(elsewhere)), "burn");
}

TEST(Components, KnowWhatIsUndeclaredAndUnused) {
  const auto with = [](std::string_view file, std::string_view declared_in, bool imported) {
    Found found;
    found.manifests[std::string(manifest_folder_of(declared_in))].insert(Ecosystem::pypi);
    found.manifests["b/"].insert(Ecosystem::pypi);
    found.sources["a/"].insert("python");
    if (imported) found.signs.push_back(import("openai", "python", "openai", file));
    found.signs.push_back(manifest("openai", Ecosystem::pypi, declared_in));
    return made_of(std::move(found));
  };
  EXPECT_EQ(with("a/x.py", "requirements/base.txt", true), "openai");
  EXPECT_EQ(with("b/x.py", "a/requirements.txt", true), "openai undeclared");
  EXPECT_EQ(with("", "requirements/base.txt", false), "openai unused");
}

TEST(Components, TakeWeakSignsOnlyBesideOthers) {
  Found alone, beside;
  alone.signs.push_back(import("boto3", "python", "boto3", "a.py"));
  auto asked = manifest("boto3", Ecosystem::pypi, "requirements.txt");
  asked.sign.weak = true;
  alone.signs.push_back(asked);
  EXPECT_EQ(made_of(std::move(alone)), "");
  beside.signs.push_back(import("boto3", "python", "boto3", "a.py"));
  beside.signs.push_back(placed("boto3", Grade::called, "call", "a.py"));
  EXPECT_EQ(made_of(std::move(beside)), "boto3");
}

}  // namespace
}  // namespace ostiary::scan
