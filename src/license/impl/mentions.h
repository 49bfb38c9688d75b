#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "license/identify.h"
#include "license/impl/words.h"

namespace ostiary::license {

// SPDX-License-Identifier and its like (SPDX 3.0.1, annex E): the expression behind each, with its place.
std::vector<FoundLicense> tags_in(std::string_view text);

// Licences that words name where `taken` is false (as many as there are words): the GNU licences with their
// version and "or later", and names of others behind words that grant ("under", "licensed", …).
std::vector<FoundLicense> references_in(std::string_view text, std::span<const Word> words,
                                        const std::vector<bool>& taken);

}  // namespace ostiary::license
