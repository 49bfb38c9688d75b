#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "store/hook_queue.h"
#include "watch/forge.h"
#include "watch/signature.h"

namespace ostiary::watch {

// Who may deliver, and what of it is a question.
struct IncomingSource {
  std::vector<Secret> secrets;         // GitHub's, GitLab's token; either is good
  std::vector<SigningSecret> signing;  // GitLab's signing token, and the generic form's
  ForgeRules rules;
  std::string team;  // that the questions are of
};

struct IncomingSettings {
  std::optional<IncomingSource> github, gitlab;
  std::map<std::string, IncomingSource, std::less<>> generic;  // by name
};

// A delivery whose sender was proven.
struct Delivery {
  std::string source;  // "github", "gitlab", "generic NAME"
  std::string team;
  std::vector<std::string> ids;  // by which it is known when it comes again
  std::optional<ForgeEvent> event;
};

// Webhooks that come in. Thread-safe.
class Incoming {
 public:
  // `queue` remembers deliveries, and outlives it.
  explicit Incoming(store::HookQueue& queue) : queue_(queue) {}
  void replace(IncomingSettings settings);

  using Header = std::function<std::string(std::string_view name)>;
  enum class Forge : std::uint8_t { github, gitlab, generic };
  // Proves the sender before anything of the body is read, and refuses what came before. Errors: `not_found`
  // where nothing is configured, `denied`, `exists` for a delivery that was taken before, `invalid`.
  Result<Delivery> receive(Forge forge, std::string_view name, const Header& header, std::string_view body,
                           WallMs now);
  // It was taken: it is refused from now on.
  Result<> remember(const Delivery& delivery, WallMs now);

  // The question that a delivery's link became. Nothing: none.
  Result<std::optional<std::string>> question_of(const Delivery& delivery);
  Result<> set_question(const Delivery& delivery, std::string_view number, WallMs now);

  // Held from receive() to remember(), so that the same is not taken twice at a time.
  std::unique_lock<std::mutex> turn() { return std::unique_lock(turn_); }

 private:
  Result<IncomingSource> source_of(Forge forge, std::string_view name) const;
  store::HookQueue& queue_;
  mutable std::mutex mutex_;  // guards settings_
  IncomingSettings settings_;
  std::mutex turn_;
};

}  // namespace ostiary::watch
