#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/guests.h"
#include "gateway/instruments.h"
#include "gateway/key_ring.h"
#include "gateway/limits.h"
#include "gateway/long_work.h"
#include "gateway/meter.h"
#include "gateway/published.h"
#include "gateway/questions.h"
#include "gateway/recorder.h"
#include "gateway/response_homes.h"
#include "gateway/setup.h"
#include "gateway/side_door.h"
#include "gateway/tracing.h"
#include "ledger/ledger.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/pool.h"
#include "net/tls_server.h"
#include "policy/policy.h"

namespace ostiary::gateway {

// What all loops share. What changes after they started guards itself.
struct Shared {
  Published<Setup> setup;
  Limiter limiter;
  Guests guests;
  KeyRing keys{limiter};
  ResponseHomes homes;
  ledger::Ledger* ledger = nullptr;
  ledger::Sync sync = ledger::Sync::interval;
  std::unique_ptr<net::TlsServer> tls;  // null: plain HTTP at every address
  SideDoor* side_door = nullptr;        // null: nothing but exchanges is served
  Instruments instruments;
  LongWork long_work;
  Questions questions;

  // Puts `next` in force: for every exchange that begins from now on. Not thread-safe.
  void publish(Setup next);
};

// One loop's connections to a service, and what it remembers of it.
struct Lane {
  Lane(net::Loop& loop, const Service& service);
  net::Pool pool;
  std::unique_ptr<ServiceMeter> meter;  // null: nothing is counted
  std::uint32_t traced_as = 0;          // Tracer::service()
  std::uint64_t tickets = 0;            // given out for choosing among the group that this service begins
  // The newest decision about a text in which nothing was found: a decider is pure, so the same facts have
  // the same decision.
  struct Decided {
    std::uint64_t setup = 0;  // whose decider it was
    policy::Facts facts;
    policy::FactSet used = 0;         // those that the decision's JSON tells
    const Service* target = nullptr;  // where the request goes; of that setup
    policy::Decision decision;
    std::string json;
  } decided;
};

// One loop with what belongs to it: its listeners, its connections to services, its pen.
class Worker {
 public:
  Worker(Shared& shared, std::unique_ptr<net::Loop> loop);
  ~Worker();
  // Before run(): takes connections from a socket. `choose` names the worker that each one is given to;
  // without it they are this worker's own.
  Result<> listen(net::Bound socket, std::function<Worker&()> choose = {});
  void run();                  // until stop()
  void take(Fd fd, bool tls);  // thread-safe: serves a connection that another worker has accepted
  void check_health() { checks_health_ = true; }  // before run(): of all services, on this loop
  // Thread-safe: no new connections; answers say that theirs ends; after `grace_ms` those at rest end.
  void drain(std::uint64_t grace_ms);
  void stop();                                                       // thread-safe: ends everything now
  std::uint32_t connections() const { return connections_.load(); }  // served, or given to take()
  bool idle() const { return connections() == 0; }

  Shared& shared;
  std::unique_ptr<net::Loop> loop_owner;
  net::Loop& loop;
  Recorder recorder;
  KeyReader keys;
  policy::Verdict verdict;       // used again by every decision of this loop
  std::unique_ptr<Meter> meter;  // null: nothing is counted
  Tracer tracer;
  // The setup in force. A copy is kept by whoever goes on after a suspension.
  const std::shared_ptr<const Setup>& setup();
  // Kept by who uses it: a reload may take the service out meanwhile.
  std::shared_ptr<Lane> lane(const Service& service);
  // An exchange has ended and its record is on its way.
  void count(Exchange& x);
  bool draining() const { return draining_; }
  bool rest_over() const { return rest_over_; }  // a connection without a whole request's head ends
  // Thread-safe, by one thread: whether the loop has run since this was asked last.
  bool answers();
  // Buffers of requests under way. A connection at rest holds none, and the next request gets the one that
  // was used last.
  std::string take_buffer();
  void give_buffer(std::string buffer);

 private:
  struct Door {
    std::unique_ptr<net::Listener> listener;
    std::function<Worker&()> choose;
    bool tls = false;
  };
  net::Task<void> serve(Fd fd, bool tls);
  net::Task<bool> secure(net::Stream& stream);
  void turn_away(net::Stream& stream, Guests::Admission why, bool tls);
  net::Task<void> end_rest_after(std::uint64_t ms);
  void keep_lanes();
  Reader<Setup> setup_;
  std::vector<std::shared_ptr<Lane>> lanes_;  // by slot of the service; null where there is none
  std::vector<Door> doors_;
  std::atomic<std::uint32_t> connections_{0};
  bool draining_ = false, rest_over_ = false;
  bool checks_health_ = false;
  std::atomic<bool> answered_{true};
  std::vector<std::string> buffers_;
};

}  // namespace ostiary::gateway
