#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// SARIF 2.1.0 (OASIS Standard, 27 March 2020): what a run of a verb found, for editors and code hosts.
namespace ostiary::report {

enum class SarifLevel : std::uint8_t { none, note, warning, error };

// A kind of thing that can be found.
struct SarifRule {
  std::string id;                       // stable
  std::string name;                     // for people
  std::string summary, help, help_uri;  // each may be empty
  SarifLevel level = SarifLevel::warning;
  std::vector<std::string> tags;
};

// A span of bytes as interfaces.md has it: `start` and `end` are offsets of the original bytes, half open;
// lines and columns count from 1, columns in Unicode code points, and the end is the place behind the last
// one. A line of 0 leaves lines and columns out.
struct SarifLocation {
  std::string file;     // relative, with '/', any bytes; empty where there is no file
  std::string pointer;  // JSON Pointer of the part of a body, or empty
  std::uint64_t start = 0, end = 0;
  std::uint64_t line = 0, column = 0, end_line = 0, end_column = 0;
};

struct SarifResult {
  std::string rule;  // a rule's id
  SarifLevel level = SarifLevel::warning;
  std::string message;  // holds no secret: it is shown on pages
  SarifLocation location;
  std::string fingerprint;                // stable over changes elsewhere in the file
  std::optional<std::string> suppressed;  // known and accepted, and why; shown as suppressed
};

// What was not read: the run is complete only without any.
struct SarifPartial {
  std::string file, text;
};

struct SarifRun {
  std::string tool, version, uri;  // of the program: "ostiary", "0.1.0"
  std::vector<SarifRule> rules;
  std::vector<SarifResult> results;
  std::vector<SarifPartial> partial;
  bool successful = true;  // false: the run itself failed
};

// The log as one line of JSON. Rules stand by id, results by file, place, rule and fingerprint and what was
// not read by file, however they come, and there is no time in it: the same findings give the same bytes.
// Bytes that are not UTF-8 are U+FFFD in texts, and exact in the URIs of files.
std::string sarif(SarifRun run);

}  // namespace ostiary::report
