#include "gateway/gate.h"

#include <algorithm>
#include <chrono>
#include <sched.h>

namespace ostiary::gateway {

namespace {
std::uint32_t usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
}

constexpr unsigned kSocketMode = 0660;
constexpr std::uint64_t kGraceMs = 500;

Result<> check_reach(const net::Address& address, const GateSettings& settings) {
  if (net::is_loopback(address) || settings.allow_remote || !settings.tls.certificate.empty()) return {};
  return fail(
      Code::invalid,
      "listening beyond loopback in plain HTTP shows keys and prompts to the network; give the gate a "
      "certificate (tls.certificate, tls.key), or say --allow-remote if it is meant",
      net::to_text(address));
}
}  // namespace

Result<std::unique_ptr<Gate>> Gate::open(Shared& shared, std::vector<net::Bound> inherited) {
  const auto setup = shared.setup.get();
  const auto& settings = setup->settings;
  std::unique_ptr<Gate> gate(new Gate);
  const std::uint32_t count = settings.loops ? settings.loops : usable_processors();
  for (std::uint32_t i = 0; i < count; ++i) {
    TRY(auto loop, net::Loop::create());
    gate->workers_.push_back(std::make_unique<Worker>(shared, std::move(loop)));
  }
  for (auto& socket : inherited) {
    TRY_VOID(check_reach(socket.address(), settings));
    TRY_VOID(gate->listen_spread(std::move(socket)));
  }
  gate->inherited_ = !inherited.empty();
  if (gate->inherited_) return gate;
  for (const auto& text : settings.listen) {
    TRY(const auto address, net::parse_address(text));
    TRY_VOID(check_reach(address, settings));
    if (!address.is_unix) {
      TRY_VOID(gate->listen_tcp(address));
      continue;
    }
    TRY(auto socket, net::Bound::open(address, {.mode = kSocketMode, .group = settings.socket_group}));
    TRY_VOID(gate->listen_spread(std::move(socket)));
  }
  return gate;
}

// Every worker has a socket of its own, and the kernel spreads connections.
Result<> Gate::listen_tcp(net::Address address) {
  const bool several = workers_.size() > 1;
  // Several loops share the port, and so could another gate unnoticed: one try alone shows whether it is
  // free.
  if (several && address.port != 0) TRY_VOID(net::Bound::open(address, {}));
  for (const auto& worker : workers_) {
    TRY(auto socket, net::Bound::open(address, {.shared = several}));
    address = socket.address();
    TRY_VOID(worker->listen(std::move(socket)));
  }
  addresses_.push_back(std::move(address));
  return {};
}

// One socket for all workers: one of them accepts, and gives each connection to whoever has the fewest.
Result<> Gate::listen_spread(net::Bound socket) {
  Worker& accepting = *workers_[addresses_.size() % workers_.size()];
  addresses_.push_back(socket.address());
  return accepting.listen(std::move(socket), [this, &accepting]() -> Worker& {
    Worker* fewest = &accepting;
    for (const auto& worker : workers_)
      if (worker->connections() < fewest->connections()) fewest = worker.get();
    return *fewest;
  });
}

void Gate::run() {
  workers_.front()->check_health();
  credentials_ = std::make_unique<CredentialWatch>(workers_.front()->shared.setup);
  for (auto& worker : workers_) threads_.emplace_back([w = worker.get()] { w->run(); });
}

bool Gate::idle() const {
  return std::ranges::all_of(workers_, [](const auto& worker) { return worker->idle(); });
}

bool Gate::answers() {
  bool all = true;
  for (const auto& worker : workers_) all &= worker->answers();
  return all;
}

void Gate::drain() {
  if (std::exchange(draining_, true)) return;
  for (auto& worker : workers_) worker->drain(inherited_ ? kGraceMs : 0);
  // Connections at rest end soon; what is left after a moment is under way.
  for (int i = 0; i < 20 && !idle(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void Gate::stop(std::uint64_t deadline_ms, const std::function<bool()>& enough) {
  drain();
  using namespace std::chrono;
  const auto until = steady_clock::now() + milliseconds(deadline_ms);
  while (!idle() && steady_clock::now() < until && !(enough && enough()))
    std::this_thread::sleep_for(milliseconds(5));
  credentials_.reset();
  for (auto& worker : workers_) worker->stop();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

Gate::~Gate() {
  stop(0);
}

}  // namespace ostiary::gateway
