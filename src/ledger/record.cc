#include "ledger/record.h"

#include <algorithm>

#include "json/writer.h"

namespace ostiary::ledger {

namespace {

// Members are written with their names and commas as one literal, in the order of RFC 8785 (sorted names): a
// record costs no more than the copying of its bytes.
void text(std::string& out, std::string_view lead, std::string_view value) {
  out += lead;
  if (value.empty())
    out += "null";
  else
    json::append_string(out, value);
}

// RFC 8785 numbers are doubles: a count beyond 2^53 - 1 has no exact form and says nothing, so it is written
// as that.
void count(std::string& out, std::string_view lead, std::uint64_t value) {
  constexpr std::uint64_t kMaxExact = (std::uint64_t{1} << 53) - 1;
  out += lead;
  json::append_number(out, std::min(value, kMaxExact));
}

void digest(std::string& out, std::string_view lead, const Digest* value) {
  out += lead;
  if (!value) {
    out += "null";
    return;
  }
  out += '"';
  append_hex(out, *value);
  out += '"';
}

void moment(std::string& out, std::string_view lead, WallMs at) {
  out += lead;
  out += '"';
  append_rfc3339(out, at);
  out += '"';
}

// Members of `usage` and `timings` are there only where known; `first` tells whether a comma is due.
void maybe(std::string& out, bool& first, std::string_view lead, const std::optional<std::uint64_t>& value) {
  if (!value) return;
  if (!first) out += ',';
  first = false;
  count(out, lead, *value);
}

void timings(std::string& out, const Timings& t) {
  bool first = true;
  out += R"(,"timings":{)";
  maybe(out, first, R"("connected":)", t.connected);
  maybe(out, first, R"("decided":)", t.decided);
  maybe(out, first, R"("first_byte":)", t.first_byte);
  maybe(out, first, R"("total":)", t.total);
  out += '}';
}

void usage(std::string& out, const Usage& u) {
  bool first = true;
  out += R"(,"usage":{)";
  maybe(out, first, R"("cached":)", u.cached);
  if (u.cost) {
    out += first ? R"("cost":)" : R"(,"cost":)";
    first = false;
    json::append_number(out, *u.cost);
  }
  if (u.estimated) {
    out += first ? R"("estimated":true)" : R"(,"estimated":true)";
    first = false;
  }
  maybe(out, first, R"("input":)", u.input);
  maybe(out, first, R"("output":)", u.output);
  out += '}';
}

void reserved(std::string& out, const Reserved& r) {
  out += R"(,"reserved":{)";
  if (r.cost) {
    out += R"("cost":)";
    json::append_number(out, *r.cost);
    out += ',';
  }
  count(out, R"("input":)", r.input);
  count(out, R"(,"output":)", r.output);
  out += '}';
}

void raw(std::string& out, std::string_view lead, std::string_view json) {
  out += lead;
  out += json;
}

// What both kinds tell before `kind`, from `decision` on.
void decision_to_key(std::string& out, const ExchangeRecord& r, std::string_view error_lead) {
  raw(out, R"(,"decision":)", r.decision_json);
  text(out, R"(,"endpoint":)", r.endpoint);
  if (!error_lead.empty()) text(out, error_lead, r.error);
  raw(out, R"(,"findings":)", r.findings_json);
  digest(out, R"(,"forwarded_digest":)", r.forwarded_digest);
  out += R"(,"id":")";
  r.id.append_to(out);
  text(out, R"(","key":)", r.key);
}

}  // namespace

const char* name(Outcome o) {
  switch (o) {
    case Outcome::complete:
      return "complete";
    case Outcome::truncated:
      return "truncated";
    case Outcome::cancelled:
      return "cancelled";
    case Outcome::refused:
      return "refused";
    case Outcome::failed:
      return "failed";
  }
  return "failed";
}

void append_intent(std::string& out, const ExchangeRecord& r) {
  moment(out, R"({"at":)", r.at);
  decision_to_key(out, r, {});
  text(out, R"(,"kind":"intent","method":)", r.method);
  text(out, R"(,"model":)", r.model);
  text(out, R"(,"provider":)", r.provider);
  count(out, R"(,"request_bytes":)", r.request_bytes);
  digest(out, R"(,"request_digest":)", r.request_digest);
  if (r.reserved) reserved(out, *r.reserved);
  text(out, R"(,"service":)", r.service);
  text(out, R"(,"subject":)", r.subject);
  text(out, R"(,"surface":)", r.surface);
  digest(out, R"(,"target_digest":)", r.target_digest);
  text(out, R"(,"team":)", r.team);
  text(out, R"(,"tool":)", r.tool);
  out += '}';
}

void append_outcome(std::string& out, const ExchangeRecord& r) {
  moment(out, R"({"at":)", r.at);
  count(out, R"(,"attempts":)", r.attempts);
  decision_to_key(out, r, R"(,"error":)");
  raw(out, R"(,"kind":"outcome","matches":)", r.matches_json);
  text(out, R"(,"method":)", r.method);
  text(out, R"(,"model":)", r.model);
  raw(out, R"(,"outcome":")", name(r.outcome));
  text(out, R"(","provider":)", r.provider);
  count(out, R"(,"request_bytes":)", r.request_bytes);
  digest(out, R"(,"request_digest":)", r.request_digest);
  count(out, R"(,"response_bytes":)", r.response_bytes);
  digest(out, R"(,"response_digest":)", r.response_digest);
  text(out, R"(,"service":)", r.service);
  count(out, R"(,"status":)", r.status);
  out += r.stream ? R"(,"stream":true)" : R"(,"stream":false)";
  text(out, R"(,"subject":)", r.subject);
  text(out, R"(,"surface":)", r.surface);
  digest(out, R"(,"target_digest":)", r.target_digest);
  text(out, R"(,"team":)", r.team);
  timings(out, r.timings);
  text(out, R"(,"tool":)", r.tool);
  usage(out, r.usage);
  out += '}';
}

void append_change(std::string& out, WallMs at, std::string_view action, std::string_view what,
                   std::string_view detail_json) {
  text(out, R"({"action":)", action);
  moment(out, R"(,"at":)", at);
  raw(out, R"(,"detail":)", detail_json);
  text(out, R"(,"kind":"change","what":)", what);
  out += '}';
}

void append_disposition(std::string& out, const Disposition& d) {
  moment(out, R"({"at":)", d.at);
  text(out, R"(,"because":)", d.because);
  text(out, R"(,"by":)", d.by);
  text(out, R"(,"fingerprint":)", d.fingerprint);
  text(out, R"(,"kind":"disposition","state":)", d.state);
  text(out, R"(,"subject":)", d.subject);
  text(out, R"(,"team":)", d.team);
  if (d.until)
    moment(out, R"(,"until":)", *d.until);
  else
    out += R"(,"until":null)";
  out += '}';
}

void append_recovery(std::string& out, WallMs at, const Found& found) {
  moment(out, R"({"at":)", at);
  count(out, R"(,"bytes_cut":)", found.bytes_cut);
  count(out, R"(,"intents_open":)", found.intents_open);
  count(out, R"(,"kind":"recovery","records_lost":)", found.records_lost);
  count(out, R"(,"records_unsigned":)", found.records_unsigned);
  out += '}';
}

}  // namespace ostiary::ledger
