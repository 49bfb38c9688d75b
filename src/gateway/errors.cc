#include "gateway/errors.h"

#include "json/writer.h"

namespace ostiary::gateway {

namespace {

std::string_view type_of(std::uint16_t status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 404) return "not_found_error";
  if (status == 429) return "rate_limit_error";
  return status >= 500 ? "api_error" : "invalid_request_error";
}

void append_error(std::string& out, const GateError& error) {
  out += R"({"code":)";
  json::append_string(out, error.code);
  if (!error.detail.empty()) out += "," + error.detail;
  out += R"(,"message":)";
  json::append_string(out, error.message);
  out += R"(,"param":null,"type":)";
  json::append_string(out, error.type.empty() ? type_of(error.status) : std::string_view(error.type));
  out += '}';
}

}  // namespace

std::string error_body(const GateError& error) {
  std::string out = R"({"error":)";
  append_error(out, error);
  out += '}';
  return out;
}

std::string error_event(const GateError& error, bool response_events) {
  std::string out;
  if (response_events) {
    out = "event: error\ndata: {\"code\":";
    json::append_string(out, error.code);
    out += R"(,"message":)";
    json::append_string(out, error.message);
    out += R"(,"param":null,"type":"error"})";
  } else {
    out = "data: " + error_body(error);
  }
  out += "\n\n";
  return out;
}

GateError ledger_unavailable() {
  GateError error;
  error.status = 503;
  error.code = "ledger_unavailable";
  error.message =
      "the gate cannot write its ledger, so nothing is sent; ask whoever runs it to look at the disk";
  error.retry_after = "5";
  return error;
}

GateError refusal(const policy::Decision& decision, std::string_view findings_json) {
  GateError error;
  error.status = 403;
  const bool ask = decision.effect == policy::Effect::ask;
  error.code = ask ? "approval_required" : "policy_denied";
  error.message = ask ? "This request needs an approval first" : "This request is not allowed";
  if (!decision.because.empty()) error.message += ": " + decision.because;
  error.message += '.';
  if (!decision.alternative.empty()) error.message += " What you can do: " + decision.alternative + ".";
  error.detail = R"("findings":)";
  error.detail += findings_json;
  error.detail += R"(,"instead":)";
  json::append_string(error.detail, decision.alternative);
  std::string rules;
  for (const auto& rule : decision.rules) {
    if (!rules.empty()) rules += ',';
    rules += R"({"clause":)" + json::quoted(rule.clause) + R"(,"id":)" + json::quoted(rule.id) + "}";
  }
  error.detail += R"(,"rules":[)" + rules + "]";
  return error;
}

}  // namespace ostiary::gateway
