#include "net/bind.h"

#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace ostiary::net {
namespace {

// A path for a Unix socket, which goes with the test.
struct SocketPath {
  explicit SocketPath(const std::string& name)
      : text(::testing::TempDir() + "ostiary_" + name + std::to_string(::getpid()) + ".sock") {
    ::unlink(text.c_str());
  }
  ~SocketPath() { ::unlink(text.c_str()); }
  Address address() const { return {text, 0, true}; }
  std::string text;
};

TEST(Bound, AUnixSocketHasTheModeItIsGivenAndIsNeverWider) {
  const SocketPath path("mode");
  const auto open = Bound::open(path.address(), {.mode = 0660});
  ASSERT_TRUE(open) << open.error().text();
  struct stat status{};
  ASSERT_EQ(::stat(path.text.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660u);
  const SocketPath other("group");
  const auto refused = Bound::open(other.address(), {.group = "no-such-group"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "no-such-group");
  EXPECT_NE(::stat(other.text.c_str(), &status), 0) << "what was begun was left";
}

TEST(Bound, WhatADeadProcessLeftIsReplacedAndALivingSocketIsNot) {
  const SocketPath path("stale");
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::strcpy(at.sun_path, path.text.c_str());
  {
    const Fd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  }
  const auto living = Bound::open(path.address(), {});
  ASSERT_TRUE(living) << living.error().text();
  const auto second = Bound::open(path.address(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::exists);
}

TEST(Bound, AFileThatIsNoSocketStays) {
  const SocketPath path("file");
  {
    const Fd file(::open(path.text.c_str(), O_CREAT | O_WRONLY, 0600));
  }
  const auto refused = Bound::open(path.address(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid);
  EXPECT_EQ(::access(path.text.c_str(), F_OK), 0);
}

TEST(Bound, ASocketThatAnotherHasPutInItsPlaceIsLeftAlone) {
  const SocketPath path("taken");
  auto first = std::make_unique<Bound>(*Bound::open(path.address(), {}));
  ::unlink(path.text.c_str());
  const auto second = Bound::open(path.address(), {});
  ASSERT_TRUE(second);
  first.reset();
  EXPECT_EQ(::access(path.text.c_str(), F_OK), 0);
}

TEST(Bound, AnInheritedSocketKeepsItsAddressAndItsFile) {
  const SocketPath path("inherited");
  {
    const auto own = Bound::open(path.address(), {});
    const auto heir = Bound::inherit(Fd(::dup(own->fd())));
    ASSERT_TRUE(heir) << heir.error().text();
    EXPECT_EQ(to_text(heir->address()), "unix:" + path.text);
    {
      const auto passing = Bound::inherit(Fd(::dup(own->fd())));
    }
    EXPECT_EQ(::access(path.text.c_str(), F_OK), 0);
  }
  for (const std::string host : {"127.0.0.1", "::1"}) {
    const auto own = Bound::open({host, 0, false}, {});
    if (!own) continue;  // no IPv6 here
    EXPECT_EQ(to_text(Bound::inherit(Fd(::dup(own->fd())))->address()), to_text(own->address()));
  }
}

TEST(Bound, OnlyAListeningStreamSocketIsInherited) {
  EXPECT_FALSE(Bound::inherit(Fd(::open("/dev/null", O_RDONLY))));
  EXPECT_FALSE(Bound::inherit(Fd(::socket(AF_INET, SOCK_DGRAM, 0))));
  EXPECT_FALSE(Bound::inherit(Fd(::socket(AF_INET, SOCK_STREAM, 0))));
  EXPECT_FALSE(Bound::inherit(Fd(-1)));
}

}  // namespace
}  // namespace ostiary::net
