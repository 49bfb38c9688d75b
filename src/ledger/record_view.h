#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/time.h"

namespace ostiary::ledger {

// What a projection needs of a record. Texts that are null or absent are empty.
struct RecordView {
  enum class Kind : std::uint8_t { intent, outcome, change, recovery, other };
  Kind kind = Kind::other;
  std::string_view action;  // of a change
  Id id;                    // of an exchange
  WallMs at = 0;
  std::string_view subject, team, key, tool, endpoint, service, provider, surface, model;
  std::string_view effect, mode;  // of the decision
  std::string_view outcome, error;
  std::uint32_t status = 0, attempts = 0;
  bool stream = false, estimated = false;
  // Of an outcome its usage; of an intent what is reserved for it. The cost is in nano-dollars.
  std::optional<std::uint64_t> input, output, cached;
  std::optional<std::int64_t> cost_nano;
  std::optional<std::uint64_t> decided, connected, first_byte, total;  // microseconds
  std::uint64_t request_bytes = 0, response_bytes = 0;
};

// Reads records for a projection: one walk over a line, some 600,000 lines a second, because a ledger's
// line is canonical JSON, whose members are sorted. It is no validator, but no bytes do it harm.
class RecordReader {
 public:
  // Texts of `view` refer to `line`, or to this reader until its next call. False: it is no record, or an
  // exchange without id.
  bool read(std::string_view line, RecordView& view);
  // Whose intent a line is; nothing where it is another record. Looks no further than it must.
  std::optional<Id> intent_of(std::string_view line);

 private:
  friend struct RecordMembers;
  std::string_view text(std::string_view raw);
  std::string decoded_;
};

}  // namespace ostiary::ledger
