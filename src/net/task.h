#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "net/frame.h"

namespace ostiary::net {

template <class T>
class Task;

namespace impl {
struct PromiseBase {
  static void* operator new(std::size_t bytes) { return take_frame(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { give_frame(block, bytes); }
  std::coroutine_handle<> continuation = std::noop_coroutine();
  std::suspend_always initial_suspend() noexcept { return {}; }
  struct Final {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
      return self.promise().continuation;
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }
  // No exception crosses a suspension: what third-party code throws is caught at the module's edge.
  void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() {}
};
}  // namespace impl

// A lazy coroutine: it starts when awaited, runs on the awaiting thread and resumes its awaiter when done.
// Owned by who holds it; awaited once.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = impl::Promise<T>;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    handle_.promise().continuation = awaiter;
    return handle_;
  }
  T await_resume() {
    // The task has ended, and it cannot end without a value.
    if constexpr (!std::is_void_v<T>)
      return std::move(*handle_.promise().value);  // NOLINT(bugprone-unchecked-optional-access)
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace impl {
template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

// Runs a task to its end with nobody waiting; frees itself.
struct Detached {
  struct promise_type {
    static void* operator new(std::size_t bytes) { return take_frame(bytes); }
    static void operator delete(void* block, std::size_t bytes) noexcept { give_frame(block, bytes); }
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};
}  // namespace impl

// Starts `task` now, on this thread. It must end by itself.
inline impl::Detached spawn(Task<void> task) {
  co_await std::move(task);
}

}  // namespace ostiary::net
