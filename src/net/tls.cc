#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>

#include "net/impl/openssl.h"

namespace ostiary::net {

namespace {
// The system's trust store, read once (about a hundred certificates, ten milliseconds) and shared by all
// threads.
X509_STORE* system_store() {
  static X509_STORE* const store = [] {
    X509_STORE* made = X509_STORE_new();
    if (made && X509_STORE_set_default_paths(made) != 1) {
      X509_STORE_free(made);
      made = nullptr;
    }
    return made;
  }();
  return store;
}

std::string advice(long verdict) {
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return "; if it is right for another name, give that as server_name";
  return "; if it is your own, name its CA in ca_file";
}
}  // namespace

struct TlsClient::Impl {
  std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>> ctx;
  std::unique_ptr<SSL_SESSION, Freer<SSL_SESSION_free>> session;  // the newest ticket
  std::string name;
  bool is_literal = false;

  static int index() {
    static const int i = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return i;
  }
  static int keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* self = static_cast<Impl*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index()));
    if (!self) return 0;  // a connection that outlived its client
    self->session.reset(session);
    return 1;  // the reference is ours
  }
};

TlsClient::~TlsClient() {
  if (impl_->ctx) SSL_CTX_set_ex_data(impl_->ctx.get(), Impl::index(), nullptr);
}

Result<std::unique_ptr<TlsClient>> TlsClient::create(const std::string& ca_file, const std::string& name) {
  ignore_broken_pipes();
  std::unique_ptr<TlsClient> client(new TlsClient);
  client->impl_ = std::make_unique<Impl>();
  Impl& impl = *client->impl_;
  impl.name = name;
  in_addr v4{};
  in6_addr v6{};
  impl.is_literal =
      ::inet_pton(AF_INET, name.c_str(), &v4) == 1 || ::inet_pton(AF_INET6, name.c_str(), &v6) == 1;
  impl.ctx.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* ctx = impl.ctx.get();
  if (!ctx) return fail(Code::io, "cannot prepare TLS");
  set_common(ctx);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_ex_data(ctx, Impl::index(), &impl);
  SSL_CTX_sess_set_new_cb(ctx, &Impl::keep_session);
  static constexpr unsigned char kAlpn[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(ctx, kAlpn, sizeof kAlpn - 1);
  bool trusted = true;
  if (!ca_file.empty())
    trusted = SSL_CTX_load_verify_locations(ctx, ca_file.c_str(), nullptr) == 1;
  else if (X509_STORE* store = system_store())
    SSL_CTX_set1_cert_store(ctx, store);
  else
    trusted = false;
  if (!trusted) {
    ERR_clear_error();
    return fail(Code::invalid, "cannot read the certificates: give ca_file a readable PEM file", ca_file);
  }
  return client;
}

Task<Result<>> TlsClient::handshake(Stream& stream, Deadline& deadline, Watch* abandon) {
  Impl& impl = *impl_;
  Ssl ssl(SSL_new(impl.ctx.get()));
  if (!ssl) co_return fail(Code::io, "cannot begin TLS");
  SSL_set_fd(ssl.get(), stream.fd());
  if (impl.is_literal) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), impl.name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl.get(), impl.name.c_str());
    SSL_set1_host(ssl.get(), impl.name.c_str());
    SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  }
  if (impl.session) SSL_set_session(ssl.get(), impl.session.get());
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl.get());
    if (result == 1) break;
    const int error = SSL_get_error(ssl.get(), result);
    Waiter wait(stream.loop());
    if (error == SSL_ERROR_WANT_READ) {
      stream.watch()->readable = false;
      wait.read(stream.watch());
    } else if (error == SSL_ERROR_WANT_WRITE) {
      stream.watch()->writable = false;
      wait.write(stream.watch());
    } else {
      const long verdict = SSL_get_verify_result(ssl.get());
      if (verdict != X509_V_OK)
        co_return fail(Code::denied,
                       std::string("the service's certificate is not trusted: ") +
                           X509_verify_cert_error_string(verdict) + advice(verdict),
                       impl.name);
      co_return fail(Code::io, "the TLS handshake failed; does the service speak TLS on this port?",
                     impl.name);
    }
    const Wake why = co_await wait.gone(abandon).until(deadline);
    if (why == Wake::timeout) co_return fail(Code::timeout, "the TLS handshake took too long", impl.name);
    if (why != Wake::ready) co_return fail(Code::closed, "given up", impl.name);
  }
  stream.start_tls(std::move(ssl));
  co_return Result<>{};
}

}  // namespace ostiary::net
