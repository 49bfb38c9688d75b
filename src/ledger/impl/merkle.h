#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/hash.h"

namespace ostiary::ledger {

// RFC 6962 section 2.1 (the same in RFC 9162 section 2.1.1): SHA-256(0x00 || line) and SHA-256(0x01 || left
// || right).
Digest leaf_hash(std::string_view line);
Digest node_hash(const Digest& left, const Digest& right);

// The right edge of an append-only Merkle tree: the roots of its complete subtrees, largest first, one for
// each bit that is set in the size. Adding a leaf costs one node hash on average; the root of any moment
// costs at most 63.
class Frontier {
 public:
  void add(const Digest& leaf) { push(leaf, 0); }
  // Many at once, in about half the time: whole subtrees are hashed level by level, two nodes at a time.
  void add(std::span<const Digest> leaves);
  std::uint64_t size() const { return size_; }
  Digest root() const;  // SHA-256 of nothing for the empty tree
  std::span<const Digest> nodes() const {
    return {nodes_.data(), static_cast<std::size_t>(std::popcount(size_))};
  }
  // The frontier of a tree of `size` leaves from its nodes; nothing when their number is not the one that
  // size asks for.
  static std::optional<Frontier> restore(std::uint64_t size, std::span<const Digest> nodes);

 private:
  void push(Digest node, int level);  // the root of 2^level leaves, of which size_ is a multiple

  std::uint64_t size_ = 0;
  std::array<Digest, 64> nodes_;
};

}  // namespace ostiary::ledger
