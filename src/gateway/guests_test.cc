#include "gateway/guests.h"

#include <arpa/inet.h>
#include <atomic>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "base/file.h"

namespace ostiary::gateway {
namespace {

using Admission = Guests::Admission;

// A connection over loopback, from an address of the caller's choice; `far` is the side that accepts.
struct Connection {
  Fd near, far;
  Connection(const char* from, const char* to) {
    sockaddr_storage at{}, source{};
    const auto size = fill(to, at), same = fill(from, source);
    const Fd listener(::socket(at.ss_family, SOCK_STREAM, 0));
    socklen_t length = size;
    near = Fd(::socket(at.ss_family, SOCK_STREAM, 0));
    const auto plain = [](sockaddr_storage& a) { return reinterpret_cast<sockaddr*>(&a); };
    if (::bind(listener.get(), plain(at), size) == 0 && ::listen(listener.get(), 1) == 0 &&
        ::getsockname(listener.get(), plain(at), &length) == 0 &&
        ::bind(near.get(), plain(source), same) == 0 && ::connect(near.get(), plain(at), length) == 0)
      far = Fd(::accept(listener.get(), nullptr, nullptr));
  }
  static socklen_t fill(const char* text, sockaddr_storage& into) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(into);
    if (::inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
      v4.sin_family = AF_INET;
      return sizeof v4;
    }
    auto& v6 = reinterpret_cast<sockaddr_in6&>(into);
    v6.sin6_family = AF_INET6;
    ::inet_pton(AF_INET6, text, &v6.sin6_addr);
    return sizeof v6;
  }
};

TEST(Guests, TheWholeProcessHasNoMoreThanItsMost) {
  Guests guests;
  std::atomic<int> in{0}, refused{0};
  std::vector<std::vector<Guests::Place>> kept(4);
  std::vector<std::thread> loops;
  for (auto& places : kept)
    loops.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        Guests::Place place;
        if (guests.enter(-1, 150, 0, place) == Admission::in) {
          ++in;
          places.push_back(std::move(place));
        } else {
          ++refused;
        }
      }
    });
  for (auto& loop : loops) loop.join();
  EXPECT_EQ(in, 150);
  EXPECT_EQ(refused, 250);
  kept.clear();
  EXPECT_EQ(guests.count(), 0u);
}

TEST(Guests, AClientHasItsShareAndGetsItsPlacesBack) {
  const Connection one("127.0.0.1", "127.0.0.1"), two("127.0.0.1", "127.0.0.1"),
      other("127.0.0.2", "127.0.0.1");
  ASSERT_TRUE(one.far && two.far && other.far);
  Guests guests;
  Guests::Place a, b, c;
  EXPECT_EQ(guests.enter(one.far.get(), 10, 1, a), Admission::in);
  EXPECT_EQ(guests.enter(two.far.get(), 10, 1, b), Admission::client_full);
  EXPECT_EQ(guests.enter(other.far.get(), 10, 1, c), Admission::in);
  EXPECT_EQ(guests.count(), 2u);
  a = {};
  EXPECT_EQ(guests.enter(two.far.get(), 10, 1, b), Admission::in);
  EXPECT_EQ(guests.enter(one.far.get(), 2, 1, a), Admission::full);
}

TEST(Guests, WithoutAShareAClientHasAsManyAsThereAre) {
  const Connection one("127.0.0.1", "127.0.0.1");
  ASSERT_TRUE(one.far);
  Guests guests;
  std::vector<Guests::Place> places(5);
  for (auto& place : places) EXPECT_EQ(guests.enter(one.far.get(), 5, 0, place), Admission::in);
}

TEST(Guests, ClientsOnThisMachinesSocketsAreNotCountedApart) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const Fd near(pair[0]), far(pair[1]);
  EXPECT_FALSE(guest_address(far.get()));
  Guests guests;
  Guests::Place a, b;
  EXPECT_EQ(guests.enter(far.get(), 10, 1, a), Admission::in);
  EXPECT_EQ(guests.enter(far.get(), 10, 1, b), Admission::in);
}

TEST(Guests, AnIpv6ClientIsItsNetworkAndIpv4InsideIpv6IsTheSameClient) {
  const Connection v4("127.0.0.1", "127.0.0.1");
  ASSERT_TRUE(v4.far);
  const auto plain = guest_address(v4.far.get());
  ASSERT_TRUE(plain);
  const Connection mapped("::ffff:127.0.0.1", "::ffff:127.0.0.1");
  if (mapped.far) EXPECT_EQ(guest_address(mapped.far.get()), plain);
  const Connection v6("::1", "::1");
  if (!v6.far) GTEST_SKIP() << "this machine has no IPv6";
  // Of ::1 the network is ::/64.
  EXPECT_EQ(guest_address(v6.far.get()), GuestAddress{});
}

}  // namespace
}  // namespace ostiary::gateway
