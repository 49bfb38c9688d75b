#include "gateway/upstream.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/fault.h"
#include "gateway/worker.h"

namespace ostiary::gateway {

namespace {
constexpr std::size_t kMaxHead = 64 * 1024;

bool is_media_type(std::string_view value, std::string_view type) {
  return text::iequals(text::trim(value.substr(0, value.find(';'))), type);
}
}  // namespace

Upstream::Upstream(Worker& worker, const Service& service, net::Watch* client, MonoNs total_deadline)
    : worker_(worker),
      service_(service),
      lane_(worker.lane(service)),
      client_(client),
      deadline_(worker.loop),
      total_(total_deadline) {}

Upstream::~Upstream() = default;

Error Upstream::gave_up(net::Wake why, std::string_view doing) {
  if (why == net::Wake::timeout)
    return {Code::timeout, "the service '" + service_.id() + "' took too long " + std::string(doing), ""};
  client_left_ = true;
  return {Code::closed, why == net::Wake::gone ? "the client left" : "the gate is stopping", ""};
}

net::Task<Result<>> Upstream::ask(std::string_view request_head, std::string_view body, bool fresh) {
  auto connected = co_await connect(fresh);
  if (!connected) co_return connected;
  auto sent = co_await send(request_head, body);
  if (!sent) co_return sent;
  fault_point(Fault::forwarded);
  co_return co_await read_head();
}

net::Task<Result<>> Upstream::connect(bool fresh) {
  auto& pool = lane_->pool;
  if (!fresh) {
    if (auto lease = pool.take_idle()) {
      stream_ = std::move(lease->stream);
      reused_ = connected_ = true;
      co_return Result<>{};
    }
  }
  const auto& timeouts = service_.settings().timeouts;
  deadline_.set(std::min(total_, worker_.loop.now() + static_cast<MonoNs>(timeouts.connect_ms) * 1'000'000));
  auto lease = co_await pool.open(deadline_, client_);
  if (!lease) {
    if (lease.error().code == Code::closed) client_left_ = true;
    if (lease.error().code == Code::timeout)
      lease.error().message = "connecting to the service '" + service_.id() + "' took too long";
    co_return std::unexpected<Error>(lease.error());
  }
  stream_ = std::move(lease->stream);
  connected_ = true;
  co_return Result<>{};
}

net::Task<Result<>> Upstream::send(std::string_view request_head, std::string_view body) {
  const auto& timeouts = service_.settings().timeouts;
  while (!request_head.empty() || !body.empty()) {
    const std::array<iovec, 2> parts = {iovec{const_cast<char*>(request_head.data()), request_head.size()},
                                        iovec{const_cast<char*>(body.data()), body.size()}};
    std::size_t put = 0;
    const net::Io io = stream_->write_some(parts, put);
    if (io == net::Io::failed || io == net::Io::end) {
      early_ = true;  // it may have answered before it hung up
      co_return Result<>{};
    }
    if (put > 0) sent_any_ = true;
    const auto of_head = std::min(put, request_head.size());
    request_head.remove_prefix(of_head);
    body.remove_prefix(put - of_head);
    if (request_head.empty() && body.empty()) break;
    if (io == net::Io::done && put > 0) continue;
    deadline_.set(std::min(total_, worker_.loop.now() + static_cast<MonoNs>(timeouts.idle_ms) * 1'000'000));
    // A service that answers before it has read everything (413, 401) is heard. What is readable may be no
    // more than a TLS ticket, which quiet() takes in: waiting for it would end at once, again and again.
    if (stream_->watch()->readable && !stream_->quiet()) {
      early_ = true;
      co_return Result<>{};
    }
    net::Waiter wait(worker_.loop);
    if (!stream_->watch()->writable) wait.write(stream_->watch());
    const net::Wake why = co_await wait.read(stream_->watch()).gone(client_).until(deadline_);
    if (why != net::Wake::ready) co_return std::unexpected<Error>(gave_up(why, "to take the request"));
  }
  co_return Result<>{};
}

net::Task<Result<>> Upstream::read_head() {
  const auto& timeouts = service_.settings().timeouts;
  auto& loop = worker_.loop;
  net::HeadParser parser(kMaxHead);
  deadline_.set(std::min(total_, loop.now() + static_cast<MonoNs>(timeouts.first_byte_ms) * 1'000'000));
  for (;;) {
    std::size_t got = 0;
    const net::Io io = stream_->read_some({loop.scratch(), net::Loop::kScratchBytes}, got);
    if (io == net::Io::end || io == net::Io::failed)
      co_return fail(Code::io, "the service '" + service_.id() + "' closed the connection without an answer");
    if (io == net::Io::again) {
      net::Waiter wait(loop);
      const net::Wake why = co_await wait.read(stream_->watch()).gone(client_).until(deadline_);
      if (why != net::Wake::ready) co_return std::unexpected<Error>(gave_up(why, "to answer"));
      continue;
    }
    answered_any_ = true;
    std::string_view bytes(loop.scratch(), got);
    if (!in_.empty()) {
      in_.append(bytes);
      bytes = in_;
    }
    net::HeadError wrong;
    net::Parse parsed = parser.response(bytes, head_, wrong);
    while (parsed == net::Parse::done && head_.status < 200) {  // 100 Continue and its like
      bytes.remove_prefix(head_.size);
      parsed = parser.response(bytes, head_, wrong);
    }
    if (parsed == net::Parse::wrong)
      co_return fail(Code::io, "the answer of the service '" + service_.id() +
                                   "' is not valid HTTP: " + std::string(wrong.message));
    if (parsed == net::Parse::more) {
      in_ = std::string(bytes);
      parser.reset();
      continue;
    }
    raw_ = bytes.substr(head_.size);
    co_return begin_body();
  }
}

Result<> Upstream::begin_body() {
  const auto& framing = head_.framing;
  if (head_.status == 204 || head_.status == 304) return {};  // whatever its headers say
  if (framing.chunked)
    framing_ = Framing::chunked;
  else if (framing.content_length)
    framing_ = Framing::length, left_ = *framing.content_length;
  else
    framing_ = Framing::until_close;
  event_stream_ = is_media_type(head_.get("content-type"), "text/event-stream");
  if (const auto coding = head_.get("content-encoding");
      !coding.empty() && !text::iequals(coding, "identity")) {
    inflater_ = Inflater::create(coding);
    if (!inflater_)
      return fail(Code::io,
                  "the service '" + service_.id() +
                      "' answered with a content coding that was not asked for and is not known here");
  }
  return {};
}

Upstream::Step Upstream::end_of_body() {
  if (inflater_ && !inflater_->finished()) return Step::cut;
  complete_ = true;
  return Step::end;
}

Upstream::Step Upstream::raw_next(std::string_view& data) {
  if (framing_ == Framing::none || (framing_ == Framing::length && left_ == 0) || chunks_.done())
    return end_of_body();
  if (raw_.empty()) {
    std::size_t got = 0;
    switch (stream_->read_some({worker_.loop.scratch(), net::Loop::kScratchBytes}, got)) {
      case net::Io::again:
        return Step::wait;
      case net::Io::end:
        return framing_ == Framing::until_close ? end_of_body() : Step::cut;
      case net::Io::failed:
        return Step::cut;
      case net::Io::done:
        raw_ = {worker_.loop.scratch(), got};
    }
  }
  if (framing_ == Framing::until_close) {
    data = std::exchange(raw_, {});
    return Step::piece;
  }
  if (framing_ == Framing::length) {
    data = raw_.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, raw_.size())));
    left_ -= data.size();
    raw_.remove_prefix(data.size());
    return Step::piece;
  }
  joined_.clear();
  bool several = false;
  data = {};
  while (!raw_.empty() && !chunks_.done()) {
    std::string_view piece;
    if (chunks_.next(raw_, piece) == net::Parse::wrong) return Step::cut;
    if (piece.empty()) continue;
    if (data.empty()) {
      data = piece;
      continue;
    }
    if (!several) joined_ = data;
    several = true;
    joined_ += piece;
  }
  if (several) data = joined_;
  if (data.empty()) return chunks_.done() ? end_of_body() : Step::wait;
  return Step::piece;
}

Upstream::Step Upstream::next(std::string_view& data) {
  if (!inflater_) return raw_next(data);
  inflated_.clear();
  for (;;) {
    if (!inflater_->feed(packed_left_, inflated_)) return Step::cut;
    if (!inflated_.empty()) {
      data = inflated_;
      return Step::piece;
    }
    const Step step = raw_next(data);
    if (step != Step::piece) return step;
    packed_.assign(data);
    packed_left_ = packed_;
  }
}

net::Task<net::Wake> Upstream::wait(MonoNs until) {
  const auto ms = service_.settings().timeouts.idle_ms;
  const auto end = std::min(total_, worker_.loop.now() + static_cast<MonoNs>(ms) * 1'000'000);
  deadline_.set(until == 0 ? end : std::min(end, until));
  net::Waiter wait(worker_.loop);
  co_return co_await wait.read(stream_->watch()).gone(client_).until(deadline_);
}

net::Task<Result<std::string>> Upstream::read_all(std::size_t limit, bool& cut) {
  std::string all;
  cut = false;
  for (;;) {
    std::string_view data;
    const Step step = next(data);
    if (step == Step::end) co_return all;
    if (step == Step::cut || all.size() + data.size() > limit) {
      cut = true;
      co_return all;
    }
    if (step == Step::piece) {
      all += data;
      continue;
    }
    const net::Wake why = co_await wait();
    if (why == net::Wake::timeout) {
      cut = true;
      co_return all;
    }
    if (why != net::Wake::ready) co_return std::unexpected<Error>(gave_up(why, "to answer"));
  }
}

void Upstream::release() {
  if (!stream_ || !complete_ || early_ || !head_.framing.keep_alive || framing_ == Framing::until_close ||
      !raw_.empty())
    return;
  lane_->pool.give_back(std::move(*stream_));
  stream_.reset();
}

}  // namespace ostiary::gateway
