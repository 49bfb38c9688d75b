#include "ledger/impl/merkle.h"

#include <algorithm>

namespace ostiary::ledger {

namespace {
constexpr std::string_view kLeafPrefix("\0", 1);
constexpr std::string_view kNodePrefix("\1", 1);
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

void Frontier::add(const Digest& leaf) {
  Digest node = leaf;
  auto count = static_cast<std::size_t>(std::popcount(size_));
  for (std::uint64_t rest = size_; rest & 1; rest >>= 1) node = node_hash(nodes_[--count], node);
  nodes_[count] = node;
  ++size_;
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
