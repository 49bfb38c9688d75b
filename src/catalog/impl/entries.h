#pragma once

#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace ostiary::catalog {

// The JSON of a kind in a blob that compile() made; nothing where the blob is damaged or has no such kind.
std::optional<std::string_view> section_of(std::string_view blob, std::string_view kind);
std::string text_of(const simdjson::dom::element& object, std::string_view name);  // empty: not there
std::vector<std::string> texts_of(const simdjson::dom::element& object, std::string_view name);
Detector detector_of(const simdjson::dom::element& entry);

}  // namespace ostiary::catalog
