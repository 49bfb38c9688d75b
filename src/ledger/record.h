#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/id.h"
#include "base/time.h"

namespace ostiary::ledger {

// How an exchange ended.
enum class Outcome : std::uint8_t { complete, truncated, cancelled, refused, failed };
const char* name(Outcome o);

struct Usage {
  std::optional<std::uint64_t> input, output, cached;  // tokens; cached ones are part of input
  std::optional<double> cost;                          // in the currency of the price list; unknown: absent
  bool estimated = false;                              // counted here, not reported by the service
};

// What a limit had the gate set aside for an exchange before it left; `cost` like Usage::cost.
struct Reserved {
  std::uint64_t input = 0, output = 0;
  std::optional<double> cost;
};

// Monotonic durations in microseconds since the request's first byte; absent where the step was not reached.
struct Timings {
  std::optional<std::uint64_t> decided, connected, first_byte, total;
};

// An exchange as the ledger keeps it (interfaces.md, "exchange"). It never holds text of a prompt or an
// answer. The JSON members that come as `*_json` are canonical JSON made by the floor that owns the type
// (decision, findings, matches).
struct ExchangeRecord {
  Id id;
  WallMs at = 0;
  std::string_view subject;  // pseudonym; empty: the caller was not identified
  std::string_view team, key, tool;
  std::string_view endpoint;                    // "chat/completions"
  std::string_view method;                      // "POST"
  std::string_view service, provider, surface;  // empty before routing
  std::string_view model;
  std::string_view decision_json = "null";
  std::string_view findings_json = "[]";
  std::string_view matches_json = "[]";
  std::uint64_t request_bytes = 0;
  const Digest* request_digest = nullptr;
  const Digest* forwarded_digest = nullptr;  // only where the gate changed the body
  const Digest* target_digest = nullptr;     // of "METHOD target" as the service gets it; null before routing

  std::optional<Reserved> reserved;  // of an intent, where a limit counts it

  // Of an outcome:
  Outcome outcome = Outcome::complete;
  std::uint32_t status = 0;    // HTTP status given to the client; 0: none
  std::string_view error;      // code of a refusal or failure
  std::uint32_t attempts = 0;  // services tried
  bool stream = false;
  std::uint64_t response_bytes = 0;
  const Digest* response_digest = nullptr;
  Usage usage;
  Timings timings;
};

// One line of canonical JSON (RFC 8785), without the newline: the leaf of the Merkle tree is this line. Empty
// text and missing digests are null; digests are lower-case hex; counts over 2^53 - 1 are written as that
// (JSON knows no more). kind "intent": what is known before the first byte leaves. kind "outcome": the whole
// exchange.
void append_intent(std::string& out, const ExchangeRecord& record);
void append_outcome(std::string& out, const ExchangeRecord& record);
// kind "change": something an administrator or the program did: action ("key-created", "key-revoked",
// "started", "stopped", …) about `what` (an id; never a secret), with canonical detail.
void append_change(std::string& out, WallMs at, std::string_view action, std::string_view what,
                   std::string_view detail_json = "{}");
// What somebody made of a finding. Texts may be empty: null.
struct Disposition {
  WallMs at = 0;
  std::string_view fingerprint;
  std::string_view state;          // marked, accepted, rejected
  std::string_view because;        // in the words of who did it; never the value
  std::string_view by;             // id of a key, or "local"
  std::string_view subject, team;  // pseudonym and team of who did it
  std::optional<WallMs> until;     // of an accepted one
};
// kind "disposition".
void append_disposition(std::string& out, const Disposition& disposition);
// What opening a ledger that was not closed found behind its last checkpoint.
struct Found {
  std::uint64_t bytes_cut = 0;         // of the torn tail
  std::uint64_t records_lost = 0;      // had been written whole and went with them: a power cut can take them
  std::uint64_t records_unsigned = 0;  // stand there and no checkpoint covers them yet
  std::uint64_t intents_open = 0;      // of them intents without outcome
};
// kind "recovery".
void append_recovery(std::string& out, WallMs at, const Found& found);

}  // namespace ostiary::ledger
