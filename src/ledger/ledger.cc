#include "ledger/ledger.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fmt/format.h>
#include <limits>
#include <mutex>
#include <pthread.h>
#include <signal.h>
#include <thread>

#include "base/file.h"
#include "base/hash_pair.h"
#include "base/log.h"
#include "base/time.h"
#include "json/document.h"
#include "ledger/impl/checkpoint.h"
#include "ledger/impl/checkpoint_log.h"
#include "ledger/impl/digest_keys.h"
#include "ledger/impl/gap_note.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/readers.h"
#include "ledger/impl/recover.h"
#include "ledger/impl/reserve.h"
#include "ledger/impl/segment.h"
#include "ledger/record.h"

namespace ostiary::ledger {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kWholeFile = std::numeric_limits<std::uint64_t>::max();
using Waiter = std::function<void(Result<>)>;

std::string_view view(const std::vector<Digest>& leaves) {
  return {reinterpret_cast<const char*>(leaves.data()), leaves.size() * sizeof(Digest)};
}

Result<SigningKey> make_signing_key(const std::string& ledger, const std::string& origin) {
  SigningKey key{origin, random_key()};
  if (origin.empty()) {
    const Digest public_key = Ed25519::public_key(key.seed);
    key.name = "ostiary/" + hex(std::span(public_key).first(4));
  }
  TRY_VOID(replace_file(ledger + "/signing-key", key.text() + "\n", true));
  return key;
}

// The key that this ledger's checkpoints are signed with; made with the ledger.
Result<SigningKey> load_signing_key(const std::string& ledger, const std::string& origin) {
  if (!origin.empty() && !valid_key_name(origin))
    return fail(Code::invalid,
                "ledger.origin '" + origin + "' must be 1 to 200 visible ASCII characters without +");
  const auto path = ledger + "/signing-key", verify_path = ledger + "/verify-key";
  const auto text = read_file(path, 4096);
  if (!text && text.error().code != Code::not_found) return std::unexpected(text.error());
  if (!text) {
    TRY(const auto segments, list_numbered(ledger, ".log"));
    if (!segments.empty() || std::filesystem::exists(verify_path))
      return fail(Code::corrupt,
                  "the file is missing; put it back from a copy, or move the ledger folder away to begin "
                  "a new ledger",
                  path);
  }
  auto key = text ? SigningKey::parse(*text) : make_signing_key(ledger, origin);
  if (!key) return fail(Code::corrupt, key.error().message, path);
  if (!origin.empty() && origin != key->name)
    return fail(Code::invalid,
                fmt::format("this ledger's origin is '{}' and cannot become '{}': set ledger.origin back, or "
                            "move the ledger folder away to begin a new ledger",
                            key->name, origin),
                path);
  const auto verifier = key->verifier().text() + "\n";
  if (!std::filesystem::exists(verify_path)) TRY_VOID(replace_file(verify_path, verifier, true));
  TRY(const auto written, read_file(verify_path, 4096));
  if (written != verifier)
    return fail(Code::corrupt, "is not the public part of ledger/signing-key", verify_path);
  return *key;
}

}  // namespace

void Batch::add(std::string_view line) {
  lines_ += line;
  ends_.push_back(lines_.size());
  lines_ += '\n';
}

// A leaf is hashed with a zero byte before it (RFC 6962 section 2.1), which for the moment takes the place of
// the newline before its line.
void Batch::hash() {
  const auto leaf = [&](std::size_t i) {
    const std::size_t before = i == 0 ? 0 : ends_[i - 1];
    lines_[before] = '\0';
    return std::string_view(lines_).substr(before, ends_[i] - before);
  };
  std::size_t i = leaves_.size();
  leaves_.resize(ends_.size());
  for (; i + 1 < ends_.size(); i += 2) sha256_pair(leaf(i), leaf(i + 1), leaves_[i], leaves_[i + 1]);
  if (i < ends_.size()) leaves_[i] = sha256(leaf(i));
  for (const std::size_t end : ends_) lines_[end] = '\n';
}

void Batch::add_key(const Id& exchange, const Key256& key) {
  keys_.append(reinterpret_cast<const char*>(exchange.bytes.data()), exchange.bytes.size());
  keys_.append(reinterpret_cast<const char*>(key.data()), key.size());
}

void Batch::add_all(const Batch& other) {
  const auto shift = lines_.size() - 1;
  lines_ += other.lines();
  for (const auto end : other.ends_) ends_.push_back(end + shift);
  keys_ += other.keys_;
}

void Batch::cut_back(const Mark& mark) {
  lines_.resize(mark.lines);
  ends_.resize(mark.records);
  leaves_.resize(std::min(leaves_.size(), mark.records));
  keys_.resize(mark.keys);
}

void Batch::clear() {
  lines_.resize(1);
  ends_.clear();
  leaves_.clear();
  keys_.clear();
}

struct Ledger::Impl {
  std::string folder, keys_at;
  Options options;
  SigningKey key;

  // Guards what follows; never held while something is synced or signed.
  mutable std::mutex mutex;
  std::condition_variable wake;
  Frontier frontier;
  std::shared_ptr<Segment> segment;
  std::shared_ptr<KeysFile> keys;
  std::vector<std::shared_ptr<Segment>> sealed;  // full ones whose records may not be on the disk yet
  std::vector<std::shared_ptr<KeysFile>> sealed_keys;
  bool unsynced = true, unsynced_keys = true, new_files = true;  // since the last snapshot for a sync
  bool failed = false;  // the disk lost what had been written: nothing may be added
  std::vector<Waiter> waiters;
  Gap gap;  // of exchanges that went on unrecorded, until its record stands
  std::uint64_t unrecorded = 0;
  GapNote gap_note;
  Reserve reserve;
  bool reserve_open = false;  // the room on the disk is for append_within_reserve() alone
  bool stop = false;

  // Guards what follows and the order of syncs and checkpoints. Taken before `mutex`.
  std::mutex commit_mutex;
  AppendFile checkpoints;
  std::atomic<std::uint64_t> checkpointed = 0;  // read without it

  bool complained = false;  // of checkpoints that cannot be written; only the thread's
  std::thread thread;

  // A moment of the ledger, and what must be on the disk for it to last.
  struct Snapshot {
    Resume at;
    std::vector<std::shared_ptr<Segment>> segments;
    std::vector<std::shared_ptr<KeysFile>> keys;
    bool new_files = false;
  };

  Result<> append(Batch& batch);
  Result<> not_failed() const;
  Result<> write(Batch& batch);
  Result<> write_behind_gap(Batch& batch);
  void close_gap();
  Result<> tell(const Recovery& recovery);
  Result<> rotate();
  Result<> begin_segment();
  Snapshot snapshot();
  Result<> sync(const Snapshot& moment);
  Result<Resume> sync_all();
  Result<> write_checkpoint(const Resume& at, bool durable);
  Result<> checkpoint_all();
  void work(bool sync_due, bool checkpoint_due);
  void run();
};

Result<> Ledger::Impl::rotate() {
  if (segment->log.size() >= options.segment_bytes && frontier.size() > segment->first)
    TRY_VOID(begin_segment());
  if (keys->file.size() >= options.segment_bytes && keys->end() > keys->first) {
    TRY(auto next, KeysFile::create(keys_at, keys->end()));
    sealed_keys.push_back(std::exchange(keys, std::make_shared<KeysFile>(std::move(next))));
    new_files = true;
  }
  return {};
}

Result<> Ledger::Impl::begin_segment() {
  TRY(auto next, Segment::create(folder, frontier.size()));
  sealed.push_back(std::exchange(segment, std::make_shared<Segment>(std::move(next))));
  new_files = true;
  return {};
}

Result<> Ledger::Impl::append(Batch& batch) {
  batch.hash();
  const std::lock_guard lock(mutex);
  TRY_VOID(not_failed());
  if (reserve_open) return fail(Code::unavailable, "its disk is full, and room is being made", folder);
  return gap.empty() ? write(batch) : write_behind_gap(batch);
}

Result<> Ledger::Impl::not_failed() const {
  if (!failed) return {};
  return fail(Code::io,
              "the disk did not keep what was written to the ledger; see the log, mend it and start again",
              folder);
}

// The record of the gap and the batch are one write: where that does not fit, the gap goes on.
Result<> Ledger::Impl::write_behind_gap(Batch& batch) {
  std::string line;
  append_gap(line, wall_now(), gap);
  Batch whole;
  whole.add(line);
  whole.add_all(batch);
  whole.hash();
  TRY_VOID(write(whole));
  batch.clear();
  log::warn(fmt::format("ledger: there is room again; {} exchanges went on unrecorded since {}",
                        gap.exchanges, rfc3339(gap.from)));
  gap = {};
  gap_note.store(gap);
  return {};
}

// Where nothing else is to be written.
void Ledger::Impl::close_gap() {
  const std::lock_guard lock(mutex);
  Batch nothing;
  if (!gap.empty() && !failed && !reserve_open) (void)write_behind_gap(nothing);
}

Result<> Ledger::Impl::write(Batch& batch) {
  TRY_VOID(rotate());
  const auto keys_size = keys->file.size(), log_size = segment->log.size();
  auto written = keys->file.append(batch.keys_);
  if (written) written = segment->log.append(batch.lines());
  if (written) written = segment->leaf.append(view(batch.leaves_));
  if (!written) {
    (void)segment->log.cut(log_size);  // where this fails the next append tries again first
    (void)keys->file.cut(keys_size);
    return written;
  }
  for (const auto& leaf : batch.leaves_) frontier.add(leaf);
  unsynced |= !batch.leaves_.empty();
  unsynced_keys |= !batch.keys_.empty();
  batch.clear();
  return {};
}

// Says in the log and in the ledger what stood behind the last checkpoint.
Result<> Ledger::Impl::tell(const Recovery& recovery) {
  const auto& found = recovery.found;
  if (found.bytes_cut > 0 || found.records_lost > 0)
    log::warn(fmt::format(
        "ledger: a torn tail of {} bytes behind record {} was cut off{}{}; {} records that had been "
        "written are lost",
        found.bytes_cut, frontier.size(), recovery.kept.empty() ? "" : " and kept as ", recovery.kept,
        found.records_lost));
  if (found.records_unsigned > 0)
    log::warn(fmt::format(
        "ledger: it was not closed; {} of its {} records stand behind the last checkpoint, so that nothing "
        "proves them; {} of them are intents without outcome",
        found.records_unsigned, frontier.size(), found.intents_open));
  if (found.bytes_cut + found.records_lost + found.records_unsigned == 0) return {};
  std::string line;
  append_recovery(line, wall_now(), found);
  Batch batch;
  batch.add(line);
  return append(batch);
}

Ledger::Impl::Snapshot Ledger::Impl::snapshot() {
  Snapshot moment{{frontier, segment->first, segment->log.size()},
                  std::exchange(sealed, {}),
                  std::exchange(sealed_keys, {}),
                  std::exchange(new_files, false)};
  if (std::exchange(unsynced, false)) moment.segments.push_back(segment);
  if (std::exchange(unsynced_keys, false)) moment.keys.push_back(keys);
  return moment;
}

// All files begin at once, so that one commit of the file system's journal does for them; then they are
// waited for in the order in which they were written.
Result<> Ledger::Impl::sync(const Snapshot& moment) {
  std::vector<const AppendFile*> files;
  for (const auto& file : moment.keys) files.push_back(&file->file);
  for (const auto& file : moment.segments) files.push_back(&file->log);
  for (const auto& file : moment.segments) files.push_back(&file->leaf);
  for (const auto* file : files) file->start_sync();
  for (const auto* file : files) TRY_VOID(file->sync());
  if (!moment.new_files) return {};
  TRY_VOID(sync_folder(keys_at));
  return sync_folder(folder);
}

Result<Resume> Ledger::Impl::sync_all() {
  const std::lock_guard committing(commit_mutex);
  Snapshot moment;
  {
    const std::lock_guard lock(mutex);
    if (failed) return fail(Code::io, "an earlier sync failed", folder);
    moment = snapshot();
  }
  if (auto done = sync(moment); !done) {
    // The kernel tells of a lost page once: what is on the disk is not known any more.
    log::error("ledger: " + done.error().text() + "; nothing more is recorded until a restart");
    const std::lock_guard lock(mutex);
    failed = true;
    return std::unexpected(done.error());
  }
  return moment.at;
}

Result<> Ledger::Impl::write_checkpoint(const Resume& at, bool durable) {
  const std::lock_guard committing(commit_mutex);
  if (at.frontier.size() <= checkpointed) return {};
  const auto note = sign_note({key.name, at.frontier.size(), at.frontier.root()}, key);
  TRY_VOID(checkpoints.append(checkpoint_line(note)));
  checkpointed = at.frontier.size();
  if (durable) TRY_VOID(checkpoints.sync());
  TRY_VOID(replace_file(newest_path(folder), note, durable));
  return replace_file(resume_path(folder), at.text(), false);
}

Result<> Ledger::Impl::checkpoint_all() {
  TRY(const auto at, sync_all());
  return write_checkpoint(at, true);
}

// What is due: a sync for those who wait for one or because of the time, a checkpoint of what was synced.
void Ledger::Impl::work(bool sync_due, bool checkpoint_due) {
  std::vector<Waiter> waiting;
  Resume at;
  {
    const std::lock_guard lock(mutex);
    waiting = std::exchange(waiters, {});
    at = {frontier, segment->first, segment->log.size()};
    if (options.sync == Sync::os) {
      sealed.clear();
      sealed_keys.clear();
    }
  }
  const bool durable = options.sync != Sync::os;
  if (!waiting.empty() || sync_due || (checkpoint_due && durable)) {
    auto synced = sync_all();
    const Result<> done = synced ? Result<>() : std::unexpected(synced.error());
    for (const auto& waiter : waiting) waiter(done);
    if (!synced) return;
    at = *synced;
  }
  if (!checkpoint_due) return;
  const auto written = write_checkpoint(at, durable);
  if (!written && !complained) log::error("ledger: no checkpoint can be written: " + written.error().text());
  complained = !written;
}

void Ledger::Impl::run() {
  const auto sync_every = std::chrono::milliseconds(std::max(options.sync_interval_ms, 1U));
  const auto checkpoint_every = std::chrono::milliseconds(std::max(options.checkpoint_interval_ms, 1U));
  auto next_sync = Clock::now() + sync_every, next_checkpoint = Clock::now() + checkpoint_every;
  for (;;) {
    bool asked = false;
    {
      std::unique_lock lock(mutex);
      const auto until =
          options.sync == Sync::interval ? std::min(next_sync, next_checkpoint) : next_checkpoint;
      wake.wait_until(lock, until, [&] { return stop || !waiters.empty(); });
      if (stop && waiters.empty()) return;
      asked = !waiters.empty();
    }
    const auto now = Clock::now();
    const bool checkpoint = now >= next_checkpoint, due = options.sync == Sync::interval && now >= next_sync;
    if (checkpoint || due) close_gap();
    if (asked || checkpoint || due) work(due, checkpoint);
    if (due) next_sync = Clock::now() + sync_every;
    if (checkpoint) next_checkpoint = Clock::now() + checkpoint_every;
  }
}

Ledger::Ledger() : impl_(std::make_unique<Impl>()) {}

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& data_folder, const Options& options) {
  std::unique_ptr<Ledger> ledger(new Ledger);
  Impl& impl = *ledger->impl_;
  impl.folder = ledger_folder(data_folder);
  impl.keys_at = keys_folder(data_folder);
  impl.options = options;
  TRY_VOID(make_folder(impl.folder));
  TRY_VOID(make_folder(impl.keys_at));
  TRY(impl.key, load_signing_key(impl.folder, options.origin));
  impl.reserve = Reserve::open(impl.folder);
  auto recovered = recover(impl.folder, impl.key);
  if (!recovered && recovered.error().code == Code::unavailable && impl.reserve.give_up_part())
    recovered = recover(impl.folder, impl.key);
  TRY(auto recovery, std::move(recovered));
  TRY(auto keys, KeysFile::open_newest(impl.keys_at));
  TRY(impl.checkpoints, open_checkpoints(impl.folder));
  impl.frontier = recovery.frontier;
  impl.checkpointed = recovery.checkpointed;
  impl.segment = std::make_shared<Segment>(std::move(recovery.segment));
  impl.keys = std::make_shared<KeysFile>(std::move(keys));
  if (recovery.completed > 0)
    log::info(
        fmt::format("ledger: {} records at the end got the leaf hash that they lacked", recovery.completed));
  if (options.when_full == WhenFull::open || std::filesystem::exists(impl.folder + "/gap")) {
    TRY(impl.gap_note, GapNote::open(impl.folder));
    impl.gap = impl.gap_note.found();
  }
  auto told = impl.tell(recovery);
  if (!told && told.error().code == Code::unavailable && impl.reserve.give_up_part())
    told = impl.tell(recovery);
  TRY_VOID(std::move(told));
  // The thread answers no signals: those are the program's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  impl.thread = std::thread([&impl] { impl.run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(impl.thread.native_handle(), "ledger");
  return ledger;
}

Ledger::~Ledger() {
  if (!impl_->thread.joinable()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->wake.notify_one();
  impl_->thread.join();
  impl_->close_gap();
  if (!impl_->gap.empty())
    log::error(fmt::format(
        "ledger: {} exchanges are unrecorded, and there is no room to say so; the next start does",
        impl_->gap.exchanges));
  (void)impl_->checkpoint_all();
}

Result<> Ledger::append(Batch& batch) {
  return impl_->append(batch);
}

bool Ledger::open_reserve() {
  const std::lock_guard lock(impl_->mutex);
  impl_->reserve_open = impl_->reserve.give_up();
  return impl_->reserve_open;
}

void Ledger::close_reserve() {
  const std::lock_guard lock(impl_->mutex);
  impl_->reserve_open = false;
  impl_->reserve.fill();
}

Result<> Ledger::append_within_reserve(Batch& batch) {
  batch.hash();
  const std::lock_guard lock(impl_->mutex);
  TRY_VOID(impl_->not_failed());
  return impl_->write(batch);
}

Result<bool> Ledger::rotate(std::uint64_t min_age_ms) {
  const std::lock_guard lock(impl_->mutex);
  const auto& segment = *impl_->segment;
  if (impl_->failed || impl_->frontier.size() == segment.first) return false;
  if (min_age_ms != 0) {
    TRY(auto lines, LineReader::open(segment.log.path(), log_header(segment.first).size(), kWholeFile));
    std::string_view line;
    TRY(const bool there, lines.next(line));
    const auto document = json::Document::parse(line);
    const auto at = document ? parse_rfc3339(document->root()["at"].string_or("")) : std::nullopt;
    if (!there || !at || wall_now() - *at < static_cast<WallMs>(min_age_ms)) return false;
  }
  TRY_VOID(impl_->begin_segment());
  return true;
}

bool Ledger::goes_on_when_full() const {
  return impl_->options.when_full == WhenFull::open;
}

bool Ledger::pass_over(std::uint64_t exchanges, std::uint64_t outcomes, std::uint64_t bytes) {
  if (!goes_on_when_full()) return false;
  const std::lock_guard lock(impl_->mutex);
  auto& gap = impl_->gap;
  const auto now = wall_now();
  if (gap.empty()) {
    gap.from = now;
    log::error(
        "ledger: its disk is full; as ledger.when_full says exchanges go on unrecorded and are counted");
  }
  gap.to = std::max(now, gap.from);
  gap.exchanges += exchanges;
  gap.outcomes_lost += outcomes;
  gap.bytes += bytes;
  impl_->unrecorded += exchanges;
  impl_->gap_note.store(gap);
  return true;
}

Gap Ledger::gap() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->gap;
}

std::uint64_t Ledger::unrecorded() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->unrecorded;
}

void Ledger::when_durable(std::function<void(Result<>)> done) {
  if (impl_->options.sync != Sync::always) return done({});
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->waiters.push_back(std::move(done));
  }
  impl_->wake.notify_one();
}

std::uint64_t Ledger::size() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->frontier.size();
}

std::uint64_t Ledger::signed_size() const {
  return impl_->checkpointed;
}

Digest Ledger::root() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->frontier.root();
}

std::string Ledger::verifier_key() const {
  return impl_->key.verifier().text();
}

Result<> Ledger::checkpoint_now() {
  return impl_->checkpoint_all();
}

}  // namespace ostiary::ledger
