#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "net/loop.h"
#include "net/pool.h"
#include "net/task.h"

namespace ostiary::net {

// Calls one HTTP server for threads that may wait: a loop on a thread of its own, connections kept alive
// between calls. Redirects are not followed. Thread-safe.
class HttpCaller {
 public:
  struct Settings {
    net::Url url;
    std::string ca_file;                // PEM bundle used instead of the system's trust store; empty: that
    std::uint64_t timeout_ms = 10'000;  // of a call as a whole
    bool read_body = true;              // no: the answer is its head, and its body stays empty
  };
  struct Answer {
    std::uint16_t status = 0;
    std::string body;  // at most kMostAnswer bytes, decoded
    std::string retry_after;
  };
  static constexpr std::size_t kMostAnswer = 1u << 20;

  static Result<std::unique_ptr<HttpCaller>> create(Settings settings);
  ~HttpCaller();

  // Posts `body` to the URL's path and waits for the answer. `headers`: lines with CR LF, without framing and
  // Host. Errors: timeout, denied (certificate), closed (cancelled), not_found, io.
  Result<Answer> post(std::string_view headers, std::string_view body);
  // Calls under way end soon, and so does every later one.
  void cancel();

 private:
  struct Call;
  HttpCaller(Settings settings, std::unique_ptr<net::Loop> loop);
  net::Task<void> run(std::shared_ptr<Call> call);
  net::Task<Result<Answer>> ask(Call& call, bool& again);
  net::Task<Result<Answer>> read_answer(net::Pool::Lease& lease, net::Deadline& deadline, bool& reusable,
                                        bool& answered);

  const Settings settings_;
  std::unique_ptr<net::Loop> loop_;
  net::Pool pool_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool cancelled_ = false;
  std::thread thread_;
};

}  // namespace ostiary::net
