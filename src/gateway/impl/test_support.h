#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <utility>

#include "base/testing.h"
#include "gateway/client.h"
#include "gateway/exchange.h"
#include "net/http.h"

// What the tests of this module share.
namespace ostiary::gateway::testing {

// A folder of its own for a test, removed at the end.
class TestFolder {
 public:
  std::string data() const { return folder_ / "data"; }
  std::string file(const std::string& name) const { return folder_ / name; }

 private:
  ostiary::testing::TempFolder folder_;
};

// An exchange as it is once a request has been received: read from the bytes that a client would send.
struct Received {
  explicit Received(std::string bytes) : raw(std::move(bytes)) {
    net::HeadParser parser(65536);
    net::HeadError wrong;
    if (parser.request(raw, x.head, wrong) != net::Parse::done) {
      ADD_FAILURE() << "no request: " << wrong.message;
      return;
    }
    const auto target = net::split_target(x.head.target);
    x.path = target.path;
    x.query = target.query;
    x.asked = find_endpoint(x.head.method, x.path, true);
    x.body = std::string_view(raw).substr(x.head.size);
    x.at = wall_now();
    x.started = mono_now();
    x.digest_key = random_key();
    x.request_digest = hmac_sha256(x.digest_key, x.body);
    x.has_request_digest = true;
    if (!x.asked.endpoint.has_body) return;
    if (const auto refused = check_request(x, GateSettings{})) ADD_FAILURE() << refused->message;
    x.upstream_model = x.model;
  }
  Received(const Received&) = delete;

  std::string raw;
  Exchange x;
};

// Runs `what` while no file of this process can grow, as on a full disk.
template <class What>
auto with_full_disk(What what) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &none);
  auto result = what();
  ::setrlimit(RLIMIT_FSIZE, &before);
  return result;
}

inline std::string post(std::string_view path, std::string_view body, std::string_view headers = {}) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: gate\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string get(std::string_view path, std::string_view headers = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: gate\r\n" + std::string(headers) + "\r\n";
}

}  // namespace ostiary::gateway::testing
