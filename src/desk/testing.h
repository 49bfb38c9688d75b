#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/testing.h"
#include "desk/desk.h"
#include "policy/testing.h"
#include "store/store.h"

namespace ostiary::desk::testing {

inline WallMs at(std::string_view text) {
  const auto ms = parse_rfc3339(text);
  EXPECT_TRUE(ms) << text;
  return ms.value_or(0);
}

constexpr WallMs kHour = 3'600'000;

// What it failed with; a failure of the test where it did not fail.
template <class T>
Error error_of(const Result<T>& result) {
  EXPECT_FALSE(result) << "it did not fail";
  return result ? Error() : result.error();
}

// A document with two lanes, office hours in Berlin and automatic answers of allow and deny.
inline constexpr std::string_view kDocument = R"(---
title: Rules
version: "1"
status: draft
owner: head
contact: ai-desk
review-by: 2999-01-01
default: ask
---

# Rules

## Public

Public things go.

```policy
- id: public
  when: {data.classes: {only: [public]}, output.use: internal}
  then: allow
  because: Public data may go anywhere.
```

## Secrets

Keys stay.

```policy
- id: no-secrets
  when: {data.classes: [secret]}
  then: deny
  because: Keys stay here.
  instead: take the key out
- id: customers
  when: {data.classes: [customer-code], target.service: mistral}
  then: ask
  because: Ask first.
```

## Desk

```policy-data
answer-targets:
  quick: {first-answer: 4h, decision: 2d}
  legal: {first-answer: 1d, decision: 5d}
desk:
  automatic-answers: [allow, deny]
  working-time:
    zone: Europe/Berlin
    days: [monday, tuesday, wednesday, thursday, friday]
    hours: [09:00-17:00]
  lanes:
    quick: {risk: low, owner: ai-desk, when: {data.classes: {only: [code, public]}, output.use: internal}}
    legal: {risk: high, owner: legal, escalate-to: counsel, when: {not: {data.classes: {only: [code, public]}}}}
```
)";

class MemoryJournal final : public Journal {
 public:
  struct Line {
    WallMs at;
    std::string action, what, detail;
  };
  Result<> record(const Change& change) override {
    if (broken) return fail(Code::io, "the ledger is full");
    lines.push_back(
        {change.at, std::string(change.action), std::string(change.what), std::string(change.detail)});
    return {};
  }
  std::vector<std::string> actions() const {
    std::vector<std::string> all;
    for (const auto& line : lines) all.push_back(line.action + " " + line.what);
    return all;
  }
  bool broken = false;
  std::vector<Line> lines;
};

inline const Actor kAda{.subject = "sub_ada", .team = "research"};
inline const Actor kBob{.subject = "sub_bob", .team = "sales"};
inline const Actor kLegal{.subject = "sub_legal", .team = "legal", .answers = true};

class DeskTest : public ::testing::Test {
 protected:
  DeskTest() {
    auto store = store::open_sqlite(folder_ / "store.sqlite");
    EXPECT_TRUE(store) << store.error().text();
    store_ = std::move(*store);
    questions_ = store::open_questions(folder_ / "store.sqlite");
    open();
    use(kDocument);
  }
  void open() {
    auto desk = Desk::open(*questions_, journal_);
    EXPECT_TRUE(desk) << desk.error().text();
    desk_ = std::move(*desk);
  }
  void use(std::string_view text, WallMs now = 0) {
    auto policy = std::make_shared<const policy::Policy>(policy::testing::policy_of(std::string(text)));
    const auto used = desk_->use_policy(std::move(policy), target_, nearest_, now == 0 ? now_ : now);
    EXPECT_TRUE(used) << used.error().text();
  }
  // A replacement in the document above, which must be there.
  static std::string with(std::string_view from, std::string_view to) {
    std::string text(kDocument);
    const auto place = text.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    return text.replace(place, from.size(), to);
  }

  static Asking asking(std::string_view text, std::vector<std::string> classes = {"code"},
                       std::string_view use = "internal") {
    Asking out;
    out.text = text;
    out.data_classes = std::move(classes);
    out.output_use = use;
    return out;
  }
  Question ask(const Asking& what, const Actor& by = kAda) {
    auto question = desk_->ask(what, by, now_);
    EXPECT_TRUE(question) << question.error().text();
    return question ? *question : Question();
  }
  // What the gate refuses, by the document.
  static Refusal refusal(policy::Effect effect, std::string subject = "sub_ada", std::string request = "r1") {
    Refusal out;
    out.subject = std::move(subject);
    out.team = "research";
    out.service = "mistral";
    out.data_classes = {effect == policy::Effect::ask ? "customer-code" : "secret"};
    out.exchange = "0190";
    out.facts.set("data.classes", out.data_classes, "inspection");
    out.facts.set("target.service", std::string("mistral"), "config");
    out.facts.set("data.bytes", std::int64_t{1234}, "request");
    out.decision.effect = effect;
    out.decision.rules = {{effect == policy::Effect::ask ? "customers" : "no-secrets", "secrets"}};
    out.decision.facts = out.facts.all();
    out.request_fingerprint = std::move(request);
    return out;
  }
  Question refused(const Refusal& what) {
    auto question = desk_->refused(what, now_);
    EXPECT_TRUE(question) << question.error().text();
    return question ? *question : Question();
  }
  Question answer(std::uint64_t number, Ruling ruling, std::optional<WallMs> expires = {}) {
    auto question = desk_->answer(number,
                                  {.ruling = ruling,
                                   .reason = "because",
                                   .conditions = ruling == Ruling::allow_with_conditions ? "if so" : "",
                                   .expires = expires},
                                  kLegal, now_);
    EXPECT_TRUE(question) << question.error().text();
    return question ? *question : Question();
  }
  Question find(std::uint64_t number) {
    auto question = desk_->find(number, kLegal, now_);
    EXPECT_TRUE(question) << question.error().text();
    return question ? *question : Question();
  }
  bool approved(std::string_view request) { return desk_->approvals()->find(request, now_) != nullptr; }

  ostiary::testing::TempFolder folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Questions> questions_;
  MemoryJournal journal_;
  std::unique_ptr<Desk> desk_;
  FactsOfTarget target_;
  NearestAllowed nearest_;
  WallMs now_ = at("2026-12-02T09:00:00Z");  // a wednesday, 10:00 in Berlin
};

}  // namespace ostiary::desk::testing
