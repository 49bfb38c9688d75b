#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/id.h"
#include "base/time.h"
#include "gateway/endpoint.h"
#include "gateway/key_ring.h"
#include "gateway/placeholders.h"
#include "gateway/prices.h"
#include "gateway/reservation.h"
#include "gateway/settings.h"
#include "gateway/tracing.h"
#include "inspect/finding.h"
#include "json/document.h"
#include "ledger/record.h"
#include "net/frame.h"
#include "net/http.h"
#include "policy/decision.h"

namespace ostiary::gateway {

class Service;
struct Setup;

// Who asks. `client_authorization`: the caller's own credential for the service, where the key came by
// another way.
struct Caller {
  const KnownKey* key = nullptr;
  std::shared_ptr<const KeyRing::Snapshot> hold;
  bool own_credential = false;
  bool key_given = false;  // good or not
};

// What a caller says of a request besides the request. Views refer to the head, or to the gate's own texts.
struct Claims {
  std::string_view purpose, output_use, project, tool;
  std::optional<bool> unattended;
  std::array<char, 64> product{};  // holds `tool` where it is from the User-Agent
};

// One request through the gate and its answer, with everything learned on the way. Made when the head of a
// request has come, handed from step to step (ARCHITECTURE.md), recorded, gone. Views refer to the
// connection's buffer, which stays put until the exchange ends.
struct Exchange {
  static void* operator new(std::size_t bytes) { return net::take_frame(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { net::give_frame(block, bytes); }

  // receive
  Id id = Id::make();
  WallMs at = 0;
  MonoNs started = 0;
  std::shared_ptr<const Setup> setup;  // in force when it began
  net::Head head;
  std::string_view path;  // without a key prefix
  std::string_view query;
  Asked asked;
  std::string_view body;     // as it came
  std::string body_storage;  // holds it where it did not come at once
  json::Document document;
  std::string model;  // as asked for
  bool stream = false;
  Key256 digest_key{};
  Digest request_digest{};
  bool has_request_digest = false;
  bool digest_due = false;  // of the body: made when it is recorded, together with another's

  // Makes a digest that is still due.
  void settle_digest() {
    if (!digest_due) return;
    request_digest = hmac_sha256(digest_key, body);
    has_request_digest = true;
    digest_due = false;
  }

  // identify
  Caller caller;
  std::string_view path_key;  // of /k/KEY/v1/…
  Claims claims;

  // inspect, decide
  inspect::Inspection inspection;
  policy::Decision decision;
  std::string decision_json = "null";
  std::string fingerprint;               // of an `ask`: which request an approval would be for
  std::string question;                  // the number of the question that a refusal is, or that lets it pass
  std::string answer_headers;            // lines that the policy has the answer carry
  std::vector<std::string> carried_out;  // obligations, each once an exchange

  // route, forward
  const Service* service = nullptr;
  std::string upstream_model;  // the name that the service knows it by
  std::string target;          // path and query as the service gets them
  Digest target_digest{};      // of "METHOD target"
  bool has_target_digest = false;
  std::string forwarded;                       // the changed body; empty: `body` goes out as it came
  std::shared_ptr<Placeholders> placeholders;  // null: none was made yet
  bool has_forwarded_digest = false;
  Digest forwarded_digest{};
  std::uint32_t attempts = 0;
  MonoNs ends_by = 0;  // the chosen service's total timeout; 0: none was chosen
  bool intent_recorded = false;
  bool passed_over = false;  // went on without, and is counted

  // limits
  std::optional<Price> price;                   // of upstream_model at the service
  std::optional<std::uint64_t> input_estimate;  // tokens, where they were needed
  std::optional<ledger::Reserved> reserved;     // set aside, where a limit counts it
  Reservation reservation;
  bool usage_asked = false;       // by the gate, so that what it adds is taken out again
  std::uint64_t seen_output = 0;  // about how many tokens of text the answer brought

  // examine, record
  std::vector<inspect::Finding> answer_findings;
  ledger::Usage usage;
  ledger::Timings timings;
  ledger::Outcome outcome = ledger::Outcome::failed;
  std::uint16_t status = 0;
  std::string error;  // code of a refusal or failure
  std::uint64_t response_bytes = 0;
  Digest response_digest{};
  bool has_response_digest = false;
  std::string response_id;  // of a stored response that the service made

  // watched: microseconds since `started`; 0: it did not come to that
  std::uint64_t received = 0;     // the whole request had come
  std::uint64_t first_token = 0;  // a stream's first bytes
  Trace trace;

  // A body that nobody read as one (of a GET, say) goes nowhere: the service would take it for another
  // request.
  std::string_view body_to_send() const {
    if (!asked.endpoint.has_body) return {};
    return forwarded.empty() ? body : std::string_view(forwarded);
  }
};

}  // namespace ostiary::gateway
