#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/result.h"

namespace ostiary::ledger {

// The head of a tree (c2sp.org/tlog-checkpoint): who speaks, how many records, their root.
struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Digest root{};
};

// A public key that notes are verified with (c2sp.org/signed-note, Ed25519).
struct VerifierKey {
  std::string name;
  Digest public_key{};

  std::array<std::uint8_t, 4> id() const;  // SHA-256(name || "\n" || 0x01 || public key)[:4]
  std::string text() const;                // name+<id in hex>+<base64 of 0x01 || public key>
  static Result<VerifierKey> parse(std::string_view text);
};

// A private key, written as golang.org/x/mod/sumdb/note does: PRIVATE+KEY+name+<id in hex>+<base64 of 0x01 ||
// seed>.
struct SigningKey {
  std::string name;
  Key256 seed{};

  VerifierKey verifier() const;
  std::string text() const;
  static Result<SigningKey> parse(std::string_view text);
};

// Names of keys and origins: 1 to 200 visible ASCII characters without "+".
bool valid_key_name(std::string_view name);

// A checkpoint as a signed note, with its last newline.
std::string sign_note(const Checkpoint& checkpoint, const SigningKey& key);

// Reads a signed checkpoint. `invalid`: not a checkpoint in form; `denied`: `key` did not sign it. Signatures
// of other keys (witnesses) are passed over, extension lines too.
Result<Checkpoint> open_note(std::string_view note, const VerifierKey& key);

}  // namespace ostiary::ledger
