#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/exchange.h"

namespace ostiary::gateway {

// Carries out what x.decision obliges the gate to: `header` and `disclose` become lines of the answer's head
// (x.answer_headers), `log` a line in the log, once an exchange. `notify` is told from the ledger.
void carry_out_obligations(Exchange& x);

// How long an approval lasts at most by these obligations: the shortest `expire`; milliseconds.
std::optional<std::uint64_t> approval_lasts(const std::vector<std::string>& obligations);

// A line for the value of a header: what is no printable ASCII character, and %, as %XX of its bytes.
std::string header_line(std::string_view text);

}  // namespace ostiary::gateway
