#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scan/manifest.h"
#include "scan/scanner.h"
#include "scan/sign.h"

namespace ostiary::scan {

// The folder of a path, with '/' at its end; empty: none.
std::string_view folder_of(std::string_view path);

// The folder that a manifest speaks for: what lies in a folder `requirements` counts for the one above.
std::string_view manifest_folder_of(std::string_view path);

// A sign with its place.
struct Placed {
  Sign sign;
  Place place;
};

// What one worker found, in no order. Workers' are joined before components are made.
struct Found {
  std::vector<Placed> signs;
  std::vector<Report::FeaturePlace> features;
  std::vector<files::Partial> partial;
  // By folder, what stands in it: ecosystems that a manifest declares packages of, and languages of sources
  // ("python", as catalog::Sdk::Import has them).
  std::map<std::string, std::set<Ecosystem>> manifests;
  std::map<std::string, std::set<std::string_view>> sources;
  // Python and Ruby modules of the tree itself, by path without ending; packages by folder. C's headers with
  // their ending.
  std::set<std::string, std::less<>> modules;
  // By folder, Signs::others of its manifests.
  std::map<std::string, std::set<std::pair<std::string_view, std::string>>> others;
  std::map<std::string, std::set<std::pair<Ecosystem, std::string>>> own;  // by folder, Signs::own
  std::vector<ModelFileSeen> model_files;
  std::uint64_t files = 0, bytes = 0, archives = 0;
  bool cut = false;

  void join(Found&& other);
};

// Whether what stands below a folder of this path was installed by a package manager or copied from others
// (`vendor`, `third_party`): of such code only what it is counts, not what it uses.
bool is_installed(std::string_view path);

// Components of all signs: weak ones that nothing backs and imports of the tree's own modules are left out.
std::vector<Component> components_of(Found found);

}  // namespace ostiary::scan
