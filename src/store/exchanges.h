#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/id.h"
#include "base/result.h"
#include "base/time.h"

namespace ostiary::store {

// One exchange, as the exchange table keeps it. Texts that are not known are empty.
template <class Text>
struct BasicExchange {
  Id id;
  WallMs at = 0;
  Text subject, team, key, tool, endpoint, service, provider, surface, model;
  Text effect, mode;  // of the decision
  Text outcome;       // the ledger's, or "unknown": the program died before it wrote one
  Text error;
  std::uint32_t status = 0, attempts = 0;
  bool stream = false, estimated = false;
  std::optional<std::uint64_t> input, output, cached;  // tokens; of an unknown outcome what was reserved
  std::optional<std::int64_t> cost_nano;
  std::optional<std::uint64_t> decided, connected, first_byte, total;  // microseconds
  std::uint64_t request_bytes = 0, response_bytes = 0;
  std::optional<std::uint64_t> intent_index, outcome_index;  // of its records in the ledger
  bool operator==(const BasicExchange&) const = default;
};
using ExchangeEntry = BasicExchange<std::string>;
using ExchangeView = BasicExchange<std::string_view>;

inline constexpr std::string_view kUnknownOutcome = "unknown";

// What a list shows; what is not set, or empty, asks nothing. Times are those that the ids were made at.
struct ExchangeFilter {
  std::string team, subject, key, service, model, outcome;
  std::string decision;               // its effect
  std::vector<std::string> any_team;  // one of these, where it is not empty
  std::optional<WallMs> from, until;  // from <= time < until
};

struct ExchangePage {
  std::vector<ExchangeEntry> exchanges;  // newest first
  std::string next;                      // the cursor of the page behind it; empty: there is none
};

// What a key has used in a month (UTC).
struct MonthUsage {
  std::string key, team;
  std::uint64_t exchanges = 0, input = 0, output = 0, cached = 0;
  std::int64_t cost_nano = 0;
  bool operator==(const MonthUsage&) const = default;
};

// How far the ledger is in the table: all records below `index`, of which the last has the leaf hash `leaf`.
// The other two say where the ledger's reader goes on.
struct Projected {
  std::uint64_t index = 0;
  Digest leaf{};
  std::uint64_t segment = 0, offset = 0;
  bool operator==(const Projected&) const = default;
};

// What an exchange that is open at the position has reserved.
struct OpenUsage {
  Id id;
  WallMs at = 0;
  std::string key, team;
  std::int64_t cost_nano = 0;
};

// What a team asked of a service with a tool, over some time.
struct Traffic {
  std::string team, tool, service, provider, surface, model;
  std::uint64_t exchanges = 0;
  WallMs first = 0, last = 0;
  bool operator==(const Traffic&) const = default;
};

// The table at one moment: what the records below the position add up to.
struct UsageAt {
  Projected position;
  std::vector<std::vector<MonthUsage>> months;  // as they were asked for
  std::vector<OpenUsage> open;
};

// The exchange table of a data folder, for those who read it: DATA/exchanges.sqlite, made from the ledger by
// a Projection (projection.h), which may write it meanwhile or make it anew. Thread-safe: one question at a
// time. `not_found` where there is no table yet.
class Exchanges {
 public:
  explicit Exchanges(std::string path);
  ~Exchanges();

  // `limit` is 1 to 1000. `cursor` is the `next` of the page before, or empty; `invalid` where it is neither.
  // Whatever the filter, a page costs no more than about 20,000 rows looked at and one search for each
  // combination of names that matches it.
  Result<ExchangePage> list(const ExchangeFilter& filter, std::string_view cursor, std::size_t limit);
  Result<ExchangeEntry> find(const Id& id);
  // Of a month such as "2026-11", sorted by key, then team. Exchanges count in the month in which they began.
  Result<std::vector<MonthUsage>> months(std::string_view month);
  // Exchanges that a service was asked for since `from`, counted by team, tool, service and model; sorted so.
  // At most `most` rows: those with most exchanges. Looks at the index of all exchanges since then.
  Result<std::vector<Traffic>> traffic(WallMs from, std::size_t most);
  Result<Projected> position();
  // All of it from one state of the table, whatever the projection commits meanwhile.
  Result<UsageAt> usage_at(const std::vector<std::string>& months);

 private:
  struct Connection;
  Result<Connection*> connection();

  const std::string path_;
  std::mutex mutex_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace ostiary::store
