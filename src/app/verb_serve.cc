#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "app/config.h"
#include "app/control_server.h"
#include "app/discover.h"
#include "app/verbs.h"
#include "base/file.h"
#include "base/log.h"
#include "catalog/catalog.h"
#include "gateway/class_actions.h"
#include "gateway/gate.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

constexpr int kProbeMs = 60;
constexpr std::uint64_t kDrainMs = 10'000;
constexpr WallMs kRememberResponsesMs =
    30LL * 24 * 3600 * 1000;  // services keep responses for 30 days by default

Result<Config> settle_config(const ServeOptions& options) {
  Config config;
  if (!options.config.empty()) {
    TRY(config, load_config(options.config));
  }
  TRY_VOID(apply_environment(config,
                             [](const char* name) { return static_cast<const char*>(std::getenv(name)); }));
  if (!options.listen.empty()) config.gate.listen = options.listen;
  if (!options.data.empty()) config.data = options.data;
  if (options.allow_remote) config.gate.allow_remote = true;
  TRY(const auto address, net::parse_address(config.gate.listen));
  (void)address;
  return config;
}

Result<> make_services(const Config& config, gateway::Shared& shared) {
  auto wanted =
      config.services_configured
          ? config.services
          : discover_services([](const char* name) { return static_cast<const char*>(std::getenv(name)); },
                              kProbeMs);
  for (auto& settings : wanted) {
    TRY(auto service, gateway::Service::create(std::move(settings), shared.services.size()));
    shared.services.push_back(std::move(service));
  }
  return {};
}

// The first start makes one key, so that there is something to try the gate with.
Result<std::string> first_key(store::Store& store, ledger::Ledger& ledger) {
  TRY(const auto keys, store.keys());
  if (!keys.empty()) return std::string();
  const char* user = std::getenv("USER");
  TRY(const auto made, store.create_key("default", user && *user ? user : "admin", wall_now()));
  TRY_VOID(record_change(ledger, "key-created", made.entry.id,
                         R"({"subject":)" + json::quoted(made.entry.subject) + R"(,"team":"default"})"));
  return std::string(made.text.reveal());
}

std::string model_to_try(const gateway::Shared& shared) {
  for (const auto& service : shared.services)
    for (const auto& model : service->settings().models)
      if (model.name.find_first_of("*?") == std::string::npos &&
          model.name.find("embed") == std::string::npos)
        return model.name;
  for (const auto& service : shared.services)
    if (service->replay() && !service->replay()->models().empty()) return service->replay()->models().front();
  return "MODEL";
}

void announce_json(const std::string& url, const std::string& key, const gateway::Shared& shared) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("key");
  if (key.empty())
    w.null();
  else
    w.string(key);
  w.member("kind", "ready");
  w.key("listen");
  w.begin_array();
  w.string(url);
  w.end_array();
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  w.key("services");
  w.begin_array();
  for (const auto& service : shared.services) w.string(service->id());
  w.end_array();
  w.end_object();
  out += '\n';
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

void announce_text(const std::string& url, const std::string& key, const std::string& data,
                   const gateway::Shared& shared) {
  std::string out = "Ostiary's gate is open at " + url + "/v1\n\n  services  ";
  std::string_view separator;
  for (const auto& service : shared.services) {
    out += std::string(separator) + service->id();
    separator = ", ";
  }
  out += "\n  data      " + data + "\n";
  if (!key.empty())
    out += "  key       " + key + "\n            (shown this once; 'ostiary key create' makes more)\n";
  out += "\nTry it:\n\n  curl -sS " + url + "/v1/chat/completions \\\n       -H \"Authorization: Bearer " +
         (key.empty() ? "$OSTIARY_KEY" : key) +
         "\" \\\n       -H 'Content-Type: application/json' \\\n       -d '{\"model\": \"" +
         model_to_try(shared) +
         "\", \"messages\": [{\"role\": \"user\", \"content\": \"What is an AI policy for?\"}]}'\n\n";
  if (key.empty()) out += "OSTIARY_KEY is a key made by 'ostiary key create' or shown by the first start.\n";
  out += "Stop it with Ctrl-C.\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

void set_log_level(const std::string& level) {
  if (level == "debug")
    log::set_level(log::Level::debug);
  else if (level == "warn")
    log::set_level(log::Level::warn);
  else if (level == "error")
    log::set_level(log::Level::error);
}

// As many descriptors as the system lets us have, and no core file: it would hold keys and prompts. Returns
// the limit.
std::uint64_t prepare_process() {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return 1024;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_max;
}

// Connections that may be open at once, each with one to a service, and some descriptors left for files.
std::uint32_t fitting_connections(std::uint32_t wanted, std::uint64_t descriptors) {
  constexpr std::uint64_t for_files = 128;
  const std::uint64_t fit = descriptors > 2 * for_files ? (descriptors - for_files) / 2 : for_files / 2;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, fit));
}

// Waits for the signal that ends the program. It must be blocked in every thread before.
void wait_for_end(const sigset_t& signals) {
  int signal = 0;
  while (::sigwait(&signals, &signal) != 0) {
  }
}

// What `serve` holds while it runs; goes down in reverse order, the lock last.
struct House {
  store::DataLock lock;
  std::unique_ptr<ledger::Ledger> ledger;
  gateway::NoInspection inspector;
  gateway::NoExamination examiner;
  gateway::ClassActions decider;
  gateway::Shared shared;
  std::unique_ptr<ControlServer> control;
  std::unique_ptr<gateway::Gate> gate;
};

Result<std::string> open_house(House& house, const Config& config) {
  TRY(house.ledger, ledger::Ledger::open(config.data, config.ledger));
  TRY(auto store, store::open_sqlite(config.data + "/store.sqlite"));
  auto& shared = house.shared;
  shared.settings = config.gate;
  shared.ledger = house.ledger.get();
  shared.sync = config.ledger.sync;
  shared.inspector = &house.inspector;
  shared.decider = &house.decider;
  shared.examiner = &house.examiner;
  TRY_VOID(make_services(config, shared));
  TRY(const auto homes, store->recent_responses(wall_now(), kRememberResponsesMs));
  shared.homes.restore(homes);
  TRY(house.gate, gateway::Gate::open(shared));
  TRY(auto key, first_key(*store, *house.ledger));  // after all that may fail: it is shown only once
  TRY(house.control, ControlServer::start(config.data, std::move(store), shared));
  shared.homes.persist_with([control = house.control.get()](const store::StoredResponse& response) {
    control->remember_response(response);
  });
  house.gate->run();
  return key;
}

}  // namespace

Result<int> run_serve(const ServeOptions& options) {
  if (options.print_config) {
    const std::string defaults = print_defaults();
    std::fwrite(defaults.data(), 1, defaults.size(), stdout);
    return 0;
  }
  TRY(Config config, settle_config(options));
  config.gate.max_connections = fitting_connections(config.gate.max_connections, prepare_process());
  set_log_level(config.log_level);

  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, s);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a full quota is a failed write, which closes the gate with a clear 503

  TRY(auto lock, store::DataLock::acquire(config.data));
  House house{std::move(lock), nullptr, {}, {}, {config.gate.data_classes, config.gate.reroute_to}, {},
              nullptr,         nullptr};
  TRY(const std::string key, open_house(house, config));
  TRY_VOID(record_change(*house.ledger, "started", "gate",
                         R"({"catalog":)" + json::quoted(catalog::version()) + "}"));

  const auto& address = house.gate->address();
  const std::string url =
      "http://" + (address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]") +
      ":" + std::to_string(address.port);
  if (options.format == Format::json)
    announce_json(url, key, house.shared);
  else if (options.quiet)
    std::fputs((key.empty() ? url + "/v1\n" : url + "/v1\n" + key + "\n").c_str(), stdout),
        std::fflush(stdout);
  else
    announce_text(url, key, config.data, house.shared);

  wait_for_end(signals);
  house.gate->drain();
  if (!house.gate->idle() && options.format != Format::json && !options.quiet)
    log::info("closing: exchanges under way may end, at most " + std::to_string(kDrainMs / 1000) +
              " s; once more ends them now");
  house.gate->stop(kDrainMs, [&] {
    const timespec now{};
    return ::sigtimedwait(&signals, nullptr, &now) > 0;
  });
  TRY_VOID(record_change(*house.ledger, "stopped", "gate", "{}"));
  return 0;
}

}  // namespace ostiary::app
