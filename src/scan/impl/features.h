#pragma once

#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "scan/impl/source.h"

namespace ostiary::scan {

// A place in a file where something is used that only one provider has.
struct FeatureUse {
  const catalog::Feature* feature = nullptr;
  std::uint64_t start = 0, end = 0;  // bytes of the file
};

// Those of providers that `signs` of the same file show; by place.
std::vector<FeatureUse> features_in(const Sources& sources, const std::vector<Sign>& signs);

}  // namespace ostiary::scan
