#include "app/keeping.h"

#include <algorithm>
#include <fmt/format.h>

#include "json/document.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

constexpr std::string_view kSubjectPrefix = "sub_";
constexpr std::size_t kSubjectSize = 24;

void text_or_null(json::Writer& w, std::string_view name, std::string_view value) {
  w.key(name);
  value.empty() ? w.null() : w.string(value);
}

// A pseudonym in form: it is looked for in the lines of the ledger, so nothing else may be.
Result<std::string> subject_of(const std::string& given) {
  const bool good = given.size() == kSubjectSize && given.starts_with(kSubjectPrefix) &&
                    std::ranges::all_of(given.substr(kSubjectPrefix.size()), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                    });
  if (!good)
    return fail(Code::invalid, "a subject is sub_ and 20 letters and digits; `ostiary key list` shows them");
  return given;
}

Result<std::string> find_subject(json::Value root, People& people) {
  const auto user = root["user"].string_or("");
  if (user.empty()) return subject_of(root["subject"].string_or(""));
  TRY(const auto subject, people.find(user));
  if (!subject)
    return fail(Code::not_found, "no subject has that name: it was never seen here, or was erased before");
  return *subject;
}

Result<std::string> erase(json::Value root, ledger::Keeper& keeper, People& people) {
  const auto by = root["by"].string_or(""), exchange = root["exchange"].string_or("");
  std::string subject;
  ledger::Erasure done;
  if (exchange.empty()) {
    TRY(subject, find_subject(root, people));
    TRY(done, keeper.erase_subject(subject, by, people));
  } else {
    const auto id = Id::parse(exchange);
    if (!id) return fail(Code::invalid, "an exchange is a UUID; answers carry it as x-ostiary-id");
    TRY(done, keeper.erase_exchange(*id, by));
  }
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("erasure", done.id.text());
  text_or_null(w, "exchange", exchange);
  w.member("keys", done.keys);
  text_or_null(w, "subject", subject);
  w.end_object();
  return out;
}

void write_hold(json::Writer& w, const ledger::Hold& hold) {
  const auto time = [](const std::optional<WallMs>& at) { return at ? rfc3339(*at) : std::string(); };
  w.begin_object();
  w.member("at", rfc3339(hold.at));
  text_or_null(w, "by", hold.by);
  text_or_null(w, "from", time(hold.from));
  w.member("hold", hold.id.text());
  w.member("reason", hold.reason);
  text_or_null(w, "subject", hold.subject);
  text_or_null(w, "team", hold.team);
  text_or_null(w, "to", time(hold.to));
  w.end_object();
}

std::string hold_json(const ledger::Hold& hold) {
  std::string out;
  json::Writer w(out);
  write_hold(w, hold);
  return out;
}

// A moment, or a whole day: its first or last millisecond.
Result<std::optional<WallMs>> moment_of(json::Value value, bool end_of_day) {
  const auto given = value.string_or("");
  if (given.empty()) return std::nullopt;
  if (const auto at = parse_rfc3339(given)) return at;
  const auto day = parse_rfc3339(given + (end_of_day ? "T23:59:59.999Z" : "T00:00:00.000Z"));
  if (!day) return fail(Code::invalid, "a date is YYYY-MM-DD or an RFC 3339 time in UTC, such as 2026-11-23");
  return day;
}

Result<std::string> set_hold(json::Value root, ledger::Keeper& keeper) {
  ledger::HoldRequest request{.subject = {},
                              .team = root["team"].string_or(""),
                              .from = {},
                              .to = {},
                              .reason = root["reason"].string_or(""),
                              .by = root["by"].string_or("")};
  if (const auto subject = root["subject"].string_or(""); !subject.empty()) {
    TRY(request.subject, subject_of(subject));
  }
  TRY(request.from, moment_of(root["from"], false));
  TRY(request.to, moment_of(root["to"], true));
  TRY(const auto hold, keeper.set_hold(request));
  return hold_json(hold);
}

Result<std::string> release_hold(json::Value root, ledger::Keeper& keeper) {
  const auto id = Id::parse(root["hold"].string_or(""));
  if (!id) return fail(Code::invalid, "a hold's id is a UUID; `ostiary ledger hold list` shows them");
  TRY(const auto hold, keeper.release_hold(*id, root["by"].string_or("")));
  return hold_json(hold);
}

std::string list_holds(ledger::Keeper& keeper) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("holds");
  w.begin_array();
  for (const auto& hold : keeper.holds()) write_hold(w, hold);
  w.end_array();
  w.end_object();
  return out;
}

Result<std::string> retain(json::Value root, ledger::Keeper& keeper) {
  TRY(const auto report, keeper.retain(root["older_than_ms"].as_uint(),
                                       root["dry_run"].as_bool().value_or(true), root["by"].string_or("")));
  std::uint64_t records = 0;
  for (const auto& segment : report.segments)
    if (!segment.held_by) records += segment.records.end - segment.records.first;
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("before", rfc3339(report.before));
  w.member("dry_run", report.dry_run);
  w.member("records", records);
  w.key("segments");
  w.begin_array();
  for (const auto& segment : report.segments) {
    w.begin_object();
    w.member("bytes", segment.bytes);
    w.member("end", segment.records.end);
    w.member("first", segment.records.first);
    text_or_null(w, "held_by", segment.held_by ? segment.held_by->text() : "");
    w.member("newest", rfc3339(segment.newest));
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return out;
}

Result<std::string> rotate(ledger::Keeper& keeper) {
  TRY(const bool rotated, keeper.rotate());
  return std::string(rotated ? R"({"rotated":true})" : R"({"rotated":false})");
}

}  // namespace

Result<> StorePeople::forget(const std::string& subject) {
  auto erased = store_.erase_subject(subject, wall_now());
  if (!erased && erased.error().code == Code::not_found) return {};
  return erased;
}

Result<std::string> keep(const KeepingRequest& request, ledger::Keeper& keeper, People& people) {
  const std::string_view body = request.body.empty() ? "{}" : std::string_view(request.body);
  const auto document = json::Document::parse(body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  const auto what = std::string_view(request.path).substr(std::min(kKeepingPath.size(), request.path.size()));
  if (what == "erase" && request.method == "POST") return erase(root, keeper, people);
  if (what == "holds" && request.method == "GET") return list_holds(keeper);
  if (what == "hold" && request.method == "POST") return set_hold(root, keeper);
  if (what == "release" && request.method == "POST") return release_hold(root, keeper);
  if (what == "retain" && request.method == "POST") return retain(root, keeper);
  if (what == "rotate" && request.method == "POST") return rotate(keeper);
  return fail(Code::not_found, "the control socket has no such path", request.path);
}

}  // namespace ostiary::app
