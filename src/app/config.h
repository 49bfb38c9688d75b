#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/webhook_settings.h"
#include "app/witness.h"
#include "base/log.h"
#include "base/result.h"
#include "gateway/settings.h"
#include "ledger/keeper.h"
#include "ledger/ledger.h"

namespace ostiary::app {

// Which of the ledger's records go on to a SIEM, and where to.
struct AuditSettings {
  enum class To : std::uint8_t { none, file, syslog };
  To to = To::none;
  std::string file;
  std::string socket = "/dev/log";
  bool changes = true, refusals = true, exchanges = false;
  bool operator==(const AuditSettings&) const = default;
};

// Where the configuration names a data class.
struct ClassName {
  std::string key;    // "answer_classes"
  std::string name;   // of the class
  std::string place;  // file:line:column, or the variable's
};

struct LogSettings {
  log::Form form = log::Form::text;
  std::string file;  // empty: stderr
};

// What is read once, when the program starts. The rest of `telemetry:` stands in GateSettings.
struct TelemetrySettings {
  bool metrics = true;
  std::string endpoint;               // of the collector; empty: no spans
  gateway::CredentialSource headers;  // of kind none, environment or file: lines "Name: value"
  std::string ca_file;
  std::uint32_t queue = 4096;  // exchanges for each loop
  std::uint64_t timeout_ms = 10'000;
  enum class Open : std::uint8_t { automatic, yes, no } metrics_open = Open::automatic;  // without a key
  bool operator==(const TelemetrySettings&) const = default;
};

// Everything `serve` is told, from flag > environment > file > default.
struct Config {
  gateway::GateSettings gate;
  ledger::Options ledger;
  ledger::KeeperOptions keeper;
  std::vector<WitnessSettings> witnesses;
  std::vector<WebhookSettings> webhooks;
  std::vector<IncomingHookSettings> incoming_hooks;
  TelemetrySettings telemetry;
  std::vector<gateway::ServiceSettings> services;  // in order of fallback; from the file only
  bool services_configured = false;                // the file names services: nothing is looked for
  std::string data = "./ostiary-data";
  std::vector<ClassName> class_names;  // all that it names, in order
  std::string policy = "built-in";     // or "none", or the file of the document
  std::string own_code;                // file of fingerprints of the organisation's code; empty: none
  std::string inspection;  // folder of the organisation's detectors, lists and allow-rules; empty: none
  std::string log_level = "info";
  LogSettings log;
  AuditSettings audit;
  std::uint64_t drain_timeout_ms = 30'000;
  std::vector<std::string> console_hosts;  // further names by which the API may be asked
  std::uint32_t console_own_keys = 5;      // with so many valid keys of a team nobody makes another
};

// One row of the table that defines every configuration key: what the file may hold, its type, default and
// meaning.
// `--print-config`, the error for an unknown key and docs/configuration.md are made from it.
struct Key {
  std::string_view path;  // "ledger.sync"; a `[]` part is a list item: "services[].timeouts.connect"
  std::string_view type;  // "duration", "bytes", "count", "boolean", "text", "one of always|interval|os", …
  std::string_view fallback;  // as it would stand in the file; empty: none
  std::string_view doc;       // one or two sentences
};
std::span<const Key> keys();

// Reads a configuration file over the defaults. Errors carry file:line:column; an unknown key names the
// nearest known one.
Result<Config> read_config(std::string_view text, std::string_view file);
Result<Config> load_config(const std::string& path);

// Environment over file: OSTIARY_LISTEN, OSTIARY_DATA, OSTIARY_LEDGER_SYNC, … one for each key that is not in
// a list
// ("OSTIARY_" + the path in capitals, dots as underscores). `get` is std::getenv in the program.
Result<> apply_environment(Config& config, const std::function<const char*(const char*)>& get);

std::string variable_of(std::string_view path);

// `invalid` where one of the environment's names looks like such a variable and is none, with the one that is
// meant.
Result<> check_variables(std::span<const std::string_view> names);

// The documented defaults as a configuration file that reads back to the same Config.
std::string print_defaults();

}  // namespace ostiary::app
