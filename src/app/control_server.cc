#include "app/control_server.h"

#include <fmt/format.h>
#include <optional>
#include <poll.h>

#include "net/http.h"

namespace ostiary::app {

namespace {

using gateway::SideAnswer;
using gateway::SideDoor;
using gateway::SideRequest;

constexpr std::size_t kMostHead = 64 * 1024;
constexpr std::uint64_t kPatienceMs = 10'000;
constexpr std::uint64_t kLookMs = 250;  // between looks whether who has asked is still there

// Whether the other end is closed altogether: who has closed only the side that they write may still read.
bool has_hung_up(const net::Stream& stream) {
  pollfd look{stream.watch()->fd, 0, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

SideRequest request_of(const net::Head& head, std::string_view body) {
  const auto target = net::split_target(head.target);
  SideRequest request;
  request.method = head.method;
  request.path = target.path;
  request.query = target.query;
  request.body = body;
  for (const auto& h : head.headers) request.headers.emplace_back(h.name, h.value);
  request.local = true;
  return request;
}

std::string head_of(const SideAnswer& answer) {
  auto out = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nConnection: close\r\n", answer.status,
                         net::reason(answer.status), answer.content_type);
  for (const auto& [name, value] : answer.headers) out += fmt::format("{}: {}\r\n", name, value);
  if (!answer.stream) out += fmt::format("Content-Length: {}\r\n", answer.body.size());
  return out + "\r\n";
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::start(const std::string& data_folder, SideDoor& door) {
  std::unique_ptr<ControlServer> server(new ControlServer(door));
  TRY(server->loop_, net::Loop::create());
  TRY(server->listener_,
      net::Listener::open(*server->loop_, net::Address{data_folder + "/control.sock", 0, true}, false));
  server->thread_ = std::thread([s = server.get()] {
    net::spawn(s->listener_->accept([s](net::Stream stream) { net::spawn(s->serve(std::move(stream))); }));
    s->loop_->run();
    s->listener_.reset();
  });
  return server;
}

ControlServer::~ControlServer() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

net::Task<ControlServer::Read> ControlServer::read_request(net::Stream& stream, net::Deadline& deadline,
                                                           SideRequest& request) {
  net::HeadParser parser(kMostHead);
  net::Head head;
  net::HeadError wrong;
  std::string in;
  std::optional<std::size_t> whole;  // bytes, once the head is there
  for (;;) {
    if (!whole || in.size() >= *whole) {
      parser.reset();
      const auto parsed = in.empty() ? net::Parse::more : parser.request(in, head, wrong);
      if (parsed == net::Parse::wrong) co_return Read::broken;
      if (parsed == net::Parse::done) {
        const auto length = head.framing.content_length.value_or(0);
        if (length > door_.most_body(request_of(head, {}))) co_return Read::too_large;
        whole = head.size + length;
        if (in.size() >= *whole) {
          request = request_of(head, std::string_view(in).substr(head.size, length));
          co_return Read::whole;
        }
      }
    }
    std::size_t got = 0;
    const net::Io io = stream.read_some({loop_->scratch(), net::Loop::kScratchBytes}, got);
    if (io == net::Io::done) {
      in.append(loop_->scratch(), got);
      continue;
    }
    if (io != net::Io::again) co_return Read::broken;
    net::Waiter wait(*loop_);
    if (co_await wait.read(stream.watch()).until(deadline) != net::Wake::ready) co_return Read::broken;
  }
}

net::Task<std::optional<SideAnswer>> ControlServer::await(net::Stream& stream,
                                                          std::shared_ptr<net::Owed<SideAnswer>> owed) {
  net::Deadline look(*loop_);
  while (!owed->value) {
    look.set_after_ms(kLookMs);
    net::Waiter wait(*loop_);
    owed->waiter = &wait;
    const net::Wake why = co_await wait.until(look);
    owed->waiter = nullptr;
    const bool waits_on = why == net::Wake::ready || (why == net::Wake::timeout && !has_hung_up(stream));
    if (!waits_on) co_return std::nullopt;
  }
  co_return std::move(owed->value);
}

net::Task<void> ControlServer::send(net::Stream& stream, net::Deadline& deadline, const SideAnswer& answer) {
  deadline.set_after_ms(kPatienceMs);
  const auto head = head_of(answer) + (answer.stream ? std::string() : answer.body);
  if (!co_await stream.write(head, deadline, kPatienceMs)) co_return;
  while (answer.stream) {
    auto owed = std::make_shared<net::Owed<std::string>>();
    answer.stream->next(net::payer(*loop_, owed));
    const auto bytes = co_await net::wait_for(*loop_, owed, stream.watch(), false);
    if (!bytes || bytes->empty()) co_return;
    deadline.set_after_ms(kPatienceMs);
    if (!co_await stream.write(*bytes, deadline, kPatienceMs)) co_return;
  }
}

net::Task<void> ControlServer::serve(net::Stream stream) {
  net::Deadline deadline(*loop_);
  deadline.set_after_ms(kPatienceMs);
  SideRequest request;
  const Read read = co_await read_request(stream, deadline, request);
  if (read == Read::broken) co_return;
  if (read == Read::too_large) {
    SideAnswer refused;
    refused.status = 413;
    refused.body = door_.refusal("body_too_large", "the body is larger than this takes");
    co_await send(stream, deadline, refused);
    co_return co_await stream.linger(deadline, kLookMs);
  }
  auto owed = std::make_shared<net::Owed<SideAnswer>>();
  std::stop_source left;
  request.left = left.get_token();
  door_.ask(std::move(request), net::payer(*loop_, owed));
  const auto answer = co_await await(stream, owed);
  if (answer)
    co_await send(stream, deadline, *answer);
  else
    left.request_stop();
}

}  // namespace ostiary::app
