#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ostiary::store {

// The id that `text` names: an id itself, or the one in anything of the form ost_<id>_…. `invalid` otherwise,
// in words that do not repeat the text: it may hold a secret.
Result<std::string> key_id_of(std::string_view text);

// Whether a key may be made for them: 1 to 200 characters of UTF-8 each, without control characters; else
// `invalid`.
Result<> check_key_owner(std::string_view team, std::string_view user);

}  // namespace ostiary::store
