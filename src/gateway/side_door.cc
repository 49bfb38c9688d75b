#include "gateway/side_door.h"

#include "base/text.h"
#include "gateway/client.h"
#include "gateway/headers.h"
#include "gateway/worker.h"
#include "net/owed.h"

namespace ostiary::gateway {

namespace {

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
    auto owed = std::make_shared<net::Owed<std::string>>();
    stream.next(net::payer(worker.loop, owed));
    if (client.head_waiting()) client.body({}, false);
    const auto bytes = co_await net::wait_for(worker.loop, owed, client.watch(), true);
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

std::size_t most_body_aside(const Worker& worker, const Exchange& x) {
  const auto& framing = x.head.framing;
  const bool small = !framing.chunked && framing.content_length.value_or(0) <= SideDoor::kMostBody;
  return small ? SideDoor::kMostBody : worker.shared.side_door->most_body(side_request(x));
}

net::Task<void> answer_aside(Worker& worker, Client& client, Exchange& x) {
  auto owed = std::make_shared<net::Owed<SideAnswer>>();
  std::stop_source left;
  auto request = side_request(x);
  request.left = left.get_token();
  worker.shared.side_door->ask(std::move(request), net::payer(worker.loop, owed));
  const auto answer = co_await net::wait_for(worker.loop, owed, client.watch(), false);
  if (!answer) {
    left.request_stop();
    co_return client.close_after();
  }
  Client::AnswerHead head{answer->status, {}, std::nullopt};
  if (!answer->content_type.empty()) append_header(head.headers, "Content-Type", answer->content_type);
  for (const auto& [name, value] : answer->headers) append_header(head.headers, name, value);
  // RFC 9110, 8.6: a 304 tells the length of what it does not send.
  const bool no_body = x.head.method == "HEAD" || answer->status == 304;
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
