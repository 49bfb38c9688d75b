// Configuration keys of how long the ledger is kept, and of what happens when its disk is full.

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"

namespace ostiary::app::config {

namespace {

using ledger::KeeperOptions;
using ledger::WhenFull;
using yaml::Node;

constexpr std::uint64_t kSecond = 1000, kDay = 24 * 3600 * kSecond, kYear = 366 * kDay;

constexpr Words<WhenFull, 2> kWhenFull = {{{"close", WhenFull::close}, {"open", WhenFull::open}}};

// A duration, or none.
struct Age {
  static std::string describe() { return "none, or a duration from 1s to 36600d"; }
  static Result<> read(const Node& node, std::uint64_t& out) {
    TRY(const auto given, single(node, describe()));
    if (given == "none") return out = 0, Result<>{};
    const auto value = text::parse_duration_ms(given);
    if (!value || *value < kSecond || *value > 100 * kYear) return refused(describe(), given);
    out = *value;
    return {};
  }
};

template <auto Member>
Row<Config> age(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Age::describe(), fallback, doc, [](Config& config, const Node& node, std::string_view) {
            return Age::read(node, config.keeper.*Member);
          }};
}

}  // namespace

std::vector<Row<Config>> keeping_rows() {
  return {
      Row<Config>{"ledger.when_full", OneOf<kWhenFull>::describe(), "close",
                  "What happens to exchanges when the ledger's disk has no room. close: nothing goes out, "
                  "callers get 503. open: they go on, are counted, and a gap record says how many once there "
                  "is room again. Other failures of the disk always close the gate.",
                  [](Config& config, const Node& node, std::string_view) {
                    return OneOf<kWhenFull>::read(node, config.ledger.when_full);
                  }},
      age<&KeeperOptions::retention_ms>(
          "ledger.retention", "none",
          "How long records are kept. A closed segment whose newest record is older goes, with the digest "
          "keys of its exchanges, unless a legal hold covers some of it; its leaf hashes stay, so that every "
          "proof remains valid. none: nothing goes for its age."),
      age<&KeeperOptions::segment_age_ms>(
          "ledger.segment_age", "1d",
          "A segment that has records is closed when the first of them is older, so that a small gate's "
          "records can go in time. none: segments are closed for their size alone."),
  };
}

}  // namespace ostiary::app::config
