#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "scan/sign.h"

namespace ostiary::scan {

// The catalogued SDKs that the commands of a shell text install, `declared`, with the ecosystem of the
// package. `at`: where a byte of the text stands in its file, its end too. For any number of threads.
void signs_of_installs(std::string_view shell, const std::function<std::uint64_t(std::size_t)>& at,
                       const std::function<void(Sign)>& add);

}  // namespace ostiary::scan
