#include "net/tls_server.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "net/impl/openssl.h"

namespace ostiary::net {

namespace {

constexpr std::uint64_t kMostPem = 4u << 20;
constexpr int kSoonDays = 14;

using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;

// A PEM file's bytes, which may be a key's.
class Pem {
 public:
  static Result<Pem> read(const std::string& path) {
    TRY(auto bytes, read_file(path, kMostPem));
    return Pem(std::move(bytes));
  }
  Pem(Pem&&) = default;
  ~Pem() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  Bio open() const { return Bio(BIO_new_mem_buf(bytes_.data(), static_cast<int>(bytes_.size()))); }
  bool encrypted() const { return bytes_.find("ENCRYPTED") != std::string::npos; }

 private:
  explicit Pem(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string bytes_;
};

// Nobody is there to be asked for a passphrase.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Certificate next_certificate(BIO* pem) {
  return Certificate(PEM_read_bio_X509(pem, nullptr, &no_passphrase, nullptr));
}

// Why OpenSSL takes something for wrong.
std::string reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text ? text : "no reason given";
}

Result<> use_chain(SSL_CTX* context, const std::string& path) {
  TRY(const auto pem, Pem::read(path));
  const Bio bio = pem.open();
  const Certificate own = next_certificate(bio.get());
  if (!own) return fail(Code::invalid, "there is no certificate in it; give a PEM file", path);
  if (SSL_CTX_use_certificate(context, own.get()) != 1)
    return fail(Code::invalid, "the certificate cannot be used: " + reason(), path);
  while (Certificate more = next_certificate(bio.get()))
    if (SSL_CTX_add0_chain_cert(context, more.get()) == 1) (void)more.release();
  ERR_clear_error();  // the end of the file
  int days = 0, seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(own.get())) == 1 && days < kSoonDays)
    log::warn(days < 0 || seconds < 0 ? "the certificate has expired, and clients will refuse it: " + path
                                      : "the certificate ends in " + std::to_string(days) + " days: " + path);
  return {};
}

Result<> use_key(SSL_CTX* context, const std::string& path) {
  TRY(const auto pem, Pem::read(path));
  const PrivateKey key(PEM_read_bio_PrivateKey(pem.open().get(), nullptr, &no_passphrase, nullptr));
  ERR_clear_error();
  if (!key && pem.encrypted())
    return fail(Code::invalid, "the key is encrypted; the gate needs it without a passphrase", path);
  if (!key) return fail(Code::invalid, "there is no private key in it; give a PEM file", path);
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return fail(Code::invalid, "the key does not belong to the certificate", path);
  }
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0 && (found.st_mode & 077) != 0)
    log::warn("others than its owner may read the key: chmod 600 " + path);
  return {};
}

Result<> use_client_ca(SSL_CTX* context, const std::string& path) {
  TRY(const auto pem, Pem::read(path));
  const Bio bio = pem.open();
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  bool any = false;
  while (const Certificate authority = next_certificate(bio.get())) {
    any = true;
    X509_STORE_add_cert(store, authority.get());
    SSL_CTX_add_client_CA(context, authority.get());
  }
  ERR_clear_error();
  if (!any) return fail(Code::invalid, "there is no certificate in it; give a PEM file", path);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

// HTTP/1.1, or an end to it (RFC 7301 section 3.2).
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  static constexpr std::array<unsigned char, 9> kOurs = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, kOurs.data(), kOurs.size(), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

// Enough of each file to see that it was changed or replaced.
struct TlsServer::Stamp {
  struct File {
    dev_t device = 0;
    ino_t number = 0;
    off_t size = 0;
    std::int64_t changed = 0;  // nanoseconds
    bool operator==(const File&) const = default;
  };
  explicit Stamp(const TlsFiles& names) : files{of(names.certificate), of(names.key), of(names.client_ca)} {}
  static File of(const std::string& path) {
    struct stat found{};
    if (path.empty() || ::stat(path.c_str(), &found) != 0) return {};
    return {found.st_dev, found.st_ino, found.st_size,
            found.st_mtim.tv_sec * 1'000'000'000LL + found.st_mtim.tv_nsec};
  }
  bool operator==(const Stamp&) const = default;
  std::array<File, 3> files;
};

void TlsServer::FreeContext::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsServer::TlsServer(TlsFiles files) : files_(std::move(files)), loaded_(std::make_unique<Stamp>(files_)) {}

TlsServer::~TlsServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

Result<TlsServer::Context> TlsServer::load(const TlsFiles& files) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(Code::io, "cannot prepare TLS");
  SSL_CTX* raw = context.get();
  set_common(raw);
  SSL_CTX_set_options(raw,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");  // of TLS 1.2: those that keep the past secret
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);      // tickets only: nothing is kept of a client
  static constexpr std::array<unsigned char, 7> kName = {'o', 's', 't', 'i', 'a', 'r', 'y'};
  SSL_CTX_set_session_id_context(raw, kName.data(), kName.size());
  SSL_CTX_set_alpn_select_cb(raw, &choose_protocol, nullptr);
  TRY_VOID(use_chain(raw, files.certificate));
  TRY_VOID(use_key(raw, files.key));
  if (!files.client_ca.empty()) TRY_VOID(use_client_ca(raw, files.client_ca));
  return context;
}

Result<std::unique_ptr<TlsServer>> TlsServer::create(TlsFiles files) {
  ignore_broken_pipes();
  std::unique_ptr<TlsServer> server(new TlsServer(std::move(files)));
  TRY(server->context_, load(server->files_));
  return server;
}

Result<> TlsServer::reload() {
  TlsFiles files;
  {
    const std::lock_guard lock(mutex_);
    files = files_;
  }
  return reload(std::move(files));
}

Result<> TlsServer::reload(TlsFiles files) {
  auto stamp = std::make_unique<Stamp>(files);  // before they are read: a change meanwhile is seen later
  auto context = load(files);
  const std::lock_guard lock(mutex_);
  if (context || files == files_) loaded_ = std::move(stamp);
  if (!context) return std::unexpected<Error>(context.error());
  context_ = std::move(*context);
  files_ = std::move(files);
  return {};
}

void TlsServer::look() {
  {
    const std::lock_guard lock(mutex_);
    auto now = std::make_unique<Stamp>(files_);
    const bool settled = seen_ && *seen_ == *now;
    const bool changed = *now != *loaded_;
    seen_ = std::move(now);
    if (!settled || !changed) return;
  }
  if (const auto done = reload(); !done)
    log::error("the certificate that was in force stays: " + done.error().text());
  else
    log::info("a new certificate is in force");
}

void TlsServer::watch(std::uint64_t ms) {
  watcher_ = std::thread([this, ms] { watch_until_stopped(ms); });
}

void TlsServer::watch_until_stopped(std::uint64_t ms) {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (stop_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; })) return;
    }
    look();
  }
}

Ssl TlsServer::begin(int fd) {
  const std::lock_guard lock(mutex_);
  Ssl ssl(SSL_new(context_.get()));
  if (ssl && SSL_set_fd(ssl.get(), fd) != 1) ssl.reset();
  return ssl;
}

Task<TlsServer::Shaken> TlsServer::handshake(Stream& stream, Deadline& deadline) {
  Loop& loop = stream.loop();
  Ssl ssl;
  bool writes = false;
  for (;;) {
    Waiter wait(loop);
    if (writes)
      wait.write(stream.watch());
    else
      wait.read(stream.watch());
    if (co_await wait.resting().until(deadline) != Wake::ready) co_return Shaken::failed;
    if (co_await loop.heavy_turn(deadline) != Wake::ready) co_return Shaken::failed;
    if (!ssl) ssl = begin(stream.fd());  // a client that says nothing costs nothing
    if (!ssl) co_return Shaken::failed;
    ERR_clear_error();
    const int result = SSL_accept(ssl.get());
    if (result == 1) break;
    const int error = SSL_get_error(ssl.get(), result);
    writes = error == SSL_ERROR_WANT_WRITE;
    if (writes) {
      stream.watch()->writable = false;
    } else if (error == SSL_ERROR_WANT_READ) {
      stream.watch()->readable = false;
    } else {
      const auto why = ERR_GET_REASON(ERR_peek_error());
      log::debug("a TLS handshake failed: " + reason());
      co_return why == SSL_R_HTTP_REQUEST ? Shaken::spoke_http : Shaken::failed;
    }
  }
  stream.start_tls(std::move(ssl));
  co_return Shaken::done;
}

}  // namespace ostiary::net
