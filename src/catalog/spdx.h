#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ostiary::catalog {

// catalog/spdx/list.yaml: the ids of the SPDX licence list. Read-only when built, thread-safe.
class SpdxList {
 public:
  enum class Kind : unsigned char { license, exception };
  struct Id {
    std::string id;  // as the list writes it
    Kind kind = Kind::license;
    bool deprecated = false;
    std::string now;  // deprecated: the expression that says the same; empty: there is none
  };

  SpdxList(std::string version, std::vector<Id> ids);

  // Ids are matched in any case (SPDX 3.0.1, annex B); null where there is none.
  const Id* find(std::string_view id) const;
  const std::vector<Id>& all() const { return ids_; }
  const std::string& version() const { return version_; }

 private:
  std::string version_;
  std::vector<Id> ids_;
  std::unordered_map<std::string, std::size_t> by_id_;  // small letters
};

// The catalogue's, built at the first use.
const SpdxList& spdx_list();

}  // namespace ostiary::catalog
