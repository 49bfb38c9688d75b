#pragma once

#include "policy/decision.h"

namespace ostiary::policy {

// What comes out where somebody besides the document decides too, as the operator of a gate does by its
// configuration: the strictest of both effects, what either masks, and the rules that made that. `more` is
// enforced; without rules it changes nothing. It never loosens, and what the document only observes stays
// observed beside it.
Decision tightened(Decision document, const Decision& more);

}  // namespace ostiary::policy
