#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "gateway/client.h"
#include "gateway/prepare.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "json/writer.h"

namespace ostiary::gateway {

namespace {

constexpr std::size_t kMaxList = 8u << 20;
constexpr std::uint64_t kListMs = 5'000;  // a service that lists its models more slowly is left out

// Model id -> its JSON as the service wrote it. The first service in order of fallback wins.
using Models = std::map<std::string, std::string, std::less<>>;

struct Gathering {
  std::vector<Models> lists;  // one a service
  std::size_t left = 0;
  net::Waiter* waiter = nullptr;
  bool over = false;  // nobody waits for answers any more
};

std::string entry(std::string_view id, std::string_view owner) {
  std::string out = R"({"id":)";
  json::append_string(out, id);
  out += R"(,"object":"model","created":0,"owned_by":)";
  json::append_string(out, owner);
  out += '}';
  return out;
}

bool is_glob(std::string_view name) {
  return name.find_first_of("*?") != std::string_view::npos;
}

// A list of plain names in the configuration needs no asking.
bool list_from_settings(const Service& service, Models& into) {
  const auto& s = service.settings();
  const bool complete = !s.models.empty() && std::ranges::none_of(s.models, is_glob, &ModelName::name);
  if (!complete && !s.base_url.contains("{model}")) return false;  // without a model it has no address
  for (const auto& model : s.models)
    if (!is_glob(model.name))
      into.try_emplace(model.name, entry(model.name, s.provider.empty() ? s.id : s.provider));
  return true;
}

void read_list(const Service& service, std::string_view body, Models& into) {
  json::Document document;
  if (!json::Document::parse_into(body, {.refuse_duplicates = false}, document)) return;
  for (const json::Value model : document.root()["data"]) {
    const auto id = model["id"].as_string();
    if (id && service.upstream_name(*id)) into.try_emplace(*id, std::string(model.raw()));
  }
  for (const auto& model : service.settings().models)
    if (!is_glob(model.name)) into.try_emplace(model.name, entry(model.name, service.settings().provider));
}

net::Task<void> ask_service(Worker& worker, std::shared_ptr<const Setup> setup, std::size_t place,
                            const Exchange& asked, std::shared_ptr<Gathering> gathering) {
  const Service& service = *setup->services[place];
  Models& into = gathering->lists[place];
  Exchange own;  // the gate's own question: nothing of the caller's goes along
  own.id = asked.id;
  own.setup = setup;
  own.head.method = "GET";
  own.asked = asked.asked;
  own.asked.path = "/models";
  own.service = &service;
  own.target = service.target(own.asked.path, {}, {});
  const auto credential = service.credential();
  const std::string head = request_head(own, *credential);
  const MonoNs total = worker.loop.now() + static_cast<MonoNs>(kListMs) * 1'000'000;
  for (bool fresh : {false, true}) {
    if (gathering->over) break;
    Upstream upstream(worker, service, nullptr, total);
    const auto answer = co_await upstream.ask(head, "", fresh);
    if (!answer && upstream.reused()) continue;
    bool cut = false;
    if (answer && upstream.status() == 200) {
      if (auto body = co_await upstream.read_all(kMaxList, cut); body && !cut) {
        upstream.release();
        read_list(service, *body, into);
      }
    }
    break;
  }
  if (--gathering->left == 0 && gathering->waiter) gathering->waiter->fire(net::Wake::ready);
}

// Nothing: the client left.
net::Task<std::optional<Models>> gather(Worker& worker, Client& client, const Exchange& x) {
  auto gathering = std::make_shared<Gathering>();
  const auto& services = x.setup->services;
  gathering->lists.resize(services.size());
  gathering->left = 1;  // ours, so that none of the questions can end the wait before it begins
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (list_from_settings(*services[i], gathering->lists[i])) continue;
    ++gathering->left;
    net::spawn(ask_service(worker, x.setup, i, x, gathering));
  }
  if (--gathering->left > 0) {
    net::Deadline deadline(worker.loop);
    deadline.set_after_ms(kListMs + 500);
    net::Waiter wait(worker.loop);
    gathering->waiter = &wait;
    const net::Wake why = co_await wait.gone(client.watch()).until(deadline);
    gathering->waiter = nullptr;
    gathering->over = true;
    if (why == net::Wake::gone || why == net::Wake::cancelled) co_return std::nullopt;
  }
  Models merged;
  for (auto& list : gathering->lists) merged.merge(list);
  co_return merged;
}

}  // namespace

net::Task<void> answer_models(Worker& worker, Client& client, Exchange& x) {
  if (const auto written = co_await worker.recorder.intent(x); !written) {
    GateError error = ledger_unavailable();
    co_return co_await client.answer_error(x, error);
  }
  const auto gathered = co_await gather(worker, client, x);
  if (!gathered) {
    x.outcome = ledger::Outcome::cancelled;
    x.error = "client_left";
    co_return client.close_after();
  }
  const Models& models = *gathered;
  std::string body;
  if (x.asked.model_id.empty()) {
    body = R"({"object":"list","data":[)";
    bool first = true;
    for (const auto& [id, json] : models) {
      if (!first) body += ',';
      first = false;
      body += json;
    }
    body += "]}";
  } else {
    const std::string id = percent_decode(x.asked.model_id);  // many names hold a slash
    const auto found = models.find(id);
    if (found == models.end()) {
      GateError error;
      error.status = 404;
      error.code = "model_not_found";
      error.message = "no service of this gate offers the model " + json::quoted(id) +
                      "; GET /v1/models lists what there is";
      x.outcome = ledger::Outcome::refused;
      co_return co_await client.answer_error(x, error);
    }
    body = found->second;
  }
  x.status = 200;
  x.outcome = ledger::Outcome::complete;
  x.response_bytes = body.size();
  client.begin(x, {200, "Content-Type: application/json\r\n", body.size()});
  client.body(body, true);
  if (client.backlogged()) [[maybe_unused]]
    const auto drained = co_await client.drain();
}

}  // namespace ostiary::gateway
