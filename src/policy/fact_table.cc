#include "policy/fact_table.h"

#include <algorithm>
#include <array>

namespace ostiary::policy {

namespace {

using enum FactType;

constexpr std::string_view kConfidence[] = {"none", "low", "medium", "high"};
constexpr std::string_view kLicence[] = {"copyleft",   "network-copyleft", "non-commercial",
                                         "permissive", "proprietary",      "public-domain",
                                         "unknown",    "use-restricted",   "weak-copyleft"};
constexpr std::string_view kHosting[] = {"cloud", "own", "provider"};
constexpr std::string_view kSurface[] = {"api",         "api-free", "consumer", "enterprise",
                                         "self-hosted", "team",     "via-cloud"};
constexpr std::string_view kUse[] = {"customer", "internal", "shipped", "train-model", "upstream"};
constexpr std::string_view kWeekday[] = {"monday", "tuesday",  "wednesday", "thursday",
                                         "friday", "saturday", "sunday"};

constexpr auto kFacts = std::to_array<FactSpec>({
    {"agent.tools", words, {}, false, "names of the tools that the model is offered"},
    {"agent.unattended", flag, {}, false, "nobody looks at what it does before it is done", true},
    {"data.attachments", count, {}, false, "attachments of the request"},
    {"data.bytes", bytes, {}, false, "size of the request's body"},
    {"data.classes", words, {}, true, "data classes of the request: secret, personal, code, …"},
    {"data.confidence", level, kConfidence, true, "the highest confidence of a finding"},
    {"data.findings", words, {}, true, "types of what was found, such as email-address"},
    {"data.language", words, {}, true, "programming languages of code in the request"},
    {"data.lines", count, {}, false, "lines of text of the request"},
    {"data.partial", words, {}, false, "what could not be read, and why; empty: all was read"},
    {"data.tokens", count, {}, false, "tokens of the request, estimated"},
    {"output.project", word, {}, false, "the project that the output is contributed to", true},
    {"output.reversible", flag, {}, false, "what is done with the output can be taken back", true},
    {"output.use", word, kUse, false, "what the output is for", true},
    {"purpose", word, {}, false, "what for, in a word that the organisation chose", true},
    {"subject.id", word, {}, false, "who asks, as a pseudonym"},
    {"subject.key", word, {}, false, "id of the key that was used"},
    {"subject.role", word, {}, false, "role of who asks"},
    {"subject.team", word, {}, false, "team of who asks"},
    {"target.endpoint", word, {}, false, "what is asked of the service, such as chat/completions"},
    {"target.hosting", word, kHosting, false, "where it runs: own machines, a cloud, the provider's"},
    {"target.model", word, {}, false, "name of the model"},
    {"target.model_licence", word, {}, false, "the model's licence, an SPDX expression"},
    {"target.model_licence_category", word, kLicence, false, "what kind of licence that is"},
    {"target.provider", word, {}, false, "the organisation behind the service"},
    {"target.region", word, {}, false, "where the service computes, such as eu or eu-central"},
    {"target.service", word, {}, false, "id of the service in the configuration"},
    {"target.surface", word, kSurface, false, "the product through which it is reached"},
    {"target.terms.dpa", flag, {}, false, "a data processing agreement is in force"},
    {"target.terms.human_review", flag, {}, false, "people at the provider may read what is sent"},
    {"target.terms.indemnity", flag, {}, false, "the provider answers for claims against the output"},
    {"target.terms.retention_days", count, {}, false, "days that the provider keeps what is sent"},
    {"target.terms.reviewed", flag, {}, false, "a named person reviewed the facts of its terms"},
    {"target.terms.trains", flag, {}, false, "the provider may train models on what is sent"},
    {"time.hour", count, {}, false, "hour of the day, 0 to 23, UTC"},
    {"time.now", moment, {}, false, "when it is decided"},
    {"time.weekday", word, kWeekday, false, "day of the week, UTC"},
    {"tool", word, {}, false, "what the person or program uses, such as claude-code", true},
});

static_assert(kFacts.size() <= kMostFacts);
static_assert(std::ranges::is_sorted(kFacts, {}, &FactSpec::name));

}  // namespace

std::span<const FactSpec> fact_table() {
  return kFacts;
}

std::optional<std::uint8_t> fact_index(std::string_view name) {
  const auto at = std::ranges::lower_bound(kFacts, name, {}, &FactSpec::name);
  if (at == kFacts.end() || at->name != name) return std::nullopt;
  return static_cast<std::uint8_t>(at - kFacts.begin());
}

FactSet facts_below(std::string_view prefix) {
  FactSet set = 0;
  for (std::size_t i = 0; i < kFacts.size(); ++i)
    if (kFacts[i].name.starts_with(prefix)) set |= FactSet{1} << i;
  return set;
}

FactSet fact_set(std::span<const std::string_view> names) {
  FactSet set = 0;
  for (const auto name : names)
    if (const auto index = fact_index(name)) set |= FactSet{1} << *index;
  return set;
}

const char* name(FactType type) {
  switch (type) {
    case flag:
      return "true or false";
    case count:
      return "a whole number";
    case bytes:
      return "a number of bytes, such as 64KiB";
    case word:
      return "a text";
    case words:
      return "a list of texts";
    case level:
      return "a level";
    case moment:
      return "a date (YYYY-MM-DD) or a time (YYYY-MM-DDThh:mm:ssZ)";
  }
  return "a value";
}

}  // namespace ostiary::policy
