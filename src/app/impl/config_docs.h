#pragma once

#include <string>

namespace ostiary::app {

// docs/configuration.md, made from keys().
std::string configuration_page();

}  // namespace ostiary::app
