#include "ledger/impl/merkle_proof.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "ledger/impl/merkle.h"

namespace ostiary::ledger {
namespace {

using Digests = std::vector<Digest>;

Digests leaves_to(std::size_t n) {
  Digests leaves;
  for (std::size_t i = 0; i < n; ++i) leaves.push_back(leaf_hash("record " + std::to_string(i)));
  return leaves;
}

// MTH, PATH and SUBPROOF as RFC 6962 section 2.1 writes them: the judges of the ranges.
Digest mth(std::span<const Digest> d) {
  if (d.size() == 1) return d.front();
  std::size_t k = 1;
  while (k * 2 < d.size()) k *= 2;
  return node_hash(mth(d.first(k)), mth(d.subspan(k)));
}

Digests path(std::size_t m, std::span<const Digest> d) {
  if (d.size() == 1) return {};
  std::size_t k = 1;
  while (k * 2 < d.size()) k *= 2;
  auto out = m < k ? path(m, d.first(k)) : path(m - k, d.subspan(k));
  out.push_back(m < k ? mth(d.subspan(k)) : mth(d.first(k)));
  return out;
}

Digests subproof(std::size_t m, std::span<const Digest> d, bool known) {
  if (m == d.size()) return known ? Digests{} : Digests{mth(d)};
  std::size_t k = 1;
  while (k * 2 < d.size()) k *= 2;
  auto out = m <= k ? subproof(m, d.first(k), known) : subproof(m - k, d.subspan(k), false);
  out.push_back(m <= k ? mth(d.subspan(k)) : mth(d.first(k)));
  return out;
}

Digests roots_of(const std::vector<LeafRange>& ranges, std::span<const Digest> leaves) {
  Digests roots;
  for (const auto& range : ranges) roots.push_back(mth(leaves.subspan(range.from, range.to - range.from)));
  return roots;
}

constexpr std::size_t kMost = 70;

TEST(MerkleProof, OfInclusionHasTheHashesOfTheRecursiveDefinitionAndLeadsToTheRoot) {
  const auto all = leaves_to(kMost);
  for (std::size_t size = 1; size <= kMost; ++size) {
    const auto tree = std::span(all).first(size);
    for (std::size_t index = 0; index < size; ++index) {
      const auto proof = roots_of(inclusion_ranges(index, size), tree);
      ASSERT_EQ(proof, path(index, tree)) << index << " of " << size;
      ASSERT_EQ(root_of_inclusion(index, size, tree[index], proof), mth(tree)) << index << " of " << size;
    }
  }
}

TEST(MerkleProof, OfConsistencyHasTheHashesOfTheRecursiveDefinitionAndHolds) {
  const auto all = leaves_to(kMost);
  for (std::size_t size = 1; size <= kMost; ++size) {
    const auto tree = std::span(all).first(size);
    for (std::size_t old_size = 1; old_size <= size; ++old_size) {
      const auto proof = roots_of(consistency_ranges(old_size, size), tree);
      ASSERT_EQ(proof, subproof(old_size, tree, true)) << old_size << " of " << size;
      ASSERT_TRUE(is_consistent(old_size, mth(tree.first(old_size)), size, mth(tree), proof))
          << old_size << " of " << size;
    }
  }
}

TEST(MerkleProof, FromTheEmptyTreeNeedsNoHash) {
  const auto leaves = leaves_to(3);
  EXPECT_TRUE(consistency_ranges(0, 3).empty());
  EXPECT_TRUE(is_consistent(0, sha256({}), 3, mth(leaves), {}));
  EXPECT_FALSE(is_consistent(0, leaves[0], 3, mth(leaves), {}));
  EXPECT_FALSE(is_consistent(0, sha256({}), 3, mth(leaves), std::span(leaves).first(1)));
}

TEST(MerkleProof, OfInclusionFailsWithAnythingChanged) {
  const auto tree = leaves_to(21);
  for (std::size_t index = 0; index < tree.size(); ++index) {
    const auto proof = path(index, tree);
    const auto root = mth(tree);
    EXPECT_NE(root_of_inclusion(index, 21, tree[(index + 1) % 21], proof), root);
    EXPECT_NE(root_of_inclusion((index + 1) % 21, 21, tree[index], proof), root);
    EXPECT_FALSE(root_of_inclusion(21 + index, 21, tree[index], proof));
    for (std::size_t i = 0; i < proof.size(); ++i) {
      auto changed = proof;
      changed[i][i] ^= 1;
      EXPECT_NE(root_of_inclusion(index, 21, tree[index], changed), root);
      changed = proof;
      changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_NE(root_of_inclusion(index, 21, tree[index], changed), root);
    }
    auto longer = proof;
    longer.push_back(proof.front());
    EXPECT_FALSE(root_of_inclusion(index, 21, tree[index], longer));
  }
}

TEST(MerkleProof, OfConsistencyFailsWithAnythingChanged) {
  const auto tree = leaves_to(21);
  const auto root = mth(tree);
  for (std::size_t old_size = 1; old_size < tree.size(); ++old_size) {
    const auto proof = subproof(old_size, tree, true);
    const auto old_root = mth(std::span(tree).first(old_size));
    EXPECT_FALSE(is_consistent(old_size, tree[20], 21, root, proof));
    EXPECT_FALSE(is_consistent(old_size, old_root, 21, tree[20], proof));
    EXPECT_FALSE(is_consistent(22, old_root, 21, root, proof));
    for (std::size_t i = 0; i < proof.size(); ++i) {
      auto changed = proof;
      changed[i][i] ^= 1;
      EXPECT_FALSE(is_consistent(old_size, old_root, 21, root, changed)) << old_size << ", hash " << i;
    }
    auto shorter = proof;
    shorter.pop_back();
    EXPECT_FALSE(is_consistent(old_size, old_root, 21, root, shorter));
    auto longer = proof;
    longer.push_back(proof.front());
    EXPECT_FALSE(is_consistent(old_size, old_root, 21, root, longer));
  }
}

}  // namespace
}  // namespace ostiary::ledger
