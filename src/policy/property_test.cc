// What must hold of every policy and all facts, tried on many that are made from a seed.

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>
#include <set>

#include "policy/testing.h"

namespace ostiary::policy {
namespace {

using policy::testing::facts_of;
using policy::testing::policy_of;
using policy::testing::text_of;

constexpr int kRounds = 400;

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::string pick(const std::vector<std::string>& from) {
    return from[static_cast<std::size_t>(below(static_cast<int>(from.size())))];
  }

  std::string when(int depth) {
    if (depth < 3 && below(3) == 0) {
      const auto parts = when(depth + 1) + ", " + when(depth + 1);
      return pick({"{any: [", "{all: ["}) + parts + "]}";
    }
    if (depth < 3 && below(6) == 0) return "{not: " + when(depth + 1) + "}";
    return pick({"always", "{tool: a}", "{tool: [b, 'c*']}", "{data.classes: [secret]}",
                 "{data.classes: {only: [code]}}", "{data.classes: {has-all: [code, personal]}}",
                 "{data.bytes: {over: 5}}", "{data.bytes: {at-most: 5}}", "{agent.unattended: true}",
                 "{data.confidence: {at-least: medium}}", "{target.service: s}", "{subject.team: t}",
                 "{purpose: {none-of: [p]}}"});
  }

  std::string rule(const std::string& id, const std::string& then, const std::string& mode) {
    return fmt::format("- {{id: {}, when: {}, then: {}{}}}\n", id, when(0),
                       then == "redact"    ? "redact, redact: [" + pick({"personal", "secret"}) + "]"
                       : then == "reroute" ? "reroute, to: " + pick({"s", "u"})
                                           : then,
                       mode);
  }

  std::vector<std::string> rules() {
    std::vector<std::string> out;
    const int count = 1 + below(7);
    for (int i = 0; i < count; ++i)
      out.push_back(rule(fmt::format("r{}", i), pick({"allow", "allow", "redact", "reroute", "ask", "deny"}),
                         pick({"", "", "", ", mode: observe", ", mode: enforce"})));
    if (below(2) == 0)
      out.push_back(rule("e", "allow", fmt::format(", exception-of: r{}, until: 2026-06-30", below(count))));
    return out;
  }

  std::string front() {
    return pick({"", "", "mode: observe\n", "observe: {teams: [t]}\n", "observe: {services: [s]}\n"});
  }

  Facts facts() {
    Facts out;
    const auto maybe = [&] { return below(4) != 0; };
    if (maybe()) out.set("tool", pick({"a", "b", "cd"}), "test");
    if (maybe()) {
      std::vector<std::string> classes;
      for (const char* klass : {"code", "personal", "secret"})
        if (below(2)) classes.emplace_back(klass);
      out.set("data.classes", classes, "test");
    }
    if (maybe()) out.set("data.bytes", std::int64_t{below(10)}, "test");
    if (maybe()) out.set("agent.unattended", below(2) == 0, "test");
    if (maybe()) out.set("data.confidence", pick({"none", "low", "medium", "high"}), "test");
    if (maybe()) out.set("target.service", pick({"s", "u"}), "test");
    if (maybe()) out.set("subject.team", pick({"t", "v"}), "test");
    if (maybe()) out.set("purpose", pick({"p", "q"}), "test");
    if (maybe()) out.set("time.now", pick({"2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"}), "test");
    if (below(5) == 0) out.set("data.partial", std::vector<std::string>{"attachment"}, "test");
    return out;
  }

 private:
  std::mt19937 random_;
};

std::string joined(const std::vector<std::string>& rules) {
  std::string out;
  for (const auto& rule : rules) out += rule;
  return out;
}

// The decision as it is written and acted on.
std::string all_of(const Decision& d) {
  std::string out;
  append_json(out, d);
  return out + d.because + d.reroute_to + fmt::format("{}", d.redact_classes.size());
}

std::set<std::string> masked(const Decision& d) {
  if (d.mode == Mode::observe) return {};
  return {d.redact_classes.begin(), d.redact_classes.end()};
}

TEST(Property, TheOrderOfRulesNeverMatters) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Maker maker(seed);
    auto rules = maker.rules();
    const auto front = maker.front();
    auto one = read_document(text_of(joined(rules), "", "", front)).document;
    std::ranges::reverse(rules);
    if (rules.size() > 2) std::swap(rules[0], rules[1]);
    auto other = read_document(text_of(joined(rules), "", "", front)).document;
    other.digest = one.digest;
    const Policy a(std::move(one)), b(std::move(other));
    for (int i = 0; i < 10; ++i) {
      const auto facts = maker.facts();
      ASSERT_EQ(all_of(a.decide(facts)), all_of(b.decide(facts))) << joined(rules);
    }
  }
}

TEST(Property, AddingADenyNeverAllowsMore) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Maker maker(seed);
    auto rules = maker.rules();
    const auto front = maker.front();
    const auto before = policy_of(text_of(joined(rules), "", "", front));
    rules.push_back(maker.rule("more", "deny", maker.pick({"", ", mode: enforce", ", until: 2026-06-30"})));
    const auto after = policy_of(text_of(joined(rules), "", "", front));
    for (int i = 0; i < 10; ++i) {
      const auto facts = maker.facts();
      const auto a = before.decide(facts), b = after.decide(facts);
      ASSERT_GE(rank_of(b.enforced()), rank_of(a.enforced())) << joined(rules);
      ASSERT_TRUE(std::ranges::includes(masked(b), masked(a)) || b.enforced() == Effect::deny)
          << joined(rules);
    }
  }
}

TEST(Property, AddingARuleThatDoesNotAllowNeverAllowsMore) {
  for (unsigned seed = 0; seed < 2 * kRounds; ++seed) {
    Maker maker(seed);
    auto rules = maker.rules();
    auto front = maker.front();
    const auto text = [&](const std::string& stance) {
      auto out = text_of(joined(rules), "", "", front);
      return out.replace(out.find("default: deny"), 13, "default: " + stance);
    };
    const auto stance = maker.pick({"allow", "ask", "deny"});
    const auto before = policy_of(text(stance));
    auto more = maker.rule("more", maker.pick({"redact", "ask", "reroute"}),
                           maker.pick({"", ", mode: enforce", ", mode: observe", ", until: 2026-06-30"}));
    // A reroute to where the request goes already does allow; none goes there.
    if (const auto to = more.find("reroute, to: "); to != std::string::npos) more[to + 13] = 'z';
    rules.push_back(more);
    const auto after = policy_of(text(stance));
    for (int i = 0; i < 10; ++i) {
      const auto facts = maker.facts();
      const auto a = before.decide(facts), b = after.decide(facts);
      ASSERT_GE(rank_of(b.enforced()), rank_of(a.enforced())) << stance << '\n' << joined(rules);
      ASSERT_TRUE(std::ranges::includes(masked(b), masked(a)) || b.stops()) << stance << '\n'
                                                                            << joined(rules);
    }
  }
}

TEST(Property, ObservingADocumentNeverMakesItStricter) {
  for (unsigned seed = 0; seed < 2 * kRounds; ++seed) {
    Maker maker(seed);
    const auto rules = joined(maker.rules());
    const auto enforced = policy_of(text_of(rules));
    const Policy observed[] = {policy_of(text_of(rules, "", "", "mode: observe\n")),
                               policy_of(text_of(rules, "", "", "observe: {teams: [t], services: [s]}\n"))};
    for (int i = 0; i < 10; ++i) {
      const auto facts = maker.facts();
      const auto most = rank_of(enforced.decide(facts).enforced());
      for (const auto& policy : observed) ASSERT_LE(rank_of(policy.decide(facts).enforced()), most) << rules;
    }
  }
}

TEST(Property, ObservedRulesNeverChangeWhatIsEnforced) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Maker maker(seed);
    auto rules = maker.rules();
    const auto front = maker.front();
    const auto before = policy_of(text_of(joined(rules), "", "", front));
    const auto then = maker.pick({"allow", "redact", "reroute", "ask", "deny"});
    rules.push_back(maker.rule("more", then, ", mode: observe, obligations: [match-code]"));
    rules.push_back(maker.rule("exception", "allow", ", mode: observe, exception-of: r0, until: 2026-06-30"));
    const auto after = policy_of(text_of(joined(rules), "", "", front));
    for (int i = 0; i < 10; ++i) {
      const auto facts = maker.facts();
      const auto a = before.decide(facts), b = after.decide(facts);
      ASSERT_EQ(b.enforced(), a.enforced()) << joined(rules);
      ASSERT_EQ(masked(b), masked(a)) << joined(rules);
      ASSERT_EQ(b.obligations, a.obligations) << joined(rules);
      if (a.enforced() == Effect::reroute) ASSERT_EQ(b.reroute_to, a.reroute_to) << joined(rules);
    }
  }
}

TEST(Property, KnowingLessNeverAllowsMore) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Maker maker(seed);
    const auto rules = maker.rules();
    // Whose mode depends on a fact that is not known is enforced: a team that is observed is not compared.
    const auto policy = policy_of(text_of(joined(rules)));
    for (int i = 0; i < 10; ++i) {
      const auto facts = maker.facts();
      const auto known = policy.decide(facts);
      Facts fewer;
      for (const auto& fact : facts.all())
        if (fact.name == "data.partial" || maker.below(3) != 0) fewer.set(fact.name, fact.value, fact.source);
      ASSERT_GE(rank_of(policy.decide(fewer).enforced()), rank_of(known.enforced())) << joined(rules);
      Facts unread = facts;
      unread.set("data.partial", std::vector<std::string>{"body"}, "test");
      ASSERT_GE(rank_of(policy.decide(unread).enforced()), rank_of(known.enforced())) << joined(rules);
    }
  }
}

TEST(Property, FactsThatAreAlikeHaveOneDecision) {
  int compared = 0;
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Maker maker(seed);
    const auto rules = maker.rules();
    const auto policy = policy_of(text_of(joined(rules), "", "", maker.front()));
    for (int i = 0; i < 10; ++i) {
      auto facts = maker.facts();
      facts.set("data.bytes", std::int64_t{maker.below(10)}, "test");
      auto other = facts;
      other.set("data.bytes", std::int64_t{maker.below(10)}, "test");
      if (!policy.alike(*facts.find("data.bytes"), *other.find("data.bytes"))) continue;
      const auto a = policy.decide(facts);
      if (std::ranges::find(a.facts, "data.bytes", &Fact::name) != a.facts.end()) continue;
      ++compared;
      ASSERT_EQ(all_of(a), all_of(policy.decide(other))) << joined(rules);
    }
  }
  EXPECT_GT(compared, kRounds);
}

}  // namespace
}  // namespace ostiary::policy
