#include "policy/decision.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "json/writer.h"

namespace ostiary::policy {

namespace {

constexpr std::array kEffects = {Effect::allow, Effect::redact, Effect::reroute, Effect::ask, Effect::deny};

// Calls `append` for each item in the order of its `key`, so that the same decision always gives the same
// bytes.
template <class T, class Key, class Append>
void append_sorted(json::Writer& w, const std::vector<T>& items, Key key, Append append) {
  w.begin_array();
  if (std::ranges::is_sorted(items, {}, key)) {
    for (const T& item : items) append(item);
  } else {
    std::vector<const T*> sorted;
    sorted.reserve(items.size());
    for (const T& item : items) sorted.push_back(&item);
    std::ranges::sort(sorted, {}, [&](const T* item) {
      return std::pair<std::string_view, const T*>(std::invoke(key, *item), item);
    });
    for (const T* item : sorted) append(*item);
  }
  w.end_array();
}

void string_or_null(json::Writer& w, std::string_view name, const std::string& value) {
  w.key(name);
  if (value.empty())
    w.null();
  else
    w.string(value);
}

struct AppendValue {
  json::Writer& w;
  void operator()(bool v) const { w.boolean(v); }
  void operator()(std::int64_t v) const { w.number(v); }
  void operator()(double v) const { w.number(v); }
  void operator()(const std::string& v) const { w.string(v); }
  void operator()(const std::vector<std::string>& v) const {
    w.begin_array();
    for (const auto& s : v) w.string(s);
    w.end_array();
  }
};

void append_fact(json::Writer& w, const Fact& fact) {
  w.begin_object();
  w.member("name", fact.name);
  w.member("source", fact.source);
  w.key("value");
  std::visit(AppendValue{w}, fact.value);
  w.end_object();
}

void append_rule(json::Writer& w, const RuleRef& rule) {
  w.begin_object();
  string_or_null(w, "clause", rule.clause);
  w.member("id", rule.id);
  w.end_object();
}

}  // namespace

void Facts::set(std::string_view name, FactValue value, std::string_view source) {
  const auto at = std::ranges::lower_bound(facts_, name, {}, &Fact::name);
  if (at != facts_.end() && at->name == name) {
    at->value = std::move(value);
    at->source = source;
    return;
  }
  facts_.insert(at, Fact{std::string(name), std::move(value), std::string(source)});
}

const Fact* Facts::find(std::string_view name) const {
  const auto at = std::ranges::lower_bound(facts_, name, {}, &Fact::name);
  return at != facts_.end() && at->name == name ? &*at : nullptr;
}

int rank_of(Effect e) {
  return static_cast<int>(e);
}

const char* name(Effect e) {
  switch (e) {
    case Effect::allow:
      return "allow";
    case Effect::redact:
      return "redact";
    case Effect::reroute:
      return "reroute";
    case Effect::ask:
      return "ask";
    case Effect::deny:
      return "deny";
  }
  return "deny";
}

const char* name(Mode m) {
  switch (m) {
    case Mode::enforce:
      return "enforce";
    case Mode::observe:
      return "observe";
  }
  return "enforce";
}

std::optional<Effect> parse_effect(std::string_view s) {
  for (const Effect e : kEffects)
    if (s == name(e)) return e;
  return std::nullopt;
}

void append_json(std::string& out, const Fact& fact) {
  json::Writer w(out);
  append_fact(w, fact);
}

void append_json(std::string& out, const Decision& decision, bool with_facts) {
  json::Writer w(out);
  w.begin_object();
  string_or_null(w, "alternative", decision.alternative);
  if (!decision.approved_by.empty()) w.member("approved", decision.approved_by);
  w.member("effect", name(decision.effect));
  if (with_facts) {
    w.key("facts");
    append_sorted(w, decision.facts, &Fact::name, [&](const Fact& fact) { append_fact(w, fact); });
  }
  if (!decision.missing.empty()) {
    w.key("missing");
    append_sorted(w, decision.missing, std::identity{}, [&](const std::string& s) { w.string(s); });
  }
  w.member("mode", name(decision.mode));
  w.key("obligations");
  append_sorted(w, decision.obligations, std::identity{}, [&](const std::string& s) { w.string(s); });
  if (!decision.observed.empty()) {
    w.key("observed");
    append_sorted(w, decision.observed, &RuleRef::id, [&](const RuleRef& rule) { append_rule(w, rule); });
  }
  w.key("policy");
  w.begin_object();
  string_or_null(w, "digest", decision.policy_digest);
  string_or_null(w, "version", decision.policy_version);
  w.end_object();
  w.key("rules");
  append_sorted(w, decision.rules, &RuleRef::id, [&](const RuleRef& rule) { append_rule(w, rule); });
  if (decision.would_be) w.member("would_be", name(*decision.would_be));
  w.end_object();
}

}  // namespace ostiary::policy
