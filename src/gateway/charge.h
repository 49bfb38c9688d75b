#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/errors.h"
#include "gateway/exchange.h"

// What limits and budgets ask of an exchange on its way: docs/limits.md tells users, limits.h keeps the
// counts.
namespace ostiary::gateway {

// Whether the caller may send a body of so many bytes. Nothing: yes.
std::optional<GateError> check_prompt(const Exchange& x, std::uint64_t bytes);

// A limit of the caller needs to know how many tokens the exchange takes.
bool needs_usage(const Exchange& x);

// Before the intent: sets aside what the exchange may use at x.service, in the accounts of key and team.
// Asked again for another service, that takes the place of the first. Nothing: there is room.
std::optional<GateError> reserve(Exchange& x);

// Counts a request that was refused before anything could be reserved for it, if its caller is known and has
// room for it.
void count_refused(Exchange& x);

// After the end: counts what it used, which goes into x.usage with its cost; estimated where the service did
// not report it.
void settle(Exchange& x);

// x-ratelimit-* and x-ostiary-budget-remaining, as far as limits apply to the caller.
bool has_limits(const Exchange& x);
void append_limit_headers(std::string& out, const Exchange& x);

}  // namespace ostiary::gateway
