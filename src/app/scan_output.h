#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/impl/terminal.h"
#include "app/scan_decisions.h"
#include "base/time.h"
#include "json/writer.h"
#include "scan/scanner.h"

namespace ostiary::app {

// What a scan found and what is shown of it.
struct Scanned {
  scan::Report report;                       // its components are what is shown
  std::vector<ComponentDecision> decisions;  // of each
  std::vector<scan::Component> known;        // left out: they stand in the baseline or were there before
  std::string policy;                        // version and digest of the document that decided
  std::string policy_digest;
};

// A location of interfaces.md.
void write_place(json::Writer& w, const scan::Place& at);
std::string scan_text(const Scanned& scanned, const ScanOptions& options);
std::string scan_json(const Scanned& scanned);   // kind "scan" of interfaces.md
std::string scan_sarif(const Scanned& scanned);  // one result for each place
// A bill of materials: CycloneDX 1.6 ("cyclonedx"), 1.7 ("cyclonedx-1.7") or SPDX 3.0.1 ("spdx").
std::string scan_bom(const Scanned& scanned, const ScanOptions& options, std::string_view form);
// When a bill of materials says that it was made: SOURCE_DATE_EPOCH (reproducible-builds.org), in seconds, so
// that the same files can give the same bytes; else now.
WallMs time_of_document();
// The scan with such a bill in place of its own formats.
Result<int> run_scan_as_bom(const ScanOptions& options, const std::string& form);
// What ties the code to one provider; the JSON is of kind "scan-portability".
std::string portability_text(const scan::Report& report, const ScanOptions& options);
std::string portability_json(const scan::Report& report);
std::string scan_summary(const Scanned& scanned);

}  // namespace ostiary::app
