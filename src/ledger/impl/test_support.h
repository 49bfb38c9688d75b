#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/testing.h"
#include "ledger/ledger.h"
#include "ledger/record.h"

// What the tests of this module share.
namespace ostiary::ledger::testing {

// A folder of its own for a test, removed at the end.
class TestFolder {
 public:
  std::string data() const { return folder_ / "data"; }
  std::string ledger(const std::string& name) const { return data() + "/ledger/" + name; }
  std::string other(const std::string& name) const { return folder_ / name; }

 private:
  ostiary::testing::TempFolder folder_;
};

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void spill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  return lines;
}

inline std::string record_line(std::uint64_t n) {
  std::string line;
  append_change(line, 1'700'000'000'000 + static_cast<WallMs>(n), "test", std::to_string(n));
  return line;
}

// Appends records number [from, to) in batches of `batch`.
inline Result<> append_records(Ledger& ledger, std::uint64_t from, std::uint64_t to,
                               std::uint64_t batch = 3) {
  Batch records;
  for (auto n = from; n < to; ++n) {
    records.add(record_line(n));
    if ((n + 1 - from) % batch == 0) TRY_VOID(ledger.append(records));
  }
  return ledger.append(records);
}

// Options under which nothing happens by itself: no checkpoint and no sync before the ledger is closed.
inline Options quiet_options() {
  Options options;
  options.sync_interval_ms = options.checkpoint_interval_ms = 3'600'000;
  return options;
}

constexpr const char* kFirstLog = "00000000000000000000.log";
constexpr const char* kFirstLeaf = "00000000000000000000.leaf";

}  // namespace ostiary::ledger::testing
