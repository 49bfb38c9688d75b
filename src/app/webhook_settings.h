#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/settings.h"

namespace ostiary::app {

// A webhook that is told of events, as the configuration has it.
struct WebhookSettings {
  std::string name, url, ca_file;
  std::vector<gateway::CredentialSource> secrets;  // the newest first
  std::vector<std::string> events;
  std::uint64_t timeout_ms = 15'000, give_up_ms = 3 * 24 * 3'600'000ULL;
  bool operator==(const WebhookSettings&) const = default;
};

// Who may deliver questions.
struct IncomingHookSettings {
  enum class Forge : std::uint8_t { github, gitlab, generic };
  Forge forge = Forge::github;
  std::string name;  // generic
  std::vector<gateway::CredentialSource> secrets, signing;
  std::string label, title_prefix, team;
  bool operator==(const IncomingHookSettings&) const = default;
};

}  // namespace ostiary::app
