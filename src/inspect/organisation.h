#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/organisation.h"
#include "inspect/detector_set.h"

namespace ostiary::inspect {

// The detectors of an organisation's folder: its own, then one for each of its lists but those of
// owned-licences, then `foreign-copyright` where a list says who we are: SPDX copyright tags of others.
std::vector<catalog::Detector> own_detectors(const catalog::Organisation& organisation);

// Where a list says which licences are ours, SPDX licence tags that have only those are no finding of the
// catalogue's detector.
Result<> keep_to_foreign_licences(DetectorSet& set, const catalog::Organisation& organisation);

// Holds each detector to its examples: one value of at least medium confidence in each of `fires`, none in
// each of `silent`. The error's `where` is "detector ID, fires" or "detector ID, silent".
Result<> check_examples(const DetectorSet& detectors);

// Own detectors compiled, with what they were compiled from, for a file. Another program version or another
// folder makes another `key`.
std::string cache_key(std::span<const catalog::Detector> specs, std::string_view program);
Result<std::string> to_cache(const DetectorSet& detectors, std::string_view key);
// `corrupt` where the bytes are damaged, `newer` where they are of another key or another Vectorscan.
Result<DetectorSet> from_cache(std::span<const catalog::Detector> specs, std::string_view key,
                               std::string_view bytes);

}  // namespace ostiary::inspect
