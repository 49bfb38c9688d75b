#include "app/reviews.h"

#include "base/hash.h"
#include "base/log.h"
#include "console/policy_seen.h"
#include "json/writer.h"
#include "policy/due.h"

namespace ostiary::app {

namespace {

constexpr std::string_view kSource = "review";

void write_text(json::Writer& w, std::string_view name, const std::string& text) {
  w.key(name);
  if (text.empty())
    w.null();
  else
    w.string(text);
}

watch::Event event_of(const policy::Due& due, std::string id, WallMs now) {
  watch::Event event{.type = "review.due", .data = {}, .at = now, .id = std::move(id)};
  json::Writer w(event.data);
  w.begin_object();
  write_text(w, "clause", due.clause);
  write_text(w, "date", due.date);
  w.member("kind", due.kind);
  write_text(w, "name", due.name);
  w.member("overdue", due.overdue);
  w.member("text", due.text);
  w.end_object();
  return event;
}

// The same reason of the same version is told once, and once more where it is overdue.
std::string id_of(const policy::Due& due, const policy::Document& document) {
  const auto digest = sha256(document.version + "\n" + due.kind + "\n" + due.name + "\n" + due.date + "\n" +
                             (due.overdue ? "overdue" : ""));
  return "msg_review-" + hex(digest).substr(0, 32);
}

policy::Seen seen_by(const std::string& data_folder, desk::Desk& desk, const policy::Document& document,
                     WallMs now) {
  policy::Seen seen;
  console::add_catalogue(seen, document);
  seen.reviewed_at = console::in_force_since(data_folder, document);
  const auto& often = document.review.question_asked;
  if (!often) return seen;
  const auto asked = desk.asked_often(now - static_cast<WallMs>(often->within_ms), often->more_than);
  if (!asked) log::warn("review of the policy: " + asked.error().text());
  if (asked)
    for (const auto& one : *asked) seen.asked.push_back({one.topic, one.count});
  return seen;
}

}  // namespace

void tell_reviews(const PolicyInForce& policy, const std::string& data_folder, desk::Desk& desk,
                  HookHouse& hooks, WallMs now) {
  if (!policy.policy || hooks.out().none()) return;
  const auto& document = policy.policy->document();
  for (const auto& due : policy::due(document, now, seen_by(data_folder, desk, document, now))) {
    auto id = id_of(due, document);
    const auto known = hooks.out().queue().was_seen(kSource, id);
    if (known && *known) continue;
    auto told = known ? hooks.out().put(event_of(due, id, now)) : Result<>(std::unexpected(known.error()));
    if (told) told = hooks.out().queue().remember(kSource, id, now);
    if (!told) return log::error("webhooks cannot be told of what is due for review: " + told.error().text());
  }
}

}  // namespace ostiary::app
