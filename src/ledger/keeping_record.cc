#include "ledger/keeping_record.h"

#include "json/writer.h"

namespace ostiary::ledger {

namespace {

void text_or_null(json::Writer& w, std::string_view name, std::string_view value) {
  w.key(name);
  value.empty() ? w.null() : w.string(value);
}

void time_or_null(json::Writer& w, std::string_view name, const std::optional<WallMs>& value) {
  w.key(name);
  value ? w.string(rfc3339(*value)) : w.null();
}

void ranges(json::Writer& w, std::string_view name, std::span<const Range> list) {
  w.key(name);
  w.begin_array();
  for (const auto& range : list) {
    w.begin_object();
    w.member("end", range.end);
    w.member("first", range.first);
    w.end_object();
  }
  w.end_array();
}

}  // namespace

void append_erasure(std::string& out, WallMs at, const ErasureRecord& record) {
  json::Writer w(out);
  w.begin_object();
  w.member("at", rfc3339(at));
  text_or_null(w, "by", record.by);
  w.member("erasure", record.id.text());
  text_or_null(w, "exchange", record.exchange ? record.exchange->text() : "");
  if (record.keys) w.member("keys", *record.keys);
  w.member("kind", "erasure");
  if (record.keys) w.member("records", record.records);
  w.member("state", record.keys ? "done" : "begun");
  text_or_null(w, "subject", record.subject);
  w.end_object();
}

void append_hold(std::string& out, WallMs at, const HoldRecord& record) {
  json::Writer w(out);
  w.begin_object();
  w.member("at", rfc3339(at));
  text_or_null(w, "by", record.by);
  time_or_null(w, "from", record.from);
  w.member("hold", record.id.text());
  w.member("kind", "hold");
  text_or_null(w, "reason", record.reason);
  w.member("state", record.released ? "released" : "set");
  text_or_null(w, "subject", record.subject);
  text_or_null(w, "team", record.team);
  time_or_null(w, "to", record.to);
  w.end_object();
}

void append_retention(std::string& out, WallMs at, const RetentionRecord& record) {
  json::Writer w(out);
  w.begin_object();
  w.member("at", rfc3339(at));
  w.member("before", rfc3339(record.before));
  text_or_null(w, "by", record.by);
  w.member("bytes", record.bytes);
  w.member("kind", "retention");
  w.member("records", record.records);
  ranges(w, "removed", record.removed);
  ranges(w, "segments", record.segments);
  w.end_object();
}

void append_gap(std::string& out, WallMs at, const Gap& gap) {
  json::Writer w(out);
  w.begin_object();
  w.member("at", rfc3339(at));
  w.member("bytes", gap.bytes);
  w.member("exchanges", gap.exchanges);
  w.member("from", rfc3339(gap.from));
  w.member("kind", "gap");
  w.member("outcomes_lost", gap.outcomes_lost);
  w.member("reason", "disk-full");
  w.member("to", rfc3339(gap.to));
  w.end_object();
}

}  // namespace ostiary::ledger
