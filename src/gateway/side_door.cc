#include "gateway/side_door.h"

#include "base/text.h"
#include "gateway/client.h"
#include "gateway/headers.h"
#include "gateway/worker.h"

namespace ostiary::gateway {

namespace {

// What another thread owes to a coroutine of this loop. Whoever comes late finds nobody waiting.
template <class T>
struct Owed {
  std::optional<T> value;
  net::Waiter* waiter = nullptr;
};

// A function that hands a value to the coroutine that waits for `owed`, from any thread.
template <class T>
std::function<void(T)> payer(net::Loop& loop, std::shared_ptr<Owed<T>> owed) {
  return [owed, remote = loop.remote()](T value) {
    remote->post([owed, value = std::move(value)]() mutable {
      owed->value = std::move(value);
      if (owed->waiter) owed->waiter->fire(net::Wake::ready);
    });
  };
}

// Nothing: the client left, or the gate stops.
template <class T>
net::Task<std::optional<T>> wait_for(Worker& worker, Client& client, std::shared_ptr<Owed<T>> owed,
                                     bool rests) {
  if (!owed->value) {
    net::Waiter wait(worker.loop);
    owed->waiter = &wait;
    if (rests) wait.resting();
    const net::Wake why = co_await wait.gone(client.watch());
    owed->waiter = nullptr;
    if (why != net::Wake::ready) co_return std::nullopt;
  }
  co_return std::move(owed->value);
}

SideRequest side_request(const Exchange& x) {
  SideRequest request;
  request.method = x.head.method;
  request.path = x.path;
  request.query = x.query;
  request.body = x.body;
  for (const auto& h : x.head.headers) {
    const bool credential = text::iequals(h.name, "authorization") || text::iequals(h.name, "cookie") ||
                            text::iequals(h.name, "x-api-key") || text::iequals(h.name, "x-ostiary-key");
    if (!credential) request.headers.emplace_back(h.name, h.value);
  }
  if (x.caller.key) request.caller = *x.caller.key;
  request.key_given = x.caller.key_given;
  return request;
}

net::Task<void> send_stream(Worker& worker, Client& client, SideStream& stream) {
  for (;;) {
    auto owed = std::make_shared<Owed<std::string>>();
    stream.next(payer(worker.loop, owed));
    if (client.head_waiting()) client.body({}, false);
    const auto bytes = co_await wait_for(worker, client, owed, true);
    if (!bytes) co_return client.close_after();
    if (bytes->empty()) co_return client.finish();
    client.body(*bytes, false);
    if ((client.backlogged() && !co_await client.drain()) || client.broken()) co_return;
  }
}

}  // namespace

std::string SideRequest::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (text::iequals(known, name)) return value;
  return {};
}

net::Task<void> answer_aside(Worker& worker, Client& client, Exchange& x) {
  auto owed = std::make_shared<Owed<SideAnswer>>();
  worker.shared.side_door->ask(side_request(x), payer(worker.loop, owed));
  const auto answer = co_await wait_for(worker, client, owed, false);
  if (!answer) co_return client.close_after();
  Client::AnswerHead head{answer->status, {}, std::nullopt};
  if (!answer->content_type.empty()) append_header(head.headers, "Content-Type", answer->content_type);
  for (const auto& [name, value] : answer->headers) append_header(head.headers, name, value);
  const bool no_body = x.head.method == "HEAD";
  if (answer->stream && !no_body) {
    client.begin(x, head);
    co_await send_stream(worker, client, *answer->stream);
  } else {
    head.length = answer->body.size();
    client.begin(x, head);
    client.body(no_body ? std::string_view() : std::string_view(answer->body), true);
    if (no_body) client.close_after();
  }
  if (client.backlogged()) [[maybe_unused]]
    const auto drained = co_await client.drain();
}

}  // namespace ostiary::gateway
