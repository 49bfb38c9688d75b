#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/id.h"
#include "base/result.h"

namespace ostiary::ledger {

// That a record stands in the ledger, or that the ledger only grew since a checkpoint: what is needed to
// check it without the ledger, but for the verifier key.
struct Proof {
  enum class Kind : std::uint8_t { inclusion, consistency };
  Kind kind = Kind::inclusion;
  std::vector<Digest> hashes;  // RFC 6962 section 2.1.1 or 2.1.2, in that order
  std::string checkpoint;      // signed note of the tree, with whatever witnesses signed it

  // Of inclusion:
  std::uint64_t index = 0;
  std::optional<Digest> leaf;         // not in the text form
  std::optional<std::string> record;  // its line; nothing where it was left out or is gone

  // Of consistency:
  std::uint64_t old_size = 0;
  std::string old_checkpoint;  // signed note; not in the text form
};

struct ProveOptions {
  std::string checkpoint_file;  // the tree to prove against; empty: the ledger's newest checkpoint
  std::string verifier_key;     // of checkpoints that are given; empty: the folder's
  bool with_record = true;
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;  // leaf hashes
  std::function<bool()> stopped;  // asked now and then; true: nobody wants the proof any more (`closed`)
};

// The last record of an exchange that has a proof to give: its outcome, or the intent where there is none
// yet. `kind` ("intent", "outcome", …) asks for the one of that kind. `stopped` as in ProveOptions.
// `not_found`.
Result<std::uint64_t> find_record(const std::string& data_folder, const Id& exchange,
                                  std::string_view kind = {}, const std::function<bool()>& stopped = {});

// Both read the ledger offline and write nothing; they may run beside the gate. Every proof is checked before
// it is given. `not_found`: no ledger, no such record; `unavailable`: the record is not under the checkpoint
// yet; `invalid`, `denied`: what was given is no checkpoint, or not one of this key; `corrupt`: the ledger is
// not what the checkpoint signed (`verify` tells where).
Result<Proof> prove_inclusion(const std::string& data_folder, std::uint64_t index,
                              const ProveOptions& options = {});
// That the tree begins with the one of an older checkpoint (a file with a signed note).
Result<Proof> prove_consistency(const std::string& data_folder, const std::string& old_checkpoint_file,
                                const ProveOptions& options = {});

// As other transparency tools read them. Inclusion: c2sp.org/tlog-proof@v1, the record being its extra data.
// Consistency: the body of add-checkpoint of c2sp.org/tlog-witness.
std::string proof_text(const Proof& proof);
// {"ostiary":1,"kind":"proof",…} with a newline.
std::string proof_json(const Proof& proof);
// Reads either form; `invalid` where it is neither.
Result<Proof> parse_proof(std::string_view text);

struct CheckedProof {
  std::string origin;
  std::uint64_t size = 0;  // records under the checkpoint
  Digest root{};
};

// Checks a proof by itself. `denied`: the key did not sign the checkpoint, or the hashes do not lead to its
// root; `invalid`: not in form, or the record (old checkpoint) that the proof is about is not in it.
Result<CheckedProof> check_proof(const Proof& proof, std::string_view verifier_key);

}  // namespace ostiary::ledger
