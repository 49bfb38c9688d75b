// What anybody may ask: does it live, is it ready, what is it, how is it asked.

#include <algorithm>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "console/backing.h"
#include "console/impl/keys.h"
#include "console/impl/services.h"
#include "console/impl/tables.h"
#include "console/openapi.h"

namespace ostiary::console {

namespace {

constexpr double kLongLag = 60;  // seconds

Result<Reply> live(Backing&, const Call&) {
  return Reply{"{\"alive\":true}\n"};
}

// What somebody should look at; `closes`: the gate should get no requests meanwhile.
struct Reason {
  std::string text;
  bool closes = true;
};

std::vector<Reason> reasons(const Backing& backing) {
  std::vector<Reason> found;
  const auto folder = backing.data_folder + "/ledger";
  const auto* const ledger = backing.shared.ledger;
  struct statvfs disk{};
  if (::access(folder.c_str(), W_OK) != 0)
    found.push_back({"the ledger cannot be written"});
  else if (::statvfs(folder.c_str(), &disk) == 0 && disk.f_bavail == 0)
    found.push_back({"the ledger's disk is full", !ledger || !ledger->goes_on_when_full()});
  if (ledger && !ledger->gap().empty())
    found.push_back({fmt::format("{} exchanges went out unrecorded, as the ledger's disk was full",
                                 ledger->gap().exchanges),
                     false});
  if (backing.shared.setup.get()->services.empty()) found.push_back({"there is no service"});
  if (!backing.steward) return found;
  if (const auto lag = backing.steward->projection_lag(); lag.seconds > kLongLag)
    found.push_back(
        {fmt::format("the exchange list is {:.0f} seconds behind the ledger", lag.seconds), false});
  if (backing.steward->draining()) found.push_back({"the gate is closing"});
  return found;
}

bool write_readiness(json::Writer& w, const Backing& backing) {
  const auto found = reasons(backing);
  const bool ready = std::ranges::none_of(found, &Reason::closes);
  w.member("ready", ready);
  w.key("reasons");
  w.begin_array();
  for (const auto& reason : found) w.string(reason.text);
  w.end_array();
  return ready;
}

Result<Reply> ready(Backing& backing, const Call&) {
  Reply reply;
  json::Writer w(reply.body);
  w.begin_object();
  reply.status = write_readiness(w, backing) ? 200 : 503;
  w.end_object();
  reply.body += '\n';
  return reply;
}

void write_ledger(json::Writer& w, const ledger::Ledger& ledger) {
  const auto gap = ledger.gap();
  w.key("ledger");
  w.begin_object();
  w.member("gap", gap.exchanges);
  w.member("signed", ledger.signed_size());
  w.member("size", ledger.size());
  w.member("unrecorded", ledger.unrecorded());
  w.end_object();
}

void write_witness(json::Writer& w, const Witness& witness) {
  w.begin_object();
  write_time(w, "at", witness.at ? std::optional(witness.at) : std::nullopt);
  w.member("delivered", witness.delivered);
  w.key("error");
  if (witness.error.empty())
    w.null();
  else
    w.string(witness.error);
  w.member("failed", witness.failed);
  w.member("name", witness.name);
  w.member("size", witness.size);
  w.end_object();
}

Result<Reply> health(Backing& backing, const Call&) {
  if (!backing.steward || !backing.shared.ledger)
    return fail(Code::unavailable, "no gate serves this folder");
  return reply_object([&](json::Writer& w) {
    const auto lag = backing.steward->projection_lag();
    w.key("lag");
    w.begin_object();
    w.member("records", lag.records);
    w.member("seconds", lag.seconds);
    w.end_object();
    write_ledger(w, *backing.shared.ledger);
    write_readiness(w, backing);
    w.key("services");
    w.begin_array();
    for (const auto& service : backing.shared.setup.get()->services) {
      w.begin_object();
      w.member("id", service->id());
      w.key("state");
      write_state(w, *service);
      w.end_object();
    }
    w.end_array();
    w.key("witnesses");
    w.begin_array();
    for (const auto& witness : backing.steward->witnesses()) write_witness(w, witness);
    w.end_array();
  });
}

Schema health_schema() {
  return object(
      "Health",
      {{"lag", object("", {{"records", integer("of the ledger that the exchange list does not have yet")},
                           {"seconds", number("since it had all that was written then")}})},
       {"ledger",
        object("", {{"gap", integer("exchanges that went out unrecorded and await their record")},
                    {"signed", integer("records under a checkpoint")},
                    {"size", integer("records")},
                    {"unrecorded", integer("exchanges that went out unrecorded since the start")}})},
       {"ready", boolean("whether the gate should get requests")},
       {"reasons", array_of(string(""), "as of /readyz")},
       {"services",
        array_of(object("", {{"id", string("")}, {"state", state_schema()}}), "in order of fallback")},
       {"witnesses",
        array_of(object("", {{"at", time("when it got its newest checkpoint").or_null()},
                             {"delivered", integer("checkpoints since the start")},
                             {"error", string("why the last one could not be handed over").or_null()},
                             {"failed", integer("that could not be handed over")},
                             {"name", string("")},
                             {"size", integer("records that its newest checkpoint covers")}}),
                 "who keeps checkpoints outside")}});
}

Result<Reply> version(Backing& backing, const Call&) {
  Reply reply;
  json::Writer w(reply.body);
  w.begin_object();
  w.member("catalog", backing.facts.catalog);
  w.member("commit", backing.facts.commit);
  w.member("compiler", backing.facts.compiler);
  w.member("version", backing.facts.version);
  w.end_object();
  reply.body += '\n';
  return reply;
}

Result<Reply> document(Backing& backing, const Call&) {
  // Made once: anybody may ask for it, and it is answered on a loop of the gate.
  static const std::string made = openapi(backing.facts.version);
  return Reply{made};
}

Operation row(std::string_view id, std::string_view path, std::string_view summary, Schema answer,
              Result<Reply> (*handler)(Backing&, const Call&)) {
  Operation operation;
  operation.id = id;
  operation.method = "GET";
  operation.path = path;
  operation.tag = "health";
  operation.summary = summary;
  operation.need = Need::nobody;
  operation.answer = std::move(answer);
  operation.lane = Operation::Lane::at_once;
  operation.handler = handler;
  return operation;
}

}  // namespace

std::vector<Operation> health_operations() {
  std::vector<Operation> rows;
  rows.push_back(row("live", "/healthz", "Whether the process lives",
                     object("Life", {{"alive", boolean("always true")}}), live));
  rows.push_back(row("ready", "/readyz", "Whether the gate should get requests",
                     object("Readiness", {{"ready", boolean("whether it is")},
                                          {"reasons", array_of(string(""),
                                                               "why not; of a gate that is ready: what "
                                                               "somebody should look at")}}),
                     ready));
  rows.back().refusals = {503};
  rows.push_back(row("showHealth", "/api/v1/health", "How the gate is, and all that it stands on",
                     health_schema(), health));
  rows.back().need = Need::read;
  rows.back().lane = Operation::Lane::worker;
  rows.push_back(row("version", "/api/v1/version", "What the gate was built from",
                     object("Version", {{"catalog", string("of the catalogue")},
                                        {"commit", string("empty outside a checkout")},
                                        {"compiler", string("")},
                                        {"version", string("")}}),
                     version));
  rows.push_back(
      row("document", "/api/v1/openapi.json", "This document", object_open("OpenAPI 3.1"), document));
  return rows;
}

}  // namespace ostiary::console
