#include "inspect/pattern.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <span>

#include "inspect/impl/expression.h"

namespace ostiary::inspect {

namespace {

constexpr std::size_t kMostPositions = 20'000;
constexpr std::size_t kMostStates = 32'000;
constexpr std::size_t kMostWork = 4'000'000;  // positions put into sets

using Positions = std::vector<std::uint32_t>;

}  // namespace

// Glushkov's construction (V. M. Glushkov, "The abstract theory of automata", 1961) with repetitions written
// out, then the subset construction over classes of bytes that no set tells apart.
class PatternCompiler {
 public:
  PatternCompiler(const Expression& expression, std::string_view text)
      : expression_(expression), text_(text) {}
  Result<Pattern> compile();

 private:
  struct Part {
    bool nullable = true;
    Positions first, last;
    std::uint64_t longest = 0;
  };
  Part part(std::uint32_t index);
  Part bytes(const ByteSet& set);
  Part joined(Part a, Part b);
  Part repeat(const Expression::Node& node);
  void unite(Positions& into, const Positions& from) {
    work_ += from.size();
    too_large_ = too_large_ || work_ > kMostWork;
    if (!too_large_) into.insert(into.end(), from.begin(), from.end());
  }
  void link(const Positions& from, const Positions& to) {
    for (const auto position : from)
      if (!too_large_) unite(follow_[position], to);
  }
  void make_classes();
  Result<> make_states(const Part& whole);
  std::uint16_t state_of(Positions positions);

  const Expression& expression_;
  std::string_view text_;
  std::vector<ByteSet> sets_;      // by position
  std::vector<Positions> follow_;  // by position
  std::vector<bool> final_;        // by position
  std::map<Positions, std::uint16_t> known_;
  std::vector<const Positions*> states_;
  std::vector<unsigned char> example_;  // by class: one byte of it
  std::size_t work_ = 0;
  bool too_large_ = false;
  Pattern::Tables tables_;
};

PatternCompiler::Part PatternCompiler::bytes(const ByteSet& set) {
  if (sets_.size() >= kMostPositions) {
    too_large_ = true;
    return {};
  }
  const auto position = static_cast<std::uint32_t>(sets_.size());
  sets_.push_back(set);
  follow_.emplace_back();
  return {false, {position}, {position}, 1};
}

PatternCompiler::Part PatternCompiler::joined(Part a, Part b) {
  link(a.last, b.first);
  if (a.nullable) unite(a.first, b.first);
  if (b.nullable) unite(b.last, a.last);
  return {a.nullable && b.nullable, std::move(a.first), std::move(b.last), a.longest + b.longest};
}

// x{2,4} is x x (x (x)?)?, so that each position is followed by one more and not by all.
PatternCompiler::Part PatternCompiler::repeat(const Expression::Node& node) {
  const auto inner = node.children.front();
  const bool unbounded = node.most == Expression::kUnbounded;
  const auto copies = unbounded ? std::max(node.least, 1U) : node.most;
  std::vector<Part> parts;
  for (std::uint32_t i = 0; i < copies && !too_large_; ++i) parts.push_back(part(inner));
  if (parts.empty()) return {};
  if (unbounded) {
    link(parts.back().last, parts.back().first);
    parts.back().longest = Pattern::kMostLength;
  }
  Part whole;
  for (auto i = parts.size(); i-- > 0 && !too_large_;) {
    whole = joined(std::move(parts[i]), std::move(whole));
    if (i >= node.least) whole.nullable = true;
  }
  return whole;
}

PatternCompiler::Part PatternCompiler::part(std::uint32_t index) {
  const auto& node = expression_.nodes[index];
  switch (node.kind) {
    case Expression::Kind::bytes:
      return bytes(node.bytes);
    case Expression::Kind::repeat:
      return repeat(node);
    case Expression::Kind::sequence: {
      Part whole;
      for (const auto child : node.children)
        if (!too_large_) whole = joined(std::move(whole), part(child));
      return whole;
    }
    case Expression::Kind::choice: {
      Part whole{false, {}, {}, 0};
      for (const auto child : node.children) {
        const auto branch = part(child);
        whole.nullable = whole.nullable || branch.nullable;
        unite(whole.first, branch.first);
        unite(whole.last, branch.last);
        whole.longest = std::max(whole.longest, branch.longest);
      }
      return whole;
    }
    case Expression::Kind::empty:
      break;
  }
  return {};
}

void PatternCompiler::make_classes() {
  std::vector<ByteSet> distinct = sets_;
  // Whichever order tells equal ones.
  const auto less = [](const ByteSet& a, const ByteSet& b) { return std::memcmp(&a, &b, sizeof a) < 0; };
  std::ranges::sort(distinct, less);
  distinct.erase(std::ranges::unique(distinct).begin(), distinct.end());
  // Each set splits classes; they are numbered by their first bytes.
  std::size_t count = 1;
  for (const auto& set : distinct) {
    std::array<std::optional<std::uint8_t>, 512>
        split{};  // by class: the new one of what is in the set or not
    count = 0;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      auto& now = split[tables_.class_of[byte] * 2U + (set[byte] ? 1 : 0)];
      if (!now) now = static_cast<std::uint8_t>(count++);
      tables_.class_of[byte] = *now;
    }
  }
  example_.resize(count);
  for (std::size_t byte = 256; byte-- > 0;)
    example_[tables_.class_of[byte]] = static_cast<unsigned char>(byte);
  tables_.classes = static_cast<std::uint32_t>(count);
}

std::uint16_t PatternCompiler::state_of(Positions positions) {
  if (positions.empty()) return Pattern::kDead;
  std::ranges::sort(positions);
  positions.erase(std::ranges::unique(positions).begin(), positions.end());
  if (states_.size() >= kMostStates) {
    too_large_ = true;
    return Pattern::kDead;
  }
  const auto [found, fresh] =
      known_.emplace(std::move(positions), static_cast<std::uint16_t>(states_.size()));
  if (fresh) states_.push_back(&found->first);
  return found->second;
}

// A state is the set of positions that were just read; state 1 stands before the first.
Result<> PatternCompiler::make_states(const Part& whole) {
  final_.assign(sets_.size(), false);
  for (const auto position : whole.last) final_[position] = true;
  const Positions none;
  states_ = {&none, &none};
  for (std::size_t state = 0; state < states_.size() && !too_large_; ++state) {
    tables_.next.resize((state + 1) * tables_.classes, Pattern::kDead);
    tables_.accepts.push_back(0);
    if (state == Pattern::kDead) continue;
    Positions reach = state == 1 ? whole.first : Positions();
    bool accepts = state == 1 && whole.nullable;
    for (const auto position : *states_[state]) {
      unite(reach, follow_[position]);
      accepts = accepts || final_[position];
    }
    for (std::uint32_t c = 0; c < tables_.classes; ++c) {
      Positions next;
      for (const auto position : reach)
        if (sets_[position][example_[c]]) next.push_back(position);
      tables_.next[state * tables_.classes + c] = state_of(std::move(next));
    }
    tables_.accepts[state] = accepts ? (reach.empty() ? 3 : 1) : 0;
  }
  if (!too_large_) return {};
  return fail(Code::too_large, fmt::format("the expression {} repeats too much; use + or {{n,}}", text_));
}

Result<Pattern> PatternCompiler::compile() {
  const auto whole = part(expression_.root);
  if (too_large_)
    return fail(Code::too_large, fmt::format("the expression {} repeats too much; use + or {{n,}}", text_));
  make_classes();
  TRY_VOID(make_states(whole));
  Pattern out;
  for (const auto position : whole.first) out.first_ |= sets_[position];
  out.longest_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(whole.longest, Pattern::kMostLength));
  out.states_ = static_cast<std::uint32_t>(tables_.accepts.size());
  out.accepts_empty_ = tables_.accepts[1] != 0;
  out.automaton_ = std::make_shared<Pattern::Automaton>();
  out.automaton_->tables = std::move(tables_);
  out.automaton_->ready = true;
  return out;
}

Result<Pattern> Pattern::compile(std::string_view expression, bool any_case) {
  TRY(const auto parsed, parse_expression(expression, any_case));
  return PatternCompiler(parsed, expression).compile();
}

void Pattern::advance(Run& run, std::string_view text) const {
  const auto& t = tables();
  auto state = run.state;
  const auto room = kMostLength - run.length;
  const bool cut = text.size() >= room;
  if (cut) text = text.substr(0, room);
  std::uint32_t read = 0;
  for (const char c : text) {
    if (state == kDead) break;
    state = t.after(state, c);
    ++read;
    if (t.accepts[state]) {
      run.longest = static_cast<std::int32_t>(run.length + read);
      if (t.accepts[state] == 3) state = kDead;
    }
  }
  run.length += read;
  run.state = cut && run.length >= kMostLength ? kDead : state;
}

namespace {

struct PatternHead {
  std::uint32_t states = 0, accepts_empty = 0, longest = 0;
  std::uint32_t bytes = 0;               // of what follows
  std::array<std::uint8_t, 32> first{};  // the bytes that a match can begin with
};

// A state's row is what most of its classes lead to, how many lead elsewhere, and these. Where that is
// shorter, it is the row of the first state (kLikeFirst) but for some classes: automata that look for words
// fall back to it.
constexpr std::uint16_t kLikeFirst = 0xffff;
constexpr std::size_t kLeastRow = 3;  // bytes
static_assert(kMostStates < kLikeFirst);

template <class T>
void append_bytes(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
bool take_bytes(std::string_view& bytes, T& value) {
  if (bytes.size() < sizeof value) return false;
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return true;
}

// Neighbouring bytes are mostly of one class: each run of them is its class and its size less one.
void append_classes(std::string& out, const std::array<std::uint8_t, 256>& class_of) {
  for (std::size_t at = 0; at < class_of.size();) {
    auto end = at + 1;
    while (end < class_of.size() && class_of[end] == class_of[at]) ++end;
    append_bytes(out, class_of[at]);
    append_bytes(out, static_cast<std::uint8_t>(end - at - 1));
    at = end;
  }
}

bool take_classes(std::string_view& bytes, std::array<std::uint8_t, 256>& class_of) {
  for (std::size_t at = 0; at < class_of.size();) {
    std::uint8_t value = 0, more = 0;
    if (!take_bytes(bytes, value) || !take_bytes(bytes, more) || at + more >= class_of.size()) return false;
    std::fill_n(class_of.begin() + static_cast<std::ptrdiff_t>(at), more + 1, value);
    at += more + std::size_t{1};
  }
  return true;
}

using Row = std::span<const std::uint16_t>;

std::uint16_t most_frequent(Row row) {
  auto sorted = std::vector(row.begin(), row.end());
  std::ranges::sort(sorted);
  std::uint16_t most = 0;
  std::size_t count = 0;
  for (std::size_t at = 0; at < sorted.size();) {
    auto end = at;
    while (end < sorted.size() && sorted[end] == sorted[at]) ++end;
    if (end - at > count) count = end - at, most = sorted[at];
    at = end;
  }
  return most;
}

void append_row(std::string& out, Row row, Row first) {
  const auto most = most_frequent(row);
  std::uint8_t unlike_most = 0, unlike_first = 0;  // one class at least is like the most
  bool like_first = false;                         // where all classes differ the count would not do
  for (std::size_t i = 0; i < row.size(); ++i) {
    like_first = like_first || row[i] == first[i];
    unlike_most += row[i] != most, unlike_first += row[i] != first[i];
  }
  like_first = like_first && row.data() != first.data() && unlike_first < unlike_most;
  append_bytes(out, like_first ? kLikeFirst : most);
  append_bytes(out, like_first ? unlike_first : unlike_most);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == (like_first ? first[i] : most)) continue;
    append_bytes(out, static_cast<std::uint8_t>(i));
    append_bytes(out, row[i]);
  }
}

// `first` is the row of the first state, which may be this one.
bool take_row(std::string_view& bytes, std::span<std::uint16_t> row, Row first) {
  std::uint16_t most = 0;
  std::uint8_t others = 0;
  if (!take_bytes(bytes, most) || !take_bytes(bytes, others)) return false;
  if (most == kLikeFirst) {
    std::ranges::copy(first, row.begin());
  } else {
    std::ranges::fill(row, most);
  }
  for (unsigned i = 0; i < others; ++i) {
    std::uint8_t at = 0;
    std::uint16_t next = 0;
    if (!take_bytes(bytes, at) || !take_bytes(bytes, next) || at >= row.size()) return false;
    row[at] = next;
  }
  return true;
}

}  // namespace

// The head, the classes, a row and a byte of each state.
void Pattern::append_to(std::string& out) const {
  const auto& t = tables();
  std::string packed;
  append_classes(packed, t.class_of);
  append_bytes(packed, static_cast<std::uint16_t>(t.classes));
  for (std::size_t state = 0; state < states_; ++state)
    append_row(packed, Row(t.next).subspan(state * t.classes, t.classes),
               Row(t.next).subspan(t.classes, t.classes));
  packed.append(reinterpret_cast<const char*>(t.accepts.data()), t.accepts.size());
  PatternHead head{states_, accepts_empty_, longest_, static_cast<std::uint32_t>(packed.size()), {}};
  for (std::size_t i = 0; i < first_.size(); ++i)
    if (first_[i]) head.first[i / 8] |= static_cast<std::uint8_t>(1U << i % 8);
  append_bytes(out, head);
  out += packed;
}

// False: the bytes are no such automaton.
bool Pattern::unpack(std::string_view bytes, std::size_t states, Tables& t) {
  std::uint16_t classes = 0;
  if (!take_classes(bytes, t.class_of) || !take_bytes(bytes, classes)) return false;
  if (classes == 0 || classes > 256 || bytes.size() < states * kLeastRow) return false;
  t.classes = classes;
  t.next.resize(states * classes);
  const auto row = [&](std::size_t state) { return std::span(t.next).subspan(state * classes, classes); };
  for (std::size_t state = 0; state < states; ++state)
    if (!take_row(bytes, row(state), row(1))) return false;
  if (bytes.size() != states) return false;
  t.accepts.assign(bytes.begin(), bytes.end());
  return std::ranges::all_of(t.next, [&](auto n) { return n < states; }) &&
         std::ranges::all_of(t.class_of, [&](auto n) { return n < classes; });
}

const Pattern::Tables& Pattern::unpacked() const {
  auto& automaton = *automaton_;
  std::call_once(automaton.once, [&] {
    if (!unpack(automaton.packed, states_, automaton.tables)) std::abort();  // the program itself is damaged
    automaton.ready.store(true, std::memory_order_release);
  });
  return automaton.tables;
}

Result<Pattern> Pattern::take_from(std::string_view& bytes, Unpack unpack) {
  const auto broken = [] { return fail(Code::corrupt, "a compiled expression is damaged"); };
  PatternHead head;
  if (!take_bytes(bytes, head)) return broken();
  if (head.states < 2 || head.states > kMostStates || head.bytes > bytes.size()) return broken();
  Pattern out;
  out.states_ = head.states, out.longest_ = head.longest, out.accepts_empty_ = head.accepts_empty != 0;
  for (std::size_t i = 0; i < out.first_.size(); ++i) out.first_[i] = (head.first[i / 8] >> i % 8 & 1) != 0;
  out.automaton_ = std::make_shared<Automaton>();
  out.automaton_->packed = bytes.substr(0, head.bytes);
  bytes.remove_prefix(head.bytes);
  if (unpack == Unpack::when_used) return out;
  auto& [tables, packed, once, ready] = *out.automaton_;
  if (!Pattern::unpack(packed, head.states, tables)) return broken();
  if ((tables.accepts[1] != 0) != out.accepts_empty_) return broken();
  packed = {};
  ready = true;
  return out;
}

bool Pattern::matches_all(std::string_view text) const {
  if (text.size() > kMostLength) return false;
  const auto& t = tables();
  std::uint32_t state = 1;
  for (const char c : text)
    if (state = t.after(state, c); state == kDead) return false;
  return t.accepts[state] != 0;
}

// Each step waits for the one before it: several automata go on in its shadow.
bool Pattern::any_matches_all(std::span<const std::shared_ptr<const Pattern>> patterns,
                              std::string_view text) {
  constexpr std::size_t lanes = 4;
  if (text.size() > kMostLength) return false;
  for (; patterns.size() >= lanes; patterns = patterns.subspan(lanes)) {
    std::array<const Tables*, lanes> some{};
    for (std::size_t i = 0; i < lanes; ++i) some[i] = &patterns[i]->tables();
    std::array<std::uint32_t, lanes> states{1, 1, 1, 1};
    for (const char c : text) {
      std::uint32_t alive = 0;
      for (std::size_t i = 0; i < lanes; ++i) alive |= states[i] = some[i]->after(states[i], c);
      if (alive == kDead) break;
    }
    for (std::size_t i = 0; i < lanes; ++i)
      if (some[i]->accepts[states[i]] != 0) return true;
  }
  return std::ranges::any_of(patterns, [&](const auto& p) { return p->matches_all(text); });
}

}  // namespace ostiary::inspect
