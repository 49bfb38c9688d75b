// The table of configuration keys that are not in a list.

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"

namespace ostiary::app::config {

namespace {

using gateway::GateSettings;
using ledger::Sync;
using yaml::Kind;
using yaml::Node;

constexpr std::uint64_t kKiB = 1ULL << 10, kMiB = 1ULL << 20, kGiB = 1ULL << 30;
constexpr std::uint64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

constexpr Words<std::string_view, 4> kLevels = {
    {{"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}}};
constexpr Words<Sync, 3> kSyncs = {
    {{"always", Sync::always}, {"interval", Sync::interval}, {"os", Sync::os}}};

// First line of a checkpoint: C2SP signed notes allow no blanks and no plus sign in it.
struct Origin {
  static std::string describe() { return "text without blanks and plus signs"; }
  static Result<> read(const Node& node, std::string& out) {
    TRY_VOID(Text::read(node, out));
    if (out.find_first_of(" \t+") != std::string::npos) return fail(Code::invalid, "must be " + describe());
    return {};
  }
};

template <auto Member, class Type>
Row<Config> top(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc, [](Config& config, const Node& node, std::string_view) {
            return Type::read(node, config.*Member);
          }};
}

template <auto Member, class Type>
Row<Config> gate(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc, [](Config& config, const Node& node, std::string_view) {
            return Type::read(node, config.gate.*Member);
          }};
}

template <auto Member, class Type>
Row<Config> ledger_row(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc, [](Config& config, const Node& node, std::string_view) {
            return Type::read(node, config.ledger.*Member);
          }};
}

Result<> check_class_name(const auto& node, std::string_view name, std::string_view file) {
  if (!name.empty() &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos)
    return {};
  return fail(Code::invalid,
              fmt::format("'{}' is not the name of a data class: small letters, digits and -", name),
              yaml::place(file, node));
}

// Of a key that is read anew.
void forget_classes(Config& config, std::string_view key) {
  std::erase_if(config.class_names, [&](const ClassName& known) { return known.key == key; });
}

Result<> read_answer_classes(Config& config, const Node& node, std::string_view file) {
  if (node.kind != Kind::mapping)
    return fail(Code::invalid, "must be a mapping of data classes to allow or redact");
  config.gate.answer_classes.clear();
  forget_classes(config, "answer_classes");
  for (const auto& member : node.members) {
    const auto effect =
        member.value.kind == Kind::scalar ? policy::parse_effect(member.value.scalar) : std::nullopt;
    if (effect == policy::Effect::deny)
      return fail(
          Code::invalid,
          fmt::format("'answer_classes.{}' cannot be deny, since an answer is on its way to the client "
                      "before all of it is known; use redact",
                      member.name),
          yaml::place(file, member.value));
    if (effect != policy::Effect::allow && effect != policy::Effect::redact)
      return fail(Code::invalid,
                  fmt::format("'answer_classes.{}' must be one of allow, redact{}", member.name,
                              meant(member.value.scalar, {"allow", "redact"})),
                  yaml::place(file, member.value));
    TRY_VOID(check_class_name(member.value, member.name, file));
    config.gate.answer_classes[member.name] = *effect;
    config.class_names.push_back({"answer_classes", member.name, yaml::place(file, member)});
  }
  return {};
}

Result<> read_restore(Config& config, const Node& node, std::string_view file) {
  if (node.kind != Kind::sequence) return fail(Code::invalid, "must be a list of data classes");
  config.gate.restore.clear();
  forget_classes(config, "restore");
  for (const auto& item : node.items) {
    if (item.kind != Kind::scalar) return fail(Code::invalid, "must be a list of data classes");
    TRY_VOID(check_class_name(item, item.scalar, file));
    config.gate.restore.push_back(item.scalar);
    config.class_names.push_back({"restore", item.scalar, yaml::place(file, item)});
  }
  return {};
}

Result<> read_data_classes(Config& config, const Node& node, std::string_view file) {
  constexpr std::string_view kForm =
      "must be a mapping of data classes to allow, redact, reroute, ask or deny";
  if (node.kind != Kind::mapping) return fail(Code::invalid, std::string(kForm));
  config.gate.data_classes.clear();
  forget_classes(config, "data_classes");
  for (const auto& member : node.members) {
    const auto effect =
        member.value.kind == Kind::scalar ? policy::parse_effect(member.value.scalar) : std::nullopt;
    if (!effect)
      return fail(
          Code::invalid,
          fmt::format("'data_classes.{}' must be one of allow, redact, reroute, ask, deny{}", member.name,
                      meant(member.value.scalar, {"allow", "redact", "reroute", "ask", "deny"})),
          yaml::place(file, member.value));
    TRY_VOID(check_class_name(member, member.name, file));
    config.gate.data_classes[member.name] = *effect;
    config.class_names.push_back({"data_classes", member.name, yaml::place(file, member)});
  }
  return {};
}

Result<> read_services(Config& config, const Node& node, std::string_view file) {
  if (node.kind != Kind::sequence) return fail(Code::invalid, "must be a list of services");
  config.services.clear();
  for (const auto& item : node.items) {
    TRY(auto service, read_service(item, file));
    for (const auto& other : config.services)
      if (other.id == service.id)
        return fail(Code::invalid,
                    fmt::format("a second service has the id '{}'; give it another", service.id),
                    yaml::place(file, *item.find("id")));
    config.services.push_back(std::move(service));
  }
  config.services_configured = !config.services.empty();
  return {};
}

std::vector<Row<Config>> first_rows() {
  return {
      listen_row(),
      top<&Config::data, Path>("data", "./ostiary-data",
                               "The data folder: keys, ledger, store. One process at a time writes it."),
      top<&Config::log_level, OneOf<kLevels>>("log_level", "info",
                                              "The least important lines that reach stderr."),
  };
}

std::vector<Row<Config>> gate_rows() {
  return {
      gate<&GateSettings::allow_remote, Boolean>("gate.allow_remote", "false",
                                                 "Lets the gate listen beyond this machine in plain HTTP: "
                                                 "put TLS in front before you do. Not needed with 'tls'."),
      gate<&GateSettings::socket_group, Text>(
          "gate.socket_group", "\"\"",
          "The group that may connect to the Unix sockets of 'listen', "
          "whose mode is 0660. The gate's user must be a member of it. Under the packaged unit the socket "
          "unit's SocketGroup= says it instead (docs/deployment.md). Empty: that of the "
          "process."),
      gate<&GateSettings::loops, Count<0, 1024>>(
          "gate.loops", "0",
          "Event loops, each on its own thread. 0: one for each processor that this process may use."),
      gate<&GateSettings::max_body_bytes, Bytes<kKiB, kGiB>>(
          "gate.max_body_bytes", "64MiB", "A request with a larger body is refused with 413."),
      gate<&GateSettings::max_head_bytes, Bytes<kKiB, kMiB>>(
          "gate.max_head_bytes", "32KiB",
          "A request with a larger head (request line and headers) is refused with 431."),
      gate<&GateSettings::max_depth, Count<1, 1024>>(
          "gate.max_depth", "128", "Arrays and objects within one another that a request's JSON may have."),
      gate<&GateSettings::max_response_copy_bytes, Bytes<0, kGiB>>(
          "gate.max_response_copy_bytes", "8MiB",
          "How much of an answer that is not a stream is kept to read its usage. Larger answers pass on all "
          "the same."),
      gate<&GateSettings::max_connections, Count<1, 1'000'000>>(
          "gate.max_connections", "16384",
          "Connections of clients at once, on all event loops together. Further ones are closed with a 503."),
      gate<&GateSettings::max_connections_per_client, Count<0, 1'000'000>>(
          "gate.max_connections_per_client", "0",
          "Of those, connections at once from one address (IPv6: from one /64). Further ones are closed with "
          "a 429. Unix sockets are not counted, nor are connections from before a reload that sets it; "
          "behind "
          "a proxy, whose address all clients share, leave it at 0: no limit."),
      gate<&GateSettings::head_timeout_ms, Duration<100, kHour>>(
          "gate.head_timeout", "10s", "From the first byte of a request to the end of its head."),
      gate<&GateSettings::body_timeout_ms, Duration<100, kHour>>(
          "gate.body_timeout", "30s",
          "For the whole body of a request, plus one second for each 64 KiB of it."),
      gate<&GateSettings::idle_timeout_ms, Duration<100, kHour>>(
          "gate.idle_timeout", "75s", "How long a connection without a request is kept open."),
      gate<&GateSettings::write_timeout_ms, Duration<100, kHour>>(
          "gate.write_timeout", "60s", "A client that takes nothing of its answer for so long is gone."),
      gate<&GateSettings::strangers_per_minute, Count<0, 1'000'000>>(
          "gate.strangers_per_minute", "600",
          "Refused requests without a known key that each event loop records in a minute, so that strangers "
          "cannot fill the ledger. Those beyond get the same answer and are counted; one record a minute "
          "says "
          "how many."),
      gate<&GateSettings::pass_through, Boolean>(
          "gate.pass_through", "false",
          "Passes paths under /v1 that the gate does not know to the first service."),
  };
}

std::vector<Row<Config>> ledger_rows() {
  return {
      ledger_row<&ledger::Options::sync, OneOf<kSyncs>>(
          "ledger.sync", "interval",
          "When records reach the disk. always: before anything leaves. interval: a power cut loses at most "
          "sync_interval. "
          "os: when the system decides. None of them loses a record when only the process dies."),
      ledger_row<&ledger::Options::sync_interval_ms, Duration<1, kHour>>(
          "ledger.sync_interval", "1s", "With sync: interval, the longest time between two syncs."),
      ledger_row<&ledger::Options::checkpoint_interval_ms, Duration<10, kDay>>(
          "ledger.checkpoint_interval", "1s", "How often new records get a signed checkpoint."),
      ledger_row<&ledger::Options::segment_bytes, Bytes<4 * kKiB, 1024 * kGiB>>(
          "ledger.segment_bytes", "256MiB", "A segment file of the ledger is closed when it is larger."),
      ledger_row<&ledger::Options::origin, Origin>(
          "ledger.origin", "\"\"",
          "First line of checkpoints, such as acme.example/ledger. Empty: made from the verifying key."),
  };
}

std::vector<Row<Config>> last_rows() {
  return {
      gate<&GateSettings::inspect, Boolean>(
          "inspect", "true",
          "Whether requests are looked through for secrets, personal data and confidentiality markings. What "
          "is "
          "found goes masked into the ledger; policy and data_classes say what follows from it. Without it "
          "the policy does not know what a request holds, and treats it as the strictest case."),
      top<&Config::inspection, Path>(
          "inspection", "\"\"",
          "A folder with detectors, lists and allow-rules of your own (docs/inspection.md). A reload reads "
          "it "
          "again; while something in it is wrong, what was read before stays in force."),
      top<&Config::own_code, Path>(
          "own_code", "\"\"",
          "A file of fingerprints of your own code, made by ostiary inspect --learn (docs/inspection.md): "
          "what "
          "stands there too is a finding of the class own-code. A reload reads it again."),
      policy_row(),
      Row<Config>{
          "data_classes", "a mapping of data classes to allow, redact, reroute, ask or deny", "{}",
          "What happens to a request that holds a data class, such as {secret: deny, personal: "
          "redact}. The strictest action of all classes wins, and this is only ever stricter than the "
          "policy: allow, and classes that are not named, are left to it.",
          read_data_classes},
      size_limits_row(),
      Row<Config>{
          "restore", "a list of data classes", "[]",
          "Data classes whose values a client gets back: where an answer holds a placeholder that the "
          "request was given for one, such as ‹secret:github-token:1›, the client reads the value. Only "
          "what this exchange masked is given back, and only to who sent it.",
          read_restore},
      Row<Config>{
          "answer_classes", "a mapping of data classes to allow or redact", "{}",
          "What happens to data of a class in answers, such as {secret: redact}: redact masks it, also "
          "within streams and in the arguments of tool calls, and ends an answer that cannot be read. "
          "Classes that are not named are allowed. What was found goes masked into the ledger in "
          "either case.",
          read_answer_classes},
      gate<&GateSettings::answer_hold_ms, Duration<10, kHour>>(
          "answer_hold", "10s",
          "With a class to be masked in answers: how long the end of a stream may be held back because it "
          "may "
          "be the beginning of such data. Then it is masked."),
      gate<&GateSettings::reroute_to, Text>(
          "reroute_to", "\"\"",
          "The id of the service that gets requests whose data class has the action reroute."),
      Row<Config>{"services", "a list of services", "[]",
                  "Ways to reach models, in order of fallback. Empty: services found in the environment and "
                  "on the usual "
                  "local ports, and the replay service.",
                  read_services},
  };
}

// Rows of one mapping stand together, whichever file they are from, where the first of them stands.
void gather_mappings(std::vector<Row<Config>>& rows) {
  const auto mapping = [](const Row<Config>& row) { return row.path.substr(0, row.path.find('.')); };
  for (auto first = rows.begin(); first != rows.end();)
    first = std::stable_partition(
        first, rows.end(), [&, name = mapping(*first)](const auto& row) { return mapping(row) == name; });
}

}  // namespace

const std::vector<Row<Config>>& config_rows() {
  static const std::vector<Row<Config>> rows = [] {
    std::vector<Row<Config>> all;
    for (auto* part :
         {first_rows, tls_rows, gate_rows, limits_and_prices_rows, ledger_rows, keeping_rows, witness_rows,
          routing_rows, operations_rows, telemetry_rows, console_rows, webhook_rows, last_rows})
      std::ranges::move(part(), std::back_inserter(all));
    gather_mappings(all);
    return all;
  }();
  return rows;
}

}  // namespace ostiary::app::config
