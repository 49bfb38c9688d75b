#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace ostiary::policy {

// A way to make a request that was stopped.
struct Alternative {
  std::string service;              // empty: where it was to go
  std::string model;                // empty: the one that was asked for
  std::vector<std::string> masked;  // data classes that are taken out first
  std::string text() const;         // what to do, as the end of "You can "; no full stop
  bool operator==(const Alternative&) const = default;
};

// The facts of the same request made that way; nothing where it cannot be.
using FactsOf = std::function<std::optional<Facts>(const Alternative&)>;

// The nearest way that `decide` lets pass (also masked, not sent on elsewhere): the same request at another
// of `places` in their order; else where it was to go, with one of the classes `maskable` taken out, or with
// all of them; else the same at another place. The first place is where the request was to go. Of places more
// than kMostPlaces, of classes more than kMostMasked are not tried.
inline constexpr std::size_t kMostPlaces = 16, kMostMasked = 8;
std::optional<Alternative> nearest_alternative(const DecideOnce& decide, const FactsOf& facts_of,
                                               std::span<const Alternative> places,
                                               std::span<const std::string> maskable);

}  // namespace ostiary::policy
