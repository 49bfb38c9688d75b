// What stands in two versions of a document otherwise.

#include "policy/impl/differences.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <map>

#include "base/text.h"
#include "policy/impl/space.h"
#include "policy/plain.h"

namespace ostiary::policy {

namespace {

using How = Difference::How;

std::string value_of(const std::string& text) {
  return text.empty() ? "nothing" : fmt::format("“{}”", text);
}

std::string texts_of(const ValueList& list) {
  std::vector<std::string> all = list.exact;
  all.insert(all.end(), list.globs.begin(), list.globs.end());
  return listed(all, "and");
}

// What a condition is, whatever names and places it has: two of the same form judge alike.
std::string form_of(const Condition& c, const Document& document) {
  std::string out =
      fmt::format("{}:{}:{}:{}", static_cast<int>(c.kind), static_cast<int>(c.op), c.fact, c.number);
  if (c.kind == Condition::Kind::test && c.op <= Operator::only) {
    const auto& list = document.lists[c.list];
    for (const auto* part : {&list.exact, &list.globs})
      for (const auto& text : *part) out += fmt::format(",{}:{}", text.size(), text);
  }
  out += '(';
  for (const auto& part : c.parts) out += form_of(part, document) + ';';
  return out + ')';
}

class Comparer {
 public:
  Comparer(const Document& before, const Document& after) : a_(before), b_(after) {}
  Differences run() {
    front();
    assumed();
    rules();
    lists();
    targets();
    desk();
    tests();
    clauses();
    return std::move(out_);
  }

 private:
  void add(std::string_view kind, std::string_view name, How how, std::string text,
           std::string_view clause = {}) {
    out_.all.push_back({std::string(kind), std::string(name), how, std::move(text), std::string(clause)});
  }
  void front();
  void assumed();
  void rules();
  void rule(const Rule& before, const Rule& after);
  void lists();
  void targets();
  void desk();
  void tests();
  void clauses();
  void depends_on(const Rule& rule, const Document& document);
  void depends_on_all();

  const Document &a_, &b_;
  Differences out_;
};

void Comparer::depends_on_all() {
  out_.decides = true;
  for (const auto* document : {&a_, &b_})
    for (const auto& rule : document->rules) add_facts(rule.when, out_.facts);
}

// A rule's exceptions and what it is an exception of decide with it.
void Comparer::depends_on(const Rule& rule, const Document& document) {
  out_.decides = true;
  add_facts(rule.when, out_.facts);
  if (rule.until) out_.facts.insert(*fact_index("time.now"));
  if (rule.then == Effect::reroute) out_.facts.insert(*fact_index("target.service"));
  for (const auto& other : document.rules)
    if ((!rule.exception_of.empty() && other.id == rule.exception_of) || other.exception_of == rule.id)
      add_facts(other.when, out_.facts);
}

void Comparer::front() {
  const std::pair<std::string_view, std::string Document::*> words[] = {
      {"title", &Document::title},         {"version", &Document::version},
      {"owner", &Document::owner},         {"contact", &Document::contact},
      {"approver", &Document::approver},   {"effective", &Document::effective},
      {"review-by", &Document::review_by},
  };
  for (const auto& [name, member] : words)
    if (a_.*member != b_.*member)
      add("front", name, How::changed,
          fmt::format("The {} was {} and is {}.", name, value_of(a_.*member), value_of(b_.*member)));
  if (a_.status != b_.status)
    add("front", "status", How::changed,
        b_.status == Status::in_force ? "The document was a draft and is in force."
                                      : "The document was in force and is a draft.");
  if (a_.stance != b_.stance) {
    add("front", "default", How::changed,
        fmt::format("What no rule names was {} and is {}.", participle(a_.stance), participle(b_.stance)));
    depends_on_all();
  }
  if (a_.mode != b_.mode) {
    add("front", "mode", How::changed,
        b_.mode == Mode::observe ? "The document was enforced and is only observed: nothing is stopped."
                                 : "The document was only observed and is enforced.");
    depends_on_all();
  }
  const std::pair<std::string_view, std::vector<std::string> Document::*> observed[] = {
      {"teams", &Document::observed_teams}, {"services", &Document::observed_services}};
  for (const auto& [what, member] : observed) {
    if (a_.*member == b_.*member) continue;
    const auto said = [](const std::vector<std::string>& all) {
      return all.empty() ? "none" : listed(all, "and");
    };
    add("front", "observe", How::changed,
        fmt::format("The {} for which nothing is stopped were {} and are {}.", what, said(a_.*member),
                    said(b_.*member)));
    out_.decides = true;
    out_.facts.insert(*fact_index(what == "teams" ? "subject.team" : "target.service"));
  }
}

// What of a rule is another, as parts of one sentence.
std::vector<std::string> parts_of(const Rule& x, const Document& a, const Rule& y, const Document& b) {
  std::vector<std::string> parts;
  const auto was = [&](std::string_view what, const std::string& old, const std::string& now) {
    if (old != now) parts.push_back(fmt::format("{} was {} and is {}", what, value_of(old), value_of(now)));
  };
  if (x.then != y.then)
    parts.push_back(fmt::format("such requests were {} and are {}", participle(x.then), participle(y.then)));
  if (form_of(x.when, a) != form_of(y.when, b)) {
    const auto old = in_plain_words(x.when, a), now = in_plain_words(y.when, b);
    parts.push_back(old == now ? fmt::format("it holds when {}, of which a list is another one", now)
                               : fmt::format("it held when {}, and holds when {}", old, now));
  }
  const auto mode = [](const Rule& rule) -> std::string {
    return !rule.mode ? "as the document" : rule.mode == Mode::observe ? "observe" : "enforce";
  };
  was("its mode", mode(x), mode(y));
  if (x.redact != y.redact)
    parts.push_back(
        fmt::format("it masked {} and masks {}", listed(x.redact, "and"), listed(y.redact, "and")));
  was("the service that it sends to", x.to, y.to);
  was("its last day", x.until_text, y.until_text);
  was("the rule that it is an exception of", x.exception_of, y.exception_of);
  std::vector<std::string> old, now;
  for (const auto& o : x.obligations) old.push_back(o.text());
  for (const auto& o : y.obligations) now.push_back(o.text());
  std::ranges::sort(old);
  std::ranges::sort(now);
  was("what the gate has to do", listed(old, "and"), listed(now, "and"));
  was("the reason given", x.because, y.because);
  was("what to do instead", x.instead, y.instead);
  if (x.clause != y.clause)
    parts.push_back(fmt::format("it stood below #{} and stands below #{}", x.clause, y.clause));
  return parts;
}

// Whether it may decide otherwise.
bool decides_otherwise(const Rule& x, const Document& a, const Rule& y, const Document& b) {
  return x.then != y.then || x.mode != y.mode || x.redact != y.redact || x.to != y.to || x.until != y.until ||
         x.exception_of != y.exception_of || form_of(x.when, a) != form_of(y.when, b);
}

// What holds where nobody says otherwise.
void Comparer::assumed() {
  std::set<std::string_view> names;
  for (const auto* document : {&a_, &b_})
    for (const auto& fact : document->assumed.all()) names.insert(fact.name);
  for (const auto name : names) {
    const auto *x = a_.assumed.find(name), *y = b_.assumed.find(name);
    if (x && y && x->value == y->value) continue;
    const auto said = [&](const Fact* fact) {
      return fact ? fmt::format("that {}", is_value(fact_table()[*fact_index(name)], fact->value))
                  : std::string("nothing");
    };
    add("assumed", name,
        !x   ? How::added
        : !y ? How::removed
             : How::changed,
        fmt::format("Where nobody says anything about {}, {} was taken for given, and {} is.", name, said(x),
                    said(y)));
    out_.decides = true;
    out_.facts.insert(*fact_index(name));
  }
}

void Comparer::rule(const Rule& before, const Rule& after) {
  const auto parts = parts_of(before, a_, after, b_);
  if (parts.empty()) return;
  std::string text = fmt::format("The rule {} changed: ", after.id);
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i ? "; " : "") + parts[i];
  add("rule", after.id, How::changed, text + '.', after.clause);
  if (!decides_otherwise(before, a_, after, b_)) return;
  depends_on(before, a_);
  depends_on(after, b_);
}

// Calls `both`, `only_a` or `only_b` for each name, in order.
template <class T>
void by_name(const std::map<std::string_view, const T*>& a, const std::map<std::string_view, const T*>& b,
             const std::function<void(const T&, const T&)>& both, const std::function<void(const T&)>& only_a,
             const std::function<void(const T&)>& only_b) {
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() || y != b.end()) {
    if (y == b.end() || (x != a.end() && x->first < y->first))
      only_a(*(x++)->second);
    else if (x == a.end() || y->first < x->first)
      only_b(*(y++)->second);
    else
      both(*(x++)->second, *(y++)->second);
  }
}

template <class T, class Name>
std::map<std::string_view, const T*> named(const std::vector<T>& all, Name T::* name) {
  std::map<std::string_view, const T*> out;
  for (const auto& one : all)
    if (!(one.*name).empty()) out.emplace(one.*name, &one);
  return out;
}

void Comparer::rules() {
  by_name<Rule>(
      named(a_.rules, &Rule::id), named(b_.rules, &Rule::id),
      [&](const Rule& x, const Rule& y) { rule(x, y); },
      [&](const Rule& x) {
        add("rule", x.id, How::removed,
            fmt::format("The rule {} is gone. It said: {}", x.id, in_plain_words(x, a_)), x.clause);
        depends_on(x, a_);
      },
      [&](const Rule& y) {
        add("rule", y.id, How::added, fmt::format("The rule {} is new: {}", y.id, in_plain_words(y, b_)),
            y.clause);
        depends_on(y, b_);
      });
}

std::vector<std::string> without(std::vector<std::string> all, const ValueList& list) {
  std::erase_if(all, [&](const std::string& text) {
    return std::ranges::binary_search(list.exact, text) || std::ranges::binary_search(list.globs, text);
  });
  return all;
}

std::vector<std::string> all_of(const ValueList& list) {
  auto all = list.exact;
  all.insert(all.end(), list.globs.begin(), list.globs.end());
  return all;
}

void Comparer::lists() {
  const auto changed = [&](const ValueList& x, const ValueList& y) {
    const auto gone = without(all_of(x), y), fresh = without(all_of(y), x);
    std::vector<std::string> parts;
    if (!fresh.empty()) parts.push_back("now also holds " + listed(fresh, "and"));
    if (!gone.empty()) parts.push_back("no longer holds " + listed(gone, "and"));
    if (x.section != y.section)
      parts.push_back(fmt::format("stood below {} and stands below {}", x.section, y.section));
    if (!parts.empty())
      add("list", y.name, How::changed, fmt::format("The list {} {}.", y.name, listed(parts, "and")));
  };
  by_name<ValueList>(
      named(a_.lists, &ValueList::name), named(b_.lists, &ValueList::name), changed,
      [&](const ValueList& x) {
        add("list", x.name, How::removed,
            fmt::format("The list {} is gone. It held {}.", x.name, texts_of(x)));
      },
      [&](const ValueList& y) {
        add("list", y.name, How::added, fmt::format("The list {} is new. It holds {}.", y.name, texts_of(y)));
      });
}

void Comparer::targets() {
  const auto said = [](const AnswerTarget& t) {
    return fmt::format("first answer within {}, decision within {}",
                       text::format_duration_ms(t.first_answer_ms), text::format_duration_ms(t.decision_ms));
  };
  by_name<AnswerTarget>(
      named(a_.answer_targets, &AnswerTarget::lane), named(b_.answer_targets, &AnswerTarget::lane),
      [&](const AnswerTarget& x, const AnswerTarget& y) {
        if (said(x) != said(y))
          add("answer-target", y.lane, How::changed,
              fmt::format("Questions of the lane {} were promised: {}; now: {}.", y.lane, said(x), said(y)));
      },
      [&](const AnswerTarget& x) {
        add("answer-target", x.lane, How::removed,
            fmt::format("The lane {} is promised no answer any more.", x.lane));
      },
      [&](const AnswerTarget& y) {
        add("answer-target", y.lane, How::added,
            fmt::format("Questions of the lane {} are promised: {}.", y.lane, said(y)));
      });
}

void Comparer::desk() {
  const auto automatic = [](const Document& document) {
    std::vector<std::string> out;
    for (const auto effect : document.desk.automatic) out.emplace_back(participle(effect));
    return out.empty() ? std::string("nothing") : listed(out, "and");
  };
  if (automatic(a_) != automatic(b_))
    add("desk", "automatic", How::changed,
        fmt::format("Answered without a person was what is {}; now it is what is {}.", automatic(a_),
                    automatic(b_)));
  if (a_.desk.working_time != b_.desk.working_time)
    add("desk", "working-time", How::changed, "The time in which questions are answered is another one.");
  const auto form = [](const Lane& lane, const Document& document) {
    return fmt::format("{} {}:{} {}:{} {}", lane.risk, lane.owner.size(), lane.owner, lane.escalate_to.size(),
                       lane.escalate_to, form_of(lane.when, document));
  };
  by_name<Lane>(
      named(a_.desk.lanes, &Lane::name), named(b_.desk.lanes, &Lane::name),
      [&](const Lane& x, const Lane& y) {
        if (form(x, a_) != form(y, b_))
          add("lane", y.name, How::changed,
              fmt::format("The lane {} has another risk, owner or condition.", y.name), y.clause);
      },
      [&](const Lane& x) {
        add("lane", x.name, How::removed, fmt::format("The lane {} is gone.", x.name), x.clause);
      },
      [&](const Lane& y) {
        add("lane", y.name, How::added, fmt::format("The lane {} is new.", y.name), y.clause);
      });
}

// All that a test says, for comparing.
std::string form_of(const Case& test) {
  std::string out = fmt::format("{} {} ", name(test.expect), test.would ? name(*test.would) : "-");
  for (const auto& fact : test.given.all()) append_json(out, fact);
  for (const auto* list : {&test.by, &test.redact, &test.missing}) {
    out += *list ? '+' : '-';
    if (*list)
      for (const auto& text : **list) out += fmt::format("{}:{},", text.size(), text);
  }
  return out + test.to.value_or("");
}

void Comparer::tests() {
  by_name<Case>(
      named(a_.cases, &Case::name), named(b_.cases, &Case::name),
      [&](const Case& x, const Case& y) {
        if (form_of(x) == form_of(y)) return;
        add("test", y.name, How::changed,
            x.expect == y.expect
                ? fmt::format("The test “{}” changed and still expects {}.", y.name, name(y.expect))
                : fmt::format("The test “{}” expected {} and expects {}.", y.name, name(x.expect),
                              name(y.expect)),
            y.clause);
      },
      [&](const Case& x) {
        add("test", x.name, How::removed, fmt::format("The test “{}” is gone.", x.name), x.clause);
      },
      [&](const Case& y) {
        add("test", y.name, How::added,
            fmt::format("The test “{}” is new and expects {}.", y.name, name(y.expect)), y.clause);
      });
}

void Comparer::clauses() {
  by_name<Heading>(
      named(a_.headings, &Heading::anchor), named(b_.headings, &Heading::anchor),
      [&](const Heading& x, const Heading& y) {
        if (x.digest != y.digest)
          add("clause", y.anchor, How::changed, fmt::format("The section “{}” reads otherwise.", y.title),
              y.anchor);
      },
      [&](const Heading& x) {
        add("clause", x.anchor, How::removed, fmt::format("The section “{}” is gone.", x.title), x.anchor);
      },
      [&](const Heading& y) {
        add("clause", y.anchor, How::added, fmt::format("The section “{}” is new.", y.title), y.anchor);
      });
}

}  // namespace

Differences differences_of(const Document& before, const Document& after) {
  return Comparer(before, after).run();
}

}  // namespace ostiary::policy
