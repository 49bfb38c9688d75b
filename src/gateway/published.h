#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace ostiary::gateway {

// A value that many threads read all the time and somebody replaces now and then. Thread-safe.
template <class T>
class Published {
 public:
  void replace(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    current_ = std::move(next);
    version_.fetch_add(1, std::memory_order_release);
  }
  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_ = std::make_shared<const T>();
  std::atomic<std::uint64_t> version_{1};
};

// One thread's view of it: looking costs one atomic load, and copies of what it gives out count on their own,
// so that threads do not share a count.
template <class T>
class Reader {
 public:
  explicit Reader(const Published<T>& source) : source_(source) {}
  // Looks whether the value was replaced, and takes the new one. True when it was.
  bool refresh() {
    const auto version = source_.version();
    if (version == version_) return false;
    version_ = version;
    auto own = std::make_shared<std::shared_ptr<const T>>(source_.get());
    const T* value = own->get();
    value_ = std::shared_ptr<const T>(std::move(own), value);
    return true;
  }
  const std::shared_ptr<const T>& value() const { return value_; }

 private:
  const Published<T>& source_;
  std::shared_ptr<const T> value_;
  std::uint64_t version_ = 0;
};

}  // namespace ostiary::gateway
