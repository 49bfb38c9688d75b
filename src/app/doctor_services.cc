// Checks of what the gate's services need: names, trust, credentials, and an answer.

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <netdb.h>
#include <sys/stat.h>

#include "app/discover.h"
#include "app/doctor.h"
#include "base/file.h"
#include "gateway/service.h"
#include "net/loop.h"
#include "net/pool.h"
#include "net/task.h"

namespace ostiary::app {

namespace {

using State = Check::State;
using gateway::CredentialSource;
using gateway::ServiceSettings;

constexpr std::uint64_t kPatienceMs = 5'000;

void add(std::vector<Check>& out, std::string name, State state, std::string message, std::string fix = {}) {
  out.push_back({std::move(name), state, std::move(message), std::move(fix)});
}

bool is_remote(const ServiceSettings& service) {
  return service.protocol != "replay" && !service.base_url.empty();
}

// Connects, with TLS where the service has it, and hangs up.
Result<> reach(const ServiceSettings& settings) {
  TRY(const auto url, net::parse_url(settings.base_url));
  TRY(const auto loop, net::Loop::create());
  net::Pool::Settings pool_settings;
  pool_settings.url = url;
  pool_settings.ca_file = settings.ca_file;
  pool_settings.server_name = settings.server_name;
  Result<> reached = fail(Code::timeout, "no answer");
  {
    net::Pool pool(*loop, std::move(pool_settings));
    net::Deadline deadline(*loop);
    deadline.set_after_ms(kPatienceMs);
    net::spawn([](net::Pool& to, net::Deadline& until, net::Loop& on, Result<>& into) -> net::Task<void> {
      auto lease = co_await to.open(until, nullptr);
      into = lease ? Result<>() : std::unexpected<Error>(lease.error());
      on.stop();
    }(pool, deadline, *loop, reached));
    loop->run();
  }
  return reached;
}

}  // namespace

void check_names(const Patient& patient, std::vector<Check>& out) {
  const auto before = out.size();
  for (const auto& service : patient.config.services) {
    if (!is_remote(service)) continue;
    const auto url = net::parse_url(service.base_url);
    if (!url) continue;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(url->host.c_str(), nullptr, &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> hold(found, &::freeaddrinfo);
    if (error != 0)
      add(out, "dns", State::problem,
          fmt::format("the host {} of the service '{}' is not known: {}", url->host, service.id,
                      ::gai_strerror(error)),
          "correct its base_url, or the name service of this machine ('getent hosts NAME' tries it)");
  }
  if (out.size() == before) add(out, "dns", State::ok, "every service's host has an address");
}

void check_certificates(const Patient& patient, std::vector<Check>& out) {
  const auto before = out.size();
  bool tls = false;
  for (const auto& service : patient.config.services) {
    if (!is_remote(service)) continue;
    tls |= service.base_url.starts_with("https:");
    if (!service.ca_file.empty())
      if (const auto readable = read_file(service.ca_file, 16u << 20); !readable)
        add(out, "certificates", State::problem, readable.error().text(),
            fmt::format("give ca_file of the service '{}' a readable PEM file", service.id));
    if (!patient.connect) continue;
    if (const auto reached = reach(service); !reached)
      add(out, "certificates", State::problem,
          fmt::format("the service '{}' cannot be reached: {}", service.id, reached.error().text()),
          "mend what the message names, then run 'ostiary doctor --connect' again");
  }
  struct stat store{};
  if (tls && ::stat("/etc/ssl/certs/ca-certificates.crt", &store) != 0 && !std::getenv("SSL_CERT_FILE"))
    add(out, "certificates", State::problem,
        "this machine has no trust store, so that no service with https is trusted",
        "install the package ca-certificates");
  if (out.size() == before)
    add(out, "certificates", State::ok,
        patient.connect ? "every service answers, with a certificate that is trusted"
                        : "the trust store is there; --connect tries every service");
}

void check_credentials(const Patient& patient, std::vector<Check>& out) {
  const auto before = out.size();
  for (const auto& service : patient.config.services) {
    const auto kind = service.credential.kind;
    if (kind == CredentialSource::Kind::command && !patient.connect) continue;  // a command may do anything
    if (const auto made = gateway::Service::create(service); !made)
      add(out, "credentials", State::problem, made.error().text(),
          fmt::format("give the service '{}' its credential, or take it out of the configuration",
                      service.id));
    struct stat info{};
    if (kind == CredentialSource::Kind::file && ::stat(service.credential.value.c_str(), &info) == 0 &&
        (info.st_mode & 077))
      add(out, "credentials", State::warning, fmt::format("others may read {}", service.credential.value),
          "chmod 0600 it, and let it belong to the user of the gate");
  }
  if (out.size() != before) return;
  if (patient.config.services.empty())
    return add(out, "credentials", State::warning,
               "no service is configured: the gate takes what it finds in the environment and on local ports",
               "name services in the configuration file (docs/configuration.md)");
  add(out, "credentials", State::ok, "every service has what it needs");
}

}  // namespace ostiary::app
