// inspect --false-alarm, --false-alarms, --accept, --reject: over the network with a key, or in the data
// folder.

#include "app/inspect_alarms.h"

#include <algorithm>
#include <fmt/format.h>

#include "app/api_door.h"
#include "app/impl/framed.h"
#include "app/impl/terminal.h"
#include "json/document.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

bool is_fingerprint(std::string_view text) {
  return text.size() == 16 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string word(json::Value value) {
  return value.is_null() ? "-" : printable(value.string_or("-"));
}

Result<int> tell_one(const InspectOptions& options, const std::string& answer, std::string_view next) {
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, framed("false-alarm", root)));
    return 0;
  }
  TRY_VOID(put(options.common, fmt::format("{} {}\n", word(root["fingerprint"]), word(root["state"]))));
  hint(options.common, next);
  return 0;
}

Result<int> mark(const InspectOptions& options) {
  TRY(auto door, ApiDoor::open(options.gate, options.common.data, FolderApi::For::changing));
  std::string body;
  json::Writer w(body);
  w.begin_object();
  w.member("because", options.because);
  door.write_name(w);
  w.end_object();
  TRY(const auto answer,
      door.call("POST", fmt::format("/api/v1/findings/{}/false-alarm", options.false_alarm), body));
  return tell_one(options, answer, "It changes nothing until a reviewer has accepted it.");
}

Result<int> decide(const InspectOptions& options) {
  const bool accepts = !options.accept.empty();
  TRY(auto door, ApiDoor::open(options.gate, options.common.data, FolderApi::For::changing));
  std::string body;
  json::Writer w(body);
  w.begin_object();
  w.member("because", options.because);
  door.write_name(w);
  w.member("state", accepts ? "accepted" : "rejected");
  if (!options.until.empty()) w.member("until", options.until + "T23:59:59.999Z");
  w.end_object();
  TRY(const auto answer,
      door.call("PUT", fmt::format("/api/v1/false-alarms/{}", accepts ? options.accept : options.reject),
                body));
  return tell_one(options, answer, accepts ? "The gate lets it pass from now on." : "It is told as before.");
}

Result<int> list(const InspectOptions& options) {
  constexpr int most_pages = 1000;
  TRY(auto door, ApiDoor::open(options.gate, options.common.data, FolderApi::For::looking));
  std::string out;
  std::vector<std::vector<std::string>> rows = {
      {"FINGERPRINT", "STATE", "MARKED", "TEAM", "BECAUSE", "SAID", "UNTIL"}};
  std::string cursor, alarms;
  for (int page = 0; page < most_pages; ++page) {
    TRY(const auto answer,
        door.call("GET", "/api/v1/false-alarms?limit=1000" + (cursor.empty() ? "" : "&cursor=" + cursor)));
    TRY(const auto document, json::Document::parse(answer));
    for (const auto alarm : document.root()["false_alarms"]) {
      alarms += (alarms.empty() ? "" : ",") + std::string(alarm.raw());
      rows.push_back({word(alarm["fingerprint"]), word(alarm["state"]), word(alarm["marked"]).substr(0, 10),
                      word(alarm["team"]), word(alarm["because"]), word(alarm["said"]),
                      word(alarm["until"]).substr(0, 10)});
    }
    cursor = document.root()["next"].string_or("");
    if (cursor.empty()) break;
  }
  if (options.common.format == Format::json)
    out = "{\"false_alarms\":[" + alarms + "],\"kind\":\"false-alarms\",\"ostiary\":1,\"partial\":[]}\n";
  else if (rows.size() > 1)
    out = table(rows);
  TRY_VOID(put(options.common, out));
  if (rows.size() == 1) hint(options.common, "Nothing was marked as a false alarm.");
  return 0;
}

Result<> check(const InspectOptions& options) {
  for (const auto* print : {&options.false_alarm, &options.accept, &options.reject})
    if (!print->empty() && !is_fingerprint(*print))
      return fail(Code::invalid,
                  "a fingerprint has 16 hexadecimal digits; inspect shows it behind each finding");
  if (!options.false_alarms && options.because.empty())
    return fail(Code::invalid, "say why with --because, without the value");
  if (options.common.format == Format::sarif) return fail(Code::invalid, "this writes text or JSON");
  if (!options.until.empty() && !parse_rfc3339(options.until + "T00:00:00.000Z"))
    return fail(Code::invalid, "--until takes a day, such as 2027-06-30");
  return {};
}

}  // namespace

catalog::AllowRule rule_of(const store::FalseAlarm& accepted) {
  catalog::AllowRule rule;
  rule.id = "alarm-" + accepted.fingerprint;
  rule.fingerprint = accepted.fingerprint;
  rule.because = accepted.said;
  rule.by = accepted.reviewer;
  rule.until = rfc3339(accepted.until.value_or(0));
  return rule;
}

bool concerns_alarms(const InspectOptions& options) {
  return options.false_alarms || !options.false_alarm.empty() || !options.accept.empty() ||
         !options.reject.empty();
}

Result<int> run_alarms(const InspectOptions& options) {
  TRY_VOID(check(options));
  if (options.false_alarms) return list(options);
  return options.false_alarm.empty() ? decide(options) : mark(options);
}

Result<std::vector<catalog::AllowRule>> accepted_alarms(const InspectOptions& options) {
  TRY(auto door, ApiDoor::open(options.gate, options.common.data, FolderApi::For::looking));
  TRY(const auto answer, door.call("GET", "/api/v1/allow"));
  TRY(const auto document, json::Document::parse(answer));
  std::vector<catalog::AllowRule> out;
  for (const auto one : document.root()["allow"]) {
    catalog::AllowRule rule;
    rule.fingerprint = one["fingerprint"].string_or("");
    rule.id = "alarm-" + rule.fingerprint;
    rule.because = one["because"].string_or("");
    rule.by = one["by"].string_or("");
    rule.until = one["until"].string_or("");
    if (is_fingerprint(rule.fingerprint)) out.push_back(std::move(rule));
  }
  return out;
}

}  // namespace ostiary::app
