#include "app/folder_api.h"

#include "app/desk_house.h"
#include "app/policy_in_force.h"
#include "app/verbs.h"
#include "catalog/catalog.h"
#include "console/api.h"
#include "store/data_folder.h"

namespace ostiary::app {

struct FolderApi::Own {
  explicit Own(store::DataLock taken) : lock(std::move(taken)) {}
  store::DataLock lock;
  std::unique_ptr<ledger::Ledger> ledger;  // null: nothing is changed
  gateway::Shared shared;
  std::unique_ptr<DeskHouse> desk;
  PolicyInForce policy;
  std::unique_ptr<console::Backing> backing;
  std::unique_ptr<console::Api> api;
};

console::Facts facts() {
  return {std::string(version()), std::string(commit()), std::string(compiler()),
          std::string(catalog::version())};
}

// The document that was in force when a gate ran last; none where none ran yet.
static Result<PolicyInForce> policy_of(const std::string& data_folder) {
  const PolicyArchive archive(data_folder);
  PolicyInForce policy;
  TRY(const auto last, archive.last());
  if (last.empty()) return policy;
  TRY(auto text, archive.text_of(last));
  auto read = policy::read_document(text);
  if (!read.usable()) return policy;
  policy.policy = std::make_shared<const policy::Policy>(std::move(read.document));
  policy.text = std::make_shared<const std::string>(std::move(text));
  return policy;
}

FolderApi::FolderApi() = default;
FolderApi::FolderApi(FolderApi&&) noexcept = default;
FolderApi::~FolderApi() = default;

Result<FolderApi> FolderApi::open(const std::string& data_folder, For what) {
  FolderApi api;
  TRY(api.gate_, ControlClient::find(data_folder));
  if (api.gate_) return api;
  if (what != For::making) TRY_VOID(store::check_data_folder(data_folder));
  TRY(auto lock, store::DataLock::acquire(data_folder));
  api.own_ = std::make_unique<Own>(std::move(lock));
  auto& own = *api.own_;
  TRY(auto store, store::open_sqlite(data_folder + "/store.sqlite"));
  if (what != For::looking) {
    TRY(own.ledger, ledger::Ledger::open(data_folder, {}));
  }
  own.shared.ledger = own.ledger.get();
  TRY(auto keys, store->keys());
  own.shared.keys.replace(std::move(keys));
  TRY(own.policy, policy_of(data_folder));
  TRY(own.desk, DeskHouse::open(data_folder, own.ledger.get()));
  TRY_VOID(own.desk->use(own.policy, {}, {}));
  own.backing = std::unique_ptr<console::Backing>(new console::Backing{
      .shared = own.shared,
      .store = std::move(store),
      .data_folder = data_folder,
      .facts = facts(),
      .desk = &own.desk->desk(),
      .policy_document = [&own] { return own.policy.text ? *own.policy.text : std::string(); }});
  own.api = std::make_unique<console::Api>(*own.backing);
  return api;
}

Result<std::string> FolderApi::call(std::string_view method, std::string_view path, std::string_view body) {
  if (gate_) return gate_->call(method, path, body);
  const auto question = path.find('?');
  gateway::SideRequest request;
  request.method = method;
  request.path = path.substr(0, question);
  if (question != std::string_view::npos) request.query = path.substr(question + 1);
  request.body = body;
  if (!body.empty()) request.headers.emplace_back("content-type", "application/json");
  request.local = true;
  auto answer = own_->api->answer(request);
  return result_of({answer.status, answer.body});
}

}  // namespace ostiary::app
