#include "ledger/impl/record_scan.h"

#include <limits>

#include "ledger/impl/readers.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

Result<bool> scan_segment(const std::string& ledger, std::uint64_t first, std::uint64_t from,
                          const TakeRecord& take) {
  const auto end = first + leaves_in(leaf_path(ledger, first));
  if (end <= from) return true;
  auto lines = LineReader::open(log_path(ledger, first), log_header(first).size(),
                                std::numeric_limits<std::uint64_t>::max());
  if (!lines && lines.error().code == Code::not_found) return true;
  if (!lines) return std::unexpected(lines.error());
  std::string_view line;
  for (auto index = first; index < end; ++index) {
    TRY(const bool more, lines->next(line));
    if (!more) break;
    if (index < from) continue;
    TRY(const bool on, take(index, line));
    if (!on) return false;
  }
  return true;
}

Result<> scan_records(const std::string& ledger, std::uint64_t from, const TakeRecord& take) {
  TRY(const auto segments, list_segments(ledger));
  for (const auto first : segments) {
    TRY(const bool on, scan_segment(ledger, first, from, take));
    if (!on) break;
  }
  return {};
}

}  // namespace ostiary::ledger
