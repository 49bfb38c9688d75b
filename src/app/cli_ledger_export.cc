// ledger export on the command line.

#include <memory>

#include "app/impl/verbs_ledger.h"

namespace ostiary::app {

void add_ledger_export(CommandLine& line, CLI::App& ledger) {
  const auto given = std::make_shared<ExportVerbOptions>();
  auto* verb = line.verb(
      ledger, "export", "write records as JSON Lines, exactly as they stand in the ledger",
      "ostiary ledger export --since 2026-11-01 --until 2026-12-01 --team research -o november.jsonl\n"
      "  ostiary ledger export --kind outcome --decision deny | jq .decision.rules");
  const auto option = [&](const char* flag, std::string& value, const char* doc, const char* type) {
    verb->add_option(flag, value, doc)->type_name(type);
  };
  option("--since", given->since, "from this time on: a date, or RFC 3339 in UTC", "TIME");
  option("--until", given->until, "before this time", "TIME");
  option("--kind", given->filter.kind, "intent, outcome, change, recovery, …", "KIND");
  option("--team", given->filter.team, "of this team", "TEAM");
  option("--subject", given->filter.subject, "of this pseudonym", "ID");
  option("--service", given->filter.service, "through this service", "ID");
  option("--model", given->filter.model, "of this model", "NAME");
  option("--outcome", given->filter.outcome, "complete, truncated, cancelled, refused or failed", "WORD");
  option("--decision", given->filter.decision, "allow, redact, reroute, ask or deny", "EFFECT");
  option("--id", given->id, "of this exchange", "UUID");
  line.add_common(*verb, given->common);
  line.does(*verb, [given] { return run_ledger_export(*given); });
}

}  // namespace ostiary::app
