#include "store/questions.h"

#include <gtest/gtest.h>

#include "console/impl/test_house.h"
#include "desk/desk.h"

namespace ostiary::console {
namespace {

class QuestionsApiTest : public testing::TestHouse {
 protected:
  class Records final : public desk::Journal {
    Result<> record(const desk::Change&) override { return {}; }
  };
  QuestionsApiTest() {
    questions_ = store::open_questions(folder_ / "store.sqlite");
    desk_ = desk::Desk::open(*questions_, records_).value();
    backing_->desk = desk_.get();
  }
  ~QuestionsApiTest() override { backing_->desk = nullptr; }

  Records records_;
  std::unique_ptr<store::Questions> questions_;
  std::unique_ptr<desk::Desk> desk_;
};

TEST_F(QuestionsApiTest, WhatPeopleWroteIsForTheAskerAndWhoAnswers) {
  const auto asker = key_with({"use"});
  const auto asked = ask_as(asker, "POST", "/api/v1/questions", R"({"text":"may I paint it heliotrope?"})");
  ASSERT_EQ(asked.status, 200) << asked.body;
  const auto sees = [&](const auto& key, const std::string& path) {
    const auto shown = ask_as(key, "GET", path);
    EXPECT_EQ(shown.status, 200) << shown.body;
    EXPECT_NE(shown.body.find("Q-1"), std::string::npos) << path;
    return shown.body.find("heliotrope") != std::string::npos;
  };
  for (const auto* path : {"/api/v1/questions", "/api/v1/questions/Q-1", "/api/v1/questions/queue"}) {
    EXPECT_FALSE(sees(key_with({"read"}, "blue", "rea"), path)) << path;
    for (const auto* scope : {"desk", "admin"})
      EXPECT_TRUE(sees(key_with({scope}, "blue", scope), path)) << path;
  }
  EXPECT_TRUE(sees(asker, "/api/v1/questions/Q-1"));
  EXPECT_TRUE(sees(asker, "/api/v1/self/questions"));
}

TEST_F(QuestionsApiTest, FactsAreCountedAndKnownBeforeTheyAreTaken) {
  const auto asker = key_with({"use"});
  const auto with = [&](const std::string& facts) {
    return ask_as(asker, "POST", "/api/v1/questions", R"({"text":"may I?","facts":{)" + facts + "}}");
  };
  const auto unknown = with(R"("no.such":true)");
  EXPECT_EQ(unknown.status, 409);
  EXPECT_NE(unknown.body.find("no.such"), std::string::npos);
  std::string many;
  for (int i = 0; i < 65; ++i) many += (i == 0 ? "" : ",") + std::string(R"("agent.unattended":true)");
  EXPECT_GE(with(many).status, 400);
  EXPECT_EQ(with(R"("agent.unattended":true)").status, 200);
}

}  // namespace
}  // namespace ostiary::console
