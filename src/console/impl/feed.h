#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/side_door.h"
#include "ledger/cursor.h"
#include "ledger/ledger.h"
#include "ledger/record_view.h"

namespace ostiary::console {

// Exchanges as they end, as server-sent events. Each subscriber reads the ledger from its own place, so that
// nothing is kept for a slow one and each can go on where it stopped: an event's id is its record's index.
// One thread serves them all and rests while there are none. Thread-safe.
class Feed {
 public:
  static constexpr std::size_t kMostStreams = 64;
  using Wanted = std::function<bool(const ledger::RecordView&)>;

  Feed(std::string data_folder, const ledger::Ledger& ledger);
  ~Feed();
  // From record `from` on. Null: there are as many as may be.
  std::shared_ptr<gateway::SideStream> subscribe(std::uint64_t from, Wanted wanted);

 private:
  struct Reading;
  struct Stream;
  void work();
  bool serve(Reading& reading);

  const std::string data_folder_;
  const ledger::Ledger& ledger_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<Reading>> readings_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace ostiary::console
