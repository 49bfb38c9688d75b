#include "policy/due.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "base/text.h"

namespace ostiary::policy {

namespace {

constexpr WallMs kDay = 86'400'000;

std::string day_of(WallMs at) {
  return rfc3339(at).substr(0, 10);
}

// "today", "in 3 days", "2 days ago"
std::string when(WallMs day, WallMs now) {
  const auto days = (day - (now - now % kDay)) / kDay;
  if (days == 0) return "today";
  if (days == 1 || days == -1) return days > 0 ? "tomorrow" : "yesterday";
  return days > 0 ? fmt::format("in {} days", days) : fmt::format("{} days ago", -days);
}

class Collector {
 public:
  Collector(const Document& document, WallMs now, const Seen& seen) : d_(document), now_(now), seen_(seen) {}
  std::vector<Due> run() {
    dates();
    for (const auto& rule : d_.rules) ends(rule);
    fired();
    asked();
    news();
    std::ranges::sort(out_, {}, [](const Due& due) {
      return std::tuple(!due.overdue, due.date.empty(), due.date, due.kind, due.name);
    });
    return std::move(out_);
  }

 private:
  Place front_place(std::string_view name) const {
    const auto at = d_.front.find(name);
    return at == d_.front.end() ? Place{1, 1} : at->second;
  }
  void dates();
  void ends(const Rule& rule);
  void fired();
  void asked();
  void news();

  const Document& d_;
  WallMs now_;
  const Seen& seen_;
  std::vector<Due> out_;
};

void Collector::dates() {
  const auto ahead = static_cast<WallMs>(d_.review.before_ms);
  if (const auto by = parse_moment(d_.review_by); by && now_ + ahead >= *by) {
    const bool over = *by + kDay <= now_;
    out_.push_back(
        {.kind = "review",
         .name = {},
         .text = fmt::format("The review {} due by {} ({}); review the document and set a new date.",
                             over ? "was" : "is", d_.review_by, when(*by, now_)),
         .clause = {},
         .date = d_.review_by,
         .overdue = over,
         .place = front_place("review-by")});
  }
  const auto from = parse_moment(d_.effective);
  if (!from) return;
  const bool begun = *from <= now_;
  if (d_.status == Status::draft ? now_ + ahead >= *from : !begun)
    out_.push_back(
        {.kind = "effective",
         .name = {},
         .text =
             d_.status == Status::in_force
                 ? fmt::format("The document is in force from {} ({}) and decides already.", d_.effective,
                               when(*from, now_))
                 : fmt::format("The document {} in force from {} ({}) and is a draft; have it approved, or "
                               "set another date.",
                               begun ? "was to be" : "is to be", d_.effective, when(*from, now_)),
         .clause = {},
         .date = d_.effective,
         .overdue = begun && d_.status == Status::draft,
         .place = front_place("effective")});
}

void Collector::ends(const Rule& rule) {
  if (!rule.until) return;
  const auto last = *rule.until - 1;  // the last moment at which it holds
  const bool over = *rule.until <= now_;
  if (!over && now_ + static_cast<WallMs>(d_.review.exceptions_before_ms) < last) return;
  const bool exception = !rule.exception_of.empty();
  out_.push_back(
      {.kind = exception ? "exception" : "rule",
       .name = rule.id,
       .text = fmt::format(
           "{} '{}'{} {} with {} ({}); {}.", exception ? "The exception" : "The rule", rule.id,
           exception ? fmt::format(" of '{}'", rule.exception_of) : "", over ? "ended" : "ends", day_of(last),
           when(last, now_),
           over ? "take it out, or decide anew" : "decide whether it goes on, and tell those who use it"),
       .clause = rule.clause,
       .date = day_of(last),
       .overdue = over,
       .place = rule.until_place});
}

void Collector::fired() {
  if (!d_.review.rule_fired) return;
  const auto& often = *d_.review.rule_fired;
  for (const auto& count : seen_.fired) {
    const auto rule = std::ranges::find(d_.rules, count.name, &Rule::id);
    if (count.count <= often.more_than || (rule == d_.rules.end() && count.name != "default")) continue;
    const auto who = count.name == "default" ? std::string("What no rule names")
                                             : fmt::format("The rule '{}'", count.name);
    out_.push_back({.kind = "fired",
                    .name = count.name,
                    .text = fmt::format(
                        "{} decided {} requests within {}, which is more than {}; ask whether it says what "
                        "is meant.",
                        who, count.count, text::format_duration_ms(often.within_ms), often.more_than),
                    .clause = rule == d_.rules.end() ? std::string() : rule->clause,
                    .date = {},
                    .overdue = false,
                    .place = rule == d_.rules.end() ? Place{} : rule->place});
  }
}

void Collector::asked() {
  if (!d_.review.question_asked) return;
  const auto& often = *d_.review.question_asked;
  for (const auto& count : seen_.asked)
    if (count.count > often.more_than)
      out_.push_back(
          {.kind = "asked",
           .name = count.name,
           .text = fmt::format(
               "“{}” was asked {} times within {}, which is more than {}; let the document answer it.",
               count.name, count.count, text::format_duration_ms(often.within_ms), often.more_than),
           .clause = {},
           .date = {},
           .overdue = false,
           .place = {}});
}

// What is newer than the document's last review.
void Collector::news() {
  const auto since = seen_.reviewed_at > 0 ? seen_.reviewed_at : parse_moment(d_.effective).value_or(0);
  const auto add = [&](std::string_view kind, const std::string& name, std::string text, WallMs at) {
    out_.push_back({.kind = std::string(kind),
                    .name = name,
                    .text = std::move(text),
                    .clause = {},
                    .date = at > 0 ? day_of(at) : std::string(),
                    .overdue = false,
                    .place = {}});
  };
  if (seen_.catalog_at > since && since > 0)
    add("catalog", {},
        fmt::format("The catalogue has entries of {}, newer than the document's last review ({}); see "
                    "whether they matter.",
                    day_of(seen_.catalog_at), day_of(since)),
        seen_.catalog_at);
  for (const auto& one : seen_.terms)
    if (one.at > since)
      add("terms", one.name,
          fmt::format("The terms changed: {} {}; see whether the rules about it still say what is meant.",
                      one.name, one.text),
          one.at);
  for (const auto& one : seen_.features)
    if (one.at > since)
      add("feature", one.name,
          fmt::format("{} has something new: {}; say whether it may be used.", one.name, one.text), one.at);
}

}  // namespace

std::vector<Due> due(const Document& document, WallMs now, const Seen& seen) {
  return Collector(document, now, seen).run();
}

}  // namespace ostiary::policy
