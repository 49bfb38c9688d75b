#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "gateway/limit_set.h"
#include "gateway/prices.h"
#include "gateway/size_limits.h"
#include "net/tls_server.h"
#include "policy/decision.h"

namespace ostiary::gateway {

// Where a service's credential comes from. `environment`, `file` and `command` are read when the gate starts
// (a command's first line of output). Files are read again when they change; files and commands at a reload
// and after a 401. The environment of a running program does not change.
struct CredentialSource {
  enum class Kind : std::uint8_t { none, environment, file, command, client };
  Kind kind = Kind::none;
  std::string value;  // variable, path or command line
  bool operator==(const CredentialSource&) const = default;
};

// A name under which a service offers a model, and what the service calls it when that differs.
struct ModelName {
  std::string name;      // may be a glob when `upstream` is empty
  std::string upstream;  // empty: the same
  bool operator==(const ModelName&) const = default;
};

// What the licence of a model is, as far as whoever configures the gate says so.
struct ModelLicence {
  std::string model;  // its name; may be a glob
  std::string expression;
  std::string category;  // of the fact target.model_licence_category; empty: not known
  bool operator==(const ModelLicence&) const = default;
};

// What a provider's terms come to, as far as whoever configures the gate says so.
struct TermsFacts {
  std::optional<bool> dpa, human_review, indemnity, reviewed, trains;
  std::optional<std::uint64_t> retention_days;
  bool operator==(const TermsFacts&) const = default;
};

struct Timeouts {
  std::uint64_t connect_ms = 5'000;
  std::uint64_t first_byte_ms = 120'000;
  std::uint64_t idle_ms = 60'000;
  std::uint64_t total_ms = 900'000;
  bool operator==(const Timeouts&) const = default;
};

// When a service is left alone because it fails.
struct BreakerSettings {
  std::uint32_t failures = 5;  // in a row; 0: however many
  std::uint32_t rate = 50;     // percent of what it was asked within the window; 0: however many
  std::uint64_t window_ms = 30'000;
  std::uint64_t open_ms = 5'000;  // doubled each time that a probe fails
  std::uint64_t most_open_ms = 60'000;
  std::uint64_t most_retry_after_ms = 600'000;  // that the service may ask for; 0: not listened to
  bool operator==(const BreakerSettings&) const = default;
};

// How many exchanges may be under way at a service, and wait for it.
struct AdmissionSettings {
  std::uint32_t most = 0;  // 0: no limit, so that nobody waits
  std::uint32_t queue_length = 100;
  std::uint64_t queue_timeout_ms = 10'000;
  bool operator==(const AdmissionSettings&) const = default;
};

// How a service is asked, with nobody waiting, whether it is there.
struct HealthSettings {
  enum class Check : std::uint8_t { automatic, on, off };  // automatic: where the service is near
  Check check = Check::automatic;
  std::string path = "/models";
  std::uint64_t interval_ms = 10'000;
  std::uint64_t timeout_ms = 2'000;
  bool operator==(const HealthSettings&) const = default;
};

// How the first is chosen of services that are alternatives of equal rank.
enum class Balance : std::uint8_t { weighted, least_outstanding };
// What always goes to the same one of them.
enum class Sticky : std::uint8_t { conversation, none };

struct ServiceSettings {
  std::string id;
  std::string group;         // services of one group are alternatives of equal rank; empty: of its own
  std::uint32_t weight = 1;  // in its group; 0: last resort
  std::string provider, surface, protocol = "openai";  // protocol: "openai" or "replay"
  std::string hosting;                                 // of the fact target.hosting; empty: by the surface
  std::string region;                                  // where it computes; empty: not known
  std::vector<ModelLicence> licences;
  TermsFacts terms;
  std::string base_url;  // up to and with the version: https://api.example.com/v1; may hold {model}
  CredentialSource credential;
  std::string credential_header = "authorization";
  std::vector<ModelName> models;                             // empty: any
  std::vector<std::string> endpoints;                        // empty: any
  std::vector<std::pair<std::string, std::string>> query;    // added to every request (Azure's api-version)
  std::vector<std::pair<std::string, std::string>> headers;  // likewise
  std::string ca_file;      // PEM bundle used instead of the system's trust store
  std::string server_name;  // SNI and name to verify, when not the URL's host
  Timeouts timeouts;
  BreakerSettings breaker;
  AdmissionSettings admission;
  HealthSettings health;
  std::uint32_t retries = 2;                 // further tries on this service
  std::uint32_t max_idle_connections = 512;  // kept alive by each loop
  std::string recording;                     // protocol replay: file; empty: the shipped one
  double replay_speed = 0;                   // protocol replay: 0 at once, 1 as recorded, 2 twice as fast
  bool discovered = false;                   // found, not configured
  bool operator==(const ServiceSettings&) const = default;
};

struct GateSettings {
  std::vector<std::string> listen = {"127.0.0.1:8484"};  // net::parse_address
  std::string socket_group;                              // of Unix sockets; empty: the process's
  net::TlsFiles tls;                                     // no certificate: plain HTTP
  bool allow_remote = false;
  std::uint32_t loops = 0;  // 0: one for each processor this process may use
  std::uint64_t max_body_bytes = 64ULL << 20;
  std::uint64_t max_head_bytes = 32ULL << 10;
  std::uint32_t max_depth = 128;
  std::uint64_t max_response_copy_bytes = 8ULL
                                          << 20;  // kept of an answer that is not a stream, to read its usage
  std::uint32_t max_connections = 16'384;
  std::uint32_t max_connections_per_client = 0;  // from one address; 0: no limit
  std::uint64_t head_timeout_ms = 10'000;
  std::uint64_t body_timeout_ms = 30'000;  // for the whole body plus one second for each 64 KiB
  std::uint64_t idle_timeout_ms = 75'000;
  std::uint64_t write_timeout_ms = 60'000;               // a client that takes nothing for so long is gone
  std::uint32_t strangers_per_minute = 600;              // refusals without a known key that a loop records
  bool pass_through = false;                             // other /v1/* paths
  bool inspect = true;                                   // requests are inspected
  std::map<std::string, policy::Effect> data_classes;    // action for each data class
  std::vector<std::string> restore;                      // data classes whose values answers get back
  std::map<std::string, policy::Effect> answer_classes;  // allow or redact, of what answers hold
  std::uint64_t answer_hold_ms = 10'000;                 // that something of an answer is held back at most
  std::vector<SizeLimit> size_limits;
  std::string reroute_to;                  // service for data classes whose action is reroute
  double trace_sample = 1;                 // of the traces that begin here, from 0 to 1
  std::uint32_t traces_per_second = 1000;  // of those that begin here; 0: no bound
  bool trace_propagate = false;            // traceparent and tracestate go on to services
  LimitSettings limits;
  std::vector<PriceSetting> prices;  // before those of the catalogue
  Balance balance = Balance::weighted;
  Sticky sticky = Sticky::conversation;
};

}  // namespace ostiary::gateway
