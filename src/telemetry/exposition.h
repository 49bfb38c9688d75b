#pragma once

#include <string>
#include <string_view>

#include "telemetry/metrics.h"

namespace ostiary::telemetry {

// What a scrape may be answered with.
enum class Format : std::uint8_t {
  prometheus,   // text exposition 0.0.4
  openmetrics,  // OpenMetrics 1.0.0
};

// The format that an Accept header asks for (RFC 9110 section 12.5.1): OpenMetrics only where it is named and
// weighs more than plain text.
Format asked_format(std::string_view accept);
std::string_view content_type(Format format);

// All metrics as text. Thread-safe; the same numbers give the same bytes.
std::string render(const Registry& registry, Format format);

}  // namespace ostiary::telemetry
