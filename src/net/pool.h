#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "net/stream.h"
#include "net/tls.h"

namespace ostiary::net {

// Connections of one loop to one origin, kept alive between requests. What the peer closed meanwhile is
// noticed before reuse.
class Pool {
 public:
  struct Settings {
    Url url;
    std::string ca_file;      // see TlsClient
    std::string server_name;  // empty: the URL's host
    std::size_t max_idle = 64;
    std::uint64_t idle_ms = 50'000;  // shorter than most servers' own
    // Where connections come from when not from the network (a service within this process).
    std::function<Result<Fd>(Loop&)> open;
  };

  Pool(Loop& loop, Settings settings);
  ~Pool();

  struct Lease {
    Stream stream;
    bool reused = false;  // it has served before, so that its peer may be about to close it
  };
  // An idle connection, or nothing.
  std::optional<Lease> take_idle();
  // A new connection, TLS included. Errors as connect() and TlsClient::handshake().
  Task<Result<Lease>> open(Deadline& deadline, Watch* abandon);
  // Gives back a connection on which an answer was read to its end.
  void give_back(Stream stream);
  const Url& url() const { return settings_.url; }

 private:
  struct Idle {
    Stream stream;
    MonoNs since;
  };
  Loop& loop_;
  Settings settings_;
  std::unique_ptr<TlsClient> tls_;
  std::vector<Idle> idle_;  // the most recently used last
};

}  // namespace ostiary::net
