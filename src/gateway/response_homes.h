#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/store.h"

namespace ostiary::gateway {

// Which service holds a stored response, so that what follows it (`previous_response_id`, reading,
// cancelling) goes to the same one, and for whom it was made: nobody else gets it, nor the same person by a
// key of another team. Bounded: the oldest half goes when it is full. Thread-safe.
class ResponseHomes {
 public:
  static constexpr std::size_t kMost = 200'000;
  // Called for each new home, from a loop's thread; must not block. Set before the loops start.
  void persist_with(std::function<void(const store::StoredResponse&)> persist) {
    persist_ = std::move(persist);
  }
  void restore(const std::vector<store::StoredResponse>& homes);
  // An id that could not be asked for (kMostResponseId) is not kept.
  void remember(const store::StoredResponse& response);
  struct Home {
    std::string service, team, subject;
    bool is_of(const store::KeyEntry& key) const { return team == key.team && subject == key.subject; }
    bool operator==(const Home&) const = default;
  };
  std::optional<Home> find(std::string_view response) const;

 private:
  void add(const store::StoredResponse& response);
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Home> recent_, older_;
  std::function<void(const store::StoredResponse&)> persist_;
};

}  // namespace ostiary::gateway
