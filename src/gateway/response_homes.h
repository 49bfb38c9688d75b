#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ostiary::gateway {

// Which service holds a stored response, so that what follows it (`previous_response_id`, reading,
// cancelling) goes to the same one. Bounded: the oldest half goes when it is full. Thread-safe.
class ResponseHomes {
 public:
  static constexpr std::size_t kMost = 200'000;
  // Called for each new home, from a loop's thread; must not block. Set before the loops start.
  void persist_with(std::function<void(const std::string& response, const std::string& service)> persist) {
    persist_ = std::move(persist);
  }
  void restore(const std::vector<std::pair<std::string, std::string>>& homes);
  void remember(const std::string& response, const std::string& service);
  std::optional<std::string> find(std::string_view response) const;

 private:
  void add(const std::string& response, const std::string& service);
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::string> recent_, older_;
  std::function<void(const std::string&, const std::string&)> persist_;
};

}  // namespace ostiary::gateway
