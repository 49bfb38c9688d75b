// Issues of GitHub and of forges that speak like it.

#include <algorithm>

#include "watch/forge.h"

namespace ostiary::watch {

namespace {

using What = ForgeEvent::What;

std::vector<std::string> labels_of(json::Value issue) {
  std::vector<std::string> labels;
  for (const auto label : issue["labels"])
    if (auto name = label["name"].as_string()) labels.push_back(std::move(*name));
  return labels;
}

// Whether the change made a question of an issue that was none before.
bool has_become(json::Value body, std::string_view title, const std::vector<std::string>& labels,
                const ForgeRules& rules) {
  if (const auto before = body["changes"]["title"]["from"].as_string())
    return is_question(title, labels, rules) && !is_question(*before, labels, rules);
  return false;
}

Result<std::optional<ForgeEvent>> read_issue(json::Value body, const ForgeRules& rules) {
  const auto issue = body["issue"];
  const auto action = body["action"].string_or("");
  const auto title = issue["title"].string_or("");
  const auto labels = labels_of(issue);
  if (!is_question(title, labels, rules)) return std::nullopt;
  ForgeEvent event;
  if (action == "opened" || action == "reopened") {
    event.what = What::asked;
  } else if (action == "labeled") {
    if (rules.label.empty() || body["label"]["name"].string_or("") != rules.label) return std::nullopt;
    event.what = What::asked;
  } else if (action == "edited") {
    event.what = has_become(body, title, labels, rules) ? What::asked : What::edited;
  } else if (action == "closed" || action == "deleted") {
    event.what = What::withdrawn;
    event.note = action == "closed" ? "the issue was closed" : "the issue was deleted";
  } else {
    return std::nullopt;
  }
  TRY(event.link, checked_link(issue["html_url"].as_string(), "/issue/html_url"));
  TRY(event.asker, checked_asker(issue["user"]["login"].as_string(), "/issue/user/login"));
  if (event.what != What::withdrawn)
    event.question = question_of_issue(title, issue["body"].string_or(""), rules);
  return event;
}

Result<std::optional<ForgeEvent>> read_comment(json::Value body, const ForgeRules& rules) {
  const auto issue = body["issue"];
  if (body["action"].string_or("") != "created" || issue["pull_request"]) return std::nullopt;
  if (!is_question(issue["title"].string_or(""), labels_of(issue), rules)) return std::nullopt;
  const auto asker = issue["user"]["login"].as_string();
  if (!asker || body["comment"]["user"]["login"].as_string() != asker) return std::nullopt;
  ForgeEvent event{.what = What::replied, .link = {}, .asker = {}, .question = {}, .note = {}};
  TRY(event.link, checked_link(issue["html_url"].as_string(), "/issue/html_url"));
  TRY(event.asker, checked_asker(asker, "/issue/user/login"));
  event.note = body["comment"]["body"].string_or("");
  return event;
}

}  // namespace

Result<std::optional<ForgeEvent>> read_github(std::string_view event, json::Value body,
                                              const ForgeRules& rules) {
  if (event == "issues") return read_issue(body, rules);
  if (event == "issue_comment") return read_comment(body, rules);
  return std::nullopt;
}

}  // namespace ostiary::watch
