#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
}

namespace ostiary::app {

// The script that makes a shell (bash, zsh or fish) complete calls: it asks `ostiary __complete WORD…` at
// every tab.
Result<std::string> completion_script(const std::string& shell);

// What may stand in place of the last word: verbs, flags, values of --format; one a line. Nothing where a
// file or a free word belongs, so that the shell offers files.
std::string candidates(CLI::App& root, const std::vector<std::string>& words);

}  // namespace ostiary::app
