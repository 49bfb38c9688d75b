#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace ostiary::desk {

// Requests that the desk approved, by policy::request_fingerprint. Immutable: any thread may read one.
class Approvals {
 public:
  struct Approval {
    std::uint64_t question = 0;
    WallMs from = 0, expires = 0;  // it holds in [from, expires)
  };

  void add(std::string fingerprint, const Approval& approval);
  // Null: it is not approved at `now`.
  const Approval* find(std::string_view fingerprint, WallMs now) const;
  std::size_t size() const { return all_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  std::unordered_map<std::string, Approval, Hash, std::equal_to<>> all_;
};

}  // namespace ostiary::desk
