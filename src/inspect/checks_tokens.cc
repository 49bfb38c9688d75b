#include <algorithm>

#include "base/digits.h"
#include "inspect/impl/check_kinds.h"
#include "json/document.h"

namespace ostiary::inspect {

namespace {

bool is_base62(char c) {
  return is_decimal(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

// Whether the last six characters are the CRC-32 of `covered` in base 62, padded with zeros.
bool ends_with_crc(std::string_view token, std::string_view covered) {
  const auto sum = crc32(covered);
  const std::array<std::uint8_t, 4> bytes = {
      static_cast<std::uint8_t>(sum >> 24), static_cast<std::uint8_t>(sum >> 16),
      static_cast<std::uint8_t>(sum >> 8), static_cast<std::uint8_t>(sum)};
  return token.substr(token.size() - 6) == base62(bytes, 6);
}

// GitHub, Behind GitHub's new authentication token formats (5 April 2021); npm, npm has a new access token
// format (23 September 2021): a prefix and _, 30 characters, the CRC-32 of these. Of github_pat_ no checksum
// is published.
bool github_holds(std::string_view value) {
  const auto body = value.substr(std::min(value.rfind('_') + 1, value.size()));
  if (body.size() != 36 || !std::ranges::all_of(body, is_base62)) return false;
  return ends_with_crc(body, body.substr(0, 30));
}

// store/keys.cc: the CRC-32 covers the prefix too.
bool ostiary_holds(std::string_view value) {
  if (!value.starts_with("ost_") || value.size() < 30 || value.size() > 128) return false;
  return ends_with_crc(value, value.substr(0, value.size() - 6));
}

// The last eight characters are the CRC-32 (ISO-HDLC) of all before them, in hex of any case.
bool crc32_hex_holds(std::string_view value) {
  if (value.size() <= 8) return false;
  const auto sum = unhex(value.substr(value.size() - 8));
  if (!sum) return false;
  std::uint32_t stated = 0;
  for (const char c : *sum) stated = stated << 8 | static_cast<unsigned char>(c);
  return stated == crc32(value.substr(0, value.size() - 8));
}

bool is_object_with(std::string_view base64, std::string_view member) {
  const auto text = decode_any_base64(base64);
  if (!text) return false;
  const auto document = json::Document::parse(*text, {.max_depth = 32, .max_values = 10'000});
  if (!document || !document->root().is_object()) return false;
  return member.empty() || document->root()[member].is_string();
}

// RFC 7519: a JWS of three parts (RFC 7515, 7.1), whose payload is an object of claims, or a JWE of five (RFC
// 7516, 7.1).
bool jwt_holds(std::string_view value) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; parts.size() <= 5; ++at) {
    const auto dot = std::min(value.find('.', at), value.size());
    parts.push_back(value.substr(at, dot - at));
    at = dot;
    if (at == value.size()) break;
  }
  if (parts.size() != 3 && parts.size() != 5) return false;
  if (!is_object_with(parts[0], "alg")) return false;
  if (parts.size() == 3) return is_object_with(parts[1], {}) && decode_any_base64(parts[2]).has_value();
  return is_object_with(parts[0], "enc") && std::ranges::all_of(parts, [](std::string_view part) {
           return decode_any_base64(part).has_value();
         });
}

// The value, or what of it stands behind a prefix that ends in _ or a point, decodes to a JSON object (RFC
// 8259).
bool base64_json_holds(std::string_view value) {
  if (is_object_with(value, {})) return true;
  const auto begin = value.find("eyJ");
  return begin != std::string_view::npos && begin > 0 && is_object_with(value.substr(begin), {});
}

// RFC 9562: the form, with a variant and a version that are known.
bool uuid_holds(std::string_view value) {
  if (value.size() != 36) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = value[i];
    const bool hex = is_decimal(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return value[14] >= '1' && value[14] <= '8' &&
         std::string_view("89abAB").find(value[19]) != std::string_view::npos;
}

// What stands between the lines that say BEGIN and END, or all where there are none.
struct Pem {
  std::string_view label, body;
  bool ended = false;
};

Pem pem_of(std::string_view value) {
  constexpr std::string_view kBegin = "-----BEGIN ", kDashes = "-----";
  Pem pem{{}, value, false};
  if (const auto begin = value.find(kBegin); begin != std::string_view::npos) {
    const auto rest = value.substr(begin + kBegin.size());
    const auto end = rest.find(kDashes);
    if (end == std::string_view::npos) return {};
    pem.label = rest.substr(0, end);
    pem.body = rest.substr(end + kDashes.size());
  }
  if (const auto end = pem.body.find(kDashes); end != std::string_view::npos) {
    pem.body = pem.body.substr(0, end);
    pem.ended = true;
  }
  return pem;
}

// Takes off a line end, written as one or as \n or \\n, with the quotes, commas and blanks of source around
// it.
bool skip_break(std::string_view& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '\\') {
      while (at < text.size() && text[at] == '\\') ++at;
      if (at < text.size() && std::string_view("nrt\r\n").find(text[at]) != std::string_view::npos) ++at;
    } else if (std::string_view(" \t\r\n\"',").find(c) != std::string_view::npos) {
      ++at;
    } else {
      break;
    }
  }
  text.remove_prefix(at);
  return at > 0;
}

// Headers such as "Proc-Type: 4,ENCRYPTED" (RFC 1421) or "Version: …" (RFC 9580), each up to the end of its
// line.
bool skip_headers(std::string_view& text) {
  bool any = false;
  for (;;) {
    skip_break(text);
    std::size_t name = 0;
    while (name < text.size() && (is_base62(text[name]) || text[name] == '-')) ++name;
    if (name == 0 || !text.substr(name).starts_with(": ")) return any;
    const auto end = std::min(text.find_first_of("\r\n\\", name), text.size());
    text.remove_prefix(end);
    any = true;
  }
}

std::optional<std::string> decode_body(std::string_view text, bool whole) {
  std::string characters;
  while (!text.empty()) {
    if (skip_break(text)) continue;
    if (text[0] == '=' && text.size() >= 5 && characters.size() % 4 == 0 && base64_value(text[1]) != kNoDigit)
      break;  // the CRC-24 of OpenPGP's armour
    characters += text[0];
    text.remove_prefix(1);
  }
  if (!whole && characters.size() % 4 == 1) characters.pop_back();
  return decode_any_base64(characters);
}

// ITU-T X.690: a SEQUENCE whose length is that of the rest, or more where the end is missing.
bool is_sequence(std::string_view bytes, bool whole) {
  const auto at = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  if (bytes.size() < 16 || at(0) != 0x30) return false;
  std::size_t length = at(1), head = 2;
  if (length > 0x80) {
    const auto count = length & 0x7f;
    if (count > 3) return false;
    length = 0;
    for (; head < 2 + count; ++head) length = length << 8 | at(head);
  } else if (length == 0x80) {
    return false;
  }
  return whole ? head + length == bytes.size() : head + length >= bytes.size();
}

// RFC 7468 (DER), OpenSSH PROTOCOL.key, RFC 1421 (encrypted: only the length of its blocks can be seen), RFC
// 9580 (OpenPGP: a packet of a secret key).
bool pem_holds(std::string_view value) {
  constexpr std::string_view kOpenSsh("openssh-key-v1\0", 15);
  auto pem = pem_of(value);
  const bool headers = skip_headers(pem.body);
  const bool encrypted = headers && value.find("ENCRYPTED") != std::string_view::npos;
  const auto bytes = decode_body(pem.body, pem.ended);
  if (!bytes || bytes->size() < 16) return false;
  if (pem.label.find("PGP") != std::string_view::npos) {
    const auto tag = static_cast<unsigned char>((*bytes)[0]);
    return (tag & 0xfc) == 0x94 || tag == 0xc5;
  }
  if (bytes->starts_with(kOpenSsh)) return true;
  if (encrypted) return !pem.ended || bytes->size() % 8 == 0;
  return is_sequence(*bytes, pem.ended || pem.label.empty());
}

constexpr CheckKind kKinds[] = {{"github-crc32", plain<github_holds>},
                                {"npm-crc32", plain<github_holds>},
                                {"ostiary-key", plain<ostiary_holds>},
                                {"crc32-hex", plain<crc32_hex_holds>},
                                {"jwt", plain<jwt_holds>},
                                {"pem", plain<pem_holds>},
                                {"base64-json", plain<base64_json_holds>},
                                {"uuid", plain<uuid_holds>}};

}  // namespace

std::optional<std::string> decode_any_base64(std::string_view text) {
  auto end = text.size();
  while (end > 0 && text.size() - end < 2 && text[end - 1] == '=') --end;
  if (end < text.size() && text.size() % 4 != 0) return std::nullopt;
  if (end % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(end / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text.substr(0, end)) {
    const auto v = base64_value(c);
    if (v == kNoDigit) return std::nullopt;
    bits = (bits << 6 | v) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count);
  }
  return out;
}

std::span<const CheckKind> token_checks() {
  return kKinds;
}

}  // namespace ostiary::inspect
