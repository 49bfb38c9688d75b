#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::ledger {

// Checkpoints in a file elsewhere: `path` holds the newest as it is (a signed note, replaced whole),
// `path`.log every one, in the form of ledger/checkpoints.log. Both are on the disk when keep_checkpoint()
// returns. What `path` holds already is not put there again. `corrupt` where the log is no such file: nothing
// is written then.
Result<> keep_checkpoint(const std::string& path, std::string_view note);

// The notes of such a pair of files, of a log alone, or of a single note, as they are. `invalid` where the
// file holds none; `corrupt` where a line of the log is damaged (an unfinished last one is left out);
// `not_found`.
Result<std::vector<std::string>> kept_checkpoints(const std::string& path);

}  // namespace ostiary::ledger
