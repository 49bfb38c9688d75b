#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "net/stream.h"

struct ssl_ctx_st;

namespace ostiary::net {

// The client side of TLS towards one service: verified against the system's trust store or a CA file, with
// SNI (RFC 6066) and the certificate's name checked (RFC 6125), TLS 1.2 or newer, sessions kept for reuse.
// Belongs to one loop.
class TlsClient {
 public:
  // `ca_file`: PEM bundle; empty: the system's store. `name`: host name or IP literal to ask for and to
  // verify.
  static Result<std::unique_ptr<TlsClient>> create(const std::string& ca_file, const std::string& name);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Shakes hands on a connected stream. Errors name the certificate's fault and how to mend it (`denied`).
  Task<Result<>> handshake(Stream& stream, Deadline& deadline, Watch* abandon);

 private:
  TlsClient() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::net
