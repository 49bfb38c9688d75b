#include "app/gate_client.h"

#include <fmt/format.h>

#include "app/control_client.h"
#include "net/loop.h"
#include "net/pool.h"
#include "net/task.h"

namespace ostiary::app {

namespace {

constexpr std::uint64_t kPatienceMs = 15'000;
constexpr std::size_t kMostBytes = 64u << 20;

net::Task<Result<std::string>> read_all(net::Loop& loop, net::Stream& stream, net::Deadline& deadline) {
  std::string in;
  while (in.size() <= kMostBytes) {
    std::size_t got = 0;
    const net::Io io = stream.read_some({loop.scratch(), net::Loop::kScratchBytes}, got);
    if (io == net::Io::done) {
      in.append(loop.scratch(), got);
      continue;
    }
    if (io != net::Io::again) co_return in;
    net::Waiter wait(loop);
    if (co_await wait.read(stream.watch()).until(deadline) != net::Wake::ready)
      co_return fail(Code::timeout, "the gate did not answer in time");
  }
  co_return fail(Code::too_large, "the gate's answer has no end");
}

net::Task<void> ask(net::Loop& loop, const net::Url& url, const std::string& request,
                    Result<std::string>& answer) {
  net::Deadline deadline(loop);
  deadline.set_after_ms(kPatienceMs);
  net::Pool::Settings settings;
  settings.url = url;
  net::Pool pool(loop, settings);
  auto lease = co_await pool.open(deadline, nullptr);
  if (!lease) {
    answer = std::unexpected(lease.error());
  } else if (const auto sent = co_await lease->stream.write(request, deadline, kPatienceMs); !sent) {
    answer = std::unexpected(sent.error());
  } else {
    answer = co_await read_all(loop, lease->stream, deadline);
  }
  loop.stop();
}

}  // namespace

Result<std::string> ask_gate(std::string_view given, std::string_view key, std::string_view method,
                             std::string_view path, std::string_view body) {
  TRY(auto url, net::parse_url(given));
  if (url.path.ends_with("/v1")) url.path.erase(url.path.size() - 3);
  auto request = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nUser-Agent: ostiary\r\n",
                             method, url.path, path, url.authority());
  if (!key.empty()) request += fmt::format("Authorization: Bearer {}\r\n", key);
  if (!body.empty()) request += "Content-Type: application/json\r\n";
  request += fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
  TRY(const auto loop, net::Loop::create());
  Result<std::string> bytes = fail(Code::io, "the gate did not answer");
  loop->post([&] { net::spawn(ask(*loop, url, request, bytes)); });
  loop->run();
  if (!bytes) {
    bytes.error().where = url.authority();
    return bytes;
  }
  const auto answer = parse_answer(*bytes);
  if (!answer) return fail(Code::io, "what answers there is no gate, or of another version", url.authority());
  return result_of(*answer);
}

}  // namespace ostiary::app
