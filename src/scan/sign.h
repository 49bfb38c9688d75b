#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/partial.h"
#include "scan/component.h"
#include "scan/manifest.h"
#include "scan/model_seen.h"

namespace ostiary::scan {

// A file as detectors see it. Views are valid during the call.
struct File {
  std::string_view path;  // below what was named, with '/'; of a member "a.zip!/dir/file"
  std::string_view bytes;
};

// What one detector noticed at one place of a file. `merge` makes components of signs.
struct Sign {
  Kind kind = Kind::sdk;
  std::string name;  // as Component::name
  Grade grade = Grade::mentioned;
  std::string_view detector;         // a literal
  std::uint64_t start = 0, end = 0;  // bytes of the file
  // The name is that of other things too: it counts only beside a sign that is not weak, or beside a weak
  // one of another detector, of the same component in the same project.
  bool weak = false;
  std::string provider = {}, surface = {}, version = {}, license = {}, note = {};
  // Of an import or a call that follows from one: its first part, so that a module of the tree itself that
  // has the name is told from it, and the language as catalog::Sdk::Import names it.
  std::string module = {};
  std::string_view language = {};
  // Of an import: ids of other SDKs that are imported by the same name. Which of them it is the project's
  // manifest decides, and the catalogue's order where that says nothing.
  std::vector<std::string> rivals = {};
  // Of a package: who publishes it, whether the version is the one that is installed, and whether the
  // project asks for it and needs it when it runs.
  std::optional<Ecosystem> ecosystem = {};
  bool locked = false, asked_for = false;
};

struct Sources;

// What the detectors found in one file.
struct Signs {
  std::vector<Sign> all;
  std::vector<files::Partial> partial;
  std::set<Ecosystem> declares;  // of a manifest: what it declares packages of
  // Of a manifest: modules, with their language, that are of a package that is no SDK's: another of the same
  // name, or the tree's own.
  std::set<std::pair<std::string_view, std::string>> others;
  // Of a manifest: ids of SDKs whose packages' names are those of the tree's own folders.
  std::set<std::pair<Ecosystem, std::string>> own;
  void add(Sign sign) {
    if (all.size() < kMost)
      all.push_back(std::move(sign));
    else
      cut = true;
  }
  std::vector<ModelFileSeen> model_files;
  bool cut = false;  // there were more than kMost
  static constexpr std::size_t kMost = 20'000;
  std::shared_ptr<const Sources> sources;  // of the file, once somebody asked (impl/source.h)
};

}  // namespace ostiary::scan
