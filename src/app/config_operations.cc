// The configuration keys of running it: logs, the audit stream, the end.

#include <fmt/format.h>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"

namespace ostiary::app::config {

namespace {

using yaml::Kind;
using yaml::Node;
using To = AuditSettings::To;

constexpr std::uint64_t kSecond = 1000, kHour = 3600 * kSecond;

constexpr Words<log::Form, 2> kForms = {{{"text", log::Form::text}, {"json", log::Form::json}}};
constexpr Words<To, 3> kTargets = {{{"none", To::none}, {"file", To::file}, {"syslog", To::syslog}}};

template <auto Part, auto Member, class Type>
Row<Config> row(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc, [](Config& config, const Node& node, std::string_view) {
            return Type::read(node, config.*Part.*Member);
          }};
}

Result<> read_records(Config& config, const Node& node, std::string_view file) {
  if (node.kind != Kind::sequence)
    return fail(Code::invalid, "must be a list of changes, refusals and exchanges");
  auto& audit = config.audit;
  audit.changes = audit.refusals = audit.exchanges = false;
  for (const auto& item : node.items) {
    const auto word = item.kind == Kind::scalar ? std::string_view(item.scalar) : std::string_view();
    bool* wanted = word == "changes"     ? &audit.changes
                   : word == "refusals"  ? &audit.refusals
                   : word == "exchanges" ? &audit.exchanges
                                         : nullptr;
    if (!wanted)
      return fail(Code::invalid,
                  fmt::format("'audit.records' takes changes, refusals and exchanges{}",
                              meant(word, {"changes", "refusals", "exchanges"})),
                  yaml::place(file, item));
    *wanted = true;
  }
  return {};
}

}  // namespace

std::vector<Row<Config>> operations_rows() {
  return {
      row<&Config::log, &LogSettings::form, OneOf<kForms>>("log.format", "text",
                                                           "Log lines as text or as JSON objects."),
      row<&Config::log, &LogSettings::file, Path>(
          "log.file", "\"\"",
          "Where log lines go; empty: stderr. SIGHUP and SIGUSR1 open it anew after it was moved away."),
      row<&Config::audit, &AuditSettings::to, OneOf<kTargets>>(
          "audit.to", "none", "Hands records of the ledger on to a SIEM: a file of JSON lines, or syslog."),
      row<&Config::audit, &AuditSettings::file, Path>(
          "audit.file", "\"\"", "With audit.to: file, its path. Opened anew at SIGHUP and SIGUSR1."),
      row<&Config::audit, &AuditSettings::socket, Path>("audit.socket", "/dev/log",
                                                        "With audit.to: syslog, its socket (RFC 5424)."),
      Row<Config>{"audit.records", "a list of changes, refusals and exchanges", "[changes, refusals]",
                  "Which records: what administrators and the gate did; exchanges that were refused; all "
                  "exchanges with their outcome.",
                  read_records},
      {"gate.drain_timeout", Duration<0, kHour>::describe(), "30s",
       "How long exchanges under way may take to end when the gate is stopped.",
       [](Config& config, const Node& node, std::string_view) {
         return Duration<0, kHour>::read(node, config.drain_timeout_ms);
       }},
  };
}

}  // namespace ostiary::app::config
