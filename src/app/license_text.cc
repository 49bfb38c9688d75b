// Which licence of the catalogue a whole text is.

#include <algorithm>
#include <string>

#include "app/impl/license_found.h"
#include "base/hash.h"
#include "base/text.h"
#include "license/conflicts.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kMostText = 256U << 10;
constexpr std::size_t kMostBegins = 12;
constexpr std::string_view kTag = "SPDX-License-Identifier:";

// As the digests of the catalogue are made: ASCII words in small letters with one blank between.
std::string digest_of(std::string_view text) {
  std::string words;
  bool inside = false;
  for (const unsigned char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter && !inside && !words.empty()) words += ' ';
    if (letter) words += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    inside = letter;
  }
  return hex(sha256(words));
}

std::string by_digest(std::string_view text, const catalog::Licenses& known) {
  const auto digest = digest_of(text);
  const auto at = std::ranges::find(known.all(), digest, &catalog::License::digest);
  return at == known.all().end() ? std::string() : at->license;
}

std::string tagged(std::string_view text) {
  const auto at = text.find(kTag);
  if (at == std::string_view::npos) return {};
  const auto behind = text.substr(at + kTag.size(), 200);
  return std::string(text::trim(behind.substr(0, behind.find('\n'))));
}

}  // namespace

std::string license_of_text(std::string_view text, const catalog::Licenses& known) {
  if (text.size() > kMostText) return {};
  // Titles and lines of copyright stand before the text proper.
  auto rest = text;
  for (std::size_t i = 0; i < kMostBegins && !text::trim(rest).empty(); ++i) {
    if (auto found = by_digest(rest, known); !found.empty()) return found;
    while (rest.starts_with('\n')) rest.remove_prefix(1);
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return tagged(text);
}

}  // namespace ostiary::app
