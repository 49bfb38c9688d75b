#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/finding.h"
#include "json/document.h"
#include "policy/decision.h"

namespace ostiary::gateway {

// How large a request may be: everywhere, or only where it holds a data class or goes to a service. Each of
// its measures counts by itself.
struct SizeLimit {
  enum Measure : std::uint8_t { bytes, lines, tokens, attachments };
  static constexpr std::array<std::string_view, 4> kMeasures = {"bytes", "lines", "tokens", "attachments"};
  std::array<std::optional<std::uint64_t>, 4> most;  // by Measure
  std::string data_class;                            // empty: whatever it holds
  std::string service;                               // its id; empty: any
  policy::Effect action = policy::Effect::deny;      // deny, ask, reroute or allow: then it is only recorded
  bool operator==(const SizeLimit&) const = default;
};

// A measure by which a request is over a limit.
struct SizeOver {
  std::size_t limit = 0;  // its place in the list
  SizeLimit::Measure measure = SizeLimit::bytes;
  std::uint64_t is = 0, most = 0;
  std::string rule() const;                        // "size_limits.2.tokens", counted from 1
  std::string text(const SizeLimit& limit) const;  // how large it is, and what is allowed
};

// The size of a request: one pass over its texts, at about 1 GB/s. Lines are those of messages, prompts and
// inputs, of each text at least one; tokens as estimate_input() counts them.
inspect::Size measure(const json::Document& request, std::uint64_t attachments);

// By which limits a request is over for the service of the facts ("data.bytes", …, "target.service").
std::vector<SizeOver> sizes_over(const std::vector<SizeLimit>& limits, const policy::Facts& facts,
                                 const inspect::Inspection& found);

// Adds a finding of the class `size` for each limit that the measured request is over, whatever service it
// may go to.
void find_sizes(const std::vector<SizeLimit>& limits, inspect::Inspection& found);

}  // namespace ostiary::gateway
