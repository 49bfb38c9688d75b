#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "gateway/worker.h"
#include "ledger/ledger.h"
#include "net/listener.h"
#include "store/store.h"

namespace ostiary::app {

// The running gate's side of DATA/control.sock (mode 0600): what the command line changes while `serve` holds
// the data folder. Owns the store and the thread that uses it.
//   POST /control/keys {"team","user"}, GET /control/keys, POST /control/keys/ID/revoke
class ControlServer {
 public:
  static Result<std::unique_ptr<ControlServer>> start(const std::string& data_folder,
                                                      std::unique_ptr<store::Store> store,
                                                      gateway::Shared& shared);
  ~ControlServer();
  // Thread-safe: keeps where a stored response lives, soon.
  void remember_response(const store::StoredResponse& response);

 private:
  ControlServer(std::unique_ptr<store::Store> store, gateway::Shared& shared)
      : store_(std::move(store)), shared_(shared) {}
  struct Answer {
    int status = 200;
    std::string body;
  };
  net::Task<void> serve(net::Stream stream);
  Answer answer(std::string_view method, std::string_view path, std::string_view body);
  Answer create_key(std::string_view body);
  Answer list_keys();
  Answer revoke_key(std::string_view id);
  Result<> refresh_keys();
  void keep_responses();

  std::unique_ptr<store::Store> store_;
  gateway::Shared& shared_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<net::Listener> listener_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<store::StoredResponse> unkept_;  // written together
  bool dropping_ = false;                      // too many wait
};

// Appends a `change` record.
Result<> record_change(ledger::Ledger& ledger, std::string_view action, std::string_view what,
                       std::string_view detail_json);

}  // namespace ostiary::app
