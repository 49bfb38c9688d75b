#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scan/impl/logs_stream.h"

// What the tests, the fuzz target and the bench of the log reader share.
namespace ostiary::scan::testing {

// Made-up tools and providers under names that nobody can own (RFC 2606).
std::vector<LogTarget> targets();

// A whole log in pieces of `piece` bytes.
struct LogResult {
  std::vector<LogRow> rows;
  LogStream::Counts counts;
  LogFormat format = LogFormat::unknown;
  std::string columns, error;

  const LogRow* row(std::string_view id, std::string_view surface) const;
};
constexpr std::int64_t kReference = 1'764'201'600;  // 2025-11-27T00:00:00Z
LogResult read_log(std::string_view bytes, std::size_t piece = 1 << 16, LogFormat format = LogFormat::unknown,
                   std::string_view columns = "");

// Everything of a result as one text, to compare.
std::string told(const LogResult& result);

}  // namespace ostiary::scan::testing
