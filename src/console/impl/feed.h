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

#include "base/result.h"
#include "gateway/side_door.h"
#include "ledger/cursor.h"
#include "ledger/ledger.h"
#include "ledger/record_view.h"

namespace ostiary::console {

// Exchanges as they end, as server-sent events. Each subscriber reads the ledger from its own place, so that
// nothing is kept for a slow one and each can go on where it stopped: an event's id is its record's index.
// One thread serves them all and rests while there are none. A stream ends with an event `error` when its
// subscriber may not read any more. Thread-safe.
class Feed {
 public:
  static constexpr std::size_t kMostStreams = 64, kMostOfOne = 4;
  using Wanted = std::function<bool(const ledger::RecordView&)>;
  struct Subscriber {
    std::string name;  // a key's id; empty: by the control socket, which has as many as there are
    std::function<bool()> may_read;  // asked each turn; from when it says no the stream is over
  };

  Feed(std::string data_folder, const ledger::Ledger& ledger);
  ~Feed();
  // From record `from` on. `too_large`: the subscriber has as many as one may have; `unavailable`: there are
  // as many as may be.
  Result<std::shared_ptr<gateway::SideStream>> subscribe(std::uint64_t from, Wanted wanted,
                                                         Subscriber subscriber);

 private:
  struct Reading;
  struct Stream;
  void work();
  bool serve(Reading& reading);
  void tell(Reading& reading, std::string bytes);

  const std::string data_folder_;
  const ledger::Ledger& ledger_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<Reading>> readings_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace ostiary::console
