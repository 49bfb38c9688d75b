#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"

namespace ostiary::catalog {

// What a text says of something, the strictest last.
enum class Says : std::uint8_t { permits, conditions, silent, unknown, forbids };
std::string_view name(Says says);

// Where a statement stands, and when somebody read it there.
struct Clause {
  std::string clause;  // of the licence, as it counts; empty: not told
  std::string note;    // what a reader must know besides
  Origin origin;       // the entry's, where the statement names none of its own
};

// catalog/license/<id>.yaml: a licence of code, models or data, and what its text says. The words in the
// texts below are those of catalog/schema/license.yaml. An optional that holds nothing was not read.
struct License {
  struct Right {
    std::string to;  // "commercial-use", …
    Says says = Says::unknown;
    Clause at;
  };
  struct Duty {
    std::string to;                 // "give-licence", …
    std::vector<std::string> when;  // "use", "distribute", …
    std::string words;              // those that are asked for; empty: none are named
    Clause at;
  };
  struct Ceiling {
    std::string of;          // "monthly-users", or "yearly-revenue" in US dollars
    std::uint64_t most = 0;  // the greatest number that is still free
    Says beyond = Says::forbids;
    Clause at;
  };
  struct Excluded {
    std::vector<std::string> places;  // "CN", "EU", …
    Clause at;
  };
  struct UseRestrictions {
    std::string says;  // "none", "listed", "policy"
    bool pass_on = false;
    Clause at;
  };
  struct ShareAlike {
    std::string when;   // "never", "distribution", "network"
    std::string reach;  // "file", "library", "work", "data"; empty: not told
    Clause at;
  };
  struct Termination {
    std::string says;
    std::optional<bool> remote;
    Clause at;
  };
  struct Patents {
    std::string says;
    std::optional<bool> ends_on_suit;
    Clause at;
  };
  struct Law {
    std::string says;
    Clause at;
  };

  std::string id;
  std::string license;  // SPDX id or LicenseRef-…
  std::string name, steward, version;
  std::string released;  // YYYY-MM-DD; empty: not known
  std::string digest, homepage, category;
  std::string fingerprint;  // base64 of shingles of the text (license/impl/index.h); empty: there is none
  std::vector<std::string> aliases, kinds;
  std::vector<Right> rights;
  std::optional<std::vector<Duty>> duties;
  std::optional<std::vector<Ceiling>> ceilings;
  std::optional<std::vector<Excluded>> territories;
  std::optional<UseRestrictions> use_restrictions;
  std::optional<ShareAlike> share_alike;
  std::optional<Termination> termination;
  std::optional<Patents> patents;
  std::optional<Law> law;
  Origin origin;

  const Right* right(std::string_view to) const;  // null: not read
};

// <folder>/license-review/<id>.yaml: that a person of the organisation has read an entry and stands by it.
struct LicenseReview {
  std::string license;  // id of the entry
  std::string by, date, because;
};

// The licences that are known, and who reviewed them. Read-only when built, thread-safe.
class Licenses {
 public:
  explicit Licenses(std::vector<License> entries, std::vector<LicenseReview> reviews = {});

  // By SPDX id, LicenseRef, id of the entry or other name, in any case; null where there is none.
  const License* find(std::string_view name) const;
  const LicenseReview* review_of(const License& license) const;  // null: as it was shipped
  const std::vector<License>& all() const { return entries_; }   // sorted by id

 private:
  std::vector<License> entries_;
  std::vector<LicenseReview> reviews_;  // sorted by license
  std::unordered_map<std::string, std::size_t> by_name_;
};

// Those of the catalogue, built at the first use.
const Licenses& licenses();

// Those of the catalogue with an organisation's own: <folder>/license/<id>.yaml, each an entry as the
// catalogue's, which takes the place of the shipped one of its id; and <folder>/license-review/<id>.yaml.
// Either may be missing. `not_found` where there is no folder; else the first thing that is wrong, with
// file:line:column, and how many more there are.
Result<Licenses> read_licenses(const std::string& folder);

}  // namespace ostiary::catalog
