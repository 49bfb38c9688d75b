#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace ostiary::json::impl {

// Validates `text` (under 4 GiB) and appends its values to the empty `nodes` in document order. Errors are
// those of Document::parse; `nodes` is then of no use.
Result<> walk(std::string_view text, const Limits& limits, std::vector<Node>& nodes);

// The first member, in document order, whose name an earlier member of the object nodes[object] has too. Its
// subtree must be complete. Linear in the number of members, whatever their names.
std::optional<std::uint32_t> find_duplicate(std::string_view text, const std::vector<Node>& nodes,
                                            std::uint32_t object);

}  // namespace ostiary::json::impl
