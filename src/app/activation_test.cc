#include "app/activation.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/notify.h"

namespace ostiary::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::function<const char*(const char*)> variables(const std::map<std::string, std::string>& values) {
  return [values](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

// Descriptors next to each other, as a service manager hands them over. Far from those that others use.
constexpr int kFirst = 400;

void hand_over(int number, const net::Bound& socket) {
  ASSERT_EQ(::dup2(socket.fd(), kFirst + number), kFirst + number);
}

TEST(Activation, SocketsMeantForThisProcessAreTakenAndNotLeftToItsChildren) {
  const auto one = *net::Bound::open({"127.0.0.1", 0, false}, {});
  const auto two = *net::Bound::open({"127.0.0.1", 0, false}, {});
  hand_over(0, one);
  hand_over(1, two);
  auto sockets = inherited_sockets(variables({{"LISTEN_PID", "7"}, {"LISTEN_FDS", "2"}}), 7, kFirst);
  ASSERT_TRUE(sockets) << sockets.error().text();
  ASSERT_EQ(sockets->size(), 2u);
  EXPECT_EQ((*sockets)[0].address().port, one.address().port);
  EXPECT_EQ((*sockets)[1].address().port, two.address().port);
  for (const auto& socket : *sockets) EXPECT_EQ(::fcntl(socket.fd(), F_GETFD), FD_CLOEXEC);
}

TEST(Activation, SocketsOfAnotherProcessAreNone) {
  using Values = std::map<std::string, std::string>;
  for (const auto& values :
       {Values{}, Values{{"LISTEN_FDS", "1"}}, Values{{"LISTEN_PID", "7"}},
        Values{{"LISTEN_PID", "8"}, {"LISTEN_FDS", "1"}}, Values{{"LISTEN_PID", "x"}, {"LISTEN_FDS", "1"}},
        Values{{"LISTEN_PID", "7"}, {"LISTEN_FDS", "-1"}}}) {
    const auto sockets = inherited_sockets(variables(values), 7, kFirst);
    ASSERT_TRUE(sockets);
    EXPECT_TRUE(sockets->empty());
  }
}

TEST(Activation, WhatTakesNoConnectionsIsNamed) {
  ASSERT_EQ(::dup2(STDERR_FILENO, kFirst), kFirst);
  const auto sockets = inherited_sockets(
      variables({{"LISTEN_PID", "7"}, {"LISTEN_FDS", "1"}, {"LISTEN_FDNAMES", "ostiary.socket"}}), 7, kFirst);
  ASSERT_FALSE(sockets);
  EXPECT_EQ(sockets.error().code, Code::invalid);
  EXPECT_THAT(sockets.error().where, HasSubstr("ostiary.socket"));
  EXPECT_FALSE(inherited_sockets(variables({{"LISTEN_PID", "7"}, {"LISTEN_FDS", "100000"}}), 7, kFirst));
}

// Takes datagrams, as a service manager does.
class Manager {
 public:
  Manager() : path_(::testing::TempDir() + "ostiary_notify_" + std::to_string(::getpid())) {
    ::unlink(path_.c_str());
    fd_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path_.copy(at.sun_path, sizeof at.sun_path - 1);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  }
  ~Manager() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }
  std::string heard() const {
    char buffer[512];
    const auto n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : "";
  }

 private:
  std::string path_;
  Fd fd_;
};

TEST(Notifier, SaysHowTheProgramDoes) {
  const Manager manager;
  const Notifier notifier(variables({{"NOTIFY_SOCKET", manager.path()}}), 7);
  notifier.ready("open at x");
  EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=open at x\n");
  notifier.reloading(5'000'000);
  EXPECT_THAT(manager.heard(), HasSubstr("RELOADING=1\nMONOTONIC_USEC=5000\n"));
  notifier.stopping();
  EXPECT_THAT(manager.heard(), HasSubstr("STOPPING=1\n"));
  notifier.waiting("w", 20);
  EXPECT_THAT(manager.heard(), HasSubstr("EXTEND_TIMEOUT_USEC=20000\n"));
  notifier.alive();
  EXPECT_EQ(manager.heard(), "WATCHDOG=1\n");
}

TEST(Notifier, TheWatchdogIsForTheProcessThatItNames) {
  const auto every = [](std::map<std::string, std::string> values) {
    return Notifier(variables(std::move(values)), 7).watchdog_ms();
  };
  EXPECT_EQ(every({{"NOTIFY_SOCKET", "/s"}, {"WATCHDOG_USEC", "3000000"}}), 3000u);
  EXPECT_EQ(every({{"NOTIFY_SOCKET", "/s"}, {"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "7"}}), 3000u);
  EXPECT_EQ(every({{"NOTIFY_SOCKET", "/s"}, {"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "8"}}), 0u);
  EXPECT_EQ(every({{"WATCHDOG_USEC", "3000000"}}), 0u);
  EXPECT_EQ(every({{"NOTIFY_SOCKET", "/s"}, {"WATCHDOG_USEC", "x"}}), 0u);
}

TEST(Notifier, NobodyWhoListensIsNoFault) {
  Notifier(variables({}), 7).ready("x");
  Notifier(variables({{"NOTIFY_SOCKET", "/nowhere/at/all"}}), 7).ready("x");
  Notifier(variables({{"NOTIFY_SOCKET", std::string(300, '/')}}), 7).ready("x");
}

}  // namespace
}  // namespace ostiary::app
