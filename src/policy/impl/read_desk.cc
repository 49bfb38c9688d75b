// What the document says about questions: `desk` of the data blocks.

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/text.h"
#include "base/zone.h"
#include "policy/impl/reader.h"
#include "policy/impl/values.h"

namespace ostiary::policy {

namespace {

constexpr std::size_t kMostLanes = 100, kMostHolidays = 1000, kMostSpans = 12;
constexpr std::array<std::string_view, 3> kRisks = {"low", "medium", "high"};
constexpr std::array<std::string_view, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                   "friday", "saturday", "sunday"};

// "09:30" as minutes; 24:00 is the end of the day.
std::optional<std::uint16_t> minutes_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 2 || text.size() != colon + 3)
    return std::nullopt;
  const auto hour = text::parse_uint(text.substr(0, colon)),
             minute = text::parse_uint(text.substr(colon + 1));
  if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > 1440) return std::nullopt;
  return static_cast<std::uint16_t>(*hour * 60 + *minute);
}

std::optional<WorkingTime::Span> span_of(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = minutes_of(text::trim(text.substr(0, dash)));
  const auto to = minutes_of(text::trim(text.substr(dash + 1)));
  if (!from || !to || *from >= *to) return std::nullopt;
  return WorkingTime::Span{*from, *to};
}

}  // namespace

void BlockReader::desk(std::string_view yaml) {
  // What is wrong with the YAML itself has been told.
  const auto root = yaml::parse(yaml, "", {.max_bytes = r_.limits.max_bytes});
  if (!root || root->kind != Kind::mapping) return;
  const auto member = std::ranges::find(root->members, "desk", &yaml::Member::name);
  if (member == root->members.end()) return;
  auto& desk = r_.document.desk;
  if (desk.place.line != 0)
    return error("duplicate-id",
                 fmt::format("'desk' stands in line {} already; write all of it there", desk.place.line),
                 at(*member));
  desk.place = at(*member);
  if (member->value.kind != Kind::mapping)
    return error("wrong-type", "'desk' takes 'automatic-answers', 'working-time' and 'lanes'",
                 at(member->value));
  for (const auto& part : member->value.members) desk_member(part);
}

void BlockReader::desk_member(const yaml::Member& member) {
  if (member.name == "automatic-answers") return automatic(member);
  if (member.name == "working-time") return working_time(member.value);
  if (member.name != "lanes")
    return unknown(member, {"automatic-answers", "working-time", "lanes"}, "'desk'");
  if (member.value.kind != Kind::mapping)
    return error("wrong-type",
                 "'lanes' takes names with what holds for each, such as 'usual: {owner: legal}'",
                 at(member.value));
  for (const auto& part : member.value.members) lane(part);
}

void BlockReader::automatic(const yaml::Member& member) {
  auto& effects = r_.document.desk.automatic;
  for (const auto& text : texts(member)) {
    const auto effect = parse_effect(text);
    if (!effect || *effect == Effect::ask)
      error("wrong-value",
            "'automatic-answers' is a list of allow, redact, reroute and deny; what a rule asks about is "
            "answered by people",
            at(member.value));
    else
      effects.push_back(*effect);
  }
  std::ranges::sort(effects);
}

void BlockReader::working_time(const yaml::Node& node) {
  if (node.kind != Kind::mapping)
    return error("wrong-type", "'working-time' takes 'zone', 'days', 'hours' and 'holidays'", at(node));
  for (const auto& member : node.members) working_time_member(member);
}

void BlockReader::working_time_member(const yaml::Member& member) {
  if (member.name == "zone") return zone(member);
  if (member.name == "days") return days(member);
  if (member.name == "hours") return hours(member);
  if (member.name == "holidays") return holidays(member);
  unknown(member, {"zone", "days", "hours", "holidays"}, "'working-time'");
}

void BlockReader::zone(const yaml::Member& member) {
  auto name = text(member);
  if (const auto found = Zone::find(name); !found)
    return error("wrong-value", found.error().message, at(member.value));
  r_.document.desk.working_time.zone = std::move(name);
}

void BlockReader::days(const yaml::Member& member) {
  std::uint8_t set = 0;
  for (const auto& text : texts(member)) {
    const auto day = std::ranges::find(kDays, text);
    if (day == kDays.end())
      return error("wrong-value", fmt::format("'{}' is no day of the week; write monday to sunday", text),
                   at(member.value));
    set = static_cast<std::uint8_t>(set | 1U << (day - kDays.begin()));
  }
  if (set == 0) return error("wrong-value", "'days' needs at least one day", at(member.value));
  r_.document.desk.working_time.days = set;
}

void BlockReader::hours(const yaml::Member& member) {
  std::vector<WorkingTime::Span> spans;
  for (const auto& text : texts(member)) {
    const auto span = span_of(text);
    if (!span)
      return error("wrong-value", "'hours' is from and to, such as 09:00-17:30, or a list of these",
                   at(member.value));
    spans.push_back(*span);
  }
  std::ranges::sort(spans, {}, &WorkingTime::Span::from);
  for (std::size_t i = 1; i < spans.size(); ++i)
    if (spans[i].from <= spans[i - 1].to)
      return error("wrong-value", "two of the 'hours' overlap or touch; write them as one", at(member.value));
  if (spans.empty() || spans.size() > kMostSpans)
    return error("wrong-value", fmt::format("'hours' needs 1 to {} spans", kMostSpans), at(member.value));
  r_.document.desk.working_time.hours = std::move(spans);
}

void BlockReader::holidays(const yaml::Member& member) {
  auto& days = r_.document.desk.working_time.holidays;
  for (const auto& text : texts(member)) {
    const auto moment = text.size() == 10 ? parse_moment(text) : std::nullopt;
    if (!moment)
      return error("wrong-value", fmt::format("'{}' is no date; write YYYY-MM-DD", text), at(member.value));
    days.push_back(*moment / 86'400'000);
  }
  if (days.size() > kMostHolidays)
    error("limit", fmt::format("more than {} holidays", kMostHolidays), at(member.value));
  std::ranges::sort(days);
}

void BlockReader::lane(const yaml::Member& member) {
  auto& lanes = r_.document.desk.lanes;
  if (!is_name(member.name))
    return error("wrong-value", "a name is 1 to 100 letters, digits, '-', '_' and '.'", at(member));
  if (lanes.size() >= kMostLanes)
    return error("limit", fmt::format("more than {} lanes", kMostLanes), at(member));
  if (member.value.kind != Kind::mapping)
    return error("wrong-type", "a lane takes 'risk', 'owner', 'escalate-to' and 'when'", at(member.value));
  Lane lane;
  lane.name = member.name;
  lane.clause = clause_;
  lane.place = at(member);
  for (const auto& part : member.value.members) lane_member(lane, part);
  for (const std::string_view needed : {"risk", "owner", "when"})
    if (!member.value.find(needed))
      error("missing-name",
            fmt::format("the lane has no '{}'; write for instance '{}'", needed,
                        needed == "risk"    ? "risk: low"
                        : needed == "owner" ? "owner: legal"
                                            : "when: always"),
            at(member));
  lanes.push_back(std::move(lane));
}

void BlockReader::lane_member(Lane& lane, const yaml::Member& member) {
  if (member.name == "risk") {
    const auto risk = std::ranges::find(kRisks, text(member));
    if (risk == kRisks.end())
      return error("wrong-value", "'risk' must be low, medium or high", at(member.value));
    lane.risk = static_cast<std::uint8_t>(risk - kRisks.begin());
  } else if (member.name == "owner") {
    lane.owner = text(member);
  } else if (member.name == "escalate-to") {
    lane.escalate_to = text(member);
  } else if (member.name == "when") {
    lane.when_place = at(member.value);
    lane.when = condition(member.value, 1);
  } else {
    unknown(member, {"risk", "owner", "escalate-to", "when"}, "a lane");
  }
}

}  // namespace ostiary::policy
