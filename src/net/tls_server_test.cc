#include "net/tls_server.h"

#include <atomic>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <netinet/in.h>
#include <openssl/err.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "net/listener.h"
#include "net/testing.h"
#include "net/testing_tls.h"

namespace ostiary::net {
namespace {

using testing::Authority;
using testing::make_loop;
using testing::ms_since;
using testing::PemFile;
using testing::RawSsl;
using testing::ServerContext;
using testing::sleep_ms;

// A certificate of ours in the files that a TlsServer is told of.
struct Identity {
  explicit Identity(const Authority& ca, const char* names = "DNS:gate.example") { write(ca, names); }
  void write(const Authority& ca, const char* names) {
    const auto pair = ca.pair(names);
    certificate.write([&](FILE* out) { PEM_write_X509(out, pair.certificate.get()); });
    key.write(
        [&](FILE* out) { PEM_write_PrivateKey(out, pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  TlsFiles files(const std::string& client_ca = {}) const {
    return {certificate.path(), key.path(), client_ca};
  }
  PemFile certificate, key;
};

Task<> echo(TlsServer& tls, Stream stream, std::uint64_t ms, std::atomic<int>* counts) {
  Deadline deadline(stream.loop());
  deadline.set_after_ms(ms);
  const auto shaken = co_await tls.handshake(stream, deadline);
  ++counts[static_cast<int>(shaken)];
  if (shaken != TlsServer::Shaken::done) co_return;
  std::vector<char> buffer(16384);
  for (;;) {
    std::size_t got = 0;
    const Io io = stream.read_some(buffer, got);
    if (io == Io::again) {
      Waiter wait(stream.loop());
      if (co_await wait.read(stream.watch()) != Wake::ready) co_return;
      continue;
    }
    if (io != Io::done) co_return;
    const auto sent = co_await stream.write({buffer.data(), got}, deadline, 5000);
    if (!sent) co_return;
  }
}

// Echoes what comes over TLS, on a loop and a thread of its own.
class Echo {
 public:
  explicit Echo(TlsServer& tls, std::uint64_t ms = 5000) : loop_(make_loop()) {
    listener_ = std::move(*Listener::open(*loop_, {"127.0.0.1", 0, false}, false));
    port = listener_->address().port;
    thread_ = std::thread([this, &tls, ms] {
      spawn(listener_->accept(
          [this, &tls, ms](Stream stream) { spawn(echo(tls, std::move(stream), ms, counts_)); }));
      loop_->run();
    });
  }
  ~Echo() {
    loop_->stop();
    thread_.join();
  }
  int count(TlsServer::Shaken how) const { return counts_[static_cast<int>(how)]; }
  bool comes_to(TlsServer::Shaken how, int wanted) const {
    for (int i = 0; i < 500 && count(how) < wanted; ++i) sleep_ms(10);
    return count(how) == wanted;
  }
  Loop& loop() { return *loop_; }
  std::uint16_t port = 0;

 private:
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Listener> listener_;
  std::thread thread_;
  std::atomic<int> counts_[3] = {};
};

Fd dial(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

// A client of OpenSSL, blocking.
class Visitor {
 public:
  explicit Visitor(const std::string& ca_file) : context(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  // Shakes hands; true when a word went there and came back.
  bool visit(std::uint16_t port, const char* name = "gate.example") {
    if (ssl) SSL_shutdown(ssl.get());  // a session that was cut off is not resumed
    ssl.reset();
    fd_ = dial(port);
    ssl.reset(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), fd_.get());
    SSL_set1_host(ssl.get(), name);
    if (session) SSL_set_session(ssl.get(), session.get());
    return SSL_connect(ssl.get()) == 1 && asks_again();
  }
  bool asks_again() {
    char got[5] = {};
    return SSL_write(ssl.get(), "hello", 5) == 5 && SSL_read(ssl.get(), got, 5) == 5 &&
           std::memcmp(got, "hello", 5) == 0;
  }
  void set_blocking(bool blocking) const {
    const int flags = ::fcntl(fd_.get(), F_GETFL);
    ::fcntl(fd_.get(), F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
  }
  ServerContext context;
  RawSsl ssl;
  std::unique_ptr<SSL_SESSION, Freer<SSL_SESSION_free>> session;

 private:
  Fd fd_;
};

std::unique_ptr<TlsServer> server_of(const TlsFiles& files) {
  auto server = TlsServer::create(files);
  if (!server) ADD_FAILURE() << server.error().text();
  return server ? std::move(*server) : nullptr;
}

TEST(TlsServer, ASessionIsResumedFromItsTicket) {
  const Authority ca;
  const Identity identity(ca);
  const auto tls = server_of(identity.files());
  Echo echo(*tls);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Visitor visitor(ca.file());
    SSL_CTX_set_max_proto_version(visitor.context.get(), version);
    ASSERT_TRUE(visitor.visit(echo.port));
    EXPECT_EQ(SSL_version(visitor.ssl.get()), version);
    visitor.session.reset(SSL_get1_session(visitor.ssl.get()));
    ASSERT_TRUE(visitor.visit(echo.port));
    EXPECT_EQ(SSL_session_reused(visitor.ssl.get()), 1) << version;
  }
}

TEST(TlsServer, OlderVersionsAreRefused) {
  const Authority ca;
  const Identity identity(ca);
  const auto tls = server_of(identity.files());
  Echo echo(*tls);
  Visitor visitor(ca.file());
  SSL_CTX_set_security_level(visitor.context.get(), 0);
  SSL_CTX_set_min_proto_version(visitor.context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(visitor.context.get(), TLS1_1_VERSION);
  EXPECT_FALSE(visitor.visit(echo.port));
  EXPECT_TRUE(echo.comes_to(TlsServer::Shaken::failed, 1));
}

TEST(TlsServer, SpeaksHttp11AndNothingElse) {
  const Authority ca;
  const Identity identity(ca);
  const auto tls = server_of(identity.files());
  Echo echo(*tls);
  const auto offering = [&](std::string_view protocols, std::string& chosen) {
    Visitor visitor(ca.file());
    SSL_CTX_set_alpn_protos(visitor.context.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
    const bool good = visitor.visit(echo.port);
    const unsigned char* data = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(visitor.ssl.get(), &data, &size);
    chosen.assign(reinterpret_cast<const char*>(data), size);
    return good;
  };
  std::string chosen;
  EXPECT_TRUE(offering("\x02h2\x08http/1.1", chosen));
  EXPECT_EQ(chosen, "http/1.1");
  EXPECT_TRUE(offering("", chosen));
  EXPECT_FALSE(offering("\x02h2", chosen));
}

TEST(TlsServer, MegabytesGoBothWaysWithBackpressure) {
  const Authority ca;
  const Identity identity(ca);
  const auto tls = server_of(identity.files());
  Echo echo(*tls);
  Visitor visitor(ca.file());
  ASSERT_TRUE(visitor.visit(echo.port));
  // More than buffers hold is on its way before the first byte is read back.
  const std::string piece(256 << 10, 'x');
  std::size_t sent = 0, got = 0;
  SSL_set_mode(visitor.ssl.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  visitor.set_blocking(false);
  while (sent < (32u << 20)) {
    const int n = SSL_write(visitor.ssl.get(), piece.data(), static_cast<int>(piece.size()));
    if (n <= 0) break;  // nothing goes any more: the server waits for us
    sent += static_cast<std::size_t>(n);
  }
  ASSERT_LT(sent, 32u << 20) << "the server keeps what its client does not take";
  visitor.set_blocking(true);
  std::string buffer(16384, 0);
  int n = 0;
  while (got < sent && (n = SSL_read(visitor.ssl.get(), buffer.data(), 16384)) > 0)
    got += static_cast<std::size_t>(n);
  EXPECT_EQ(got, sent);
}

TEST(TlsServer, WhatIsWrongWithAFileIsSaid) {
  const Authority ca;
  const Identity identity(ca), other(ca);
  const PemFile empty, locked;
  empty.write([](FILE*) {});
  locked.write([&](FILE* out) {
    const auto pair = ca.pair("DNS:gate.example");
    PEM_write_PKCS8PrivateKey(out, pair.key.get(), EVP_aes_256_cbc(), "word", 4, nullptr, nullptr);
  });
  struct Case {
    TlsFiles files;
    std::string where, words;
  };
  const std::string cert = identity.certificate.path(), key = identity.key.path();
  const std::vector<Case> cases = {
      {{"/nowhere/c.pem", key, ""}, "/nowhere/c.pem", ""},
      {{cert, "/nowhere/k.pem", ""}, "/nowhere/k.pem", ""},
      {{cert, key, "/nowhere/ca.pem"}, "/nowhere/ca.pem", ""},
      {{empty.path(), key, ""}, empty.path(), "no certificate"},
      {{key, key, ""}, key, "no certificate"},
      {{cert, empty.path(), ""}, empty.path(), "no private key"},
      {{cert, locked.path(), ""}, locked.path(), "encrypted"},
      {{cert, other.key.path(), ""}, other.key.path(), "does not belong"},
      {{cert, key, empty.path()}, empty.path(), "no certificate"},
  };
  for (const auto& c : cases) {
    const auto server = TlsServer::create(c.files);
    ASSERT_FALSE(server) << c.words;
    EXPECT_EQ(server.error().where, c.where);
    EXPECT_NE(server.error().message.find(c.words), std::string::npos) << server.error().text();
  }
}

TEST(TlsServer, AReloadIsForNewConnectionsAndABadOneLeavesTheOldCertificate) {
  const Authority ca;
  Identity identity(ca);
  const auto tls = server_of(identity.files());
  Echo echo(*tls);
  Visitor old(ca.file());
  ASSERT_TRUE(old.visit(echo.port));
  identity.key.write([](FILE*) {});
  EXPECT_FALSE(tls->reload());
  EXPECT_TRUE(Visitor(ca.file()).visit(echo.port));
  identity.write(ca, "DNS:other.example");
  ASSERT_TRUE(tls->reload());
  EXPECT_TRUE(Visitor(ca.file()).visit(echo.port, "other.example"));
  EXPECT_FALSE(Visitor(ca.file()).visit(echo.port, "gate.example"));
  EXPECT_TRUE(old.asks_again());
}

TEST(TlsServer, FilesThatChangeAreTakenUpAndHalfAChangeIsNot) {
  const Authority ca;
  Identity identity(ca);
  const auto tls = server_of(identity.files());
  Echo echo(*tls);
  tls->watch(20);
  const auto pair = ca.pair("DNS:other.example");
  identity.certificate.write([&](FILE* out) { PEM_write_X509(out, pair.certificate.get()); });
  sleep_ms(150);  // the key is not there yet
  EXPECT_TRUE(Visitor(ca.file()).visit(echo.port, "gate.example"));
  identity.key.write(
      [&](FILE* out) { PEM_write_PrivateKey(out, pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  bool taken = false;
  for (int i = 0; i < 200 && !taken; ++i) {
    sleep_ms(20);
    taken = Visitor(ca.file()).visit(echo.port, "other.example");
  }
  EXPECT_TRUE(taken);
}

TEST(TlsServer, ClientsShowACertificateOfTheRightAuthorityWhereOneIsAskedFor) {
  const Authority ca, clients, strangers;
  const Identity identity(ca);
  const auto tls = server_of(identity.files(clients.file()));
  Echo echo(*tls);
  const auto with = [&](const Authority* authority) {
    Visitor visitor(ca.file());
    if (authority) {
      const auto pair = authority->pair("DNS:client.example");
      SSL_CTX_use_certificate(visitor.context.get(), pair.certificate.get());
      SSL_CTX_use_PrivateKey(visitor.context.get(), pair.key.get());
    }
    return visitor.visit(echo.port);
  };
  EXPECT_TRUE(with(&clients));
  EXPECT_FALSE(with(&strangers));
  EXPECT_FALSE(with(nullptr));
  EXPECT_TRUE(echo.comes_to(TlsServer::Shaken::failed, 2));
}

TEST(TlsServer, PlainHttpIsToldFromOtherNoise) {
  const Authority ca;
  const Identity identity(ca);
  const auto tls = server_of(identity.files());
  Echo echo(*tls);
  const Fd http = dial(echo.port), noise = dial(echo.port);
  ASSERT_GT(::send(http.get(), "POST /v1/x HTTP/1.1\r\n\r\n", 23, 0), 0);
  ASSERT_GT(::send(noise.get(), "\0\1\2\3\4\5\6\7\7\7\7\7", 12, 0), 0);
  EXPECT_TRUE(echo.comes_to(TlsServer::Shaken::spoke_http, 1));
  EXPECT_TRUE(echo.comes_to(TlsServer::Shaken::failed, 1));
}

TEST(TlsServer, AClientThatSaysTooLittleIsGivenUpInTime) {
  const Authority ca;
  const Identity identity(ca);
  const auto tls = server_of(identity.files());
  Echo echo(*tls, 80);
  const Fd silent = dial(echo.port), half = dial(echo.port);
  ASSERT_GT(::send(half.get(), "\x16\x03\x01\x02\x00\x01", 6, 0), 0);
  const auto begin = mono_now();
  EXPECT_TRUE(echo.comes_to(TlsServer::Shaken::failed, 2));
  EXPECT_LT(ms_since(begin), 3000);
}

TEST(TlsServer, AHundredHandshakesAtOnceLeaveRoomForOthersInBetween) {
  const Authority ca;
  const Identity identity(ca);
  const auto tls = server_of(identity.files());
  Echo echo(*tls);
  std::atomic<int> turns{0}, good{0};
  std::atomic<bool> counting{true};
  std::function<void()> again = [&] {  // one a turn
    ++turns;
    if (counting) echo.loop().post(again);
  };
  std::vector<std::unique_ptr<Visitor>> visitors;
  for (int i = 0; i < 100; ++i) visitors.push_back(std::make_unique<Visitor>(ca.file()));
  std::vector<std::thread> threads;
  echo.loop().post(again);
  for (auto& visitor : visitors) threads.emplace_back([&] { good += visitor->visit(echo.port); });
  for (auto& thread : threads) thread.join();
  counting = false;
  EXPECT_EQ(good, 100);
  EXPECT_GE(turns, 200) << "each of them has two steps of work";
  sleep_ms(20);
}

}  // namespace
}  // namespace ostiary::net
