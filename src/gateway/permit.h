#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "gateway/errors.h"
#include "gateway/service.h"

namespace ostiary::gateway {

// Leave to ask a service, from its breaker, and how that went. Tells the breaker and logs what changes by it.
class Permit {
 public:
  Permit() = default;
  // Holds nothing where the breaker refuses.
  static Permit ask(const Service& service, MonoNs now);
  Permit(Permit&& other) noexcept
      : service_(std::exchange(other.service_, nullptr)),
        probe_(std::exchange(other.probe_, false)),
        answered_(std::exchange(other.answered_, false)) {}
  Permit& operator=(Permit&& other) noexcept;
  ~Permit() { settle(); }
  explicit operator bool() const { return service_ != nullptr; }

  // The service began an answer that speaks for it. Whether it stays so is seen when the permit goes; who
  // only looked whether the service is back has seen enough.
  void answered();
  void failed(Failure why, std::uint16_t status = 0);

 private:
  Permit(const Service& service, bool probe) : service_(&service), probe_(probe) {}
  void settle();
  const Service* service_ = nullptr;
  bool probe_ = false;
  bool answered_ = false;
};

// A line in the log about a breaker that opened, or closed.
void log_opened(const Service& service, std::uint64_t ms);
void log_closed(const Service& service);

// The services that an exchange could not ask, and why: what the client hears when nobody else was there
// either.
class Unavailable {
 public:
  // Whether the service rests, for this model, and notes it where it does.
  bool note_resting(const Service& service, std::string_view model, MonoNs now);
  void note_refused(const Service& service, MonoNs now);  // by its breaker
  void note_busy(const Service& service);
  bool any() const { return !noted_.empty(); }
  GateError error() const;  // 503 service_busy, or service_unavailable where all of them rest

 private:
  struct Noted {
    const Service* service;
    std::uint64_t wait_s;
    std::string why;
  };
  std::vector<Noted> noted_;
  bool busy_ = false;
};

}  // namespace ostiary::gateway
