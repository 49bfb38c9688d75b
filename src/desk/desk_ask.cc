// What comes in: asks and refusals, and the order in which they are taken up.

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "desk/impl/desk_impl.h"
#include "json/writer.h"
#include "policy/fact_table.h"

namespace ostiary::desk {

namespace {

constexpr std::size_t kMostAsksOfADay = 200, kMostFacts = 64, kMostSimilar = 5, kMostInTopic = 10;
constexpr std::uint32_t kMostBlocked = 100'000;
constexpr WallMs kSameRefusalMs = 1000;  // a refusal that comes again within it is not written anew
constexpr WallMs kApprovalMs = 30 * kDayMs, kLongestApprovalMs = 366 * kDayMs;

std::string word(std::string_view text) {
  return clean_text(text, Asking::kLongestWord);
}

std::vector<std::string> words(const std::vector<std::string>& all) {
  std::vector<std::string> out;
  for (const auto& one : all)
    if (auto clean = word(one); !clean.empty() && out.size() < Asking::kMostWords)
      out.push_back(std::move(clean));
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

// What somebody states of themselves makes no difference, nor what clocks say.
bool may_be_stated(std::string_view name) {
  return !name.starts_with("subject.") && !name.starts_with("time.");
}

bool fits(policy::FactType type, const policy::FactValue& value) {
  using enum policy::FactType;
  switch (type) {
    case flag:
      return std::holds_alternative<bool>(value);
    case count:
    case bytes:
      return std::holds_alternative<std::int64_t>(value);
    case words:
      return std::holds_alternative<std::vector<std::string>>(value);
    case word:
    case level:
    case moment:
      return std::holds_alternative<std::string>(value);
  }
  return false;
}

// A link that a page may offer to whoever answers.
bool is_web_link(std::string_view link) {
  const auto good = [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  };
  const auto host = link.starts_with("https://") ? 8U : 7U;
  return (host == 8 || link.starts_with("http://")) && link.size() > host && link[host] != '/' &&
         std::ranges::all_of(link, good);
}

// With texts as the desk keeps them.
policy::FactValue clean(policy::FactValue value) {
  if (auto* text = std::get_if<std::string>(&value)) *text = word(*text);
  if (auto* list = std::get_if<std::vector<std::string>>(&value)) *list = words(*list);
  return value;
}

Result<> check_use(std::string_view use) {
  const auto& spec = policy::fact_table()[*policy::fact_index("output.use")];
  if (use.empty() || std::ranges::find(spec.allowed, use) != spec.allowed.end()) return {};
  return fail(Code::invalid, fmt::format("there is no output use '{}'; there are: {}", clean_text(use, 50),
                                         fmt::join(spec.allowed, ", ")));
}

// What a question is said about to be, where the refusal or an earlier ask said nothing.
void take_words(Kept& kept, const Asking& asking) {
  auto& q = kept.question;
  const auto take = [&](std::string& into, std::string_view text) {
    if (!into.empty()) return;
    into = word(text);
    kept.worded = kept.worded || !into.empty();
  };
  take(q.tool, asking.tool);
  take(q.model, asking.model);
  take(q.service, asking.service);
  take(q.surface, asking.surface);
  take(q.output_use, asking.output_use);
  if (q.data_classes.empty()) {
    q.data_classes = words(asking.data_classes);
    kept.worded = kept.worded || !q.data_classes.empty();
  }
  if (!q.reversible) q.reversible = asking.reversible;
  if (asking.deadline) q.deadline = asking.deadline;
  q.people_blocked = std::max(q.people_blocked, std::min(asking.people_blocked, kMostBlocked));
  if (q.text.empty()) q.text = clean_text(asking.text, Asking::kLongestText);
  if (q.what_for.empty()) q.what_for = clean_text(asking.what_for, Asking::kLongestText);
}

void set_if(policy::Facts& facts, std::string_view name, const std::string& value, std::string_view source) {
  if (!value.empty() && !facts.find(name)) facts.set(name, value, source);
}

// The facts that make it this question. Of a refusal those that the decision used, as others differ from one
// request to the next; of who asks only what the policy looked at.
policy::Facts asked_facts(const Question& q) {
  policy::Facts facts;
  if (q.decision)
    for (const auto& fact : q.decision->facts) facts.set(fact.name, fact.value, fact.source);
  if (q.origin == Origin::gate) return facts;
  for (const auto& fact : q.facts.all())
    if (!fact.name.starts_with("subject.")) facts.set(fact.name, fact.value, fact.source);
  return facts;
}

// What a refused request was about to do, besides what the decision looked at: an answer to it is for no
// other service, provider, surface, model, data, tool and use of the output. Canonical JSON; empty for a
// question that is no refusal, and for one whose decision looked at nothing.
std::string use_of_refusal(const Question& q) {
  if (q.origin != Origin::gate || !is_comparable(q)) return {};
  policy::Facts facts;
  for (const auto* name : {"data.classes", "output.use", "target.model", "target.provider", "target.service",
                           "target.surface", "tool"})
    if (const auto* fact = q.facts.find(name)) facts.set(fact->name, fact->value, "");
  std::string out;
  json::Writer w(out);
  w.begin_array();
  for (const auto* word : {&q.service, &q.surface, &q.model, &q.tool, &q.output_use}) w.string(*word);
  for (const auto& one : q.data_classes) w.string(one);
  w.end_array();
  return out + facts_of_question(facts);
}

std::string asked_record(const Kept& kept, std::string_view by) {
  const auto& q = kept.question;
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("by", by);
  w.member("lane", q.lane);
  w.member("origin", name(q.origin));
  w.member("risk", name(q.risk));
  w.member("subject", q.asker);
  w.member("team", q.team);
  const auto digest = text_digest(kept.salt, q.text);
  w.key("text");
  digest.empty() ? w.null() : w.string(digest);
  w.member("times", q.times);
  w.end_object();
  return out;
}

std::string joined_rules(const std::vector<policy::RuleRef>& rules) {
  std::vector<std::string> ids;
  for (const auto& rule : rules) ids.push_back(rule.id);
  return fmt::format("{}", fmt::join(ids, ", "));
}

}  // namespace

std::string way_out(const policy::Decision& d) {
  if (d.alternative.empty()) return d.instead;
  return d.instead.empty() ? "you can " + d.alternative : d.instead + "; you can " + d.alternative;
}

std::string topic_of(const Question& q) {
  if (q.decision)
    for (const auto& rule : q.decision->rules)
      if (rule.id != "default") return "rule " + rule.id;
  std::vector<std::string> parts;
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) parts.push_back(fmt::format("{} {}", what, value));
  };
  add("data", fmt::format("{}", fmt::join(q.data_classes, ", ")));
  add("for", q.output_use);
  add("on", q.surface);
  add("with", q.tool.empty() ? q.service.empty() ? q.model : q.service : q.tool);
  if (parts.empty()) return "nothing stated";
  if (parts.size() > kMostInTopic) parts.resize(kMostInTopic);
  return fmt::format("{}", fmt::join(parts, "; "));
}

WallMs approval_end(const Question& q, const std::optional<WallMs>& wanted, WallMs now) {
  auto end = std::min(wanted.value_or(now + kApprovalMs), now + kLongestApprovalMs);
  if (q.approval_lasts_ms && *q.approval_lasts_ms < static_cast<std::uint64_t>(end - now))
    end = now + static_cast<WallMs>(*q.approval_lasts_ms);
  return end;
}

Result<> Desk::Impl::check_room(std::string_view asker, WallMs now) {
  const auto full = [](std::string_view what) { return fail(Code::too_large, std::string(what)); };
  TRY(const auto all, store_.count_open(""));
  if (all >= kMostOpen) return full("the desk has as many open questions as it takes; try again later");
  if (asker.empty()) return {};
  TRY(const auto own, store_.count_open(asker));
  if (own >= kMostOpenOfOne)
    return full(fmt::format("{} questions of yours are open; wait for their answers, or withdraw some", own));
  TRY(const auto today, store_.count_asked(asker, now - kDayMs));
  if (today >= kMostAsksOfADay)
    return full(fmt::format("you asked {} questions within a day; try again tomorrow", today));
  return {};
}

// The facts of a question from what was stated and what is known of its target.
Result<> Desk::Impl::state_facts(Question& q, const Asking& asking, WallMs now) {
  if (asking.facts.all().size() > kMostFacts) return fail(Code::invalid, "too many facts are stated");
  for (const auto& fact : asking.facts.all()) {
    const auto index = policy::fact_index(fact.name);
    if (!index)
      return fail(Code::invalid, fmt::format("there is no fact '{}'; `ostiary policy facts` lists them",
                                             clean_text(fact.name, 100)));
    if (!fits(policy::fact_table()[*index].type, fact.value))
      return fail(Code::invalid, fmt::format("the fact '{}' is {}", fact.name,
                                             policy::name(policy::fact_table()[*index].type)));
    if (may_be_stated(fact.name) && !q.facts.find(fact.name))
      q.facts.set(fact.name, clean(fact.value), "asker");
  }
  set_if(q.facts, "tool", q.tool, "asker");
  set_if(q.facts, "target.model", q.model, "asker");
  set_if(q.facts, "target.service", q.service, "asker");
  set_if(q.facts, "target.surface", q.surface, "asker");
  set_if(q.facts, "output.use", q.output_use, "asker");
  if ((!q.data_classes.empty() || asking.no_data) && !q.facts.find("data.classes"))
    q.facts.set("data.classes", q.data_classes, "asker");
  if (q.reversible && !q.facts.find("output.reversible"))
    q.facts.set("output.reversible", *q.reversible, "asker");
  // A question that names no size is about none: rules about sizes, which the gate holds every request to,
  // are no reason to let its asker wait.
  for (const auto* size : {"data.attachments", "data.bytes", "data.lines", "data.tokens"})
    if (!q.facts.find(size)) q.facts.set(size, std::int64_t{0}, "desk");
  // What the configuration says of a service outweighs what somebody says of it.
  const auto* service = q.facts.find("target.service");
  const auto* id = service ? std::get_if<std::string>(&service->value) : nullptr;
  if (target_ && id && !id->empty())
    if (const auto known = target_(*id, q.model))
      for (const auto& fact : known->all())
        if (fact.name.starts_with("target.")) q.facts.set(fact.name, fact.value, fact.source);
  if (!q.team.empty()) q.facts.set("subject.team", q.team, "key");
  if (!q.asker.empty()) q.facts.set("subject.id", q.asker, "key");
  q.facts.set("time.now", rfc3339(now), "clock");
  return {};
}

Result<Kept> Desk::Impl::stated(const Asking& asking, const Actor& by, WallMs now) {
  TRY_VOID(check_use(asking.output_use));
  Kept kept;
  auto& q = kept.question;
  q.state = State::open;
  q.asker = by.subject;
  q.team = word(by.team);
  q.origin = asking.origin;
  q.link = clean_text(asking.link, 1000);
  if (!q.link.empty() && !is_web_link(q.link))
    return fail(Code::invalid, "the link must be an http or https URL");
  q.created = now;
  q.asked = now;
  kept.salt = new_salt();
  take_words(kept, asking);
  if (q.text.empty()) return fail(Code::invalid, "the question says nothing; write what you want to do");
  TRY_VOID(state_facts(q, asking, now));
  decide(q);
  q.fingerprint = fingerprint_of(q.text + " " + q.what_for, asked_facts(q), {});
  return kept;
}

// The same asker asks the same while it is open.
Result<Question> Desk::Impl::repeat(Kept kept, const Asking& asking, const Actor& by, WallMs now) {
  auto& q = kept.question;
  ++q.times;
  kept.touched = now;
  q.people_blocked = std::max(q.people_blocked, std::min(asking.people_blocked, kMostBlocked));
  if (asking.deadline) q.deadline = asking.deadline;
  Writing writing;
  writing.events.push_back({now, "repeated", actor_name(by), ""});
  writing.records.emplace_back("question-asked", asked_record(kept, key_of(by)));
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

Result<Question> Desk::Impl::ask(const Asking& asking, const Actor& by, WallMs now) {
  TRY(auto kept, stated(asking, by, now));
  auto& q = kept.question;
  TRY(auto linked, store_.find_link(name(q.origin), q.link));
  if (linked && (linked->asker == by.subject || by.answers)) return shown(linked->number, now);
  // Somebody whom nobody knows is nobody's same.
  if (!q.asker.empty()) {
    TRY(auto same, store_.find_same(q.asker, q.fingerprint));
    if (same) {
      TRY(auto before, load(std::move(*same)));
      return repeat(std::move(before), asking, by, now);
    }
  }
  TRY_VOID(check_room(q.asker, now));
  Writing writing;
  TRY_VOID(take_up(kept, writing, by, now));
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

Result<> Desk::Impl::take_up(Kept& kept, Writing& writing, const Actor& by, WallMs now) {
  auto& q = kept.question;
  const auto lane = lanes_->choose(q.facts);
  q.lane = lane.name;
  q.owner = lane.owner;
  q.escalate_to = lane.escalate_to;
  q.risk = lane.risk;
  kept.topic = topic_of(q);
  const auto who = q.origin == Origin::gate && q.text.empty() ? std::string("gate") : actor_name(by);
  writing.events.push_back({now, "asked", who, ""});
  writing.records.emplace_back("question-asked", asked_record(kept, who == "gate" ? who : key_of(by)));
  TRY(const bool answered, answer_by_precedent(kept, writing, now));
  if (!answered) (void)answer_by_policy(kept, writing, now);
  return {};
}

Result<const std::vector<Desk::Impl::Earlier>*> Desk::Impl::earlier() {
  if (earlier_known_) return &earlier_;
  earlier_.clear();
  TRY(const auto all, store_.precedents());
  for (const auto& stored : all) {
    TRY(const auto kept, from_stored(stored));
    const auto& q = kept.question;
    earlier_.push_back({.number = q.number,
                        .fingerprint = q.fingerprint,
                        .facts = facts_of_question(asked_facts(q)),
                        .asker = q.asker,
                        .use = use_of_refusal(q),
                        .in_force = q.precedent == Precedent::in_force && q.state == State::answered,
                        .from_gate = q.origin == Origin::gate,
                        .wording = wording_of(q.text.empty() ? q.title : q.text + " " + q.what_for)});
  }
  earlier_known_ = true;
  return &earlier_;
}

Result<std::uint64_t> Desk::Impl::match(Question& q) {
  TRY(const auto* const all, earlier());
  const auto facts = facts_of_question(asked_facts(q));
  const auto wording = wording_of(q.text + " " + q.what_for);
  const bool from_gate = q.origin == Origin::gate;
  const auto use = use_of_refusal(q);
  std::uint64_t exact = 0, alike = 0;
  std::vector<std::pair<double, std::uint64_t>> near;
  for (const auto& one : *all) {
    // A refusal has no words of its own: only the same rules, facts and use are the same.
    const bool same = one.fingerprint == q.fingerprint && one.from_gate == from_gate &&
                      (!from_gate || (!use.empty() && one.use == use));
    const bool said_alike =
        !from_gate && !one.from_gate && one.facts == facts && asks_the_same(one.wording, wording);
    if (one.in_force && same) exact = one.number;
    if (one.in_force && said_alike) alike = one.number;
    if (const auto how = likeness(one.wording, wording); !from_gate && how >= kNear)
      near.emplace_back(-how, one.number);
  }
  const auto found = exact != 0 ? exact : alike;
  std::ranges::sort(near);
  q.similar.clear();
  for (const auto& [how, number] : near)
    if (number != found && q.similar.size() < kMostSimilar) q.similar.push_back(number);
  return found;
}

void Desk::Impl::give_automatic(Kept& kept, Writing& writing, Answer answer, WallMs now) {
  auto& q = kept.question;
  answer.at = now;
  answer.automatic = true;
  if (allows(answer.ruling) && is_approvable(q)) answer.expires = approval_end(q, answer.expires, now);
  q.state = State::answered;
  q.first_answered = q.decided = now;
  if (q.answer) q.earlier.push_back(std::move(*q.answer));
  q.answer = answer;
  writing.events.push_back({now, "answered", answer.by, ""});
  writing.records.emplace_back("question-answered", answer_record(kept, answer, answer.by));
  writing.approvals = writing.approvals || is_approvable(q);
  writing.answers.push_back(std::move(answer));
}

Result<bool> Desk::Impl::answer_by_precedent(Kept& kept, Writing& writing, WallMs now) {
  TRY(const auto number, match(kept.question));
  if (number == 0 || !policy_) return false;  // without a document nothing is automatic
  TRY(const auto of, find(number));
  if (!of.question.answer || (of.question.answer->expires && *of.question.answer->expires <= now))
    return false;
  if (!clause_stands(*of.question.answer)) return false;
  auto answer = *of.question.answer;
  answer.by = "precedent";
  answer.precedent = number;
  give_automatic(kept, writing, std::move(answer), now);
  return true;
}

void Desk::Impl::decide(Question& q) {
  if (!policy_) return;
  const auto at_service = [&](std::string_view service) -> std::optional<policy::Facts> {
    const auto known = target_ ? target_(service, q.model) : std::nullopt;
    if (!known) return std::nullopt;
    policy::Facts facts;
    for (const auto* from : {&std::as_const(q.facts), &std::as_const(*known)})
      for (const auto& fact : from->all())
        if (fact.name.starts_with("target.") == (from != &q.facts))
          facts.set(fact.name, fact.value, fact.source);
    facts.set("target.service", std::string(service), "config");
    return facts;
  };
  q.decision = policy_->decide(q.facts, at_service);
  if (q.decision->stops() && q.decision->alternative.empty() && nearest_)
    q.decision->alternative = nearest_(q.facts);
}

bool Desk::Impl::answer_by_policy(Kept& kept, Writing& writing, WallMs now) {
  const auto& q = kept.question;
  if (!policy_ || !q.decision) return false;
  const auto& d = *q.decision;
  const auto& automatic = policy_->document().desk.automatic;
  const bool certain = d.missing.empty() && !d.would_be && d.mode == policy::Mode::enforce;
  // The asker who appeals reads another answer than the policy's.
  if (!certain || d.effect == policy::Effect::ask || !std::ranges::binary_search(automatic, d.effect))
    return false;
  Answer answer{.by = "policy", .rules = d.rules, .alternative = way_out(d)};
  const auto rules = joined_rules(d.rules);
  for (const auto& rule : d.rules)
    if (answer.clause.empty()) answer.clause = rule.clause;
  answer.clause_digest = clause_digest(policy_->document(), answer.clause);
  answer.ruling = d.effect == policy::Effect::deny    ? Ruling::deny
                  : d.effect == policy::Effect::allow ? Ruling::allow
                                                      : Ruling::allow_with_conditions;
  answer.reason = d.because.empty()
                      ? fmt::format("{} by {}", answer.ruling == Ruling::deny ? "Refused" : "Allowed", rules)
                      : d.because;
  std::vector<std::string> conditions;
  if (d.effect == policy::Effect::reroute)
    conditions.push_back(fmt::format("through the service {}", d.reroute_to));
  if (!d.redact_classes.empty())
    conditions.push_back(
        fmt::format("what is {} is masked before it leaves", fmt::join(d.redact_classes, ", ")));
  answer.conditions = fmt::format("{}", fmt::join(conditions, "; "));
  if (answer.ruling == Ruling::allow && !conditions.empty()) answer.ruling = Ruling::allow_with_conditions;
  give_automatic(kept, writing, std::move(answer), now);
  return true;
}

// The question that a request made before and that still says something about it: one that was allowed, and
// is stopped all the same, is asked anew.
Result<std::optional<Kept>> Desk::Impl::standing(const Refusal& refusal, WallMs now) {
  TRY(auto before, store_.find_request(refusal.request_fingerprint));
  if (!before) return std::nullopt;
  TRY(auto kept, load(std::move(*before)));
  const auto& q = kept.question;
  const bool allowed = q.state == State::answered && q.answer && allows(q.answer->ruling);
  const bool over = q.state == State::answered && q.answer && q.answer->expires && *q.answer->expires <= now;
  if (over || (allowed && is_approvable(q) && !approvals_->find(q.request_fingerprint, now)))
    return std::nullopt;
  return kept;
}

Result<Question> Desk::Impl::refused(const Refusal& refusal, WallMs now) {
  TRY(auto before, standing(refusal, now));
  if (before) {
    auto& kept = *before;
    if (now - kept.touched.value_or(0) < kSameRefusalMs) return std::move(kept.question);
    ++kept.question.times;
    kept.touched = now;
    kept.question.exchange = word(refusal.exchange);
    Writing nothing;
    TRY_VOID(commit(kept, nothing, now));
    return std::move(kept.question);
  }
  Kept kept;
  auto& q = kept.question;
  const bool asks = refusal.decision.effect == policy::Effect::ask;
  q.state = asks ? State::open : State::offered;
  q.origin = Origin::gate;
  q.asker = refusal.subject;
  q.team = refusal.team;
  q.tool = word(refusal.tool);
  q.model = word(refusal.model);
  q.service = word(refusal.service);
  q.surface = word(refusal.surface);
  q.output_use = word(refusal.output_use);
  q.data_classes = words(refusal.data_classes);
  q.exchange = word(refusal.exchange);
  q.decision = refusal.decision;
  q.facts = refusal.facts;
  q.request_fingerprint = refusal.request_fingerprint;
  q.approval_lasts_ms = refusal.approval_lasts_ms;
  q.created = now;
  kept.salt = new_salt();
  q.fingerprint = fingerprint_of("", asked_facts(q), refusal.decision.rules);
  Writing writing;
  if (asks) {
    TRY_VOID(check_room(q.asker, now));
    q.asked = now;
    TRY_VOID(take_up(kept, writing, {.subject = q.asker, .team = q.team}, now));
  } else {
    kept.topic = topic_of(q);
    writing.events.push_back({now, "offered", "gate", ""});
  }
  TRY_VOID(commit(kept, writing, now));
  return std::move(q);
}

Result<Question> Desk::Impl::raise(std::uint64_t number, const Asking& more, const Actor& by, WallMs now) {
  TRY(auto kept, find_visible(number, by));
  auto& q = kept.question;
  const bool own = !by.subject.empty() && by.subject == q.asker;
  if (!own) return fail(Code::denied, "a refusal is taken to the desk by whom it met");
  TRY_VOID(check_use(more.output_use));
  const bool offered = q.state == State::offered;
  const bool unsaid = q.state == State::open && q.text.empty();
  if (!offered && !unsaid) return wrong_state(q, "it was asked before; appeal against an answer, or reply");
  take_words(kept, more);
  if (offered) {
    TRY_VOID(check_room(q.asker, now));
    TRY_VOID(state_facts(q, more, now));
    q.state = State::open;
    q.asked = now;
  }
  Writing writing;
  if (offered) {
    TRY_VOID(take_up(kept, writing, by, now));
  } else {
    writing.events.push_back({now, "asked", actor_name(by), ""});
    writing.records.emplace_back("question-asked", asked_record(kept, key_of(by)));
  }
  TRY_VOID(commit(kept, writing, now));
  return shown(std::move(kept), now);
}

}  // namespace ostiary::desk
