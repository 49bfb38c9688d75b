#include "app/discover.h"

#include <arpa/inet.h>
#include <chrono>
#include <gtest/gtest.h>
#include <map>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>

#include "base/file.h"

namespace ostiary::app {
namespace {

// A server on loopback that answers every connection with the same bytes; empty: with nothing.
class LocalServer {
 public:
  explicit LocalServer(std::string answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&at), size) != 0 ||
        ::listen(listener_.get(), 8) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0)
      ADD_FAILURE() << "cannot listen";
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LocalServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::uint16_t port() const { return port_; }

 private:
  void serve() {
    std::vector<Fd> silent;
    for (;;) {
      Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      char buffer[4096];
      if (::recv(fd.get(), buffer, sizeof buffer, 0) <= 0) continue;
      if (answer_.empty())
        silent.push_back(std::move(fd));
      else
        ::send(fd.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
  }
  std::string answer_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

constexpr int kWaitMs = 2000;
constexpr std::string_view kModels =
    R"({"object":"list","data":[{"id":"tiny"},{"id":"embed-1"},{"no":"id"}]})";

std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + std::string(body);
}

catalog::Service remote_service(std::string id, std::string env,
                                std::string url = "https://api.example.com/v1") {
  catalog::Service service;
  service.id = std::move(id);
  service.provider = "acme";
  service.surface = "api";
  service.protocol = "openai";
  service.base_url = std::move(url);
  service.credential_env = std::move(env);
  service.credential_header = "api-key";
  service.models = {"big-*"};
  service.endpoints = {"chat/completions"};
  return service;
}

catalog::Service local_service(std::string id, std::uint16_t port) {
  catalog::Service service;
  service.id = std::move(id);
  service.surface = "self-hosted";
  service.protocol = "openai";
  service.local_port = port;
  return service;
}

Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

std::vector<std::string> ids(const std::vector<gateway::ServiceSettings>& services) {
  std::vector<std::string> out;
  for (const auto& service : services) out.push_back(service.id);
  return out;
}

using Ids = std::vector<std::string>;

TEST(Discover, AServiceIsThereWhenItsCredentialIs) {
  const std::vector known = {remote_service("a", "A_KEY"), remote_service("b", "B_KEY"),
                             remote_service("c", "C_KEY"), remote_service("d", "A_KEY", "https://{r}.x/v1")};
  const auto found = discover_services(known, environment({{"A_KEY", "sk-secret"}, {"C_KEY", ""}}), kWaitMs);
  ASSERT_EQ(ids(found), (Ids{"a", "replay"}));
  const auto& a = found[0];
  EXPECT_EQ(a.credential.kind, gateway::CredentialSource::Kind::environment);
  EXPECT_EQ(a.credential.value, "A_KEY");  // where it stands, not what it is
  EXPECT_EQ(a.credential_header, "api-key");
  EXPECT_EQ(a.base_url, "https://api.example.com/v1");
  EXPECT_EQ(a.endpoints, Ids{"chat/completions"});
  ASSERT_EQ(a.models.size(), 1u);
  EXPECT_EQ(a.models[0].name, "big-*");
  EXPECT_TRUE(a.discovered);
}

TEST(Discover, WithNothingFoundReplayAnswersForEveryModel) {
  const auto found = discover_services({}, environment({}), kWaitMs);
  ASSERT_EQ(ids(found), Ids{"replay"});
  EXPECT_EQ(found[0].protocol, "replay");
  EXPECT_FALSE(found[0].discovered);
}

TEST(Discover, ALocalServerIsFoundByTheModelsThatItLists) {
  const LocalServer server(ok(kModels));
  const std::vector known = {local_service("ollama", server.port())};
  const auto found = discover_services(known, environment({}), kWaitMs);
  ASSERT_EQ(ids(found), (Ids{"ollama", "replay"}));
  EXPECT_EQ(found[0].base_url, "http://127.0.0.1:" + std::to_string(server.port()) + "/v1");
  ASSERT_EQ(found[0].models.size(), 2u);
  EXPECT_EQ(found[0].models[0].name, "tiny");
  EXPECT_EQ(found[0].models[1].name, "embed-1");
  EXPECT_EQ(found[0].credential.kind, gateway::CredentialSource::Kind::none);
  EXPECT_TRUE(found[1].discovered);
}

TEST(Discover, AChunkedListIsReadToo) {
  const LocalServer server(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
      "chunked\r\n\r\n10\r\n{\"data\":[{\"id\":\"\r\n5\r\nx\"}]}\r\n0\r\n\r\n");
  const std::vector known = {local_service("llama-server", server.port())};
  const auto found = discover_services(known, environment({}), kWaitMs);
  ASSERT_EQ(ids(found), (Ids{"llama-server", "replay"}));
  EXPECT_EQ(found[0].models[0].name, "x");
}

TEST(Discover, OfTwoServersThatShareAPortTheFirstIsTaken) {
  const LocalServer server(ok(kModels));
  const std::vector known = {local_service("llama-server", server.port()),
                             local_service("localai", server.port())};
  EXPECT_EQ(ids(discover_services(known, environment({}), kWaitMs)), (Ids{"llama-server", "replay"}));
}

TEST(Discover, WhatListsNoModelsIsSomethingElse) {
  for (const std::string& answer :
       {ok("<html>hello</html>"), ok("{}"), ok(R"({"data":{}})"), std::string("no HTTP at all\r\n\r\n"),
        std::string("HTTP/1.1 404 Not Found\r\n\r\n") + std::string(kModels)}) {
    const LocalServer server(answer);
    const std::vector known = {local_service("ollama", server.port())};
    EXPECT_EQ(ids(discover_services(known, environment({}), kWaitMs)), Ids{"replay"}) << answer;
  }
}

TEST(Discover, AServerThatSaysNothingIsNotWaitedForLong) {
  const LocalServer silent(""), server(ok(kModels));
  std::uint16_t closed = 0;
  {
    const LocalServer gone("x");
    closed = gone.port();
  }
  const std::vector known = {local_service("silent", silent.port()), local_service("closed", closed),
                             local_service("ollama", server.port())};
  const auto begun = std::chrono::steady_clock::now();
  const auto found = discover_services(known, environment({}), 300);
  EXPECT_EQ(ids(found), (Ids{"ollama", "replay"}));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
}

}  // namespace
}  // namespace ostiary::app
