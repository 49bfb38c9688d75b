#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace ostiary::catalog {

// What a public place says of a licence, where such places do not agree.
struct LicenseStatement {
  std::string license;
  std::string of;  // which version or part; empty: all
  std::string note;
  Origin origin;
};

// A version of a family of catalog/model, with its licence and what it comes from.
struct ModelVersion {
  std::string family;   // id
  std::string version;  // empty: the family as a whole
  std::vector<std::string> names, repositories;
  std::string license;  // SPDX expression, LicenseRef-…, "proprietary" or "unknown"
  std::string released, note;
  std::vector<std::string> bases;            // ids of families, or "owner/name"
  std::vector<std::string> datasets;         // ids of datasets, or "owner/name"
  std::vector<LicenseStatement> statements;  // of the family, or of this version alone
  Origin origin;
};

// catalog/dataset/<id>.yaml: data that models are trained on.
struct Dataset {
  struct Part {
    std::string name, license, note;
    Origin origin;
  };
  std::string id, name, maker;
  std::vector<std::string> repositories, names;
  std::string license, note;
  std::vector<std::string> outputs_of;  // ids of families whose answers it holds
  std::vector<Part> parts;
  std::vector<LicenseStatement> statements;
  Origin origin;
};

// Built at the first use, read-only, thread-safe.
const std::vector<ModelVersion>& model_versions();  // by family; the family as a whole before its versions
const std::vector<Dataset>& datasets();             // sorted by id

// The version that a name is of: an id of a family, "owner/name", or a name as calls write it, in any case.
// The longest pattern wins, of repositories before that of names. Null: not known. Goes through all patterns,
// some thousands.
const ModelVersion* find_version(std::string_view name);
const Dataset* find_dataset(std::string_view name);  // likewise

}  // namespace ostiary::catalog
