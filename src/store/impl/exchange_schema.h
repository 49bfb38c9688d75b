#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "store/exchanges.h"
#include "store/impl/migrate.h"
#include "store/impl/sqlite.h"

namespace ostiary::store {

// DATA/exchanges.sqlite. An id is a UUIDv7, which begins with the millisecond at which it was made: the order
// of ids is that of time, and a span of time is a span of ids, so that one key serves order, paging and time.
// What is alike in many exchanges (team, key, model, …) stands once, in a facet. A filter is answered facet
// by facet, each of them sorted by id.
extern const Schema kExchangeSchema;

inline constexpr std::size_t kFacetTexts = 12;  // of a facet, in the order of facet_texts()
// The part of a text that is kept: at most 256 bytes, whole characters of UTF-8.
std::string_view kept_part(std::string_view text);

// "e.id, e.at, …, f.team, …": what read_exchange() reads, of exchanges e joined with facets f.
extern const std::string_view kExchangeColumns;
ExchangeEntry read_exchange(const Statement& row);

Id read_id(const Statement& row, int column);
inline std::span<const std::uint8_t> blob(const Id& id) {
  return id.bytes;
}

Result<Projected> read_position(Database& db);

}  // namespace ostiary::store
