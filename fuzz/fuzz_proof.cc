#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ledger/proof.h"

// Reads the input as a proof. What is read comes back from both forms as it was, and no proof that a fuzzer
// makes is one of a key that it does not have.
namespace {

using namespace ostiary;
using namespace ostiary::ledger;

constexpr std::string_view kKey = "example.com/gate+0fd34926+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const Proof& a, const Proof& b) {
  return a.kind == b.kind && a.hashes == b.hashes && a.checkpoint == b.checkpoint && a.index == b.index &&
         a.old_size == b.old_size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto proof = parse_proof(input);
  if (!proof) return 0;
  const auto again = parse_proof(proof_text(*proof));
  require(again && same(*again, *proof));
  if (!input.starts_with('{')) require(proof_text(*proof) == input);
  const auto checked = check_proof(*proof, kKey);
  if (checked)
    require(proof->checkpoint.find("example.com/gate\n42\n") == 0);  // the seed's, which is genuine
  return 0;
}
