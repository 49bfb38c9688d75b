#include "gateway/errors.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

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

namespace {

// The headers by which a caller says a fact (facts.cc reads them).
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSaidBy = {
    {{"agent.unattended", "x-ostiary-unattended"},
     {"output.project", "x-ostiary-project"},
     {"output.use", "x-ostiary-output-use"},
     {"purpose", "x-ostiary-purpose"},
     {"tool", "x-ostiary-tool"}}};

std::string_view header_for(std::string_view fact) {
  const auto* at = std::ranges::find(kSaidBy, fact, [](const auto& one) { return one.first; });
  return at == kSaidBy.end() ? std::string_view() : at->second;
}

// "rule 'a' (clause 'what-goes')"; what stands in a message where the rule gives no reason.
std::string names_of(const std::vector<policy::RuleRef>& rules) {
  std::vector<std::string> names;
  for (const auto& rule : rules) {
    auto name = fmt::format("'{}'", rule.id);
    if (!rule.clause.empty()) name += fmt::format(" (clause '{}')", rule.clause);
    names.push_back(std::move(name));
  }
  return fmt::format("rule{} {}", names.size() == 1 ? "" : "s", fmt::join(names, ", "));
}

// What is unknown that the decision rests on, and how to say it.
std::string unknown_in(const std::vector<std::string>& missing) {
  if (missing.empty()) return {};
  std::vector<std::string> names;
  for (const auto& fact : missing) {
    const auto header = header_for(fact);
    if (fact == "data.partial")
      names.emplace_back("what stands in the parts of the request that could not be read (data.partial)");
    else
      names.push_back(header.empty() ? fact : fmt::format("{} (the header {} says it)", fact, header));
  }
  return fmt::format(" Not known: {}.", fmt::join(names, ", "));
}

std::string message_of(const policy::Decision& decision, std::string_view question) {
  const bool ask = decision.effect == policy::Effect::ask;
  std::string out = ask ? "This request needs an approval first" : "This request is not allowed";
  if (!decision.because.empty())
    out += ": " + decision.because;
  else if (!decision.rules.empty())
    out += " by " + names_of(decision.rules);
  if (!out.ends_with('.')) out += '.';
  out += unknown_in(decision.missing);
  if (!decision.instead.empty()) out += " What you can do: " + decision.instead + ".";
  if (out.ends_with("..")) out.pop_back();
  if (!decision.alternative.empty()) out += " It would pass if you " + decision.alternative + ".";
  if (question.empty()) return out;
  out += " It is question ";
  out += question;
  if (ask) return out + "; the same request passes once it is approved.";
  return out.append("; to ask about it: ostiary desk ask ").append(question);
}

void member_or_null(std::string& out, std::string_view name, std::string_view value) {
  out += '"';
  out += name;
  out += "\":";
  if (value.empty())
    out += "null";
  else
    json::append_string(out, value);
}

}  // namespace

GateError refusal(const policy::Decision& decision, std::string_view findings_json,
                  std::string_view question) {
  GateError error;
  error.status = 403;
  error.code = decision.effect == policy::Effect::ask ? "approval_required" : "policy_denied";
  error.message = message_of(decision, question);
  member_or_null(error.detail, "alternative", decision.alternative);
  error.detail += R"(,"findings":)";
  error.detail += findings_json;
  error.detail += R"(,"instead":)";
  json::append_string(error.detail, decision.instead);
  error.detail += R"(,"missing":[)";
  std::string missing;
  for (const auto& fact : decision.missing) {
    if (!missing.empty()) missing += ',';
    missing += R"({"fact":)" + json::quoted(fact) + R"(,"header":)";
    const auto header = header_for(fact);
    missing += header.empty() ? "null" : json::quoted(header);
    missing += '}';
  }
  error.detail += missing + "],";
  member_or_null(error.detail, "question", question);
  std::string rules;
  for (const auto& rule : decision.rules) {
    if (!rules.empty()) rules += ',';
    rules += R"({"clause":)" + json::quoted(rule.clause) + R"(,"id":)" + json::quoted(rule.id) + "}";
  }
  error.detail += R"(,"rules":[)" + rules + "]";
  return error;
}

}  // namespace ostiary::gateway
