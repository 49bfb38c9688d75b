#pragma once

#include <optional>
#include <string_view>

#include "inspect/damping.h"
#include "inspect/finding.h"

namespace ostiary::inspect {

struct Detector;

// Bytes before a value that are looked at for what makes it harmless.
inline constexpr std::size_t kContext = 48;

// How sure a detector may be of a value that its expressions took, and why.
struct Weight {
  std::optional<Confidence> confidence;  // nothing: it is no finding
  Checksum checksum = Checksum::none;
  // What lowered it or made it none: `redaction`, `reject`, `list`, `entropy`, `rarity`, `check`, `words` or
  // the id of a damper.
  std::string_view lowered_by;
};

// `context`: up to kContext bytes before the value; `words`: one of the detector's words stands before it.
Weight weigh(const Detector& detector, const Damping& damping, std::string_view value,
             std::string_view context, bool words);

double entropy(std::string_view value);  // Shannon's, bits a byte
// Mean of -log2 of how often the second of two bytes follows on the first in ordinary text and code, bits a
// pair; 0 below two bytes.
double rarity(std::string_view value);

}  // namespace ostiary::inspect
