#include "scan/impl/logs_tally.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string.h>

#include "scan/impl/logs_time.h"

namespace ostiary::scan {

namespace {

std::uint64_t eight_bytes(const char* p) {
  std::uint64_t value;
  std::memcpy(&value, p, sizeof value);
  return std::endian::native == std::endian::little ? value : std::byteswap(value);
}

// Not beyond the largest number: a log may hold any.
std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;
  void round() {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round(), round();
    v0 ^= word;
  }
};

}  // namespace

Pseudonyms::Pseudonyms() {
  random_bytes({reinterpret_cast<std::uint8_t*>(key_), sizeof key_});
}
Pseudonyms::Pseudonyms(const Key256& key) {
  std::memcpy(key_, key.data(), sizeof key_);
}
Pseudonyms::~Pseudonyms() {
  ::explicit_bzero(key_, sizeof key_);
}

std::uint64_t Pseudonyms::of(std::string_view client) const {
  SipState state{0x736f6d6570736575 ^ key_[0], 0x646f72616e646f6d ^ key_[1], 0x6c7967656e657261 ^ key_[0],
                 0x7465646279746573 ^ key_[1]};
  std::size_t at = 0;
  for (; at + 8 <= client.size(); at += 8) state.take(eight_bytes(client.data() + at));
  auto last = static_cast<std::uint64_t>(client.size()) << 56;
  for (std::size_t i = 0; at + i < client.size(); ++i)
    last |= static_cast<std::uint64_t>(static_cast<unsigned char>(client[at + i])) << (8 * i);
  state.take(last);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

Tally::Tally(const HostIndex& hosts, const Pseudonyms& pseudonyms) : hosts_(hosts), pseudonyms_(pseudonyms) {
  std::map<std::tuple<LogTarget::Kind, std::string_view, std::string_view>, std::uint32_t> known;
  const auto targets = hosts.targets();
  for (std::uint32_t i = 0; i < targets.size(); ++i) {
    const auto& target = targets[i];
    const auto next = static_cast<std::uint32_t>(2 * known.size());
    const auto [at, fresh] = known.try_emplace({target.kind, target.id, target.surface}, next);
    if (fresh) target_of_.push_back(i);
    cell_of_.push_back(at->second);
  }
  cells_.resize(2 * known.size());
}

void Tally::count(Cell& cell, const LogEntry& entry, std::optional<std::int32_t> day) {
  if (entry.refused) {
    ++cell.refused;
    return;
  }
  ++cell.requests;
  if (entry.lookup) ++cell.lookups;
  if (entry.out) {
    cell.out = sum(cell.out, *entry.out);
    ++cell.out_of;
  }
  if (entry.in) {
    cell.in = sum(cell.in, *entry.in);
    ++cell.in_of;
  }
  if (day) cell.days.add(*day);
}

bool Tally::add(const LogEntry& entry, std::optional<std::int32_t> day) {
  hosts_.find(entry.to, hits_);
  if (hits_.empty()) return false;
  const auto client = entry.client.empty() ? 0 : pseudonyms_.of(entry.client);
  const auto cell_of = [&](const HostIndex::Hit& hit) { return cell_of_[hit.target] + (hit.mixed ? 1 : 0); };
  for (auto hit = hits_.begin(); hit != hits_.end(); ++hit) {
    // One request, though "api.example.com" and "*.api.example.com" both stand in the catalogue.
    if (std::any_of(hits_.begin(), hit, [&](const auto& before) { return cell_of(before) == cell_of(*hit); }))
      continue;
    auto& cell = cells_[cell_of(*hit)];
    count(cell, entry, day);
    if (entry.refused) continue;
    ++cell.hosts[hit->target];
    if (!entry.client.empty()) cell.clients.add(client);
  }
  if (!entry.refused) ++matched_;
  return true;
}

void Tally::merge(const Tally& other) {
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    auto& to = cells_[i];
    const auto& from = other.cells_[i];
    to.requests += from.requests;
    to.lookups += from.lookups;
    to.refused += from.refused;
    to.out = sum(to.out, from.out);
    to.out_of += from.out_of;
    to.in = sum(to.in, from.in);
    to.in_of += from.in_of;
    to.days.merge(from.days);
    to.clients.merge(from.clients);
    for (const auto& [target, count] : from.hosts) to.hosts[target] += count;
  }
  matched_ += other.matched_;
}

LogRow Tally::row_of(std::size_t at) const {
  const auto& cell = cells_[at];
  const auto& target = hosts_.targets()[target_of_[at / 2]];
  LogRow row;
  row.kind = target.kind;
  row.id = target.id;
  row.name = target.name;
  row.maker = target.maker;
  row.surface = target.surface;
  row.mixed = at % 2 == 1;
  row.requests = cell.requests;
  row.lookups = cell.lookups;
  row.refused = cell.refused;
  row.clients = {cell.clients.count(), cell.clients.exact()};
  if (cell.out_of > 0) row.bytes_out = cell.out;
  if (cell.in_of > 0) row.bytes_in = cell.in;
  row.bytes_out_of = cell.out_of;
  row.bytes_in_of = cell.in_of;
  if (cell.days.any()) {
    row.first = log_day(cell.days.first);
    row.last = log_day(cell.days.last);
  }
  std::map<std::string, std::uint64_t> hosts;
  for (const auto& [number, count] : cell.hosts) hosts[hosts_.targets()[number].host] += count;
  row.hosts.assign(hosts.begin(), hosts.end());
  return row;
}

std::vector<LogRow> Tally::rows() const {
  std::vector<LogRow> rows;
  for (std::size_t at = 0; at < cells_.size(); ++at)
    if (cells_[at].requests + cells_[at].refused > 0) rows.push_back(row_of(at));
  const auto rank = [](const LogRow& row) { return row.mixed ? 2 : row.surface == "consumer" ? 0 : 1; };
  std::ranges::sort(rows, [&](const LogRow& a, const LogRow& b) {
    return std::tuple(rank(a), b.requests, a.kind, a.id, a.surface) <
           std::tuple(rank(b), a.requests, b.kind, b.id, b.surface);
  });
  return rows;
}

}  // namespace ostiary::scan
