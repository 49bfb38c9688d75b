#include "app/impl/inventory_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

#include "base/text.h"
#include "inventory/field.h"
#include "inventory/use.h"
#include "report/table.h"

namespace ostiary::app {

namespace {

using inventory::F;

std::string text_of(json::Value value) {
  return printable(value.string_or(""));
}

std::vector<std::string> texts_of(json::Value list) {
  std::vector<std::string> out;
  for (const auto one : list) out.push_back(text_of(one));
  return out;
}

// A field's value; "" where it is unknown.
std::string value_of(json::Value use, F f) {
  const auto member = use[inventory::name(f)];
  const auto text =
      member.is_array() ? fmt::format("{}", fmt::join(texts_of(member), ", ")) : member.string_or("");
  return text == inventory::kUnknown ? "" : text;
}

std::string or_unknown(std::string text) {
  return text.empty() ? "unknown" : text;
}

// What people call it.
std::string title_of(json::Value use) {
  for (const auto f : {F::tool, F::service, F::sdk, F::model, F::provider, F::purpose})
    if (auto text = value_of(use, f); !text.empty()) return text;
  return "use";
}

std::string indented(std::string_view text, std::size_t by) {
  std::string out;
  for (const auto line : text::split(text, '\n')) {
    if (!out.empty()) out += "\n" + std::string(by, ' ');
    out += printable(line);
  }
  return out;
}

std::string partial_text(json::Value answer, const Style& style) {
  std::string out;
  for (const auto& one : texts_of(answer["partial"])) out += style.yellow("not known: ") + one + "\n";
  return out;
}

}  // namespace

std::string uses_table(json::Value uses, std::size_t width, const Style& style) {
  report::Table shown({{.name = "id"},
                       {.name = "what", .least = 12},
                       {.name = "provider", .least = 8},
                       {.name = "model", .least = 8},
                       {.name = "team", .least = 6},
                       {.name = "owner", .least = 6},
                       {.name = "status"},
                       {.name = "last seen"}});
  for (const auto use : uses)
    shown.add({{text_of(use["id"]), report::Paint::faint},
               {title_of(use), report::Paint::bold},
               {or_unknown(value_of(use, F::provider))},
               {or_unknown(value_of(use, F::model))},
               {or_unknown(value_of(use, F::team))},
               {or_unknown(value_of(use, F::owner))},
               {or_unknown(value_of(use, F::status))},
               {or_unknown(value_of(use, F::last_seen))}});
  return uses.size() == 0 ? std::string() : shown.text(width, style.on());
}

std::string use_text(json::Value use, const Style& style) {
  auto out = style.bold(printable(title_of(use))) + "\n";
  constexpr std::size_t column = 22;
  std::vector<std::string> unknown;
  for (const auto& field : inventory::fields()) {
    if (field.id == F::seen) continue;
    const auto value = value_of(use, field.id);
    if (value.empty()) {
      unknown.emplace_back(field.name);
      continue;
    }
    out += fmt::format("{}{}{}\n", style.faint(field.name),
                       std::string(column - std::min(field.name.size(), column - 1), ' '),
                       indented(value, column));
  }
  for (const auto one : use["other"])
    out += fmt::format("{}  {}\n", style.faint(text_of(one["column"])),
                       indented(one["text"].string_or(""), column));
  out += fmt::format("{}{}unknown\n", style.faint(fmt::format("{}", fmt::join(unknown, ", "))),
                     unknown.empty() ? "nothing " : ": ");
  if (use["seen"].size() > 0) out += "\nshown by\n";
  for (const auto one : use["seen"]) {
    const auto sighting = inventory::read_sighting(one);
    if (!sighting) continue;
    out += "  " + printable(sighting->text());
    if (sighting->last) out += style.faint(", last on " + inventory::day_of(*sighting->last));
    out += '\n';
    for (const auto& place : sighting->places) out += "    " + style.faint(printable(place)) + "\n";
  }
  return out + fmt::format("\n{}  revision {}\n", style.faint(text_of(use["id"])),
                           use["revision"].as_uint().value_or(0));
}

std::string reconciled_text(json::Value answer, const Style& style) {
  std::string out, gap;
  for (const auto finding : answer["findings"]) {
    if (auto this_one = text_of(finding["finding"]); this_one != gap) {
      out += (out.empty() ? "" : "\n") + style.bold(this_one) + "\n";
      gap = std::move(this_one);
    }
    out += "  " + text_of(finding["text"]);
    const auto owner = text_of(finding["owner"]), team = text_of(finding["team"]);
    if (!owner.empty() || !team.empty())
      out += style.faint(fmt::format("  (tell {})", owner.empty() ? "team " + team : owner));
    out += '\n';
    for (const auto& line : texts_of(finding["evidence"])) out += "      " + style.faint(line) + "\n";
  }
  if (out.empty()) out = "Nothing differs.\n";
  const bool applied = answer["applied"].as_bool().value_or(false);
  const auto proposed = answer["proposed"].size();
  if (proposed > 0) out += fmt::format("\n{}\n", style.bold(applied ? "added" : "to add"));
  for (const auto use : answer["proposed"])
    out += fmt::format("  {}  provider {}, model {}, team {}, repository {}\n", title_of(use),
                       or_unknown(value_of(use, F::provider)), or_unknown(value_of(use, F::model)),
                       or_unknown(value_of(use, F::team)), or_unknown(value_of(use, F::repository)));
  return out + "\n" + partial_text(answer, style);
}

std::string imported_text(json::Value answer, const Style& style) {
  std::vector<std::vector<std::string>> rows;
  for (const auto column : answer["columns"]) {
    const auto field = text_of(column["field"]);
    rows.push_back({text_of(column["column"]),
                    field.empty()
                        ? style.faint(text_of(column["how"]) == "ours" ? "passed over" : "kept as it is")
                        : style.bold(field),
                    style.faint(text_of(column["how"]))});
  }
  auto out = table(rows);
  for (const auto one : answer["partial"])
    out += fmt::format("{} {}\n", style.yellow(fmt::format("row {}:", one["row"].as_uint().value_or(0))),
                       text_of(one["text"]));
  return out;
}

std::string answers_text(json::Value answer, const Style& style) {
  std::string out;
  for (const auto one : answer["uses"]) {
    const auto use = one["use"];
    const bool certain = one["certain"].as_bool().value_or(false);
    out += fmt::format("{}{}  {}\n", style.bold(title_of(use)), certain ? "" : style.yellow(" (perhaps)"),
                       style.faint(text_of(use["id"])));
    const auto owner = value_of(use, F::owner), team = value_of(use, F::team);
    out += fmt::format("  tell      {}{}\n", or_unknown(owner), team.empty() ? "" : ", team " + team);
    for (const auto reason : one["reasons"]) out += "  because   " + text_of(reason["text"]) + "\n";
    for (const auto& line : texts_of(one["evidence"])) out += "  evidence  " + style.faint(line) + "\n";
  }
  if (answer["uses"].size() == 0) out = "No use that is known.\n";
  if (const auto tell = texts_of(answer["tell"]); !tell.empty())
    out += fmt::format("\n{} {}\n", style.bold("Tell:"), fmt::join(tell, ", "));
  return out + partial_text(answer, style);
}

}  // namespace ostiary::app
