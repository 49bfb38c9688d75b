#include "scan/prefilter.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ostiary::scan {

namespace {

bool is_key_byte(char c) {
  return is_word_byte(c) || c == '-';
}

// Whether what stands behind a key's beginning goes on as one.
bool goes_on_as_key(std::string_view bytes, std::size_t from, std::size_t size) {
  constexpr std::size_t kLeast = 20;
  const auto part = bytes.substr(from, kLeast);
  // Of so short a beginning many names begin; keys that have one hold no `_`.
  const bool strict = size <= 3;
  return part.size() == kLeast &&
         std::ranges::all_of(part, [&](char c) { return is_key_byte(c) && !(strict && c == '_'); });
}

// Whether a name is that of a key, as in mistral_api_key or cohereToken.
bool names_key(std::string_view bytes, std::size_t from, std::size_t size) {
  auto part = bytes.substr(from - size, size + 48);
  part = part.substr(0, part.find('\n'));
  const auto small = text::lower(part);
  return small.contains("key") || small.contains("token") || small.contains("secret");
}

// Whether somebody imports, installs, links or quotes what stands there.
bool is_imported(std::string_view bytes, std::size_t start) {
  constexpr std::size_t kBefore = 512, kBehind = 64;
  const auto before = bytes.substr(start - std::min(start, kBefore), std::min(start, kBefore));
  for (const std::string_view mark : {"\"", "'", "`", "<", "use ", "using "})
    if (before.ends_with(mark)) return true;
  const auto around = bytes.substr(start - before.size(), before.size() + kBehind);
  constexpr auto kSays = std::to_array<std::string_view>(
      {"import", "install", "#include", "link_libraries", "find_package", "python"});
  return std::ranges::any_of(kSays, [&](std::string_view says) { return around.contains(says); });
}

std::vector<WordFinder::Text> wanted(const std::map<std::string, Way>& texts) {
  std::vector<WordFinder::Text> out;
  for (const auto& [text, way] : texts)
    out.push_back({.text = text,
                   .open_front = way.open_front,
                   .in_long_words = way.has(Where::in_long_key),
                   .open_back = way.open_back});
  return out;
}

}  // namespace

Prefilter::Prefilter(const std::map<std::string, Way>& texts) : finder_(wanted(texts)) {
  for (const auto& [text, way] : texts) {
    texts_.push_back({text, way});
    auto& last = texts_.back().way;
    last.open_front |= !is_word_byte(text.front());
    last.open_back |= !is_word_byte(text.back());
  }
}

const Prefilter& Prefilter::of_catalogue() {
  static const Prefilter all(texts_of_catalogue());
  return all;
}

bool Prefilter::counts(std::string_view bytes, const Known& known, std::size_t start) const {
  const auto& [text, way] = known;
  const auto end = start + text.size();
  const auto stands = bytes.substr(start, text.size());
  if (way.any_case ? !text::iequals(stands, text) : stands != text) return false;
  if (!way.open_front && start > 0 && is_word_byte(bytes[start - 1])) return false;
  if (!way.open_back && end < bytes.size() && is_word_byte(bytes[end])) return false;
  return way.has(Where::anywhere) || (way.has(Where::in_head) && start < kHeadOfAuthors) ||
         (way.has(Where::before_key) && goes_on_as_key(bytes, end, text.size())) ||
         (way.has(Where::in_long_key) && goes_on_as_key(bytes, end, text.size())) ||
         (way.has(Where::in_key_name) && names_key(bytes, end, text.size())) ||
         (way.has(Where::in_import) && is_imported(bytes, start));
}

bool Prefilter::any(std::string_view bytes) const {
  return finder_.find(
      bytes, [&](std::uint32_t number, std::size_t start) { return counts(bytes, texts_[number], start); });
}

}  // namespace ostiary::scan
