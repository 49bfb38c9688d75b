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
}  // namespace

Result<std::unique_ptr<Gate>> Gate::open(Shared& shared) {
  const auto setup = shared.setup.get();
  const auto& settings = setup->settings;
  TRY(auto address, net::parse_address(settings.listen));
  if (!net::is_loopback(address) && !settings.allow_remote)
    return fail(Code::invalid,
                "listening beyond loopback lets others on the network use your credentials; if that is "
                "meant, say --allow-remote",
                settings.listen);
  std::unique_ptr<Gate> gate(new Gate);
  const std::uint32_t count = settings.loops ? settings.loops : usable_processors();
  for (std::uint32_t i = 0; i < count; ++i) {
    TRY(auto loop, net::Loop::create());
    // Several loops share the port, and so could another gate unnoticed: one try alone shows whether it is
    // free.
    if (i == 0 && count > 1 && address.port != 0) {
      TRY(const auto alone, net::Listener::open(*loop, address, false));
      (void)alone;
    }
    gate->workers_.push_back(std::make_unique<Worker>(shared, std::move(loop)));
    TRY(address, gate->workers_.back()->listen(address, count > 1));
  }
  gate->address_ = address;
  return gate;
}

void Gate::run() {
  for (auto& worker : workers_) threads_.emplace_back([w = worker.get()] { w->run(); });
}

bool Gate::idle() const {
  return std::ranges::all_of(workers_, [](const auto& worker) { return worker->idle(); });
}

void Gate::drain() {
  for (auto& worker : workers_) worker->drain();
  // Connections at rest end at once; what is left after a moment is under way.
  for (int i = 0; i < 20 && !idle(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void Gate::stop(std::uint64_t deadline_ms, const std::function<bool()>& enough) {
  drain();
  using namespace std::chrono;
  const auto until = steady_clock::now() + milliseconds(deadline_ms);
  while (!idle() && steady_clock::now() < until && !(enough && enough()))
    std::this_thread::sleep_for(milliseconds(5));
  for (auto& worker : workers_) worker->stop();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

Gate::~Gate() {
  stop(0);
}

}  // namespace ostiary::gateway
