#include "ledger/impl/segment_scan.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <tuple>

#include "ledger/impl/merkle.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

namespace {

constexpr std::uint64_t kLook = 64;       // leaves looked through around the one that is due
constexpr std::size_t kMaxStrays = 4096;  // remembered for telling moves

}  // namespace

SegmentScan::SegmentScan(const std::string& ledger, std::uint64_t first, std::optional<std::uint64_t> next,
                         ScanSink& sink, Helper& helper)
    : log_(log_path(ledger, first)),
      leaf_(leaf_path(ledger, first)),
      first_(first),
      next_(next),
      sink_(sink),
      helper_(helper) {}

void SegmentScan::problem(std::string_view what, std::string message, std::uint64_t i) {
  sink_.problem(what, std::move(message), log_, first_ + i);
}

Result<> SegmentScan::run() {
  TRY_VOID(open());
  if (lines_) TRY_VOID(read_lines());
  return finish();
}

// Leaf hashes first: every one that is there then has its line in the log that is opened afterwards, however
// fast the ledger grows meanwhile.
Result<> SegmentScan::open() {
  const auto leaf_header = check_header(leaf_, kLeafHeader);
  if (!leaf_header && leaf_header.error().code != Code::not_found)
    return std::unexpected(leaf_header.error());
  if (leaf_header && *leaf_header == Header::newer) return header_error(*leaf_header, leaf_);
  if (leaf_header && *leaf_header == Header::bad)
    sink_.problem("bad-header", "the file does not start with its header", leaf_, first_);
  if (leaf_header) {
    TRY(auto leaves, LeafReader::open(leaf_));
    count_ = leaves.count();
    leaves_.emplace(std::move(leaves));
  }
  const auto header = log_header(first_);
  const auto log_state = check_header(log_, header);
  if (!log_state && log_state.error().code != Code::not_found) return std::unexpected(log_state.error());
  if (!log_state) return {};
  if (*log_state == Header::newer) return header_error(*log_state, log_);
  if (*log_state == Header::bad || (*log_state == Header::torn && (next_ || count_ > 0)))
    sink_.problem("bad-header", "the file does not start with its header", log_, first_);
  if (*log_state == Header::torn) return {};
  lines_.emplace(helper_);
  TRY_VOID(lines_->open(log_, header.size()));
  return {};
}

Result<> SegmentScan::read_lines() {
  auto told = lines_->offset();
  for (HashedLines::Block block;;) {
    const auto more = lines_->next(block);
    if (!more && more.error().code != Code::corrupt) return std::unexpected(more.error());
    if (!more) problem("record-changed", more.error().message, due_ + unmatched_);
    if (!more || !*more) break;
    take(block);
    sink_.read(lines_->offset() - told);
    told = lines_->offset();
  }
  sink_.read(lines_->end() - told);
  return {};
}

void SegmentScan::take(const HashedLines::Block& block) {
  for (std::size_t i = 0; i < block.lines.size();) {
    const auto fitting = take_fitting(block.leaves.subspan(i));
    i += fitting;
    if (fitting == 0) {
      take(block.lines[i], block.leaves[i]);
      ++i;
    }
  }
}

// Of the lines that come next, those that are the records due: all of an honest segment. How many.
std::size_t SegmentScan::take_fitting(std::span<const Digest> lines) {
  if (torn_ > 0 || unmatched_ > 0 || due_ >= count_) return 0;
  const auto leaves = leaves_->from(due_);
  const auto most = std::min<std::uint64_t>({leaves.size(), lines.size(), count_ - due_});
  std::size_t fitting = 0;
  while (fitting < most && leaves[fitting] == lines[fitting]) ++fitting;
  if (fitting > 0) sink_.leaves(lines.first(fitting));
  due_ += fitting;
  records_ += fitting;
  return fitting;
}

// Hands leaf i to the tree; false where it cannot be read.
bool SegmentScan::pass(std::uint64_t i) {
  const Digest* leaf = leaves_ ? leaves_->at(i) : nullptr;
  if (leaf) sink_.leaves({leaf, 1});
  return leaf != nullptr;
}

void SegmentScan::take(std::string_view line, const Digest& digest) {
  // Of a growing ledger only as many leaves count as lines are read: the log ends here where it ended when it
  // was opened.
  if (torn_ == 0 && unmatched_ == 0 && due_ >= count_ && leaves_ && leaves_->refresh())
    count_ = std::min(leaves_->count(), due_ + 1);
  const bool leafless = unmatched_ == 0 && due_ >= count_ && (!next_ || first_ + due_ < *next_);
  if (torn_ > 0 || (leafless && !next_ && !is_record(line))) {
    torn_ += line.size() + 1;
    return;
  }
  ++records_;
  const Digest* leaf = unmatched_ == 0 && due_ < count_ ? leaves_->at(due_) : nullptr;
  if (leafless || (leaf && *leaf == digest)) {
    sink_.leaves({&digest, 1});
    ++due_;
    leafless_ += leafless ? 1 : 0;
  } else if (const auto found = find(digest)) {
    settle(*found);
    sink_.leaves({&digest, 1});
    due_ = *found + 1;
  } else {
    ++unmatched_;
    if (unmatched_digests_.size() < kMaxStrays) unmatched_digests_.push_back(digest);
  }
}

// The leaf from due_ on that a line stands for: the one in step with it first, then those around.
std::optional<std::uint64_t> SegmentScan::find(const Digest& line) {
  if (!leaves_) return std::nullopt;
  const auto in_step = due_ + unmatched_;
  const auto fits = [&](std::uint64_t i) {
    const Digest* leaf = i < count_ ? leaves_->at(i) : nullptr;
    return leaf && *leaf == line;
  };
  if (fits(in_step)) return in_step;
  const auto from = std::max(due_, in_step - std::min(in_step, kLook)),
             to = std::min(count_, in_step + kLook);
  for (auto i = from; i < to; ++i)
    if (fits(i)) return i;
  return std::nullopt;
}

// Explains the lines that fitted nothing by the leaves [due_, until): as many as there are of both have been
// changed.
void SegmentScan::settle(std::uint64_t until) {
  const auto changed = std::min(until - due_, unmatched_);
  for (std::uint64_t i = 0; i < changed && pass(due_); ++i, ++due_)
    problem("record-changed", "the record is not the one that its leaf hash stands for", due_);
  for (auto i = changed; i < unmatched_; ++i) {
    if (i < unmatched_digests_.size() && inserted_.size() < kMaxStrays)
      inserted_.push_back({unmatched_digests_[i], first_ + due_});
    else
      problem("record-inserted", "there is a record that no leaf hash stands for", due_);
  }
  unmatched_ = 0;
  unmatched_digests_.clear();
  miss(until);
}

// The leaves [due_, until) have no line.
void SegmentScan::miss(std::uint64_t until) {
  if (until - due_ > kLook)
    problem("record-missing",
            fmt::format("{} records are missing, up to record {}", until - due_, first_ + until - 1), due_);
  const bool single = until - due_ <= kLook;
  for (; due_ < until && pass(due_); ++due_) {
    if (!single) continue;
    if (missing_.size() < kMaxStrays)
      missing_.push_back({*leaves_->at(due_), first_ + due_});
    else
      problem("record-missing", "the record is missing", due_);
  }
  due_ = until;
}

void SegmentScan::report_strays() {
  std::ranges::sort(missing_, [](const Stray& a, const Stray& b) {
    return std::tie(a.digest, a.index) < std::tie(b.digest, b.index);
  });
  for (const auto& line : inserted_) {
    const auto found = std::ranges::lower_bound(missing_, line.digest, {}, &Stray::digest);
    if (found == missing_.end() || found->digest != line.digest) {
      sink_.problem("record-inserted", "there is a record that no leaf hash stands for", log_, line.index);
      continue;
    }
    sink_.problem("record-moved", fmt::format("the record stands where record {} should", line.index), log_,
                  found->index);
    missing_.erase(found);
  }
  for (const auto& leaf : missing_)
    sink_.problem("record-missing", "the record is missing", log_, leaf.index);
}

// Whether the files have grown since they were opened: then what is unfinished at the end is being written.
bool SegmentScan::growing() {
  const auto before = count_;
  if (leaves_ && leaves_->refresh() && leaves_->count() > before) return true;
  return lines_ && file_size(log_).value_or(0) > lines_->end();
}

Result<> SegmentScan::finish() {
  const auto last_line = due_ + unmatched_;
  const bool whole_missing = !lines_ && count_ > 0;
  if (whole_missing || (!next_ && due_ < count_ && unmatched_ == 0)) {
    problem(whole_missing ? "segment-missing" : "truncated",
            fmt::format("records {} to {} are missing: only their leaf hashes are there", first_ + due_,
                        first_ + count_ - 1),
            due_);
    while (due_ < count_ && pass(due_)) ++due_;
  } else {
    settle(std::max(count_, due_));
  }
  report_strays();
  if (lines_) torn_ += lines_->unfinished();
  if (next_)
    finish_full(last_line);
  else if ((torn_ > 0 || leafless_ > 0 || (leaves_ && leaves_->ragged())) && !growing())
    problem(
        "torn-tail",
        fmt::format("the last write was cut off: {} bytes of an unfinished record, {} records without their "
                    "leaf hash; opening the ledger mends it",
                    torn_, leafless_),
        last_line);
  return {};
}

// What must hold of a segment that another one follows.
void SegmentScan::finish_full(std::uint64_t last_line) {
  const auto end = first_ + due_;
  if (end != *next_)
    sink_.problem(end < *next_ ? "record-missing" : "record-inserted",
                  fmt::format("the segment has records up to {}, the next begins at {}", end, *next_), leaf_,
                  std::min(end, *next_));
  if (leafless_ > 0)
    sink_.problem("leaf-missing", fmt::format("{} records have no leaf hash", leafless_), leaf_,
                  end - leafless_);
  if (torn_ > 0 || (leaves_ && leaves_->ragged()))
    problem("record-changed", "there are bytes behind the last record of a segment that is full", last_line);
}

}  // namespace ostiary::ledger
