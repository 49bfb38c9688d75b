#include "ledger/impl/checkpoint.h"

#include <algorithm>
#include <span>

#include "base/text.h"

namespace ostiary::ledger {

namespace {

constexpr char kEd25519 = 1;                         // signature type of signed-note
constexpr std::string_view kDash = "\xe2\x80\x94 ";  // em dash, blank
constexpr std::string_view kPrivate = "PRIVATE+KEY+";
constexpr std::size_t kMaxNote = 1U << 20;
constexpr std::size_t kMaxName = 200;

std::string_view view(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string key_text(const VerifierKey& verifier, std::span<const std::uint8_t> material) {
  std::string typed(1, kEd25519);
  typed += view(material);
  return verifier.name + "+" + hex(verifier.id()) + "+" + base64(typed);
}

struct KeyText {
  std::string name, id_hex;
  Digest material{};
};

Result<KeyText> parse_key_text(std::string_view text) {
  const auto bad = [] {
    return fail(Code::invalid, "is not a key of the form name+hash+base64 (C2SP signed-note)");
  };
  const auto first = text.find('+');
  const auto second = first == text.npos ? text.npos : text.find('+', first + 1);
  if (second == text.npos) return bad();
  KeyText key{
      std::string(text.substr(0, first)), std::string(text.substr(first + 1, second - first - 1)), {}};
  const auto material = unbase64(text.substr(second + 1));
  if (!valid_key_name(key.name) || !material || material->empty()) return bad();
  if (material->front() != kEd25519 || material->size() != 1 + key.material.size())
    return fail(Code::invalid, "is not an Ed25519 key (signature type 1)");
  std::copy(material->begin() + 1, material->end(), key.material.begin());
  return key;
}

std::string body(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" + base64(checkpoint.root) + "\n";
}

Result<Checkpoint> parse_body(std::string_view text) {
  const auto bad = [](std::string_view what) {
    return fail(Code::invalid, "is not a checkpoint: " + std::string(what));
  };
  text.remove_suffix(1);  // the last newline
  const auto lines = text::split(text, '\n');
  if (lines.size() < 3) return bad("it needs an origin, a size and a root, each on its line");
  if (std::ranges::any_of(lines, [](std::string_view line) { return line.empty(); }))
    return bad("a line is empty");
  const auto size = text::parse_uint(lines[1]);
  if (!size || (lines[1].size() > 1 && lines[1][0] == '0'))
    return bad("the size is not a plain decimal number");
  const auto root = unbase64(lines[2]);
  if (!root || root->size() != 32) return bad("the root is not 32 bytes of base64");
  Checkpoint checkpoint{std::string(lines[0]), *size, {}};
  std::ranges::copy(*root, checkpoint.root.begin());
  return checkpoint;
}

enum class Signature : std::uint8_t { malformed, of_another, good, bad };

Signature check_signature(std::string_view line, std::string_view text, const VerifierKey& key) {
  if (!line.starts_with(kDash)) return Signature::malformed;
  line.remove_prefix(kDash.size());
  const auto blank = line.find(' ');
  if (blank == line.npos || blank == 0) return Signature::malformed;
  const auto bytes = unbase64(line.substr(blank + 1));
  if (!bytes || bytes->size() < 5) return Signature::malformed;
  const auto id = key.id();
  if (line.substr(0, blank) != key.name || std::string_view(*bytes).substr(0, 4) != view(id))
    return Signature::of_another;
  const auto* raw = reinterpret_cast<const std::uint8_t*>(bytes->data());
  return Ed25519::verify(key.public_key, text, {raw + 4, bytes->size() - 4}) ? Signature::good
                                                                             : Signature::bad;
}

}  // namespace

bool valid_key_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != '+'; });
}

std::array<std::uint8_t, 4> VerifierKey::id() const {
  Sha256 hash;
  hash.update(name);
  hash.update(std::string_view("\n\1", 2));
  hash.update(public_key);
  const Digest digest = hash.finish();
  return {digest[0], digest[1], digest[2], digest[3]};
}

std::string VerifierKey::text() const {
  return key_text(*this, public_key);
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  TRY(auto parts, parse_key_text(text::trim(text)));
  VerifierKey key{std::move(parts.name), parts.material};
  if (hex(key.id()) != parts.id_hex)
    return fail(Code::invalid, "the verifier key's hash does not fit its key");
  return key;
}

VerifierKey SigningKey::verifier() const {
  return {name, Ed25519::public_key(seed)};
}

std::string SigningKey::text() const {
  return std::string(kPrivate) + key_text(verifier(), seed);
}

Result<SigningKey> SigningKey::parse(std::string_view text) {
  text = text::trim(text);
  if (!text.starts_with(kPrivate))
    return fail(Code::invalid, "is not a signing key: it must start with PRIVATE+KEY+");
  TRY(auto parts, parse_key_text(text.substr(kPrivate.size())));
  SigningKey key{std::move(parts.name), parts.material};
  if (hex(key.verifier().id()) != parts.id_hex)
    return fail(Code::invalid, "the signing key's hash does not fit its key");
  return key;
}

std::string sign_note(const Checkpoint& checkpoint, const SigningKey& key) {
  std::string note = body(checkpoint);
  const auto signature = Ed25519::sign(key.seed, note);
  const auto id = key.verifier().id();
  std::string bytes(view(id));
  bytes += view(signature);
  note += "\n";
  note += kDash;
  note += key.name + " " + base64(bytes) + "\n";
  return note;
}

Result<Checkpoint> open_note(std::string_view note, const VerifierKey& key) {
  const auto split = note.rfind("\n\n");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\n'; };
  if (note.size() > kMaxNote || split == note.npos || split + 2 == note.size() || note.back() != '\n' ||
      std::ranges::any_of(note, control) || !text::is_utf8(note))
    return fail(Code::invalid,
                "is not a signed note: text, an empty line, signature lines (C2SP signed-note)");
  const auto text = note.substr(0, split + 1);
  TRY(auto checkpoint, parse_body(text));
  bool signed_by_key = false;
  for (const auto line : text::split(note.substr(split + 2, note.size() - split - 3), '\n')) {
    const auto found = check_signature(line, text, key);
    if (found == Signature::malformed)
      return fail(Code::invalid, "a signature line of the note is malformed");
    if (found == Signature::bad)
      return fail(Code::denied, "the signature of " + key.name + " does not fit the text");
    signed_by_key |= found == Signature::good;
  }
  if (!signed_by_key)
    return fail(Code::denied, "it bears no signature of the key " + key.name + "+" + hex(key.id()));
  return checkpoint;
}

}  // namespace ostiary::ledger
