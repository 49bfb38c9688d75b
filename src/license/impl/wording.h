#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/license.h"

namespace ostiary::license {

// " (2.a)", or nothing where no clause is known.
std::string in_clause(const catalog::Clause& at);
// " " and the note, or nothing.
std::string noted(const catalog::Clause& at);
// "The text permits commercial use (2.a). …"
std::string sentence(catalog::Says says, std::string_view about, const catalog::Clause& at);
// What must go under the same terms.
std::string_view share_alike_reach(std::string_view reach);

std::string joined(const std::vector<std::string>& words, std::string_view between);
std::string grouped(std::uint64_t number);  // 700,000,000

}  // namespace ostiary::license
