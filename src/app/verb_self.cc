// team invite, key request, me: what developers do for themselves.

#include <cstdlib>
#include <fmt/format.h>

#include "app/api_door.h"
#include "app/folder_api.h"
#include "app/gate_client.h"
#include "app/impl/framed.h"
#include "app/impl/terminal.h"
#include "app/verbs.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"
#include "net/http.h"
#include "store/key_form.h"

namespace ostiary::app {

namespace {

Result<std::string> own_key() {
  const char* key = std::getenv("OSTIARY_KEY");
  if (key && *key) return std::string(key);
  return fail(Code::invalid, "put your key into the variable OSTIARY_KEY");
}

std::string word(json::Value value) {
  if (value.is_null() || !value) return "-";
  const auto text = value.as_string();
  return printable(text ? *text : std::string(value.raw()));
}

std::string exchanges_table(json::Value root) {
  std::vector<std::vector<std::string>> rows = {
      {"AT", "MODEL", "SERVICE", "OUTCOME", "IN", "OUT", "COST", "ID"}};
  for (const auto x : root["exchanges"])
    rows.push_back({word(x["at"]), word(x["model"]), word(x["service"]), word(x["outcome"]),
                    word(x["usage"]["input"]), word(x["usage"]["output"]), word(x["usage"]["cost"]),
                    word(x["id"])});
  return table(rows);
}

std::string kept_table(json::Value root) {
  std::vector<std::vector<std::string>> rows = {{"PLACE", "COUNT", "WHAT", "HOW LONG"}};
  for (const auto place : root["places"])
    rows.push_back({word(place["place"]), word(place["count"]), word(place["what"]), word(place["for"])});
  return fmt::format("Kept under the pseudonym {}:\n\n{}", word(root["subject"]), table(rows));
}

std::string budget_table(json::Value root) {
  std::vector<std::vector<std::string>> rows = {
      {"OF", "LIMIT", "MOST", "USED", "RESERVED", "LEFT", "RESETS AT", "FROM"}};
  for (const auto scope : {"key", "team"})
    for (const auto line : root[scope]["limits"])
      rows.push_back({scope, line.key(), word(line["limit"]), word(line["used"]), word(line["reserved"]),
                      word(line["remaining"]), word(line["resets_at"]), word(line["source"])});
  return table(rows);
}

// Each member on a line.
std::string members_table(json::Value root) {
  std::vector<std::vector<std::string>> rows;
  for (const auto member : root) rows.push_back({member.key(), word(member)});
  return table(rows);
}

}  // namespace

Result<int> run_team_invite(const InviteOptions& options) {
  TRY_VOID(store::check_key_owner(options.team, "anybody"));
  TRY(const auto life, text::parse_duration_ms(options.expires));
  std::string body;
  json::Writer w(body);
  w.begin_object();
  w.member("expires_in", life / 1000);
  w.member("uses", std::uint64_t{options.uses});
  w.end_object();
  TRY(auto api, FolderApi::open(options.common.data, FolderApi::For::changing));
  TRY(const auto answer,
      api.call("POST", fmt::format("/api/v1/teams/{}/invitations", percent_encoded(options.team)), body));
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, framed("invitation", root)));
    return 0;
  }
  TRY_VOID(put(options.common, root["invitation"].string_or("") + "\n"));
  hint(options.common,
       fmt::format("\nGood for {} of team {} until {}. Whoever holds it makes a key for themselves:\n\n"
                   "  ostiary key request --gate URL --invite ost_inv_… --user NAME",
                   options.uses == 1 ? "one member" : fmt::format("{} members", options.uses),
                   printable(options.team), word(root["expires"])));
  return 0;
}

Result<int> run_key_request(const RequestOptions& options) {
  std::string body;
  json::Writer w(body);
  w.begin_object();
  if (!options.invitation.empty()) {
    w.member("invitation", options.invitation);
    w.member("user", options.user);
  }
  if (!options.grace.empty()) {
    TRY(const auto grace, text::parse_duration_ms(options.grace));
    w.member("grace", grace / 1000);
  }
  w.end_object();
  std::string key;
  if (options.invitation.empty()) {
    TRY(key, own_key());
  }
  TRY(const auto answer, ask_gate(options.gate, key, "POST", "/api/v1/self/keys", body));
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, framed("key", root)));
    return 0;
  }
  TRY_VOID(put(options.common, root["key"].string_or("") + "\n"));
  hint(options.common,
       fmt::format("\nYour key of team {}, shown this once. Programs take it as OPENAI_API_KEY, "
                   "with OPENAI_BASE_URL naming the gate.",
                   word(root["team"])));
  return 0;
}

Result<int> run_me(const MeOptions& options) {
  TRY(const auto key, own_key());
  const auto path = options.what.empty() ? "/api/v1/self" : "/api/v1/self/" + options.what;
  TRY(const auto answer, ask_gate(options.gate, key, "GET", path));
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  std::string out;
  if (options.common.format == Format::json)
    out = framed(options.what.empty() ? "self" : "self-" + options.what, root);
  else if (options.what == "exchanges")
    out = exchanges_table(root);
  else if (options.what == "kept")
    out = kept_table(root);
  else if (options.what == "budget")
    out = budget_table(root);
  else
    out = members_table(root);
  TRY_VOID(put(options.common, out));
  return 0;
}

}  // namespace ostiary::app
