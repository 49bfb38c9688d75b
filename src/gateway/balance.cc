#include "gateway/balance.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ostiary::gateway {

namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
constexpr std::uint64_t kOdd = 0xd6e8feb86659fd93;

std::uint64_t stir(std::uint64_t h) {
  h ^= h >> 32;
  h *= kOdd;
  h ^= h >> 29;
  h *= kGolden;
  return h ^ (h >> 32);
}

// In [0, 1).
double fraction(std::uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

// Weighted rendezvous hashing: the highest of -weight / ln(u), u uniform in (0, 1), wins with a probability
// proportional to its weight, independently of who else is there.
double rendezvous_score(const Choice& choice, std::uint64_t key) {
  const double u = fraction(stir(stir(key) ^ choice.id)) + 0x1p-54;
  return -static_cast<double>(std::max(choice.weight, 1u)) / std::log(u);
}

void add_text(std::uint64_t& hash, json::Value value) {
  if (value && !value.is_null()) hash = spread_hash(value.raw(), hash);
}

// The messages up to and with the first one of the user.
bool add_beginning(std::uint64_t& hash, json::Value messages) {
  for (const json::Value message : messages) {
    if (!message.is_object()) return false;
    hash = spread_hash(message.raw(), hash);
    if (message["role"].string_or("") == "user") return true;
  }
  return false;
}

}  // namespace

void order_weighted(std::span<Choice> choices, std::uint64_t ticket) {
  // Multiples of the golden ratio fill [0, 1) more evenly than any chance does: among n consecutive ones each
  // interval gets its share up to a few.
  double at = fraction(ticket * kGolden);
  for (; choices.size() > 1; choices = choices.subspan(1)) {
    std::uint64_t total = 0;
    for (const auto& choice : choices) total += choice.weight;
    if (total == 0) return;
    const double point = at * static_cast<double>(total);
    double begin = 0;
    std::size_t chosen = 0, last_with_weight = 0;
    for (std::size_t i = 0; i < choices.size(); ++i)
      if (choices[i].weight > 0) last_with_weight = i;
    while (chosen < last_with_weight && point >= begin + choices[chosen].weight)
      begin += choices[chosen++].weight;
    at = std::clamp((point - begin) / choices[chosen].weight, 0.0,
                    1.0 - 0x1p-53);  // where within its interval
    std::rotate(choices.begin(), choices.begin() + static_cast<std::ptrdiff_t>(chosen),
                choices.begin() + static_cast<std::ptrdiff_t>(chosen) + 1);
  }
}

void order_least_outstanding(std::span<Choice> choices, std::uint64_t ticket) {
  order_weighted(choices, ticket);
  // Insertion keeps the order of equals; groups are small.
  const auto before = [](const Choice& a, const Choice& b) {
    if (a.weight == 0 || b.weight == 0) return a.weight > b.weight && b.weight == 0;
    return (a.outstanding + 1ULL) * b.weight < (b.outstanding + 1ULL) * a.weight;
  };
  for (std::size_t i = 1; i < choices.size(); ++i)
    for (std::size_t j = i; j > 0 && before(choices[j], choices[j - 1]); --j)
      std::swap(choices[j], choices[j - 1]);
}

void order_sticky(std::span<Choice> choices, std::uint64_t key) {
  std::ranges::sort(choices, [key](const Choice& a, const Choice& b) {
    if ((a.weight == 0) != (b.weight == 0)) return b.weight == 0;
    const double of_a = rendezvous_score(a, key), of_b = rendezvous_score(b, key);
    return of_a != of_b ? of_a > of_b : a.id < b.id;
  });
}

std::uint64_t spread_hash(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t h = stir(seed ^ (bytes.size() * kGolden));
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    h = (h ^ word) * kOdd;
    h ^= h >> 32;
    bytes.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
  return stir(h ^ rest);
}

std::uint64_t conversation_key(json::Value request, std::string_view subject) {
  std::uint64_t hash = spread_hash(subject, 1);
  for (const std::string_view name : {"prompt_cache_key", "conversation", "previous_response_id", "user"}) {
    const auto given = request[name];
    if (!given.is_string() && !given.is_object()) continue;
    add_text(hash, given);
    return hash | 1;
  }
  add_text(hash, request["system"]);
  add_text(hash, request["instructions"]);
  const bool begins = add_beginning(hash, request["messages"]) || add_beginning(hash, request["input"]);
  return begins ? hash | 1 : 0;
}

}  // namespace ostiary::gateway
