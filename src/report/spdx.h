#pragma once

#include <string>

#include "report/bom.h"

namespace ostiary::report {

// The document as SPDX 3.0.1 JSON-LD (profiles core, software, simpleLicensing, ai, dataset and extension),
// one line. Every package, model and dataset has exactly one concluded and exactly one declared licence, each
// a relationship to one element; what is unknown is NoAssertion. All ids begin with the document's own
// "urn:uuid:…#" and are made of the refs. Deterministic, ordered and thread-safe as `cyclonedx`.
std::string spdx(const Bom& bom);

}  // namespace ostiary::report
