#include "ledger/impl/merkle.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ostiary::ledger {
namespace {

// RFC 6962 section 2.1 as it is written, over all leaves at once: the judge of the incremental tree.
Digest naive_root(const std::vector<std::string>& leaves, std::size_t from, std::size_t to) {
  if (from == to) return sha256("");
  if (to - from == 1) return sha256(std::string(1, '\0') + leaves[from]);
  std::size_t k = 1;
  while (k * 2 < to - from) k *= 2;
  const auto left = naive_root(leaves, from, from + k), right = naive_root(leaves, from + k, to);
  std::string node(1, '\1');
  node.append(left.begin(), left.end());
  node.append(right.begin(), right.end());
  return sha256(node);
}

TEST(Frontier, HasTheRootOfTheRecursiveDefinitionAtEverySize) {
  std::vector<std::string> leaves;
  Frontier frontier;
  EXPECT_EQ(frontier.root(), naive_root(leaves, 0, 0));
  for (int i = 0; i < 300; ++i) {
    leaves.push_back("leaf " + std::to_string(i * i));
    frontier.add(leaf_hash(leaves.back()));
    ASSERT_EQ(frontier.root(), naive_root(leaves, 0, leaves.size())) << leaves.size();
  }
}

// The test vectors of Certificate Transparency's reference implementation: eight leaves, the roots of the
// first N.
TEST(Frontier, HasTheRootsOfTheCertificateTransparencyVectors) {
  const std::vector<std::string> leaves = {
      "",
      std::string(1, '\0'),
      "\x10",
      "\x20\x21",
      "\x30\x31",
      "\x40\x41\x42\x43",
      "\x50\x51\x52\x53\x54\x55\x56\x57",
      "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
  const std::vector<std::string> roots = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                          "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                          "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                          "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                          "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                          "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Frontier frontier;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    frontier.add(leaf_hash(leaves[i]));
    EXPECT_EQ(hex(frontier.root()), roots[i]) << i + 1;
  }
}

TEST(Frontier, TakesManyLeavesAtOnceAsIfTheyCameOneByOne) {
  std::vector<Digest> leaves;
  for (int i = 0; i < 5000; ++i) leaves.push_back(leaf_hash(std::to_string(i)));
  for (const std::size_t before : {0U, 1U, 2U, 3U, 7U, 64U, 1000U, 1024U, 2047U}) {
    for (const std::size_t many : {0U, 1U, 2U, 3U, 63U, 511U, 1024U, 1025U, 2900U}) {
      Frontier one, all;
      for (std::size_t i = 0; i < before + many; ++i) one.add(leaves[i]);
      for (std::size_t i = 0; i < before; ++i) all.add(leaves[i]);
      all.add(std::span(leaves).subspan(before, many));
      ASSERT_EQ(all.size(), one.size());
      ASSERT_EQ(all.root(), one.root()) << before << " and " << many;
    }
  }
}

TEST(Frontier, GoesOnFromItsNodesAsIfItHadNeverStopped) {
  Frontier whole;
  for (int i = 0; i < 200; ++i) {
    auto restored = Frontier::restore(whole.size(), whole.nodes());
    ASSERT_TRUE(restored);
    whole.add(leaf_hash(std::to_string(i)));
    restored->add(leaf_hash(std::to_string(i)));
    ASSERT_EQ(restored->root(), whole.root());
  }
}

TEST(Frontier, RefusesNodesThatDoNotFitItsSize) {
  Frontier frontier;
  for (int i = 0; i < 7; ++i) frontier.add(leaf_hash("x"));
  EXPECT_FALSE(Frontier::restore(8, frontier.nodes()));
  EXPECT_FALSE(Frontier::restore(7, frontier.nodes().first(2)));
}

}  // namespace
}  // namespace ostiary::ledger
