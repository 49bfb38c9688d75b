#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/decision.h"

namespace ostiary::gateway {

// An answer that the gate gives itself, in the error shape of the caller's protocol. Today every endpoint
// speaks OpenAI's:
// {"error": {"message", "type", "param", "code"}}.
struct GateError {
  std::uint16_t status = 400;
  std::string code;         // stable word: "invalid_api_key", "policy_denied", …
  std::string message;      // what is wrong and how to mend it
  std::string retry_after;  // header value; empty: none
  std::string allow;        // for 405
  std::string type;         // of the error; empty: by the status
  bool no_retry = false;    // asking again is of no use: clients that repeat by themselves are told so
  std::string detail;       // further canonical members of the error object, such as "\"rules\":[…]"
};

std::string error_body(const GateError& error);
// The event that tells a client, within a stream, that it was cut (`responses`: the typed event of that
// protocol).
std::string error_event(const GateError& error, bool response_events);
// The ledger takes no intent, so nothing may go out.
GateError ledger_unavailable();
// The refusal of a decision that stops the exchange, with the number of its question; empty: none.
GateError refusal(const policy::Decision& decision, std::string_view findings_json,
                  std::string_view question = {});

}  // namespace ostiary::gateway
