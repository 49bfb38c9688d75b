#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/questions.h"

namespace ostiary::desk {

// Working time of some questions, in milliseconds: nearest-rank percentiles.
struct Times {
  std::uint64_t count = 0;
  std::optional<std::uint64_t> p50_ms, p90_ms;  // none where count is 0
};

// A subject that is asked about.
struct Topic {
  std::string topic;   // "rule no-secrets", or the facts in words
  std::string clause;  // anchor that the policy has for it; empty: the policy names none
  std::uint64_t count = 0, automatic = 0, allowed = 0, denied = 0;
  std::vector<std::uint64_t> numbers;  // the latest, at most 10
  std::string advice;                  // what the policy should say
};

struct Stats {
  WallMs from = 0, to = 0;
  std::uint64_t asked = 0, answered = 0, open = 0, waiting = 0, withdrawn = 0, expired = 0;
  std::uint64_t automatic = 0;           // answered, with no person's answer behind it
  std::uint64_t reversed = 0;            // an answer was followed by one that says otherwise
  std::uint64_t reversed_automatic = 0;  // of them automatic ones
  std::uint64_t breached = 0;            // of those that people answered or still have to: a clock ran out
  Times first_answer, decision;          // by people
  Times automatic_answer;                // wall-clock from asking to the automatic answer
  std::vector<Topic> topics;             // most asked first, at most 20
};

// How often the same was asked.
struct Asked {
  std::string topic;   // "rule no-secrets", or the facts in words
  std::string clause;  // anchor; empty: no rule was named
  std::uint64_t count = 0;
  std::vector<std::uint64_t> numbers;  // the latest, at most 10, newest first
};

// What was asked or refused more than `more_than` times since `from`, most often first.
Result<std::vector<Asked>> asked_often(store::Questions& questions, WallMs from, std::uint64_t more_than);

}  // namespace ostiary::desk
