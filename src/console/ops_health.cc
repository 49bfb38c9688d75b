// What anybody may ask: does it live, is it ready, what is it, how is it asked.

#include <sys/statvfs.h>
#include <unistd.h>

#include "console/backing.h"
#include "console/impl/tables.h"
#include "console/openapi.h"

namespace ostiary::console {

namespace {

Result<Reply> live(Backing&, const Call&) {
  return Reply{"{\"alive\":true}\n"};
}

// Why the gate should get no requests now; none: it is ready.
std::vector<std::string> reasons(const Backing& backing) {
  std::vector<std::string> found;
  const auto folder = backing.data_folder + "/ledger";
  struct statvfs disk{};
  if (::access(folder.c_str(), W_OK) != 0)
    found.emplace_back("the ledger cannot be written");
  else if (::statvfs(folder.c_str(), &disk) == 0 && disk.f_bavail == 0)
    found.emplace_back("the ledger's disk is full");
  if (backing.shared.setup.get()->services.empty()) found.emplace_back("there is no service");
  if (backing.steward && backing.steward->draining()) found.emplace_back("the gate is closing");
  return found;
}

Result<Reply> ready(Backing& backing, const Call&) {
  const auto found = reasons(backing);
  Reply reply;
  reply.status = found.empty() ? 200 : 503;
  json::Writer w(reply.body);
  w.begin_object();
  w.member("ready", found.empty());
  w.key("reasons");
  w.begin_array();
  for (const auto& reason : found) w.string(reason);
  w.end_array();
  w.end_object();
  reply.body += '\n';
  return reply;
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
  return Reply{openapi(backing.facts.version)};
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
                                          {"reasons", array_of(string(""), "why not")}}),
                     ready));
  rows.back().refusals = {503};
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
