#include "net/tls.h"

#include <atomic>
#include <csignal>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "net/testing.h"
#include "net/testing_tls.h"

namespace ostiary::net {
namespace {

using testing::Authority;
using testing::make_loop;
using testing::ms_since;
using testing::RawSsl;
using testing::run;
using testing::ServerContext;
using testing::sleep_ms;

// Serves connections one after the other on a thread, blocking. `handle` gets the shaken-hands SSL.
class Service {
 public:
  using Handler = std::function<void(SSL*)>;
  Service(ServerContext context, Handler handle) : context_(std::move(context)), handle_(std::move(handle)) {
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    thread_ = std::thread([this] { serve(); });
  }
  Service(const Service&) = delete;
  ~Service() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::uint16_t port() const { return port_; }

 private:
  void serve() {
    for (;;) {
      const Fd fd(::accept(listener_.get(), nullptr, nullptr));
      if (!fd) return;
      RawSsl ssl(SSL_new(context_.get()));
      SSL_set_fd(ssl.get(), fd.get());
      if (SSL_accept(ssl.get()) == 1) handle_(ssl.get());
    }
  }
  ServerContext context_;
  Handler handle_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

void echo(SSL* ssl) {
  char buffer[16384];
  int n = 0;
  while ((n = SSL_read(ssl, buffer, sizeof buffer)) > 0)
    if (SSL_write(ssl, buffer, n) <= 0) return;
  SSL_shutdown(ssl);
}

struct Outcome {
  Result<> shaken = fail(Code::unavailable, "not tried");
  bool reused = false;
  std::string got;
  Io last = Io::again;
};

Task<> read_until(Stream& stream, std::size_t size, Outcome& out) {
  std::vector<char> buffer(10'000);
  while (out.got.size() < size) {
    std::size_t got = 0;
    out.last = stream.read_some(buffer, got);
    if (out.last == Io::done) out.got.append(buffer.data(), got);
    if (out.last == Io::end || out.last == Io::failed) co_return;
    if (out.last != Io::again) continue;
    Waiter wait(stream.loop());
    if (co_await wait.read(stream.watch()) != Wake::ready) co_return;
  }
}

// Connects, shakes hands, sends `bytes` and reads as many back.
Task<> visit(Loop& loop, TlsClient& client, std::uint16_t port, std::string bytes, Outcome& out,
             std::uint64_t ms = 10'000) {
  Deadline deadline(loop);
  deadline.set_after_ms(ms);
  auto stream = co_await connect(loop, {"127.0.0.1", port, false}, deadline, nullptr);
  if (!stream) {
    out.shaken = std::unexpected<Error>(stream.error());
    co_return;
  }
  out.shaken = co_await client.handshake(*stream, deadline, nullptr);
  if (!out.shaken) co_return;
  out.reused = SSL_session_reused(stream->ssl()) == 1;
  EXPECT_TRUE(stream->is_tls());
  const auto size = bytes.size();
  if (size > 0) {
    const auto sent = co_await stream->write(bytes, deadline, ms);
    EXPECT_TRUE(sent) << sent.error().text();
  }
  co_await read_until(*stream, size == 0 ? 1 : size, out);
}

std::unique_ptr<TlsClient> client_of(const std::string& ca_file, const std::string& name) {
  auto client = TlsClient::create(ca_file, name);
  if (!client) ADD_FAILURE() << client.error().text();
  return client ? std::move(*client) : nullptr;
}

TEST(Tls, AGoodServiceIsReachedByNameAndByAddress) {
  const Authority ca;
  Service server(ca.context("DNS:models.example,IP:127.0.0.1"), echo);
  for (const std::string name : {"models.example", "127.0.0.1"}) {
    auto loop = make_loop();
    auto client = client_of(ca.file(), name);
    Outcome out;
    run(*loop, visit(*loop, *client, server.port(), "hello", out));
    ASSERT_TRUE(out.shaken) << out.shaken.error().text();
    EXPECT_EQ(out.got, "hello");
  }
}

TEST(Tls, ACertificateForAnotherNameIsDeniedWithAdvice) {
  const Authority ca;
  Service server(ca.context("DNS:models.example,DNS:*.wild.example"), echo);
  for (const std::string name :
       {"other.example", "127.0.0.1", "a.b.wild.example", "wild.example", "models.example.evil"}) {
    auto loop = make_loop();
    auto client = client_of(ca.file(), name);
    Outcome out;
    run(*loop, visit(*loop, *client, server.port(), "x", out));
    ASSERT_FALSE(out.shaken) << name;
    EXPECT_EQ(out.shaken.error().code, Code::denied) << out.shaken.error().text();
    EXPECT_NE(out.shaken.error().message.find("server_name"), std::string::npos) << out.shaken.error().text();
  }
}

TEST(Tls, AnUnknownAuthorityIsDeniedWithAdvice) {
  const Authority ours, theirs;
  Service server(theirs.context("DNS:models.example"), echo);
  for (const std::string& file : {ours.file(), std::string()}) {
    auto loop = make_loop();
    auto client = client_of(file, "models.example");
    Outcome out;
    run(*loop, visit(*loop, *client, server.port(), "x", out));
    ASSERT_FALSE(out.shaken);
    EXPECT_EQ(out.shaken.error().code, Code::denied);
    EXPECT_NE(out.shaken.error().message.find("ca_file"), std::string::npos) << out.shaken.error().text();
  }
}

TEST(Tls, ASessionIsUsedAgain) {
  const Authority ca;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Service server(ca.context("DNS:models.example", version), echo);
    auto client = client_of(ca.file(), "models.example");
    for (const bool again : {false, true}) {
      auto loop = make_loop();
      Outcome out;
      run(*loop, visit(*loop, *client, server.port(), "hello", out));
      ASSERT_TRUE(out.shaken) << out.shaken.error().text();
      EXPECT_EQ(out.reused, again) << "version " << version;
    }
  }
}

TEST(Tls, MegabytesGoBothWaysWithBackpressure) {
  const Authority ca;
  std::string bytes(8 << 20, 0);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + (i >> 10));
  // The server takes all before it answers, so that both sides have to wait for the other.
  Service server(ca.context("DNS:models.example"), [size = bytes.size()](SSL* ssl) {
    std::string all;
    char buffer[16384];
    while (all.size() < size) {
      const int n = SSL_read(ssl, buffer, sizeof buffer);
      if (n <= 0) return;
      all.append(buffer, static_cast<std::size_t>(n));
    }
    SSL_write(ssl, all.data(), static_cast<int>(all.size()));
  });
  auto loop = make_loop();
  auto client = client_of(ca.file(), "models.example");
  Outcome out;
  run(*loop, visit(*loop, *client, server.port(), bytes, out));
  ASSERT_TRUE(out.shaken) << out.shaken.error().text();
  EXPECT_TRUE(out.got == bytes);
}

TEST(Tls, TheEndIsAnEndOnlyWhereTheServiceSaysSo) {
  const Authority ca;
  for (const bool polite : {true, false}) {
    Service server(ca.context("DNS:models.example"), [polite](SSL* ssl) {
      SSL_write(ssl, "half", 4);
      if (polite) SSL_shutdown(ssl);
    });
    auto loop = make_loop();
    auto client = client_of(ca.file(), "models.example");
    Outcome out;
    const auto read_on = [](Loop& on, TlsClient& tls, std::uint16_t port, Outcome& o) -> Task<> {
      Deadline deadline(on);
      auto stream = co_await connect(on, {"127.0.0.1", port, false}, deadline, nullptr);
      o.shaken = co_await tls.handshake(*stream, deadline, nullptr);
      co_await read_until(*stream, 100, o);
    };
    run(*loop, read_on(*loop, *client, server.port(), out));
    EXPECT_EQ(out.got, "half");
    EXPECT_EQ(out.last, polite ? Io::end : Io::failed);
  }
}

TEST(Tls, AServiceThatLeavesWhileWeWriteIsAnErrorAndNoSignal) {
  const auto before = ::signal(SIGPIPE, SIG_DFL);
  const Authority ca;
  Service server(ca.context("DNS:models.example"), [](SSL*) {});
  auto loop = make_loop();
  auto client = client_of(ca.file(), "models.example");
  const auto write_on = [](Loop& on, TlsClient& tls, std::uint16_t port) -> Task<> {
    Deadline deadline(on);
    auto stream = co_await connect(on, {"127.0.0.1", port, false}, deadline, nullptr);
    EXPECT_TRUE(co_await tls.handshake(*stream, deadline, nullptr));
    Waiter left(on);
    EXPECT_EQ(co_await left.gone(stream->watch()), Wake::gone);
    // The first write is answered by a reset, a later one would raise the signal.
    Result<> sent;
    for (int i = 0; sent && i < 100; ++i) {
      sent = co_await stream->write("x", deadline, 5000);
      Deadline soon(on);
      soon.set_after_ms(2);
      Waiter wait(on);
      co_await wait.until(soon);
    }
    EXPECT_FALSE(sent);
  };
  run(*loop, write_on(*loop, *client, server.port()));
  ::signal(SIGPIPE, before);
}

// A plain TCP server that answers the hello with `answer` and keeps the connection.
struct PlainServer {
  explicit PlainServer(std::string_view answer) : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    EXPECT_EQ(::listen(fd.get(), 4), 0);
    thread = std::thread([this, answer] {
      peer = Fd(::accept(fd.get(), nullptr, nullptr));
      if (peer && !answer.empty()) (void)!::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    });
  }
  ~PlainServer() {
    ::shutdown(fd.get(), SHUT_RDWR);
    thread.join();
  }
  Fd fd, peer;
  std::uint16_t port = 0;
  std::thread thread;
};

TEST(Tls, AServiceThatSpeaksNoTlsIsNamedAsSuch) {
  const PlainServer server("HTTP/1.1 400 Bad Request\r\n\r\n");
  auto loop = make_loop();
  auto client = client_of("", "models.example");
  Outcome out;
  run(*loop, visit(*loop, *client, server.port, "x", out));
  ASSERT_FALSE(out.shaken);
  EXPECT_EQ(out.shaken.error().code, Code::io);
  EXPECT_NE(out.shaken.error().message.find("TLS"), std::string::npos);
}

TEST(Tls, AServiceThatNeverAnswersTheHelloTimesOut) {
  const PlainServer server("");
  auto loop = make_loop();
  auto client = client_of("", "models.example");
  Outcome out;
  const auto begin = mono_now();
  run(*loop, visit(*loop, *client, server.port, "x", out, 60));
  ASSERT_FALSE(out.shaken);
  EXPECT_EQ(out.shaken.error().code, Code::timeout);
  EXPECT_LT(ms_since(begin), 5000);
}

TEST(Tls, TheHandshakeIsGivenUpWhenTheClientLeaves) {
  const PlainServer server("");
  auto loop = make_loop();
  auto client = client_of("", "models.example");
  auto [near, far] = *socket_pair();
  auto waiting = std::move(*Stream::adopt(*loop, std::move(near)));
  Result<> shaken;
  const auto try_it = [](Loop& on, TlsClient& tls, std::uint16_t port, Watch* abandon,
                         Result<>& out) -> Task<> {
    Deadline deadline(on);
    deadline.set_after_ms(20'000);
    auto stream = co_await connect(on, {"127.0.0.1", port, false}, deadline, abandon);
    out = co_await tls.handshake(*stream, deadline, abandon);
  };
  std::thread other([&gone = far] {
    sleep_ms(30);
    gone.reset();
  });
  run(*loop, try_it(*loop, *client, server.port, waiting.watch(), shaken));
  other.join();
  ASSERT_FALSE(shaken);
  EXPECT_EQ(shaken.error().code, Code::closed);
}

TEST(Tls, AConnectionMayOutliveItsClient) {
  const Authority ca;
  Service server(ca.context("DNS:models.example"), [&](SSL* ssl) {
    char byte = 0;
    SSL_read(ssl, &byte, 1);
    SSL_new_session_ticket(ssl);  // arrives when the client is gone
    SSL_write(ssl, "y", 1);
  });
  auto loop = make_loop();
  auto client = client_of(ca.file(), "models.example");
  Outcome out;
  const auto outlive = [](Loop& on, std::unique_ptr<TlsClient>& tls, std::uint16_t port,
                          Outcome& o) -> Task<> {
    Deadline deadline(on);
    auto stream = co_await connect(on, {"127.0.0.1", port, false}, deadline, nullptr);
    o.shaken = co_await tls->handshake(*stream, deadline, nullptr);
    tls.reset();
    EXPECT_TRUE(co_await stream->write("x", deadline, 5000));
    co_await read_until(*stream, 1, o);
  };
  run(*loop, outlive(*loop, client, server.port(), out));
  EXPECT_EQ(out.got, "y");
}

TEST(Tls, AnUnreadableAuthorityFileIsAnErrorThatNamesIt) {
  const auto client = TlsClient::create("/nowhere/ca.pem", "models.example");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().where, "/nowhere/ca.pem");
}

}  // namespace
}  // namespace ostiary::net
