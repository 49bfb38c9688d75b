#include "watch/retry.h"

#include <algorithm>

#include "base/text.h"

namespace ostiary::watch {

namespace {

constexpr std::uint64_t kFirstMs = 5'000, kLongestMs = 3'600'000, kDayMs = 24 * kLongestMs;
constexpr std::uint32_t kParts = 1'000;

}  // namespace

std::uint64_t pause_ms(std::uint32_t failures, std::uint32_t chance, std::string_view retry_after) {
  constexpr std::uint32_t kDoublings = 20;
  const auto doublings = std::min(std::max(failures, 1U) - 1, kDoublings);
  const auto usual = std::min(kFirstMs << doublings, kLongestMs);
  const auto least = usual - usual / 5;
  const auto pause = least + usual * 2 / 5 * (chance % (kParts + 1)) / kParts;
  const auto asked = text::parse_uint(text::trim(retry_after)).value_or(0);
  return std::max(pause, std::min(asked, kDayMs / 1000) * 1000);
}

}  // namespace ostiary::watch
