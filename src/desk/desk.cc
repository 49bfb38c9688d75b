#include "desk/desk.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <tuple>

#include "base/hash.h"
#include "base/log.h"
#include "desk/impl/desk_impl.h"
#include "json/writer.h"

namespace ostiary::desk {

namespace {

constexpr std::size_t kLongestList = 1000;

std::vector<std::string> state_names(const std::vector<State>& states) {
  std::vector<std::string> names;
  for (const auto state : states) names.emplace_back(name(state));
  if (names.empty())
    for (const auto state : {State::open, State::waiting, State::answered, State::withdrawn, State::expired})
      names.emplace_back(name(state));
  return names;
}

std::unexpected<Error> not_there(std::uint64_t number) {
  return fail(Code::not_found, fmt::format("there is no question {}", number_text(number)));
}

// A question that waits, and how soon it is due: 0 already, 1 and 2 within the working times below, 3 later.
struct Queued {
  std::ptrdiff_t bucket = 0;
  WallMs due = 0;
  Kept kept;
};

// The last moments of what is due already, within one working hour, and within eight.
std::array<WallMs, 3> urgency_at(const Calendar& calendar, WallMs now) {
  constexpr std::uint64_t kHourMs = 3'600'000;
  return {now, calendar.after(now, kHourMs).value_or(INT64_MAX),
          calendar.after(now, 8 * kHourMs).value_or(INT64_MAX)};
}

}  // namespace

std::string text_digest(const std::string& salt, std::string_view text) {
  const auto raw = unhex(salt);
  if (text.empty() || !raw || raw->size() != Key256().size()) return {};
  Key256 key{};
  std::ranges::copy(*raw, key.begin());
  return hex(hmac_sha256(key, text));
}

std::string new_salt() {
  return hex(random_key());
}

std::string actor_name(const Actor& by) {
  return by.subject.empty() ? "local" : by.subject;
}

std::string key_of(const Actor& by) {
  return by.key.empty() ? "local" : by.key;
}

std::unexpected<Error> wrong_state(const Question& question, std::string_view what) {
  return fail(Code::exists,
              fmt::format("{} is {}: {}", number_text(question.number), name(question.state), what));
}

Result<> Desk::Impl::commit(Kept& kept, Writing& writing, WallMs now) {
  auto& q = kept.question;
  kept.remind = next_look(kept, *lanes_);
  store::QuestionChange change{.question = to_stored(kept), .answers = {}, .events = {}};
  for (const auto& answer : writing.answers) change.answers.push_back(to_stored(answer));
  for (const auto& event : writing.events)
    change.events.push_back({event.at, event.kind, event.by, event.note});
  TRY(q.number, store_.save(change, [&](std::uint64_t number) -> Result<> {
    const auto what = number_text(number);
    for (const auto& [action, detail] : writing.records)
      TRY_VOID(journal_.record({.at = now, .action = action, .what = what, .detail = detail}));
    return {};
  }));
  if (writing.precedents) earlier_known_ = false;
  if (writing.approvals || writing.precedents) {
    // What is not known to be approved is not.
    if (const auto read = read_approvals(); !read) {
      log::error("desk: the approvals cannot be read, and none holds until they can: " + read.error().text());
      publish(std::make_shared<const Approvals>());
    }
  }
  return {};
}

void Desk::Impl::publish(std::shared_ptr<const Approvals> approvals) {
  const std::lock_guard lock(approvals_mutex_);
  approvals_ = std::move(approvals);
}

Result<> Desk::Impl::read_answers(Kept& kept) {
  auto& q = kept.question;
  TRY(const auto answers, store_.answers(q.number));
  for (const auto& one : answers) {
    TRY(auto answer, from_stored(one));
    q.earlier.push_back(std::move(answer));
  }
  q.answer.reset();
  if (q.earlier.empty()) return {};
  q.answer = std::move(q.earlier.back());
  q.earlier.pop_back();
  return {};
}

Result<Kept> Desk::Impl::load(store::StoredQuestion stored) {
  TRY(auto kept, from_stored(std::move(stored)));
  TRY_VOID(read_answers(kept));
  return kept;
}

Result<Kept> Desk::Impl::find(std::uint64_t number) {
  TRY(auto stored, store_.find(number));
  return load(std::move(stored));
}

Result<Kept> Desk::Impl::find_visible(std::uint64_t number, const Actor& by) {
  TRY(auto kept, find(number));
  const bool own = !by.subject.empty() && by.subject == kept.question.asker;
  if (!own && !by.answers) return not_there(number);
  return kept;
}

Result<Question> Desk::Impl::shown(Kept kept, WallMs now) {
  auto& q = kept.question;
  TRY(const auto events, store_.events(q.number));
  q.events.clear();
  for (const auto& event : events) q.events.push_back({event.at, event.kind, event.by, event.note});
  set_clocks(kept, *lanes_, now);
  return std::move(q);
}

Result<Question> Desk::Impl::shown(std::uint64_t number, WallMs now) {
  TRY(auto kept, find(number));
  return shown(std::move(kept), now);
}

Result<> Desk::Impl::read_approvals() {
  auto next = std::make_shared<Approvals>();
  TRY(const auto all, store_.approved(0));
  for (const auto& stored : all) {
    TRY(const auto kept, from_stored(stored));
    const auto& q = kept.question;
    if (!is_approvable(q) || !q.answer || !allows(q.answer->ruling) || !q.answer->expires) continue;
    if (!clause_stands(*q.answer)) continue;
    if (q.answer->precedent != 0) {
      const auto of = store_.find(q.answer->precedent);
      if (!of || of->precedent != name(Precedent::in_force)) continue;
    }
    next->add(q.request_fingerprint,
              {.question = q.number, .from = q.answer->at, .expires = *q.answer->expires});
  }
  publish(std::move(next));
  return {};
}

Result<std::vector<Question>> Desk::Impl::precedents(WallMs now) {
  TRY(auto stored, store_.precedents());
  std::vector<Question> all;
  for (auto& one : stored) {
    TRY(auto kept, load(std::move(one)));
    set_clocks(kept, *lanes_, now);
    all.push_back(std::move(kept.question));
  }
  return all;
}

Desk::Desk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Desk::~Desk() = default;

Result<std::unique_ptr<Desk>> Desk::open(store::Questions& questions, Journal& journal) {
  auto impl = std::make_unique<Impl>(questions, journal);
  TRY_VOID(impl->read_approvals());
  return std::unique_ptr<Desk>(new Desk(std::move(impl)));
}

std::shared_ptr<const Approvals> Desk::approvals() const {
  const std::lock_guard lock(impl_->approvals_mutex_);
  return impl_->approvals_;
}

Result<> Desk::use_policy(std::shared_ptr<const policy::Policy> policy, FactsOfTarget target,
                          NearestAllowed nearest, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->use_policy(std::move(policy), std::move(target), std::move(nearest), now);
}

Result<Question> Desk::ask(const Asking& asking, const Actor& by, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->ask(asking, by, now);
}

Result<Question> Desk::refused(const Refusal& refusal, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->refused(refusal, now);
}

Result<Question> Desk::raise(std::uint64_t number, const Asking& more, const Actor& by, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->raise(number, more, by, now);
}

Result<Question> Desk::find(std::uint64_t number, const Actor& by, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  TRY(auto kept, impl_->find_visible(number, by));
  return impl_->shown(std::move(kept), now);
}

Result<std::vector<Question>> Desk::list(const Filter& filter, const Actor& by, WallMs now) {
  if (!by.answers && by.subject.empty()) return std::vector<Question>();
  const std::lock_guard lock(impl_->mutex_);
  TRY(auto stored, impl_->store_.list({.states = state_names(filter.states),
                                       .teams = filter.teams,
                                       .asker = by.answers ? filter.asker : by.subject,
                                       .lane = filter.lane,
                                       .after = filter.after,
                                       .most = std::min(filter.most, kLongestList)}));
  std::vector<Question> all;
  for (auto& one : stored) {
    TRY(auto kept, impl_->load(std::move(one)));
    set_clocks(kept, *impl_->lanes_, now);
    all.push_back(std::move(kept.question));
  }
  return all;
}

// The places of all are found outside the lock; of those that are shown answers are read.
Result<std::vector<Question>> Desk::queue(const Actor& by, WallMs now) {
  if (!by.answers) return fail(Code::denied, "the queue is for those who answer");
  std::vector<store::StoredQuestion> stored;
  std::shared_ptr<const Lanes> lanes;
  {
    const std::lock_guard lock(impl_->mutex_);
    TRY(stored, impl_->store_.in_state(name(State::open)));
    lanes = impl_->lanes_;
  }
  const auto urgency = urgency_at(lanes->calendar(), now);
  std::vector<Queued> all;
  for (auto& one : stored) {
    TRY(auto kept, from_stored(std::move(one)));
    set_clocks(kept, *lanes, now);
    const auto& q = kept.question;
    const auto due = std::min({q.first_answer.due.value_or(INT64_MAX),
                               q.until_decision.due.value_or(INT64_MAX), q.deadline.value_or(INT64_MAX)});
    const auto bucket = std::ranges::lower_bound(urgency, due) - urgency.begin();
    all.push_back({bucket, due, std::move(kept)});
  }
  const auto before = [](const Queued& a, const Queued& b) {
    const auto place = [](const Queued& one) {
      const auto& q = one.kept.question;
      return std::tuple(one.bucket, ~q.people_blocked, -static_cast<int>(q.risk), one.due, q.number);
    };
    return place(a) < place(b);
  };
  const auto shown = std::min(all.size(), kLongestList);
  std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(shown), before);
  all.resize(shown);
  std::vector<Question> out;
  const std::lock_guard lock(impl_->mutex_);
  for (auto& one : all) {
    TRY_VOID(impl_->read_answers(one.kept));
    out.push_back(std::move(one.kept.question));
  }
  return out;
}

Result<Question> Desk::ask_back(std::uint64_t number, std::string_view note, const Actor& by, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->ask_back(number, note, by, now);
}

Result<Question> Desk::reply(std::uint64_t number, std::string_view note, const Actor& by, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->reply(number, note, by, now);
}

Result<Question> Desk::answer(std::uint64_t number, const AnswerWish& wish, const Actor& by, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->answer(number, wish, by, now);
}

Result<Question> Desk::appeal(std::uint64_t number, std::string_view why, const Actor& by, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->appeal(number, why, by, now);
}

Result<Question> Desk::withdraw(std::uint64_t number, std::string_view why, const Actor& by, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->withdraw(number, why, by, now);
}

Result<Question> Desk::assign(std::uint64_t number, std::string_view owner, const Actor& by, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->assign(number, owner, by, now);
}

Result<Question> Desk::make_precedent(std::uint64_t number, std::string_view title, std::string_view clause,
                                      const Actor& by, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->make_precedent(number, title, clause, by, now);
}

Result<Question> Desk::end_precedent(std::uint64_t number, std::string_view why, const Actor& by,
                                     WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->end_precedent(number, why, by, now);
}

Result<std::vector<Question>> Desk::precedents(WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->precedents(now);
}

Result<Proposal> Desk::propose_rule(std::uint64_t number, const RuleWish& wish, std::string_view document,
                                    const Actor& by, WallMs now) {
  if (!by.answers) return fail(Code::denied, "rules are proposed by those who answer");
  std::optional<Question> question;
  {
    const std::lock_guard lock(impl_->mutex_);
    TRY(auto kept, impl_->find(number));
    question = std::move(kept.question);
  }
  return desk::propose_rule(*question, wish, document, "policy.md", now);
}

Result<std::vector<Escalation>> Desk::tick(WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->tick(now);
}

Result<Stats> Desk::stats(WallMs from, WallMs to, WallMs now) {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->stats(from, to, now);
}

Result<std::vector<Asked>> Desk::asked_often(WallMs from, std::uint64_t more_than) {
  const std::lock_guard lock(impl_->mutex_);
  return desk::asked_often(impl_->store_, from, more_than);
}

Result<> Desk::subject_erased() {
  const std::lock_guard lock(impl_->mutex_);
  impl_->earlier_known_ = false;
  return impl_->read_approvals();
}

}  // namespace ostiary::desk
