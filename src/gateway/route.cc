#include "gateway/route.h"

#include <algorithm>
#include <array>
#include <span>

#include "gateway/balance.h"
#include "gateway/worker.h"
#include "json/writer.h"

namespace ostiary::gateway {

namespace {

using Services = std::span<const Service*>;

GateError not_found(std::string code, std::string message) {
  GateError error;
  error.status = 404;
  error.code = std::move(code);
  error.message = std::move(message);
  return error;
}

// Brings the alternatives of one group into the order for this exchange.
void balance(Worker& worker, const Exchange& x, std::uint64_t conversation, Services group) {
  std::vector<Choice> choices(group.size());
  for (std::uint32_t i = 0; i < group.size(); ++i)
    choices[i] = {i, group[i]->settings().weight, group[i]->admission().under_way(), group[i]->spread()};
  if (conversation != 0) {
    order_sticky(choices, conversation);
  } else {
    // Each loop counts for itself. The lane of the group's first service keeps the count, so that another
    // group's exchanges do not disturb the order of this one's.
    const auto ticket = worker.lane(*group.front())->tickets++;
    if (x.setup->settings.balance == Balance::weighted)
      order_weighted(choices, ticket);
    else
      order_least_outstanding(choices, ticket);
  }
  const std::vector<const Service*> before(group.begin(), group.end());
  // Who has a place free stands before who would let the exchange wait.
  std::size_t put = 0;
  for (const bool room : {true, false})
    for (const auto& choice : choices)
      if (before[choice.place]->admission().has_room() == room) group[put++] = before[choice.place];
}

// Brings the others of the first one's group forward, behind it. Returns how many the group has.
std::size_t gather_group(Services services) {
  const auto& name = services.front()->settings().group;
  std::size_t size = 1;
  if (name.empty()) return size;
  for (auto s = services.begin() + 1; s != services.end(); ++s)
    if ((*s)->settings().group == name)
      std::rotate(services.begin() + static_cast<std::ptrdiff_t>(size++), s, s + 1);
  return size;
}

// Groups stand where their first member does; a service without a group is one of its own.
void arrange(Worker& worker, const Exchange& x, Services services) {
  std::uint64_t conversation = 0;
  bool looked = false;
  while (!services.empty()) {
    const std::size_t size = gather_group(services);
    if (size > 1) {
      if (!looked && x.setup->settings.sticky == Sticky::conversation && x.asked.endpoint.has_body)
        conversation = conversation_key(x.document.root(), x.caller.key->subject);
      looked = true;
      balance(worker, x, conversation, services.first(size));
    }
    services = services.subspan(size);
  }
}

}  // namespace

std::vector<const Service*> route(Worker& worker, const Exchange& x, GateError& error) {
  const auto& endpoint = x.asked.endpoint;
  std::string stays(x.asked.response_id);
  const bool follows = stays.empty() && endpoint.has_body && endpoint.name == "responses";
  if (follows) stays = x.document.root()["previous_response_id"].string_or("");
  auto found = x.setup->candidates(x.model, endpoint.name);
  if (const auto wanted = x.head.get("x-ostiary-service"); !wanted.empty() && !found.empty()) {
    std::erase_if(found, [&](const Service* s) { return s->id() != wanted; });
    if (found.empty()) {
      error = not_found("service_not_found", "no service " + json::quoted(wanted.substr(0, 100)) +
                                                 " of this gate offers the model " + json::quoted(x.model));
      return found;
    }
  }
  if (!stays.empty()) {
    const auto home = worker.shared.homes.find(stays);
    if (home || !follows) {
      const bool own = home && home->is_of(*x.caller.key);
      std::erase_if(found, [&](const Service* s) { return !own || s->id() != home->service; });
      if (found.empty())
        error = not_found(
            "response_not_found",
            "the response is not known here, or the service that holds it does not offer what is asked");
      return found;
    }
    if (found.size() > 1) {  // any of them may hold it, and nobody but that one is to hear of it
      error.status = 400;
      error.code = "previous_response_not_found";
      error.message = "no response of this id was made through this gate for you";
      return {};
    }
  }
  if (found.empty())
    error = not_found("model_not_found", "no service of this gate offers the model " + json::quoted(x.model) +
                                             " at " + std::string(endpoint.name) +
                                             "; GET /v1/models lists what there is");
  if (found.size() > 1) arrange(worker, x, found);
  return found;
}

}  // namespace ostiary::gateway
