#include "policy/fingerprint.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/hash.h"
#include "policy/fact_table.h"

namespace ostiary::policy {

namespace {

// Each text with its length before it, so that no two lists of texts are the same bytes.
class Hashed {
 public:
  void add(std::string_view text) {
    hash_.update(std::to_string(text.size()));
    hash_.update(":");
    hash_.update(text);
  }
  void add(std::vector<std::string> texts) {
    std::ranges::sort(texts);
    add(std::to_string(texts.size()));
    for (const auto& text : texts) add(text);
  }
  std::string finish() {
    const auto digest = hash_.finish();
    return hex(std::span(digest).first(16));
  }

 private:
  Sha256 hash_;
};

bool tells_requests_apart(std::string_view name) {
  const auto index = fact_index(name);
  if (!index || name.starts_with("time.")) return false;
  const auto type = fact_table()[*index].type;
  return type == FactType::word || type == FactType::words || type == FactType::flag ||
         type == FactType::level;
}

// 0 up to 64 KiB, then one more for each power of four: what was approved once covers no far larger request.
int size_class(std::int64_t bytes) {
  int out = 0;
  for (auto most = std::int64_t{64} << 10; bytes > most && out < 20; most *= 4) ++out;
  return out;
}

}  // namespace

std::string request_fingerprint(const Decision& decision, std::string_view subject, std::string_view service,
                                std::string_view model) {
  Hashed hashed;
  for (const std::string_view text : {std::string_view(name(decision.effect)), subject, service, model})
    hashed.add(text);
  std::vector<std::string> rules;
  for (const auto& rule : decision.rules) rules.push_back(rule.id);
  hashed.add(std::move(rules));
  auto facts = decision.facts;
  std::ranges::sort(facts, {}, &Fact::name);
  for (const auto& fact : facts) {
    if (const auto* bytes = std::get_if<std::int64_t>(&fact.value); bytes && fact.name == "data.bytes") {
      hashed.add(fact.name);
      hashed.add(std::to_string(size_class(*bytes)));
    }
    if (!tells_requests_apart(fact.name)) continue;
    hashed.add(fact.name);
    if (const auto* flag = std::get_if<bool>(&fact.value))
      hashed.add(std::string_view(*flag ? "true" : "false"));
    else if (const auto* word = std::get_if<std::string>(&fact.value))
      hashed.add(*word);
    else if (const auto* words = std::get_if<std::vector<std::string>>(&fact.value))
      hashed.add(*words);
  }
  return hashed.finish();
}

}  // namespace ostiary::policy
