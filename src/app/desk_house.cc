#include "app/desk_house.h"

#include <algorithm>
#include <chrono>
#include <pthread.h>
#include <signal.h>
#include <utility>

#include "base/log.h"
#include "desk/question_told.h"
#include "ledger/record.h"
#include "policy/alternative.h"
#include "watch/events.h"

namespace ostiary::app {

namespace {

constexpr std::chrono::seconds kBetween{30};  // two looks at the clocks
constexpr MonoNs kHourNs = 3'600'000'000'000;
// Bytes of a question that webhooks are told of, so that an event holds it and what else it says.
constexpr std::size_t kMostTold = watch::kMostData / 4 * 3;

std::string text_of(const policy::Facts& facts, std::string_view name) {
  const auto* fact = facts.find(name);
  const auto* text = fact ? std::get_if<std::string>(&fact->value) : nullptr;
  return text ? *text : std::string();
}

policy::Facts facts_of(const policy::Decision& decision) {
  policy::Facts facts;
  for (const auto& fact : decision.facts) facts.set(fact.name, fact.value, fact.source);
  return facts;
}

desk::Refusal refusal_of(const gateway::Refusal& from) {
  desk::Refusal refusal;
  refusal.subject = from.subject;
  refusal.team = from.team;
  refusal.tool = from.tool;
  refusal.service = from.service;
  refusal.model = from.model;
  refusal.surface = from.surface;
  refusal.data_classes = from.classes;
  refusal.exchange = from.exchange.text();
  refusal.decision = from.decision;
  refusal.facts = facts_of(from.decision);
  refusal.output_use = text_of(refusal.facts, "output.use");
  refusal.request_fingerprint = from.fingerprint;
  refusal.approval_lasts_ms = from.approval_lasts_ms;
  return refusal;
}

// The facts of the same made another way; nothing where that is none.
std::optional<policy::Facts> facts_of_way(const policy::Facts& asked, const policy::Alternative& way,
                                          const desk::FactsOfTarget& target) {
  policy::Facts facts;
  for (const auto& fact : asked.all()) {
    if (!way.service.empty() && fact.name.starts_with("target.")) continue;
    auto value = fact.value;
    if (auto* classes = std::get_if<std::vector<std::string>>(&value); classes && fact.name == "data.classes")
      std::erase_if(*classes, [&](const std::string& one) {
        return std::ranges::find(way.masked, one) != way.masked.end();
      });
    facts.set(fact.name, std::move(value), fact.source);
  }
  if (way.service.empty()) return facts;
  const auto there = target(way.service, text_of(asked, "target.model"));
  if (!there) return std::nullopt;
  for (const auto& fact : there->all())
    if (fact.name.starts_with("target.")) facts.set(fact.name, fact.value, fact.source);
  return facts;
}

std::string nearest_way(const policy::Policy& policy, const policy::Facts& asked,
                        const desk::FactsOfTarget& target, const std::vector<std::string>& services) {
  std::vector<policy::Alternative> places = {{}};
  for (const auto& service : services)
    if (service != text_of(asked, "target.service")) places.push_back({service, "", {}});
  std::vector<std::string> maskable;
  if (const auto* fact = asked.find("data.classes"))
    if (const auto* classes = std::get_if<std::vector<std::string>>(&fact->value)) maskable = *classes;
  const auto way = policy::nearest_alternative(
      [&](const policy::Facts& facts) { return policy.decide(facts); },
      [&](const policy::Alternative& one) { return facts_of_way(asked, one, target); }, places, maskable);
  return way ? way->text() : std::string();
}

}  // namespace

Result<std::unique_ptr<DeskHouse>> DeskHouse::open(const std::string& data_folder, ledger::Ledger* ledger) {
  std::unique_ptr<DeskHouse> house(new DeskHouse(ledger));
  house->questions_ = store::open_questions(data_folder + "/store.sqlite");
  TRY(house->desk_, desk::Desk::open(*house->questions_, *house));
  return house;
}

DeskHouse::~DeskHouse() {
  stop_clocks();
}

Result<> DeskHouse::record(const desk::Change& change) {
  if (!ledger_) return fail(Code::unavailable, "there is no ledger to record it in");
  std::string line;
  ledger::append_change(line, change.at, change.action, change.what, change.detail);
  ledger::Batch batch;
  batch.add(line);
  return ledger_->append(batch);
}

Result<> DeskHouse::use(const PolicyInForce& policy, desk::FactsOfTarget target, Services services) {
  desk::NearestAllowed nearest;
  if (policy.policy && target && services)
    nearest = [policy = policy.policy, target, services = std::move(services)](const policy::Facts& facts) {
      return nearest_way(*policy, facts, target, services());
    };
  return desk_->use_policy(policy.policy, std::move(target), std::move(nearest), wall_now());
}

void DeskHouse::watch_clocks(std::function<void(WallMs now)> hourly) {
  hourly_ = std::move(hourly);
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the program's
  thread_ = std::thread([this] { watch(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_setname_np(thread_.native_handle(), "desk");
}

void DeskHouse::stop_clocks() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void DeskHouse::watch() {
  bool complained = false;
  std::optional<MonoNs> last;
  for (;;) {
    if (hourly_ && (!last || mono_now() - *last >= kHourNs)) {
      last = mono_now();
      hourly_(wall_now());
    }
    const auto due = desk_->tick(wall_now());
    if (!due && !std::exchange(complained, true))
      log::error("the desk's clocks cannot be looked at: " + due.error().text());
    if (due) complained = false;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kBetween, [this] { return stop_; });
    if (stop_) return;
  }
}

std::string DeskHouse::json_of(std::string_view number) {
  std::string out;
  const auto wanted = desk::parse_number(number);
  if (!wanted) return out;
  const desk::Actor anybody{.subject = {}, .team = {}, .answers = true, .key = "local"};
  if (const auto question = desk_->find(*wanted, anybody, wall_now()))
    desk::append_json_within(out, *question, kMostTold);
  return out;
}

Result<std::string> DeskHouse::question_for(const gateway::Refusal& refusal) {
  TRY(const auto question, desk_->refused(refusal_of(refusal), wall_now()));
  return desk::number_text(question.number);
}

std::optional<gateway::Approval> DeskHouse::approved(std::string_view fingerprint, WallMs now) const {
  const auto approvals = desk_->approvals();
  const auto* found = approvals->find(fingerprint, now);
  if (!found) return std::nullopt;
  return gateway::Approval{
      .question = desk::number_text(found->question), .granted = found->from, .expires = found->expires};
}

}  // namespace ostiary::app
