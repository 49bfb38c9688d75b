#pragma once

#include <csignal>
#include <memory>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What both sides of TLS need of OpenSSL.
namespace ostiary::net {

template <auto free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    free(pointer);
  }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;

// OpenSSL writes with write(2), which raises SIGPIPE where the peer has gone; an error is wanted instead.
inline void ignore_broken_pipes() {
  struct sigaction now{};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) ::signal(SIGPIPE, SIG_IGN);
}

// Of both sides: TLS 1.2 or newer; buffers are held only while they hold something.
inline void set_common(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
}

}  // namespace ostiary::net
