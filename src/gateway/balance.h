#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "json/document.h"

namespace ostiary::gateway {

// One of several services of equal rank, as far as choosing among them goes.
struct Choice {
  std::uint32_t place = 0;  // the caller's
  std::uint32_t weight = 1;
  std::uint32_t outstanding = 0;
  std::uint64_t id = 0;  // hash of the service's id: the same after a restart and in another gate
};

// Each of these brings the choices into the order in which they are asked. A weight of 0 comes last, in every
// order: such a service is asked when nobody else answers. Pure; no allocation.

// The shares of the first place are as the weights, closely over any run of consecutive tickets, so that
// several loops which count their own tickets need to share nothing. What follows shares the place of one
// that fails by weight too.
void order_weighted(std::span<Choice> choices, std::uint64_t ticket);

// Fewest exchanges under way for its weight first; among equals as order_weighted.
void order_least_outstanding(std::span<Choice> choices, std::uint64_t ticket);

// The same order for the same key, with shares of keys as the weights. Taking one choice out leaves the order
// of the others as it is, so that only the keys that it had move (weighted rendezvous hashing).
void order_sticky(std::span<Choice> choices, std::uint64_t key);

// A hash for spreading, not for secrets: quick, the same on every machine of one byte order.
std::uint64_t spread_hash(std::string_view bytes, std::uint64_t seed = 0);

// What tells the conversation that a request belongs to, for the user `subject`: what the client names
// (prompt_cache_key, conversation, previous_response_id, user), or else what all its turns begin with:
// instructions, system messages and the first message of the user. 0: it belongs to none.
std::uint64_t conversation_key(json::Value request, std::string_view subject);

}  // namespace ostiary::gateway
