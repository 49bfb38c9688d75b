#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "scan/impl/logs_testing.h"

// Whatever a log holds: the same result however it is cut, figures that agree, and days that are days. The
// first byte says which format it is held for, the second how long the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ostiary::scan;
  if (size < 2) return 0;
  const auto format = static_cast<LogFormat>(data[0] % 11);
  const std::size_t piece = data[1] % 32u + 1;
  const std::string_view columns = data[1] & 0x80 ? "client=2,host=3,out=4" : "";
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  const auto whole = testing::read_log(text, std::max<std::size_t>(text.size(), 1), format, columns);
  if (testing::told(whole) != testing::told(testing::read_log(text, piece, format, columns))) std::abort();
  if (!whole.error.empty()) return 0;
  const auto& counts = whole.counts;
  if (counts.requests + counts.unread > counts.lines || counts.matched > counts.requests) std::abort();
  if ((counts.unread == 0) != (counts.first_unread == 0) || counts.first_unread > counts.lines) std::abort();
  for (const auto& row : whole.rows) {
    if (row.lookups > row.requests || row.clients.count > row.requests) std::abort();
    if (row.bytes_out_of > row.requests || row.bytes_in_of > row.requests) std::abort();
    if (row.first > row.last || row.first.empty() != row.last.empty()) std::abort();
    if (!row.first.empty() && (row.first.size() != 10 || row.first < "1989" || row.last > "2201"))
      std::abort();
    std::uint64_t by_host = 0;
    for (const auto& [host, count] : row.hosts) by_host += count;
    if (by_host != row.requests) std::abort();
  }
  return 0;
}
