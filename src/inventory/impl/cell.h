#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/field.h"

namespace ostiary::inventory {

// Small letters and digits, everything else one blank between words: "Review-Date:" is "review date".
std::string plain_words(std::string_view text);

// Whether a cell says that nothing is known: blank, "unknown", "?", "tbd", "-".
bool says_nothing(std::string_view cell);

// A day as people write it: 2026-11-26 with or without a time, 26.11.2026, 2026/11/26, 26 Nov 2026,
// November 26, 2026, and with slashes where only one order makes a day. Nothing where it is none or could be
// two.
std::optional<std::string> day_in(std::string_view cell);

// The word of a field that a cell means: "Production" is in-use. Nothing where it is none that is known.
std::optional<std::string> word_in(const Field& field, std::string_view cell);

// Items between semicolons, commas, bars and line ends.
std::vector<std::string> items_in(std::string_view cell);

}  // namespace ostiary::inventory
