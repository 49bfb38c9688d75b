#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "inspect/tokens.h"
#include "json/document.h"

namespace ostiary::gateway {

// About how many tokens a service will count in a request: its texts, tools and schemas, some for each
// message, and a flat number for each picture, sound or file that stands in it.
std::uint64_t estimate_input(const json::Document& request);

// The most that a request lets its answers have together, where it says so: max_completion_tokens, max_tokens
// or max_output_tokens, for each of `n`.
std::optional<std::uint64_t> stated_output(json::Value request);
// How many answers it asks for.
std::uint64_t answers_asked(json::Value request);

// Counts the text of an answer as it goes by, without parsing it: for each event of a stream, or once for a
// whole body. What is counted is about what the service generated.
class OutputCount {
 public:
  explicit OutputCount(std::string_view endpoint) : endpoint_(endpoint) {}
  void feed(std::string_view json);
  std::uint64_t tokens() const { return estimate_.tokens(); }

 private:
  bool feed_member(std::string_view json, std::string_view member);
  std::string_view endpoint_;
  inspect::TokenEstimate estimate_;
};

}  // namespace ostiary::gateway
