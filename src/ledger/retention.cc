// Keeper: segments that go for their age, and the sweep that sees to it.

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "json/document.h"
#include "ledger/cursor.h"
#include "ledger/impl/append_file.h"
#include "ledger/impl/keeper_impl.h"
#include "ledger/impl/readers.h"
#include "ledger/impl/removal.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

namespace {

constexpr std::uint64_t kSecond = 1000, kHour = 3600 * kSecond;
constexpr WallMs kDay = 24 * static_cast<WallMs>(kHour);
constexpr WallMs kMostDrift = static_cast<WallMs>(kHour);

WallMs at_of(std::string_view line) {
  const auto document = json::Document::parse(line);
  return document ? parse_rfc3339(document->root()["at"].string_or("")).value_or(0) : 0;
}

// Milliseconds that passed whatever the wall clock says, suspended time included.
WallMs steady_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<WallMs>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

// The last lines are enough: opening writes no more than a recovery record.
WallMs newest_record(const std::string& ledger) {
  const auto segments = list_segments(ledger);
  if (!segments) return 0;
  for (auto i = segments->size(); i-- > 0;) {
    const auto first = (*segments)[i];
    const auto last = last_lines(log_path(ledger, first), log_header(first).size(), 3);
    WallMs newest = 0;
    for (const auto& line : last ? last->lines : std::vector<std::string>())
      if (line.find(R"("kind":"recovery")") == line.npos) newest = std::max(newest, at_of(line));
    if (newest != 0) return newest;
  }
  return 0;
}

// Nothing where the segment is not of age. Its last line tells of most that they are not; the rest is read.
Result<std::optional<OldSegment>> Keeper::Impl::look_at(const Range& records, WallMs before) {
  const auto path = log_path(folder, records.first);
  TRY(const auto last, last_lines(path, log_header(records.first).size(), 1));
  if (last.lines.empty() || at_of(last.lines.front()) >= before) return std::nullopt;
  OldSegment segment{records, 0, file_size(path).value_or(0), std::nullopt};
  for (const auto& hold : keeping.holds())
    if (hold.index >= records.first && hold.index < records.end) segment.held_by = hold.id;
  std::uint64_t seen = 0;
  const auto see = [&](std::uint64_t, std::string_view line) -> Result<bool> {
    ++seen;
    TRY(const auto record, read_exchange(line));
    segment.newest = std::max(segment.newest, record.at);
    const Hold* hold = record.id == Id{} ? nullptr : holder_of(record);
    if (hold && !segment.held_by) segment.held_by = hold->id;
    return segment.newest < before && !stopping;
  };
  TRY_VOID(scan_segment(folder, records.first, records.first, see));
  if (stopping) return fail(Code::closed, "the gate is stopping");
  if (segment.newest >= before) return std::nullopt;
  if (seen != records.end - records.first) {
    log::warn(
        fmt::format("ledger: {} is damaged behind record {} and is kept: who holds the rest cannot be told",
                    path, records.first + seen));
    return std::nullopt;
  }
  return segment;
}

// A hold that covers one of these records.
Result<std::optional<Id>> Keeper::Impl::hold_on(const Range& records) {
  std::optional<Id> held_by;
  if (keeping.holds().empty()) return held_by;
  std::uint64_t seen = 0;
  TRY_VOID(scan_segment(folder, records.first, records.first,
                        [&](std::uint64_t, std::string_view line) -> Result<bool> {
                          ++seen;
                          TRY(const auto record, read_exchange(line));
                          const Hold* hold = record.id == Id{} ? nullptr : holder_of(record);
                          if (hold) held_by = hold->id;
                          return !held_by;
                        }));
  if (!held_by && seen != records.end - records.first)
    return fail(Code::corrupt, "records are damaged: who holds them cannot be told",
                log_path(folder, records.first));
  return held_by;
}

Result<std::vector<OldSegment>> Keeper::Impl::old_segments(WallMs before) {
  std::vector<OldSegment> old;
  TRY(const auto segments, list_segments(folder));
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    if (!std::filesystem::exists(log_path(folder, segments[i]))) continue;
    TRY(const auto segment, look_at({segments[i], segments[i + 1]}, before));
    if (segment) old.push_back(*segment);
  }
  return old;
}

// What the segments used is written down in their place, which changes nothing as long as they stand.
Result<Removal> Keeper::Impl::prepare_removal(const std::vector<Range>& segments) {
  TRY(auto removal, look_before_removal(folder, segments, stopping));
  for (std::size_t i = 0; i < segments.size(); ++i)
    TRY_VOID(write_sums(folder, segments[i].first, removal.sums[i]));
  TRY_VOID(sync_folder(folder));
  return removal;
}

// The keys go first: as long as the lines stand they tell which.
Result<> Keeper::Impl::remove(const std::vector<Range>& segments, const Removal& removal) {
  TRY_VOID(erase_digest_keys(keys_at, removal.last));
  for (const auto& range : segments) {
    const auto path = log_path(folder, range.first);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove the file", path, errno);
  }
  return sync_folder(folder);
}

// What a retention record has named and a crash has kept. A hold may have been set since: it comes first.
Result<> Keeper::Impl::finish_removal() {
  std::vector<Range> left;
  TRY(const auto segments, list_segments(folder));
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    const Range records{segments[i], segments[i + 1]};
    if (!keeping.is_removed(records.first, records.end) ||
        !std::filesystem::exists(log_path(folder, records.first)))
      continue;
    TRY(const auto held_by, hold_on(records));
    if (!held_by)
      left.push_back(records);
    else
      log::warn(
          fmt::format("ledger: records {} to {} were to go for their age and stay, as hold {} covers "
                      "some of them now",
                      records.first, records.end - 1, held_by->text()));
  }
  if (left.empty()) return {};
  // On a full disk nothing can be signed, which is not needed where the record is signed already.
  if (ledger.signed_size() <= keeping.retention_index()) TRY_VOID(ledger.checkpoint_now());
  TRY(const auto removal, prepare_removal(left));
  return remove(left, removal);
}

// What frees room may take the room that was set aside for it.
Result<> Keeper::Impl::making_room(const std::function<Result<>()>& what) {
  auto done = what();
  if (done || done.error().code != Code::unavailable || !ledger.open_reserve()) return done;
  done = what();
  ledger.close_reserve();
  return done;
}

// Order: sums, record, signature, keys, files. What a crash keeps of it is done by finish_removal().
Result<> Keeper::Impl::let_go(const std::vector<OldSegment>& segments, WallMs before, const std::string& by) {
  RetentionRecord record{.before = before, .segments = {}, .removed = {}, .by = by};
  std::vector<Range> going;
  for (const auto& segment : segments) {
    going.push_back(segment.records);
    record.records += segment.records.end - segment.records.first;
    record.bytes += segment.bytes;
  }
  auto removed = keeping.removed();
  removed.insert(removed.end(), going.begin(), going.end());
  removed = merged(std::move(removed));
  record.segments = going;
  record.removed = removed;
  TRY(const auto removal, prepare_removal(going));
  std::string line;
  append_retention(line, wall_now(), record);
  TRY_VOID(put(line));
  TRY_VOID(remove(going, removal));
  log::info(fmt::format("ledger: {} records from before {} were removed for their age", record.records,
                        rfc3339(before)));
  return {};
}

Result<Retention> Keeper::Impl::retain(std::uint64_t older_than_ms, bool dry_run, const std::string& by) {
  Retention report{wall_now() - static_cast<WallMs>(older_than_ms), dry_run, {}};
  TRY(report.segments, old_segments(report.before));
  std::vector<OldSegment> going;
  for (const auto& segment : report.segments)
    if (!segment.held_by) going.push_back(segment);
  if (dry_run || going.empty()) return report;
  auto gone = let_go(going, report.before, by);
  // On a full disk the oldest goes first, which needs the least and makes room for the rest.
  if (!gone && gone.error().code == Code::unavailable) {
    const std::vector<OldSegment> oldest(going.begin(), going.begin() + 1);
    TRY_VOID(making_room([&] { return let_go(oldest, report.before, by); }));
    going.erase(going.begin());
    gone = going.empty() ? Result<>() : let_go(going, report.before, by);
  }
  TRY_VOID(std::move(gone));
  return report;
}

// Exchanges that an erased subject had under way were written behind the erasure.
Result<> Keeper::Impl::erase_late() {
  keeping.forget_erased_before(wall_now() - kDay);
  for (const auto& erased : keeping.erased()) {
    IdSet ids;
    TRY_VOID(each_exchange(erased.from, erased.subject, [&](const ExchangeView& exchange) -> Result<> {
      if (exchange.subject == erased.subject && !holder_of(exchange)) ids.insert(exchange.id);
      return {};
    }));
    TRY_VOID(erase_digest_keys(keys_at, ids));
  }
  return {};
}

// A clock that jumped, or one that is so far beyond the last record that everything would be of age.
bool Keeper::Impl::is_clock_ahead() {
  const auto drift = (wall_now() - wall_start) - (steady_ms() - steady_start);
  const bool beyond =
      newest_before != 0 && wall_start - newest_before > static_cast<WallMs>(options.retention_ms);
  if (drift <= kMostDrift && !beyond) return false;
  if (!std::exchange(clock_told, true))
    log::warn(
        "ledger: the clock is far ahead of the records, so that nothing is removed for its age until the "
        "next start; if it is right, `ostiary ledger retain --now` removes what is old");
  return true;
}

// First what frees room. A full disk fails the steps that write, which keeps none of the others back.
Result<> Keeper::Impl::sweep() {
  const std::lock_guard lock(mutex);
  TRY_VOID(making_room([this] { return finish_removal(); }));
  const auto rotated =
      options.segment_age_ms == 0 ? Result<bool>(false) : ledger.rotate(options.segment_age_ms);
  const auto erased = names ? finish_erasures(*names) : Result<>();
  const auto late = erase_late();
  if (options.retention_ms != 0 && !is_clock_ahead())
    TRY_VOID(retain(options.retention_ms, false, "retention"));
  ledger.close_reserve();
  TRY_VOID(rotated);
  TRY_VOID(erased);
  return late;
}

void Keeper::Impl::run() {
  auto every = kHour;
  for (const auto age : {options.retention_ms, options.segment_age_ms})
    if (age != 0) every = std::clamp(age / 2, kSecond, every);
  while (!stopping) {
    const auto swept = sweep();
    if (!swept && !stopping && !std::exchange(sweep_failed, true))
      log::error("ledger: what is old cannot be removed: " + swept.error().text());
    if (swept) sweep_failed = false;
    std::unique_lock lock(sleep_mutex);
    wake.wait_for(lock, std::chrono::milliseconds(every), [&] { return stopping.load(); });
  }
}

void Keeper::start(NameBook* names) {
  impl_->names = names;
  impl_->wall_start = wall_now();
  impl_->steady_start = steady_ms();
  // The thread answers no signals: those are the program's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  impl_->thread = std::thread([this] { impl_->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(impl_->thread.native_handle(), "keeper");
}

Result<Retention> Keeper::retain(std::optional<std::uint64_t> older_than_ms, bool dry_run,
                                 const std::string& by) {
  const auto age = older_than_ms.value_or(impl_->options.retention_ms);
  if (age == 0)
    return fail(Code::invalid, "no age is set: set ledger.retention, or give one with --older-than");
  const std::lock_guard lock(impl_->mutex);
  if (!dry_run) impl_->newest_before = 0;  // somebody vouches for the clock
  return impl_->retain(age, dry_run, by);
}

}  // namespace ostiary::ledger
