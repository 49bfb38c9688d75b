// The form of our own: {"action", "link", "by", "question" or "note"}.

#include <algorithm>

#include "watch/forge.h"

namespace ostiary::watch {

namespace {

using What = ForgeEvent::What;

constexpr std::size_t kMostClasses = 50;
constexpr std::uint64_t kMostBlocked = 1'000'000;

Result<ForgeQuestion> read_question(json::Value from) {
  ForgeQuestion question;
  question.text = from["text"].string_or("");
  if (question.text.empty()) return fail(Code::invalid, "a text is needed", "/question/text");
  question.what_for = from["what_for"].string_or("");
  question.tool = from["tool"].string_or("");
  question.model = from["model"].string_or("");
  question.service = from["service"].string_or("");
  question.surface = from["surface"].string_or("");
  question.output_use = from["output_use"].string_or("");
  for (const auto word : from["data_classes"])
    if (auto text = word.as_string(); text && question.data_classes.size() < kMostClasses)
      question.data_classes.push_back(std::move(*text));
  question.people_blocked =
      static_cast<std::uint32_t>(std::min(from["people_blocked"].as_uint().value_or(0), kMostBlocked));
  if (const auto deadline = from["deadline"].as_string()) {
    question.deadline = parse_rfc3339(*deadline);
    if (!question.deadline)
      return fail(Code::invalid, "must be a time such as 2026-11-30T17:00:00.000Z", "/question/deadline");
  }
  return question;
}

}  // namespace

Result<std::optional<ForgeEvent>> read_generic(json::Value body) {
  const auto action = body["action"].string_or("");
  ForgeEvent event;
  if (action == "ask")
    event.what = What::asked;
  else if (action == "edit")
    event.what = What::edited;
  else if (action == "reply")
    event.what = What::replied;
  else if (action == "withdraw")
    event.what = What::withdrawn;
  else
    return fail(Code::invalid, "must be ask, edit, reply or withdraw", "/action");
  TRY(event.link, checked_link(body["link"].as_string(), "/link"));
  TRY(event.asker, checked_asker(body["by"].as_string(), "/by"));
  event.note = body["note"].string_or("");
  if (event.what == What::asked || event.what == What::edited) {
    TRY(event.question, read_question(body["question"]));
  } else if (event.what == What::replied && event.note.empty()) {
    return fail(Code::invalid, "a note is needed", "/note");
  }
  return event;
}

}  // namespace ostiary::watch
