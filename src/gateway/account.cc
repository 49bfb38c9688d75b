#include "gateway/account.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace ostiary::gateway {

namespace {

constexpr MonoNs kSecond = 1'000'000'000;
constexpr std::size_t kMostMonths = 24;

std::int64_t as_signed(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, kUnlimited - 1));
}

}  // namespace

void MinuteWindow::move_to(MonoNs now) {
  const auto second = now / kSecond;
  if (second <= second_) return;
  if (second - second_ >= kSlots) {
    slots_.fill(0);
    sum_ = 0;
    second_ = second;
    return;
  }
  while (second_ < second) {
    auto& oldest = slot(++second_);
    sum_ -= oldest;
    oldest = 0;
  }
}

void MinuteWindow::add(MonoNs at, std::uint64_t amount) {
  at = std::max<MonoNs>(at, 0);
  move_to(at);
  const auto second = at / kSecond;
  if (second_ - second >= kSlots) return;  // it has gone out already
  slot(second) += amount;
  sum_ += amount;
}

void MinuteWindow::take_back(MonoNs at, std::uint64_t amount) {
  const auto second = at / kSecond;
  if (second_ - second >= kSlots) return;
  const auto taken = std::min(amount, slot(second));
  slot(second) -= taken;
  sum_ -= taken;
}

std::uint64_t MinuteWindow::used(MonoNs now) {
  move_to(now);
  return sum_;
}

std::optional<MonoNs> MinuteWindow::wait(MonoNs now, std::uint64_t amount) {
  move_to(now);
  std::uint64_t out = 0;
  for (auto second = std::max<std::int64_t>(0, second_ - kSlots + 1); second <= second_; ++second) {
    out += slot(second);
    if (out >= amount) return std::max<MonoNs>(0, (second + kSlots) * kSecond - now);
  }
  return std::nullopt;
}

MonoNs MinuteWindow::empty_in(MonoNs now) {
  move_to(now);
  if (sum_ == 0) return 0;
  auto newest = second_;
  while (slot(newest) == 0) --newest;  // there is one: they sum up to more than nothing
  return std::max<MonoNs>(0, (newest + kSlots) * kSecond - now);
}

Month month_of(WallMs at) {
  using namespace std::chrono;
  const year_month_day day{floor<days>(sys_time<milliseconds>(milliseconds(at)))};
  return static_cast<int>(day.year()) * 12 + static_cast<int>(static_cast<unsigned>(day.month())) - 1;
}

std::string month_name(Month month) {
  return fmt::format("{:04}-{:02}", month / 12, month % 12 + 1);
}

WallMs month_start(Month month) {
  using namespace std::chrono;
  const sys_days day{year(month / 12) / std::chrono::month(static_cast<unsigned>(month % 12) + 1) / 1};
  return duration_cast<milliseconds>(day.time_since_epoch()).count();
}

void Account::clear_limits() {
  for (auto& limit : limits_) limit.store(kUnlimited, std::memory_order_relaxed);
}

void Account::set_limits(const LimitSet& limits) {
  bool any = false;
  for (std::size_t i = 0; i < kLimits; ++i) {
    const auto value = limits[static_cast<Limit>(i)].value_or(kUnlimited);
    limits_[i].store(value, std::memory_order_relaxed);
    any |= value != kUnlimited;
  }
  limited_.store(any, std::memory_order_relaxed);
}

Account::Spend& Account::spend(Month month) {
  for (auto& known : spend_)
    if (known.month == month) return known;
  if (spend_.size() >= kMostMonths) {  // the oldest that nothing is reserved in
    const auto old = std::ranges::min_element(
        spend_, {}, [](const Spend& s) { return std::pair(s.reserved != 0, s.month); });
    *old = {month, 0, 0};
    return *old;
  }
  return spend_.emplace_back(Spend{month, 0, 0});
}

// Whether `amount` fits beside what is counted. The caller holds the lock.
std::optional<NoRoom> Account::room(const Amount& amount, MonoNs now) {
  const auto tokens = as_signed(amount.tokens), most_tokens = limit(Limit::tokens);
  const auto used_tokens = as_signed(tokens_.used(now)), reserved_tokens = as_signed(reserved_tokens_);
  if (most_tokens != kUnlimited && tokens > most_tokens - used_tokens - reserved_tokens) {
    NoRoom none{Limit::tokens, most_tokens, used_tokens, reserved_tokens, tokens, {}, tokens > most_tokens};
    const auto over = used_tokens + reserved_tokens + tokens - most_tokens;
    if (!none.never) none.wait = tokens_.wait(now, static_cast<std::uint64_t>(over));
    return none;
  }
  const auto most_spend = limit(Limit::spend);
  const auto& month = spend(amount.month);
  if (most_spend != kUnlimited && amount.cost > most_spend - month.settled - month.reserved &&
      amount.cost > 0)
    return NoRoom{Limit::spend, most_spend, month.settled,           month.reserved,
                  amount.cost,  {},         amount.cost > most_spend};
  return std::nullopt;
}

void Account::hold(const Amount& amount, int sign) {
  reserved_tokens_ += sign > 0 ? amount.tokens : -amount.tokens;
  if (amount.cost != 0) spend(amount.month).reserved += sign * amount.cost;
}

std::optional<NoRoom> Account::reserve(const Amount& amount, MonoNs now) {
  const std::lock_guard lock(mutex_);
  const auto most_under_way = limit(Limit::concurrent), most_requests = limit(Limit::requests);
  if (under_way_ >= most_under_way)
    return NoRoom{Limit::concurrent, most_under_way, under_way_, 0, 1, {}, most_under_way == 0};
  if (const auto used = as_signed(requests_.used(now)); used >= most_requests)
    return NoRoom{Limit::requests,
                  most_requests,
                  used,
                  0,
                  1,
                  requests_.wait(now, static_cast<std::uint64_t>(used - most_requests + 1)),
                  most_requests == 0};
  if (auto none = room(amount, now)) return none;
  ++under_way_;
  requests_.add(now, 1);
  hold(amount, 1);
  return std::nullopt;
}

std::optional<NoRoom> Account::reserve_again(const Amount& held, const Amount& amount, MonoNs now) {
  const std::lock_guard lock(mutex_);
  hold(held, -1);
  auto none = room(amount, now);
  hold(none ? held : amount, 1);
  return none;
}

void Account::cancel(const Amount& held, MonoNs reserved_at) {
  const std::lock_guard lock(mutex_);
  --under_way_;
  requests_.take_back(reserved_at, 1);
  hold(held, -1);
}

void Account::settle(const Amount& held, const Amount& used, MonoNs now) {
  const std::lock_guard lock(mutex_);
  --under_way_;
  hold(held, -1);
  if (used.tokens != 0) tokens_.add(now, used.tokens);
  if (used.cost != 0) spend(used.month).settled += used.cost;
}

void Account::restore(const Amount& used, std::uint64_t requests, MonoNs at) {
  const std::lock_guard lock(mutex_);
  if (requests != 0) requests_.add(at, requests);
  if (used.tokens != 0) tokens_.add(at, used.tokens);
  if (used.cost != 0) spend(used.month).settled += used.cost;
}

Standing Account::standing(Limit which, Month month, MonoNs now) {
  const std::lock_guard lock(mutex_);
  switch (which) {
    case Limit::requests:
      return {as_signed(requests_.used(now)), 0, requests_.empty_in(now)};
    case Limit::tokens:
      return {as_signed(tokens_.used(now)), as_signed(reserved_tokens_), tokens_.empty_in(now)};
    case Limit::spend: {
      const auto& spent = spend(month);
      return {spent.settled, spent.reserved, 0};
    }
    case Limit::concurrent:
      return {under_way_, 0, 0};
    case Limit::prompt:
      break;
  }
  return {};
}

}  // namespace ostiary::gateway
