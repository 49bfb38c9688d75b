#include "policy/policy.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>

#include "base/text.h"

namespace ostiary::policy {

namespace {

constexpr std::uint8_t kEnforced = 1, kWould = 2;

std::uint8_t index_of(std::string_view name) {
  return fact_index(name).value_or(0);
}
const std::uint8_t kPartial = index_of("data.partial"), kTeam = index_of("subject.team"),
                   kService = index_of("target.service"), kNow = index_of("time.now");

std::uint64_t bit(std::uint8_t fact) {
  return std::uint64_t{1} << fact;
}

Truth truth_of(bool holds) {
  return holds ? Truth::yes : Truth::no;
}
Truth opposite(Truth t) {
  return t == Truth::unknown ? t : truth_of(t == Truth::no);
}

// What the rules that are known to hold leave of the default stance. Only one that lets the request pass as
// it is lifts it: a redaction, a reroute to elsewhere or a question says nothing of what nobody allowed.
struct Lift {
  bool allowed = false;
  Effect known = Effect::allow;  // the strictest that is known to hold

  void add(Effect effect, Truth truth) {
    if (truth != Truth::yes) return;
    allowed |= effect == Effect::allow;
    known = std::max(known, effect);
  }
  // Whether the stance is what decides: beside `effect`, of all that fired, and not only repeating a rule
  // that is known to hold.
  bool left(Effect stance, Effect effect) const {
    return !allowed && stance >= effect && (stance == Effect::allow || known != stance);
  }
};

// A fact's value as a number, where its type is one; nothing where the value is of another type.
std::optional<std::int64_t> number_in(const FactSpec& spec, const FactValue& value) {
  switch (spec.type) {
    case FactType::flag:
      if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
      return std::nullopt;
    case FactType::count:
    case FactType::bytes:
      if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
      return std::nullopt;
    case FactType::level:
      if (const auto* word = std::get_if<std::string>(&value)) {
        const auto at = std::ranges::find(spec.allowed, *word);
        if (at != spec.allowed.end()) return at - spec.allowed.begin();
      }
      return std::nullopt;
    case FactType::moment:
      if (const auto* word = std::get_if<std::string>(&value)) return parse_moment(*word);
      return std::nullopt;
    case FactType::word:
      if (std::holds_alternative<std::string>(value)) return 0;
      return std::nullopt;
    case FactType::words:
      if (std::holds_alternative<std::vector<std::string>>(value)) return 0;
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

const char* name(Truth truth) {
  switch (truth) {
    case Truth::no:
      return "no";
    case Truth::unknown:
      return "unknown";
    case Truth::yes:
      return "yes";
  }
  return "unknown";
}

// Turns conditions into flat nodes; the same test is made once for all rules.
class Policy::Compiler {
 public:
  explicit Compiler(Policy& policy) : p_(policy) {}

  void rule(const Rule& rule) {
    Compiled out;
    const auto root = static_cast<std::uint32_t>(p_.nodes_.size());
    if (rule.until) {
      p_.nodes_.resize(root + 3);
      p_.nodes_[root] = {Condition::Kind::all, root + 1, 2};
      p_.nodes_[root + 1] = test({Operator::under, kNow, 0, *rule.until}, out.facts);
      fill(root + 2, rule.when, out.facts);
    } else {
      p_.nodes_.resize(root + 1);
      fill(root, rule.when, out.facts);
    }
    out.node = root;
    out.then = rule.then;
    out.mode = rule.mode;
    if (rule.then == Effect::reroute) out.facts |= bit(kService);
    p_.wanted_ |= out.facts;
    p_.rules_.push_back(out);
  }

 private:
  Node test(const Test& test, std::uint64_t& facts) {
    facts |= bit(test.fact);
    const auto [at, fresh] = known_.emplace(test, static_cast<std::uint32_t>(p_.tests_.size()));
    if (fresh) p_.tests_.push_back(test);
    return {Condition::Kind::test, at->second, 0};
  }

  void fill(std::uint32_t at, const Condition& condition, std::uint64_t& facts) {
    if (condition.kind == Condition::Kind::test) {
      p_.nodes_[at] = test({condition.op, condition.fact, condition.list, condition.number}, facts);
      return;
    }
    const auto first = static_cast<std::uint32_t>(p_.nodes_.size());
    const auto count = static_cast<std::uint32_t>(condition.parts.size());
    p_.nodes_.resize(first + count);
    p_.nodes_[at] = {condition.kind, first, count};
    for (std::uint32_t i = 0; i < count; ++i) fill(first + i, condition.parts[i], facts);
  }

  Policy& p_;
  std::map<Test, std::uint32_t> known_;
};

Policy::Policy(Document document) : document_(std::move(document)) {
  Compiler compiler(*this);
  for (const auto& rule : document_.rules) compiler.rule(rule);
  std::map<std::string_view, std::uint32_t> ids;
  for (std::uint32_t i = 0; i < rules_.size(); ++i) ids.emplace(document_.rules[i].id, i);
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    const auto of = ids.find(document_.rules[i].exception_of);
    if (document_.rules[i].exception_of.empty() || of == ids.end()) continue;
    rules_[i].suspends = static_cast<std::int32_t>(of->second);
    // Where a rule is enforced in a document that is observed, so is what lets pass beside it.
    if (!rules_[i].mode && document_.rules[of->second].mode == Mode::enforce) rules_[i].mode = Mode::enforce;
    rules_[of->second].has_exceptions = true;
    rules_[of->second].facts |= rules_[i].facts;
    exceptions_.push_back(i);
  }
  if (!document_.observed_teams.empty()) wanted_ |= bit(kTeam);
  if (!document_.observed_services.empty()) wanted_ |= bit(kService);
  if (std::ranges::any_of(fact_table(), [&](const FactSpec& spec) {
        return spec.of_what_was_read && (wanted_ & bit(index_of(spec.name)));
      }))
    wanted_ |= bit(kPartial);
  for (std::uint8_t i = 0; i < fact_table().size(); ++i)
    if (wanted_ & bit(i)) bound_facts_.push_back(i);
  const auto& assumed = document_.assumed.all();
  for (std::uint32_t i = 0; i < assumed.size(); ++i)
    if (const auto index = fact_index(assumed[i].name); index && (wanted_ & bit(*index)))
      assumed_.emplace_back(*index, i);
  index_texts();
  index_numbers();
}

void Policy::index_numbers() {
  cuts_.resize(fact_table().size());
  for (const auto& test : tests_) {
    auto& cuts = cuts_[test.fact];
    const bool from = test.op == Operator::at_least || test.op == Operator::under;
    const bool behind = test.op == Operator::over || test.op == Operator::at_most;
    if (from || test.op == Operator::equal) cuts.push_back(test.number);
    if ((behind || test.op == Operator::equal) && test.number < std::numeric_limits<std::int64_t>::max())
      cuts.push_back(test.number + 1);
  }
  for (auto& cuts : cuts_) {
    std::ranges::sort(cuts);
    cuts.erase(std::ranges::unique(cuts).begin(), cuts.end());
  }
}

bool Policy::alike(const Fact& a, const Fact& b) const {
  if (a.value == b.value) return true;
  const auto* one = std::get_if<std::int64_t>(&a.value);
  const auto* other = std::get_if<std::int64_t>(&b.value);
  const auto index = one && other ? fact_index(a.name) : std::nullopt;
  if (!index) return false;
  const auto type = fact_table()[*index].type;
  if (type != FactType::count && type != FactType::bytes) return false;
  const auto& cuts = cuts_[*index];
  return std::ranges::upper_bound(cuts, *one) == std::ranges::upper_bound(cuts, *other);
}

// Large lists are searched instead, so that the index stays small.
void Policy::index_texts() {
  constexpr std::size_t kMostTexts = 64;
  by_text_.resize(fact_table().size());
  indexed_.resize(tests_.size());
  for (std::uint32_t i = 0; i < tests_.size(); ++i) {
    const auto& test = tests_[i];
    if (test.op != Operator::one_of) continue;
    const auto& list = document_.lists[test.list];
    if (!list.globs.empty() || list.exact.size() > kMostTexts) continue;
    indexed_[i] = true;
    for (const auto& text : list.exact) by_text_[test.fact][text].push_back(i);
  }
}

void Policy::mark(std::string_view text, const ByText& tests, Verdict& v) const {
  const auto found = tests.find(text);
  if (found == tests.end()) return;
  for (const auto test : found->second) v.tests_[test] = static_cast<std::uint8_t>(Truth::yes) + 1;
}

void Policy::mark_texts(Verdict& v) const {
  for (const auto i : bound_facts_) {
    const auto& bound = v.bound_[i];
    if (!bound.fact || by_text_[i].empty()) continue;
    if (const auto* word = std::get_if<std::string>(&bound.fact->value)) {
      if (!bound.open) mark(*word, by_text_[i], v);
    } else if (const auto* words = std::get_if<std::vector<std::string>>(&bound.fact->value)) {
      for (const auto& one : *words) mark(one, by_text_[i], v);
    }
  }
}

void Policy::bind(const Facts& facts, Verdict& v) const {
  const auto table = fact_table();
  const auto& all = facts.all();
  auto at = all.begin();
  v.bound_ = {};
  for (const auto i : bound_facts_) {
    int order = -1;
    while (at != all.end() && (order = at->name.compare(table[i].name)) < 0) ++at;
    if (order != 0 || at == all.end()) continue;
    // What has another type than the table says is as good as not there.
    const auto number = number_in(table[i], at->value);
    if (number) v.bound_[i] = {&*at, *number, false};
  }
  for (const auto& [index, place] : assumed_) {
    if (v.bound_[index].fact || facts.find(table[index].name)) continue;
    const auto& fact = document_.assumed.all()[place];
    if (const auto number = number_in(table[index], fact.value)) v.bound_[index] = {&fact, *number, false};
  }
  const auto* partial = v.bound_[kPartial].fact;
  const bool open = partial && !std::get<std::vector<std::string>>(partial->value).empty();
  if (open)
    for (const auto i : bound_facts_) v.bound_[i].open = table[i].of_what_was_read;
  const auto among = [&](const std::vector<std::string>& words, std::uint8_t fact) {
    const auto* f = words.empty() ? nullptr : v.bound_[fact].fact;
    return f && std::ranges::binary_search(words, std::get<std::string>(f->value));
  };
  v.observed_ = document_.mode == Mode::observe || among(document_.observed_teams, kTeam) ||
                among(document_.observed_services, kService);
}

Truth Policy::test_words(const Test& test, const Verdict::Bound& bound) const {
  const auto& list = document_.lists[test.list];
  const Truth otherwise = bound.open ? Truth::unknown : Truth::no;
  if (const auto* word = std::get_if<std::string>(&bound.fact->value)) {
    // What was not read may raise a level.
    return bound.open ? Truth::unknown : policy::truth_of(list.holds(*word));
  }
  const auto& words = std::get<std::vector<std::string>>(bound.fact->value);
  const auto held = [&](const std::string& word) { return list.holds(word); };
  if (test.op == Operator::one_of) return std::ranges::any_of(words, held) ? Truth::yes : otherwise;
  if (test.op == Operator::only) {
    if (!std::ranges::all_of(words, held)) return Truth::no;
    return bound.open ? Truth::unknown : Truth::yes;
  }
  for (const auto& wanted : list.exact)
    if (std::ranges::find(words, wanted) == words.end()) return otherwise;
  for (const auto& glob : list.globs)
    if (std::ranges::none_of(words, [&](const std::string& word) { return text::glob(glob, word); }))
      return otherwise;
  return Truth::yes;
}

Truth Policy::test_number(const Test& test, const Verdict::Bound& bound) const {
  const auto have = bound.number, want = test.number;
  switch (test.op) {
    case Operator::at_least:
      return have >= want ? Truth::yes : bound.open ? Truth::unknown : Truth::no;
    case Operator::over:
      return have > want ? Truth::yes : bound.open ? Truth::unknown : Truth::no;
    case Operator::at_most:
      return have > want ? Truth::no : bound.open ? Truth::unknown : Truth::yes;
    case Operator::under:
      return have >= want ? Truth::no : bound.open ? Truth::unknown : Truth::yes;
    case Operator::equal:
    case Operator::one_of:
    case Operator::has_all:
    case Operator::only:
      break;
  }
  return bound.open ? Truth::unknown : policy::truth_of(have == want);
}

Truth Policy::test(std::uint32_t index, Verdict& v) const {
  auto& known = v.tests_[index];
  if (known != 0) return static_cast<Truth>(known - 1);
  const auto& test = tests_[index];
  const auto& bound = v.bound_[test.fact];
  Truth out = Truth::unknown;
  if (bound.fact) {
    const bool words =
        test.op == Operator::one_of || test.op == Operator::has_all || test.op == Operator::only;
    if (indexed_[index])
      out = bound.open ? Truth::unknown : Truth::no;
    else
      out = words ? test_words(test, bound) : test_number(test, bound);
  }
  known = static_cast<std::uint8_t>(out) + 1;
  return out;
}

Truth Policy::eval(const Node& node, Verdict& v) const {
  switch (node.kind) {
    case Condition::Kind::always:
      return Truth::yes;
    case Condition::Kind::test:
      return test(node.first, v);
    case Condition::Kind::negation:
      return opposite(eval(nodes_[node.first], v));
    case Condition::Kind::all: {
      Truth out = Truth::yes;
      for (std::uint32_t i = 0; i < node.count && out != Truth::no; ++i)
        out = std::min(out, eval(nodes_[node.first + i], v));
      return out;
    }
    case Condition::Kind::any: {
      Truth out = Truth::no;
      for (std::uint32_t i = 0; i < node.count && out != Truth::yes; ++i)
        out = std::max(out, eval(nodes_[node.first + i], v));
      return out;
    }
  }
  return Truth::unknown;
}

std::uint64_t Policy::unknown_facts(const Node& node, Verdict& v) const {
  if (node.kind == Condition::Kind::test) {
    if (test(node.first, v) != Truth::unknown) return 0;
    const auto fact = tests_[node.first].fact;
    // Of a fact that is there, what was not read is missing.
    return bit(v.bound_[fact].fact ? kPartial : fact);
  }
  std::uint64_t out = 0;
  for (std::uint32_t i = 0; i < node.count; ++i) {
    const auto& part = nodes_[node.first + i];
    if (eval(part, v) == Truth::unknown) out |= unknown_facts(part, v);
  }
  return out;
}

Mode Policy::mode_of(const Compiled& rule, const Verdict& v) const {
  return rule.mode.value_or(v.observed_ ? Mode::observe : Mode::enforce);
}

bool Policy::at_target(std::uint32_t rule, const Verdict& v) const {
  const auto* service = v.bound_[kService].fact;
  return service && std::get<std::string>(service->value) == document_.rules[rule].to;
}

// Exceptions that are known to hold suspend the rule that they name.
void Policy::suspend(Verdict& v) const {
  v.suspended_.assign(exceptions_.empty() ? 0 : rules_.size(), 0);
  for (const auto index : exceptions_) {
    const auto& exception = rules_[index];
    if (eval(nodes_[exception.node], v) != Truth::yes) continue;
    v.suspended_[static_cast<std::size_t>(exception.suspends)] |=
        mode_of(exception, v) == Mode::enforce ? kEnforced | kWould : kWould;
  }
}

void Policy::judge(const Facts& facts, Verdict& v) const {
  bind(facts, v);
  v.tests_.assign(tests_.size(), 0);
  mark_texts(v);
  v.fired.clear();
  v.effect = v.would_be = Effect::allow;
  v.missing = v.missing_would = 0;
  suspend(v);
  Lift lift, would_lift;
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    const auto& rule = rules_[i];
    const auto truth = eval(nodes_[rule.node], v);
    if (truth == Truth::no || (truth == Truth::unknown && rule.then == Effect::allow)) continue;
    const auto off = rule.has_exceptions ? v.suspended_[i] : std::uint8_t{0};
    Verdict::Fired fired{.rule = i, .truth = truth};
    fired.enforced = mode_of(rule, v) == Mode::enforce && !(off & kEnforced);
    fired.would = !(off & kWould);
    if (!fired.enforced && !fired.would) continue;
    fired.at_target = rule.then == Effect::reroute && at_target(i, v);
    const auto effect = fired.at_target ? Effect::allow : rule.then;
    const auto missing =
        truth == Truth::unknown && !fired.at_target ? unknown_facts(nodes_[rule.node], v) : 0;
    if (fired.enforced) {
      v.effect = std::max(v.effect, effect);
      v.missing |= missing;
      lift.add(effect, truth);
    }
    if (fired.would) {
      v.would_be = std::max(v.would_be, effect);
      v.missing_would |= missing;
      would_lift.add(effect, truth);
    }
    v.fired.push_back(fired);
  }
  const auto stance = document_.stance;
  v.by_stance = !v.observed_ && lift.left(stance, v.effect);
  if (v.by_stance) v.effect = stance;
  v.would_by_stance = would_lift.left(stance, v.would_be);
  if (v.would_by_stance) v.would_be = stance;
}

void Policy::append_tests(const Condition& condition, const Node& node, Verdict& v, RuleTrace& out) const {
  if (condition.kind == Condition::Kind::test) {
    out.tests.emplace_back(in_words(condition, document_), eval(node, v));
    return;
  }
  for (std::uint32_t i = 0; i < node.count; ++i)
    append_tests(condition.parts[i], nodes_[node.first + i], v, out);
}

std::vector<std::string_view> Policy::wants() const {
  std::vector<std::string_view> out;
  for (std::uint8_t i = 0; i < fact_table().size(); ++i)
    if (wanted_ & bit(i)) out.push_back(fact_table()[i].name);
  return out;
}

std::vector<RuleTrace> Policy::trace(const Facts& facts) const {
  Verdict v;
  judge(facts, v);
  std::vector<RuleTrace> out;
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    const auto& rule = rules_[i];
    RuleTrace t;
    t.rule = &document_.rules[i];
    t.truth = eval(nodes_[rule.node], v);
    t.mode = mode_of(rule, v);
    const auto now = t.mode == Mode::enforce ? kEnforced : kWould;
    t.suspended = rule.has_exceptions && (v.suspended_[i] & now) && t.truth != Truth::no;
    const auto fired = std::ranges::find(v.fired, i, &Verdict::Fired::rule);
    t.fired = fired != v.fired.end() && (fired->enforced || (t.mode == Mode::observe && fired->would));
    t.at_target = fired != v.fired.end() && fired->at_target;
    const auto& root = nodes_[rule.node];
    append_tests(t.rule->when, t.rule->until ? nodes_[root.first + 1] : root, v, t);
    if (t.truth == Truth::unknown) {
      const auto missing = unknown_facts(nodes_[rule.node], v);
      for (std::uint8_t f = 0; f < fact_table().size(); ++f)
        if (missing & bit(f)) t.missing.emplace_back(fact_table()[f].name);
    }
    out.push_back(std::move(t));
  }
  std::ranges::sort(out, {}, [](const RuleTrace& t) { return std::string_view(t.rule->id); });
  return out;
}

}  // namespace ostiary::policy
