#pragma once

#include <string_view>
#include <vector>

#include "scan/manifest.h"

namespace ostiary::scan {

// The packages that commands within a shell text install or run: `pip install`, `uv add`, `npm i`, `npx`,
// `go install`, `cargo add`, `gem install`, `composer require`, `dotnet add package`, `apt-get install` and
// their like, also behind `sudo`, variables, `RUN`, `python -m`, a notebook's `!` and `%`, and within
// `sh -c '…'`. Comments and here documents do not count. What is installed from a file or an address that
// tells no name is left out, and so are names with a variable in them.
//
// Places are offsets in `shell_text`. Total and linear; of a text of more than 16 MiB only the beginning is
// read. For any number of threads.
std::vector<Declared> installs_in(std::string_view shell_text);

}  // namespace ostiary::scan
