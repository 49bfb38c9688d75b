#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/key_ring.h"
#include "gateway/recorder.h"
#include "gateway/response_homes.h"
#include "gateway/service.h"
#include "gateway/settings.h"
#include "gateway/steps.h"
#include "ledger/ledger.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/pool.h"

namespace ostiary::gateway {

// What all loops share. Set up before they start; what changes afterwards guards itself.
struct Shared {
  GateSettings settings;
  std::vector<std::shared_ptr<Service>> services;  // in order of fallback
  KeyRing keys;
  ResponseHomes homes;
  ledger::Ledger* ledger = nullptr;
  ledger::Sync sync = ledger::Sync::interval;
  const Inspector* inspector = nullptr;
  const Decider* decider = nullptr;
  const Examiner* examiner = nullptr;

  const Service* find_service(std::string_view id) const;
  // The services that offer a model at an endpoint, in order of fallback.
  std::vector<const Service*> candidates(std::string_view model, std::string_view endpoint) const;
};

// One loop with what belongs to it: its listener, its connections to services, its pen.
class Worker {
 public:
  Worker(Shared& shared, std::unique_ptr<net::Loop> loop);
  ~Worker();
  Result<net::Address> listen(const net::Address& address, bool shared_port);  // the address with its port
  void run();                                                                  // until stop()
  void drain();  // thread-safe: no new connections, no further request on an old one
  void stop();   // thread-safe: ends everything now
  bool idle() const { return connections_.load() == 0; }

  Shared& shared;
  std::unique_ptr<net::Loop> loop_owner;
  net::Loop& loop;
  Recorder recorder;
  KeyReader keys;
  net::Pool& pool(const Service& service) { return *pools_[service.index()]; }
  // The newest decision about a text in which nothing was found, for each service: a decider is pure, so the
  // same facts have the same decision.
  struct Decided {
    policy::Facts facts;
    policy::Decision decision;
    std::string json;
  };
  Decided& decided(const Service& service) { return decided_[service.index()]; }
  bool draining() const { return draining_; }
  // Buffers of requests under way. A connection at rest holds none, and the next request gets the one that
  // was used last.
  std::string take_buffer();
  void give_buffer(std::string buffer);

 private:
  net::Task<void> serve(net::Stream stream);
  std::vector<std::unique_ptr<net::Pool>> pools_;
  std::unique_ptr<net::Listener> listener_;
  std::atomic<std::uint32_t> connections_{0};
  bool draining_ = false;
  std::vector<std::string> buffers_;
  std::vector<Decided> decided_;
};

}  // namespace ostiary::gateway
