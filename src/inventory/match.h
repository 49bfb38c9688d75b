#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inventory/use.h"

namespace ostiary::inventory {

// Lower case, without blanks and punctuation: "Open AI, Inc." and "openai" are not the same, "Chat-GPT" and
// "ChatGPT" are. A catalogue's name of a provider or tool counts as its id.
std::string plain_name(std::string_view name);

// The catalogue's id of the provider that goes by this name; otherwise the name as it is.
std::string provider_id(std::string_view name);

// What was seen, made ready to be compared with many uses.
struct SeenNames {
  explicit SeenNames(const Sighting& sighting);
  How how;
  std::string tool, sdk, provider, surface, service, model, team, repository, question;

  // What it may have in common with a use: see Matcher::keys.
  std::vector<std::string> keys() const;
};

// A use made ready to be compared with many sightings.
class Matcher {
 public:
  explicit Matcher(const Use& use);

  // Whether what was seen is this use: nothing that both know differs (provider, surface, service, team,
  // repository, model; of scans, logs and questions the tool), and besides the provider something agrees:
  // tool, SDK, service, model, question; with the provider the repository, the team, or in logs the surface.
  // The provider alone is enough where the use says nothing else that could tell it from others.
  bool holds(const SeenNames& seen) const;
  bool holds(const Sighting& sighting) const { return holds(SeenNames(sighting)); }
  // Where a use that names no pattern of models shares no key with what was seen, it does not hold: so that
  // many uses need not be compared with everything.
  std::vector<std::string> keys() const;
  bool names_patterns() const;

 private:
  bool differs(const SeenNames& seen) const;
  bool names_provider_alone() const;
  bool model_agrees(const std::string& model) const;

  std::string tool_, provider_, surface_, service_, team_, repository_, question_;
  std::vector<std::string> sdks_, models_;
};

}  // namespace ostiary::inventory
