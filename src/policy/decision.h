#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ostiary::policy {

enum class Effect : std::uint8_t { allow, redact, reroute, ask, deny };
enum class Mode : std::uint8_t { enforce, observe };

// The value of a fact.
using FactValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

// One thing known about an exchange when it is decided. `source` says where it is from: "key", "request",
// "config", "catalog:provider/openai", "inspection". Names are dotted: subject.team, target.provider,
// data.classes.
struct Fact {
  std::string name;
  FactValue value;
  std::string source;
  bool operator==(const Fact&) const = default;
};

// What a decision may use. A fact that is not there is unknown, which no rule may read as "fine".
class Facts {
 public:
  void set(std::string_view name, FactValue value, std::string_view source);
  const Fact* find(std::string_view name) const;
  const std::vector<Fact>& all() const { return facts_; }  // sorted by name
  void clear() { facts_.clear(); }
  void reserve(std::size_t count) { facts_.reserve(count); }  // setting in sorted order then moves nothing

 private:
  std::vector<Fact> facts_;
};

struct RuleRef {
  std::string id;
  std::string clause;  // anchor in the policy document; empty for a rule of the configuration
};

struct Decision {
  Effect effect = Effect::allow;
  Mode mode = Mode::enforce;
  std::vector<RuleRef> rules;  // those that made the effect
  std::vector<Fact> facts;     // those that were used, by value
  std::vector<std::string> obligations;
  std::string alternative;  // the nearest allowed way, computed (alternative.h); empty where none is known
  std::string because;      // shown to the caller of a refusal
  std::string instead;      // likewise: what the rule says to do instead
  // Service id, with Effect::reroute; with Effect::ask, where the request goes once it is approved.
  std::string reroute_to;
  std::string approved_by;  // the question whose answer lets an `ask` pass; empty: none
  // Data classes to mask: with Effect::redact, and with other effects that let the request pass.
  std::vector<std::string> redact_classes;
  std::string policy_version;
  std::string policy_digest;
  std::vector<std::string> missing;  // names of facts that rules needed and that were not there, sorted
  // The effect if observed rules were enforced too, where that is another one; and those rules.
  std::optional<Effect> would_be;
  std::vector<RuleRef> observed;

  // What happens now: an observed decision stops nothing, nor does one that asks for an approval that there
  // is.
  Effect enforced() const { return mode == Mode::enforce && approved_by.empty() ? effect : Effect::allow; }
  bool stops() const { return enforced() == Effect::ask || enforced() == Effect::deny; }
};

const char* name(Effect e);
const char* name(Mode m);
std::optional<Effect> parse_effect(std::string_view s);
// 0 for allow to 4 for deny: redact, reroute and ask between them. Of several effects the strictest wins.
int rank_of(Effect e);
void append_json(std::string& out, const Fact& fact);  // {"name","source","value"}
// A decision as interfaces.md has it, canonical: "alternative", "effect", "facts" (left out without
// `with_facts`), "mode", "obligations", "policy" {"digest","version"}, "rules" [{"clause","id"}]. Facts are
// sorted by name, rules by id, obligations by themselves. What is empty here is null there: alternative,
// clause, digest, version. "approved" (the question), "missing", "observed" (as rules) and "would_be" are
// there only where they hold something. `because`, `instead`, `reroute_to` and `redact_classes` are for the
// gate alone and stay out.
void append_json(std::string& out, const Decision& decision, bool with_facts = true);

}  // namespace ostiary::policy
