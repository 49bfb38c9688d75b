#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ledger/record.h"

namespace ostiary::gateway {

// What a model's tokens cost: nano-dollars (1e-9 USD) for a million of them. Cached tokens are part of the
// input.
struct Price {
  std::int64_t input = 0, output = 0, cached = 0;
  bool operator==(const Price&) const = default;
  // In nano-dollars, rounded half up. Each cached token is paid as such and not as input again.
  std::int64_t of(std::uint64_t input_tokens, std::uint64_t output_tokens,
                  std::uint64_t cached_tokens = 0) const;
};

// A price of the configuration.
struct PriceSetting {
  std::string provider;
  std::string surface;  // empty: all
  std::string model;    // name or glob
  Price price;
  bool operator==(const PriceSetting&) const = default;
};

// The prices of the configuration, and those of the catalogue behind them. Read-only.
class Prices {
 public:
  Prices() : Prices(std::vector<PriceSetting>{}) {}
  explicit Prices(std::vector<PriceSetting> settings) : settings_(std::move(settings)) {}
  // Of a model, by the provider's name for it, at a time. Nothing: it is not known.
  std::optional<Price> find(std::string_view provider, std::string_view surface, std::string_view model,
                            WallMs at) const;

 private:
  std::vector<PriceSetting> settings_;
};

// The dollars that a record holds.
inline double dollars(std::int64_t nano) {
  return static_cast<double>(nano) / 1e9;
}

}  // namespace ostiary::gateway
