#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "gateway/credential_watch.h"
#include "gateway/worker.h"

namespace ostiary::gateway {

// The whole gate: one worker for each processor, all of them behind every address. Not thread-safe but for
// what says so.
class Gate {
 public:
  // Takes the addresses of the settings, so that what can fail fails now. `inherited`: sockets that somebody
  // else has made, used in place of those addresses. `shared` has its services, ledger and steps, and
  // outlives the gate.
  static Result<std::unique_ptr<Gate>> open(Shared& shared, std::vector<net::Bound> inherited = {});
  ~Gate();  // stops
  // Begins to serve.
  void run();

  const std::vector<net::Address>& addresses() const { return addresses_; }
  // Refuses new connections and further requests on old ones.
  // Sockets that were inherited are somebody else's to go on with: then connections at rest have a moment for
  // a last request, whose answer tells the client to come anew.
  void drain();
  // Drains, lets exchanges under way end for at most `deadline_ms` or until `enough` says so, then ends the
  // rest.
  void stop(std::uint64_t deadline_ms, const std::function<bool()>& enough = {});
  bool idle() const;
  bool answers();  // every loop has run since this was asked last

 private:
  Gate() = default;
  Result<> listen_tcp(net::Address address);
  Result<> listen_spread(net::Bound socket);
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::unique_ptr<CredentialWatch> credentials_;
  std::vector<net::Address> addresses_;
  bool inherited_ = false, draining_ = false;
};

}  // namespace ostiary::gateway
