#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/hash.h"

namespace ostiary::ledger {

// The leaves [from, to) of a tree; those of a proof are whole subtrees as the tree splits them.
struct LeafRange {
  std::uint64_t from = 0, to = 0;
  bool operator==(const LeafRange&) const = default;
};

// The subtrees whose roots are the hashes of a proof, in the proof's order (RFC 6962 sections 2.1.1 and
// 2.1.2). That a record is leaf `index` of the first `size`, index < size:
std::vector<LeafRange> inclusion_ranges(std::uint64_t index, std::uint64_t size);
// That the first `size` leaves begin with the first `old_size`, old_size <= size; none where either tree says
// it all.
std::vector<LeafRange> consistency_ranges(std::uint64_t old_size, std::uint64_t size);

// The root that the hashes lead to from a leaf (RFC 9162 section 2.1.3.2); nothing where their number is not
// the one that index and size ask for.
std::optional<Digest> root_of_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                                        std::span<const Digest> hashes);

// Whether the hashes prove that the tree of `size` leaves and root `root` begins with the one of `old_size`
// and `old_root` (RFC 9162 section 2.1.4.2). From the empty tree no hash is needed or taken.
bool is_consistent(std::uint64_t old_size, const Digest& old_root, std::uint64_t size, const Digest& root,
                   std::span<const Digest> hashes);

}  // namespace ostiary::ledger
