#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "base/testing.h"
#include "console/api.h"
#include "console/impl/keys.h"
#include "json/document.h"
#include "store/key_form.h"

namespace ostiary::console::testing {

// An API over a data folder of its own, without a gate.
class TestHouse : public ::testing::Test {
 protected:
  struct Doorman final : Steward {
    Result<std::vector<std::string>> reload(std::string_view) override {
      ++reloads;
      if (!trouble.empty()) return fail(Code::invalid, trouble, "ostiary.yaml:1:1");
      return std::vector<std::string>{"gate.loops"};
    }
    WallMs loaded_at() const override { return 1'700'000'000'000; }
    std::vector<Setting> settings() const override {
      return {{"listen", "127.0.0.1:8484", "default", ""},
              {"telemetry.headers", std::nullopt, "file", "ostiary.yaml:3:1"}};
    }
    bool draining() const override {
      if (when_asked) when_asked();
      return closing;
    }
    bool beyond_loopback() const override { return remote; }
    bool metrics_open() const override { return open_metrics; }
    Lag projection_lag() const override { return lag; }
    std::vector<Witness> witnesses() const override { return known_witnesses; }
    PolicyDocument policy_document() const override { return document; }
    std::vector<policy::Change> policy_changes() const override {
      ++changes_asked;
      return {};
    }
    PolicyDocument document;
    mutable int changes_asked = 0;
    int reloads = 0;
    std::string trouble;
    std::atomic<bool> closing = false;
    bool remote = false, open_metrics = false;
    std::function<void()> when_asked;  // whether it is draining, which long work asks all the time
    Lag lag;
    std::vector<Witness> known_witnesses;
  };

  TestHouse() {
    ledger::Options options;
    options.sync = ledger::Sync::os;
    auto ledger = ledger::Ledger::open(folder_.path(), options);
    EXPECT_TRUE(ledger) << ledger.error().text();
    ledger_ = std::move(*ledger);
    shared_.ledger = ledger_.get();
    auto store = store::open_sqlite(folder_ / "store.sqlite");
    EXPECT_TRUE(store) << store.error().text();
    backing_ = std::unique_ptr<Backing>(new Backing{
        shared_, std::move(*store), folder_.path(), {"1.2.3", "abc", "test", "2026-11-01"}, &doorman_});
    api_ = std::make_unique<Api>(*backing_);
  }

  // A key with these scopes, as it comes with a request.
  store::KeyEntry key_with(const std::vector<std::string>& scopes, std::string team = "blue",
                           std::string user = "ada") {
    store::KeyWish wish;
    wish.team = std::move(team);
    wish.user = std::move(user);
    wish.scopes = store::parse_scopes(scopes).value();
    auto entry = backing_->store->create_key(wish, wall_now())->entry;
    EXPECT_TRUE(publish_keys(*backing_));
    return entry;
  }

  struct Asked {
    std::uint16_t status = 0;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string type;
    std::string header(std::string_view name) const {
      for (const auto& [known, value] : headers)
        if (known == name) return value;
      return "";
    }
    // The text that stands there; of anything else its JSON.
    std::string at(std::initializer_list<std::string_view> path) const {
      const auto document = json::Document::parse(body);
      if (!document) return "no JSON: " + body;
      auto value = document->root();
      for (const auto step : path) value = value[step];
      return value.is_string() ? *value.as_string() : value ? std::string(value.raw()) : "";
    }
  };

  static gateway::SideRequest request(std::string method, std::string_view target, std::string body = "") {
    gateway::SideRequest request;
    request.method = std::move(method);
    const auto question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string_view::npos) request.query = target.substr(question + 1);
    request.body = std::move(body);
    request.headers = {{"Host", "localhost:8484"}};
    if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    return request;
  }
  Asked ask(gateway::SideRequest request) {
    auto answer = api_->answer(request);
    return {answer.status, std::move(answer.body), std::move(answer.headers), std::move(answer.content_type)};
  }
  Asked ask_as(const store::KeyEntry& key, std::string method, std::string_view target,
               std::string body = "") {
    return ask(request_of(key, std::move(method), target, std::move(body)));
  }
  Asked ask_here(std::string method, std::string_view target, std::string body = "") {  // control socket
    auto asked = request(std::move(method), target, std::move(body));
    asked.local = true;
    return ask(std::move(asked));
  }
  // By the lane that it belongs to.
  std::future<Asked> ask_in_line(gateway::SideRequest request) {
    auto told = std::make_shared<std::promise<Asked>>();
    auto answer = told->get_future();
    api_->ask(std::move(request), [told](gateway::SideAnswer a) {
      told->set_value({a.status, std::move(a.body), std::move(a.headers), std::move(a.content_type)});
    });
    return answer;
  }
  static gateway::SideRequest request_of(const store::KeyEntry& key, std::string method,
                                         std::string_view target, std::string body = "") {
    auto asked = request(std::move(method), target, std::move(body));
    asked.caller = key;
    asked.key_given = true;
    return asked;
  }
  std::string newest_record() {
    const auto records = ledger::tail(folder_.path(), 1);
    return records && !records->empty() ? records->front() : "";
  }

  ostiary::testing::TempFolder folder_;
  std::unique_ptr<ledger::Ledger> ledger_;
  gateway::Shared shared_;
  Doorman doorman_;
  std::unique_ptr<Backing> backing_;
  std::unique_ptr<Api> api_;
};

}  // namespace ostiary::console::testing
