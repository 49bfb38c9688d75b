// How long a decision takes with the built-in document and with documents of 100, 1,000 and 10,000 rules,
// held to the targets of docs/policy.md. The rules of the latter are of the kinds that a policy has: data
// classes by target, sizes, models, teams, tools, terms.
//   policy_decide [ROUNDS]
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <new>
#include <string>
#include <vector>

#include "base/text.h"
#include "policy/builtin.h"
#include "policy/policy.h"

namespace {
std::size_t allocations = 0;
}
void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

namespace {

using namespace ostiary;
using Clock = std::chrono::steady_clock;

std::string rule(int i) {
  switch (i % 8) {
    case 0:
      return fmt::format("{{data.classes: [secret, c{}], target.hosting: {{none-of: [own]}}}}, then: deny",
                         i);
    case 1:
      return fmt::format("{{data.bytes: {{over: {}KiB}}, target.surface: [consumer, api-free]}}, then: ask",
                         i + 64);
    case 2:
      return fmt::format("{{target.model: ['m{}-*', 'n{}']}}, then: deny", i, i);
    case 3:
      return fmt::format("{{subject.team: t{}, tool: {{in: tools}}}}, then: ask", i);
    case 4:
      return fmt::format(
          "{{data.classes: [p{}], target.region: {{none-of: [eu, eu-*]}}}}, then: redact, redact: [p{}]", i,
          i);
    case 5:
      return fmt::format(
          "{{any: [{{target.terms.trains: true}}, {{agent.tools: [x{}]}}], output.use: shipped}}, then: deny",
          i);
    case 6:
      return fmt::format("{{data.findings: [f{}], data.confidence: {{at-least: high}}}}, then: deny", i);
    default:
      return fmt::format("{{subject.team: research, target.provider: p{}}}, then: allow", i);
  }
}

policy::Document usable(std::string_view text) {
  auto read = policy::read_document(text);
  for (const auto& f : read.findings.all) fmt::print(stderr, "{}: {}\n", f.place.line, f.message);
  if (!read.usable()) std::exit(2);
  return std::move(read.document);
}

policy::Document document(int rules) {
  std::string text =
      "---\ntitle: bench\ndefault: deny\n---\n```policy-data\ntools: {tools: [a, b, 'c-*']}\n```\n```policy\n"
      "- {id: all, when: {target.provider: [mistral, openai]}, then: allow}\n";
  for (int i = 1; i < rules; ++i) text += fmt::format("- {{id: r{}, when: {}}}\n", i, rule(i));
  return usable(text + "```\n");
}

policy::Facts facts() {
  auto out = policy::read_facts(
      "{agent.tools: [read, write, shell], data.attachments: 0, data.bytes: 20000, data.classes: [internal, "
      "own-code], "
      "data.confidence: low, data.findings: [email-address], data.lines: 500, data.tokens: 5000, output.use: "
      "internal, "
      "subject.id: p-1234567890abcdef, subject.key: k-1234, subject.team: research, target.endpoint: "
      "chat/completions, "
      "target.hosting: provider, target.model: mistral-large-2512, target.provider: mistral, target.region: "
      "eu, "
      "target.service: mistral, target.surface: api, target.terms.trains: false, tool: editor-assistant}",
      "facts", "bench");
  if (!out) std::exit(2);
  return *out;
}

struct Times {
  double p50 = 0, p99 = 0;  // µs
};

template <class Run>
Times measure(int rounds, Run&& run) {
  std::vector<double> all;
  all.reserve(static_cast<std::size_t>(rounds));
  for (int i = 0; i < rounds; ++i) {
    const auto begin = Clock::now();
    run();
    all.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  std::ranges::sort(all);
  return {all[all.size() / 2], all[all.size() * 99 / 100]};
}

bool held(const std::string& what, policy::Document document, double most50, double most99, int rounds) {
  const policy::Policy compiled(std::move(document));
  const auto given = facts();
  policy::Verdict verdict;
  policy::Effect effect = policy::Effect::deny;
  const auto judge = [&] { compiled.judge(given, verdict); };
  for (int i = 0; i < 100; ++i) judge();
  const auto before = allocations;
  judge();
  const auto allocated = allocations - before;
  const auto judged = measure(rounds, judge);
  const auto decided = measure(rounds, [&] { effect = compiled.decide(given, verdict).effect; });
  const bool good =
      decided.p50 < most50 && decided.p99 < most99 && allocated == 0 && effect == policy::Effect::allow;
  fmt::print(
      "{:>16}: decided in {:7.2f} µs p50, {:7.2f} µs p99 (judged in {:.2f} and {:.2f}, {} allocations); "
      "targets {} and {} µs: {}\n",
      what, decided.p50, decided.p99, judged.p50, judged.p99, allocated, most50, most99,
      good ? "held" : "MISSED");
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const auto rounds = static_cast<int>(argc > 1 ? text::parse_uint(argv[1]).value_or(20'000) : 20'000);
  if (rounds < 100) return 2;
  auto builtin = usable(policy::builtin_document());
  const auto name = fmt::format("{} built-in rules", builtin.rules.size());
  bool good = held(name, std::move(builtin), 2, 20, rounds);
  good = held("100 rules", document(100), 5, 20, rounds) && good;
  good = held("1,000 rules", document(1000), 50, 200, rounds / 4) && good;
  good = held("10,000 rules", document(10'000), 1000, 4000, rounds / 40) && good;
  return good ? 0 : 1;
}
