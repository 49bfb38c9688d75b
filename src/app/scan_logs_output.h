#pragma once

#include <string>

#include "app/impl/terminal.h"
#include "scan/logs.h"

namespace ostiary::app {

// What logs show, for a terminal of so many columns; as JSON of kind "scan-logs"; as CSV, a row for each tool
// or provider and surface. None of them says who: figures of fewer clients than scan::kFewClients are "<3".
std::string scan_logs_text(const scan::LogReport& report, const Style& style, std::size_t width);
std::string scan_logs_json(const scan::LogReport& report);
std::string scan_logs_csv(const scan::LogReport& report);
std::string scan_logs_summary(const scan::LogReport& report);

}  // namespace ostiary::app
