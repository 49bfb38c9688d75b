#include "policy/may.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

#include "base/text.h"
#include "policy/impl/space.h"
#include "policy/plain.h"

namespace ostiary::policy {

namespace {

constexpr std::size_t kMostRows = 40, kMostColumns = 24, kMostChanges = 60;
constexpr std::size_t kMostWork = 20'000'000;  // rules judged

// Surfaces, the one that is most ours first.
constexpr std::string_view kSurfaces[] = {"self-hosted", "via-cloud", "enterprise", "team",
                                          "api",         "api-free",  "consumer"};
constexpr std::string_view kHostings[] = {"own", "cloud", "provider"};

std::string_view hosting_of(std::string_view surface) {
  return surface == "self-hosted" ? "own" : surface == "via-cloud" ? "cloud" : "provider";
}

// Data classes that many documents name, the most harmless first; others stand between both.
int gravity_of(std::string_view data_class) {
  constexpr std::string_view kHarmless[] = {"public", "third-party-code", "code", "own-code", "internal"};
  constexpr std::string_view kGrave[] = {"personal",      "special-category",  "confidential",
                                         "customer-data", "customer-code",     "opaque",
                                         "secret",        "export-controlled", "classified"};
  constexpr int kBetween = 100;
  if (const auto* at = std::ranges::find(kHarmless, data_class); at != std::end(kHarmless))
    return static_cast<int>(at - std::begin(kHarmless));
  if (const auto* at = std::ranges::find(kGrave, data_class); at != std::end(kGrave))
    return kBetween + 1 + static_cast<int>(at - std::begin(kGrave));
  return kBetween;
}

// What an ordinary request is like, where the document's rules read it.
struct Ordinary {
  std::string_view fact;
  FactValue value;
  std::string_view words;
};

const std::vector<Ordinary>& ordinary_request() {
  static const std::vector<Ordinary> all = [] {
    const std::vector<std::string> none;
    std::vector<Ordinary> rows;
    rows.push_back({"agent.tools", none, "the model is offered no tools"});
    rows.push_back({"agent.unattended", false, "a person watches what is done"});
    rows.push_back({"data.attachments", std::int64_t{0}, "nothing is attached"});
    rows.push_back({"data.bytes", std::int64_t{1024}, "it is small (1KiB)"});
    rows.push_back({"data.findings", none, ""});
    rows.push_back({"data.language", none, ""});
    rows.push_back({"data.lines", std::int64_t{20}, ""});
    rows.push_back({"data.partial", none, "all of it could be read"});
    rows.push_back({"data.tokens", std::int64_t{250}, ""});
    rows.push_back({"output.use", std::string("internal"), "the output stays in the house"});
    rows.push_back({"target.endpoint", std::string("chat/completions"), "it is a chat"});
    return rows;
  }();
  return all;
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

class Maker {
 public:
  Maker(const Policy& policy, WallMs now) : policy_(policy), d_(policy.document()), now_(now) {
    for (const auto wanted : policy.wants()) wanted_.insert(*fact_index(wanted));
    for (const auto& rule : d_.rules) add_facts(rule.when, wanted_);
    space_ = dimensions_of({&d_}, wanted_);
    budget_ = kMostWork / (d_.rules.size() + 1);
  }
  May run();

 private:
  bool wants(std::string_view fact) const { return wanted_.contains(*fact_index(fact)); }
  const Dimension* dimension(std::string_view fact) const;
  std::vector<std::string> named(std::string_view fact) const;
  void classes();
  void ordinary();
  void outsiders(Facts& facts, std::string_view but_for);
  void table(std::string_view fact, std::string_view title, const std::vector<std::string>& values);
  Facts learned(std::string_view fact, const std::string& value) const;
  MayCell cell(const Facts& facts);
  Facts with_class(Facts facts, const std::string& data_class) const;
  void changes();
  void change(const Dimension& d, std::size_t at);

  const Policy& policy_;
  const Document& d_;
  WallMs now_;
  std::set<std::uint8_t> wanted_;
  std::vector<Dimension> space_;
  std::size_t budget_;
  Facts base_;
  struct Asked {
    Facts facts;  // of a cell
    Effect effect;
  };
  std::vector<Asked> asked_;
  Verdict verdict_;
  May out_;
};

const Dimension* Maker::dimension(std::string_view fact) const {
  const auto at = std::ranges::find(space_, *fact_index(fact), &Dimension::fact);
  return at == space_.end() ? nullptr : &*at;
}

// Every text that a rule compares the fact with; patterns are left out.
std::vector<std::string> Maker::named(std::string_view fact) const {
  std::set<std::string> all;
  if (const auto* d = dimension(fact))
    for (const auto* list : d->lists) all.insert(list->exact.begin(), list->exact.end());
  return {all.begin(), all.end()};
}

void Maker::classes() {
  auto all = named("data.classes");
  std::ranges::sort(all, {}, [](const std::string& one) { return std::pair(gravity_of(one), one); });
  if (all.size() >= kMostColumns) {
    out_.partial.push_back(fmt::format("{} more data classes have no column", all.size() - kMostColumns + 1));
    all.resize(kMostColumns - 1);
  }
  out_.classes.emplace_back();
  out_.columns.emplace_back(all.empty() ? "Anything" : "Nothing of these");
  for (auto& one : all) {
    out_.columns.push_back(capital(noun(fact_table()[*fact_index("data.classes")], one)));
    out_.classes.push_back(std::move(one));
  }
}

void Maker::ordinary() {
  for (const auto& one : ordinary_request()) {
    if (!wants(one.fact) || d_.assumed.find(one.fact)) continue;
    base_.set(one.fact, one.value, "ordinary");
    if (!one.words.empty()) out_.ordinary.emplace_back(one.words);
  }
  for (const auto& fact : d_.assumed.all())
    if (wants(fact.name)) out_.ordinary.push_back(is_value(fact_table()[*fact_index(fact.name)], fact.value));
  outsiders(base_, {});
  if (now_ == 0 || !wants("time.now")) return;
  base_.set("time.now", rfc3339(now_), "ordinary");
  out_.ordinary.push_back(fmt::format("it is {}", rfc3339(now_).substr(0, 10)));
}

// Of who asks and for what: nobody whom a rule names.
void Maker::outsiders(Facts& facts, std::string_view but_for) {
  bool some = false;
  for (const std::string_view fact : {"purpose", "subject.id", "subject.key", "subject.role", "subject.team",
                                      "tool", "output.project", "target.model"}) {
    const auto* d = fact == but_for ? nullptr : dimension(fact);
    if (!d || d_.assumed.find(fact) || d->classes.size() < 2 ||
        d->classes[1].kind != ValueClass::Kind::outside)
      continue;
    facts.set(fact, *d->classes[1].value, "ordinary");
    some = true;
  }
  if (some) out_.ordinary.emplace_back("no rule names the team, tool, model or purpose");
}

Facts Maker::with_class(Facts facts, const std::string& data_class) const {
  std::vector<std::string> texts;
  if (!data_class.empty()) texts.push_back(data_class);
  facts.set("data.classes", std::move(texts), "table");
  if (wants("data.confidence"))
    facts.set("data.confidence", std::string(data_class.empty() ? "none" : "high"), "table");
  return facts;
}

MayCell Maker::cell(const Facts& facts) {
  const auto d = policy_.decide(facts, verdict_);
  MayCell out{.effect = d.enforced(), .words = {}, .rule = {}, .clause = {}};
  switch (out.effect) {
    case Effect::allow:
      out.words = d.redact_classes.empty() || d.mode == Mode::observe ? "Yes" : "Yes, masked";
      break;
    case Effect::redact:
      out.words = "Yes, masked";
      break;
    case Effect::reroute:
      out.words = "Goes to " + d.reroute_to;
      break;
    case Effect::ask:
      out.words = "Ask first";
      break;
    case Effect::deny:
      out.words = "No";
      break;
  }
  if (d.mode == Mode::observe && d.effect > Effect::redact)
    out.words += fmt::format(" (noted: would be {})", participle(d.effect));
  for (const auto& ref : d.rules)
    if (ref.id != "default" || d.rules.size() == 1) {
      if (ref.id == "default") break;
      out.rule = ref.id;
      out.clause = ref.clause;
      break;
    }
  return out;
}

// What the document's tests about a service or tool agree on about where it is.
Facts Maker::learned(std::string_view fact, const std::string& value) const {
  std::map<std::string, std::vector<FactValue>> said;
  for (const auto& test : d_.cases) {
    const auto* is = test.given.find(fact);
    const auto* word = is ? std::get_if<std::string>(&is->value) : nullptr;
    if (!word || *word != value) continue;
    for (const auto& other : test.given.all())
      if (other.name.starts_with("target.") && other.name != fact) {
        auto& values = said[other.name];
        if (std::ranges::find(values, other.value) == values.end()) values.push_back(other.value);
      }
  }
  Facts out = base_;
  for (auto& [name, values] : said)
    if (values.size() == 1) out.set(name, values.front(), "test");
  out.set(fact, value, "table");
  return out;
}

void Maker::table(std::string_view fact, std::string_view title, const std::vector<std::string>& values) {
  MayTable table{.fact = std::string(fact), .title = std::string(title), .rows = {}};
  for (const auto& value : values) {
    if (table.rows.size() >= kMostRows) {
      out_.partial.push_back(
          fmt::format("{} more rows of the table “{}” are left out", values.size() - kMostRows, title));
      break;
    }
    auto facts = base_;
    if (fact == "target.service" || fact == "tool")
      facts = learned(fact, value);
    else if (!fact.empty())
      facts.set(fact, value, "table");
    if (fact == "target.surface") facts.set("target.hosting", std::string(hosting_of(value)), "table");
    // A name of the organisation's stays as it is written.
    auto words = fact.empty() ? value : noun(fact_table()[*fact_index(fact)], value);
    MayRow row{.name = words == value && !fact.empty() ? value : capital(words), .value = value, .cells = {}};
    for (const auto& one : out_.classes) {
      auto asked = with_class(facts, one);
      row.cells.push_back(cell(asked));
      asked_.push_back({std::move(asked), row.cells.back().effect});
    }
    table.rows.push_back(std::move(row));
  }
  if (!table.rows.empty()) out_.tables.push_back(std::move(table));
}

// One fact of the ordinary request put to another value that rules tell apart.
void Maker::change(const Dimension& d, std::size_t at) {
  const auto& spec = fact_table()[d.fact];
  std::map<std::pair<Effect, Effect>, std::size_t> turns;
  std::map<Effect, std::size_t> totals;
  for (const auto& asked : asked_) {
    auto facts = asked.facts;
    facts.set(spec.name, *d.classes[at].value, "change");
    policy_.judge(facts, verdict_);
    ++totals[asked.effect];
    if (verdict_.effect != asked.effect) ++turns[{asked.effect, verdict_.effect}];
  }
  if (turns.empty()) return;
  std::vector<std::string> parts;
  for (const auto& [turn, count] : turns)
    parts.push_back(fmt::format("{} {} becomes {}",
                                count == totals[turn.first] ? "all that is" : "some of what is",
                                participle(turn.first), participle(turn.second)));
  out_.changes.push_back(
      {std::string(spec.name),
       fmt::format("When {}: {}.", joined_clauses({in_words(d, {at})}, "and"), listed(parts, "and"))});
}

void Maker::changes() {
  for (const auto& d : space_) {
    const auto name = fact_table()[d.fact].name;
    const bool of_a_table =
        name == "data.classes" || name == "time.now" || name == "data.confidence" ||
        std::ranges::any_of(out_.tables, [&](const MayTable& t) { return t.fact == name; });
    if (of_a_table || (name == "target.hosting" && wants("target.surface"))) continue;
    for (std::size_t at = 1; at < d.classes.size(); ++at) {
      if (asked_.size() > budget_ || out_.changes.size() >= kMostChanges) {
        out_.partial.emplace_back("not everything that changes the answers is told");
        return;
      }
      budget_ -= asked_.size();
      change(d, at);
    }
  }
}

May Maker::run() {
  classes();
  ordinary();
  // Where rules name services, what a service may is told by its name.
  const bool by_service = !named("target.service").empty();
  if (wants("target.surface"))
    table("target.surface", "By where it goes", {std::begin(kSurfaces), std::end(kSurfaces)});
  else if (wants("target.hosting") && !by_service)
    table("target.hosting", "By where it goes", {std::begin(kHostings), std::end(kHostings)});
  std::set<std::string> services;
  for (auto& one : named("target.service")) services.insert(std::move(one));
  if (wants("target.service"))
    for (const auto& list : d_.lists)
      if (list.section == "destinations") services.insert(list.exact.begin(), list.exact.end());
  table("target.service", "By service", {services.begin(), services.end()});
  table("tool", "By tool", named("tool"));
  if (out_.tables.empty()) table("", "Whatever the tool and service", {"Anything"});
  changes();
  return std::move(out_);
}

}  // namespace

May what_may_i_do(const Policy& policy, WallMs now) {
  return Maker(policy, now).run();
}

}  // namespace ostiary::policy
