#include "app/scan_decisions.h"

#include "app/impl/policy_file.h"
#include "app/policy_in_force.h"
#include "base/file.h"

namespace ostiary::app {

namespace {

// What a policy may know of a component, and of a request that holds nothing: what it denies even then it
// denies to this use altogether.
policy::Facts facts_of(const scan::Component& component) {
  policy::Facts facts;
  constexpr std::string_view assumed = "scan, a request that holds nothing";
  facts.set("data.attachments", std::int64_t{0}, assumed);
  facts.set("data.bytes", std::int64_t{0}, assumed);
  facts.set("data.classes", std::vector<std::string>{"public"}, assumed);
  facts.set("data.findings", std::vector<std::string>{}, assumed);
  facts.set("data.lines", std::int64_t{0}, assumed);
  facts.set("data.partial", std::vector<std::string>{}, assumed);
  facts.set("data.tokens", std::int64_t{0}, assumed);
  const auto set = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) facts.set(name, value, "scan");
  };
  if (component.kind == scan::Kind::model) set("target.model", component.name);
  if (component.kind == scan::Kind::model) set("target.model_licence", component.license);
  set("target.provider", component.provider);
  set("target.surface", component.surface);
  return facts;
}

bool concerns_policy(const scan::Component& component) {
  return !component.provider.empty() || component.kind == scan::Kind::model;
}

}  // namespace

Result<policy::Policy> scan_policy(const ScanOptions& options) {
  if (!options.policy.empty()) return read_policy(options.policy);
  const PolicyArchive archive(options.common.data);
  const auto last = archive.last();
  if (!last || last->empty()) return read_policy("built-in");
  TRY(const auto text, archive.text_of(*last));
  auto read = policy::read_document(text);
  if (!read.usable())
    return fail(Code::corrupt, "the policy document kept there cannot be used; name one with --policy",
                archive.folder());
  return policy::Policy(std::move(read.document));
}

std::vector<ComponentDecision> decisions_of(const policy::Policy& policy,
                                            const std::vector<scan::Component>& components) {
  std::vector<ComponentDecision> out;
  policy::Verdict verdict;
  for (const auto& component : components) {
    ComponentDecision one;
    one.concerns = concerns_policy(component);
    if (one.concerns) one.decision = policy.decide(facts_of(component), verdict);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace ostiary::app
