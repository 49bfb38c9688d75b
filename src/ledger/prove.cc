// Proofs made from a ledger's files.

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <numeric>

#include "base/file.h"
#include "json/document.h"
#include "ledger/cursor.h"
#include "ledger/impl/checkpoint.h"
#include "ledger/impl/checkpoint_log.h"
#include "ledger/impl/leaf_files.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/merkle_proof.h"
#include "ledger/impl/segment.h"
#include "ledger/proof.h"

namespace ostiary::ledger {

namespace {

constexpr std::uint64_t kMaxNote = 1U << 20;  // bytes
constexpr std::uint64_t kLookAtOnce = 4096;   // records
constexpr std::uint64_t kHashAtOnce = 65536;  // leaf hashes

struct Note {
  std::string text;
  Checkpoint checkpoint;
};

Result<VerifierKey> key_of(const std::string& ledger, const std::string& given) {
  if (!given.empty()) {
    auto key = VerifierKey::parse(given);
    if (!key) return fail(Code::invalid, "the verifier key " + key.error().message);
    return key;
  }
  const auto path = ledger + "/verify-key";
  TRY(const auto text, read_file(path, 4096));
  auto key = VerifierKey::parse(text);
  if (!key) return fail(Code::corrupt, key.error().message, path);
  return key;
}

Result<Note> read_note(const std::string& path, const VerifierKey& key) {
  TRY(auto text, read_file(path, kMaxNote));
  auto checkpoint = open_note(text, key);
  if (!checkpoint) return fail(checkpoint.error().code, checkpoint.error().message, path);
  return Note{std::move(text), std::move(*checkpoint)};
}

struct Setting {
  std::string ledger;
  VerifierKey key;
  Note note;
  LeafFiles leaves;
};

// The leaf hashes are looked at last: all that a checkpoint covers are there then.
Result<Setting> settle(const std::string& data_folder, const ProveOptions& options) {
  const auto ledger = ledger_folder(data_folder);
  TRY(const auto before, LeafFiles::open(ledger));  // that there is a ledger
  TRY(auto key, key_of(ledger, options.verifier_key));
  TRY(auto note,
      read_note(options.checkpoint_file.empty() ? newest_path(ledger) : options.checkpoint_file, key));
  TRY(auto leaves, LeafFiles::open(ledger));
  if (leaves.size() < note.checkpoint.size)
    return fail(
        Code::corrupt,
        fmt::format("the checkpoint covers {} records and only {} are there; 'ledger verify' tells more",
                    note.checkpoint.size, leaves.size()),
        ledger);
  return Setting{ledger, std::move(key), std::move(note), std::move(leaves)};
}

Result<> wanted_still(const std::function<bool()>& stopped) {
  if (stopped && stopped()) return fail(Code::closed, "given up: nobody waits for the proof any more");
  return {};
}

// The roots of subtrees, each read from its first leaf to its last, in the order of the file.
Result<std::vector<Digest>> roots_of(const LeafFiles& leaves, const std::vector<LeafRange>& ranges,
                                     const ProveOptions& options) {
  std::vector<std::size_t> order(ranges.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return ranges[i].from; });
  std::uint64_t done = 0, all = 0;
  for (const auto& range : ranges) all += range.to - range.from;
  std::vector<Digest> roots(ranges.size());
  for (const auto i : order) {
    Frontier subtree;
    for (auto from = ranges[i].from; from < ranges[i].to; from += kHashAtOnce) {
      TRY_VOID(wanted_still(options.stopped));
      const auto to = std::min(from + kHashAtOnce, ranges[i].to);
      TRY_VOID(leaves.read(from, to, [&](std::span<const Digest> some) {
        subtree.add(some);
        done += some.size();
        if (options.progress) options.progress(done, all);
      }));
    }
    roots[i] = subtree.root();
  }
  return roots;
}

// What a proof that does not hold says of the ledger.
std::unexpected<Error> not_as_signed(const Error& error, const std::string& ledger) {
  if (error.code != Code::denied) return std::unexpected(error);
  return fail(Code::corrupt,
              "the ledger is not what the checkpoint signed: " + error.message +
                  "; 'ledger verify' tells what was changed",
              ledger);
}

bool is_of(std::string_view line, std::string_view id, std::string_view kind) {
  const auto document = json::Document::parse(line);
  if (!document || document->root()["id"].string_or("") != id) return false;
  return kind.empty() || document->root()["kind"].string_or("") == kind;
}

}  // namespace

Result<std::uint64_t> find_record(const std::string& data_folder, const Id& exchange, std::string_view kind,
                                  const std::function<bool()>& stopped) {
  const auto id = exchange.text(), member = "\"id\":\"" + id + '"';
  TRY(const auto count, count_records(data_folder));
  std::optional<std::uint64_t> found;
  bool ended = false;  // nothing comes after an outcome
  Cursor cursor(data_folder);
  const auto look = [&](std::uint64_t index, std::string_view line) {
    if (!::memmem(line.data(), line.size(), member.data(), member.size())) return;
    if (is_of(line, id, kind)) found = index;
    ended |= is_of(line, id, "outcome");
  };
  while (!ended) {
    TRY_VOID(wanted_still(stopped));
    const auto before = cursor.place().index;
    TRY(const auto given, cursor.read(count, kLookAtOnce, look));
    if (given == 0 && cursor.place().index == before) break;
  }
  if (found) return *found;
  return fail(Code::not_found,
              fmt::format("there is no {}record of exchange {} in the ledger",
                          kind.empty() ? "" : std::string(kind) + " ", id),
              ledger_folder(data_folder));
}

Result<Proof> prove_inclusion(const std::string& data_folder, std::uint64_t index,
                              const ProveOptions& options) {
  TRY(const auto setting, settle(data_folder, options));
  const auto& checkpoint = setting.note.checkpoint;
  if (index >= setting.leaves.size())
    return fail(Code::not_found,
                fmt::format("there is no record {}: the ledger has {}", index, setting.leaves.size()),
                setting.ledger);
  if (index >= checkpoint.size)
    return fail(
        Code::unavailable,
        fmt::format("record {} is not signed yet: the checkpoint covers {} records; a running gate signs "
                    "the newest in a moment, or name a newer checkpoint",
                    index, checkpoint.size),
        setting.ledger);
  Proof proof;
  proof.index = index;
  proof.checkpoint = setting.note.text;
  TRY(proof.hashes, roots_of(setting.leaves, inclusion_ranges(index, checkpoint.size), options));
  TRY_VOID(setting.leaves.read(index, index + 1, [&](auto leaf) { proof.leaf = leaf.front(); }));
  Cursor cursor(data_folder, {.index = index});
  TRY_VOID(cursor.read(index + 1, 1, [&](std::uint64_t, std::string_view line) { proof.record = line; }));
  const auto checked = check_proof(proof, setting.key.text());
  if (!checked) return not_as_signed(checked.error(), setting.ledger);
  if (!options.with_record) proof.record.reset();
  return proof;
}

Result<Proof> prove_consistency(const std::string& data_folder, const std::string& old_checkpoint_file,
                                const ProveOptions& options) {
  TRY(const auto setting, settle(data_folder, options));
  TRY(auto old, read_note(old_checkpoint_file, setting.key));
  if (old.checkpoint.size > setting.note.checkpoint.size)
    return fail(
        Code::corrupt,
        fmt::format("the kept checkpoint covers {} records and the ledger's {}: its tail was cut off, or it "
                    "was set back",
                    old.checkpoint.size, setting.note.checkpoint.size),
        setting.ledger);
  Proof proof;
  proof.kind = Proof::Kind::consistency;
  proof.old_size = old.checkpoint.size;
  proof.old_checkpoint = std::move(old.text);
  proof.checkpoint = setting.note.text;
  TRY(proof.hashes,
      roots_of(setting.leaves, consistency_ranges(proof.old_size, setting.note.checkpoint.size), options));
  const auto checked = check_proof(proof, setting.key.text());
  if (!checked) return not_as_signed(checked.error(), setting.ledger);
  return proof;
}

}  // namespace ostiary::ledger
