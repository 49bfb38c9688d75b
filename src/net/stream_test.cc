#include "net/stream.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/hash.h"
#include "net/listener.h"
#include "net/pool.h"
#include "net/testing.h"

namespace ostiary::net {
namespace {

using testing::make_blocking;
using testing::make_loop;
using testing::ms_since;
using testing::run;
using testing::sleep_ms;

struct Ends {
  Stream near;
  Fd far;  // blocking
};

Ends connected(Loop& loop) {
  auto [near, far] = *socket_pair();
  make_blocking(far);
  return {std::move(*Stream::adopt(loop, std::move(near))), std::move(far)};
}

// A blocking socket that listens on a free port of 127.0.0.1.
struct Server {
  explicit Server(int backlog = 16) : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    if (backlog >= 0) {
      EXPECT_EQ(::listen(fd.get(), backlog), 0);
    }
  }
  Fd accept() const { return Fd(::accept(fd.get(), nullptr, nullptr)); }
  Fd fd;
  std::uint16_t port = 0;
};

struct Attempt {
  bool done = false;
  Code code = Code::invalid;  // where it failed
  std::string message;
  std::optional<Stream> stream;
};

Task<> try_connect(Loop& loop, Address address, std::uint64_t ms, Watch* abandon, Attempt& out) {
  Deadline deadline(loop);
  deadline.set_after_ms(ms);
  auto stream = co_await connect(loop, std::move(address), deadline, abandon);
  out.done = true;
  if (stream) {
    out.stream = std::move(*stream);
  } else {
    out.code = stream.error().code;
    out.message = stream.error().text();
  }
}

// ---- connect

// The barest systems have no /etc/hosts.
bool knows_localhost() {
  addrinfo* list = nullptr;
  if (::getaddrinfo("localhost", nullptr, nullptr, &list) != 0) return false;
  ::freeaddrinfo(list);
  return true;
}

TEST(Connect, ReachesAListeningPortByLiteralAndByName) {
  if (!knows_localhost()) GTEST_SKIP() << "this system does not know the name localhost";
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    const Server server;
    auto loop = make_loop();
    Attempt attempt;
    run(*loop, try_connect(*loop, {host, server.port, false}, 5000, nullptr, attempt));
    ASSERT_TRUE(attempt.stream) << attempt.message;
    const Fd peer = server.accept();
    ASSERT_EQ(::send(peer.get(), "x", 1, 0), 1);
  }
}

TEST(Connect, ManyAtOnceShareOneLookupAndAllArrive) {
  if (!knows_localhost()) GTEST_SKIP() << "this system does not know the name localhost";
  const Server server(128);
  auto loop = make_loop();
  std::vector<Attempt> attempts(50);
  const auto all = [](Loop& on, std::uint16_t port, std::vector<Attempt>& list) -> Task<> {
    for (auto& attempt : list) spawn(try_connect(on, {"localhost", port, false}, 5000, nullptr, attempt));
    while (!std::ranges::all_of(list, &Attempt::done)) {
      Deadline soon(on);
      soon.set_after_ms(1);
      Waiter wait(on);
      if (co_await wait.until(soon) != Wake::timeout) co_return;
    }
  };
  run(*loop, all(*loop, server.port, attempts));
  for (const auto& attempt : attempts) EXPECT_TRUE(attempt.stream) << attempt.message;
}

TEST(Connect, ARefusedPortIsAnIoErrorThatNamesTheAddress) {
  const Server server(-1);  // bound, not listening
  auto loop = make_loop();
  Attempt attempt;
  run(*loop, try_connect(*loop, {"127.0.0.1", server.port, false}, 5000, nullptr, attempt));
  EXPECT_EQ(attempt.code, Code::io);
  EXPECT_NE(attempt.message.find("127.0.0.1:" + std::to_string(server.port)), std::string::npos)
      << attempt.message;
}

TEST(Connect, ANameThatDoesNotExistIsNotFound) {
  auto loop = make_loop();
  Attempt attempt;
  run(*loop, try_connect(*loop, {"nowhere.invalid", 80, false}, 20'000, nullptr, attempt));
  EXPECT_TRUE(attempt.code == Code::not_found || attempt.code == Code::timeout) << attempt.message;
}

// A port whose queue of connections is full: the kernel drops what comes, so that connecting takes for ever.
class BlackHole {
 public:
  BlackHole() : server_(0) {
    for (int i = 0; i < 4; ++i) {
      Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(server_.port);
      ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
      waiting_.push_back(std::move(fd));
    }
    sleep_ms(20);
  }
  std::uint16_t port() const { return server_.port; }

 private:
  Server server_;
  std::vector<Fd> waiting_;
};

TEST(Connect, ABlackHoleEndsAtTheDeadline) {
  const BlackHole hole;
  auto loop = make_loop();
  Attempt attempt;
  const auto begin = mono_now();
  run(*loop, try_connect(*loop, {"127.0.0.1", hole.port(), false}, 60, nullptr, attempt));
  EXPECT_EQ(attempt.code, Code::timeout) << attempt.message;
  EXPECT_GE(ms_since(begin), 59);
  EXPECT_LT(ms_since(begin), 5000);
}

TEST(Connect, IsGivenUpWhenTheWatchedPeerLeaves) {
  const BlackHole hole;
  auto loop = make_loop();
  auto client = connected(*loop);
  Attempt attempt;
  std::thread other([&] {
    sleep_ms(20);
    client.far.reset();
  });
  const auto begin = mono_now();
  run(*loop, try_connect(*loop, {"127.0.0.1", hole.port(), false}, 30'000, client.near.watch(), attempt));
  other.join();
  EXPECT_EQ(attempt.code, Code::closed) << attempt.message;
  EXPECT_LT(ms_since(begin), 5000);
}

TEST(Connect, AStoppingLoopGivesUp) {
  const BlackHole hole;
  auto loop = make_loop();
  Attempt attempt;
  spawn(try_connect(*loop, {"127.0.0.1", hole.port(), false}, 30'000, nullptr, attempt));
  loop->post([&] { loop->stop(); });
  loop->run();
  EXPECT_EQ(attempt.code, Code::closed);
}

TEST(Address, IsReadAndLoopbackIsKnown) {
  EXPECT_EQ(parse_address("127.0.0.1:8080")->port, 8080);
  EXPECT_EQ(parse_address("[::1]:0")->host, "::1");
  for (const std::string_view text :
       {"", "8080", ":8080", "host:", "host:65536", "::1:80", "host:1x", "host:-1"})
    EXPECT_FALSE(parse_address(text)) << text;
  EXPECT_TRUE(parse_address("unix:/run/a:1.sock")->is_unix);
  EXPECT_FALSE(parse_address("unix:"));
  for (const std::string_view text : {"127.0.0.1:80", "[::1]:443", "a.example:1", "unix:/run/a.sock"})
    EXPECT_EQ(to_text(*parse_address(text)), text);
  for (const std::string host : {"127.0.0.1", "127.9.9.9", "::1", "localhost"})
    EXPECT_TRUE(is_loopback({host, 1, false})) << host;
  for (const std::string host :
       {"0.0.0.0", "::", "128.0.0.1", "localhost.example.com", "127.0.0.1.example.com", "::ffff:10.0.0.1"})
    EXPECT_FALSE(is_loopback({host, 1, false})) << host;
}

// ---- listener

TEST(Listener, TakesAFreePortAndHandsOverEveryConnection) {
  auto loop = make_loop();
  auto listener = *Listener::open(*loop, {"127.0.0.1", 0, false}, false);
  ASSERT_NE(listener->address().port, 0);
  EXPECT_EQ(Listener::open(*loop, listener->address(), false).error().code, Code::exists);
  std::vector<Attempt> attempts(20);
  std::vector<Stream> accepted;
  spawn(listener->accept([&](Stream stream) {
    accepted.push_back(std::move(stream));
    if (accepted.size() == attempts.size()) loop->stop();
  }));
  for (auto& attempt : attempts) spawn(try_connect(*loop, listener->address(), 5000, nullptr, attempt));
  loop->run();
  EXPECT_EQ(accepted.size(), attempts.size());
}

TEST(Listener, MayBeClosedOrDestroyedByWhatItServes) {
  for (const bool destroy : {false, true}) {
    auto loop = make_loop();
    auto listener = *Listener::open(*loop, {"127.0.0.1", 0, false}, false);
    Attempt attempt;
    int served = 0;
    spawn(listener->accept([&](const Stream&) {
      ++served;
      if (destroy)
        listener.reset();
      else
        listener->close();
    }));
    run(*loop, try_connect(*loop, listener->address(), 5000, nullptr, attempt));
    EXPECT_EQ(served, 1);
  }
}

TEST(Listener, MayBeDestroyedWhileItWaits) {
  auto loop = make_loop();
  auto listener = *Listener::open(*loop, {"127.0.0.1", 0, false}, false);
  spawn(listener->accept([](const Stream&) {}));
  loop->post([&] {
    listener.reset();
    loop->post([&] { loop->stop(); });
  });
  loop->run();
}

TEST(Listener, AUnixSocketIsForItsOwnerAloneAndGoesWithTheListener) {
  const std::string path = ::testing::TempDir() + "ostiary_net_" + std::to_string(::getpid()) + ".sock";
  auto loop = make_loop();
  auto listener = *Listener::open(*loop, {path, 0, true}, false);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  Attempt attempt;
  spawn(listener->accept([](const Stream&) {}));
  run(*loop, try_connect(*loop, {path, 0, true}, 5000, nullptr, attempt));
  EXPECT_TRUE(attempt.stream) << attempt.message;
  listener.reset();
  EXPECT_NE(::stat(path.c_str(), &status), 0);
  EXPECT_FALSE(Listener::open(*make_loop(), {std::string(200, 'x'), 0, true}, false));
}

TEST(Listener, SeveralLoopsShareOneAddress) {
  auto first_loop = make_loop(), second_loop = make_loop();
  auto first = *Listener::open(*first_loop, {"127.0.0.1", 0, false}, true);
  auto second = Listener::open(*second_loop, first->address(), true);
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_EQ((*second)->address().port, first->address().port);
}

TEST(Listener, GoesOnAfterDescriptorsRanOut) {
  auto loop = make_loop();
  auto listener = *Listener::open(*loop, {"127.0.0.1", 0, false}, false);
  Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(listener->address().port);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{static_cast<rlim_t>(client.get()) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  bool served = false;
  spawn(listener->accept([&](const Stream&) {
    served = true;
    loop->stop();
  }));
  const auto relent = [](Loop& on, const bool& early, const rlimit& limit) -> Task<> {
    Deadline later(on);
    later.set_after_ms(30);
    Waiter wait(on);
    co_await wait.until(later);
    EXPECT_FALSE(early);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  };
  spawn(relent(*loop, served, before));
  loop->run();
  EXPECT_TRUE(served);
}

// ---- writing

struct Written {
  Result<> result;
  bool done = false;
};

Task<> write_all_of(Stream& stream, std::string bytes, std::uint64_t idle_ms, Written& out) {
  Deadline deadline(stream.loop());
  out.result = co_await stream.write(bytes, deadline, idle_ms);
  out.done = true;
}

std::string pattern(std::size_t size) {
  std::string out(size, 0);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 131 + (i >> 8));
  return out;
}

TEST(Stream, AWriteToASlowReaderWaitsForItAndLosesNothing) {
  auto loop = make_loop();
  auto ends = connected(*loop);
  const std::string bytes = pattern(4 << 20);
  std::string got;
  std::thread reader([&] {
    std::vector<char> buffer(100'000);
    while (got.size() < bytes.size()) {
      const auto n = ::recv(ends.far.get(), buffer.data(), buffer.size(), 0);
      if (n <= 0) break;
      got.append(buffer.data(), static_cast<std::size_t>(n));
      if (got.size() % 5 == 0) sleep_ms(1);
    }
  });
  Written written;
  run(*loop, write_all_of(ends.near, bytes, 10'000, written));
  reader.join();
  EXPECT_TRUE(written.result) << written.result.error().text();
  EXPECT_TRUE(got == bytes);
}

TEST(Stream, AWriteThatGoesOnSlowlyMayTakeLongerThanTheTimeForDoingNothing) {
  auto loop = make_loop();
  auto ends = connected(*loop);
  std::thread reader([&] {
    std::vector<char> buffer(256 << 10);
    for (std::size_t got = 0; got < 4 << 20;) {
      sleep_ms(40);
      const auto n = ::recv(ends.far.get(), buffer.data(), buffer.size(), 0);
      if (n <= 0) break;
      got += static_cast<std::size_t>(n);
    }
  });
  Written written;
  const auto begin = mono_now();
  run(*loop, write_all_of(ends.near, pattern(4 << 20), 400, written));
  EXPECT_GT(ms_since(begin), 400);
  EXPECT_TRUE(written.result) << written.result.error().text();
  ends.near = connected(*loop).near;  // closed, so that the reader ends in any case
  reader.join();
}

TEST(Stream, AWriteToAReaderThatTakesNothingTimesOut) {
  auto loop = make_loop();
  auto ends = connected(*loop);
  Written written;
  const auto begin = mono_now();
  run(*loop, write_all_of(ends.near, pattern(4 << 20), 50, written));
  EXPECT_EQ(written.result.error().code, Code::timeout);
  EXPECT_GE(ms_since(begin), 49);
}

TEST(Stream, AWriteEndsWhenTheReaderLeaves) {
  auto loop = make_loop();
  auto ends = connected(*loop);
  Written written;
  std::thread reader([&] {
    sleep_ms(20);
    ends.far.reset();
  });
  run(*loop, write_all_of(ends.near, pattern(4 << 20), 20'000, written));
  reader.join();
  EXPECT_EQ(written.result.error().code, Code::closed);
}

TEST(Stream, MayBeDestroyedWhileAWriteWaits) {
  auto loop = make_loop();
  auto ends = std::make_unique<Ends>(connected(*loop));
  Written written;
  loop->post([&] { ends.reset(); });
  run(*loop, write_all_of(ends->near, pattern(4 << 20), 20'000, written));
  EXPECT_EQ(written.result.error().code, Code::closed);
}

TEST(Stream, TheEndComesAfterTheLastBytes) {
  auto loop = make_loop();
  auto ends = connected(*loop);
  ASSERT_EQ(::send(ends.far.get(), "abc", 3, 0), 3);
  ends.far.reset();
  std::string log;
  const auto read = [](Stream& stream, std::string& out) -> Task<> {
    char buffer[2];
    for (;;) {
      std::size_t got = 0;
      const Io io = stream.read_some(buffer, got);
      if (io == Io::done) out.append(buffer, got);
      if (io == Io::end) out += "|";
      if (io == Io::end || io == Io::failed) co_return;
      if (io != Io::again) continue;
      Waiter wait(stream.loop());
      co_await wait.read(stream.watch());
    }
  };
  run(*loop, read(ends.near, log));
  EXPECT_EQ(log, "abc|");
}

// ---- pool

// Where `loop` has run for a few turns, what peers did is known.
Task<> turns(Loop& loop, std::uint64_t ms) {
  Deadline soon(loop);
  soon.set_after_ms(ms);
  Waiter wait(loop);
  co_await wait.until(soon);
}

struct PoolRig {
  explicit PoolRig(Loop& loop, std::size_t max_idle = 4, std::uint64_t idle_ms = 10'000)
      : pool(loop, Pool::Settings{.url = {},
                                  .ca_file = {},
                                  .server_name = {},
                                  .max_idle = max_idle,
                                  .idle_ms = idle_ms,
                                  .open = [this](Loop&) -> Result<Fd> {
                                    auto ends = *socket_pair();
                                    peers.push_back(std::move(ends.second));
                                    return std::move(ends.first);
                                  }}) {}
  std::vector<Fd> peers;
  Pool pool;
};

Task<Stream> fresh(Loop& loop, Pool& pool) {
  Deadline deadline(loop);
  auto lease = co_await pool.open(deadline, nullptr);
  EXPECT_TRUE(lease);
  EXPECT_FALSE(lease->reused);
  co_return std::move(lease->stream);
}

TEST(Pool, TheMostRecentlyUsedConnectionIsTakenFirst) {
  auto loop = make_loop();
  PoolRig rig(*loop);
  const auto use = [](Loop& on, PoolRig& r) -> Task<> {
    EXPECT_FALSE(r.pool.take_idle());
    Stream first = co_await fresh(on, r.pool), second = co_await fresh(on, r.pool);
    const int a = first.fd(), b = second.fd();
    r.pool.give_back(std::move(first));
    r.pool.give_back(std::move(second));
    co_await turns(on, 1);
    auto lease = r.pool.take_idle();
    EXPECT_TRUE(lease && lease->reused && lease->stream.fd() == b);
    auto other = r.pool.take_idle();
    EXPECT_TRUE(other && other->stream.fd() == a);
    EXPECT_FALSE(r.pool.take_idle());
  };
  run(*loop, use(*loop, rig));
}

TEST(Pool, WhatThePeerClosedOrSpokeUnaskedOnIsNotTaken) {
  auto loop = make_loop();
  PoolRig rig(*loop);
  const auto use = [](Loop& on, PoolRig& r) -> Task<> {
    Stream closed = co_await fresh(on, r.pool), spoke = co_await fresh(on, r.pool),
           good = co_await fresh(on, r.pool);
    const int fd = good.fd();
    r.pool.give_back(std::move(good));
    r.pool.give_back(std::move(closed));
    r.pool.give_back(std::move(spoke));
    r.peers[0].reset();
    EXPECT_EQ(::send(r.peers[1].get(), "HTTP/1.1 408\r\n", 14, 0), 14);
    co_await turns(on, 5);
    auto lease = r.pool.take_idle();
    EXPECT_TRUE(lease && lease->stream.fd() == fd);
    EXPECT_FALSE(r.pool.take_idle());
  };
  run(*loop, use(*loop, rig));
}

TEST(Pool, AConnectionWithUnreadBytesIsNotKept) {
  auto loop = make_loop();
  PoolRig rig(*loop);
  const auto use = [](Loop& on, PoolRig& r) -> Task<> {
    Stream stream = co_await fresh(on, r.pool);
    EXPECT_EQ(::send(r.peers[0].get(), "x", 1, 0), 1);
    co_await turns(on, 5);
    r.pool.give_back(std::move(stream));
    EXPECT_FALSE(r.pool.take_idle());
  };
  run(*loop, use(*loop, rig));
}

TEST(Pool, KeepsNoMoreThanItsLimitAndNoneBeyondItsTime) {
  auto loop = make_loop();
  PoolRig rig(*loop, 2, 20);
  const auto use = [](Loop& on, PoolRig& r) -> Task<> {
    std::vector<Stream> streams;
    for (int i = 0; i < 3; ++i) streams.push_back(co_await fresh(on, r.pool));
    for (auto& stream : streams) r.pool.give_back(std::move(stream));
    std::vector<Pool::Lease> taken;
    while (auto lease = r.pool.take_idle()) taken.push_back(std::move(*lease));
    EXPECT_EQ(taken.size(), 2u);
    for (auto& lease : taken) r.pool.give_back(std::move(lease.stream));
    co_await turns(on, 40);
    EXPECT_FALSE(r.pool.take_idle());
  };
  run(*loop, use(*loop, rig));
}

}  // namespace
}  // namespace ostiary::net
