#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "console/backing.h"
#include "gateway/side_door.h"

namespace ostiary::console {

// The HTTP API, by the table in operation.h. Thread-safe.
class Api final : public gateway::SideDoor {
 public:
  static constexpr unsigned kThreads = 2;          // of each lane
  static constexpr std::size_t kMostWaiting = 64;  // in each
  static constexpr unsigned kMostUrgent = 8;       // changes that one key has asked for and that are not done
  static constexpr unsigned kMostReading = 16;     // the same for what it wants to read
  static constexpr unsigned kLimitMs = 10'000;

  explicit Api(Backing& backing);
  ~Api() override;  // nobody asks any more; waits for what is under way

  bool serves(std::string_view path) const override;
  std::size_t most_body(const gateway::SideRequest& head) const override;
  std::string refusal(std::string_view code, std::string_view message) const override;
  // Answers at once what touches memory only, refusals too; everything else on a thread of its own.
  void ask(gateway::SideRequest request, std::function<void(gateway::SideAnswer)> done) override;
  // The answer, on the caller's thread.
  gateway::SideAnswer answer(const gateway::SideRequest& request);
  // Does a job of the store, soon, on one of the API's threads. False: too many wait.
  bool run(std::function<void()> job);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::console
