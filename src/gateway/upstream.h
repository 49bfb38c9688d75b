#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/answer.h"
#include "gateway/exchange.h"
#include "net/http.h"
#include "net/pool.h"

namespace ostiary::gateway {

class Worker;
struct Lane;

// One try at a service: a connection, a request sent on it, an answer read from it. Belongs to a worker's
// loop. When it goes before the answer's end, the connection goes with it, which is what cancels the work at
// the service.
class Upstream {
 public:
  Upstream(Worker& worker, const Service& service, net::Watch* client, MonoNs total_deadline);
  ~Upstream();

  // Takes or opens a connection, sends head and body, reads the answer's head (past 1xx). Errors: timeout,
  // closed (the client left or the gate stops), denied (certificate), io.
  net::Task<Result<>> ask(std::string_view request_head, std::string_view body, bool fresh);
  bool client_left() const { return client_left_; }
  bool reused() const { return reused_; }  // the connection had served before
  bool connected() const { return connected_; }
  bool sent_any() const { return sent_any_; }  // something of the request may have reached the service
  bool answered_any() const { return answered_any_; }

  std::uint16_t status() const { return head_.status; }
  const net::Head& head() const { return head_; }
  bool is_event_stream() const { return event_stream_; }

  enum class Step : std::uint8_t {
    piece,  // `data` is the next piece of the decoded body; valid until the next call or suspension
    wait,   // nothing is there yet
    end,    // the body is complete
    cut     // it ended early, broke its framing or its compression
  };
  Step next(std::string_view& data);
  // Nothing of the body remains to be read: the next step reads nothing more, so that `data` stays.
  bool has_read_all() const {
    return !inflater_ &&
           ((framing_ == Framing::length && left_ == 0) || (framing_ == Framing::chunked && chunks_.done()));
  }
  // Waits for more: Wake::ready, timeout (idle, or `until` has come; 0: no such time), gone (the client
  // left), cancelled.
  net::Task<net::Wake> wait(MonoNs until = 0);
  // The rest of a body, at most `limit` bytes (more is dropped and `cut` set).
  net::Task<Result<std::string>> read_all(std::size_t limit, bool& cut);
  // Hands the connection back for reuse, if the answer was read to its end.
  void release();

 private:
  net::Task<Result<>> connect(bool fresh);
  net::Task<Result<>> send(std::string_view request_head, std::string_view body);
  net::Task<Result<>> read_head();
  Result<> begin_body();
  Step raw_next(std::string_view& data);
  Step end_of_body();
  Error gave_up(net::Wake why, std::string_view doing);

  Worker& worker_;
  const Service& service_;
  std::shared_ptr<Lane> lane_;
  net::Watch* client_;
  net::Deadline deadline_;
  MonoNs total_;
  std::optional<net::Stream> stream_;
  std::string in_;        // a head that came in pieces
  std::string_view raw_;  // bytes read and not yet decoded
  net::Head head_;
  net::ChunkDecoder chunks_;
  std::unique_ptr<Inflater> inflater_;
  std::string joined_;  // several chunks of one read
  std::string packed_;  // a piece that is being unpacked
  std::string_view packed_left_;
  std::string inflated_;
  std::uint64_t left_ = 0;
  enum class Framing : std::uint8_t { none, length, chunked, until_close } framing_ = Framing::none;
  bool complete_ = false, early_ = false;
  bool reused_ = false, connected_ = false, sent_any_ = false, answered_any_ = false, client_left_ = false;
  bool event_stream_ = false;
};

}  // namespace ostiary::gateway
