#include "gateway/health.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <map>
#include <memory>
#include <optional>

#include "base/text.h"
#include "gateway/permit.h"
#include "gateway/prepare.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"

namespace ostiary::gateway {

namespace {

constexpr MonoNs kMs = 1'000'000;
constexpr MonoNs kLook = 1'000 * kMs;   // how often it is looked for services that came or went
constexpr MonoNs kHurry = 1'000 * kMs;  // between checks of a service that does not answer
constexpr std::size_t kMaxList = 4u << 20;

// The checks of one service.
struct Rounds {
  MonoNs due = 0;
  bool under_way = false;
};

// What the checks and the one who begins them share.
struct Watchman {
  std::map<std::size_t, std::shared_ptr<Rounds>> rounds;  // by slot of the service
  net::Waiter* asleep = nullptr;                          // null: awake, or gone
};

// Whether the service answers as one that works; nothing where the loop stops.
net::Task<std::optional<bool>> look(Worker& worker, std::shared_ptr<const Setup> setup,
                                    const Service& service) {
  const auto& settings = service.settings().health;
  Exchange own;  // the gate's own question: no exchange, so that it has no id to be looked up by
  own.id = Id{};
  own.setup = setup;
  own.head.method = "GET";
  own.asked.path = settings.path;
  own.service = &service;
  own.target = service.target(settings.path, {}, {});
  const auto credential = service.credential();
  const std::string head = request_head(own, *credential);
  const MonoNs total = worker.loop.now() + static_cast<MonoNs>(settings.timeout_ms) * kMs;
  for (const bool fresh : {false, true}) {
    Upstream upstream(worker, service, nullptr, total);
    const auto answer = co_await upstream.ask(head, "", fresh);
    if (!answer && upstream.reused() && !fresh) continue;  // closed by its peer meanwhile
    if (!answer) co_return upstream.client_left() ? std::nullopt : std::optional(false);
    const bool well = upstream.status() < 500;
    bool cut = false;
    if (const auto body = co_await upstream.read_all(kMaxList, cut); body && !cut) upstream.release();
    co_return well;
  }
  co_return false;
}

net::Task<void> check(Worker& worker, std::shared_ptr<const Setup> setup, std::shared_ptr<Service> service,
                      std::shared_ptr<Rounds> rounds, std::shared_ptr<Watchman> watchman) {
  const auto well = co_await look(worker, setup, *service);
  rounds->under_way = false;
  auto pause = static_cast<MonoNs>(service->settings().health.interval_ms) * kMs;
  if (well == true) {
    if (service->breaker().healthy(mono_now())) log_closed(*service);
  } else if (well == false) {
    if (const auto ms = service->breaker().unhealthy(mono_now())) log_opened(*service, ms);
    pause = std::min(pause, kHurry);
  }
  rounds->due = worker.loop.now() + pause;
  if (watchman->asleep) watchman->asleep->fire(net::Wake::ready);  // it looks when the next one is due
}

bool in_network(const std::array<std::uint8_t, 16>& address, std::initializer_list<std::uint8_t> bytes,
                int bits) {
  int left = bits;
  auto at = address.begin();
  for (const std::uint8_t byte : bytes) {
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xff : 0xff << (8 - left));
    if ((*at++ & mask) != byte) return false;
    left -= 8;
  }
  return true;
}

}  // namespace

net::Task<void> watch_health(Worker& worker) {
  const auto watchman = std::make_shared<Watchman>();
  while (!worker.draining() && !worker.loop.stopping()) {
    const auto setup = worker.setup();
    const MonoNs now = worker.loop.now();
    MonoNs next = now + kLook;
    std::map<std::size_t, std::shared_ptr<Rounds>> kept;
    for (const auto& service : setup->services) {
      if (!wants_health_checks(service->settings())) continue;
      auto& rounds = kept[service->slot()] = watchman->rounds[service->slot()];
      if (!rounds) rounds = std::make_shared<Rounds>();
      if (!rounds->under_way && rounds->due <= now) {
        rounds->under_way = true;
        net::spawn(check(worker, setup, service, rounds, watchman));
      }
      if (!rounds->under_way) next = std::min(next, rounds->due);
    }
    watchman->rounds = std::move(kept);
    net::Deadline deadline(worker.loop);
    deadline.set(std::max(next, now + kMs));
    net::Waiter wait(worker.loop);
    watchman->asleep = &wait;
    const net::Wake why = co_await wait.resting().until(deadline);
    watchman->asleep = nullptr;
    if (why == net::Wake::cancelled) break;
  }
}

bool wants_health_checks(const ServiceSettings& settings) {
  using Check = HealthSettings::Check;
  if (settings.protocol == "replay" || settings.base_url.contains("{model}")) return false;
  if (settings.health.check != Check::automatic) return settings.health.check == Check::on;
  const auto url = net::parse_url(settings.base_url);
  return url && is_near(url->host);
}

bool is_near(std::string_view host) {
  const std::string text(host);
  std::array<std::uint8_t, 16> a{};
  if (::inet_pton(AF_INET, text.c_str(), a.data()) == 1)
    return in_network(a, {127}, 8) || in_network(a, {10}, 8) || in_network(a, {172, 16}, 12) ||
           in_network(a, {192, 168}, 16) || in_network(a, {169, 254}, 16);
  if (::inet_pton(AF_INET6, text.c_str(), a.data()) == 1)
    return in_network(a, {0xfc}, 7) || in_network(a, {0xfe, 0x80}, 10) ||
           in_network(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128);
  const auto name = text::lower(host);
  if (!name.contains('.')) return !name.empty();
  constexpr std::array<std::string_view, 5> ends = {".localhost", ".local", ".internal", ".lan",
                                                    ".home.arpa"};
  return std::ranges::any_of(ends, [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace ostiary::gateway
