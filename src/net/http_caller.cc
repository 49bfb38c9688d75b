#include "net/http_caller.h"

#include <utility>

namespace ostiary::net {

struct HttpCaller::Call {
  std::string request;
  std::optional<Result<Answer>> result;  // guarded by mutex_
};

namespace {

net::Pool::Settings pool_settings(const HttpCaller::Settings& settings) {
  net::Pool::Settings pool;
  pool.url = settings.url;
  pool.ca_file = settings.ca_file;
  pool.max_idle = 2;
  return pool;
}

Error gave_up(net::Wake why) {
  if (why == net::Wake::timeout) return {Code::timeout, "it took too long to answer", ""};
  return {Code::closed, "the call was given up", ""};
}

// The body of an answer, from the bytes behind its head. Nothing: more is to come.
enum class Body : std::uint8_t { more, whole, wrong };
Body take_body(const net::Framing& framing, std::string_view& raw, net::ChunkDecoder& chunks,
               std::string& body) {
  if (!framing.chunked) {
    body += std::exchange(raw, {});
    return framing.content_length && body.size() >= *framing.content_length ? Body::whole : Body::more;
  }
  while (!raw.empty()) {
    std::string_view piece;
    const auto step = chunks.next(raw, piece);
    body += piece;
    if (step != net::Parse::more) return step == net::Parse::done ? Body::whole : Body::wrong;
  }
  return Body::more;
}

}  // namespace

HttpCaller::HttpCaller(Settings settings, std::unique_ptr<net::Loop> loop)
    : settings_(std::move(settings)), loop_(std::move(loop)), pool_(*loop_, pool_settings(settings_)) {}

Result<std::unique_ptr<HttpCaller>> HttpCaller::create(Settings settings) {
  TRY(auto loop, net::Loop::create());
  std::unique_ptr<HttpCaller> caller(new HttpCaller(std::move(settings), std::move(loop)));
  caller->thread_ = std::thread([c = caller.get()] { c->loop_->run(); });
  return caller;
}

HttpCaller::~HttpCaller() {
  cancel();
  thread_.join();
}

void HttpCaller::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  loop_->stop();
  changed_.notify_all();
}

Result<HttpCaller::Answer> HttpCaller::post(std::string_view headers, std::string_view body) {
  auto call = std::make_shared<Call>();
  call->request.reserve(headers.size() + body.size() + 256);
  ((call->request += "POST ") += settings_.url.path.empty() ? "/" : settings_.url.path) +=
      " HTTP/1.1\r\nHost: ";
  call->request += settings_.url.authority() + "\r\nUser-Agent: ostiary\r\nContent-Length: ";
  call->request += std::to_string(body.size()) + "\r\n";
  ((call->request += headers) += "\r\n") += body;
  std::unique_lock lock(mutex_);
  if (!cancelled_) loop_->post([this, call] { net::spawn(run(call)); });
  changed_.wait(lock, [&] { return call->result || cancelled_; });
  return call->result ? *call->result : fail(Code::closed, "the call was given up");
}

net::Task<void> HttpCaller::run(std::shared_ptr<Call> call) {
  bool again = true;  // a kept connection that its peer closed just then is no failure
  Result<Answer> answer = fail(Code::io, "the connection was closed");
  while (again) answer = co_await ask(*call, again);
  const std::lock_guard lock(mutex_);
  call->result = std::move(answer);
  changed_.notify_all();
}

net::Task<Result<HttpCaller::Answer>> HttpCaller::ask(Call& call, bool& again) {
  again = false;
  net::Deadline deadline(*loop_);
  deadline.set_after_ms(settings_.timeout_ms);
  auto lease = pool_.take_idle();
  if (!lease) {
    auto opened = co_await pool_.open(deadline, nullptr);
    if (!opened) co_return std::unexpected(opened.error());
    lease = std::move(*opened);
  }
  auto sent = co_await lease->stream.write(call.request, deadline, settings_.timeout_ms);
  bool reusable = false, answered = false;
  Result<Answer> answer = fail(Code::io, "the connection was closed");
  if (sent)
    answer = co_await read_answer(*lease, deadline, reusable, answered);
  else
    answer = std::unexpected(sent.error());
  if (!answer && lease->reused && !answered && answer.error().code != Code::timeout && !loop_->stopping())
    again = true;
  if (answer && reusable) pool_.give_back(std::move(lease->stream));
  co_return answer;
}

net::Task<Result<HttpCaller::Answer>> HttpCaller::read_answer(net::Pool::Lease& lease,
                                                              net::Deadline& deadline, bool& reusable,
                                                              bool& answered) {
  constexpr std::size_t kMostHead = 64 * 1024;
  net::HeadParser parser(kMostHead);
  net::ChunkDecoder chunks;
  net::Framing framing;
  Answer answer;
  std::string in;
  for (bool has_head = false;;) {
    std::size_t got = 0;
    const net::Io io = lease.stream.read_some({loop_->scratch(), net::Loop::kScratchBytes}, got);
    if (io == net::Io::again) {
      net::Waiter wait(*loop_);
      const net::Wake why = co_await wait.read(lease.stream.watch()).until(deadline);
      if (why != net::Wake::ready) co_return std::unexpected(gave_up(why));
      continue;
    }
    if (io != net::Io::done) {
      const bool until_close = has_head && !framing.chunked && !framing.content_length;
      if (io == net::Io::end && until_close) co_return answer;
      co_return fail(Code::io, "the connection was closed before the answer's end");
    }
    answered = true;
    std::string_view raw(loop_->scratch(), got);
    if (!has_head) {
      in += raw;
      raw = in;
      net::Head head;
      net::HeadError wrong;
      auto parsed = parser.response(raw, head, wrong);
      while (parsed == net::Parse::done && head.status < 200) {  // 100 Continue and its like
        raw.remove_prefix(head.size);
        parser.reset();
        parsed = parser.response(raw, head, wrong);
      }
      if (parsed == net::Parse::wrong)
        co_return fail(Code::io, "the answer is not valid HTTP: " + std::string(wrong.message));
      if (parsed == net::Parse::more) {
        in = std::string(raw);
        parser.reset();
        continue;
      }
      has_head = true;
      answer.status = head.status;
      answer.retry_after = head.get("retry-after");
      framing = head.framing;
      if (head.status == 204 || head.status == 304) framing.content_length = 0, framing.chunked = false;
      raw.remove_prefix(head.size);
      if (!settings_.read_body) {
        reusable = framing.keep_alive && raw.empty() && framing.content_length == 0;
        co_return answer;
      }
    }
    const Body body = take_body(framing, raw, chunks, answer.body);
    if (body == Body::wrong || answer.body.size() > kMostAnswer)
      co_return fail(Code::io, "the answer is too large or badly framed");
    if (body == Body::whole) {
      reusable = framing.keep_alive && raw.empty();
      co_return answer;
    }
  }
}

}  // namespace ostiary::net
