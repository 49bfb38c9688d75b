#include "license/impl/index.h"

#include <array>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <zlib.h>

namespace ostiary::license {

namespace {

constexpr std::string_view kMagic = "OSTLIC1\n";
constexpr std::size_t kSections = 7;

template <class T>
bool take(std::string_view bytes, std::span<const T>& out) {
  if (bytes.size() % sizeof(T) != 0) return false;
  out = {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  return true;
}

bool within(std::uint64_t first, std::uint64_t count, std::uint64_t size) {
  return first + count <= size;
}

}  // namespace

Result<Index> Index::load(std::string_view blob) {
  const auto damaged = [] {
    return fail(Code::corrupt, "the index of licence texts is damaged; build the program again");
  };
  if (!blob.starts_with(kMagic)) return damaged();
  if (std::bit_cast<std::uintptr_t>(blob.data()) % 8 != 0)
    return fail(Code::invalid, "the index of licence texts is not aligned");
  auto rest = blob.substr(kMagic.size());
  std::array<std::uint64_t, kSections> sizes{};
  if (rest.size() < sizeof sizes) return damaged();
  std::memcpy(sizes.data(), rest.data(), sizeof sizes);
  rest.remove_prefix(sizeof sizes);
  std::array<std::string_view, kSections> parts;
  for (std::size_t i = 0; i < kSections; ++i) {
    if (sizes[i] > rest.size()) return damaged();
    parts[i] = rest.substr(0, sizes[i]);
    rest.remove_prefix(std::min<std::uint64_t>((sizes[i] + 7) & ~std::uint64_t{7}, rest.size()));
  }
  Index out;
  if (!take(parts[0], out.entries_) || !take(parts[1], out.tokens_) || !take(parts[2], out.vocabulary_) ||
      !take(parts[3], out.table_) || !take(parts[4], out.postings_) || out.table_.empty() ||
      !std::has_single_bit(out.table_.size()))
    return damaged();
  out.strings_ = parts[5];
  out.packed_ = parts[6];
  out.mask_ = static_cast<std::uint32_t>(out.table_.size() - 1);
  for (const auto& entry : out.entries_)
    if (!within(entry.id, entry.id_size, out.strings_.size()) ||
        !within(entry.tokens, entry.token_count, out.tokens_.size()) ||
        !within(entry.packed, entry.packed_size, out.packed_.size()) || entry.kind > TextKind::fingerprint)
      return damaged();
  bool free = false;
  for (const auto& slot : out.table_) {
    free = free || slot.count == 0;
    if (!within(slot.first, slot.count, out.postings_.size())) return damaged();
  }
  if (!free) return damaged();
  for (const auto token : out.tokens_)
    if (is_word(token) && token >= out.vocabulary_.size()) return damaged();
  for (const auto& posting : out.postings_)
    if (posting.text >= out.entries_.size()) return damaged();
  return out;
}

std::optional<std::string> Index::text(const Entry& entry) const {
  if (entry.packed_size == 0) return std::nullopt;
  std::string out(entry.text_size, '\0');
  uLongf size = out.size();
  if (uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                 reinterpret_cast<const Bytef*>(packed_.data() + entry.packed), entry.packed_size) != Z_OK ||
      size != out.size())
    return std::nullopt;
  return out;
}

}  // namespace ostiary::license
