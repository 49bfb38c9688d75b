#pragma once

#include <array>
#include <optional>

#include "gateway/account.h"

namespace ostiary::gateway {

// A limit that stops an exchange, and whose it is.
struct LimitReached {
  const Account* account = nullptr;
  NoRoom none;
};

// What one exchange has set aside in the accounts of its key and its team. Given back when it goes, unless it
// was settled. Belongs to one exchange.
class Reservation {
 public:
  Reservation() = default;
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() { settle({}); }

  // Sets `amount` aside; in place of what was set aside before, if anything was.
  std::optional<LimitReached> reserve(Account& key, Account& team, const Amount& amount);
  // The exchange has ended and used so much. Nothing happens where nothing is held.
  void settle(const Amount& used);
  bool held() const { return held_[0].account != nullptr; }

 private:
  struct Held {
    Account* account = nullptr;
    Amount amount;
  };
  std::array<Held, 2> held_;
};

}  // namespace ostiary::gateway
