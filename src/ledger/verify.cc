#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/file.h"
#include "ledger/impl/checkpoint.h"
#include "ledger/impl/checkpoint_log.h"
#include "ledger/impl/hashed_lines.h"
#include "ledger/impl/keeping.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/segment.h"
#include "ledger/impl/segment_scan.h"
#include "ledger/ledger.h"

namespace ostiary::ledger {

namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kMaxProblems = 1000;
constexpr std::uint64_t kMaxNote = 1U << 20;  // bytes

class Verifier final : public ScanSink {
 public:
  Verifier(const std::string& data_folder, const VerifyOptions& options)
      : ledger_(ledger_folder(data_folder)),
        newest_path_(newest_path(ledger_)),
        history_path_(checkpoints_path(ledger_)),
        options_(options) {}

  Result<VerifyReport> run();

  void leaves(std::span<const Digest> leaves) override;
  void read(std::uint64_t bytes) override;
  void problem(std::string_view what, std::string message, const std::string& file,
               std::uint64_t index) override;

 private:
  // A checkpoint that the tree has still to reach.
  struct Awaited {
    Checkpoint checkpoint;
    const std::string* file;  // where it stands
  };

  Result<> read_keys();
  Result<> read_kept();
  void read_witness(const VerifierKey& key);
  Result<> read_newest();
  Result<> open_history();
  Result<> next_of_history();
  Result<> read_segments();
  Result<bool> is_removed(std::uint64_t first, std::uint64_t end);
  Result<bool> pass_removed(std::uint64_t first, std::optional<std::uint64_t> next);
  void await();
  void compare(const Awaited& awaited);
  Result<> reach();
  Result<> finish();

  const std::string ledger_, newest_path_, history_path_;
  const VerifyOptions& options_;
  VerifyReport report_;
  Frontier frontier_;
  bool aligned_ = true;  // the tree has every leaf so far, so that its roots mean something
  bool mismatch_told_ = false;
  bool harmed_ = false;                  // there is a problem that is not a torn tail
  std::optional<VerifierKey> key_;       // the folder's
  std::vector<Awaited> awaited_;         // the kept ones and the newest, by their size
  std::size_t next_awaited_ = 0;         // of them, the first that the tree has not come to
  std::optional<LineReader> history_;    // checkpoints.log
  std::optional<Awaited> from_history_;  // its next checkpoint
  std::uint64_t history_lines_ = 0, history_size_ = 0;
  std::vector<Range> removed_;  // by retention, as records below the next say; read where one is missing
  std::uint64_t removed_below_ = 0;
  std::optional<Checkpoint> newest_;  // of the file `checkpoint`, until found in the history
  std::uint64_t due_ = kNever;        // the size at which the next checkpoint is to be compared
  std::optional<Error> failed_;
  Helper helper_;
  std::uint64_t bytes_done_ = 0, bytes_all_ = 0;
};

void Verifier::problem(std::string_view what, std::string message, const std::string& file,
                       std::uint64_t index) {
  harmed_ |= what != "torn-tail";
  if (report_.problems.size() > kMaxProblems) return;
  if (report_.problems.size() == kMaxProblems) {
    what = "more";
    message = "there are more problems than are listed";
  }
  report_.problems.push_back(
      {std::string(what), std::move(message), fmt::format("{}, record {}", file, index), index});
}

void Verifier::read(std::uint64_t bytes) {
  bytes_done_ += bytes;
  if (options_.progress) options_.progress(bytes_done_, std::max(bytes_all_, bytes_done_));
  if (!failed_ && options_.stopped && options_.stopped())
    failed_ = Error{Code::closed, "given up: nobody waits for the report any more", {}};
}

void Verifier::leaves(std::span<const Digest> leaves) {
  while (!leaves.empty()) {
    const auto some = std::min<std::uint64_t>(leaves.size(), failed_ ? kNever : due_ - frontier_.size());
    frontier_.add(leaves.first(some));
    leaves = leaves.subspan(some);
    if (failed_ || frontier_.size() != due_) continue;
    if (auto reached = reach(); !reached) failed_ = std::move(reached).error();
  }
}

// Compares every checkpoint of the size that the tree has now.
Result<> Verifier::reach() {
  for (; next_awaited_ < awaited_.size() && awaited_[next_awaited_].checkpoint.size <= frontier_.size();
       ++next_awaited_)
    compare(awaited_[next_awaited_]);
  while (from_history_ && from_history_->checkpoint.size <= frontier_.size()) {
    compare(*from_history_);
    TRY_VOID(next_of_history());
  }
  await();
  return {};
}

void Verifier::await() {
  due_ = from_history_ ? from_history_->checkpoint.size : kNever;
  if (next_awaited_ < awaited_.size()) due_ = std::min(due_, awaited_[next_awaited_].checkpoint.size);
}

void Verifier::compare(const Awaited& awaited) {
  const auto size = awaited.checkpoint.size;
  if (!aligned_ || size != frontier_.size()) return;
  if (frontier_.root() == awaited.checkpoint.root) {
    report_.covered = std::max(report_.covered, size);
    return;
  }
  if (std::exchange(mismatch_told_, true)) return;  // every later root differs too
  problem("root-mismatch",
          fmt::format("the first {} records do not have the root that the checkpoint signed: a record or "
                      "leaf hash among them was changed",
                      size),
          *awaited.file, size - std::min<std::uint64_t>(size, 1));
}

Result<> Verifier::read_keys() {
  const auto path = ledger_ + "/verify-key";
  const auto text = read_file(path, 4096);
  auto key = text ? VerifierKey::parse(*text) : Result<VerifierKey>(std::unexpected(text.error()));
  if (key)
    key_ = std::move(*key);
  else
    problem("bad-key", "the ledger's verifier key: " + key.error().message, path, 0);
  return {};
}

Result<> Verifier::read_kept() {
  auto key = key_;
  if (!options_.verifier_key.empty()) {
    auto given = VerifierKey::parse(options_.verifier_key);
    if (!given) return fail(Code::invalid, "the verifier key " + given.error().message);
    key = std::move(*given);
  }
  if (!key) return {};
  read_witness(*key);
  if (options_.checkpoint_file.empty()) return {};
  TRY(const auto note, read_file(options_.checkpoint_file, kMaxNote));
  auto checkpoint = open_note(note, *key);
  if (checkpoint)
    awaited_.push_back({std::move(*checkpoint), &options_.checkpoint_file});
  else if (checkpoint.error().code == Code::invalid)
    return fail(Code::invalid, checkpoint.error().message, options_.checkpoint_file);
  else
    problem("bad-signature", "the kept checkpoint: " + checkpoint.error().message, options_.checkpoint_file,
            0);
  return {};
}

// One problem for all notes of a witness that are not this ledger's: of another ledger there may be many.
void Verifier::read_witness(const VerifierKey& key) {
  std::uint64_t refused = 0;
  std::optional<Error> first;
  for (const auto& note : options_.witness_notes) {
    auto checkpoint = open_note(note, key);
    if (checkpoint) {
      awaited_.push_back({std::move(*checkpoint), &options_.witness});
    } else {
      ++refused;
      if (!first) first = std::move(checkpoint).error();
    }
  }
  if (first)
    problem(first->code == Code::denied ? "bad-signature" : "bad-checkpoint",
            fmt::format("{} of the witness's {} checkpoints are not this ledger's: {}", refused,
                        options_.witness_notes.size(), first->message),
            options_.witness, 0);
}

Result<> Verifier::read_newest() {
  const auto& path = newest_path_;
  const auto note = read_file(path, kMaxNote);
  if (!note && note.error().code == Code::not_found) {
    problem("checkpoint-missing", "the newest checkpoint's file is missing", path, 0);
    return {};
  }
  if (!note && note.error().code != Code::too_large) return std::unexpected(note.error());
  if (!key_) return {};
  auto checkpoint = note ? open_note(*note, *key_) : Result<Checkpoint>(std::unexpected(note.error()));
  if (!checkpoint) {
    const bool form = checkpoint.error().code != Code::denied;
    problem(form ? "bad-checkpoint" : "bad-signature", "the newest checkpoint: " + checkpoint.error().message,
            path, 0);
    return {};
  }
  newest_ = *checkpoint;
  awaited_.push_back({std::move(*checkpoint), &newest_path_});
  return {};
}

Result<> Verifier::open_history() {
  const auto& path = history_path_;
  if (!std::filesystem::exists(path)) {
    problem("checkpoint-missing", "the file of all checkpoints is missing", path, 0);
    return {};
  }
  TRY(const auto header, check_header(path, kCheckpointsHeader));
  if (header == Header::newer) return header_error(header, path);
  if (header == Header::bad) problem("bad-header", "the file does not start with its header", path, 0);
  TRY(auto lines, LineReader::open(path, kCheckpointsHeader.size(), kNever));
  history_.emplace(std::move(lines));
  return next_of_history();
}

// The next checkpoint of checkpoints.log that is good in itself.
Result<> Verifier::next_of_history() {
  const auto& path = history_path_;
  from_history_.reset();
  for (std::string_view line; history_;) {
    const auto more = history_->next(line);
    if (!more && more.error().code != Code::corrupt) return std::unexpected(more.error());
    if (!more || !*more) return {};
    ++history_lines_;
    if (!key_) continue;
    const auto note = note_of_line(line);
    auto checkpoint = note ? open_note(*note, *key_) : fail(Code::invalid, "the line is damaged");
    if (!checkpoint) {
      problem(checkpoint.error().code == Code::denied ? "bad-signature" : "bad-checkpoint",
              fmt::format("line {}: {}", history_lines_ + 1, checkpoint.error().message), path,
              history_size_);
      continue;
    }
    if (history_lines_ > 1 && checkpoint->size <= history_size_) {
      problem("bad-checkpoint",
              fmt::format("line {}: it does not come after the one before it", history_lines_ + 1), path,
              history_size_);
      continue;
    }
    history_size_ = checkpoint->size;
    if (newest_ && newest_->size == checkpoint->size && newest_->root == checkpoint->root) newest_.reset();
    from_history_ = Awaited{std::move(*checkpoint), &history_path_};
    return {};
  }
  return {};
}

// A gate may remove a segment while this reads: then a newer checkpoint covers the record that says so.
Result<bool> Verifier::is_removed(std::uint64_t first, std::uint64_t end) {
  if (covers(removed_, first, end)) return true;
  const auto note = read_file(newest_path(ledger_), kMaxNote);
  const auto newest = note && key_ ? open_note(*note, *key_) : fail(Code::not_found, "");
  if (!newest || newest->size <= removed_below_) return false;
  removed_below_ = newest->size;
  TRY(removed_, removed_ranges(ledger_, removed_below_));
  return covers(removed_, first, end);
}

// Whether retention removed the segment, as a record under the newest checkpoint says. Its leaf hashes stand
// for it: every later root proves them.
Result<bool> Verifier::pass_removed(std::uint64_t first, std::optional<std::uint64_t> next) {
  if (!next || std::filesystem::exists(log_path(ledger_, first))) return false;
  TRY(const bool covered, is_removed(first, *next));
  if (!covered) return false;
  TRY(const auto header, check_header(leaf_path(ledger_, first), kLeafHeader));
  TRY(auto reader, LeafReader::open(leaf_path(ledger_, first)));
  if (header != Header::good || reader.count() != *next - first || reader.ragged()) return false;
  for (std::uint64_t i = 0; i < reader.count(); ++i) {
    const Digest* leaf = reader.at(i);
    if (!leaf) return fail(Code::io, "a leaf hash cannot be read", leaf_path(ledger_, first));
    leaves({leaf, 1});
  }
  report_.records += reader.count();
  report_.removed += reader.count();
  if (failed_) return std::unexpected(*failed_);
  return true;
}

Result<> Verifier::read_segments() {
  TRY(const auto segments, list_segments(ledger_));
  for (const auto first : segments) bytes_all_ += file_size(log_path(ledger_, first)).value_or(0);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto first = segments[i];
    if (aligned_ && first != frontier_.size()) {
      if (first > frontier_.size() && (i == 0 || first != segments[i - 1]))
        problem("segment-missing",
                fmt::format("records {} to {} are in no segment", frontier_.size(), first - 1),
                log_path(ledger_, first), frontier_.size());
      aligned_ = false;
    }
    const auto next = i + 1 < segments.size() ? std::optional(segments[i + 1]) : std::nullopt;
    TRY(const bool removed, pass_removed(first, next));
    if (removed) continue;
    SegmentScan scan(ledger_, first, next, *this, helper_);
    TRY_VOID(scan.run());
    report_.records += scan.records();
    if (failed_) return std::unexpected(*failed_);
  }
  return {};
}

Result<> Verifier::finish() {
  const auto size = frontier_.size();
  const auto& path = history_path_;
  std::set<const std::string*> named;  // of each file the largest says it all
  for (auto i = awaited_.size(); i-- > 0 && awaited_[i].checkpoint.size > size;)
    if (named.insert(awaited_[i].file).second)
      problem("truncated",
              fmt::format("the checkpoint covers {} records and only {} are there",
                          awaited_[i].checkpoint.size, size),
              *awaited_[i].file, size);
  for (bool told = false; from_history_; told = true) {
    const auto signed_size = from_history_->checkpoint.size;
    if (!told && signed_size > size)
      problem("truncated",
              fmt::format("a checkpoint covers {} records and only {} are there", signed_size, size), path,
              size);
    TRY_VOID(next_of_history());
  }
  if (newest_ && history_)
    problem("checkpoint-missing", "the newest checkpoint is not in checkpoints.log", path, newest_->size);
  if (history_ && history_->unfinished() > 0 && file_size(path).value_or(0) <= history_->end())
    problem("torn-tail", "the last line is unfinished; opening the ledger mends it", path, history_size_);
  report_.root = frontier_.root();
  report_.ok = !harmed_;
  std::ranges::sort(report_.problems, {},
                    [](const auto& p) { return std::tie(p.index, p.where, p.what, p.message); });
  return {};
}

// Checkpoints are read before the segments are listed, so that a ledger which grows meanwhile has all that
// they cover.
Result<VerifyReport> Verifier::run() {
  std::error_code error;
  const bool there = std::filesystem::is_directory(ledger_, error);
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    return fail(Code::io, "cannot read the ledger: " + error.message(), ledger_);
  if (!there) return fail(Code::not_found, "there is no ledger; name a data folder with --data", ledger_);
  TRY_VOID(read_keys());
  TRY_VOID(read_kept());
  TRY_VOID(read_newest());
  TRY_VOID(open_history());
  std::ranges::sort(awaited_, {},
                    [](const auto& awaited) { return std::tie(awaited.checkpoint.size, *awaited.file); });
  TRY_VOID(reach());
  TRY_VOID(read_segments());
  TRY_VOID(finish());
  return std::move(report_);
}

}  // namespace

Result<VerifyReport> verify(const std::string& data_folder, const VerifyOptions& options) {
  return Verifier(data_folder, options).run();
}

}  // namespace ostiary::ledger
