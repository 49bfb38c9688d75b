#include "watch/incoming.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/testing.h"
#include "store/store.h"
#include "watch/webhooks.h"

namespace ostiary::watch {
namespace {

using Forge = Incoming::Forge;
using Headers = std::map<std::string, std::string, std::less<>>;

constexpr WallMs kNow = 1'800'000'000'000;

std::string signing_text(char c) {
  return std::string("whsec") + "_" + base64(std::string(32, c));
}

// GitHub's signature, made by hand: RFC 2104 with blocks of 64 bytes.
std::string github_signature(std::string key, std::string_view body) {
  key.resize(64);
  std::string inner(key), outer(key);
  for (auto& c : inner) c = static_cast<char>(c ^ 0x36);
  for (auto& c : outer) c = static_cast<char>(c ^ 0x5c);
  const auto digest = sha256(inner + std::string(body));
  return "sha256=" + hex(sha256(outer + std::string(digest.begin(), digest.end())));
}

class IncomingTest : public ::testing::Test {
 protected:
  IncomingTest() {
    EXPECT_TRUE(store::open_sqlite(folder_ / "store.sqlite"));
    queue_ = open_queue(folder_.path()).value();
    incoming_ = std::make_unique<Incoming>(*queue_);
    IncomingSettings settings;
    settings.github = IncomingSource{.secrets = {Secret("hub")},
                                     .signing = {},
                                     .rules = {.label = "ai", .title_prefix = ""},
                                     .team = "blue"};
    settings.gitlab = IncomingSource{.secrets = {Secret("lab")}, .signing = {}, .rules = {}, .team = ""};
    settings.generic["forms"] = IncomingSource{.secrets = {},
                                               .signing = {*SigningSecret::parse(Secret(signing_text('g')))},
                                               .rules = {},
                                               .team = "forms"};
    incoming_->replace(std::move(settings));
  }
  Result<Delivery> receive(Forge forge, const Headers& headers, std::string_view body,
                           std::string_view name = "forms", WallMs now = kNow) {
    return incoming_->receive(
        forge, name,
        [&](std::string_view wanted) {
          const auto found = headers.find(wanted);
          return found == headers.end() ? std::string() : found->second;
        },
        body, now);
  }
  static Headers github(std::string_view body, const std::string& id = "d-1",
                        const std::string& event = "issues") {
    return {{"x-hub-signature-256", github_signature("hub", body)},
            {"x-github-delivery", id},
            {"x-github-event", event}};
  }
  static Headers generic(std::string_view body, const std::string& id = "msg_1",
                         std::int64_t at = kNow / 1000) {
    return {{"webhook-id", id},
            {"webhook-timestamp", std::to_string(at)},
            {"webhook-signature", SigningSecret::parse(Secret(signing_text('g')))->sign(id, at, body)}};
  }

  testing::TempFolder folder_;
  std::unique_ptr<store::HookQueue> queue_;
  std::unique_ptr<Incoming> incoming_;
};

const std::string kIssue =
    R"({"action":"opened","issue":{"html_url":"https://github.example/a/b/issues/1","title":"May I?","body":"",)"
    R"("user":{"login":"octo"},"labels":[{"name":"ai"}]}})";

TEST_F(IncomingTest, ADeliveryOfGithubIsTakenOnceWhateverIdItComesUnder) {
  const auto delivery = receive(Forge::github, github(kIssue), kIssue);
  ASSERT_TRUE(delivery) << delivery.error().text();
  ASSERT_TRUE(delivery->event);
  EXPECT_EQ(delivery->event->asker, "octo");
  EXPECT_EQ(delivery->team, "blue");
  EXPECT_TRUE(receive(Forge::github, github(kIssue), kIssue)) << "it was not taken yet";
  ASSERT_TRUE(incoming_->remember(*delivery, kNow));
  EXPECT_EQ(receive(Forge::github, github(kIssue), kIssue).error().code, Code::exists);
  EXPECT_EQ(receive(Forge::github, github(kIssue, "d-2"), kIssue).error().code, Code::exists)
      << "the id is not signed, so that a replay may have another";
  const auto other = kIssue + " ";
  EXPECT_EQ(receive(Forge::github, github(other), other).error().code, Code::exists)
      << "the id alone will do";
  EXPECT_TRUE(receive(Forge::github, github(other, "d-3"), other));
}

TEST_F(IncomingTest, NothingOfABodyIsReadBeforeItsSenderIsProven) {
  for (const std::string body : {kIssue, std::string("not JSON"), std::string()}) {
    auto headers = github(body);
    headers["x-hub-signature-256"].back() ^= 1;
    EXPECT_EQ(receive(Forge::github, headers, body).error().code, Code::denied) << body;
    EXPECT_EQ(receive(Forge::github, {}, body).error().code, Code::denied);
  }
  EXPECT_EQ(receive(Forge::github, github("not JSON"), "not JSON").error().code, Code::invalid);
}

TEST_F(IncomingTest, GitlabComesWithItsTokenOrSigned) {
  const std::string body = R"({"object_kind":"push"})";
  EXPECT_TRUE(receive(Forge::gitlab, {{"x-gitlab-token", "lab"}}, body));
  EXPECT_EQ(receive(Forge::gitlab, {{"x-gitlab-token", "hub"}}, body).error().code, Code::denied);
  EXPECT_EQ(receive(Forge::gitlab, {}, body).error().code, Code::denied);
  IncomingSettings settings;
  settings.gitlab = IncomingSource{.secrets = {Secret("lab")},
                                   .signing = {*SigningSecret::parse(Secret(signing_text('g')))},
                                   .rules = {},
                                   .team = ""};
  incoming_->replace(std::move(settings));
  EXPECT_TRUE(receive(Forge::gitlab, generic(body), body));
  EXPECT_EQ(receive(Forge::gitlab, {{"x-gitlab-token", "lab"}}, body).error().code, Code::denied)
      << "where it signs, the token alone is not enough";
}

TEST_F(IncomingTest, TheGenericFormIsSignedAndOfNow) {
  const std::string body =
      R"({"action":"ask","link":"https://x.example/1","by":"ada","question":{"text":"May I?"}})";
  const auto delivery = receive(Forge::generic, generic(body), body);
  ASSERT_TRUE(delivery) << delivery.error().text();
  EXPECT_EQ(delivery->source, "generic forms");
  ASSERT_TRUE(incoming_->remember(*delivery, kNow));
  EXPECT_EQ(receive(Forge::generic, generic(body), body).error().code, Code::exists);
  EXPECT_TRUE(receive(Forge::generic, generic(body, "msg_2"), body))
      << "the id is signed: this one is another";
  EXPECT_EQ(receive(Forge::generic, generic(body, "msg_3", kNow / 1000 - 301), body).error().code,
            Code::denied);
  EXPECT_EQ(receive(Forge::generic, generic(body), body, "others").error().code, Code::not_found);
}

TEST_F(IncomingTest, WhatIsNotConfiguredIsNotThere) {
  incoming_->replace({});
  for (const auto forge : {Forge::github, Forge::gitlab, Forge::generic})
    EXPECT_EQ(receive(forge, github(kIssue), kIssue).error().code, Code::not_found);
}

TEST_F(IncomingTest, WhatALinkBecameIsKnownForItsSourceAlone) {
  const auto delivery = receive(Forge::github, github(kIssue), kIssue).value();
  EXPECT_EQ(incoming_->question_of(delivery).value(), std::nullopt);
  ASSERT_TRUE(incoming_->set_question(delivery, "Q-7", kNow));
  EXPECT_EQ(incoming_->question_of(delivery).value(), "Q-7");
  auto other = delivery;
  other.source = "generic forms";
  EXPECT_EQ(incoming_->question_of(other).value(), std::nullopt);
}

}  // namespace
}  // namespace ostiary::watch
