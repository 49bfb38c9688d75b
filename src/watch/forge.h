#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/document.h"

namespace ostiary::watch {

// Which issues are questions: those with the label, and those whose title begins with the prefix (letters of
// ASCII in either case). Neither is said: every issue.
struct ForgeRules {
  std::string label, title_prefix;
};

// What somebody asks, as far as a form says it. All of it is text of anybody's.
struct ForgeQuestion {
  std::string text, what_for, tool, model, service, surface, output_use;
  std::vector<std::string> data_classes;
  std::optional<WallMs> deadline;
  std::uint32_t people_blocked = 0;
};

// Something that happened outside and concerns the desk.
struct ForgeEvent {
  enum class What : std::uint8_t {
    asked,     // opened, opened again, or made a question by its label or title
    edited,    // the question says something else now
    replied,   // its asker wrote something more
    withdrawn  // closed
  };
  What what = What::asked;
  std::string link;        // where it stands: an http or https URL
  std::string asker;       // who asks, as the forge names them: "octocat", a number
  ForgeQuestion question;  // with asked and edited
  std::string note;        // with replied and withdrawn
};

inline constexpr std::size_t kLongestLink = 500, kLongestAsker = 100;  // bytes

// What a delivery says; nothing: it is not for the desk. Pure functions, linear in the text, that take any
// JSON: what is of another type counts as absent. `invalid` where it is for the desk and says not enough,
// with the JSON Pointer as `where`.
//
// GitHub: events `issues` and `issue_comment` (docs.github.com, "Webhook events and payloads"). Comments
// count where they are the asker's own.
Result<std::optional<ForgeEvent>> read_github(std::string_view event, json::Value body,
                                              const ForgeRules& rules);
// GitLab: `issue` and `note` (docs.gitlab.com, "Webhook events"). People are told by their number there.
Result<std::optional<ForgeEvent>> read_gitlab(json::Value body, const ForgeRules& rules);
// The form of our own, for anything else (docs/desk.md).
Result<std::optional<ForgeEvent>> read_generic(json::Value body);

// A question from the text of an issue: the title and the text. Where the text is an issue form's (headings
// such as "### Tool" with a value below), its fields are taken out.
ForgeQuestion question_of_issue(std::string_view title, std::string_view text, const ForgeRules& rules);

// The link, where it is one that may be shown and kept.
Result<std::string> checked_link(const std::optional<std::string>& text, std::string_view pointer);
// Likewise the name of a person.
Result<std::string> checked_asker(const std::optional<std::string>& text, std::string_view pointer);

bool is_question(std::string_view title, const std::vector<std::string>& labels, const ForgeRules& rules);

}  // namespace ostiary::watch
