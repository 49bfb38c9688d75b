#pragma once

#include <cstdint>
#include <string>

#include "report/bom.h"

namespace ostiary::report {

enum class CycloneDxVersion : std::uint8_t { v1_6, v1_7 };

// The document as CycloneDX JSON (ECMA-424: 1.6, and 1.7), one line. Components and services stand by their
// ref, links by what they link, whatever order they come in, so that the same document gives the same bytes.
// Of components with one ref only the first is written. What the schema has no place for stands in properties
// under "ostiary:". Thread-safe.
std::string cyclonedx(const Bom& bom, CycloneDxVersion version);

}  // namespace ostiary::report
