#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ostiary::policy {

// The greatest number that a fact may have; nothing: any.
std::optional<std::int64_t> greatest(std::uint8_t fact);

// Whether anything in this build says what the fact is. Of one that nothing says every condition is unknown.
bool is_ever_known(std::uint8_t fact);

// The data class that this word is likely meant to be, where it is none that the build knows but near to one.
std::optional<std::string> meant_class(std::string_view word);

}  // namespace ostiary::policy
