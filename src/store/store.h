#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "store/scopes.h"

namespace ostiary::store {

// A key of the gate, without its secret: `ost_<id>_<secret><crc>`, of which only SHA-256 of the 32 secret
// bytes is kept.
struct KeyEntry {
  std::string id;  // 8 characters of [0-9A-Za-z]
  std::string team;
  std::string subject;  // pseudonym of the user
  std::string user;     // the name behind the pseudonym; empty once erased
  Digest secret_sha256{};
  WallMs created = 0;
  std::optional<WallMs> revoked;
  std::optional<WallMs> expires;  // opens nothing from then on
  Scopes scopes;
  std::string origin;  // id of the first key of its line: those that were renewed from it, and from these

  bool renewed() const { return origin != id; }
  bool valid_at(WallMs now) const { return !revoked && (!expires || now < *expires); }
};

// What a key is to be.
struct KeyWish {
  std::string team, user;
  Scopes scopes{.use = true, .read = false, .admin = false, .desk = false, .inventory = false, .teams = {}};
  std::optional<WallMs> expires;
};

// A freshly made key: shown once, never kept.
struct NewKey {
  Secret text;  // the whole ost_… text
  KeyEntry entry;
};

// A key that takes the place of another, which ends.
struct RenewedKey {
  NewKey made;
  KeyEntry before;  // with its new end
};

// The parts of a presented key. `parse_key` checks form and CRC-32 only; compare secret_sha256 in constant
// time.
struct ParsedKey {
  std::string id;
  Digest secret_sha256{};
};
std::optional<ParsedKey> parse_key(std::string_view text);

// Which service holds a response, and for whom it was made.
struct StoredResponse {
  std::string id, service, team, subject;
  bool operator==(const StoredResponse&) const = default;
};

// Limits that an administrator set for a key (its id) or a team (its name); an empty name: for each of them.
struct StoredLimits {
  std::string scope;  // "key" or "team"
  std::string name;
  std::string json;  // as the gate's limits_from_json() takes it
  bool operator==(const StoredLimits&) const = default;
};

// What must be kept besides the ledger: keys, the erasable mapping of users to pseudonymous subjects, and
// where stored responses live. Everything is small and read into memory by who needs it at speed;
// nothing here is on the gate's path. Not thread-safe: one owner.
class Store {
 public:
  virtual ~Store() = default;
  // Asked when all is done and can still be undone, with what will stand there. It may read the store and
  // change nothing in it. What it fails with is what the whole fails with, and nothing was done.
  using Confirm = std::function<Result<>(const KeyEntry& made)>;
  virtual Result<NewKey> create_key(const KeyWish& wish, WallMs now, const Confirm& confirm) = 0;
  Result<NewKey> create_key(const KeyWish& wish, WallMs now) { return create_key(wish, now, {}); }
  Result<NewKey> create_key(std::string_view team, std::string_view user, WallMs now) {
    KeyWish wish;
    wish.team = team;
    wish.user = user;
    return create_key(wish, now, {});
  }
  // Makes a key of the same line, owner, scopes and end as a valid one, and lets that one end at `ends`,
  // unless it ends before. All of it or nothing. `not_found` where there is no such key, or it is not valid.
  using ConfirmRenewal = std::function<Result<>(const KeyEntry& made, const KeyEntry& before)>;
  virtual Result<RenewedKey> renew_key(std::string_view id, WallMs ends, WallMs now,
                                       const ConfirmRenewal& confirm) = 0;
  // Sorted by creation, then id.
  virtual Result<std::vector<KeyEntry>> keys() = 0;
  // This one alone. `not_found`, or `exists` when it was revoked before.
  virtual Result<KeyEntry> revoke_key(std::string_view id, WallMs now) = 0;
  // All of its line that were not revoked before: those, sorted as keys() does. `not_found`, or `exists` when
  // there is none.
  virtual Result<std::vector<KeyEntry>> revoke_line(std::string_view id, WallMs now) = 0;
  // The keys that these two revoked since revocations_recorded() was last called, sorted as keys() does.
  virtual Result<std::vector<KeyEntry>> unrecorded_revocations() = 0;
  // All that there are stand in the ledger now.
  virtual Result<> revocations_recorded() = 0;
  // Made on first sight: "sub_" and 20 characters of [0-9A-Za-z].
  virtual Result<std::string> subject_of(std::string_view user) = 0;
  // Nothing where the name was never seen or has been erased.
  virtual Result<std::optional<std::string>> find_subject(std::string_view user) = 0;
  virtual Result<bool> has_subject(std::string_view subject) = 0;
  // Revokes the subject's keys and forgets the name, what they wrote in questions and that they own uses,
  // also in the files; the pseudonym stays, and the same name would get another one. `not_found`,
  // `unavailable` while somebody else reads the files.
  virtual Result<> erase_subject(std::string_view subject, WallMs now) = 0;
  // Replaces those that were set before.
  virtual Result<> set_limits(const StoredLimits& limits) = 0;
  // `not_found` where none are set.
  virtual Result<> clear_limits(std::string_view scope, std::string_view name) = 0;
  virtual Result<std::vector<StoredLimits>> limits() = 0;  // sorted by scope, then name
  // All of them or none.
  virtual Result<> remember_responses(std::span<const StoredResponse> responses, WallMs now) = 0;
  virtual Result<std::optional<std::string>> service_of_response(std::string_view response_id) = 0;
  // Every remembered response of the last `age_ms`, for a start with a warm table; older ones are dropped.
  // One that an older schema kept may have no subject, or no team.
  virtual Result<std::vector<StoredResponse>> recent_responses(WallMs now, WallMs age_ms) = 0;
};

// SQLite (WAL) at `path`; ":memory:" for tests. Migrates older schemas forward, refuses newer ones (`newer`).
// The file's application_id and user_version are its magic and version.
Result<std::unique_ptr<Store>> open_sqlite(const std::string& path);

// The lock of a data folder: one process at a time writes it. `unavailable` names the process that holds it.
// Creates the folder (mode 0700) and its VERSION file (magic and version) when absent, refuses a newer one.
class DataLock {
 public:
  static Result<DataLock> acquire(const std::string& data_folder);
  DataLock(DataLock&&) noexcept;
  DataLock& operator=(DataLock&&) noexcept;
  ~DataLock();

 private:
  explicit DataLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace ostiary::store
