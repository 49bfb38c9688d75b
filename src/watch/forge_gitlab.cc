// Issues of GitLab.

#include "watch/forge.h"

namespace ostiary::watch {

namespace {

using What = ForgeEvent::What;

std::vector<std::string> labels_of(json::Value list) {
  std::vector<std::string> labels;
  for (const auto label : list)
    if (auto title = label["title"].as_string()) labels.push_back(std::move(*title));
  return labels;
}

std::optional<std::string> number_of(json::Value value) {
  const auto number = value.as_uint();
  return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

// Whether an update made a question of an issue that was none before.
bool has_become(json::Value body, std::string_view title, const std::vector<std::string>& labels,
                const ForgeRules& rules) {
  const auto changes = body["changes"];
  const auto title_before = changes["title"]["previous"].string_or(title);
  const auto labels_before = changes["labels"] ? labels_of(changes["labels"]["previous"]) : labels;
  return is_question(title, labels, rules) && !is_question(title_before, labels_before, rules);
}

Result<std::optional<ForgeEvent>> read_issue(json::Value body, const ForgeRules& rules) {
  const auto issue = body["object_attributes"];
  const auto action = issue["action"].string_or("");
  const auto title = issue["title"].string_or("");
  const auto labels = labels_of(body["labels"]);
  if (!is_question(title, labels, rules)) return std::nullopt;
  ForgeEvent event;
  if (action == "open" || action == "reopen") {
    event.what = What::asked;
  } else if (action == "update") {
    const auto changes = body["changes"];
    const bool become = has_become(body, title, labels, rules);
    if (!become && !changes["title"] && !changes["description"]) return std::nullopt;
    event.what = become ? What::asked : What::edited;
  } else if (action == "close") {
    event.what = What::withdrawn;
    event.note = "the issue was closed";
  } else {
    return std::nullopt;
  }
  TRY(event.link, checked_link(issue["url"].as_string(), "/object_attributes/url"));
  TRY(event.asker, checked_asker(number_of(issue["author_id"]), "/object_attributes/author_id"));
  if (event.what != What::withdrawn)
    event.question = question_of_issue(title, issue["description"].string_or(""), rules);
  return event;
}

// A note's URL is that of its issue and "#note_N".
std::optional<std::string> issue_of(const std::optional<std::string>& note) {
  return note ? std::optional(note->substr(0, note->find('#'))) : std::nullopt;
}

Result<std::optional<ForgeEvent>> read_note(json::Value body, const ForgeRules& rules) {
  const auto note = body["object_attributes"];
  const auto issue = body["issue"];
  if (note["noteable_type"].string_or("") != "Issue" || note["action"].string_or("create") != "create" ||
      note["system"].as_bool().value_or(false))
    return std::nullopt;
  if (!is_question(issue["title"].string_or(""), labels_of(issue["labels"]), rules)) return std::nullopt;
  const auto asker = number_of(issue["author_id"]);
  if (!asker || number_of(note["author_id"]) != asker) return std::nullopt;
  ForgeEvent event{.what = What::replied, .link = {}, .asker = *asker, .question = {}, .note = {}};
  const auto own = issue["url"].as_string();
  TRY(event.link, own ? checked_link(own, "/issue/url")
                      : checked_link(issue_of(note["url"].as_string()), "/object_attributes/url"));
  event.note = note["note"].string_or("");
  return event;
}

}  // namespace

Result<std::optional<ForgeEvent>> read_gitlab(json::Value body, const ForgeRules& rules) {
  const auto kind = body["object_kind"].string_or("");
  if (kind == "issue") return read_issue(body, rules);
  if (kind == "note") return read_note(body, rules);
  return std::nullopt;
}

}  // namespace ostiary::watch
