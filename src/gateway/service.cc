#include "gateway/service.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "gateway/balance.h"
#include "gateway/model_name.h"

namespace ostiary::gateway {

namespace {

constexpr std::string_view kModelPlace = "{model}";

}  // namespace

std::string percent_encode(std::string_view s) {
  std::string out;
  for (const char c : s) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    constexpr char digits[] = "0123456789ABCDEF";
    const auto u = static_cast<unsigned char>(c);
    out += '%';
    out += digits[u >> 4];
    out += digits[u & 15];
  }
  return out;
}

std::string percent_decode(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto byte = s[i] == '%' && i + 2 < s.size() ? unhex(s.substr(i + 1, 2)) : std::nullopt;
    out += byte ? byte->front() : s[i];
    if (byte) i += 2;
  }
  return out;
}

Result<Secret> Service::read_credential(const std::stop_token& stop) const {
  TRY(const std::string value,
      gateway::read_credential(settings_.credential, "service '" + id() + "'", kCommandLimitMs, stop));
  if (value.empty()) return Secret();
  return Secret(settings_.credential_header == "authorization" ? "Bearer " + value : value);
}

Service::Service(ServiceSettings settings)
    : settings_(std::move(settings)), breaker_(settings_.breaker), admission_(settings_.admission) {}

Service::State Service::state() const {
  const MonoNs now = mono_now();
  const auto ms = [now](MonoNs until) {
    return until <= now ? 0 : static_cast<std::uint64_t>((until - now) / 1'000'000);
  };
  State state;
  state.breaker = breaker_.state(now);
  if (state.breaker != Breaker::State::closed) state.reason = breaker_.reason();
  state.rests_ms = ms(breaker_.open_until());
  state.pressed_ms = ms(pressure_.latest());
  state.outstanding = admission_.under_way();
  state.queued = admission_.waiting();
  return state;
}

Result<std::shared_ptr<Service>> Service::create(ServiceSettings settings, const std::stop_token& stop) {
  static std::atomic<std::size_t> made{0};
  std::shared_ptr<Service> service(new Service(std::move(settings)));
  service->slot_ = made.fetch_add(1);
  service->spread_ = spread_hash(service->id());
  const auto& s = service->settings_;
  if (s.protocol == "replay") {
    TRY(service->replay_, Replay::load(s.recording, s.replay_speed));
    service->url_.host = "replay";
    service->url_.port = 80;
    service->url_.path = "/v1";
    if (s.models.empty() && s.discovered)
      for (const auto& model : service->replay_->models()) service->settings_.models.push_back({model, ""});
  } else {
    TRY(service->url_, net::parse_url(s.base_url));
  }
  if (s.credential.kind == CredentialSource::Kind::file) service->stamp_ = FileStamp::of(s.credential.value);
  TRY(Secret credential, service->read_credential(stop));
  service->credential_ = std::make_shared<const Secret>(std::move(credential));
  return service;
}

std::optional<std::string> Service::upstream_name(std::string_view model) const {
  const auto name = name_at_service(settings_, model);
  return name ? std::optional<std::string>(*name) : std::nullopt;
}

bool Service::offers(std::string_view endpoint) const {
  if (settings_.endpoints.empty() || endpoint == "models" || endpoint == "other") return true;
  for (const auto& e : settings_.endpoints)
    if (e == endpoint) return true;
  return false;
}

std::string Service::target(std::string_view path, std::string_view query,
                            std::string_view upstream_model) const {
  std::string out = url_.path;
  if (const auto place = out.find(kModelPlace); place != std::string::npos)
    out.replace(place, kModelPlace.size(), percent_encode(upstream_model));
  out += path;
  char separator = '?';
  for (const auto part : text::split(query, '&')) {
    const auto name = percent_decode(part.substr(0, part.find('=')));
    if (part.empty() ||
        std::ranges::any_of(settings_.query, [&](const auto& own) { return own.first == name; }))
      continue;  // what the settings give is not the client's to give
    out += separator;
    out += part;
    separator = '&';
  }
  for (const auto& [name, value] : settings_.query) {
    out += separator;
    out += percent_encode(name) + "=" + percent_encode(value);
    separator = '&';
  }
  return out;
}

std::shared_ptr<const Secret> Service::credential() const {
  const std::lock_guard lock(mutex_);
  return credential_;
}

bool Service::can_refresh() const {
  const auto kind = settings_.credential.kind;
  return kind == CredentialSource::Kind::file || kind == CredentialSource::Kind::command;
}

bool Service::refresh_credential() const {
  return reread_credential().value_or(false);
}

Result<bool> Service::reread_credential(const std::stop_token& stop) const {
  if (!can_refresh()) return false;
  // Before it is read: what is written meanwhile makes another stamp.
  const auto stamp = settings_.credential.kind == CredentialSource::Kind::file
                         ? FileStamp::of(settings_.credential.value)
                         : FileStamp();
  TRY(Secret fresh, read_credential(stop));
  const std::lock_guard lock(mutex_);
  stamp_ = stamp;
  if (fresh.reveal() == credential_->reveal()) return false;
  credential_ = std::make_shared<const Secret>(std::move(fresh));
  return true;
}

void Service::notice_change() const {
  if (settings_.credential.kind != CredentialSource::Kind::file) return;
  const auto stamp = FileStamp::of(settings_.credential.value);
  {
    const std::lock_guard lock(mutex_);
    if (stamp == stamp_) return;
  }
  const auto changed = reread_credential();
  if (changed && *changed) log::info("service '" + id() + "': the new credential in its file is in force");
  if (changed || stamp == complained_) return;
  complained_ = stamp;
  log::warn("service '" + id() +
            "': its credential cannot be read again, the one before stays: " + changed.error().text());
}

void Service::refresh_soon(std::function<void()> done) const {
  constexpr MonoNs kRest = 5'000'000'000;
  {
    std::unique_lock lock(mutex_);
    if (unchanged_at_ != 0 && mono_now() - unchanged_at_ < kRest) {
      lock.unlock();
      return done();
    }
    refreshing_.push_back(std::move(done));
    if (refreshing_.size() > 1) return;
  }
  try {
    std::thread([self = shared_from_this()] { self->end_refresh(self->refresh_credential()); }).detach();
  } catch (const std::system_error& e) {
    log::warn("cannot read the credential of service '" + id() + "' again: " + e.what());
    end_refresh(false);
  }
}

void Service::end_refresh(bool changed) const {
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    unchanged_at_ = changed ? 0 : mono_now();
    waiting.swap(refreshing_);
  }
  for (const auto& done : waiting) done();
}

}  // namespace ostiary::gateway
