// Services, and how they are.

#include <fmt/format.h>

#include "console/backing.h"
#include "console/impl/services.h"
#include "console/impl/tables.h"

namespace ostiary::console {

namespace {

using gateway::CredentialSource;

std::string_view word_for(CredentialSource::Kind kind) {
  switch (kind) {
    case CredentialSource::Kind::environment:
      return "environment";
    case CredentialSource::Kind::file:
      return "file";
    case CredentialSource::Kind::command:
      return "command";
    case CredentialSource::Kind::client:
      return "client";
    case CredentialSource::Kind::none:
      break;
  }
  return "none";
}

Schema service_schema() {
  return object(
      "Service",
      {{"address", string("host and port that are asked")},
       {"credential", word_of({"none", "environment", "file", "command", "client"}, "where it is from")},
       {"discovered", boolean("found by itself, not configured")},
       {"endpoints", array_of(string(""), "that it offers; empty: all")},
       {"id", string("")},
       {"models", array_of(object("", {{"name", string("as clients call it; may be a pattern")},
                                       {"upstream", string("as the service calls it").or_null()}}),
                           "that it offers; empty: any")},
       {"protocol", string("")},
       {"provider", string("")},
       {"state", state_schema()},
       {"surface", string("")}});
}

void write_service(json::Writer& w, const gateway::Service& service) {
  const auto& s = service.settings();
  w.begin_object();
  w.member("address", service.replay() ? std::string() : service.url().authority());
  w.member("credential", word_for(s.credential.kind));
  w.member("discovered", s.discovered);
  w.key("endpoints");
  w.begin_array();
  for (const auto& endpoint : s.endpoints) w.string(endpoint);
  w.end_array();
  w.member("id", s.id);
  w.key("models");
  w.begin_array();
  for (const auto& model : s.models) {
    w.begin_object();
    w.member("name", model.name);
    w.key("upstream");
    if (model.upstream.empty())
      w.null();
    else
      w.string(model.upstream);
    w.end_object();
  }
  w.end_array();
  w.member("protocol", s.protocol);
  w.member("provider", s.provider);
  w.key("state");
  write_state(w, service);
  w.member("surface", s.surface);
  w.end_object();
}

Result<Reply> list(Backing& backing, const Call&) {
  const auto setup = backing.shared.setup.get();
  Reply reply;
  json::Writer w(reply.body);
  w.begin_object();
  w.key("services");
  w.begin_array();
  for (const auto& service : setup->services) write_service(w, *service);
  w.end_array();
  w.end_object();
  reply.body += '\n';
  return reply;
}

Result<Reply> show(Backing& backing, const Call& call) {
  const auto setup = backing.shared.setup.get();
  const auto* service = setup->find_service(call.text("id"));
  if (!service) return fail(Code::not_found, "there is no such service");
  Reply reply;
  json::Writer w(reply.body);
  write_service(w, *service);
  reply.body += '\n';
  return reply;
}

}  // namespace

Schema state_schema() {
  return object("ServiceState",
                {{"breaker", word_of({"closed", "half-open", "open"}, "open: it gets no exchanges")},
                 {"outstanding", integer("exchanges that it was let have and that have not ended")},
                 {"pressed_ms", integer("until a model that it has had too much of may be asked for again")},
                 {"queued", integer("exchanges that wait for it")},
                 {"reason", string("why the breaker opened; null: it is closed").or_null()},
                 {"rests_ms", integer("until somebody may ask it again")}});
}

void write_state(json::Writer& w, const gateway::Service& service) {
  using State = gateway::Breaker::State;
  const auto state = service.state();
  w.begin_object();
  w.member("breaker", state.breaker == State::closed      ? "closed"
                      : state.breaker == State::half_open ? "half-open"
                                                          : "open");
  w.member("outstanding", state.outstanding);
  w.member("pressed_ms", state.pressed_ms);
  w.member("queued", state.queued);
  w.key("reason");
  if (state.reason.empty())
    w.null();
  else
    w.string(state.reason);
  w.member("rests_ms", state.rests_ms);
  w.end_object();
}

std::vector<Operation> service_operations() {
  Operation all;
  all.id = "listServices";
  all.method = "GET";
  all.path = "/api/v1/services";
  all.tag = "services";
  all.summary = "Ways to reach models, in order of fallback";
  all.need = Need::read;
  all.answer = object("Services", {{"services", array_of(service_schema(), "in order of fallback")}});
  all.handler = list;

  Operation one = all;
  one.id = "showService";
  one.path = "/api/v1/services/{id}";
  one.summary = "One of them";
  one.parameters = {in_path("id", name_text("the service's id"))};
  one.answer = service_schema();
  one.refusals = {404};
  one.handler = show;
  return {all, one};
}

}  // namespace ostiary::console
