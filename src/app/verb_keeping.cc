// ledger erase: through the gate that runs on the data folder, or on the folder itself where none runs.

#include <fmt/format.h>
#include <map>
#include <unistd.h>

#include "app/control_client.h"
#include "app/impl/terminal.h"
#include "app/keeping.h"
#include "app/verbs.h"
#include "json/document.h"
#include "json/writer.h"
#include "store/data_folder.h"

namespace ostiary::app {

namespace {

constexpr std::int64_t kPatienceSeconds = 3600;  // it may read the whole ledger

// Who asks, as the ledger records it: not the login, which may be the very name that is to be forgotten.
std::string asker() {
  return fmt::format("uid:{}", ::getuid());
}

Result<std::string> keep_offline(const std::string& data, const KeepingRequest& request) {
  TRY_VOID(store::check_data_folder(data));
  TRY(const auto lock, store::DataLock::acquire(data));
  TRY(const auto store, store::open_sqlite(data + "/store.sqlite"));
  TRY(const auto ledger, ledger::Ledger::open(data, {}));
  TRY(const auto keeper, ledger::Keeper::open(data, *ledger, {}));
  StorePeople people(*store);
  TRY_VOID(keeper->finish(people));
  return keep(request, *keeper, people);
}

Result<std::string> ask(const std::string& data, const KeepingRequest& request) {
  TRY(auto gate, ControlClient::find(data));
  if (!gate) return keep_offline(data, request);
  gate->be_patient(kPatienceSeconds);
  return gate->call(request.method, request.path, request.body);
}

KeepingRequest request_of(std::string_view method, std::string_view what, std::string body = {}) {
  return {std::string(method), std::string(kKeepingPath) + std::string(what), std::move(body)};
}

// The members of an answer with those that every document has, in order.
std::string document_of(std::string_view kind, json::Value answer) {
  std::map<std::string, std::string> members = {
      {"kind", json::quoted(kind)}, {"ostiary", "1"}, {"partial", "[]"}};
  for (const auto member : answer) members.emplace(member.key(), member.raw());
  std::string out;
  json::Writer w(out);
  w.begin_object();
  for (const auto& [name, value] : members) {
    w.key(name);
    w.raw(value);
  }
  w.end_object();
  return out + '\n';
}

}  // namespace

Result<int> run_ledger_erase(const EraseOptions& options) {
  std::string body;
  json::Writer w(body);
  w.begin_object();
  w.member("by", asker());
  if (!options.exchange.empty()) w.member("exchange", options.exchange);
  if (!options.subject.empty()) w.member("subject", options.subject);
  if (!options.user.empty()) w.member("user", options.user);
  w.end_object();
  TRY(const auto answer, ask(options.common.data, request_of("POST", "erase", std::move(body))));
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, document_of("erasure", root)));
    return 0;
  }
  const auto keys = root["keys"].as_uint().value_or(0);
  const auto subject = root["subject"].string_or("");
  TRY_VOID(put(options.common,
               subject.empty()
                   ? fmt::format("erased the digest key of {}\n", root["exchange"].string_or(""))
                   : fmt::format("erased {}: its name, its keys of the gate, and the digest keys of {} {}\n",
                                 subject, grouped(keys), keys == 1 ? "exchange" : "exchanges")));
  hint(options.common,
       "\nEvery proof stays valid; copies of the folder made before still hold what was erased.");
  return 0;
}

}  // namespace ostiary::app
