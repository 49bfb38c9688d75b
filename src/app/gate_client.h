#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ostiary::app {

// Asks a gate's API over the network and waits: one connection a call, at most 15 seconds. `url` is the
// gate's, with or without /v1 behind it; `key` may be empty. The body of a good answer; otherwise the Error
// that it tells.
Result<std::string> ask_gate(std::string_view url, std::string_view key, std::string_view method,
                             std::string_view path, std::string_view body = {});

}  // namespace ostiary::app
