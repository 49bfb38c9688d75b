#pragma once

#include <string_view>

#include "model/facts.h"

namespace ostiary::model {

// Judges a chat template (Jinja) that comes with a model and is filled in by who serves it: attributes by
// which a template gets out of its engine, other templates that it takes in, addresses that it puts into
// prompts. `field` is where it stands in out.path. Linear; nothing is evaluated.
void judge_template(std::string_view text, std::string_view field, Facts& out);

}  // namespace ostiary::model
