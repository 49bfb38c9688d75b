// Checkpoints as POST requests, each on a loop and connection of its own.

#include <fmt/format.h>

#include "app/impl/witness_kinds.h"
#include "app/verbs.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/pool.h"
#include "net/task.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kMaxHead = 64U << 10;  // bytes
constexpr std::uint64_t kWriteMs = 15'000;   // between two bytes that it takes
constexpr std::uint64_t kLookMs = 50;        // how soon a nearer `until` is noticed

struct Delivery {
  net::Loop& loop;
  net::Pool pool;
  std::string request;
  net::Deadline deadline;
  Result<> done = fail(Code::timeout, "it did not answer in time");
};

std::string request_of(const net::Url& url, std::string_view note) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: ostiary/{}\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
      url.path.empty() ? "/" : url.path, url.authority(), version(), note.size(), note);
}

net::Task<Result<>> read_answer(Delivery& delivery, net::Stream& stream) {
  net::HeadParser parser(kMaxHead);
  std::string bytes;
  for (;;) {
    std::size_t got = 0;
    const auto io = stream.read_some({delivery.loop.scratch(), net::Loop::kScratchBytes}, got);
    if (io == net::Io::end || io == net::Io::failed) co_return fail(Code::io, "it closed the connection");
    if (io == net::Io::again) {
      net::Waiter wait(delivery.loop);
      const auto why = co_await wait.read(stream.watch());
      if (why != net::Wake::ready) co_return fail(Code::timeout, "it did not answer in time");
      continue;
    }
    bytes.append(delivery.loop.scratch(), got);
    parser.reset();
    net::Head head;
    net::HeadError wrong;
    auto parsed = parser.response(bytes, head, wrong);
    while (parsed == net::Parse::done && head.status < 200) {  // 100 Continue and its like
      bytes.erase(0, head.size);
      parser.reset();
      parsed = parser.response(bytes, head, wrong);
    }
    if (parsed == net::Parse::wrong) co_return fail(Code::io, "its answer is not valid HTTP");
    if (parsed == net::Parse::more) continue;
    if (head.status >= 300)
      co_return fail(Code::denied, fmt::format("it answered {} {}", head.status, net::reason(head.status)));
    co_return Result<>{};
  }
}

net::Task<void> deliver(Delivery& delivery) {
  auto lease = co_await delivery.pool.open(delivery.deadline, nullptr);
  if (!lease) {
    delivery.done = std::unexpected(lease.error());
    delivery.done.error().where.clear();  // the courier says whom it is about
  } else {
    delivery.done = co_await lease->stream.write(delivery.request, delivery.deadline, kWriteMs);
    delivery.deadline.clear();  // guard() has the time
    if (delivery.done) delivery.done = co_await read_answer(delivery, lease->stream);
  }
  delivery.loop.stop();
}

// Ends the loop, and with it all waiting, when `until` has come.
net::Task<void> guard(net::Loop& loop, const std::atomic<MonoNs>& until) {
  net::Deadline look(loop);
  while (!loop.stopping() && mono_now() < until) {
    look.set_after_ms(kLookMs);
    net::Waiter wait(loop);
    const auto why = co_await wait.until(look);
    if (why == net::Wake::cancelled) co_return;
  }
  loop.stop();
}

}  // namespace

Result<> give_to_webhook(const WitnessSettings& witness, std::string_view note,
                         const std::atomic<MonoNs>& until) {
  TRY(const auto url, net::parse_url(witness.target));
  TRY(const auto loop, net::Loop::create());
  net::Pool::Settings settings;
  settings.url = url;
  settings.ca_file = witness.ca_file;
  Delivery delivery{*loop, net::Pool(*loop, settings), request_of(url, note), net::Deadline(*loop)};
  delivery.deadline.set(until);
  net::spawn(guard(*loop, until));
  net::spawn(deliver(delivery));
  loop->run();
  if (!delivery.done && mono_now() >= until) return fail(Code::timeout, "it did not answer in time");
  return delivery.done;
}

}  // namespace ostiary::app
