#pragma once

#include <string>
#include <string_view>

#include "policy/decision.h"

namespace ostiary::policy {

// What makes two refused requests "the same" for a question and its approval, as 32 hexadecimal digits: the
// effect, the rules that made it, the subject, the target's service and model, and the values of the word,
// words, flag and level facts that the decision used. Of numbers only data.bytes is in it, as 0 up to 64 KiB
// and one more for each power of four; times are not, nor is the order of anything.
std::string request_fingerprint(const Decision& decision, std::string_view subject, std::string_view service,
                                std::string_view model);

}  // namespace ostiary::policy
