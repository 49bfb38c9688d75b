#include "gateway/replay.h"

#include <cmath>
#include <utility>

#include "base/log.h"
#include "gateway/recording.h"
#include "gateway/recording_answer.h"
#include "net/http.h"
#include "net/stream.h"
#include "net/task.h"

extern "C" {
extern const char ostiary_demo_recording_begin[];
extern const char ostiary_demo_recording_end[];
}

namespace ostiary::gateway {

namespace {

using net::Task;
using net::Wake;

constexpr std::size_t kMaxHead = 64 << 10;
constexpr std::size_t kMaxBody = 128u << 20;
constexpr std::size_t kMaxFile = 256u << 20;
constexpr std::size_t kWritePiece = 16 << 10;
constexpr std::uint64_t kWriteMs = 60'000;

std::string_view name_of(Likeness likeness) {
  return likeness == Likeness::exact ? "exact" : likeness == Likeness::similar ? "similar" : "default";
}

std::string hex_size(std::size_t n) {
  std::string out;
  do out.insert(out.begin(), "0123456789abcdef"[n & 15]);
  while (n >>= 4);
  return out;
}

// One connection of the gate to the recording.
class Connection {
 public:
  Connection(net::Stream stream, std::shared_ptr<const Recording> recording, double speed)
      : stream_(std::move(stream)),
        recording_(std::move(recording)),
        speed_(speed),
        deadline_(stream_.loop()),
        parser_(kMaxHead) {}

  Task<void> serve() {
    while (co_await read_request()) {
      const RecordedAnswer answer =
          refused_ ? std::move(*refused_)
                   : answer_from(*recording_, request_.method, request_.path, request_.body);
      const bool sent = answer.stream ? co_await send_stream(answer) : co_await send_whole(answer);
      if (!sent || !request_.keep_alive) co_return;
    }
  }

 private:
  struct Request {
    std::string method, path, body;
    bool keep_alive = true;
  };

  // False when the peer left or the loop stops.
  Task<bool> fill() {
    for (;;) {
      std::size_t got = 0;
      const auto io = stream_.read_some({stream_.loop().scratch(), net::Loop::kScratchBytes}, got);
      if (io == net::Io::done) {
        in_.append(stream_.loop().scratch(), got);
        co_return true;
      }
      if (io != net::Io::again) co_return false;
      net::Waiter wait(stream_.loop());
      if (co_await wait.read(stream_.watch()) != Wake::ready) co_return false;
    }
  }

  // Reads the next request into request_, or what to answer to a bad one into refused_. False: nobody is
  // there.
  Task<bool> read_request() {
    refused_.reset();
    request_ = {};
    net::Head head;
    net::HeadError error;
    net::Parse parse = net::Parse::more;
    while ((parse = parser_.request(in_, head, error)) == net::Parse::more)
      if (!co_await fill()) co_return false;
    if (parse == net::Parse::wrong) co_return refuse(error.status, error.code, error.message);
    const auto path = net::split_target(head.target).path;
    request_.method = head.method;
    request_.path = path.substr(path.starts_with("/v1/") ? 4 : 1);
    request_.keep_alive = head.framing.keep_alive;
    const net::Framing framing = head.framing;
    in_.erase(0, head.size);  // the head's views end here
    if (framing.content_length.value_or(0) > kMaxBody)
      co_return refuse(413, "too_large", "the request is too large");
    if (framing.expect_continue && !co_await send("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
    if (framing.chunked) co_return co_await read_chunked();
    const auto length = static_cast<std::size_t>(framing.content_length.value_or(0));
    while (in_.size() < length)
      if (!co_await fill()) co_return false;
    request_.body = in_.substr(0, length);
    in_.erase(0, length);
    co_return true;
  }

  Task<bool> read_chunked() {
    net::ChunkDecoder decoder;
    for (;;) {
      std::string_view bytes = in_, data;
      net::Parse parse = net::Parse::more;
      while (!bytes.empty() && (parse = decoder.next(bytes, data)) == net::Parse::more) request_.body += data;
      in_.erase(0, in_.size() - bytes.size());
      if (parse == net::Parse::done) co_return true;
      if (parse == net::Parse::wrong) co_return refuse(400, "bad_chunk", "the chunked body is malformed");
      if (request_.body.size() > kMaxBody) co_return refuse(413, "too_large", "the request is too large");
      if (!co_await fill()) co_return false;
    }
  }

  bool refuse(std::uint16_t status, std::string_view code, std::string_view message) {
    refused_ = recorded_error(status, code, message);
    request_.keep_alive = false;
    return true;
  }

  Task<bool> send(std::string bytes) {
    const auto sent = co_await stream_.write(bytes, deadline_, kWriteMs);
    co_return sent.has_value();
  }

  // Waits as long as the recording says, counted from the last wait's end. False when the peer left.
  Task<bool> pause(std::uint64_t after_ms) {
    if (speed_ <= 0 || after_ms == 0) co_return true;
    due_ += static_cast<MonoNs>(static_cast<double>(after_ms) * 1e6 / speed_);
    deadline_.set(due_);
    net::Waiter wait(stream_.loop());
    wait.gone(stream_.watch()).until(deadline_);
    co_return co_await wait == Wake::timeout;
  }

  std::string head_of(const RecordedAnswer& answer) const {
    std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " " +
                      std::string(net::reason(answer.status)) +
                      "\r\nx-ostiary-replay: " + std::string(name_of(answer.likeness)) + "\r\n";
    if (!request_.keep_alive) out += "connection: close\r\n";
    if (answer.stream)
      return out +
             "content-type: text/event-stream; charset=utf-8\r\ncache-control: "
             "no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
    return out + "content-type: application/json\r\ncontent-length: " + std::to_string(answer.body.size()) +
           "\r\n\r\n";
  }

  Task<bool> send_whole(const RecordedAnswer& answer) {
    due_ = stream_.loop().now();
    if (!co_await pause(answer.after_ms)) co_return false;
    co_return co_await send(head_of(answer) + answer.body);
  }

  // Each event in a chunk of its own; those that are due at once go together.
  Task<bool> send_stream(const RecordedAnswer& answer) {
    due_ = stream_.loop().now();
    std::string out = head_of(answer);
    for (const auto& event : answer.events) {
      const bool waits = speed_ > 0 && event.after_ms > 0;
      if (!out.empty() && (waits || out.size() >= kWritePiece))
        if (!co_await send(std::exchange(out, {}))) co_return false;
      if (!co_await pause(event.after_ms)) co_return false;
      out += hex_size(event.data.size()) + "\r\n" + event.data + "\r\n";
    }
    co_return co_await send(out + "0\r\n\r\n");
  }

  net::Stream stream_;
  std::shared_ptr<const Recording> recording_;
  double speed_;
  net::Deadline deadline_;
  net::HeadParser parser_;
  std::string in_;
  Request request_;
  std::optional<RecordedAnswer> refused_;
  MonoNs due_ = 0;  // when the next event is to go
};

Task<void> serve_connection(net::Stream stream, std::shared_ptr<const Recording> recording, double speed) {
  Connection connection(std::move(stream), std::move(recording), speed);
  co_await connection.serve();
}

}  // namespace

Replay::Replay() = default;
Replay::~Replay() = default;

Result<std::shared_ptr<const Replay>> Replay::load(const std::string& file, double speed) {
  if (!(speed >= 0) || std::isinf(speed))
    return fail(Code::invalid, "replay_speed must be 0 or a positive number", file);
  std::shared_ptr<Replay> replay(new Replay);
  replay->speed_ = speed;
  std::string_view shipped(
      ostiary_demo_recording_begin,
      static_cast<std::size_t>(ostiary_demo_recording_end - ostiary_demo_recording_begin));
  std::string text;
  if (!file.empty()) {
    TRY(text, read_file(file, kMaxFile));
  }
  TRY(replay->recording_,
      Recording::parse(file.empty() ? shipped : text, file.empty() ? "the shipped recording" : file));
  return std::shared_ptr<const Replay>(std::move(replay));
}

const std::vector<std::string>& Replay::models() const {
  return recording_->models();
}

Result<Fd> Replay::open(net::Loop& loop) const {
  TRY(auto ends, net::socket_pair());
  TRY(auto stream, net::Stream::adopt(loop, std::move(ends.first)));
  net::spawn(serve_connection(std::move(stream), recording_, speed_));
  return std::move(ends.second);
}

}  // namespace ostiary::gateway
