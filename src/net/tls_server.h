#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "net/stream.h"

struct ssl_ctx_st;

namespace ostiary::net {

// What the listening side shows and asks for. Paths of PEM files.
struct TlsFiles {
  std::string certificate;  // the chain, its own certificate first
  std::string key;          // not encrypted
  std::string
      client_ca;  // who may sign clients' certificates, which are then required; empty: none is asked for
  bool operator==(const TlsFiles&) const = default;
};

// The server side of TLS for every loop: TLS 1.2 or newer, HTTP/1.1 by ALPN (RFC 7301), sessions resumed from
// tickets (RFC 8446 section 4.6.1). Thread-safe.
class TlsServer {
 public:
  // Errors: not_found, denied, invalid; `where` is the file that is wrong.
  static Result<std::unique_ptr<TlsServer>> create(TlsFiles files);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  // Reads the files again, or others; connections that stand go on. An error leaves what was in force.
  Result<> reload();
  Result<> reload(TlsFiles files);
  // Looks at the files every `ms` on a thread of its own and reloads what has changed and been left alone for
  // that long, so that two files may be replaced one after the other. The log tells how it went.
  void watch(std::uint64_t ms);

  enum class Shaken : std::uint8_t { done, spoke_http, failed };
  // Shakes hands on an accepted connection. spoke_http: the client began with plain HTTP, and an answer in
  // plain HTTP reaches it. failed: of no use any more, the deadline passed, or the loop stops. The arithmetic
  // of one client's handshake is done in each turn of a loop, so that many of them keep nobody waiting.
  Task<Shaken> handshake(Stream& stream, Deadline& deadline);

 private:
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, FreeContext>;
  struct Stamp;
  static Result<Context> load(const TlsFiles& files);
  explicit TlsServer(TlsFiles files);
  Ssl begin(int fd);
  void look();
  void watch_until_stopped(std::uint64_t ms);

  std::mutex mutex_;
  Context context_;                // replaced as a whole; connections hold the one they began with
  TlsFiles files_;                 // of context_
  std::unique_ptr<Stamp> loaded_;  // how the files were when they were read, also where that failed
  std::unique_ptr<Stamp> seen_;    // at the last look
  bool stopping_ = false;
  std::condition_variable stop_;
  std::thread watcher_;
};

}  // namespace ostiary::net
