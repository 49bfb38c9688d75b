#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ostiary::store {

// A finding that somebody marked as a false alarm, and what a reviewer made of it. One for each fingerprint.
struct FalseAlarm {
  std::string fingerprint;  // 16 hexadecimal digits
  std::string because;      // why it was marked
  std::string subject;      // pseudonym of who marked it; empty: at the data folder itself
  std::string team;         // theirs; empty likewise
  WallMs marked = 0;
  std::string state = "open";  // open, accepted, rejected
  std::string reviewer;        // pseudonym; empty while open
  std::string said;            // why it was decided so
  std::optional<WallMs> decided;
  std::optional<WallMs> until;  // of an accepted one: it has no effect from then on
};

// The false alarms in a store (its SQLite file, which open_sqlite() has brought to the schema of now). One
// thread at a time.
class FalseAlarms {
 public:
  static constexpr std::int64_t kMostOpen = 1000;  // of one subject

  explicit FalseAlarms(std::string path);
  ~FalseAlarms();

  // Marks it; one that is open or in effect stays as it is, one that was rejected or has run out is open
  // again. `too_large` where the subject has kMostOpen that nobody looked at.
  Result<FalseAlarm> mark(const FalseAlarm& wish);
  // Decides, once: `not_found`, or `exists` where it is not open, unless an accepted one is now rejected.
  Result<FalseAlarm> decide(const FalseAlarm& decision);
  Result<FalseAlarm> find(std::string_view fingerprint);  // `not_found`
  // Undoes mark() or decide(); nothing: it was not there before.
  Result<> put_back(std::string_view fingerprint, const std::optional<FalseAlarm>& before);
  // Of these teams (empty: all) and of a state (empty: any), behind a fingerprint, at most `most`; by
  // fingerprint.
  Result<std::vector<FalseAlarm>> list(const std::vector<std::string>& teams, std::string_view state,
                                       std::string_view after, std::size_t most);
  Result<std::vector<FalseAlarm>> in_effect(WallMs now);  // accepted ones, by fingerprint

 private:
  struct Connection;
  Result<Connection*> connection();
  Result<> write(const FalseAlarm& alarm);
  const std::string path_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace ostiary::store
