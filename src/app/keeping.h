#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/keeper.h"
#include "store/store.h"

namespace ostiary::app {

// The names that the store keeps, as the ledger's keeper asks for them.
class People : public ledger::NameBook {
 public:
  virtual Result<std::optional<std::string>> find(const std::string& user) = 0;
};

class StorePeople final : public People {
 public:
  explicit StorePeople(store::Store& store) : store_(store) {}
  Result<bool> knows(const std::string& subject) override { return store_.has_subject(subject); }
  Result<> forget(const std::string& subject) override;
  Result<std::optional<std::string>> find(const std::string& user) override {
    return store_.find_subject(user);
  }

 private:
  store::Store& store_;
};

// What the keeper is asked to do, as a request and its answer in JSON: the same for the control socket, and
// for the command line where no gate runs. May read the whole ledger.
//   POST /control/ledger/erase {"by", "exchange" | "subject" | "user"} -> {"erasure", "exchange", "keys",
//   "subject"}
//   GET holds -> {"holds": [HOLD]}, POST hold {"by", "from", "reason", "subject", "team", "to"} -> HOLD,
//   POST release {"by", "hold"} -> HOLD; a HOLD is {"at", "by", "from", "hold", "reason", "subject", "team",
//   "to"} POST retain {"by", "dry_run", "older_than_ms"} -> {"before", "dry_run", "records", "segments":
//   [{"bytes", "end", "first", "held_by", "newest"}]}, POST rotate -> {"rotated"}
struct KeepingRequest {
  std::string method, path, body;
};
inline constexpr std::string_view kKeepingPath = "/control/ledger/";
Result<std::string> keep(const KeepingRequest& request, ledger::Keeper& keeper, People& people);

}  // namespace ostiary::app
