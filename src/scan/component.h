#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::scan {

// What a component is, as interfaces.md names it.
enum class Kind : std::uint8_t {
  sdk,
  framework,
  model,
  model_file,
  dataset,
  endpoint,
  credential,
  assistant_config,
  agent_config,
  mcp_server,
  service,
  ai_authored
};
std::string_view name(Kind kind);  // "model-file"
std::optional<Kind> kind_named(std::string_view word);

// How sure a use is, from weak to strong.
enum class Grade : std::uint8_t {
  mentioned,  // named in a comment, a text or a string that nothing is done with
  declared,   // a manifest, a configuration or a file of its own says so
  imported,   // code takes it in
  called,     // code calls it
  deployed    // it is set up to run
};
std::string_view name(Grade grade);
std::optional<Grade> grade_named(std::string_view word);

// A place as interfaces.md has it: bytes [start, end) of the file, line and column from 1, the column in
// Unicode code points. Of a thing that is a whole file all are 0.
struct Place {
  std::string file;
  std::uint64_t start = 0, end = 0, line = 0, column = 0;
  auto operator<=>(const Place&) const = default;
};

struct Evidence {
  Place place;
  Grade grade = Grade::mentioned;
  std::string detector;  // "manifest", "import", "call", …
  std::string note;      // for people: what is declared, what it may run or reach; may be empty
  auto operator<=>(const Evidence&) const = default;
};

// One use of AI in what was scanned, with everything that shows it.
struct Component {
  Kind kind = Kind::sdk;
  std::string
      name;  // catalogue id of an SDK, framework, provider, server or tool; of others as it is written
  std::string provider, surface;   // ids and words of the catalogue; empty: unknown
  std::string version;             // exact where it is locked, else as it is written; empty: none
  std::string license;             // SPDX expression; empty: unknown
  Grade grade = Grade::mentioned;  // the strongest of the evidence
  bool undeclared = false;         // imported or called, and no manifest above it declares it
  bool unused = false;             // declared by a manifest, and nothing imports it
  std::vector<Evidence> evidence;  // sorted by place; at most kMostEvidence
  std::uint64_t places = 0;        // of all evidence, kept or not
  static constexpr std::size_t kMostEvidence = 200;
};

}  // namespace ostiary::scan
