#include "inspect/weigh.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "inspect/detector_set.h"

namespace ostiary::inspect {

namespace {

constexpr std::size_t kSymbols = 54;  // a-z, A-Z, a digit, anything else
constexpr std::array<std::uint8_t, kSymbols * kSymbols> kPairs = {
#include "inspect/pairs.inc"
};
constexpr double kParts = 8;  // of a bit

std::size_t symbol_of(char c) {
  if (c >= 'a' && c <= 'z') return static_cast<std::size_t>(c - 'a');
  if (c >= 'A' && c <= 'Z') return static_cast<std::size_t>(26 + c - 'A');
  return c >= '0' && c <= '9' ? 52 : 53;
}

}  // namespace

double entropy(std::string_view value) {
  if (value.empty()) return 0;
  std::array<std::uint32_t, 256> counts{};
  for (const char c : value) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  const auto size = static_cast<double>(value.size());
  for (const auto n : counts)
    if (n > 0) bits -= n / size * std::log2(n / size);
  return bits;
}

double rarity(std::string_view value) {
  if (value.size() < 2) return 0;
  std::uint64_t sum = 0;
  auto last = symbol_of(value.front());
  for (const char c : value.substr(1)) {
    const auto next = symbol_of(c);
    sum += kPairs[last * kSymbols + next];
    last = next;
  }
  return static_cast<double>(sum) / kParts / static_cast<double>(value.size() - 1);
}

// Part of what a redaction wrote, ‹class:type:n›, and nothing else: it gives nobody anything.
bool is_redaction(std::string_view value) {
  constexpr std::string_view open = "‹", close = "›";
  if (!value.starts_with(open)) return false;
  value.remove_prefix(open.size());
  const auto end = value.find(close);
  const auto inside = value.substr(0, end);
  const bool usual = std::ranges::all_of(inside, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == ':';
  });
  if (!usual || inside.size() > 128 || std::ranges::count(inside, ':') > 2) return false;
  if (end == std::string_view::npos) return true;
  value.remove_prefix(end + close.size());
  return value.empty() || is_redaction(value);
}

Weight weigh(const Detector& d, const Damping& damping, std::string_view value, std::string_view context,
             bool words) {
  if (is_redaction(value)) return {{}, Checksum::none, "redaction"};
  if (Pattern::any_matches_all(d.reject, value)) return {{}, Checksum::none, "reject"};
  if (d.members && !d.members->take(value)) return {{}, Checksum::none, "list"};
  if (d.spec.entropy > 0 && entropy(value) < d.spec.entropy) return {{}, Checksum::none, "entropy"};
  if (d.spec.rarity > 0 && rarity(value) < d.spec.rarity) return {{}, Checksum::none, "rarity"};
  Weight weight{words ? d.with_words : d.confidence, Checksum::none, {}};
  if (!weight.confidence) weight.lowered_by = "words";
  if (d.check.exists()) {
    weight.checksum = d.check.holds(value) ? Checksum::valid : Checksum::invalid;
    if (weight.checksum == Checksum::invalid && weight.confidence) {
      weight.confidence =
          d.check_failed ? std::optional(std::min(*weight.confidence, *d.check_failed)) : std::nullopt;
      weight.lowered_by = "check";
    }
  }
  if (!weight.confidence || !d.spec.damped) return weight;
  const auto verdict = damping.judge(value, context, weight.confidence == Confidence::high);
  if (verdict.effect == Damping::Effect::untouched) return weight;
  weight.lowered_by = verdict.damper;
  weight.confidence = verdict.effect == Damping::Effect::low ? std::optional(Confidence::low) : std::nullopt;
  return weight;
}

}  // namespace ostiary::inspect
