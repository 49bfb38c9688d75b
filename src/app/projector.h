#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "app/ledger_projection.h"
#include "base/result.h"
#include "base/time.h"
#include "ledger/ledger.h"

namespace ostiary::app {

// Keeps the exchange table up with a ledger that is written to, on a thread of its own that gives way to all
// others. What goes wrong is logged once and tried again every second; the gate does not notice. Thread-safe.
class Projector {
 public:
  // Both must outlive it. The caller holds the data folder's lock.
  Projector(std::string data_folder, const ledger::Ledger& ledger);
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;
  ~Projector();

  struct Lag {
    std::uint64_t records = 0;  // written and not in the table yet
    double seconds = 0;         // since all that was written then was in the table
  };
  Lag lag() const;

  // Waits until all records that are written at the time of the call are in the table; false where that takes
  // longer, or nothing can be projected.
  bool wait_until_caught_up(std::chrono::milliseconds at_most);
  // The same at a start, where it is worth it: with more missing than `at_most` is likely to do it does not
  // wait at all.
  bool wait_at_start(std::chrono::milliseconds at_most);

 private:
  void run();
  bool advance();
  Result<bool> advance_once();
  void complain(const Error& error);
  void rest(std::chrono::milliseconds how_long);

  const std::string data_;
  const ledger::Ledger& ledger_;
  std::unique_ptr<LedgerProjection> projection_;  // only the thread's once it runs
  bool complained_ = false;
  std::optional<MonoNs> forgot_at_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t position_ = 0;
  MonoNs caught_up_at_;  // all that was written at that moment is in the table
  bool failing_ = false;
  bool hurry_ = false;  // somebody waits
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace ostiary::app
