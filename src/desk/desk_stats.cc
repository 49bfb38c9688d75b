// What `desk stats` tells, and what is asked often.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <tuple>

#include "desk/impl/desk_impl.h"

namespace ostiary::desk {

namespace {

constexpr std::size_t kMostTopics = 20, kMostNumbers = 10;

// Nearest rank.
std::optional<std::uint64_t> percentile(std::vector<std::uint64_t>& sorted, unsigned percent) {
  if (sorted.empty()) return std::nullopt;
  const auto rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

Times times_of(std::vector<std::uint64_t> all) {
  std::ranges::sort(all);
  return {.count = all.size(), .p50_ms = percentile(all, 50), .p90_ms = percentile(all, 90)};
}

template <class T>
void keep_latest(T& topic, std::uint64_t number) {
  topic.numbers.insert(topic.numbers.begin(), number);
  if (topic.numbers.size() > kMostNumbers) topic.numbers.pop_back();
}

// The clause that a question is about.
std::string clause_about(const Question& q) {
  if (q.answer && !q.answer->clause.empty()) return q.answer->clause;
  if (q.decision)
    for (const auto& rule : q.decision->rules)
      if (!rule.clause.empty()) return rule.clause;
  return {};
}

std::string advice_for(const Topic& topic) {
  const auto where = topic.clause.empty() ? std::string("a new clause") : "#" + topic.clause;
  const auto decided = topic.allowed + topic.denied;
  if (decided == 0) return fmt::format("nothing was decided yet; {} should say who decides", where);
  if (topic.denied == 0)
    return fmt::format("every answer allowed it: say so in {}, with its conditions", where);
  if (topic.allowed == 0)
    return fmt::format("every answer refused it: say in {} why, and what to do instead", where);
  return fmt::format("answers differ: say in {} what makes the difference", where);
}

template <class T>
std::vector<T> most_first(std::map<std::string, T>& by_topic) {
  std::vector<T> all;
  for (auto& [name, topic] : by_topic) all.push_back(std::move(topic));
  std::ranges::sort(
      all, [](const T& a, const T& b) { return std::tie(b.count, a.topic) < std::tie(a.count, b.topic); });
  return all;
}

}  // namespace

Result<Stats> Desk::Impl::stats(WallMs from, WallMs to, WallMs now) {
  TRY(auto stored, store_.created_in(from, to));
  Stats out;
  out.from = from;
  out.to = to;
  std::vector<std::uint64_t> first, decision, automatic;
  std::map<std::string, Topic> topics;
  for (auto& one : stored) {
    if (one.state == name(State::offered)) continue;
    TRY(auto kept, from_stored(std::move(one)));
    auto& q = kept.question;
    set_clocks(kept, *lanes_, now);
    ++out.asked;
    out.open += q.state == State::open;
    out.waiting += q.state == State::waiting;
    out.withdrawn += q.state == State::withdrawn;
    out.expired += q.state == State::expired;
    out.answered += q.answer.has_value();
    const bool by_machine = q.answer && !kept.people && q.answer->automatic;
    out.automatic += by_machine;
    out.reversed += kept.reversed;
    out.reversed_automatic += kept.reversed_automatic;
    const bool late = q.state == State::open && (q.first_answer.breached || q.until_decision.breached);
    out.breached += kept.breached || late;
    if (kept.first_ms) first.push_back(*kept.first_ms);
    if (kept.decision_ms) decision.push_back(*kept.decision_ms);
    if (by_machine)
      automatic.push_back(static_cast<std::uint64_t>(std::max<WallMs>(q.answer->at - q.created, 0)));
    auto& topic = topics[kept.topic];
    topic.topic = kept.topic;
    if (topic.clause.empty()) topic.clause = clause_about(q);
    topic.count += q.times;
    topic.automatic += by_machine;
    if (q.answer) ++(allows(q.answer->ruling) ? topic.allowed : topic.denied);
    keep_latest(topic, q.number);
  }
  out.first_answer = times_of(std::move(first));
  out.decision = times_of(std::move(decision));
  out.automatic_answer = times_of(std::move(automatic));
  out.topics = most_first(topics);
  if (out.topics.size() > kMostTopics) out.topics.resize(kMostTopics);
  for (auto& topic : out.topics) topic.advice = advice_for(topic);
  return out;
}

Result<std::vector<Asked>> asked_often(store::Questions& questions, WallMs from, std::uint64_t more_than) {
  TRY(auto stored, questions.created_in(from, INT64_MAX));
  std::map<std::string, Asked> topics;
  for (auto& one : stored) {
    auto& topic = topics[one.topic];
    topic.topic = one.topic;
    topic.count += one.times;
    keep_latest(topic, one.number);
    if (!topic.clause.empty()) continue;
    TRY(const auto kept, from_stored(std::move(one)));
    topic.clause = clause_about(kept.question);
  }
  auto all = most_first(topics);
  std::erase_if(all, [&](const Asked& topic) { return topic.count <= more_than; });
  return all;
}

}  // namespace ostiary::desk
