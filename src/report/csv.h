#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ostiary::report {

// One record of RFC 4180, with CRLF behind it. A cell that a spreadsheet would take for a formula (it begins
// with =, +,
// -, @, a tab or a carriage return) gets an apostrophe before it; a plain number, "-12.5", stays one.
std::string csv_record(std::span<const std::string> cells);

}  // namespace ostiary::report
