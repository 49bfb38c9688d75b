#include "watch/events.h"

#include <algorithm>
#include <array>

#include "json/writer.h"

namespace ostiary::watch {

namespace {

constexpr std::array kKinds = std::to_array<EventKind>({
    {"exchange.notice", "an exchange met a rule with the obligation notify, which names this webhook", false},
    {"policy.changed", "another version of the policy is in force"},
    {"question.answered", "a question was answered, also automatically, or its answer was changed"},
    {"question.asked", "a question came to the desk, or came back to it"},
    {"question.escalated", "a question is about to miss its target"},
    {"review.due", "something of the policy is due for review"},
    {"webhook.gap", "events were missed, because as many waited for this webhook as may", false},
});

}  // namespace

std::span<const EventKind> event_kinds() {
  return kKinds;
}

const EventKind* find_event_kind(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name, &EventKind::name);
  return found == kKinds.end() ? nullptr : &*found;
}

std::string body_of(const Event& event) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("data");
  w.raw(event.data.empty() ? std::string_view("{}") : std::string_view(event.data));
  w.member("timestamp", rfc3339(event.at));
  w.member("type", event.type);
  w.end_object();
  return out;
}

}  // namespace ostiary::watch
