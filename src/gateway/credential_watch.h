#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "gateway/published.h"
#include "gateway/setup.h"

namespace ostiary::gateway {

// Looks once a second, on a thread of its own, whether a file that holds a credential of a service in force
// changed, and has it read again: loops never wait for a disk.
class CredentialWatch {
 public:
  explicit CredentialWatch(const Published<Setup>& setup);  // which outlives it
  ~CredentialWatch();
  CredentialWatch(const CredentialWatch&) = delete;
  CredentialWatch& operator=(const CredentialWatch&) = delete;

 private:
  void run();
  const Published<Setup>& setup_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace ostiary::gateway
