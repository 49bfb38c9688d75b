#include "gateway/worker.h"

#include "gateway/client.h"
#include "gateway/health.h"

namespace ostiary::gateway {

namespace {
net::Pool::Settings pool_settings(const Service& service) {
  net::Pool::Settings settings;
  settings.url = service.url();
  settings.ca_file = service.settings().ca_file;
  settings.server_name = service.settings().server_name;
  settings.max_idle = service.settings().max_idle_connections;
  if (const Replay* replay = service.replay())
    settings.open = [replay](net::Loop& l) { return replay->open(l); };
  return settings;
}
}  // namespace

void Shared::publish(Setup next) {
  next.number = setup.get()->number + 1;
  next.prices = std::make_shared<const Prices>(next.settings.prices);
  limiter.configure(next.settings.limits);
  setup.replace(std::make_shared<const Setup>(std::move(next)));
}

Lane::Lane(net::Loop& loop, const Service& service) : pool(loop, pool_settings(service)) {}

Worker::Worker(Shared& shared_state, std::unique_ptr<net::Loop> owned)
    : shared(shared_state),
      loop_owner(std::move(owned)),
      loop(*loop_owner),
      recorder(loop, *shared.ledger, shared.sync),
      keys(shared.keys),
      tracer(shared.instruments.exporter),
      setup_(shared.setup) {
  if (shared.instruments.registry) meter = std::make_unique<Meter>(*shared.instruments.registry);
  loop.on_turn_end([this] { return recorder.flush(); });
}

const std::shared_ptr<const Setup>& Worker::setup() {
  if (setup_.refresh()) keep_lanes();
  return setup_.value();
}

// Lanes of services that are gone go; an exchange that still uses one holds it.
void Worker::keep_lanes() {
  std::vector<std::shared_ptr<Lane>> kept(lanes_.size());
  for (const auto& service : setup_.value()->services)
    if (service->slot() < lanes_.size()) kept[service->slot()] = std::move(lanes_[service->slot()]);
  lanes_ = std::move(kept);
}

std::shared_ptr<Lane> Worker::lane(const Service& service) {
  if (service.slot() >= lanes_.size()) lanes_.resize(service.slot() + 1);
  auto& lane = lanes_[service.slot()];
  if (!lane) {
    lane = std::make_shared<Lane>(loop, service);
    lane->traced_as = tracer.service(service);
    if (meter) lane->meter = std::make_unique<ServiceMeter>(meter->shard(), &service);
  }
  return lane;
}

void Worker::count(Exchange& x) {
  if (meter) meter->count(x, x.service ? lane(*x.service)->meter.get() : nullptr);
  tracer.end(x);
}

Worker::~Worker() = default;

Result<> Worker::listen(net::Bound socket, std::function<Worker&()> choose) {
  TRY(auto listener, net::Listener::open(loop, std::move(socket)));
  const bool tls = shared.tls && !listener->address().is_unix;
  doors_.push_back({std::move(listener), std::move(choose), tls});
  return {};
}

namespace {
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kTooManyOfOne =
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

std::string speak_tls() {
  GateError error;
  error.status = 400;
  error.code = "tls_required";
  error.message = "this address speaks TLS only: use https:// in the base URL";
  const auto body = error_body(error);
  return "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: "
         "close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void say(net::Stream& stream, std::string_view text) {
  const iovec part{const_cast<char*>(text.data()), text.size()};
  std::size_t put = 0;
  stream.write_some({&part, 1}, put);
}
}  // namespace

// True when the client speaks TLS now. One that begins with plain HTTP is told so.
net::Task<bool> Worker::secure(net::Stream& stream) {
  net::Deadline deadline(loop);
  deadline.set_after_ms(setup()->settings.head_timeout_ms);
  const auto shaken = co_await shared.tls->handshake(stream, deadline);
  if (shaken == net::TlsServer::Shaken::spoke_http) {
    say(stream, speak_tls());
    co_await stream.linger(deadline, 1000);
  }
  co_return shaken == net::TlsServer::Shaken::done;
}

void Worker::turn_away(net::Stream& stream, Guests::Admission why, bool tls) {
  const bool full = why == Guests::Admission::full;
  if (meter) (full ? meter->connections_refused : meter->client_connections_refused).add();
  if (!tls) say(stream, full ? kBusy : kTooManyOfOne);
}

net::Task<void> Worker::serve(Fd fd, bool tls) {
  if (meter) meter->connections.add(1);
  if (auto stream = net::Stream::adopt(loop, std::move(fd))) {
    const auto& settings = setup()->settings;
    Guests::Place place;
    const auto admission = shared.guests.enter(stream->fd(), settings.max_connections,
                                               settings.max_connections_per_client, place);
    if (admission != Guests::Admission::in) {
      turn_away(*stream, admission, tls);
    } else if (!tls || co_await secure(*stream)) {
      Client client(*this, std::move(*stream));
      co_await client.serve();
    }
  }
  connections_.fetch_sub(1);
  if (meter) meter->connections.add(-1);
}

void Worker::take(Fd fd, bool tls) {
  connections_.fetch_add(1);
  loop.post(
      [this, tls, held = std::make_shared<Fd>(std::move(fd))] { net::spawn(serve(std::move(*held), tls)); });
}

void Worker::run() {
  for (const auto& door : doors_)
    net::spawn(door.listener->accept_any([this, &door](Fd fd) {
      Worker& chosen = door.choose ? door.choose() : *this;
      if (&chosen != this) return chosen.take(std::move(fd), door.tls);
      connections_.fetch_add(1);
      net::spawn(serve(std::move(fd), door.tls));
    }));
  if (checks_health_) net::spawn(watch_health(*this));
  loop.run();
  recorder.close();
  doors_.clear();
  lanes_.clear();
}

std::string Worker::take_buffer() {
  if (buffers_.empty()) return {};
  std::string buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void Worker::give_buffer(std::string buffer) {
  constexpr std::size_t most_kept = 256, largest_kept = 128 * 1024;
  if (buffers_.size() >= most_kept || buffer.capacity() > largest_kept || buffer.capacity() < 256) return;
  buffer.clear();
  buffers_.push_back(std::move(buffer));
}

net::Task<void> Worker::end_rest_after(std::uint64_t ms) {
  net::Deadline over(loop);
  over.set_after_ms(ms);
  net::Waiter wait(loop);
  co_await wait.until(over);
  rest_over_ = true;
  loop.end_rest();
}

void Worker::drain(std::uint64_t grace_ms) {
  loop.post([this, grace_ms] {
    draining_ = true;
    for (const auto& door : doors_) door.listener->close();
    net::spawn(end_rest_after(grace_ms));
  });
}

bool Worker::answers() {
  if (!answered_.exchange(false)) return false;
  loop.post([this] { answered_ = true; });
  return true;
}

void Worker::stop() {
  loop.stop();
}

}  // namespace ostiary::gateway
