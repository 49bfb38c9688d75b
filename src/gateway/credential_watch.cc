#include "gateway/credential_watch.h"

#include <chrono>

namespace ostiary::gateway {

CredentialWatch::CredentialWatch(const Published<Setup>& setup) : setup_(setup), thread_([this] { run(); }) {}

CredentialWatch::~CredentialWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  woken_.notify_all();
  thread_.join();
}

void CredentialWatch::run() {
  std::unique_lock lock(mutex_);
  while (!woken_.wait_for(lock, std::chrono::seconds(1), [this] { return ending_; })) {
    lock.unlock();
    const auto setup = setup_.get();
    for (const auto& service : setup->services) service->notice_change();
    lock.lock();
  }
}

}  // namespace ostiary::gateway
