#include "ledger/impl/recover.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <unordered_set>

#include "base/file.h"
#include "base/time.h"
#include "json/document.h"
#include "ledger/impl/checkpoint_log.h"
#include "ledger/impl/keeping.h"
#include "ledger/impl/readers.h"

namespace ostiary::ledger {

namespace {

constexpr std::uint64_t kWholeFile = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kMaxKnown = 1U << 20;  // leaf hashes looked through behind a damaged record

Result<LeafReader> open_leaves(const std::string& path) {
  TRY(const auto header, check_header(path, kLeafHeader));
  if (header == Header::bad || header == Header::newer) return header_error(header, path);
  return LeafReader::open(path);
}

// Reads the records from a start on and finds where the good ones end.
class Replay {
 public:
  Replay(const std::string& ledger, const std::vector<std::uint64_t>& segments, const Checkpoint& checkpoint)
      : ledger_(ledger), segments_(segments), checkpoint_(checkpoint) {}

  Result<> run(const Resume& start);
  Result<Recovery> apply() const;

 private:
  // Where the good records end: record number `frontier_.size()`, which would stand at `offset` of segment
  // `first`.
  struct End {
    std::uint64_t first = 0, offset = 0;
    bool torn = false;      // something that is no good record stands there, or a leaf hash without a record
    bool headless = false;  // not even the header of the .log is whole
  };

  Result<> pass_removed(std::uint64_t first, std::uint64_t end);
  Result<> read_segment(std::uint64_t first, std::uint64_t offset);
  void note(std::string_view line);
  Result<> accept(const Digest& leaf);
  Result<bool> good_behind() const;
  Result<> check_end() const;
  Result<> set_aside(Recovery& recovery) const;
  Result<Segment> open_segment() const;
  std::unexpected<Error> damaged(std::string_view what) const;

  const std::string& ledger_;
  const std::vector<std::uint64_t>& segments_;
  const Checkpoint& checkpoint_;
  Frontier frontier_;
  End end_;
  std::unordered_set<std::string> open_;  // ids of unsigned intents without outcome
  std::vector<Digest>
      unwritten_;  // leaf hashes of the last records of segment end_.first that its .leaf lacks
};

std::unexpected<Error> Replay::damaged(std::string_view what) const {
  return fail(
      Code::corrupt,
      fmt::format(
          "record {}: {}. This is not the torn end of a crash. Run `ostiary ledger verify`; restore the "
          "folder from a copy, or move it away to begin a new ledger",
          frontier_.size(), what),
      log_path(ledger_, end_.first));
}

// Keeps count of exchanges that have begun and not ended, by records behind the checkpoint.
void Replay::note(std::string_view line) {
  const auto document = json::Document::parse(line);
  if (!document) return;
  const auto kind = document->root()["kind"].string_or("");
  const auto id = document->root()["id"].string_or("");
  if (kind == "intent") open_.insert(id);
  if (kind == "outcome") open_.erase(id);
}

Result<> Replay::accept(const Digest& leaf) {
  frontier_.add(leaf);
  if (checkpoint_.size == frontier_.size() && checkpoint_.root != frontier_.root())
    return damaged("the records up to here do not have the root that the checkpoint signed");
  return {};
}

Result<> Replay::run(const Resume& start) {
  frontier_ = start.frontier;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const auto first = segments_[i];
    if (first < start.first) continue;
    end_ = {first, std::max(first == start.first ? start.log_offset : 0, log_header(first).size())};
    unwritten_.clear();
    const bool last = i + 1 == segments_.size();
    if (!last && !std::filesystem::exists(log_path(ledger_, first))) {
      TRY_VOID(pass_removed(first, segments_[i + 1]));
      continue;
    }
    TRY_VOID(read_segment(first, end_.offset));
    if (!last && (frontier_.size() != segments_[i + 1] || !unwritten_.empty())) end_.torn = true;
    if (end_.torn) break;
  }
  return check_end();
}

// Of a segment that retention removed the leaf hashes are left; the signed root proves them.
Result<> Replay::pass_removed(std::uint64_t first, std::uint64_t end) {
  TRY(auto leaves, open_leaves(leaf_path(ledger_, first)));
  for (std::uint64_t i = 0; i < end - first; ++i) {
    const Digest* leaf = leaves.at(i);
    if (!leaf) return damaged("the leaf hashes of a removed segment are missing");
    TRY_VOID(accept(*leaf));
  }
  return {};
}

Result<> Replay::read_segment(std::uint64_t first, std::uint64_t offset) {
  const auto path = log_path(ledger_, first), leaves_path = leaf_path(ledger_, first);
  TRY(const auto header, check_header(path, log_header(first)));
  if (header == Header::torn) {
    end_ = {first, 0, true, true};
    return {};
  }
  if (header != Header::good) return header_error(header, path);
  std::optional<LeafReader> leaves;
  if (std::filesystem::exists(leaves_path)) {
    TRY(auto opened, open_leaves(leaves_path));
    leaves.emplace(std::move(opened));
  }
  TRY(auto lines, LineReader::open(path, offset, kWholeFile));
  for (std::string_view line;;) {
    const auto more = lines.next(line);
    if (!more && more.error().code != Code::corrupt) return std::unexpected(more.error());
    if (!more) end_.torn = true;  // a line without an end
    if (!more || !*more) break;
    const Digest leaf = leaf_hash(line);
    const Digest* known = leaves ? leaves->at(frontier_.size() - first) : nullptr;
    if (known ? *known != leaf : !is_record(line)) {
      end_.torn = true;
      return {};
    }
    if (!known) unwritten_.push_back(leaf);
    if (frontier_.size() >= checkpoint_.size) note(line);
    TRY_VOID(accept(leaf));
    end_.offset = lines.offset();
  }
  if (lines.unfinished() > 0 || (leaves && leaves->count() > frontier_.size() - first)) end_.torn = true;
  return {};
}

// Whether a line behind the end is one that a leaf hash behind the end stands for.
Result<bool> Replay::good_behind() const {
  std::vector<Digest> known;
  for (const auto first : segments_) {
    if (first < end_.first || !std::filesystem::exists(leaf_path(ledger_, first))) continue;
    TRY(auto leaves, open_leaves(leaf_path(ledger_, first)));
    for (auto i = first == end_.first ? frontier_.size() - first : 0; known.size() < kMaxKnown; ++i) {
      const Digest* leaf = leaves.at(i);
      if (!leaf) break;
      known.push_back(*leaf);
    }
  }
  std::ranges::sort(known);
  for (const auto first : segments_) {
    if (first < end_.first) continue;
    TRY(auto lines,
        LineReader::open(log_path(ledger_, first), first == end_.first ? end_.offset : 0, kWholeFile));
    std::string_view line;
    for (auto more = lines.next(line); more && *more; more = lines.next(line))
      if (std::ranges::binary_search(known, leaf_hash(line))) return true;
  }
  return false;
}

Result<> Replay::check_end() const {
  if (frontier_.size() < checkpoint_.size)
    return damaged(
        fmt::format("damaged or missing, though a checkpoint covers {} records", checkpoint_.size));
  if (!end_.torn) return {};
  TRY(const bool good, good_behind());
  if (good) return damaged("damaged or missing, with good records behind it");
  return {};
}

// Puts what stands behind byte `from` of a file into a file of its own.
Result<> keep(const std::string& path, std::uint64_t from, const std::string& as) {
  TRY(const auto whole, MappedFile::open(path));
  if (whole.bytes().size() <= from) return {};
  return replace_file(as, whole.bytes().substr(from), true);
}

Result<> move_file(const std::string& path, const std::string& to) {
  if (std::rename(path.c_str(), to.c_str()) != 0 && errno != ENOENT)
    return fail_errno("move the file", path, errno);
  return {};
}

// Copies what will be cut off to files beside the ledger's, and moves segments away that begin behind the
// end.
Result<> Replay::set_aside(Recovery& recovery) const {
  const auto kept = ledger_ + "/torn-" + numbered_name(frontier_.size(), "-") + rfc3339(wall_now());
  for (const auto first : segments_) {
    if (first < end_.first) continue;
    const bool whole = first != end_.first;
    const auto log = log_path(ledger_, first), leaf = leaf_path(ledger_, first);
    const auto from = whole ? 0 : end_.offset,
               good = whole ? 0 : frontier_.size() - first - unwritten_.size();
    const auto as = whole ? kept + "-" + std::to_string(first) : kept;
    TRY(const auto size, file_size(log));
    const auto leaves = leaves_in(leaf);
    recovery.found.bytes_cut += size - std::min(size, from);
    recovery.found.records_lost += leaves - std::min(leaves, good);
    if (size > from) recovery.kept = kept;
    if (whole) {
      TRY_VOID(move_file(log, as));
      TRY_VOID(move_file(leaf, as + ".leaf"));
    } else {
      TRY_VOID(keep(log, from, as));
      if (leaves > good) TRY_VOID(keep(leaf, kLeafHeader.size() + good * sizeof(Digest), as + ".leaf"));
    }
  }
  return {};
}

Result<Segment> Replay::open_segment() const {
  if (end_.headless) return Segment::create(ledger_, end_.first);
  const auto leaf = leaf_path(ledger_, end_.first);
  if (file_size(leaf).value_or(0) < kLeafHeader.size()) TRY_VOID(AppendFile::create(leaf, kLeafHeader));
  const auto stored = frontier_.size() - end_.first - unwritten_.size();
  TRY(auto segment, Segment::open(ledger_, end_.first, end_.offset, stored));
  TRY_VOID(segment.leaf.append(
      {reinterpret_cast<const char*>(unwritten_.data()), unwritten_.size() * sizeof(Digest)}));
  return segment;
}

Result<Recovery> Replay::apply() const {
  Recovery recovery;
  if (end_.torn) TRY_VOID(set_aside(recovery));
  TRY(recovery.segment, open_segment());
  recovery.frontier = frontier_;
  recovery.checkpointed = checkpoint_.size;
  recovery.found.records_unsigned = frontier_.size() - checkpoint_.size;
  recovery.found.intents_open = open_.size();
  recovery.completed = unwritten_.size();
  return recovery;
}

// The place that ledger/resume names, if the files reach that far.
std::optional<Resume> find_resume(const std::string& ledger, const std::vector<std::uint64_t>& segments,
                                  const Checkpoint& checkpoint) {
  const auto text = read_file(resume_path(ledger), 1U << 16);
  const auto resume = text ? Resume::parse(*text) : std::nullopt;
  if (!resume) return std::nullopt;
  const auto size = resume->frontier.size(), first = resume->first, offset = resume->log_offset;
  const bool fits = size <= checkpoint.size && first <= size && std::ranges::binary_search(segments, first) &&
                    offset >= log_header(first).size() &&
                    offset <= file_size(log_path(ledger, first)).value_or(0) &&
                    size - first <= leaves_in(leaf_path(ledger, first)) &&
                    (size < checkpoint.size || resume->frontier.root() == checkpoint.root);
  return fits ? resume : std::nullopt;
}

std::unexpected<Error> missing(const std::string& path) {
  return fail(Code::corrupt, "the file is missing; restore it from a copy", path);
}

// A new ledger. The checkpoint of no records stands in both files before the first record, so that a ledger
// without one has lost it.
Result<Recovery> begin(const std::string& ledger, const SigningKey& key) {
  const auto note = sign_note({key.name, 0, Frontier().root()}, key);
  TRY(auto history, AppendFile::create(checkpoints_path(ledger), kCheckpointsHeader));
  TRY_VOID(history.append(checkpoint_line(note)));
  TRY_VOID(history.sync());
  TRY_VOID(replace_file(newest_path(ledger), note, true));
  TRY_VOID(sync_folder(ledger));
  Recovery fresh;
  TRY(fresh.segment, Segment::create(ledger, 0));
  return fresh;
}

// A segment without its .log must be one that a retention record names.
Result<> check_missing(const std::string& ledger, const std::vector<std::uint64_t>& segments) {
  std::optional<Keeping> keeping;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto path = log_path(ledger, segments[i]);
    if (std::filesystem::exists(path)) continue;
    if (!keeping) {
      TRY(auto loaded, load_keeping(ledger));
      keeping.emplace(std::move(loaded));
    }
    if (i + 1 == segments.size() || !keeping->is_removed(segments[i], segments[i + 1])) return missing(path);
  }
  return {};
}

}  // namespace

Result<Recovery> recover(const std::string& ledger, const SigningKey& key) {
  TRY(const auto newest, newest_checkpoint(ledger, key.verifier()));
  TRY(const auto segments, list_segments(ledger));
  if (segments.empty() && (!newest || newest->size == 0)) return begin(ledger, key);
  if (!newest)
    return fail(Code::corrupt,
                "the checkpoints are missing, so that nothing proves the records: put checkpoint and "
                "checkpoints.log back from a copy, or move the ledger folder away to begin a new ledger",
                newest_path(ledger));
  const Checkpoint& checkpoint = *newest;
  if (segments.empty() || segments.front() != 0) return missing(log_path(ledger, 0));
  TRY_VOID(check_missing(ledger, segments));
  if (const auto resume = find_resume(ledger, segments, checkpoint)) {
    Replay replay(ledger, segments, checkpoint);
    if (replay.run(*resume)) return replay.apply();
  }
  Replay replay(ledger, segments, checkpoint);
  TRY_VOID(replay.run(Resume{}));
  return replay.apply();
}

}  // namespace ostiary::ledger
