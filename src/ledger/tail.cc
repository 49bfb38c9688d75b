#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <thread>

#include "ledger/impl/readers.h"
#include "ledger/impl/segment.h"
#include "ledger/ledger.h"

namespace ostiary::ledger {

namespace {

constexpr auto kPoll = std::chrono::milliseconds(100);

// Records of a segment that count: those with a leaf hash.
std::uint64_t leaves_of(const std::string& ledger, std::uint64_t first) {
  const auto leaves = LeafReader::open(leaf_path(ledger, first));
  return leaves ? leaves->count() : 0;
}

}  // namespace

Result<std::vector<std::string>> tail(const std::string& data_folder, std::size_t n) {
  const auto ledger = ledger_folder(data_folder);
  TRY(const auto segments, list_numbered(ledger, ".log"));
  if (segments.empty())
    return fail(Code::not_found, "there is no ledger; name a data folder with --data", ledger);
  std::vector<std::string> records;
  for (auto first = segments.rbegin(); first != segments.rend() && records.size() < n; ++first) {
    const auto path = log_path(ledger, *first), header = log_header(*first);
    TRY(const auto state, check_header(path, header));
    if (state == Header::torn) continue;
    if (state != Header::good) return header_error(state, path);
    TRY(auto last, last_lines(path, header.size(), n - records.size()));
    records.insert(records.begin(), std::make_move_iterator(last.lines.begin()),
                   std::make_move_iterator(last.lines.end()));
  }
  return records;
}

Result<> follow(const std::string& data_folder, const std::function<void(std::string_view)>& record,
                const std::function<bool()>& stop) {
  const auto ledger = ledger_folder(data_folder);
  TRY(const auto segments, list_numbered(ledger, ".log"));
  if (segments.empty())
    return fail(Code::not_found, "there is no ledger; name a data folder with --data", ledger);
  auto first = segments.back();
  // A record is given once its leaf hash is there: only then can it not be taken back by a failed write.
  std::uint64_t given = leaves_of(ledger, first), skip = given, offset = log_header(first).size();
  for (; !stop(); std::this_thread::sleep_for(kPoll)) {
    for (;;) {
      const auto ready = leaves_of(ledger, first);
      TRY(auto lines,
          LineReader::open(log_path(ledger, first), offset, std::numeric_limits<std::uint64_t>::max()));
      std::string_view line;
      while (skip > 0 || given < ready) {
        TRY(const bool more, lines.next(line));
        if (!more) break;
        offset = lines.offset();
        if (skip > 0) {
          --skip;
          continue;
        }
        record(line);
        ++given;
        if (stop()) return {};
      }
      if (given < ready || !std::filesystem::exists(log_path(ledger, first + given)) || given == 0) break;
      first += given;
      given = 0;
      offset = log_header(first).size();
    }
  }
  return {};
}

}  // namespace ostiary::ledger
