#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/license.h"
#include "files/partial.h"
#include "license/conflicts.h"

namespace ostiary::app {

// A work that was found below a path, with what declares its licence.
struct LicensedWork {
  std::string name = {}, version = {};
  std::string kind = {};    // "code", "model", "data"; "files": a folder of which only a licence's text tells
  std::string folder = {};  // what lies there and below is its own, but for works below it
  std::vector<license::Declaration> declared = {};
  std::string text = {}, notice = {};  // of its licence and its NOTICE, as they lie there; may be empty
  license::Lineage lineage = {};       // of a model, with its conflicts; else what its declarations come to
};

struct LicensedWorks {
  std::vector<LicensedWork> works;        // by folder, name and version
  std::vector<std::string> bare;          // files under no declaration, at most kMostBare; by path
  std::uint64_t files = 0, bare_all = 0;  // seen; under no declaration
  std::vector<files::Partial> partial;
};
constexpr std::size_t kMostBare = 20;

// Looks through files and folders for works and what declares their licences: models (model/look.h), cards of
// datasets, package.json, METADATA of Python's packages, and files called LICENSE and their like. Ignore
// rules do not count, since what is installed seldom is in git; `.git` is passed over. Errors: as
// files::Tree::open.
Result<LicensedWorks> licensed_works(const std::vector<std::string>& paths, const catalog::Licenses& known);

// The licence that a whole text is, where it is one of the catalogue's to the word, but for its title and the
// lines of copyright before it, or is tagged with SPDX-License-Identifier; else empty.
std::string license_of_text(std::string_view text, const catalog::Licenses& known);

}  // namespace ostiary::app
