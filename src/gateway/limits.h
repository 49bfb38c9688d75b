#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "gateway/account.h"
#include "gateway/limit_set.h"
#include "store/store.h"

namespace ostiary::gateway {

// Limits that were set while the gate ran, for a key or team; an empty name means each of them.
struct ManagedLimits {
  Account::Scope scope = Account::Scope::key;
  std::string name;
  LimitSet limits;
};

// As the store keeps them. `invalid` names the first that does not read.
Result<std::vector<ManagedLimits>> managed_limits(const std::vector<store::StoredLimits>& stored);

// How one key or team stands, for those who look.
struct LimitReport {
  struct Line {
    Limit limit = Limit::requests;
    std::int64_t most = kUnlimited;
    std::string source;  // "limits.per_key", "limits.teams.NAME", "api", "api: each key"; empty: unlimited
    std::int64_t used = 0, reserved = 0;
    std::optional<WallMs> resets_at;  // minute limits: nothing counts any more; spend: the next month

    // What may still be used; nothing where there is no limit.
    std::optional<std::int64_t> remaining() const;
  };
  Account::Scope scope = Account::Scope::key;
  std::string name;  // of a key: the first of its line
  Month month = 0;
  std::array<Line, kLimits> lines;
};
std::string_view name(Account::Scope scope);
// {"limits":{"concurrent":{"limit":…,"remaining":…,"reserved":…,"resets_at":…,"source":…,"used":…},…},
//  "month":…,"name":…,"scope":…}: canonical, spend in dollars.
void append_json(std::string& out, const LimitReport& report);

// A key that was renewed from another: the ids of it and of the first key of its line.
struct LineMember {
  std::string id, origin;
  bool operator==(const LineMember&) const = default;
};

// The accounts of all keys and teams, and the limits that hold for each. For each limit what is said most
// precisely wins: for this key or team by the API, then by the configuration, then for each of them by the
// API, then by the configuration. An exchange counts for its key and its team, and both must have room.
//
// All keys of a line have one account, that of the first, whichever of them is named: what was used stays
// used when a key is renewed. Where the configuration names several of them, the newest wins.
//
// Counters outlive every change of limits. Thread-safe.
class Limiter {
 public:
  // The keys that were renewed, oldest first. A key is known here before its account is asked for.
  void know_lines(std::vector<LineMember> renewed);
  // The account of a key or team, made on first sight. It lives as long as the limiter.
  Account& account(Account::Scope scope, std::string_view name);
  void configure(LimitSettings settings);
  void manage(std::vector<ManagedLimits> managed);
  LimitReport report(Account::Scope scope, std::string_view name, WallMs now);

 private:
  using Name = std::pair<Account::Scope, std::string>;
  struct Level {
    const LimitSet* limits;
    std::string source;
  };
  const std::string& line_of(const std::string& key) const;  // the id of its first
  std::vector<Level> levels(const Name& name) const;
  const LimitSet* managed(Account::Scope scope, const std::string& name) const;
  void apply(const Name& name, Account& account) const;

  std::mutex mutex_;
  LimitSettings settings_;
  std::vector<ManagedLimits> managed_;
  std::vector<LineMember> renewed_;
  std::map<std::string, std::string> origins_;              // of renewed keys
  std::map<std::string, std::vector<std::string>> newest_;  // of each line: the renewed keys, newest first
  std::map<Name, std::unique_ptr<Account>> accounts_;
};

}  // namespace ostiary::gateway
