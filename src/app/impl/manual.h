#pragma once

#include <string>

namespace CLI {
class App;
}

namespace ostiary::app {

// The manual page ostiary(1) as man(7) source, made from the verbs and their flags: the same input gives the
// same bytes.
std::string manual_page(const CLI::App& root);

}  // namespace ostiary::app
