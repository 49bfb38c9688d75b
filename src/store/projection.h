#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/exchanges.h"

namespace ostiary::store {

// The writer of the exchange table (exchanges.h). It is given the ledger's records in order, many in one
// transaction, and what it makes of them depends on nothing else: however they are cut into batches, and
// however often it is interrupted between two of them, the table is the same. One thread; one writer a file.
//
// After an error of anything but open() throw the object away and open it anew: it stands at the last
// commit().
class Projection {
 public:
  // Makes the file where it is absent. `newer` and `invalid` as migrate() has them, `corrupt`, `io`.
  static Result<std::unique_ptr<Projection>> open(const std::string& path);
  ~Projection();

  const Projected& position() const;  // as of the last commit()

  Result<> begin();
  // The records of an exchange, with `intent_index` and `outcome_index`. An intent's usage is what is
  // reserved for it; the latest intent of an exchange counts. An outcome whose intent was not given tells
  // both.
  Result<> intent(const ExchangeView& exchange);
  Result<> outcome(const ExchangeView& exchange);
  // The program began anew: whatever intent is open ended without anybody seeing how. It becomes an exchange
  // whose outcome is "unknown" and whose usage is what was reserved. An outcome that does come takes its
  // place.
  Result<> begun_anew();
  // What exchanges used whose records are gone: it counts in its month, and they have no rows.
  void count_removed(std::string_view month, const MonthUsage& usage);
  // An exchange that is open here ended in a record that is gone.
  void ended_in_removed(const Id& exchange);
  Result<> commit(const Projected& upto);
  Result<> abandon();  // ends a batch of nothing

  Result<> clear();  // everything is gone, as in a new file; not within a batch
  // Forgets exchanges whose last record is one of [from, to): retention took those out of the ledger. What
  // they used stays counted in their months. Not within a batch.
  Result<> forget(std::uint64_t from, std::uint64_t to);

 private:
  Projection();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::store
