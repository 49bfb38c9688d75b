#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "inspect/detector_set.h"
#include "inspect/impl/known_text.h"

namespace ostiary::inspect {

// How far before its keyword a match begins at most.
inline constexpr std::uint64_t kMostBack = 80;

// Where values may have begun at the end of a text whose keyword is still to come: those of detectors that
// step back from it over the same bytes (DetectorSet::AlikeStarts). Of each such kind one run of bytes goes
// on to the end, so that one place counts; how far the expressions have come from there is kept from piece to
// piece. For one thread; the set must outlive it.
class OpenStarts {
 public:
  explicit OpenStarts(const DetectorSet& set);

  // Another text. `heeded`: the detectors that count; null: all.
  void begin(const std::vector<bool>* heeded);
  // `known` holds the last kMostBack bytes at least that came before, and what has come since the last call.
  // Gives where the first value may have begun, if that is before `least`, or else that.
  std::uint64_t follow(const KnownText& known, std::uint64_t least);

 private:
  // An expression that goes on at the end: that before some detectors' values, or the one of a value.
  struct Open {
    std::uint16_t number = 0;            // of those alike; where the value has begun, of its detector
    std::optional<std::uint64_t> value;  // where it begins
    Pattern::Run run;
  };
  struct Group {
    std::uint64_t start = 0;  // of the run of bytes; the end of the text: there is none
    bool begun = false;       // `open` tells of it
    bool heeded = false;      // some of its detectors count
    std::vector<Open> open;
  };
  static constexpr std::size_t kTogether = 64;  // groups

  bool heeds(std::uint16_t detector) const { return !heeded_ || (*heeded_)[detector]; }
  void find_heeded();
  void find_runs(const KnownText& known);
  void begin(std::size_t group, const KnownText& known);
  void begin_value(Group& group, std::uint16_t detector, std::uint64_t value, const KnownText& known);
  std::uint64_t go_on(std::size_t group, const KnownText& known, std::uint64_t least);
  bool go_on(Open& open, std::size_t group, const KnownText& known, std::uint64_t& least);

  const DetectorSet& set_;
  const std::vector<bool>* heeded_ = nullptr;
  std::vector<std::array<std::uint64_t, 256>> ends_;  // by kTogether groups: which of them a byte ends
  std::size_t longest_ = 0;                           // run that counts
  std::vector<std::uint64_t> heeded_groups_;          // as in ends_
  std::vector<Group> groups_;
  std::optional<std::uint64_t> upto_;  // the end of the text in the call before
};

}  // namespace ostiary::inspect
