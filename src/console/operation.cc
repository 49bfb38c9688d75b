#include "console/operation.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "console/impl/tables.h"

namespace ostiary::console {

std::string Call::text(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second;
}

std::optional<std::int64_t> Call::number(std::string_view name) const {
  const auto found = values.find(name);
  if (found == values.end()) return std::nullopt;
  const bool negative = found->second.starts_with('-');
  const auto size = text::parse_uint(std::string_view(found->second).substr(negative));
  if (!size) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(*size) : static_cast<std::int64_t>(*size);
}

std::optional<WallMs> Call::time(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::nullopt : parse_time(found->second);
}

namespace {
Parameter parameter(Parameter::In in, std::string_view name, Schema schema, bool required) {
  return {in, std::string(name), std::move(schema), required};
}
}  // namespace

Parameter in_path(std::string_view name, Schema schema) {
  return parameter(Parameter::In::path, name, std::move(schema), true);
}
Parameter in_query(std::string_view name, Schema schema) {
  return parameter(Parameter::In::query, name, std::move(schema), false);
}
Parameter in_header(std::string_view name, Schema schema) {
  return parameter(Parameter::In::header, name, std::move(schema), false);
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = [] {
    std::vector<Operation> rows;
    for (auto* part :
         {health_operations, metrics_operations, service_operations, key_operations, limit_operations,
          exchange_operations, ledger_operations, configuration_operations, self_operations,
          invitation_operations, false_alarm_operations, webhook_operations, incoming_hook_operations,
          question_operations, answer_operations, policy_operations, use_operations, inventory_operations})
      std::ranges::move(part(), std::back_inserter(rows));
    return rows;
  }();
  return all;
}

std::vector<std::uint16_t> statuses_of(const Operation& operation) {
  std::vector<std::uint16_t> all = operation.refusals;
  all.push_back(operation.status);
  if (!operation.parameters.empty() || operation.body) all.push_back(400);
  if (operation.body) all.insert(all.end(), {413, 415});
  if (operation.need != Need::nobody) all.push_back(401);
  if (operation.need > Need::key) all.push_back(403);
  if (operation.lane != Operation::Lane::at_once) all.insert(all.end(), {500, 503});
  if (operation.lane == Operation::Lane::alone) all.push_back(409);
  const bool counted = operation.lane == Operation::Lane::worker && operation.changes();
  if (counted || operation.lane == Operation::Lane::slow) all.push_back(429);
  all.push_back(421);
  std::ranges::sort(all);
  const auto twice = std::ranges::unique(all);
  all.erase(twice.begin(), twice.end());
  return all;
}

Schema error_schema() {
  return object(
      "Error",
      {{"error", object("", {{"code", string("a word for programs")},
                             {"message", string("what was wrong, and how to mend it")},
                             optional("parameter", string("the parameter that is wrong")),
                             optional("pointer", string("JSON Pointer into the body (RFC 6901)"))})}});
}

std::string error_body(std::string_view code, std::string_view message, std::string_view pointer,
                       std::string_view parameter) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("error");
  w.begin_object();
  w.member("code", code);
  w.member("message", message);
  if (!parameter.empty()) w.member("parameter", parameter);
  if (!pointer.empty()) w.member("pointer", pointer);
  w.end_object();
  w.end_object();
  return out + '\n';
}

}  // namespace ostiary::console
