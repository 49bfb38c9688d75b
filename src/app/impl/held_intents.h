#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/id.h"

namespace ostiary::app {

// Lines of intents that are put by unread until their outcome comes, after which nothing of them but their
// number is needed; most outcomes come within the same batch.
class HeldIntents {
 public:
  // A line for which one is held already takes its place.
  void hold(const Id& exchange, std::uint64_t index, std::string_view line) {
    if (free_.empty()) {
      free_.push_back(lines_.size());
      lines_.emplace_back();
    }
    const auto [slot, fresh] = slots_.try_emplace(exchange, free_.back());
    if (fresh) free_.pop_back();
    lines_[slot->second].index = index;
    lines_[slot->second].text.assign(line);
  }

  // The number of the intent, which is held no longer.
  std::optional<std::uint64_t> take(const Id& exchange) {
    const auto slot = slots_.find(exchange);
    if (slot == slots_.end()) return std::nullopt;
    const auto index = lines_[slot->second].index;
    free_.push_back(slot->second);
    slots_.erase(slot);
    return index;
  }

  // Calls give(index, line) for each that is held, by number, and holds none.
  template <class Give>
  void release(Give&& give) {
    std::vector<const Line*> held;
    for (const auto& [id, slot] : slots_) held.push_back(&lines_[slot]);
    std::ranges::sort(held, {}, [](const Line* line) { return line->index; });
    for (const auto* line : held) give(line->index, std::string_view(line->text));
    forget();
  }

  void forget() {
    for (const auto& [id, slot] : slots_) free_.push_back(slot);
    slots_.clear();
  }

 private:
  struct Line {
    std::uint64_t index = 0;
    std::string text;
  };
  std::vector<Line> lines_;
  std::vector<std::size_t> free_;
  std::unordered_map<Id, std::size_t, IdHash> slots_;
};

}  // namespace ostiary::app
