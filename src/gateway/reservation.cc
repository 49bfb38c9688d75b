#include "gateway/reservation.h"

namespace ostiary::gateway {

std::optional<LimitReached> Reservation::reserve(Account& key, Account& team, const Amount& amount) {
  const auto now = mono_now();
  if (held()) {
    for (auto& held : held_) {
      if (auto none = held.account->reserve_again(held.amount, amount, now))
        return LimitReached{held.account, *none};
      held.amount = amount;
    }
    return std::nullopt;
  }
  if (auto none = key.reserve(amount, now)) return LimitReached{&key, *none};
  if (auto none = team.reserve(amount, now)) {
    key.cancel(amount, now);
    return LimitReached{&team, *none};
  }
  held_ = {Held{&key, amount}, Held{&team, amount}};
  return std::nullopt;
}

void Reservation::settle(const Amount& used) {
  if (!held()) return;
  const auto now = mono_now();
  for (auto& held : held_) {
    held.account->settle(held.amount, used, now);
    held.account = nullptr;
  }
}

}  // namespace ostiary::gateway
