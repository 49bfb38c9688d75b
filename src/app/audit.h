#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/config.h"
#include "base/file.h"
#include "base/result.h"
#include "ledger/cursor.h"
#include "ledger/ledger.h"

namespace ostiary::app {

// Hands the ledger's records on to where a SIEM collects: a file of JSON lines, or syslog (RFC 5424, one
// record a message, facility 13 "log audit"). Each record at least once and in order: where it stands is kept
// in DATA/audit, over restarts too. On a thread of its own; a target that fails is told once and tried again,
// and holds nothing else up.
class Audit {
 public:
  // Begins with the first record that comes, or where an earlier run stopped. `ledger` outlives it.
  static Result<std::unique_ptr<Audit>> start(const std::string& data_folder, const AuditSettings& settings,
                                              const ledger::Ledger& ledger);
  ~Audit();
  // The file was moved away: writes to a new one. Thread-safe.
  void reopen() { reopen_ = true; }

 private:
  Audit(std::string data_folder, AuditSettings settings, const ledger::Ledger& ledger);
  void run();
  Result<bool> hand_on();
  bool wants(std::string_view record) const;
  Result<> send(std::string_view record);
  Result<> append_batch();
  Result<> open_target();

  const std::string data_folder_;
  const AuditSettings settings_;
  const ledger::Ledger& ledger_;
  ledger::Place at_;  // the record that comes next
  Fd target_;
  std::string batch_;  // lines for the file
  std::string host_;
  std::atomic<bool> reopen_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

// A record as a syslog message. Severity: warning for what was refused, notice for changes, info otherwise.
std::string syslog_message(std::string_view record, std::string_view at, std::string_view host);

}  // namespace ostiary::app
