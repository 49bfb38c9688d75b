#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "net/loop.h"
#include "net/task.h"

namespace ostiary::net {

// What another thread owes to a coroutine of a loop. Whoever comes late finds nobody waiting.
template <class T>
struct Owed {
  std::optional<T> value;
  Waiter* waiter = nullptr;
};

// A function that hands a value to the coroutine that waits for `owed`: from any thread, once.
template <class T>
std::function<void(T)> payer(Loop& loop, std::shared_ptr<Owed<T>> owed) {
  return [owed, remote = loop.remote()](T value) {
    remote->post([owed, value = std::move(value)]() mutable {
      owed->value = std::move(value);
      if (owed->waiter) owed->waiter->fire(Wake::ready);
    });
  };
}

// Waits for it. Nothing: the peer of `watch` (may be null) left, or the loop stops. `rests`: see
// Waiter::resting().
template <class T>
Task<std::optional<T>> wait_for(Loop& loop, std::shared_ptr<Owed<T>> owed, Watch* watch, bool rests) {
  if (!owed->value) {
    Waiter wait(loop);
    owed->waiter = &wait;
    if (rests) wait.resting();
    if (watch) wait.gone(watch);
    const Wake why = co_await wait;
    owed->waiter = nullptr;
    if (why != Wake::ready) co_return std::nullopt;
  }
  co_return std::move(owed->value);
}

}  // namespace ostiary::net
