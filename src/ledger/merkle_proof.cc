#include "ledger/impl/merkle_proof.h"

#include <algorithm>
#include <bit>

#include "ledger/impl/merkle.h"

namespace ostiary::ledger {

namespace {

// Where a tree of `size` > 1 leaves splits: the largest power of two below it.
std::uint64_t split_of(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

}  // namespace

std::vector<LeafRange> inclusion_ranges(std::uint64_t index, std::uint64_t size) {
  std::vector<LeafRange> ranges;
  for (std::uint64_t from = 0, to = size; to - from > 1;) {
    const auto middle = from + split_of(to - from);
    if (index < middle) {
      ranges.push_back({middle, to});
      to = middle;
    } else {
      ranges.push_back({from, middle});
      from = middle;
    }
  }
  std::ranges::reverse(ranges);
  return ranges;
}

std::vector<LeafRange> consistency_ranges(std::uint64_t old_size, std::uint64_t size) {
  std::vector<LeafRange> ranges;
  if (old_size == 0 || old_size == size) return ranges;
  std::uint64_t from = 0, to = size;
  while (to != old_size) {
    const auto middle = from + split_of(to - from);
    if (old_size <= middle) {
      ranges.push_back({middle, to});
      to = middle;
    } else {
      ranges.push_back({from, middle});
      from = middle;
    }
  }
  if (from > 0) ranges.push_back({from, to});  // else it is the old tree, whose root the verifier has
  std::ranges::reverse(ranges);
  return ranges;
}

std::optional<Digest> root_of_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                                        std::span<const Digest> hashes) {
  if (index >= size) return std::nullopt;
  Digest root = leaf;
  auto at = index, last = size - 1;
  for (const auto& hash : hashes) {
    if (last == 0) return std::nullopt;
    if ((at & 1) || at == last) {
      root = node_hash(hash, root);
      for (; at && !(at & 1); last >>= 1) at >>= 1;
    } else {
      root = node_hash(root, hash);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 ? std::optional(root) : std::nullopt;
}

bool is_consistent(std::uint64_t old_size, const Digest& old_root, std::uint64_t size, const Digest& root,
                   std::span<const Digest> hashes) {
  if (old_size > size) return false;
  if (old_size == size) return hashes.empty() && old_root == root;
  if (old_size == 0) return hashes.empty() && old_root == sha256({});
  const bool whole = std::has_single_bit(old_size);  // the old tree is itself a subtree of the new one
  if (!whole && hashes.empty()) return false;
  auto at = old_size - 1, last = size - 1;
  for (; at & 1; last >>= 1) at >>= 1;
  Digest old_side = whole ? old_root : hashes.front(), new_side = old_side;
  for (const auto& hash : hashes.subspan(whole ? 0 : 1)) {
    if (last == 0) return false;
    if ((at & 1) || at == last) {
      old_side = node_hash(hash, old_side);
      new_side = node_hash(hash, new_side);
      for (; at && !(at & 1); last >>= 1) at >>= 1;
    } else {
      new_side = node_hash(new_side, hash);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 && old_side == old_root && new_side == root;
}

}  // namespace ostiary::ledger
