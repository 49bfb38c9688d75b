#include "gateway/client.h"

#include <charconv>

#include "gateway/charge.h"
#include "gateway/headers.h"
#include "gateway/worker.h"

namespace ostiary::gateway {

Client::Client(Worker& worker, net::Stream stream)
    : worker_(worker),
      stream_(std::move(stream)),
      deadline_(worker.loop),
      parser_(worker.setup()->settings.max_head_bytes) {}

net::Task<void> Client::serve() {
  while (keep_alive_ && !broken_ && !worker_.loop.stopping()) {
    if (out_.capacity() > 4096) std::string().swap(out_);  // a slow answer's backlog is not kept
    co_await exchange();
  }
  // A request that was refused before it was read to its end.
  if (unread_ && !broken_) co_await stream_.linger(deadline_, 2000);
}

net::Task<void> Client::exchange() {
  auto held = std::make_unique<Exchange>();
  Exchange& x = *held;
  x.document = std::move(spare_);
  begun_ = false;
  consumed_ = 0;
  GateError error;
  const Received received = co_await receive(x, error);
  if (received == Received::gone && x.started == 0) {  // no request was begun
    keep_alive_ = false;
    co_return;
  }
  if (received == Received::request) {
    x.received = static_cast<std::uint64_t>((mono_now() - x.started) / 1000);
    worker_.tracer.begin(x);
  }
  const bool aside = received == Received::aside || received == Received::refused_aside;
  co_await conduct(x, received, error);
  if (!x.timings.total) x.timings.total = static_cast<std::uint64_t>((mono_now() - x.started) / 1000);
  settle(x);
  if (!aside) {
    if (x.caller.key)
      worker_.recorder.outcome(x);
    else
      worker_.recorder.stranger(x, x.setup->settings.strangers_per_minute);
    worker_.count(x);
  }
  if (x.document.nodes().capacity() <= 1024) spare_ = std::move(x.document);
  in_.erase(0, consumed_);
  if (!carry_.empty()) {
    in_ += carry_;
    carry_.clear();
  }
  if (in_.empty()) worker_.give_buffer(std::exchange(in_, {}));
  if (worker_.draining()) keep_alive_ = false;
}

net::Task<void> Client::conduct(Exchange& x, Received received, const GateError& error) {
  if (received == Received::aside) co_return co_await answer_aside(worker_, *this, x);
  if (received == Received::request) {
    if (x.asked.endpoint.name == "models") co_return co_await answer_models(worker_, *this, x);
    co_return co_await forward(worker_, *this, x);
  }
  if (received == Received::gone) {
    x.outcome = ledger::Outcome::cancelled;
    keep_alive_ = false;
    co_return;
  }
  x.outcome = ledger::Outcome::refused;
  if (received == Received::refused) count_refused(x);
  co_await answer_error(x, error, received == Received::refused_aside);
}

void Client::begin(const Exchange& x, const AnswerHead& head) {
  begun_ = true;
  if (worker_.draining()) keep_alive_ = false;
  const bool one_zero = x.head.minor == 0;
  const bool no_content = head.status == 204;  // and no framing (RFC 9110 section 8.6)
  chunked_ = !head.length && !one_zero && !no_content;
  if (!head.length && one_zero) keep_alive_ = false;
  auto& out = head_out_;
  out.clear();
  out += "HTTP/1.1 ";
  char number[20];
  out.append(number, std::to_chars(number, number + sizeof number, head.status).ptr);
  out += ' ';
  out += net::reason(head.status);
  out += "\r\n";
  out += head.headers;
  append_limit_headers(out, x);
  out += x.answer_headers;
  out += "x-ostiary-id: ";
  x.id.append_to(out);
  out += "\r\nx-ostiary-decision: ";
  out += x.decision_json == "null" ? "none"
                                   : policy::name(x.decision.effect);  // none: refused before it was decided
  if (x.decision.mode == policy::Mode::observe) out += "; mode=observe";
  if (!x.decision.approved_by.empty()) out += "; approved";
  if (!x.question.empty()) {
    out += "\r\nx-ostiary-question: ";
    out += x.question;
  }
  if (x.service) {
    out += "\r\nx-ostiary-service: ";
    out += x.service->id();
  }
  if (head.length && !no_content) {
    out += "\r\nContent-Length: ";
    out.append(number, std::to_chars(number, number + sizeof number, *head.length).ptr);
  } else if (chunked_) {
    out += "\r\nTransfer-Encoding: chunked";
  }
  out += keep_alive_ ? (one_zero ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\n\r\n")
                     : "\r\nConnection: close\r\n\r\n";
}

void Client::body(std::string_view bytes, bool last) {
  char size_line[20];
  std::size_t size_length = 0;
  if (chunked_ && !bytes.empty()) {
    char* end = std::to_chars(size_line, size_line + 16, bytes.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    size_length = static_cast<std::size_t>(end - size_line);
  }
  std::string_view tail;
  if (chunked_) tail = bytes.empty() ? (last ? "0\r\n\r\n" : "") : (last ? "\r\n0\r\n\r\n" : "\r\n");
  const auto part = [](std::string_view s) { return iovec{const_cast<char*>(s.data()), s.size()}; };
  iovec parts[] = {part(head_out_), {size_line, size_length}, part(bytes), part(tail)};
  push(parts);
  head_out_.clear();
}

void Client::finish() {
  body({}, true);
}

void Client::push(std::span<iovec> parts) {
  if (broken_) return;
  std::size_t put = 0;
  if (out_.empty() && stream_.write_some(parts, put) == net::Io::failed) {
    broken_ = true;
    return;
  }
  for (const auto& part : parts) {
    const auto skip = std::min(put, part.iov_len);
    put -= skip;
    out_.append(static_cast<const char*>(part.iov_base) + skip, part.iov_len - skip);
  }
}

net::Task<Result<>> Client::drain(MonoNs until) {
  if (broken_) co_return fail(Code::closed, "the client left");
  auto written = co_await stream_.write(out_, deadline_, worker_.setup()->settings.write_timeout_ms, until);
  out_.clear();
  if (out_.capacity() > (256u << 10)) std::string().swap(out_);
  if (!written) broken_ = true;
  co_return written;
}

net::Task<void> Client::answer_error(Exchange& x, const GateError& error, bool aside) {
  x.status = error.status;
  x.error = error.code;
  const bool no_body = x.head.method == "HEAD";
  if (unread_ || no_body) keep_alive_ = false;
  const std::string text =
      aside ? worker_.shared.side_door->refusal(error.code, error.message) : error_body(error);
  AnswerHead head{error.status, "Content-Type: application/json\r\n", text.size()};
  if (!error.retry_after.empty()) append_header(head.headers, "Retry-After", error.retry_after);
  if (error.no_retry) append_header(head.headers, "x-should-retry", "false");
  if (!error.allow.empty()) append_header(head.headers, "Allow", error.allow);
  if (error.status == 401) append_header(head.headers, "WWW-Authenticate", "Bearer");
  begin(x, head);
  body(no_body ? std::string_view() : text, true);
  if (backlogged()) [[maybe_unused]]
    const auto drained = co_await drain();
}

}  // namespace ostiary::gateway
