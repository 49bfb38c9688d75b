#include "gateway/permit.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "gateway/balance.h"

namespace ostiary::gateway {

namespace {
std::uint64_t seconds_until(MonoNs then, MonoNs now) {
  constexpr MonoNs kSecond = 1'000'000'000;
  return then <= now ? 1 : static_cast<std::uint64_t>((then - now + kSecond - 1) / kSecond);
}
}  // namespace

Permit Permit::ask(const Service& service, MonoNs now) {
  const auto pass = service.breaker().ask(now);
  if (pass == Breaker::Pass::no) return {};
  return {service, pass == Breaker::Pass::probe};
}

Permit& Permit::operator=(Permit&& other) noexcept {
  if (this == &other) return *this;
  settle();
  service_ = std::exchange(other.service_, nullptr);
  probe_ = std::exchange(other.probe_, false);
  answered_ = std::exchange(other.answered_, false);
  return *this;
}

void Permit::answered() {
  if (std::exchange(probe_, false)) {
    if (service_->breaker().passed(mono_now(), true)) log_closed(*service_);
    return;
  }
  answered_ = true;
}

void Permit::failed(Failure why, std::uint16_t status) {
  answered_ = false;
  const auto ms = service_->breaker().failed(mono_now(), why, status, std::exchange(probe_, false));
  if (ms > 0) log_opened(*service_, ms);
}

void Permit::settle() {
  if (!service_) return;
  if (std::exchange(answered_, false)) service_->breaker().passed(mono_now(), false);
  if (std::exchange(probe_, false)) service_->breaker().left(mono_now());
  service_ = nullptr;
}

void log_opened(const Service& service, std::uint64_t ms) {
  log::warn("service '" + service.id() + "' rests for " + text::format_duration_ms(ms) + ": " +
            service.breaker().reason());
}

void log_closed(const Service& service) {
  log::info("service '" + service.id() + "' answers again");
}

bool Unavailable::note_resting(const Service& service, std::string_view model, MonoNs now) {
  if (service.breaker().refuses(now)) {
    note_refused(service, now);
    return true;
  }
  if (!service.pressure().any()) return false;
  const MonoNs until = service.pressure().until(spread_hash(model));
  if (until <= now) return false;
  noted_.push_back({&service, seconds_until(until, now), "it asked to be left alone so long"});
  return true;
}

void Unavailable::note_refused(const Service& service, MonoNs now) {
  noted_.push_back(
      {&service, seconds_until(service.breaker().open_until(), now), service.breaker().reason()});
}

void Unavailable::note_busy(const Service& service) {
  busy_ = true;
  noted_.push_back({&service, service.admission().retry_after_s(),
                    "as many exchanges as it may have are under way, and others wait"});
}

GateError Unavailable::error() const {
  GateError error;
  error.status = 503;
  error.code = busy_ ? "service_busy" : "service_unavailable";
  error.message = "no service can take this request now:";
  std::uint64_t soonest = noted_.front().wait_s;
  for (const auto& noted : noted_) {
    soonest = std::min(soonest, noted.wait_s);
    if (&noted != &noted_.front()) error.message += ';';
    error.message +=
        " '" + noted.service->id() + "' for " + std::to_string(noted.wait_s) + " s (" + noted.why + ")";
  }
  error.retry_after = std::to_string(soonest);
  return error;
}

}  // namespace ostiary::gateway
