#include <array>
#include <bit>
#include <cstring>
#include <deque>
#include <string>

#include "base/hash.h"
#include "json/impl/walk.h"

namespace ostiary::json::impl {

namespace {

// Up to this many members each name is compared with each other one: no memory, and faster than hashing.
constexpr std::size_t kFew = 16;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// A hash keyed with the process's own randomness, so that no text can be made whose names all collide.
std::uint64_t keyed_hash(std::string_view s) {
  static const Key256 key = random_key();
  std::array<std::uint64_t, 2> seed{};
  std::memcpy(seed.data(), key.data(), sizeof seed);
  std::uint64_t h = seed[0] ^ s.size();
  std::uint64_t word = 0;
  for (; s.size() >= sizeof word; s.remove_prefix(sizeof word)) {
    std::memcpy(&word, s.data(), sizeof word);
    h = fold(h ^ word, seed[1] | 1);
  }
  word = 0;
  if (!s.empty()) std::memcpy(&word, s.data(), s.size());
  return fold(h ^ word, seed[1] | 1);
}

// Walks the members of one object with their names decoded.
class Names {
 public:
  Names(std::string_view text, const std::vector<Node>& nodes, std::uint32_t object)
      : text_(text), nodes_(nodes), next_(object + 1), end_(nodes[object].next) {}

  std::size_t count() const {
    std::size_t n = 0;
    for (std::uint32_t i = next_; i != end_; i = nodes_[i].next) ++n;
    return n;
  }
  bool done() const { return next_ == end_; }
  std::uint32_t index() const { return next_; }
  // The name at index(), which it then leaves behind; valid as long as this object.
  std::string_view take() {
    const Node& node = nodes_[next_];
    next_ = node.next;
    const auto name = text_.substr(node.key_start + 1, node.key_end - node.key_start - 2);
    return node.key_escaped ? std::string_view(decoded_.emplace_back(decode_string(name))) : name;
  }

 private:
  std::string_view text_;
  const std::vector<Node>& nodes_;
  std::uint32_t next_, end_;
  std::deque<std::string> decoded_;
};

std::optional<std::uint32_t> find_among_many(Names names) {
  const std::size_t count = names.count();
  std::vector<std::string_view> seen;
  seen.reserve(count);
  std::vector<std::uint32_t> table(std::bit_ceil(count * 2), 0);  // 1 + place in `seen`; 0: free
  while (!names.done()) {
    const std::uint32_t index = names.index();
    const auto name = names.take();
    std::size_t slot = keyed_hash(name) & (table.size() - 1);
    for (; table[slot] != 0; slot = (slot + 1) & (table.size() - 1))
      if (seen[table[slot] - 1] == name) return index;
    seen.push_back(name);
    table[slot] = static_cast<std::uint32_t>(seen.size());
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> find_duplicate(std::string_view text, const std::vector<Node>& nodes,
                                            std::uint32_t object) {
  const auto name_of = [&](const Node& node) {  // with its quotes, undecoded
    return std::string_view(text.data() + node.key_start, node.key_end - node.key_start);
  };
  std::array<std::uint32_t, kFew> seen;
  std::size_t count = 0;
  std::uint64_t kinds = 0;  // one bit for each kind of name seen; most names are the first of theirs
  const std::uint32_t end = nodes[object].next;
  for (std::uint32_t i = object + 1; i != end; i = nodes[i].next) {
    if (count == kFew || nodes[i].key_escaped) return find_among_many(Names(text, nodes, object));
    const std::string_view name = name_of(nodes[i]);
    const std::size_t kind = 11 * name.size() + 5 * static_cast<unsigned char>(name[name.size() - 2]) +
                             static_cast<unsigned char>(name[1]);
    const std::uint64_t bit = std::uint64_t{1} << (kind % 64);
    if ((kinds & bit) != 0)
      for (std::size_t k = 0; k < count; ++k)
        if (name_of(nodes[seen[k]]) == name) return i;
    kinds |= bit;
    seen[count++] = i;
  }
  return std::nullopt;
}

}  // namespace ostiary::json::impl
