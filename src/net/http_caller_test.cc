#include "net/http_caller.h"

#include <arpa/inet.h>
#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

#include "base/file.h"

namespace ostiary::net {
namespace {

// Takes one connection after another on a thread, and lets the test answer.
class Server {
 public:
  explicit Server(std::function<void(int)> serve)
      : serve_(std::move(serve)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    const int open = open_.exchange(-1);
    if (open >= 0) ::shutdown(open, SHUT_RDWR);
    thread_.join();
  }
  std::unique_ptr<HttpCaller> caller(std::uint64_t timeout_ms = 5000, bool read_body = true) const {
    HttpCaller::Settings settings;
    settings.url = *net::parse_url("http://127.0.0.1:" + std::to_string(port_) + "/v1/traces");
    settings.timeout_ms = timeout_ms;
    settings.read_body = read_body;
    auto made = HttpCaller::create(std::move(settings));
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  std::atomic<int> connections = 0;

 private:
  void run() {
    for (;;) {
      const Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      ++connections;
      open_ = fd.get();
      serve_(fd.get());
      open_ = -1;
    }
  }
  std::function<void(int)> serve_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> open_ = -1;
  std::thread thread_;
};

// Reads until `end` has come; empty: the peer left before.
std::string read_until(int fd, std::string_view end) {
  std::string got;
  char buffer[65536];
  while (!got.ends_with(end)) {
    const auto n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) return "";
    got.append(buffer, static_cast<std::size_t>(n));
  }
  return got;
}
void say(int fd, std::string_view text) {
  (void)!::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

TEST(HttpCaller, PostsToThePathWithItsHeadersAndReadsTheAnswer) {
  std::string seen;
  Server server([&](int fd) {
    seen = read_until(fd, "{END}");
    say(fd, "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nwait!");
  });
  const auto answer = server.caller()->post("Content-Type: application/json\r\nX-Key: k\r\n", "{END}");
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 429);
  EXPECT_EQ(answer->body, "wait!");
  EXPECT_EQ(answer->retry_after, "7");
  EXPECT_TRUE(seen.starts_with("POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_NE(seen.find("\r\nX-Key: k\r\n"), std::string::npos);
  EXPECT_NE(seen.find("\r\nContent-Length: 5\r\n"), std::string::npos);
}

TEST(HttpCaller, KeepsItsConnectionAndReadsChunksAndInterimAnswers) {
  Server server([](int fd) {
    while (!read_until(fd, "{END}").empty())
      say(fd,
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  });
  const auto caller = server.caller();
  for (int i = 0; i < 3; ++i) {
    const auto answer = caller->post("", "{END}");
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->body, "abcde");
  }
  EXPECT_EQ(server.connections, 1);
}

TEST(HttpCaller, AKeptConnectionThatItsPeerClosedIsNoFailure) {
  Server server([](int fd) {
    read_until(fd, "{END}");
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const auto caller = server.caller();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(caller->post("", "{END}"));
  EXPECT_EQ(server.connections, 3);
}

TEST(HttpCaller, AServerThatNeverAnswersIsGivenUp) {
  Server server([](int fd) { read_until(fd, "never"); });
  const auto answer = server.caller(200)->post("", "{END}");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::timeout);
}

TEST(HttpCaller, ACancelledCallEndsSoonAndLaterOnesAtOnce) {
  std::atomic<bool> asked = false;
  Server server([&](int fd) {
    read_until(fd, "{END}");
    asked = true;
    read_until(fd, "never");
  });
  const auto caller = server.caller(60'000);
  std::thread stop([&] {
    while (!asked) std::this_thread::yield();
    caller->cancel();
  });
  const auto answer = caller->post("", "{END}");
  stop.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::closed);
  EXPECT_FALSE(caller->post("", "{END}"));
}

TEST(HttpCaller, AnswersThatAreNoneAreErrors) {
  for (const std::string_view wrong :
       {"nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    Server server([&](int fd) {
      read_until(fd, "{END}");
      say(fd, wrong);
    });
    const auto answer = server.caller()->post("", "{END}");
    EXPECT_FALSE(answer) << wrong;
  }
}

TEST(HttpCaller, AnEndlessAnswerIsCutOff) {
  Server server([](int fd) {
    read_until(fd, "{END}");
    say(fd, "HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(65536, 'x');
    while (::send(fd, piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  EXPECT_FALSE(server.caller()->post("", "{END}"));
}

TEST(HttpCaller, WhoWantsNoBodyHasTheAnswerWithItsHead) {
  Server server([](int fd) {
    read_until(fd, "{END}");
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nthe rest never comes");
    read_until(fd, "never");
  });
  const auto caller = server.caller(5000, false);
  for (int i = 0; i < 2; ++i) {
    const auto answer = caller->post("", "{END}");
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "");
  }
  EXPECT_EQ(server.connections, 2) << "what is on its way there is nobody's answer";
}

TEST(HttpCaller, NobodyThereIsAnError) {
  HttpCaller::Settings settings;
  settings.url = *net::parse_url("http://127.0.0.1:1/");
  EXPECT_FALSE((*HttpCaller::create(settings))->post("", "x"));
}

}  // namespace
}  // namespace ostiary::net
