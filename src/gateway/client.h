#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>

#include "gateway/errors.h"
#include "gateway/exchange.h"
#include "net/http.h"
#include "net/stream.h"
#include "net/task.h"

namespace ostiary::gateway {

class Worker;

// One client's connection: reads its requests, writes its answers. Belongs to a worker's loop.
class Client {
 public:
  Client(Worker& worker, net::Stream stream);

  // Serves exchanges until the connection ends.
  net::Task<void> serve();

  // --- reading (receive.cc)
  // refused: `error` says what to answer; gone: nobody is there to answer; aside: for the side door, so that
  // it is no exchange.
  enum class Received : std::uint8_t { request, refused, gone, aside, refused_aside };
  // Reads and validates one request into `x`.
  net::Task<Received> receive(Exchange& x, GateError& error);

  // --- writing (client.cc)
  struct AnswerHead {
    std::uint16_t status = 200;
    std::string headers;                  // lines with CR LF, without framing
    std::optional<std::uint64_t> length;  // absent: chunked, or until the connection closes for HTTP/1.0
  };
  // Begins an answer: nothing is sent before the first body bytes or finish(). Bytes that the client does not
  // take at once are kept; the caller then waits in drain() before it goes on, which is how a slow reader
  // slows the service down.
  void begin(const Exchange& x, const AnswerHead& head);
  void body(std::string_view bytes, bool last);
  void finish();
  bool backlogged() const { return !out_.empty(); }
  // `until`: when the exchange is over at the latest, however well the client reads; 0: no such time.
  net::Task<Result<>> drain(MonoNs until = 0);
  bool begun() const { return begun_; }
  bool head_waiting() const { return !head_out_.empty(); }
  bool broken() const { return broken_; }

  // `aside`: in the form of the side door's answers.
  net::Task<void> answer_error(Exchange& x, const GateError& error, bool aside = false);
  void close_after() { keep_alive_ = false; }
  net::Watch* watch() const { return stream_.watch(); }
  net::Deadline& deadline() { return deadline_; }

 private:
  net::Task<void> exchange();
  net::Task<void> conduct(Exchange& x, Received received, const GateError& error);
  net::Io read_into(std::string& into, std::size_t most);
  net::Task<Received> read_head(Exchange& x, GateError& error);
  net::Task<Received> receive_aside(Exchange& x, GateError& error);
  net::Task<Received> read_body(Exchange& x, std::uint64_t most, GateError& error);
  net::Task<Received> read_sized(Exchange& x, HmacSha256& hash, GateError& error);
  net::Task<Received> read_chunked(Exchange& x, std::uint64_t most, HmacSha256& hash, GateError& error);
  net::Task<Received> validate(Exchange& x, GateError& error);
  void push(std::span<iovec> parts);

  Worker& worker_;
  net::Stream stream_;
  net::Deadline deadline_;
  net::HeadParser parser_;
  std::string in_;            // a head and what came with it; an exchange's views refer to it
  std::string carry_;         // what came behind a body: the next request
  std::size_t consumed_ = 0;  // of in_, by the exchange under way
  std::string head_out_;      // a begun answer's head, not yet sent
  std::string out_;           // bytes the client has not taken
  json::Document spare_;      // node storage of the last exchange
  bool keep_alive_ = true;
  bool unread_ = false;  // the request was not read to its end
  bool begun_ = false, chunked_ = false, broken_ = false;
};

// Whether a parsed body is a request that the endpoint can take; fills x.model and x.stream.
std::optional<GateError> check_request(Exchange& x, const GateSettings& settings);

// Fills x.caller by the key that came with the request, in its head or path. False: none did.
bool find_caller(Worker& worker, Exchange& x);

// What can be said of a request before its body is read; fills x.caller first, so that whatever is refused
// counts for whose key came with it. Nothing: it may go on.
std::optional<GateError> check_head(Worker& worker, Exchange& x);

// *decide* … *record*: carries a received request to a service and its answer back.
net::Task<void> forward(Worker& worker, Client& client, Exchange& x);

// Passes a request to the side door and its answer to the client.
// Bytes that the body of a request to the side door may have.
std::size_t most_body_aside(const Worker& worker, const Exchange& x);
net::Task<void> answer_aside(Worker& worker, Client& client, Exchange& x);

// The answer to GET /v1/models and /v1/models/{id}: what every service offers.
net::Task<void> answer_models(Worker& worker, Client& client, Exchange& x);

}  // namespace ostiary::gateway
