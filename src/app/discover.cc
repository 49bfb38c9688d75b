#include "app/discover.h"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <set>
#include <string>
#include <sys/socket.h>

#include "base/file.h"
#include "catalog/catalog.h"
#include "json/document.h"
#include "net/http.h"

namespace ostiary::app {

namespace {

using Clock = std::chrono::steady_clock;

// One question to a local port: GET /v1/models.
struct Probe {
  const catalog::Service* service = nullptr;
  Fd fd;
  bool asked = false;
  std::string answer;
};

std::optional<Probe> begin(const catalog::Service& service) {
  Probe probe{&service, Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), false, {}};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(service.local_port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!probe.fd) return std::nullopt;
  if (::connect(probe.fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    return std::nullopt;
  return probe;
}

// One step of a probe whose socket is ready. False: it is over.
bool advance(Probe& probe) {
  if (!probe.asked) {
    const std::string request =
        "GET /v1/models HTTP/1.0\r\nHost: 127.0.0.1:" + std::to_string(probe.service->local_port) +
        "\r\nAccept: application/json\r\nUser-Agent: ostiary\r\n\r\n";
    probe.asked = ::send(probe.fd.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(request.size());
    return probe.asked;
  }
  char buffer[16384];
  const auto n = ::recv(probe.fd.get(), buffer, sizeof buffer, 0);
  if (n <= 0) return n < 0 && errno == EAGAIN;
  probe.answer.append(buffer, static_cast<std::size_t>(n));
  return probe.answer.size() < (4u << 20);
}

// The models that an answer lists; nothing when it is not a list of models, so that it is no such server.
std::optional<std::vector<gateway::ModelName>> read_models(std::string_view answer) {
  net::Head head;
  net::HeadError error;
  net::HeadParser parser(65536);
  if (parser.response(answer, head, error) != net::Parse::done || head.status != 200) return std::nullopt;
  std::string body;
  auto rest = answer.substr(head.size);
  if (head.framing.chunked) {
    net::ChunkDecoder chunks;
    std::string_view piece;
    while (!rest.empty() && chunks.next(rest, piece) == net::Parse::more) body += piece;
    body += piece;
  } else {
    body = rest;
  }
  const auto document = json::Document::parse(body);
  if (!document || !document->root()["data"].is_array()) return std::nullopt;
  std::vector<gateway::ModelName> models;
  for (const json::Value model : document->root()["data"])
    if (const auto id = model["id"].as_string()) models.push_back({*id, ""});
  return models;
}

void ask_local(std::vector<Probe>& probes, int wait_ms) {
  const auto until = Clock::now() + std::chrono::milliseconds(wait_ms);
  std::vector<bool> open(probes.size(), true);
  for (;;) {
    std::vector<pollfd> waiting;
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < probes.size(); ++i) {
      if (!open[i]) continue;
      waiting.push_back({probes[i].fd.get(), static_cast<short>(probes[i].asked ? POLLIN : POLLOUT), 0});
      which.push_back(i);
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (waiting.empty() || left <= 0 || ::poll(waiting.data(), waiting.size(), static_cast<int>(left)) <= 0)
      return;
    for (std::size_t k = 0; k < waiting.size(); ++k)
      if (waiting[k].revents) open[which[k]] = advance(probes[which[k]]);
  }
}

gateway::ServiceSettings from_catalog(const catalog::Service& entry) {
  gateway::ServiceSettings s;
  s.id = entry.id;
  s.provider = entry.provider;
  s.surface = entry.surface;
  s.protocol = entry.protocol;
  s.base_url = entry.base_url;
  s.credential_header = entry.credential_header.empty() ? "authorization" : entry.credential_header;
  s.endpoints = entry.endpoints;
  for (const auto& model : entry.models) s.models.push_back({model, ""});
  s.discovered = true;
  return s;
}

}  // namespace

std::vector<gateway::ServiceSettings> discover_services(const Environment& environment, int wait_ms) {
  return discover_services(catalog::services(), environment, wait_ms);
}

std::vector<gateway::ServiceSettings> discover_services(std::span<const catalog::Service> known,
                                                        const Environment& environment, int wait_ms) {
  std::vector<gateway::ServiceSettings> found;
  std::vector<Probe> probes;
  for (const auto& entry : known) {
    if (entry.protocol != "openai") continue;
    if (entry.local_port != 0) {
      if (auto probe = begin(entry)) probes.push_back(std::move(*probe));
      continue;
    }
    if (entry.credential_env.empty() || entry.base_url.find('{') != std::string::npos) continue;
    const char* value = environment(entry.credential_env.c_str());
    if (!value || !*value) continue;
    auto s = from_catalog(entry);
    s.credential = {gateway::CredentialSource::Kind::environment, entry.credential_env};
    found.push_back(std::move(s));
  }
  ask_local(probes, wait_ms);
  std::set<std::uint16_t> ports;  // several servers use the same port by habit
  for (const auto& probe : probes) {
    auto models = read_models(probe.answer);
    if (!models || !ports.insert(probe.service->local_port).second) continue;
    auto s = from_catalog(*probe.service);
    s.base_url = "http://127.0.0.1:" + std::to_string(probe.service->local_port) + "/v1";
    s.models = std::move(*models);
    found.push_back(std::move(s));
  }
  gateway::ServiceSettings replay;
  replay.id = "replay";
  replay.provider = "ostiary";
  replay.surface = "self-hosted";
  replay.protocol = "replay";
  replay.discovered = !found.empty();
  replay.replay_speed = 1;
  found.push_back(std::move(replay));
  return found;
}

}  // namespace ostiary::app
