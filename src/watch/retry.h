#pragma once

#include <cstdint>
#include <string_view>

namespace ostiary::watch {

// How long to wait after an event could not be delivered `failures` times in a row (from 1 on), in
// milliseconds: 5 s, doubled each time up to an hour, a fifth more or less by `chance` (any number, taken as
// it comes from a random source). `retry_after` is the header of the answer: whole seconds in it are waited
// for where they are more, up to a day.
std::uint64_t pause_ms(std::uint32_t failures, std::uint32_t chance, std::string_view retry_after = {});

}  // namespace ostiary::watch
