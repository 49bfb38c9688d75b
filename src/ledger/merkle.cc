#include "ledger/impl/merkle.h"

#include <algorithm>
#include <cstring>

#include "base/hash_pair.h"

namespace ostiary::ledger {

namespace {
constexpr std::string_view kLeafPrefix("\0", 1);
constexpr std::string_view kNodePrefix("\1", 1);
constexpr int kMostLevels = 10;  // of a subtree that is hashed as a whole

// What a node's hash is of.
struct NodeText {
  std::array<char, 1 + 2 * sizeof(Digest)> bytes;
  explicit NodeText(const Digest* children) {
    bytes[0] = kNodePrefix[0];
    std::memcpy(bytes.data() + 1, children, 2 * sizeof(Digest));
  }
  std::string_view view() const { return {bytes.data(), bytes.size()}; }
};

// The nodes above `below`, an even number, into `above`; the two may be the same memory.
void hash_level(std::span<const Digest> below, Digest* above) {
  std::size_t i = 0;
  for (; i + 4 <= below.size(); i += 4) {
    const NodeText a(&below[i]), b(&below[i + 2]);
    sha256_pair(a.view(), b.view(), above[i / 2], above[i / 2 + 1]);
  }
  if (i < below.size()) above[i / 2] = sha256(NodeText(&below[i]).view());
}

// Of a power of two of leaves, at most 2^kMostLevels.
Digest subtree_root(std::span<const Digest> leaves) {
  if (leaves.size() == 1) return leaves.front();
  std::array<Digest, std::size_t{1} << (kMostLevels - 1)> nodes;
  hash_level(leaves, nodes.data());
  for (auto count = leaves.size() / 2; count > 1; count /= 2)
    hash_level(std::span<const Digest>(nodes).first(count), nodes.data());
  return nodes.front();
}

}  // namespace

Digest leaf_hash(std::string_view line) {
  Sha256 hash;
  hash.update(kLeafPrefix);
  hash.update(line);
  return hash.finish();
}

Digest node_hash(const Digest& left, const Digest& right) {
  Sha256 hash;
  hash.update(kNodePrefix);
  hash.update(left);
  hash.update(right);
  return hash.finish();
}

void Frontier::push(Digest node, int level) {
  auto count = static_cast<std::size_t>(std::popcount(size_));
  for (std::uint64_t rest = size_ >> level; rest & 1; rest >>= 1) node = node_hash(nodes_[--count], node);
  nodes_[count] = node;
  size_ += std::uint64_t{1} << level;
}

void Frontier::add(std::span<const Digest> leaves) {
  while (!leaves.empty()) {
    const int aligned = size_ == 0 ? kMostLevels : std::min(std::countr_zero(size_), kMostLevels);
    const int level = std::min(aligned, static_cast<int>(std::bit_width(leaves.size())) - 1);
    const auto count = std::size_t{1} << level;
    push(subtree_root(leaves.first(count)), level);
    leaves = leaves.subspan(count);
  }
}

Digest Frontier::root() const {
  if (size_ == 0) return sha256({});
  const auto edge = nodes();
  Digest root = edge.back();
  for (std::size_t i = edge.size() - 1; i-- > 0;) root = node_hash(edge[i], root);
  return root;
}

std::optional<Frontier> Frontier::restore(std::uint64_t size, std::span<const Digest> nodes) {
  if (nodes.size() != static_cast<std::size_t>(std::popcount(size))) return std::nullopt;
  Frontier frontier;
  frontier.size_ = size;
  std::ranges::copy(nodes, frontier.nodes_.begin());
  return frontier;
}

}  // namespace ostiary::ledger
