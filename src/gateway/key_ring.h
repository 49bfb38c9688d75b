#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/secret.h"
#include "gateway/limits.h"
#include "gateway/published.h"
#include "store/store.h"

namespace ostiary::gateway {

// A key with the accounts that its exchanges count in.
struct KnownKey : store::KeyEntry {
  Account* account = nullptr;       // of the key's line
  Account* team_account = nullptr;  // both live as long as the Limiter
};

// The keys that open the gate, in memory, by their ids. Thread-safe.
class KeyRing {
 public:
  using Snapshot = std::unordered_map<std::string, KnownKey>;

  explicit KeyRing(Limiter& limiter) : limiter_(limiter) {}
  void replace(std::vector<store::KeyEntry> entries);  // as Store::keys() sorts them
  std::shared_ptr<const Snapshot> snapshot() const { return current_.get(); }

 private:
  friend class KeyReader;
  Limiter& limiter_;
  Published<Snapshot> current_;
};

// One loop's view of the ring. Not thread-safe.
class KeyReader {
 public:
  explicit KeyReader(const KeyRing& ring) : ring_(ring.current_) {}
  // The entry of a presented key: form, CRC, id, secret (in constant time) and revocation are checked. Null
  // otherwise. The pointer lives as long as `hold`.
  const KnownKey* find(std::string_view key, std::shared_ptr<const KeyRing::Snapshot>& hold);

 private:
  Reader<KeyRing::Snapshot> ring_;
  // The key that was found last and its entry: most requests come with the same one as the request before.
  Secret last_;
  const KnownKey* last_entry_ = nullptr;
};

}  // namespace ostiary::gateway
