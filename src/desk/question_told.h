#pragma once

#include <cstddef>
#include <string>

#include "desk/question.h"

namespace ostiary::desk {

// As append_json(). A question of more than `most` bytes goes without what people wrote, and with
// `"partial":true` as its first member; it may be longer than that still.
void append_json_within(std::string& out, const Question& question, std::size_t most);

}  // namespace ostiary::desk
