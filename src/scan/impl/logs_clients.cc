#include "scan/impl/logs_clients.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string.h>

namespace ostiary::scan {

namespace {

constexpr unsigned kBits = 14;
constexpr std::size_t kRegisters = std::size_t{1} << kBits;
constexpr unsigned kRanks = 64 - kBits;

// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", algorithm 6.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1, z = x, before = -1;
  while (z != before) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1, z = 1 - x, before = -1;
  while (z != before) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

}  // namespace

bool ClientCount::insert(std::uint64_t hash) {
  const auto mask = slots_.size() - 1;
  for (auto at = hash & mask;; at = (at + 1) & mask) {
    if (slots_[at] == hash) return false;
    if (slots_[at] != 0) continue;
    slots_[at] = hash;
    return true;
  }
}

void ClientCount::sketch(std::uint64_t hash) {
  const auto rest = hash << kBits;
  const auto rank = std::min<unsigned>(static_cast<unsigned>(std::countl_zero(rest)), kRanks) + 1;
  auto& place = registers_[hash >> (64 - kBits)];
  place = std::max(place, static_cast<std::uint8_t>(rank));
}

void ClientCount::add(std::uint64_t hash) {
  if (hash == 0) hash = 1;
  if (!exact()) return sketch(hash);
  if (slots_.empty()) slots_.assign(16, 0);
  if (!insert(hash)) return;
  ++held_;
  if (held_ > kExact) {
    registers_.assign(kRegisters, 0);
    for (const auto held : slots_)
      if (held != 0) sketch(held);
    wipe();
    return;
  }
  if (held_ * 4 <= slots_.size() * 3) return;
  std::vector<std::uint64_t> before(slots_.size() * 2, 0);
  before.swap(slots_);
  for (const auto held : before)
    if (held != 0) insert(held);
  ::explicit_bzero(before.data(), before.size() * sizeof before[0]);
}

void ClientCount::wipe() {
  if (!slots_.empty()) ::explicit_bzero(slots_.data(), slots_.size() * sizeof slots_[0]);
  std::vector<std::uint64_t>().swap(slots_);
  held_ = 0;
}

void ClientCount::merge(const ClientCount& other) {
  for (const auto hash : other.slots_)
    if (hash != 0) add(hash);
  if (other.exact()) return;
  if (exact()) {
    registers_.assign(kRegisters, 0);
    for (const auto held : slots_)
      if (held != 0) sketch(held);
    wipe();
  }
  for (std::size_t i = 0; i < kRegisters; ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
}

double ClientCount::estimate() const {
  std::array<std::uint64_t, kRanks + 2> of_rank{};
  for (const auto rank : registers_) ++of_rank[rank];
  const auto m = static_cast<double>(kRegisters);
  double z = m * tau(1 - static_cast<double>(of_rank[kRanks + 1]) / m);
  for (unsigned k = kRanks; k >= 1; --k) z = 0.5 * (z + static_cast<double>(of_rank[k]));
  z += m * sigma(static_cast<double>(of_rank[0]) / m);
  return m * m / (2 * std::log(2.0)) / z;
}

std::uint64_t ClientCount::count() const {
  if (exact()) return held_;
  const double about = estimate();
  const double step = std::pow(10, std::max(0.0, std::floor(std::log10(about)) - 1));
  return static_cast<std::uint64_t>(std::llround(about / step) * std::llround(step));
}

}  // namespace ostiary::scan
