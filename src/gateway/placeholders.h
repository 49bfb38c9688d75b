#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/secret.h"
#include "inspect/finding.h"

namespace ostiary::gateway {

// The placeholders of one exchange, ‹class:type:n›: the same value has the same number in the request and in
// the answer. Of a value it keeps a keyed digest, and the value itself only where it may be given back.
class Placeholders {
 public:
  explicit Placeholders(const Key256& key) : key_(key) {}

  // `value`: as the text says it, its JSON escapes undone.
  std::string of(const inspect::Finding& finding, std::string_view value);

  // The request is made anew, for another service say: nothing of it may be given back yet.
  void begin_request() { kept_.clear(); }
  // The request that goes out holds the placeholder for a value which an answer may have back.
  void keep(std::string_view placeholder, std::string_view value) {
    kept_.insert_or_assign(std::string(placeholder), Secret(std::string(value)));
  }
  const std::map<std::string, Secret, std::less<>>& kept() const { return kept_; }

 private:
  Key256 key_;
  std::map<std::string, std::map<Digest, std::size_t>> numbers_;  // by class and type
  std::map<std::string, Secret, std::less<>> kept_;
};

}  // namespace ostiary::gateway
