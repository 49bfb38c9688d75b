#include "watch/forge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace ostiary::watch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using What = ForgeEvent::What;
using Read = Result<std::optional<ForgeEvent>>;

const ForgeRules kRules{.label = "ai-question", .title_prefix = "AI:"};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

// As GitHub sends `issues`, shortened where nothing is read.
const std::string kGithub = R"({
  "action": "opened",
  "issue": {
    "url": "https://api.github.com/repos/example/app/issues/12",
    "html_url": "https://github.com/example/app/issues/12",
    "id": 2873645, "node_id": "I_kwDO", "number": 12,
    "title": "AI: may I use Whisper for customer calls?",
    "user": {"login": "octocat", "id": 583231, "type": "User", "site_admin": false},
    "labels": [{"id": 208045946, "name": "legal", "color": "f29513", "default": false}],
    "state": "open", "locked": false, "assignee": null, "comments": 0,
    "created_at": "2026-11-20T10:00:00Z", "updated_at": "2026-11-20T10:00:00Z", "closed_at": null,
    "author_association": "MEMBER",
    "body": "Two teams wait for it.\n\n### Tool\n\nwhisper\n\n### Data classes\n\npersonal, confidential\n\n### Output use\n\ninternal\n\n### People blocked\n\n7\n\n### Deadline\n\n2026-12-01\n\n### Model\n\n_No response_\n\n### Anything else\n\nThank you\n"
  },
  "repository": {"id": 1296269, "full_name": "example/app", "private": true},
  "sender": {"login": "octocat", "id": 583231}
})";

const std::string kGithubComment = R"({
  "action": "created",
  "issue": {"html_url": "https://github.com/example/app/issues/12", "number": 12, "title": "AI: may I?",
            "user": {"login": "octocat"}, "labels": [], "state": "open"},
  "comment": {"html_url": "https://github.com/example/app/issues/12#issuecomment-1", "id": 1,
              "user": {"login": "octocat"}, "body": "It is for support calls only."},
  "repository": {"full_name": "example/app"}, "sender": {"login": "octocat"}
})";

const std::string kGitlab = R"({
  "object_kind": "issue", "event_type": "issue",
  "user": {"id": 41, "name": "Ada", "username": "ada", "email": "[REDACTED]"},
  "project": {"id": 7, "name": "App", "web_url": "https://gitlab.example/group/app", "path_with_namespace": "group/app"},
  "object_attributes": {"id": 301, "iid": 23, "title": "May I send logs to a model?", "author_id": 41,
    "description": "They hold host names.\r\n\r\n### Tool\r\n\r\naider", "state": "opened", "action": "open",
    "confidential": false, "url": "https://gitlab.example/group/app/-/issues/23",
    "labels": [{"id": 206, "title": "ai-question"}]},
  "labels": [{"id": 206, "title": "ai-question", "color": "#ffffff"}],
  "changes": {"updated_at": {"previous": "2026-11-20", "current": "2026-11-21"}},
  "repository": {"name": "App"}
})";

const std::string kGitlabNote = R"({
  "object_kind": "note", "event_type": "note",
  "user": {"id": 41, "username": "ada"},
  "project": {"id": 7, "path_with_namespace": "group/app"},
  "object_attributes": {"id": 1241, "note": "No, not of customers.", "noteable_type": "Issue", "author_id": 41,
    "action": "create", "system": false, "url": "https://gitlab.example/group/app/-/issues/23#note_1241"},
  "issue": {"id": 301, "iid": 23, "title": "AI: May I send logs?", "author_id": 41, "state": "opened",
    "labels": [{"id": 206, "title": "ai-question"}]}
})";

const std::string kGeneric =
    R"({"action": "ask", "link": "https://forms.example/r/9", "by": "ada@example.org",
  "question": {"text": "May I?", "what_for": "a talk", "tool": "claude-code", "data_classes": ["public"],
               "output_use": "shipped", "people_blocked": 3, "deadline": "2026-12-01T12:00:00Z"}})";

Read github(const std::string& body, std::string_view event = "issues", const ForgeRules& rules = kRules) {
  const auto document = json::Document::parse(body);
  EXPECT_TRUE(document) << body;
  return read_github(event, document ? document->root() : json::Value(), rules);
}
Read gitlab(const std::string& body, const ForgeRules& rules = kRules) {
  const auto document = json::Document::parse(body);
  EXPECT_TRUE(document) << body;
  return read_gitlab(document ? document->root() : json::Value(), rules);
}
Read generic(const std::string& body) {
  const auto document = json::Document::parse(body);
  EXPECT_TRUE(document) << body;
  return read_generic(document ? document->root() : json::Value());
}
// What it is for the desk; "" nothing, "! …" an error and its place.
std::string what(const Read& read) {
  if (!read) return "! " + read.error().where;
  if (!*read) return "";
  constexpr const char* kNames[] = {"asked", "edited", "replied", "withdrawn"};
  return kNames[static_cast<int>((*read)->what)];
}

TEST(Github, AnIssueIsAQuestionWithTheFieldsOfItsForm) {
  const auto read = github(kGithub);
  ASSERT_EQ(what(read), "asked");
  const auto& event = **read;
  EXPECT_EQ(event.link, "https://github.com/example/app/issues/12");
  EXPECT_EQ(event.asker, "octocat");
  EXPECT_EQ(
      event.question.text,
      "may I use Whisper for customer calls?\n\nTwo teams wait for it.\n\n### Anything else\n\nThank you");
  EXPECT_EQ(event.question.tool, "whisper");
  EXPECT_EQ(event.question.model, "");
  EXPECT_EQ(event.question.output_use, "internal");
  EXPECT_THAT(event.question.data_classes, ElementsAre("personal", "confidential"));
  EXPECT_EQ(event.question.people_blocked, 7U);
  ASSERT_TRUE(event.question.deadline);
  EXPECT_EQ(rfc3339(*event.question.deadline), "2026-12-01T23:59:59.000Z");
}

TEST(Github, ALabelOrTheBeginningOfTheTitleMakesAnIssueAQuestion) {
  const auto plain = replaced(kGithub, "AI: may I", "May I");
  EXPECT_EQ(what(github(plain)), "");
  EXPECT_EQ(what(github(replaced(plain, "\"legal\"", "\"ai-question\""))), "asked");
  EXPECT_EQ(what(github(replaced(kGithub, "AI: may I", "ai: may I"))), "asked");
  EXPECT_EQ(what(github(plain, "issues", {})), "asked") << "where nothing is chosen every issue is one";
  EXPECT_EQ(what(github(replaced(plain, "\"legal\"", "\"AI-question\""))), "") << "labels are told apart";
}

TEST(Github, WhatHappensToAnIssueHappensToItsQuestion) {
  const auto with = [](std::string_view action, const std::string& more = "") {
    return replaced(kGithub, "\"action\": \"opened\",",
                    "\"action\": \"" + std::string(action) + "\"," + more);
  };
  EXPECT_EQ(what(github(with("reopened"))), "asked");
  EXPECT_EQ(what(github(with("edited", R"("changes": {"body": {"from": "x"}},)"))), "edited");
  EXPECT_EQ(what(github(with("edited", R"("changes": {"title": {"from": "may I?"}},)"))), "asked")
      << "its title makes it one now";
  EXPECT_EQ(what(github(with("edited", R"("changes": {"title": {"from": "AI: may I?"}},)"))), "edited");
  EXPECT_EQ(what(github(with("closed"))), "withdrawn");
  EXPECT_EQ(what(github(with("deleted"))), "withdrawn");
  for (const auto* other : {"assigned", "pinned", "locked", "transferred", "", "opened "})
    EXPECT_EQ(what(github(with(other))), "") << other;
  const auto labelled =
      replaced(with("labeled", R"("label": {"name": "ai-question"},)"), "\"legal\"", "\"ai-question\"");
  EXPECT_EQ(what(github(labelled)), "asked");
  EXPECT_EQ(what(github(replaced(labelled, "\"label\": {\"name\": \"ai-question\"}",
                                 "\"label\": {\"name\": \"bug\"}"))),
            "")
      << "another label on a question is nothing new";
}

TEST(Github, ACommentCountsWhereItIsTheAskersOwn) {
  const auto read = github(kGithubComment, "issue_comment");
  ASSERT_EQ(what(read), "replied");
  EXPECT_EQ((*read)->note, "It is for support calls only.");
  EXPECT_EQ((*read)->link, "https://github.com/example/app/issues/12") << "the issue's, not the comment's";
  const auto by_other = replaced(kGithubComment, R"("id": 1,
              "user": {"login": "octocat"})",
                                 R"("id": 1, "user": {"login": "bot"})");
  EXPECT_EQ(what(github(by_other, "issue_comment")), "");
  EXPECT_EQ(what(github(replaced(kGithubComment, "created", "edited"), "issue_comment")), "");
  const auto of_pull =
      replaced(kGithubComment, "\"state\": \"open\"", R"("state": "open", "pull_request": {})");
  EXPECT_EQ(what(github(of_pull, "issue_comment")), "");
}

TEST(Github, OtherEventsAreNothingForTheDesk) {
  for (const auto* event : {"ping", "push", "pull_request", "", "ISSUES"})
    EXPECT_EQ(what(github(kGithub, event)), "") << event;
}

TEST(Github, WhatIsAQuestionMustSayWhereItStandsAndWhose) {
  EXPECT_EQ(what(github(replaced(kGithub, "https://github.com/example", "javascript:alert"))),
            "! /issue/html_url");
  EXPECT_EQ(what(github(replaced(kGithub, "https://github.com/example", "https://git hub.com/example"))),
            "! /issue/html_url");
  EXPECT_EQ(what(github(replaced(kGithub, "\"login\": \"octocat\", \"id\": 583231, \"type\"",
                                 "\"login\": 5, \"type\""))),
            "! /issue/user/login");
  EXPECT_EQ(what(github(replaced(kGithub, "\"login\": \"octocat\", \"id\": 583231, \"type\"",
                                 "\"login\": \"o\\u001b[31m\", \"type\""))),
            "! /issue/user/login");
}

TEST(Gitlab, AnIssueIsAQuestionOfItsAuthor) {
  const auto read = gitlab(kGitlab);
  ASSERT_EQ(what(read), "asked");
  EXPECT_EQ((*read)->link, "https://gitlab.example/group/app/-/issues/23");
  EXPECT_EQ((*read)->asker, "41");
  EXPECT_EQ((*read)->question.text, "May I send logs to a model?\n\nThey hold host names.");
  EXPECT_EQ((*read)->question.tool, "aider");
  EXPECT_EQ(
      what(gitlab(replaced(replaced(kGitlab, R"("labels": [{"id": 206, "title": "ai-question", "color")",
                                    R"("labels": [{"id": 2, "title": "bug", "color")"),
                           "x", "x"))),
      "");
}

TEST(Gitlab, WhatHappensToAnIssueHappensToItsQuestion) {
  const auto with = [](std::string_view action, std::string_view changes = R"("updated_at": {})") {
    return replaced(replaced(kGitlab, "\"action\": \"open\"", "\"action\": \"" + std::string(action) + "\""),
                    R"("updated_at": {"previous": "2026-11-20", "current": "2026-11-21"})", changes);
  };
  EXPECT_EQ(what(gitlab(with("reopen"))), "asked");
  EXPECT_EQ(what(gitlab(with("close"))), "withdrawn");
  EXPECT_EQ(what(gitlab(with("update"))), "") << "nothing that it says has changed";
  EXPECT_EQ(what(gitlab(with("update", R"("description": {"previous": "a", "current": "b"})"))), "edited");
  EXPECT_EQ(
      what(gitlab(with("update", R"("labels": {"previous": [], "current": [{"title": "ai-question"}]})"))),
      "asked");
  EXPECT_EQ(
      what(gitlab(with("update", R"("labels": {"previous": [{"title": "ai-question"}], "current": []})"))),
      "");
}

TEST(Gitlab, ANoteCountsWhereItIsTheAskersOwn) {
  const auto read = gitlab(kGitlabNote);
  ASSERT_EQ(what(read), "replied");
  EXPECT_EQ((*read)->link, "https://gitlab.example/group/app/-/issues/23");
  EXPECT_EQ((*read)->note, "No, not of customers.");
  EXPECT_EQ(what(gitlab(replaced(kGitlabNote, "\"author_id\": 41,\n    \"action\"",
                                 "\"author_id\": 5,\n    \"action\""))),
            "");
  EXPECT_EQ(what(gitlab(replaced(kGitlabNote, "\"Issue\"", "\"MergeRequest\""))), "");
  EXPECT_EQ(what(gitlab(replaced(kGitlabNote, "\"system\": false", "\"system\": true"))), "");
  EXPECT_EQ(what(gitlab(replaced(kGitlabNote, "\"create\"", "\"update\""))), "");
}

TEST(Generic, SaysAllThatTheDeskTakes) {
  const auto read = generic(kGeneric);
  ASSERT_EQ(what(read), "asked");
  const auto& question = (*read)->question;
  EXPECT_EQ(question.text, "May I?");
  EXPECT_EQ(question.what_for, "a talk");
  EXPECT_EQ(question.tool, "claude-code");
  EXPECT_THAT(question.data_classes, ElementsAre("public"));
  EXPECT_EQ(question.output_use, "shipped");
  EXPECT_EQ(question.people_blocked, 3U);
  EXPECT_TRUE(question.deadline);
  const std::string rest = R"("link":"https://forms.example/r/9","by":"ada"})";
  EXPECT_EQ(what(generic(R"({"action":"reply","note":"yes",)" + rest)), "replied");
  EXPECT_EQ(what(generic(R"({"action":"withdraw",)" + rest)), "withdrawn");
  EXPECT_EQ(what(generic(R"({"action":"reply",)" + rest)), "! /note");
  EXPECT_EQ(what(generic(R"({"action":"ask",)" + rest)), "! /question/text");
  EXPECT_EQ(what(generic(R"({"action":"answer",)" + rest)), "! /action") << "nobody answers from outside";
  EXPECT_EQ(what(generic(replaced(kGeneric, "2026-12-01T12:00:00Z", "soon"))), "! /question/deadline");
  EXPECT_EQ(what(generic("[]")), "! /action");
}

TEST(Forms, HeadingsThatAreNoFieldsStayInTheText) {
  const auto question = question_of_issue("T", "### Steps\none\n### tool\nvim\n### Tool of choice\nnone", {});
  EXPECT_EQ(question.tool, "vim");
  EXPECT_EQ(question.text, "T\n\n### Steps\none\n### Tool of choice\nnone");
  EXPECT_EQ(question_of_issue("", "", {}).text, "");
  EXPECT_EQ(question_of_issue("AI:", "", kRules).text, "");
  EXPECT_THAT(question_of_issue("T", "### Data classes\n, ,\n", {}).data_classes, IsEmpty());
  EXPECT_EQ(question_of_issue("T", "### Tool", {}).tool, "");
  EXPECT_EQ(question_of_issue("T", "### People blocked\nall of us", {}).people_blocked, 0U);
}

// Any JSON, also where every value is of another type, cut, doubled or hostile: an answer or an error, soon.
TEST(Forges, AnyJsonIsReadToAnAnswerOrAnError) {
  std::mt19937 chance(20261126);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(chance() % n); };
  const std::vector<std::string> odd = {"null",
                                        "5",
                                        "-1",
                                        "[]",
                                        "{}",
                                        "true",
                                        "\"\"",
                                        "[[[[]]]]",
                                        "1e400",
                                        R"("\u0000\u001b[2J\u202e")",
                                        R"("\ud800")",
                                        "\"" + std::string(5000, '#') + "\"",
                                        R"("### ### ### Tool\n### Tool\n### Tool")"};
  std::size_t read_any = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string text = std::vector{kGithub, kGithubComment, kGitlab, kGitlabNote, kGeneric}[below(5)];
    for (std::size_t changes = below(4); changes-- > 0;) {
      const auto document = json::Document::parse(text);
      if (!document) break;
      const auto& nodes = document->nodes();
      const auto& node = nodes[below(nodes.size())];
      text.replace(node.start, node.end - node.start, odd[below(odd.size())]);
    }
    const auto document = json::Document::parse(text);
    if (!document) continue;
    for (const auto* rules : {&kRules, static_cast<const ForgeRules*>(nullptr)}) {
      const ForgeRules none;
      const auto& chosen = rules ? *rules : none;
      for (const auto& event : {read_github("issues", document->root(), chosen),
                                read_github("issue_comment", document->root(), chosen),
                                read_gitlab(document->root(), chosen), read_generic(document->root())}) {
        if (!event || !*event) continue;
        ++read_any;
        EXPECT_LE((*event)->link.size(), kLongestLink);
        EXPECT_TRUE((*event)->link.starts_with("http"));
        EXPECT_FALSE((*event)->asker.empty());
      }
    }
  }
  EXPECT_GT(read_any, 1000U);
}

TEST(Forges, AFormOfAMegabyteCostsNoMoreThanItsLength) {
  std::string many;
  while (many.size() < (1U << 20)) many += "### x\n";
  const auto question = question_of_issue("T", many, {});
  EXPECT_LE(question.text.size(), many.size() + 3);
}

}  // namespace
}  // namespace ostiary::watch
