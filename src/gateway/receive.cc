#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/charge.h"
#include "gateway/client.h"
#include "gateway/facts.h"
#include "gateway/headers.h"
#include "gateway/worker.h"

namespace ostiary::gateway {

namespace {

constexpr std::size_t kReadBytes = 48 * 1024;
constexpr std::size_t kHashedWhole =
    64 * 1024;  // larger bodies are hashed as they come, so that no turn gets long
constexpr std::size_t kReadAway = 1024 * 1024;
const std::size_t kNoBuffer = std::string().capacity();

GateError refuse(std::uint16_t status, std::string_view code, std::string message) {
  GateError error;
  error.status = status;
  error.code = code;
  error.message = std::move(message);
  return error;
}

// /k/KEY/v1/… carries the key in the base URL, for clients that can set nothing else.
void split_path_key(Exchange& x) {
  if (!x.path.starts_with("/k/")) return;
  const auto rest = x.path.substr(3);
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return;
  x.path_key = rest.substr(0, slash);
  x.path = rest.substr(slash);
}

void split_target(Exchange& x) {
  const auto target = net::split_target(x.head.target);
  x.path = target.path;
  x.query = target.query;
  split_path_key(x);
}

std::optional<GateError> check_path(Exchange& x, bool pass_through) {
  x.asked = find_endpoint(x.head.method, x.path, pass_through);
  if (x.asked.found == Asked::Found::no_method) {
    auto error = refuse(405, "method_not_allowed", "this path takes " + std::string(x.asked.allow));
    error.allow = x.asked.allow;
    return error;
  }
  if (x.asked.found == Asked::Found::no_path)
    return refuse(404, "unknown_path",
                  "the gate serves /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/responses and "
                  "/v1/models; other "
                  "/v1 paths only where gate.pass_through is on");
  return std::nullopt;
}

std::optional<GateError> check_encoding(const Exchange& x) {
  for (const auto& h : x.head.headers)
    if (text::iequals(h.name, "content-encoding") && !text::iequals(h.value, "identity"))
      return refuse(415, "encoded_body", "the gate reads request bodies without Content-Encoding only");
  return std::nullopt;
}

// Where a header that carries a key stands twice, nobody can tell who asks.
std::optional<GateError> check_credentials(const Exchange& x) {
  static constexpr std::array<std::string_view, 3> kKeys = {"authorization", "x-api-key", "x-ostiary-key"};
  std::array<bool, kKeys.size()> seen{};
  for (const auto& h : x.head.headers)
    for (std::size_t i = 0; i < kKeys.size(); ++i)
      if (text::iequals(h.name, kKeys[i]) && std::exchange(seen[i], true))
        return refuse(400, "bad_header", "the header " + std::string(kKeys[i]) + " stands twice");
  return std::nullopt;
}

// *identify*: whether the caller that was found may make exchanges.
std::optional<GateError> identify(const Exchange& x) {
  if (!x.caller.key)
    return refuse(
        401, "invalid_api_key",
        !x.caller.key_given
            ? "this gate needs a key of its own (ost_…): send it as 'Authorization: Bearer', x-api-key or "
              "x-ostiary-key; 'ostiary key create' makes one"
            : "the key is not one of this gate's, or has been revoked; 'ostiary key create' makes a new one");
  if (holds_key(x.query, x.caller.key->id) || holds_key(x.path, x.caller.key->id))
    return refuse(400, "key_in_target", "the gate's key may stand in a header or as /k/KEY/v1/… only");
  if (!x.caller.key->scopes.use)
    return refuse(403, "key_without_use",
                  "this key is for the API and not for exchanges; 'ostiary key create' makes one that is");
  return std::nullopt;
}

}  // namespace

std::optional<GateError> check_request(Exchange& x, const GateSettings& settings) {
  if (x.body.empty()) return refuse(400, "empty_body", "this request needs a JSON body");
  const json::Limits limits{
      .max_depth = settings.max_depth, .max_values = 1'000'000, .refuse_duplicates = true};
  if (const auto parsed = json::Document::parse_into(x.body, limits, x.document); !parsed)
    return refuse(400, "invalid_json",
                  "the body is not a JSON document the gate takes: " + parsed.error().text());
  const json::Value root = x.document.root();
  if (!root.is_object()) return refuse(400, "invalid_json", "the body must be a JSON object");
  if (const auto stream = root["stream"]; stream && !stream.is_null()) {
    const auto value = stream.as_bool();
    if (!value) return refuse(400, "invalid_stream", "'stream' must be true or false");
    x.stream = *value;
  }
  if (x.asked.endpoint.reads_model) {
    const auto model = root["model"].as_string();
    if (model && !model->empty() && model->size() <= 512 && *model != "." && *model != "..")
      x.model = *model;
    else if (x.asked.endpoint.name != "other")
      return refuse(400, "missing_model", "'model' must name a model");
  }
  return std::nullopt;
}

// Reads once to the end of `into`, at most `most` bytes.
net::Io Client::read_into(std::string& into, std::size_t most) {
  const std::size_t before = into.size();
  net::Io io = net::Io::again;
  into.resize_and_overwrite(before + most, [&](char* data, std::size_t) {
    std::size_t got = 0;
    io = stream_.read_some({data + before, most}, got);
    return before + (io == net::Io::done ? got : 0);
  });
  return io;
}

net::Task<Client::Received> Client::receive(Exchange& x, GateError& error) {
  const Received head = co_await read_head(x, error);
  if (head != Received::request) co_return head;
  keep_alive_ = x.head.framing.keep_alive;
  unread_ = x.head.framing.chunked || x.head.framing.content_length.value_or(0) > 0;
  split_target(x);
  const SideDoor* side_door = worker_.shared.side_door;
  if (side_door && side_door->serves(x.path)) co_return co_await receive_aside(x, error);
  if (auto wrong = check_head(worker_, x)) {
    error = std::move(*wrong);
    co_return Received::refused;
  }
  auto too_large = check_prompt(x, x.head.framing.content_length.value_or(0));
  if (!too_large) {
    const Received body = co_await read_body(x, x.setup->settings.max_body_bytes, error);
    if (body != Received::request) co_return body;
    too_large = check_prompt(x, x.body.size());  // that came in chunks
  }
  if (too_large) {
    error = std::move(*too_large);
    co_return Received::refused;
  }
  if (x.asked.endpoint.has_body) co_return co_await validate(x, error);
  co_return Received::request;
}

// A large body is read through on another thread.
net::Task<Client::Received> Client::validate(Exchange& x, GateError& error) {
  std::optional<GateError> wrong;
  if (x.body.size() < kReadAway) {
    wrong = check_request(x, x.setup->settings);
  } else {
    LongWork::Job job = [&](const std::stop_token&) { wrong = check_request(x, x.setup->settings); };
    const auto end =
        co_await worker_.shared.long_work.run(worker_.loop, watch(), x.caller.key->id, std::move(job));
    if (end == LongWork::End::gone) co_return Received::gone;
    if (end != LongWork::End::done) wrong = not_looked_at(end);
  }
  if (!wrong) co_return Received::request;
  error = std::move(*wrong);
  co_return Received::refused;
}

// Who asks for the side door may do so without a key; what for is its own to decide.
net::Task<Client::Received> Client::receive_aside(Exchange& x, GateError& error) {
  auto wrong = check_credentials(x);
  if (!wrong) wrong = check_encoding(x);
  if (wrong) {
    error = std::move(*wrong);
    co_return Received::refused_aside;
  }
  x.caller.key_given = find_caller(worker_, x);
  const Received body = co_await read_body(x, most_body_aside(worker_, x), error);
  if (body == Received::request) co_return Received::aside;
  co_return body == Received::refused ? Received::refused_aside : body;
}

net::Task<Client::Received> Client::read_head(Exchange& x, GateError& error) {
  auto& loop = worker_.loop;
  const auto resting = worker_.setup();  // a reload may come while it waits for a request
  const auto& settings = resting->settings;
  deadline_.set_after_ms(in_.empty() ? settings.idle_timeout_ms : settings.head_timeout_ms);
  bool begun = false;
  const auto begin_exchange = [&] {
    begun = true;
    x.setup = worker_.setup();
    x.at = wall_now();
    x.started = mono_now();
  };
  if (!in_.empty()) begin_exchange();
  for (;;) {
    net::HeadError wrong;
    const net::Parse parsed = in_.empty() ? net::Parse::more : parser_.request(in_, x.head, wrong);
    if (parsed == net::Parse::done) break;
    if (parsed == net::Parse::wrong) {
      error = refuse(wrong.status, wrong.code, std::string(wrong.message));
      unread_ = true;
      parser_.reset();
      consumed_ = in_.size();
      x.head.clear();
      co_return Received::refused;
    }
    net::Io io = net::Io::again;
    if (stream_.may_read()) {
      if (in_.capacity() == kNoBuffer) in_ = worker_.take_buffer();
      io = read_into(in_, kReadBytes);
      if (in_.empty()) worker_.give_buffer(std::exchange(in_, {}));  // it rests without one
    }
    if (io == net::Io::done) {
      if (!begun) {
        begin_exchange();
        deadline_.set_after_ms(settings.head_timeout_ms);
      }
      continue;
    }
    if (io != net::Io::again) co_return Received::gone;
    if (worker_.rest_over()) co_return Received::gone;
    net::Waiter wait(loop);
    wait.resting();  // a head that is not whole yet is nothing under way
    const net::Wake why = co_await wait.read(stream_.watch()).until(deadline_);
    if (why == net::Wake::ready) continue;
    if (why == net::Wake::cancelled && !loop.stopping()) {  // the rest is over; a last look at what has come
      stream_.watch()->readable = true;
      continue;
    }
    if (why != net::Wake::timeout || !begun) co_return Received::gone;
    error = refuse(408, "head_timeout", "the request's head did not come in time");
    unread_ = true;
    consumed_ = in_.size();
    co_return Received::refused;
  }
  consumed_ = x.head.size;
  co_return Received::request;
}

net::Task<Client::Received> Client::read_body(Exchange& x, std::uint64_t most, GateError& error) {
  const auto& framing = x.head.framing;
  const auto& settings = x.setup->settings;
  x.digest_key = random_key();
  HmacSha256 hash(x.digest_key);
  if (framing.content_length.value_or(0) > most) {
    error = refuse(413, "body_too_large", "the body is over the limit of " + text::format_bytes(most));
    co_return Received::refused;
  }
  if (framing.expect_continue && x.head.minor == 1 && in_.size() == x.head.size) {
    const auto sent =
        co_await stream_.write("HTTP/1.1 100 Continue\r\n\r\n", deadline_, settings.write_timeout_ms);
    if (!sent) co_return Received::gone;
  }
  Received received = Received::request;
  if (framing.chunked)
    received = co_await read_chunked(x, most, hash, error);
  else if (framing.content_length)
    received = co_await read_sized(x, hash, error);
  if (received != Received::request) co_return received;
  unread_ = false;
  if (!x.digest_due) x.request_digest = hash.finish();
  x.has_request_digest = !x.digest_due;
  co_return Received::request;
}

net::Task<Client::Received> Client::read_sized(Exchange& x, HmacSha256& hash, GateError& error) {
  auto& loop = worker_.loop;
  const auto length = static_cast<std::size_t>(*x.head.framing.content_length);
  const auto here = std::min(length, in_.size() - x.head.size);
  const std::string_view first(in_.data() + x.head.size, here);
  consumed_ = x.head.size + here;
  x.digest_due = length <= kHashedWhole;
  if (!x.digest_due) hash.update(first);
  if (here == length) {
    x.body = first;
    co_return Received::request;
  }
  // Where the buffer has room for the whole body it is read there, and the head's views stay; otherwise
  // apart.
  const bool in_place = x.head.size + length <= in_.capacity();
  std::string& body = in_place ? in_ : x.body_storage;
  const std::size_t end = in_place ? x.head.size + length : length;
  if (!in_place) {
    body.reserve(std::min<std::size_t>(length, 1u << 20));
    body = first;
  }
  deadline_.set_after_ms(x.setup->settings.body_timeout_ms + length / 64);  // at least 64 KB a second
  while (body.size() < end) {
    const std::size_t before = body.size();
    const net::Io io = read_into(body, std::min(end - before, kReadBytes));
    if (io == net::Io::done) {
      if (!x.digest_due) hash.update(std::string_view(body).substr(before));
      continue;
    }
    if (io == net::Io::end) {
      error = refuse(400, "truncated_body", "the body ended before its Content-Length");
      co_return Received::refused;
    }
    if (io == net::Io::failed) co_return Received::gone;
    net::Waiter wait(loop);
    const net::Wake why = co_await wait.read(stream_.watch()).until(deadline_);
    if (why == net::Wake::ready) continue;
    if (why != net::Wake::timeout) co_return Received::gone;
    error = refuse(408, "body_timeout", "the request's body did not come in time");
    co_return Received::refused;
  }
  if (in_place) consumed_ = end;
  x.body = std::string_view(body).substr(in_place ? x.head.size : 0);
  co_return Received::request;
}

net::Task<Client::Received> Client::read_chunked(Exchange& x, std::uint64_t most, HmacSha256& hash,
                                                 GateError& error) {
  auto& loop = worker_.loop;
  const auto& settings = x.setup->settings;
  net::ChunkDecoder chunks;
  auto& body = x.body_storage;
  const MonoNs begun = loop.now();
  std::string_view raw(in_.data() + x.head.size, in_.size() - x.head.size);
  consumed_ = in_.size();
  for (;;) {
    std::string_view piece;
    net::Parse step = net::Parse::more;
    while (!raw.empty() && step == net::Parse::more) {
      step = chunks.next(raw, piece);
      hash.update(piece);
      body.append(piece);
      if (body.size() > most) {
        error = refuse(413, "body_too_large", "the body is over the limit of " + text::format_bytes(most));
        co_return Received::refused;
      }
    }
    if (step == net::Parse::wrong) {
      error = refuse(400, "bad_chunk", "the chunked body is malformed");
      co_return Received::refused;
    }
    if (step == net::Parse::done) {
      carry_.assign(raw);
      x.body = body;
      co_return Received::request;
    }
    std::size_t got = 0;
    const net::Io io = stream_.read_some({loop.scratch(), net::Loop::kScratchBytes}, got);
    if (io == net::Io::done) {
      raw = {loop.scratch(), got};
      continue;
    }
    if (io == net::Io::end) {
      error = refuse(400, "truncated_body", "the chunked body ended before its last chunk");
      co_return Received::refused;
    }
    if (io == net::Io::failed) co_return Received::gone;
    deadline_.set(begun + static_cast<MonoNs>(settings.body_timeout_ms + body.size() / 64) * 1'000'000);
    net::Waiter wait(loop);
    const net::Wake why = co_await wait.read(stream_.watch()).until(deadline_);
    if (why == net::Wake::ready) continue;
    if (why != net::Wake::timeout) co_return Received::gone;
    error = refuse(408, "body_timeout", "the request's body did not come in time");
    co_return Received::refused;
  }
}

bool find_caller(Worker& worker, Exchange& x) {
  const auto authorization = x.head.get("authorization");
  const auto bearer = authorization.size() > 7 && text::iequals(authorization.substr(0, 7), "bearer ")
                          ? text::trim(authorization.substr(7))
                          : std::string_view();
  const auto own = x.head.get("x-ostiary-key");
  const auto api_key = x.head.get("x-api-key");
  std::string_view key = bearer;
  if (!x.path_key.empty())
    key = x.path_key;
  else if (!own.empty())
    key = own;
  else if (!bearer.starts_with("ost_") && api_key.starts_with("ost_"))
    key = api_key;
  x.caller.own_credential =
      (!x.path_key.empty() || !own.empty()) && !authorization.empty() && !bearer.starts_with("ost_");
  x.caller.key = worker.keys.find(key, x.caller.hold);
  return !key.empty();
}

std::optional<GateError> check_head(Worker& worker, Exchange& x) {
  auto twice = check_credentials(x);
  if (!twice) x.caller.key_given = find_caller(worker, x);
  if (auto wrong = check_path(x, x.setup->settings.pass_through)) return wrong;
  if (twice) return twice;
  if (auto wrong = check_encoding(x)) return wrong;
  if (auto wrong = identify(x)) return wrong;
  return read_claims(x);
}

}  // namespace ostiary::gateway
