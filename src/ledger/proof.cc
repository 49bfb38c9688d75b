// Proofs by themselves: their two forms, and whether they hold.

#include "ledger/proof.h"

#include <algorithm>
#include <fmt/format.h>
#include <span>

#include "base/text.h"
#include "json/canonical.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/impl/checkpoint.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/merkle_proof.h"

namespace ostiary::ledger {

namespace {

constexpr std::string_view kMagic = "c2sp.org/tlog-proof@v1";
constexpr std::size_t kMostHashes = 64;  // a tree has no more levels

std::unexpected<Error> bad(std::string_view what) {
  return fail(Code::invalid,
              fmt::format("is not a proof: {} (c2sp.org/tlog-proof, c2sp.org/tlog-witness)", what));
}

// A decimal number as the formats write it: no sign, no leading zero.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return text::parse_uint(text);
}

std::optional<Digest> parse_digest(std::string_view text) {
  const auto bytes = unbase64(text);
  Digest digest;
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::ranges::copy(*bytes, digest.begin());
  return digest;
}

// The lines of a text, one after the other.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  // Up to the next newline, which is taken too; nothing where there is none.
  std::optional<std::string_view> next() {
    const auto end = rest_.find('\n');
    if (end == rest_.npos) return std::nullopt;
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

Result<Proof> parse_text(std::string_view text) {
  Lines lines(text);
  Proof proof;
  auto line = lines.next();
  if (line && line->starts_with("old ")) {
    proof.kind = Proof::Kind::consistency;
    const auto size = parse_number(line->substr(4));
    if (!size) return bad("the old size is not a plain decimal number");
    proof.old_size = *size;
  } else {
    if (line != kMagic) return bad("it begins with no line that is known");
    line = lines.next();
    if (line && line->starts_with("extra ")) {
      proof.record = unbase64(line->substr(6));
      if (!proof.record || proof.record->empty()) return bad("the extra data is not base64");
      line = lines.next();
    }
    const auto index = line && line->starts_with("index ") ? parse_number(line->substr(6)) : std::nullopt;
    if (!index) return bad("the index is not a plain decimal number");
    proof.index = *index;
  }
  for (line = lines.next(); line && !line->empty(); line = lines.next()) {
    const auto hash = parse_digest(*line);
    if (!hash) return bad("a hash is not 32 bytes of base64");
    proof.hashes.push_back(*hash);
    if (proof.hashes.size() > kMostHashes) return bad("it has more hashes than any tree needs");
  }
  if (!line) return bad("it ends before the empty line and the checkpoint");
  proof.checkpoint = lines.rest();
  return proof;
}

Result<Proof> parse_json(std::string_view text) {
  TRY(const auto document, json::Document::parse(text));
  const auto root = document.root();
  if (root["ostiary"].as_uint() != 1 || root["kind"].as_string() != "proof")
    return bad("it is JSON, but not of kind proof");
  Proof proof;
  const auto type = root["type"].as_string();
  if (type != "inclusion" && type != "consistency")
    return bad("its type is neither inclusion nor consistency");
  proof.kind = type == "inclusion" ? Proof::Kind::inclusion : Proof::Kind::consistency;
  for (const auto element : root["hashes"]) {
    const auto hash = parse_digest(element.string_or(""));
    if (!hash || proof.hashes.size() == kMostHashes) return bad("a hash is not 32 bytes of base64");
    proof.hashes.push_back(*hash);
  }
  const auto checkpoint = root["checkpoint"].as_string();
  if (!checkpoint) return bad("it has no checkpoint");
  proof.checkpoint = *checkpoint;
  const auto number = root[proof.kind == Proof::Kind::inclusion ? "index" : "old_size"].as_uint();
  if (!number) return bad("the index or old size is not a whole number");
  if (proof.kind == Proof::Kind::consistency) {
    proof.old_size = *number;
    proof.old_checkpoint = root["old_checkpoint"].string_or("");
    return proof;
  }
  proof.index = *number;
  proof.leaf = parse_digest(root["leaf"].string_or(""));
  // A record is canonical JSON: written another way by a tool in between it is the same record.
  if (root["record"].is_object()) proof.record = json::canonical(root["record"]);
  return proof;
}

// What the proof is about: the leaf of the record.
Result<Digest> leaf_of(const Proof& proof) {
  if (!proof.record && !proof.leaf)
    return fail(Code::invalid, "the proof does not hold the record that it is of; give it with --record");
  if (!proof.record) return *proof.leaf;
  const auto leaf = leaf_hash(*proof.record);
  if (proof.leaf && *proof.leaf != leaf)
    return fail(Code::denied, "the record is not the one that the proof is of");
  return leaf;
}

}  // namespace

std::string proof_text(const Proof& proof) {
  std::string out;
  if (proof.kind == Proof::Kind::inclusion) {
    out += std::string(kMagic) + "\n";
    if (proof.record) out += "extra " + base64(*proof.record) + "\n";
    out += "index " + std::to_string(proof.index) + "\n";
  } else {
    out += "old " + std::to_string(proof.old_size) + "\n";
  }
  for (const auto& hash : proof.hashes) out += base64(hash) + "\n";
  return out + "\n" + proof.checkpoint;
}

std::string proof_json(const Proof& proof) {
  const bool inclusion = proof.kind == Proof::Kind::inclusion;
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("checkpoint", proof.checkpoint);
  w.key("hashes");
  w.begin_array();
  for (const auto& hash : proof.hashes) w.string(base64(hash));
  w.end_array();
  if (inclusion) w.member("index", proof.index);
  w.member("kind", "proof");
  if (inclusion && proof.leaf) w.member("leaf", base64(*proof.leaf));
  if (!inclusion) {
    w.member("old_checkpoint", proof.old_checkpoint);
    w.member("old_size", proof.old_size);
  }
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  if (inclusion && proof.record) {
    w.key("record");
    w.raw(*proof.record);
  }
  w.member("type", inclusion ? "inclusion" : "consistency");
  w.end_object();
  return out + '\n';
}

Result<Proof> parse_proof(std::string_view text) {
  return text.starts_with('{') ? parse_json(text) : parse_text(text);
}

Result<CheckedProof> check_proof(const Proof& proof, std::string_view verifier_key) {
  const auto key = VerifierKey::parse(verifier_key);
  if (!key) return fail(Code::invalid, "the verifier key " + key.error().message);
  const auto checkpoint = open_note(proof.checkpoint, *key);
  if (!checkpoint)
    return fail(checkpoint.error().code, "the proof's checkpoint: " + checkpoint.error().message);
  if (proof.kind == Proof::Kind::inclusion) {
    TRY(const auto leaf, leaf_of(proof));
    if (root_of_inclusion(proof.index, checkpoint->size, leaf, proof.hashes) != checkpoint->root)
      return fail(Code::denied,
                  fmt::format("the record is not number {} of the {} that the checkpoint signed", proof.index,
                              checkpoint->size));
    return CheckedProof{checkpoint->origin, checkpoint->size, checkpoint->root};
  }
  if (proof.old_checkpoint.empty())
    return fail(Code::invalid, "the proof does not hold the older checkpoint; give it with --consistency");
  const auto old = open_note(proof.old_checkpoint, *key);
  if (!old) return fail(old.error().code, "the older checkpoint: " + old.error().message);
  if (old->size != proof.old_size || old->origin != checkpoint->origin)
    return fail(Code::denied,
                fmt::format("the proof is of another checkpoint: {} records, the given one has {}",
                            proof.old_size, old->size));
  if (!is_consistent(old->size, old->root, checkpoint->size, checkpoint->root, proof.hashes))
    return fail(
        Code::denied,
        fmt::format("the {} records of the newer checkpoint do not begin with the {} of the older one",
                    checkpoint->size, old->size));
  return CheckedProof{checkpoint->origin, checkpoint->size, checkpoint->root};
}

}  // namespace ostiary::ledger
