#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/partial.h"

namespace ostiary::model {

// Where something is said: a file, and in it the name of a field ("general.license", "license_name"); the
// field is empty where the whole file says it.
struct Place {
  std::string file, field;
  auto operator<=>(const Place&) const = default;
};

// A licence as one place declares it.
struct Declared {
  std::string text;  // as it stands there, at most kMostDeclared bytes; of a whole licence its beginning
  std::string expression;  // SPDX, LicenseRef-… of what SPDX lacks; empty: which licence it is, is not known
  std::string category;    // of interfaces.md; empty likewise
  std::string source;  // what kind of place: "weights", "card", "prompt", "config", "license-file", "layer"
  std::string link;    // to its text, as it is declared beside it
  std::string whole;   // the text, where the place holds a whole licence; at most kMostText bytes
  Place place;
  auto operator<=>(const Declared&) const = default;
};

// A model or dataset that this one comes from, as one place names it.
struct Named {
  std::string name;  // "owner/name", a URL, or as it is written
  Place place;
  auto operator<=>(const Named&) const = default;
};

enum class Severity : std::uint8_t {
  low,     // worth knowing: nothing runs by it
  medium,  // may run or reach something that nobody vouches for, or was not read to its end
  high     // runs a program, reads or writes files, or reaches out
};
std::string_view name(Severity severity);

// Something that may happen to who loads the file. Nothing was run to find it.
struct Hazard {
  std::string id;  // "pickle-import", "keras-lambda", …; docs/models.md lists them
  Severity severity = Severity::medium;
  std::string detail;  // for people, one line
  std::string file;
  std::uint64_t start = 0, end = 0;  // bytes of the file; both 0: the file as a whole, or packed in it
  auto operator<=>(const Hazard&) const = default;
};

// A file that is part of a model.
struct Part {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;  // hexadecimal; empty: not asked for
  auto operator<=>(const Part&) const = default;
};

// One model: a file of weights or its shards, with what stands beside it.
struct Model {
  std::string path;    // of the file, the first of its shards, or the folder
  std::string format;  // id of catalog/format, or "huggingface" of a folder without weights
  std::string name;    // as it calls itself; may be empty
  std::string architecture, quantization;   // empty: unknown
  std::optional<std::uint64_t> parameters;  // numbers in its tensors; nullopt: not known
  std::vector<Declared> licenses;           // by place
  std::vector<Named> base_models, datasets;
  std::vector<Hazard> hazards;
  std::vector<Part> parts;  // by path; the weights, and what else is its own
};

constexpr std::size_t kMostDeclared = 300;
constexpr std::size_t kMostText = 1u << 20;

}  // namespace ostiary::model
