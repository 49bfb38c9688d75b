#include "app/webhooks.h"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/testing.h"
#include "json/document.h"
#include "ledger/record.h"
#include "store/store.h"

namespace ostiary::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string secret_text(char c) {
  return std::string("whsec") + "_" + base64(std::string(32, c));
}

std::string change(std::string_view action, std::string_view what, std::string_view detail = "{}") {
  std::string line;
  ledger::append_change(line, 1'700'000'000'000, action, what, detail);
  return line;
}

std::string exchange(bool intent, std::uint32_t attempts, std::string_view obligations) {
  ledger::ExchangeRecord record;
  record.id = *Id::parse("01a21443-cf1b-707c-bee3-0ee98cdf902d");
  record.at = 1'700'000'000'000;
  record.team = "blue";
  const auto decision = R"({"effect":"allow","obligations":)" + std::string(obligations) + "}";
  record.decision_json = decision;
  record.attempts = attempts;
  std::string line;
  if (intent)
    ledger::append_intent(line, record);
  else
    ledger::append_outcome(line, record);
  return line;
}

std::vector<std::string> types(const std::vector<watch::Event>& events) {
  std::vector<std::string> all;
  for (const auto& event : events)
    all.push_back(event.type + (event.hook.empty() ? "" : " to " + event.hook));
  return all;
}

TEST(EventsOfRecords, ChangesOfQuestionsAndThePolicyAreEventsAndOthersAreNot) {
  const auto question = [](std::string_view number) {
    return R"({"number":")" + std::string(number) + "\"}";
  };
  const auto asked = events_of(7, change("question-asked", "Q-3", R"({"lane":"legal"})"), question);
  ASSERT_THAT(types(asked), ElementsAre("question.asked"));
  EXPECT_EQ(asked[0].id, "msg_record-7");
  EXPECT_EQ(asked[0].at, 1'700'000'000'000);
  EXPECT_EQ(
      asked[0].data,
      R"({"change":"question-asked","detail":{"lane":"legal"},"question":{"number":"Q-3"},"what":"Q-3"})");
  EXPECT_THAT(types(events_of(1, change("question-answered", "Q-3"), {})), ElementsAre("question.answered"));
  EXPECT_THAT(types(events_of(1, change("policy-changed", "policy"), {})), ElementsAre("policy.changed"));
  for (const auto* back : {"precedent-reopened", "question-appealed", "question-reopened"})
    EXPECT_THAT(types(events_of(1, change(back, "Q-3"), {})), ElementsAre("question.asked")) << back;
  for (const auto* other : {"key-created", "started", "question-assigned", "question-"})
    EXPECT_THAT(events_of(1, change(other, R"(question-asked "kind":"change" notify: )"), question),
                IsEmpty())
        << other;
  EXPECT_THAT(events_of(1, "no JSON", {}), IsEmpty());
}

TEST(EventsOfRecords, AnExchangeIsANoticeOnceForEachWebhookThatItsRulesName) {
  const auto two = R"(["log: full","notify: legal","notify: security"])";
  const auto notices = events_of(1, exchange(true, 0, two), {});
  EXPECT_THAT(types(notices), ElementsAre("exchange.notice to legal", "exchange.notice to security"));
  EXPECT_EQ(notices[0].id, "msg_01a21443-cf1b-707c-bee3-0ee98cdf902d");
  EXPECT_THAT(notices[0].data, HasSubstr(R"("team":"blue")"));
  EXPECT_THAT(events_of(1, exchange(false, 1, two), {}), IsEmpty()) << "its intent was told of";
  EXPECT_THAT(events_of(1, exchange(false, 0, two), {}), SizeIs(2)) << "it was refused and had none";
  EXPECT_THAT(events_of(1, exchange(true, 0, R"(["match-code"])"), {}), IsEmpty());
}

class LedgerEventsTest : public ::testing::Test {
 protected:
  LedgerEventsTest() {
    ledger::Options options;
    options.sync = ledger::Sync::os;
    ledger_ = ledger::Ledger::open(folder_.path(), options).value();
    EXPECT_TRUE(store::open_sqlite(folder_ / "store.sqlite"));
  }
  // Nobody is there, so that what is put in waits.
  static HookHouse::Settings nobody_there(const std::string& name = "chat") {
    HookHouse::Settings settings;
    watch::HookSettings hook;
    hook.name = name;
    hook.url = *net::parse_url("http://127.0.0.1:1/");
    hook.secrets = {*watch::SigningSecret::parse(Secret(secret_text('a')))};
    hook.events = {"question.asked"};
    settings.out.push_back(std::move(hook));
    return settings;
  }
  void begin(HookHouse::Settings settings) {
    house_ = HookHouse::open(folder_.path(), std::move(settings)).value();
    house_->follow(folder_.path(), *ledger_, {});
  }
  void end() {
    house_->close();
    house_.reset();
  }
  void record(const std::string& line) {
    ledger::Batch batch;
    batch.add(line);
    ASSERT_TRUE(ledger_->append(batch));
  }
  std::uint64_t waiting(const std::string& hook = "chat") {
    const auto states = house_->out().states();
    EXPECT_TRUE(states);
    for (const auto& state : *states)
      if (state.name == hook) return state.waiting;
    return 0;
  }
  bool wait_for(std::uint64_t count, const std::string& hook = "chat") {
    for (int i = 0; i < 1000 && waiting(hook) != count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return waiting(hook) == count;
  }
  // What was read is kept.
  bool wait_position() {
    for (int i = 0; i < 1000; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(10)))
      if (house_->out().queue().position("ledger").value()) return true;
    return false;
  }
  testing::TempFolder folder_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<HookHouse> house_;
};

TEST_F(LedgerEventsTest, EachRecordIsToldOfOnceAlsoWhatCameWhileNobodyLooked) {
  record(change("question-asked", "Q-1"));  // before there was a webhook
  begin(nobody_there());
  ASSERT_TRUE(wait_position());
  record(change("question-asked", "Q-2"));
  record(change("question-assigned", "Q-2"));
  ASSERT_TRUE(wait_for(1));
  end();
  record(change("question-asked", "Q-3"));
  begin(nobody_there());
  ASSERT_TRUE(wait_for(2));
  end();
  begin(nobody_there());
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_EQ(waiting(), 2U);
}

TEST_F(LedgerEventsTest, WhoComesLaterIsToldOfWhatHappensLater) {
  begin(nobody_there());
  ASSERT_TRUE(wait_position());
  house_->replace({});
  for (int i = 0; i < 1000 && house_->out().queue().position("ledger").value(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  record(change("question-asked", "Q-1"));
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  house_->replace(nobody_there());
  ASSERT_TRUE(wait_position());
  record(change("question-asked", "Q-2"));
  ASSERT_TRUE(wait_for(1));
}

TEST_F(LedgerEventsTest, ANoticeForAWebhookThatIsNotThereHoldsNothingUp) {
  begin(nobody_there("legal"));
  ASSERT_TRUE(wait_position());
  record(exchange(true, 0, R"(["notify: nobody"])"));
  record(exchange(true, 0, R"(["notify: legal"])"));
  EXPECT_TRUE(wait_for(1, "legal"));
}

Result<Config> read(const std::string& text) {
  return read_config(text, "c.yaml");
}

TEST(WebhookConfig, IsReadWithItsDefaults) {
  const auto config = read(
      "webhooks:\n  out:\n    - {name: chat, url: 'https://x.example/in/t0p', secret: {env: A}, "
      "previous_secret: "
      "{file: /b}}\n    - {name: legal, url: 'http://[::1]:8080', secret: {file: /c}, events: "
      "[policy.changed], "
      "timeout: 5s, give_up: 1d}\n  in:\n    github: {secret: {env: G}, label: ai, title_prefix: 'AI:', "
      "team: blue}\n"
      "    gitlab: {signing_token: {file: /t}}\n    generic:\n      forms: {secret: {env: F}}\n");
  ASSERT_TRUE(config) << config.error().text();
  ASSERT_THAT(config->webhooks, SizeIs(2));
  const auto& chat = config->webhooks[0];
  EXPECT_EQ(chat.secrets.size(), 2U);
  EXPECT_EQ(chat.secrets[0].value, "A");
  EXPECT_EQ(chat.timeout_ms, 15'000U);
  EXPECT_EQ(chat.give_up_ms, 3U * 24 * 3'600'000);
  EXPECT_THAT(chat.events, ElementsAre("policy.changed", "question.answered", "question.asked",
                                       "question.escalated", "review.due"));
  EXPECT_THAT(config->webhooks[1].events, ElementsAre("policy.changed"));
  ASSERT_THAT(config->incoming_hooks, SizeIs(3));
  EXPECT_EQ(config->incoming_hooks[0].label, "ai");
  EXPECT_EQ(config->incoming_hooks[2].name, "forms");
}

TEST(WebhookConfig, SaysWhatIsWrongAndWhereAndRepeatsNoUrl) {
  const auto out = [](const std::string& item) { return "webhooks:\n  out:\n    - {" + item + "}\n"; };
  const std::string good = "name: chat, url: 'https://x.example', secret: {env: A}";
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {out("name: chat, url: 'https://x.example'"), "needs name, url and secret"},
      {out("name: Chat, url: 'https://x.example', secret: {env: A}"), "small letters"},
      {out("name: chat, url: 'https://u:t0p@x.example', secret: {env: A}"), "URL without user"},
      {out("name: chat, url: 'https://x.example?t0p', secret: {env: A}"), "URL without user"},
      {out("name: chat, url: 'http://x.example/t0p', secret: {env: A}"), "must be https"},
      {out("name: chat, url: 'http://localhost.x.example', secret: {env: A}"), "must be https"},
      {out("name: chat, url: 'https://x.example', secret: t0p"), "does not belong in this file"},
      {out(good + ", events: [question.askd]"), "did you mean 'question.asked'?"},
      {out(good + ", events: [exchange.notice]"), "is no event"},
      {out(good + ", give_up: 1h"), "a duration from 1d"},
      {out(good + ", retries: 5"), "retries"},
      {out(good) + "    - {" + good + "}\n", "stands here twice"},
      {"webhooks:\n  in:\n    github: {label: x}\n", "needs a secret"},
      {"webhooks:\n  in:\n    github: {secret: {env: A}, signing_token: {env: B}}\n", "signing_token"},
      {"webhooks:\n  in:\n    gitea: {secret: {env: A}}\n", "gitea"},
      {"webhooks:\n  in:\n    generic:\n      'A b': {secret: {env: A}}\n", "small letters"},
  };
  for (const auto& [text, told] : wrong) {
    const auto config = read(text);
    ASSERT_FALSE(config) << text;
    EXPECT_THAT(config.error().text(), HasSubstr(told)) << text;
    EXPECT_THAT(config.error().text(), HasSubstr("c.yaml:")) << text;
    EXPECT_EQ(config.error().text().find("t0p"), std::string::npos) << "it may be a secret";
  }
}

TEST(WebhookSecrets, AreReadFromWhereTheyAreAndNeverRepeated) {
  testing::TempFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "good", secret_text('a') + "\n"));
  ASSERT_TRUE(write_file_atomic(folder / "bad", "t0p\n"));
  WebhookSettings hook{
      .name = "chat", .url = "https://x.example/in", .ca_file = {}, .secrets = {}, .events = {}};
  const auto from = [&](const std::string& name) {
    gateway::CredentialSource source;
    source.kind = gateway::CredentialSource::Kind::file;
    source.value = folder / name;
    hook.secrets = {source};
    return read_webhooks({&hook, 1});
  };
  EXPECT_TRUE(from("good"));
  const auto bad = from("bad");
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().text(), HasSubstr("webhook chat: its secret must be whsec_"));
  EXPECT_EQ(bad.error().text().find("t0p"), std::string::npos);
  EXPECT_FALSE(from("none"));
}

}  // namespace
}  // namespace ostiary::app
