#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.h"
#include "base/result.h"
#include "store/exchanges.h"
#include "store/impl/exchange_schema.h"
#include "store/impl/sqlite.h"

namespace ostiary::store {

// The texts of an exchange that make its facet, each no longer than is kept.
std::array<std::string_view, kFacetTexts> facet_texts(const ExchangeView& exchange);

// Finds and makes facets for a Projection. Those met lately are known by heart, in bounded memory.
class Facets {
 public:
  explicit Facets(Database& db);
  // The facet of an exchange, which from now on has one with its id.
  Result<std::int64_t> of(const ExchangeView& exchange);
  Result<> settle();  // writes down which ids were the last
  void forget();

 private:
  struct Known {
    std::int64_t id = 0;
    Id last;
    bool due = false;  // `last` is not written down
  };
  Result<Known> look_up(const std::array<std::string_view, kFacetTexts>& texts, const Id& last);

  std::unordered_map<std::string, Known> known_;  // by all texts
  std::string name_;
  std::vector<Known*> due_;
  Statement find_, insert_, update_;
};

}  // namespace ostiary::store
