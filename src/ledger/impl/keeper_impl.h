#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ledger/impl/keeping.h"
#include "ledger/impl/key_eraser.h"
#include "ledger/impl/removal.h"
#include "ledger/keeper.h"

namespace ostiary::ledger {

// An intent or outcome, as far as holds and erasure ask about it; of other records only the time.
struct ExchangeView {
  Id id;
  std::string subject, team;
  WallMs at = 0;
};

// When the newest record was written that is older than the program; 0: there is none.
WallMs newest_record(const std::string& ledger);

struct Keeper::Impl {
  std::string data, folder, keys_at;
  Ledger& ledger;
  KeeperOptions options;
  std::atomic<bool> stopping{false};

  std::mutex mutex;  // guards what follows and the order of operations
  Keeping keeping;

  Impl(const std::string& data_folder, Ledger& of, const KeeperOptions& with);

  // Exchanges of records from number `from` on whose line holds `word` (a subject or an id; empty: all).
  using See = std::function<Result<>(const ExchangeView&)>;
  Result<> each_exchange(std::uint64_t from, std::string_view word, const See& see);
  Result<ExchangeView> read_exchange(std::string_view line) const;
  const Hold* holder_of(const ExchangeView& exchange) const;
  std::unexpected<Error> refuse(const Hold& hold, std::string_view what) const;

  // Appends a record of one of the kinds that `keeping` follows from, signs it and takes it in.
  Result<std::uint64_t> put(const std::string& line);

  // All ids of a subject's exchanges from record `from` on; `denied` where one is held.
  Result<IdSet> exchanges_of(const std::string& subject, std::uint64_t from);
  Result<std::optional<OldSegment>> look_at(const Range& records, WallMs before);
  Result<std::vector<OldSegment>> old_segments(WallMs before);
  Result<Removal> prepare_removal(const std::vector<Range>& segments);
  Result<> let_go(const std::vector<OldSegment>& segments, WallMs before, const std::string& by);
  Result<> remove(const std::vector<Range>& segments, const Removal& removal);
  Result<> making_room(const std::function<Result<>()>& what);
  Result<std::optional<Id>> hold_on(const Range& records);
  Result<> finish_removal();
  Result<> finish_erasures(NameBook& names);
  Result<bool> is_held(const Keeping::PendingErasure& erasure);
  Result<Retention> retain(std::uint64_t older_than_ms, bool dry_run, const std::string& by);
  Result<> erase_late();

  // The sweep's.
  bool is_clock_ahead();
  Result<> sweep();
  void run();
  std::thread thread;
  std::mutex sleep_mutex;
  std::condition_variable wake;
  WallMs wall_start = 0, steady_start = 0;
  WallMs newest_before = 0;   // of the records that stood when the keeper was opened; 0: none
  NameBook* names = nullptr;  // for erasures that are tried again
  bool clock_told = false, sweep_failed = false;

  Result<Erasure> carry_out(const Keeping::PendingErasure& erasure, NameBook& book);
};

}  // namespace ostiary::ledger
