// What a monitoring system scrapes.

#include "console/backing.h"
#include "console/impl/tables.h"
#include "telemetry/exposition.h"

namespace ostiary::console {

namespace {

Result<Reply> metrics(Backing& backing, const Call& call) {
  const bool open = backing.steward && backing.steward->metrics_open();
  if (!open && !call.rights.sees_all())
    return fail(Code::denied,
                "metrics need a key with the scope read or admin (ost_…) as 'Authorization: Bearer'");
  const auto* const registry = backing.shared.instruments.registry;
  if (!registry) return fail(Code::not_found, "nothing is counted: telemetry.metrics is off");
  const auto format = telemetry::asked_format(call.request.header("accept"));
  return Reply{telemetry::render(*registry, format), std::string(telemetry::content_type(format))};
}

}  // namespace

std::vector<Operation> metrics_operations() {
  Operation row;
  row.id = "metrics";
  row.method = "GET";
  row.path = "/metrics";
  row.tag = "health";
  row.summary = "All metrics as text; as OpenMetrics where Accept prefers that";
  row.need = Need::watch;
  row.answer = string("samples; docs/telemetry.md lists them");
  row.type = telemetry::content_type(telemetry::Format::prometheus);
  row.other_type = telemetry::content_type(telemetry::Format::openmetrics);
  row.refusals = {403, 404};
  row.handler = metrics;
  return {row};
}

}  // namespace ostiary::console
