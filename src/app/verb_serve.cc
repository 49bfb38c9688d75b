#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include "app/activation.h"
#include "app/house.h"
#include "app/notify.h"
#include "app/verbs.h"
#include "base/log.h"
#include "base/time.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

std::string model_to_try(const gateway::Setup& setup) {
  for (const auto& service : setup.services)
    for (const auto& model : service->settings().models)
      if (model.name.find_first_of("*?") == std::string::npos &&
          model.name.find("embed") == std::string::npos)
        return model.name;
  for (const auto& service : setup.services)
    if (service->replay() && !service->replay()->models().empty()) return service->replay()->models().front();
  return "MODEL";
}

bool is_unix(const std::string& url) {
  return url.starts_with("unix:");
}

// The base URL of clients.
std::string base(const std::string& url) {
  return is_unix(url) ? url : url + "/v1";
}

void announce_json(const std::vector<std::string>& urls, const std::string& key,
                   const gateway::Setup& setup) {
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
  for (const auto& url : urls) w.string(url);
  w.end_array();
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  w.key("services");
  w.begin_array();
  for (const auto& service : setup.services) w.string(service->id());
  w.end_array();
  w.end_object();
  out += '\n';
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

void announce_text(const std::vector<std::string>& urls, const std::string& key, const std::string& data,
                   const gateway::Setup& setup) {
  std::string out = "Ostiary's gate is open at ";
  std::string_view separator;
  for (const auto& url : urls) {
    out += std::string(separator) + base(url);
    separator = ", ";
  }
  out += "\n\n  services  ";
  separator = "";
  for (const auto& service : setup.services) {
    out += std::string(separator) + service->id();
    separator = ", ";
  }
  out += "\n  data      " + data + "\n";
  if (!key.empty())
    out += "  key       " + key + "\n            (shown this once; 'ostiary key create' makes more)\n";
  const auto& url = urls.front();
  const auto to_try = is_unix(url) ? "--unix-socket " + url.substr(5) + " http://gate/v1" : base(url);
  out += "\nTry it:\n\n  curl -sS " + to_try + "/chat/completions \\\n       -H \"Authorization: Bearer " +
         (key.empty() ? "$OSTIARY_KEY" : key) +
         "\" \\\n       -H 'Content-Type: application/json' \\\n       -d '{\"model\": \"" +
         model_to_try(setup) +
         "\", \"messages\": [{\"role\": \"user\", \"content\": \"What is an AI policy for?\"}]}'\n\n";
  if (key.empty()) out += "OSTIARY_KEY is a key made by 'ostiary key create' or shown by the first start.\n";
  out += "Stop it with Ctrl-C.\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

void announce_quietly(const std::string& url, const std::string& key) {
  const std::string out = base(url) + "\n" + (key.empty() ? "" : key + "\n");
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
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
std::uint32_t fitting_connections(std::uint64_t descriptors) {
  constexpr std::uint64_t for_files = 128, most = 1u << 30;
  const std::uint64_t fit = descriptors > 2 * for_files ? (descriptors - for_files) / 2 : for_files / 2;
  return static_cast<std::uint32_t>(std::min(fit, most));
}

// What SIGHUP asks for. A bad file leaves the old one in force, and the log says why.
void reload(House& house) {
  const auto names = house.reload("signal");
  if (!names) return log::error("not reloaded, all stays as it was: " + names.error().text());
  log::info("reloaded");
  if (!names->empty()) log::warn(fmt::format("needs a restart: {}", fmt::join(*names, ", ")));
}

// Reloads on a thread of its own, because reading credentials may take its time and the service manager wants
// to hear of us meanwhile. What asks for a reload during one gets another behind it.
class Reloader {
 public:
  Reloader(House& house, std::function<void()> done) : house_(house), done_(std::move(done)) {}
  ~Reloader() {
    if (thread_.joinable()) thread_.join();
  }
  void ask() {
    if (asked_.fetch_add(1) > 0) return;
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([this] {
      for (int seen = asked_.load(); seen > 0; seen = asked_.fetch_sub(seen) - seen) reload(house_);
      done_();
    });
  }

 private:
  House& house_;
  std::function<void()> done_;
  std::atomic<int> asked_{0};
  std::thread thread_;
};

// The next signal, or nothing after `ms` (0: waits for ever).
int next_signal(const sigset_t& signals, std::uint64_t ms) {
  const timespec most{static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000 * 1'000'000)};
  const int signal = ms ? ::sigtimedwait(&signals, nullptr, &most) : ::sigwaitinfo(&signals, nullptr);
  return std::max(signal, 0);
}

// Serves until a signal ends the program. The signals must be blocked in every thread before.
void serve_until_end(House& house, const sigset_t& signals, const Notifier& notifier) {
  const auto ready = [&] { notifier.ready(fmt::format("open at {}", fmt::join(house.urls(), ", "))); };
  ready();
  Reloader reloader(house, ready);
  for (;;) {
    const int signal = next_signal(signals, notifier.watchdog_ms() / 2);
    if (signal == SIGHUP) {
      notifier.reloading(mono_now());
      reloader.ask();
    } else if (signal == SIGUSR1) {
      if (const auto opened = house.reopen_logs(); !opened) log::error(opened.error().text());
    } else if (signal != 0) {
      house.end_reloads();
      return notifier.stopping();
    } else if (house.answers()) {
      notifier.alive();
    }
  }
}

const char* variable(const char* name) {
  return std::getenv(name);
}

// What was said to this process alone is not said to the commands that it runs.
void forget_manager() {
  for (const char* name :
       {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
    ::unsetenv(name);
}

}  // namespace

Result<int> run_serve(const ServeOptions& given) {
  if (given.print_config) {
    const std::string defaults = print_defaults();
    std::fwrite(defaults.data(), 1, defaults.size(), stdout);
    return 0;
  }
  ServeOptions options = given;
  options.most_connections = fitting_connections(prepare_process());
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int s : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::sigaddset(&signals, s);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a full quota is a failed write, which closes the gate with a clear 503

  const Notifier notifier(variable, ::getpid());
  TRY(auto sockets, inherited_sockets(variable, ::getpid()));
  forget_manager();
  TRY(const auto house, House::open(options, std::move(sockets), notifier));
  const auto urls = house->urls();
  const std::string& key = house->first_key();
  const auto setup = house->shared().setup.get();
  if (options.format == Format::json)
    announce_json(urls, key, *setup);
  else if (options.quiet)
    announce_quietly(urls.front(), key);
  else
    announce_text(urls, key, house->config().data, *setup);

  serve_until_end(*house, signals, notifier);
  const auto drain_ms = house->config().drain_timeout_ms;
  house->drain();
  if (!house->idle() && options.format != Format::json && !options.quiet)
    log::info("closing: exchanges under way may end, at most " + std::to_string(drain_ms / 1000) +
              " s; once more ends them now");
  TRY_VOID(house->close(drain_ms, [&] {
    const timespec now{};
    return ::sigtimedwait(&signals, nullptr, &now) > 0;
  }));
  return 0;
}

}  // namespace ostiary::app
