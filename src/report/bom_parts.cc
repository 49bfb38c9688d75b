#include "report/impl/bom_parts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>

#include "base/ascii.h"
#include "base/hash.h"
#include "base/text.h"
#include "report/impl/written.h"

namespace ostiary::report {

namespace {

using text::is_hex;

std::size_t digits_of(BomHashKind kind) {
  switch (kind) {
    case BomHashKind::md5:
      return 32;
    case BomHashKind::sha1:
      return 40;
    case BomHashKind::sha256:
    case BomHashKind::sha3_256:
    case BomHashKind::blake3:
      return 64;
    case BomHashKind::sha384:
      return 96;
    case BomHashKind::sha512:
    case BomHashKind::sha3_512:
      return 128;
  }
  return 0;
}

}  // namespace

Id id_of_content(std::string_view content) {
  const auto digest = sha256(content);
  Id id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0fU) | 0x80U);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3fU) | 0x80U);
  return id;
}

std::string as_utf8(std::string_view text) {
  if (text::is_utf8(text)) return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text, at);
    length == 0 ? out += "\xEF\xBF\xBD" : out += text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

PlacedBom::PlacedBom(const Bom& bom) {
  std::vector<Placed> rest;
  rest.reserve(bom.components.size());
  for (const auto& one : bom.components) rest.push_back({&one, as_utf8(one.ref)});
  std::ranges::sort(rest, {}, [](const Placed& one) { return std::tie(one.ref, one.component); });
  all_.reserve(rest.size() + 1);
  all_.push_back({&bom.subject, as_utf8(bom.subject.ref)});
  all_.insert(all_.end(), rest.begin(), rest.end());
  // The refs that links name; of several components with one, the first has it.
  std::map<std::string, std::size_t, std::less<>> index;
  std::set<std::string, std::less<>> taken;
  for (const auto& one : all_) taken.insert(one.ref);
  std::map<std::string, std::uint64_t, std::less<>> count;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (!all_[i].ref.empty() && index.emplace(all_[i].ref, i).second) continue;
    const auto base = all_[i].ref.empty() ? std::string(i == 0 ? "subject" : "component") : all_[i].ref;
    auto& number = count[base];
    std::string fresh;
    do fresh = number++ == 0 && all_[i].ref.empty() ? base : fmt::format("{}#{}", base, number);
    while (!taken.insert(fresh).second);
    all_[i].ref = std::move(fresh);
  }
  for (const auto& link : bom.dependencies) {
    const auto from = index.find(as_utf8(link.from)), to = index.find(as_utf8(link.to));
    if (from != index.end() && to != index.end() && from != to)
      links_.push_back({from->second, to->second, link.kind});
  }
  std::ranges::sort(links_);
  links_.erase(std::ranges::unique(links_).begin(), links_.end());
}

std::vector<PlacedBom::Link> PlacedBom::links_from(std::size_t index) const {
  const auto range = std::ranges::equal_range(links_, index, {}, &Link::from);
  return {range.begin(), range.end()};
}

std::optional<std::string> hash_value(const BomHash& hash) {
  if (hash.value.size() != digits_of(hash.kind) || !std::ranges::all_of(hash.value, is_hex))
    return std::nullopt;
  return text::lower(hash.value);
}

std::string_view name_of(Known known) {
  return known == Known::yes ? "yes" : known == Known::no ? "no" : "unknown";
}

std::string_view name_of(BomLink kind) {
  switch (kind) {
    case BomLink::uses:
      return "uses";
    case BomLink::depends_on:
      return "depends-on";
    case BomLink::contains:
      return "contains";
    case BomLink::trained_on:
      return "trained-on";
    case BomLink::tested_on:
      return "tested-on";
    case BomLink::derived_from:
      return "derived-from";
  }
  return "";
}

std::string_view cyclonedx_name(BomHashKind kind) {
  static constexpr std::array<std::string_view, 8> kNames{"MD5",     "SHA-1",    "SHA-256",  "SHA-384",
                                                          "SHA-512", "SHA3-256", "SHA3-512", "BLAKE3"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string_view spdx_name(BomHashKind kind) {
  static constexpr std::array<std::string_view, 8> kNames{"md5",    "sha1",     "sha256",   "sha384",
                                                          "sha512", "sha3_256", "sha3_512", "blake3"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::optional<std::string> decimal(const std::optional<double>& number) {
  constexpr double most = 1e18;
  if (!number || !std::isfinite(*number) || *number < 0 || *number > most) return std::nullopt;
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(*number),
                                 std::chars_format::fixed);
  return std::string(buffer.data(), end.ptr);
}

}  // namespace ostiary::report
