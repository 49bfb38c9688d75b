#pragma once

#include <string>

#include "gateway/client.h"
#include "gateway/upstream.h"

namespace ostiary::gateway {

// What of a service's answer head goes on to the client, kept apart from the buffer it was read into.
struct AnswerFacts {
  std::uint16_t status = 0;
  std::string headers;  // lines with CR LF, filtered
  std::string retry_after;
  bool json = false;  // the content type is JSON
};
// Where a header repeats the credential, only the content type goes on. `own_limits`: the gate tells its own,
// so that the service's x-ratelimit-* do not go on.
AnswerFacts describe_answer(const net::Head& head, std::string_view credential, bool own_limits);

// Passes a stream of events on to the client as it comes, and watches it. Ends with x.outcome, x.status and
// the rest set.
net::Task<void> relay_stream(Worker& worker, Client& client, Exchange& x, Upstream& upstream,
                             const AnswerFacts& answer);

// Passes any other answer on. Up to max_response_copy_bytes it is read whole first, so that a broken one
// becomes a clean error. Returns false, with nothing sent, when it broke before that (`error` says how).
net::Task<bool> relay_body(Worker& worker, Client& client, Exchange& x, Upstream& upstream,
                           const AnswerFacts& answer, GateError& error);

// Examines a whole body that has been read already and sends what comes of it. `read` may lie in the loop's
// scratch buffer.
net::Task<void> send_whole(Worker& worker, Client& client, Exchange& x, const AnswerFacts& answer,
                           std::string_view read);

}  // namespace ostiary::gateway
