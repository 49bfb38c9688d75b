#pragma once

#include <functional>
#include <vector>

#include "app/config.h"
#include "app/verbs.h"
#include "console/backing.h"

namespace ostiary::app {

// Every configuration key with the value that is in force and where it is from; `get` is std::getenv in the
// program. Free text that may be a secret is not shown. The file is read anew: call it together with
// settle_config().
std::vector<console::Setting> effective_settings(const ServeOptions& options,
                                                 const std::function<const char*(const char*)>& get);

}  // namespace ostiary::app
