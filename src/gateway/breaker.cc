#include "gateway/breaker.h"

#include <algorithm>
#include <ctime>

#include "base/text.h"

namespace ostiary::gateway {

namespace {

constexpr MonoNs kMs = 1'000'000;
constexpr std::uint32_t kFewest = 20;     // answers within the window, before a rate says anything
constexpr std::uint32_t kSickChecks = 2;  // health checks in a row

// A part of the window in one word: which part of time it counts (24 bits), answers (20), bad ones (20).
struct Part {
  std::uint64_t epoch = 0, all = 0, bad = 0;
  static constexpr std::uint64_t kMost = (1u << 20) - 1, kEpochs = (1u << 24) - 1;
  static Part unpack(std::uint64_t word) { return {word >> 40, (word >> 20) & kMost, word & kMost}; }
  std::uint64_t pack() const { return epoch << 40 | all << 20 | bad; }
};

std::uint64_t pack_cause(Failure why, std::uint16_t status, std::uint32_t in_a_row) {
  return static_cast<std::uint64_t>(in_a_row) << 32 | static_cast<std::uint64_t>(status) << 8 |
         static_cast<std::uint64_t>(why);
}

}  // namespace

bool Breaker::refuses(MonoNs now) const {
  const auto until = until_.load(std::memory_order_acquire);
  return until == kProbing || until > now;
}

Breaker::Pass Breaker::ask(MonoNs now) {
  auto until = until_.load(std::memory_order_acquire);
  if (until == 0) return Pass::yes;
  if (until == kProbing || until > now) return Pass::no;
  return until_.compare_exchange_strong(until, kProbing) ? Pass::probe : Pass::no;
}

void Breaker::count(MonoNs now, bool bad) {
  const auto epoch = static_cast<std::uint64_t>(
      now / (static_cast<MonoNs>(settings_.window_ms) * kMs / static_cast<MonoNs>(kParts)));
  auto& word = parts_[epoch % kParts];
  auto seen = word.load(std::memory_order_relaxed);
  for (;;) {
    Part part = Part::unpack(seen);
    if (part.epoch != (epoch & Part::kEpochs)) part = {epoch & Part::kEpochs, 0, 0};
    if (part.all == Part::kMost) return;
    ++part.all;
    part.bad += bad ? 1 : 0;
    if (word.compare_exchange_weak(seen, part.pack(), std::memory_order_relaxed)) return;
  }
}

bool Breaker::too_many(MonoNs now) const {
  const auto epoch = static_cast<std::uint64_t>(
      now / (static_cast<MonoNs>(settings_.window_ms) * kMs / static_cast<MonoNs>(kParts)));
  std::uint64_t all = 0, bad = 0;
  for (const auto& word : parts_) {
    const Part part = Part::unpack(word.load(std::memory_order_relaxed));
    if (((epoch - part.epoch) & Part::kEpochs) >= kParts) continue;
    all += part.all;
    bad += part.bad;
  }
  return settings_.rate > 0 && all >= kFewest && bad * 100 >= settings_.rate * all;
}

void Breaker::close() {
  in_a_row_.store(0);
  sick_.store(0);
  openings_.store(0);
  for (auto& part : parts_) part.store(0);
  until_.store(0, std::memory_order_release);
}

// Each opening without a closing in between lasts twice as long as the one before.
bool Breaker::open_from(MonoNs expected, MonoNs now, Failure why, std::uint16_t status, std::uint64_t& ms) {
  const auto doublings = std::min(openings_.load(), 16u);
  const auto lasts =
      std::min(settings_.open_ms << doublings, std::max(settings_.most_open_ms, settings_.open_ms));
  if (!until_.compare_exchange_strong(expected, now + static_cast<MonoNs>(lasts) * kMs)) return false;
  openings_.fetch_add(1);
  cause_.store(pack_cause(why, status, why == Failure::unhealthy ? sick_.load() : in_a_row_.load()));
  ms = lasts;
  return true;
}

bool Breaker::passed(MonoNs now, bool probe) {
  if (probe) {
    close();
    return true;
  }
  if (until_.load(std::memory_order_relaxed) != 0) return false;  // began before it opened
  if (in_a_row_.load(std::memory_order_relaxed) != 0) in_a_row_.store(0, std::memory_order_relaxed);
  if (settings_.rate > 0) count(now, false);
  return false;
}

std::uint64_t Breaker::failed(MonoNs now, Failure why, std::uint16_t status, bool probe) {
  std::uint64_t ms = 0;
  if (probe) {
    in_a_row_.fetch_add(1);
    open_from(kProbing, now, why, status, ms);
    return ms;
  }
  if (until_.load() != 0) return 0;
  const auto in_a_row = in_a_row_.fetch_add(1) + 1;
  count(now, true);
  if ((settings_.failures > 0 && in_a_row >= settings_.failures) || too_many(now))
    open_from(0, now, why, status, ms);
  return ms;
}

void Breaker::left(MonoNs now) {
  MonoNs probing = kProbing;
  until_.compare_exchange_strong(probing, std::max<MonoNs>(now, 1));
}

bool Breaker::healthy(MonoNs) {
  sick_.store(0);
  const auto until = until_.load();
  const auto why = static_cast<Failure>(cause_.load() & 0xff);
  if (until <= 0 || (why != Failure::unhealthy && why != Failure::unreachable)) return false;
  close();
  return true;
}

std::uint64_t Breaker::unhealthy(MonoNs now) {
  std::uint64_t ms = 0;
  const auto until = until_.load();
  if (sick_.fetch_add(1) + 1 >= kSickChecks && until != kProbing && until <= now)
    open_from(until, now, Failure::unhealthy, 0, ms);
  return until == 0 ? ms : 0;  // it only stays open
}

Breaker::State Breaker::state(MonoNs now) const {
  const auto until = until_.load(std::memory_order_acquire);
  if (until == 0) return State::closed;
  return until > now ? State::open : State::half_open;
}

MonoNs Breaker::open_until() const {
  return std::max<MonoNs>(until_.load(std::memory_order_acquire), 0);
}

std::string Breaker::reason() const {
  const auto cause = cause_.load();
  const auto in_a_row = cause >> 32;
  std::string last;
  switch (static_cast<Failure>(cause & 0xff)) {
    case Failure::none:
      return "";
    case Failure::unhealthy:
      return "it did not pass its health check";
    case Failure::unreachable:
      last = "it could not be reached";
      break;
    case Failure::timeout:
      last = "it did not answer in time";
      break;
    case Failure::broken:
      last = "its answer was cut or broken";
      break;
    case Failure::status:
      last = "it answered with status " + std::to_string((cause >> 8) & 0xffff);
      break;
  }
  if (in_a_row > 1) return std::to_string(in_a_row) + " failures in a row, the last one: " + last;
  return "too many failures, the last one: " + last;
}

MonoNs Pressure::latest() const {
  MonoNs latest = 0;
  for (const auto& slot : slots_) latest = std::max(latest, slot.load(std::memory_order_relaxed));
  return latest;
}

std::uint64_t retry_after_ms(std::string_view header, WallMs now, std::uint64_t most) {
  header = text::trim(header);
  if (header.empty()) return 0;
  if (const auto seconds = text::parse_uint(header)) return *seconds >= most / 1000 ? most : *seconds * 1000;
  std::tm at{};
  const std::string date(header);
  const char* end = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &at);
  if (!end || *end) return 0;
  const WallMs then = static_cast<WallMs>(::timegm(&at)) * 1000;
  return then <= now ? 0 : std::min<std::uint64_t>(static_cast<std::uint64_t>(then - now), most);
}

}  // namespace ostiary::gateway
