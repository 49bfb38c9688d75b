#include "watch/webhooks.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "console/impl/test_house.h"

namespace ostiary::console {
namespace {

class WebhooksApiTest : public testing::TestHouse {
 protected:
  WebhooksApiTest() {
    hooks_ = std::make_unique<watch::Webhooks>(watch::open_queue(folder_.path()).value());
    backing_->webhooks = hooks_.get();
  }
  ~WebhooksApiTest() override { backing_->webhooks = nullptr; }
  // An event that was given up.
  void give_up(const std::string& id) {
    const store::HookItem item{"chat", {.id = id, .type = "question.asked", .body = "{}", .at = 1000}};
    ASSERT_TRUE(hooks_->queue().add({&item, 1}));
    ASSERT_TRUE(
        hooks_->queue().give_up(hooks_->queue().next("chat").value()->number, "it answered 404", 2000));
  }
  std::unique_ptr<watch::Webhooks> hooks_;
};

TEST_F(WebhooksApiTest, ShowsHowEachDoesAlsoOneThatIsNotConfiguredAnyMore) {
  give_up("msg_1");
  const auto shown = ask_as(key_with({"read"}), "GET", "/api/v1/webhooks");
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.at({"webhooks"}),
            R"([{"attempts":0,"delivered":0,"error":null,"failed":0,"missed":0,"name":"chat","oldest":null,)"
            R"("origin":null,"undelivered":1,"waiting":0}])");
}

TEST_F(WebhooksApiTest, WhatWasGivenUpIsPagedAndTriedAgainOrForgottenWithARecord) {
  const auto admin = key_with({"admin"});
  for (const auto* id : {"msg_1", "msg_2", "msg_3"}) give_up(id);
  const auto first = ask_as(admin, "GET", "/api/v1/webhooks/chat/undelivered?limit=2");
  EXPECT_NE(first.body.find("msg_2"), std::string::npos);
  EXPECT_EQ(first.body.find("msg_3"), std::string::npos);
  const auto rest = ask_as(admin, "GET", "/api/v1/webhooks/chat/undelivered?cursor=" + first.at({"next"}));
  EXPECT_NE(rest.body.find("msg_3"), std::string::npos);
  EXPECT_EQ(rest.at({"next"}), "null");

  EXPECT_EQ(ask_as(admin, "POST", "/api/v1/webhooks/chat/undelivered/msg_2").status, 200);
  EXPECT_NE(newest_record().find(R"("action":"webhook-event-retried")"), std::string::npos);
  EXPECT_EQ(hooks_->queue().next("chat").value()->event.id, "msg_2");
  EXPECT_EQ(ask_as(admin, "POST", "/api/v1/webhooks/chat/undelivered/msg_2").status, 404) << "it waits";
  EXPECT_EQ(ask_as(admin, "DELETE", "/api/v1/webhooks/chat/undelivered/msg_1").status, 200);
  EXPECT_NE(newest_record().find(R"("action":"webhook-event-forgotten")"), std::string::npos);
  EXPECT_EQ(ask_as(admin, "GET", "/api/v1/webhooks/nobody/undelivered").status, 404);
}

TEST_F(WebhooksApiTest, BodiesHoldWhatPeopleWroteAndAreForAdministrators) {
  EXPECT_EQ(ask_as(key_with({"read"}), "GET", "/api/v1/webhooks/chat/undelivered").status, 403);
}

TEST_F(WebhooksApiTest, WithNoGateThereAreNone) {
  backing_->webhooks = nullptr;
  EXPECT_EQ(ask_here("GET", "/api/v1/webhooks").status, 503);
}

}  // namespace
}  // namespace ostiary::console
