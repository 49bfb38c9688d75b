#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/impl/errands.h"
#include "app/keeping.h"
#include "base/result.h"
#include "gateway/worker.h"
#include "ledger/ledger.h"
#include "net/listener.h"
#include "store/store.h"

namespace ostiary::app {

// The running gate's side of DATA/control.sock (mode 0600): what the command line changes while `serve` holds
// the data folder. Owns the store and the thread that uses it.
//   POST /control/keys {"team","user"}, GET /control/keys, POST /control/keys/ID/revoke
//   /control/ledger/…: keeping.h; these may take long and are done beside the thread
class ControlServer {
 public:
  static Result<std::unique_ptr<ControlServer>> start(const std::string& data_folder,
                                                      std::unique_ptr<store::Store> store,
                                                      gateway::Shared& shared, ledger::Keeper& keeper);
  ~ControlServer();
  // Thread-safe: keeps where a stored response lives, soon.
  void remember_response(const store::StoredResponse& response);

 private:
  class PostedPeople;
  ControlServer(std::unique_ptr<store::Store> store, gateway::Shared& shared, ledger::Keeper& keeper)
      : store_(std::move(store)), shared_(shared), keeper_(keeper) {}
  struct Answer {
    int status = 200;
    std::string body;
  };
  net::Task<void> serve(net::Stream stream);
  net::Task<Answer> keep_ledger(KeepingRequest request);
  Answer answer(std::string_view method, std::string_view path, std::string_view body);
  Answer create_key(std::string_view body);
  Answer list_keys();
  Answer revoke_key(std::string_view id);
  Result<> refresh_keys();
  void keep_responses();

  std::unique_ptr<store::Store> store_;
  gateway::Shared& shared_;
  ledger::Keeper& keeper_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<net::Listener> listener_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<store::StoredResponse> unkept_;  // written together
  bool dropping_ = false;                      // too many wait
  Errands errands_;                            // of the keeper; they come back to the thread for the store
};

// Appends a `change` record.
Result<> record_change(ledger::Ledger& ledger, std::string_view action, std::string_view what,
                       std::string_view detail_json);

}  // namespace ostiary::app
