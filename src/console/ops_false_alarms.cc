// False alarms: a developer marks a finding, a reviewer decides. What nobody decided loosens nothing.

#include <algorithm>

#include "console/backing.h"
#include "console/impl/keys.h"
#include "console/impl/tables.h"
#include "inspect/engine.h"
#include "ledger/record.h"

namespace ostiary::console {

namespace {

constexpr WallMs kDayMs = 24LL * 3600 * 1000, kUsualMs = 180 * kDayMs, kLongestMs = 731 * kDayMs;
constexpr std::int64_t kPage = 100, kLongestPage = 1000;
constexpr std::size_t kLongestBecause = 500;

const Chars kHex = {"[0-9a-f]", [](char32_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }};

Schema fingerprint(std::string_view doc) {
  return token(doc, kHex, 16, 16);
}

Schema because() {
  return token("why, without the value", kPrintable, 1, kLongestBecause);
}

void write_alarm(json::Writer& w, const store::FalseAlarm& alarm) {
  const auto text = [&](std::string_view name, const std::string& value) {
    w.key(name);
    if (value.empty())
      w.null();
    else
      w.string(value);
  };
  w.member("because", alarm.because);
  write_time(w, "decided", alarm.decided);
  w.member("fingerprint", alarm.fingerprint);
  w.member("marked", rfc3339(alarm.marked));
  text("reviewer", alarm.reviewer);
  text("said", alarm.said);
  w.member("state", alarm.state);
  text("subject", alarm.subject);
  text("team", alarm.team);
  write_time(w, "until", alarm.until);
}

Schema alarm_schema() {
  return object("FalseAlarm",
                {{"because", string("why it was marked")},
                 {"decided", time("").or_null()},
                 {"fingerprint", fingerprint("of the finding")},
                 {"marked", time("")},
                 {"reviewer", string("pseudonym of who decided").or_null()},
                 {"said", string("why it was decided so").or_null()},
                 {"state", word_of({"open", "accepted", "rejected"}, "")},
                 {"subject", string("pseudonym of who marked it; null: at the data folder").or_null()},
                 {"team", string("theirs").or_null()},
                 {"until", time("when an accepted one has no effect any more").or_null()}});
}

// What people write of a value may hold it. The text is held to every detector of the catalogue.
Result<> check_words(std::string_view text) {
  static const auto engine = inspect::Engine::builtin();
  if (!engine) return std::unexpected(engine.error());
  inspect::Inspecting inspecting(**engine);
  const auto found = inspecting.inspect(text);
  const bool value = std::ranges::any_of(
      found.findings, [](const inspect::Finding& f) { return f.confidence >= inspect::Confidence::medium; });
  if (value || !found.partial.empty())
    return fail(Code::exists, "'because' holds what looks like the value itself; say it without");
  return {};
}

// The pseudonym of who asks. At the data folder the name that they give has one.
Result<std::string> subject_of(Backing& backing, const Call& call) {
  if (const auto* key = call.rights.key()) return key->subject;
  const auto name = call.body.root()["name"].as_string();
  if (!name) return std::string();
  return backing.store->subject_of(*name);
}

Result<> record(Backing& backing, const Call& call, const store::FalseAlarm& alarm, std::string_view state,
                std::string_view because, std::string_view subject) {
  if (!backing.shared.ledger) return fail(Code::unavailable, "there is no ledger to record it in");
  const auto* key = call.rights.key();
  std::string line;
  ledger::append_disposition(line, {.at = wall_now(),
                                    .fingerprint = alarm.fingerprint,
                                    .state = state,
                                    .because = because,
                                    .by = call.rights.actor(),
                                    .subject = subject,
                                    .team = key ? std::string_view(key->team) : std::string_view(),
                                    .until = state == "accepted" ? alarm.until : std::nullopt});
  ledger::Batch batch;
  batch.add(line);
  return backing.shared.ledger->append(batch);
}

std::optional<store::FalseAlarm> before_of(Backing& backing, std::string_view fingerprint) {
  auto found = backing.false_alarms.find(fingerprint);
  return found ? std::optional(std::move(*found)) : std::nullopt;
}

Result<Reply> reply_alarm(const store::FalseAlarm& alarm) {
  return reply_object([&](json::Writer& w) { write_alarm(w, alarm); });
}

Result<Reply> mark(Backing& backing, const Call& call) {
  store::FalseAlarm wish;
  wish.fingerprint = call.text("fingerprint");
  wish.because = call.body.root()["because"].string_or("");
  TRY_VOID(check_words(wish.because));
  wish.marked = wall_now();
  const std::lock_guard lock(backing.store_mutex);
  TRY(wish.subject, subject_of(backing, call));
  if (const auto* key = call.rights.key()) wish.team = key->team;
  const auto before = before_of(backing, wish.fingerprint);
  auto marked = backing.false_alarms.mark(wish);
  if (!marked && marked.error().code == Code::too_large) return fail(Code::exists, marked.error().message);
  if (!marked) return std::unexpected(marked.error());
  // It stood there before, perhaps in the words of somebody of another team.
  if (before && marked->marked == before->marked && marked->state == before->state) {
    auto seen = *marked;
    if (!call.rights.sees_team(seen.team) && seen.subject != wish.subject)
      seen.because = wish.because, seen.subject.clear(), seen.team.clear(), seen.said.clear();
    return reply_alarm(seen);
  }
  if (auto recorded = record(backing, call, *marked, "marked", wish.because, wish.subject); !recorded) {
    [[maybe_unused]] const auto back = backing.false_alarms.put_back(wish.fingerprint, before);
    return std::unexpected(recorded.error());
  }
  return reply_alarm(*marked);
}

Result<store::FalseAlarm> wanted_decision(const Call& call) {
  const auto body = call.body.root();
  store::FalseAlarm decision;
  decision.fingerprint = call.text("fingerprint");
  decision.state = body["state"].string_or("");
  decision.said = body["because"].string_or("");
  decision.decided = wall_now();
  TRY_VOID(check_words(decision.said));
  if (decision.state != "accepted") return decision;
  const auto until = body["until"].as_string();
  decision.until = until ? parse_time(*until) : std::optional(*decision.decided + kUsualMs);
  if (!decision.until || *decision.until <= *decision.decided ||
      *decision.until > *decision.decided + kLongestMs)
    return fail(Code::exists, "'until' must lie ahead, by two years at most");
  return decision;
}

Result<Reply> decide(Backing& backing, const Call& call) {
  TRY(auto decision, wanted_decision(call));
  std::optional<store::FalseAlarm> decided;
  {
    const std::lock_guard lock(backing.store_mutex);
    TRY(decision.reviewer, subject_of(backing, call));
    if (decision.reviewer.empty()) decision.reviewer = "local";
    const auto before = before_of(backing, decision.fingerprint);
    TRY(decided, backing.false_alarms.decide(decision));
    if (auto recorded = record(backing, call, *decided, decided->state, decided->said, decided->reviewer);
        !recorded) {
      [[maybe_unused]] const auto back = backing.false_alarms.put_back(decision.fingerprint, before);
      return std::unexpected(recorded.error());
    }
  }
  if (backing.steward) TRY_VOID(backing.steward->alarms_changed());
  return reply_alarm(*decided);
}

Result<Reply> list(Backing& backing, const Call& call) {
  const auto most = static_cast<std::size_t>(call.number("limit").value_or(kPage));
  const auto teams = call.rights.sees_all() ? std::vector<std::string>() : call.rights.teams();
  std::vector<store::FalseAlarm> all;
  {
    const std::lock_guard lock(backing.store_mutex);
    TRY(all, backing.false_alarms.list(teams, call.text("state"), call.text("cursor"), most + 1));
  }
  const bool more = all.size() > most;
  if (more) all.resize(most);
  return reply_object([&](json::Writer& w) {
    w.key("false_alarms");
    w.begin_array();
    for (const auto& alarm : all) {
      w.begin_object();
      write_alarm(w, alarm);
      w.end_object();
    }
    w.end_array();
    w.key("next");
    if (more)
      w.string(all.back().fingerprint);
    else
      w.null();
  });
}

Result<Reply> in_effect(Backing& backing, const Call&) {
  const std::lock_guard lock(backing.store_mutex);
  TRY(const auto all, backing.false_alarms.in_effect(wall_now()));
  return reply_list("allow", all, [](json::Writer& w, const store::FalseAlarm& alarm) {
    w.begin_object();
    w.member("because", alarm.said);
    w.member("by", alarm.reviewer);
    w.member("fingerprint", alarm.fingerprint);
    w.member("until", rfc3339(*alarm.until));
    w.end_object();
  });
}

Member own_name() {
  return optional("name", name_text("who asks, at the data folder; with a key it is of no account"));
}

Operation row(std::string_view id, std::string_view method, std::string_view path, std::string_view summary,
              Need need, Result<Reply> (*handler)(Backing&, const Call&)) {
  Operation operation;
  operation.id = id;
  operation.method = method;
  operation.path = path;
  operation.tag = "findings";
  operation.summary = summary;
  operation.need = need;
  operation.answer = alarm_schema();
  operation.handler = handler;
  return operation;
}

}  // namespace

std::vector<Operation> false_alarm_operations() {
  const auto finding = in_path("fingerprint", fingerprint("of the finding"));
  auto marking = row("markFalseAlarm", "POST", "/api/v1/findings/{fingerprint}/false-alarm",
                     "Mark a finding as a false alarm, for whoever reviews; it loosens nothing by itself",
                     Need::key, mark);
  marking.parameters = {finding};
  marking.body = object("FalseAlarmWish", {{"because", because()}, own_name()});
  marking.refusals = {409};

  auto listing = row("listFalseAlarms", "GET", "/api/v1/false-alarms", "What was marked, by fingerprint",
                     Need::see_team, list);
  listing.parameters = {in_query("state", word_of({"open", "accepted", "rejected"}, "of these alone")),
                        in_query("cursor", fingerprint("the `next` of the page before")),
                        in_query("limit", integer("of a page; 100 unless said", 1, kLongestPage))};
  listing.answer = object("FalseAlarms", {{"false_alarms", array_of(alarm_schema(), "by fingerprint")},
                                          {"next", string("the cursor of the next page").or_null()}});

  auto deciding =
      row("decideFalseAlarm", "PUT", "/api/v1/false-alarms/{fingerprint}",
          "Accept what was marked until a day, reject it, or take an acceptance back", Need::admin, decide);
  deciding.parameters = {finding};
  deciding.body =
      object("FalseAlarmDecision", {{"because", because()},
                                    own_name(),
                                    {"state", word_of({"accepted", "rejected"}, "")},
                                    optional("until", time("of an acceptance; in 180 days unless said"))});
  deciding.refusals = {404, 409};

  auto using_them =
      row("listAllowed", "GET", "/api/v1/allow",
          "Accepted false alarms that are in effect, for inspection elsewhere", Need::key, in_effect);
  using_them.answer =
      object("Allow", {{"allow", array_of(object("", {{"because", string("in the reviewer's words")},
                                                      {"by", string("pseudonym of the reviewer")},
                                                      {"fingerprint", fingerprint("of the finding")},
                                                      {"until", time("")}}),
                                          "by fingerprint")}});
  return {marking, listing, deciding, using_them};
}

}  // namespace ostiary::console
