#include "app/impl/desk_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace ostiary::app {

namespace {

using report::Paint;

constexpr WallMs kMinuteMs = 60'000;

std::string text_of(json::Value value) {
  if (!value || value.is_null()) return "";
  const auto text = value.as_string();
  return text ? *text : std::string(value.raw());
}

// "2026-11-26 15:04" of an RFC 3339 time.
std::string minute_of(json::Value value) {
  const auto time = value.string_or("");
  return time.size() < 16 ? printable(time) : time.substr(0, 10) + " " + time.substr(11, 5);
}

// "3 h", "2 d 4 h", "12 min".
std::string span_of(std::uint64_t ms) {
  const auto minutes = ms / kMinuteMs;
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < 48 * 60) return fmt::format("{} h {} min", minutes / 60, minutes % 60);
  return fmt::format("{} d {} h", minutes / (24 * 60), minutes / 60 % 24);
}

std::string words_of(json::Value list) {
  std::vector<std::string> words;
  for (const auto one : list) words.push_back(printable(text_of(one)));
  return fmt::format("{}", fmt::join(words, ", "));
}

// How a clock stands: "due 2026-11-27 09:00 (in 17 h)".
std::string clock_text(json::Value clock, WallMs now) {
  if (clock["breached"].as_bool().value_or(false)) return "missed its target";
  if (!clock["target_ms"] || clock["target_ms"].is_null()) return "no target";
  if (clock["ended"].as_bool().value_or(false)) return "met";
  const auto due = parse_rfc3339(clock["due"].string_or(""));
  if (!due) return "stands still";
  if (*due < now) return "due now";
  return fmt::format("due {} UTC (in {})", minute_of(clock["due"]),
                     span_of(static_cast<std::uint64_t>(*due - now)));
}

class Lines {
 public:
  explicit Lines(const Style& style) : style_(style) {}
  void add(std::string_view name, const std::string& value) {
    if (value.empty()) return;
    std::string shown;
    for (const auto line : text::split(value, '\n')) {
      if (!shown.empty()) shown += fmt::format("\n{:16}", "");
      shown += printable(line);
    }
    out_ += fmt::format("{}{}{}\n", style_.faint(name),
                        std::string(16 - std::min<std::size_t>(name.size(), 15), ' '), shown);
  }
  void add(std::string_view name, json::Value value) { add(name, text_of(value)); }
  void blank() { out_ += '\n'; }
  void heading(std::string_view text) { out_ += style_.bold(text) + "\n"; }
  std::string take() { return std::move(out_); }

 private:
  const Style& style_;
  std::string out_;
};

void add_answer(Lines& lines, json::Value answer) {
  if (!answer.is_object()) return;
  lines.blank();
  lines.add("answer",
            text_of(answer["ruling"]) +
                (answer["automatic"].as_bool().value_or(false) ? " (automatic: you may appeal)" : ""));
  lines.add("because", answer["reason"]);
  lines.add("conditions", answer["conditions"]);
  lines.add("clause", answer["clause"]);
  lines.add("instead", answer["alternative"]);
  lines.add("as in", answer["precedent"]);
  lines.add("until", minute_of(answer["expires"]));
  lines.add("by", text_of(answer["by"]) + ", " + minute_of(answer["at"]));
}

void add_events(Lines& lines, json::Value events) {
  if (events.size() == 0) return;
  lines.blank();
  for (const auto event : events) {
    const auto note = text_of(event["note"]);
    lines.add(minute_of(event["at"]),
              fmt::format("{}{}{}", text_of(event["kind"]),
                          text_of(event["by"]).empty() ? "" : " by " + text_of(event["by"]),
                          note.empty() ? "" : ": " + note));
  }
}

std::string nearest_due(json::Value clocks, WallMs now) {
  std::optional<WallMs> nearest;
  for (const auto* name : {"first_answer", "decision"}) {
    const auto clock = clocks[name];
    if (clock["breached"].as_bool().value_or(false)) return "missed";
    if (const auto due = parse_rfc3339(clock["due"].string_or("")); due && (!nearest || *due < *nearest))
      nearest = due;
  }
  if (!nearest) return "-";
  return *nearest <= now ? "now" : "in " + span_of(static_cast<std::uint64_t>(*nearest - now));
}

std::string percent(json::Value part, json::Value whole) {
  const auto all = whole.as_uint().value_or(0), some = part.as_uint().value_or(0);
  return all == 0 ? fmt::format("{}", some) : fmt::format("{} ({} %)", some, some * 100 / all);
}

std::string times_text(json::Value times) {
  const auto shown = [&](std::string_view name) {
    const auto ms = times[name].as_uint();
    return ms ? span_of(*ms) : std::string("-");
  };
  return fmt::format("p50 {}, p90 {}, of {}", shown("p50_ms"), shown("p90_ms"),
                     times["count"].as_uint().value_or(0));
}

}  // namespace

std::string printable_lines(std::string_view text) {
  std::string out;
  for (const auto line : text::split(text, '\n')) (out += printable(line)) += '\n';
  if (!out.empty()) out.pop_back();
  return out;
}

std::string question_text(json::Value q, const Style& style, WallMs now) {
  Lines lines(style);
  lines.heading(fmt::format("{}  {}", printable(text_of(q["question"])), printable(text_of(q["state"]))));
  lines.add("question", q["text"]);
  lines.add("title", q["title"]);
  lines.add("what for", q["what_for"]);
  for (const auto* name : {"tool", "model", "service", "surface"}) lines.add(name, q[name]);
  lines.add("data", words_of(q["data_classes"]));
  lines.add("use", q["output_use"]);
  if (q["people_blocked"].as_uint().value_or(0) > 0)
    lines.add("blocked", text_of(q["people_blocked"]) + " people");
  lines.add("deadline", minute_of(q["deadline"]));
  lines.add("from", text_of(q["origin"]) + (text_of(q["link"]).empty() ? "" : ", " + text_of(q["link"])));
  lines.add("asker", text_of(q["asker"]) + (text_of(q["team"]).empty() ? "" : " of " + text_of(q["team"])));
  lines.add("lane", text_of(q["lane"]) + (text_of(q["risk"]).empty() ? "" : ", risk " + text_of(q["risk"])));
  lines.add("owner", q["owner"]);
  if (!q["asked"].is_null()) {
    lines.add("first answer", clock_text(q["clocks"]["first_answer"], now));
    lines.add("decision", clock_text(q["clocks"]["decision"], now));
  }
  lines.add("precedent", q["precedent"]);
  lines.add("similar", words_of(q["similar"]));
  add_answer(lines, q["answer"]);
  add_events(lines, q["events"]);
  return lines.take();
}

std::string questions_table(json::Value questions, std::size_t columns, WallMs now) {
  report::Table shown({{.name = "Q"},
                       {.name = "STATE"},
                       {.name = "DUE"},
                       {.name = "RISK"},
                       {.name = "BLOCKED", .right = true},
                       {.name = "LANE", .least = 8},
                       {.name = "TEAM", .least = 6},
                       {.name = "QUESTION", .least = 20}});
  for (const auto q : questions) {
    auto text = text_of(q["text"]);
    if (text.empty()) text = text_of(q["title"]);
    if (text.empty() && q["decision"].is_object())
      text = "refused: " + words_of(q["data_classes"]) + " to " + text_of(q["service"]);
    const auto due = nearest_due(q["clocks"], now);
    shown.add({{text_of(q["question"]), Paint::bold},
               {text_of(q["state"])},
               {due, due == "missed" || due == "now" ? Paint::red : Paint::plain},
               {text_of(q["risk"])},
               {text_of(q["people_blocked"])},
               {text_of(q["lane"])},
               {text_of(q["team"])},
               {text.substr(0, text.find('\n'))}});
  }
  return shown.text(columns, false);
}

std::string stats_text(json::Value s, std::size_t columns) {
  std::string out =
      fmt::format("asked {} to {} UTC: {}\n", minute_of(s["from"]), minute_of(s["to"]), text_of(s["asked"]));
  const auto add = [&](std::string_view name, const std::string& value) {
    out += fmt::format("  {:28}{}\n", name, value);
  };
  add("answered", percent(s["answered"], s["asked"]));
  add("of them automatically", percent(s["automatic"], s["answered"]));
  add("open, waiting for the asker", fmt::format("{}, {}", text_of(s["open"]), text_of(s["waiting"])));
  add("withdrawn, expired", fmt::format("{}, {}", text_of(s["withdrawn"]), text_of(s["expired"])));
  add("first answer by people", times_text(s["first_answer"]));
  add("decision by people", times_text(s["decision"]));
  add("automatic answer", times_text(s["automatic_answer"]));
  add("missed a target", text_of(s["breached"]));
  add("reversed",
      fmt::format("{}, of them automatic {}", text_of(s["reversed"]), text_of(s["reversed_automatic"])));
  if (s["topics"].size() == 0) return out;
  report::Table shown({{.name = "COUNT", .right = true},
                       {.name = "ASKED MOST", .least = 20},
                       {.name = "CLAUSE", .least = 10},
                       {.name = "WHAT THE POLICY SHOULD SAY", .least = 20}});
  for (const auto topic : s["topics"])
    shown.add({{text_of(topic["count"])},
               {text_of(topic["topic"])},
               {text_of(topic["clause"])},
               {text_of(topic["advice"])}});
  return out + '\n' + shown.text(columns, false);
}

}  // namespace ostiary::app
