#include "gateway/errors.h"

#include <gtest/gtest.h>

#include "json/canonical.h"
#include "json/document.h"

namespace ostiary::gateway {
namespace {

GateError error_of(std::uint16_t status, std::string code, std::string message) {
  GateError error;
  error.status = status;
  error.code = std::move(code);
  error.message = std::move(message);
  return error;
}

TEST(Errors, HaveTheShapeThatClientsRead) {
  const auto body = error_body(error_of(400, "invalid_json", "a \"quote\"\nand \xff"));
  const auto document = json::Document::parse(body);
  ASSERT_TRUE(document) << body;
  const auto error = document->root()["error"];
  EXPECT_EQ(error["code"].string_or(""), "invalid_json");
  EXPECT_EQ(error["message"].string_or(""), "a \"quote\"\nand \xef\xbf\xbd");
  EXPECT_EQ(error["type"].string_or(""), "invalid_request_error");
  EXPECT_TRUE(error["param"].is_null());
}

TEST(Errors, TheTypeFollowsTheStatus) {
  const std::pair<std::uint16_t, std::string_view> types[] = {{400, "invalid_request_error"},
                                                              {401, "authentication_error"},
                                                              {403, "permission_error"},
                                                              {404, "not_found_error"},
                                                              {429, "rate_limit_error"},
                                                              {500, "api_error"},
                                                              {503, "api_error"}};
  for (const auto& [status, type] : types)
    EXPECT_NE(error_body(error_of(status, "c", "m")).find("\"type\":\"" + std::string(type) + "\""),
              std::string::npos)
        << status;
}

TEST(Errors, WithinAStreamTheyAreOneEvent) {
  const auto error = error_of(502, "stream_truncated", "cut");
  const auto plain = error_event(error, false);
  EXPECT_EQ(plain, "data: " + error_body(error) + "\n\n");
  const auto typed = error_event(error, true);
  EXPECT_TRUE(typed.starts_with("event: error\ndata: {"));
  EXPECT_TRUE(typed.ends_with("}\n\n"));
  const auto document = json::Document::parse(std::string_view(typed).substr(19, typed.size() - 21));
  ASSERT_TRUE(document) << typed;
  EXPECT_EQ(document->root()["type"].string_or(""), "error");
  EXPECT_EQ(document->root()["code"].string_or(""), "stream_truncated");
}

TEST(Errors, ARefusalNamesRulesAndTheWayOut) {
  policy::Decision decision;
  decision.effect = policy::Effect::deny;
  decision.because = "it holds a secret";
  decision.instead = "use the service 'home'";
  decision.rules = {{"no-secrets", "4.2"}, {"data_classes.secret", ""}};
  const auto error = refusal(decision, R"([{"preview":"sk-…"}])");
  EXPECT_EQ(error.status, 403);
  EXPECT_EQ(error.code, "policy_denied");
  const auto body = error_body(error);
  const auto document = json::Document::parse(body);
  ASSERT_TRUE(document) << body;
  const auto object = document->root()["error"];
  EXPECT_EQ(object["rules"].at(0)["id"].string_or(""), "no-secrets");
  EXPECT_EQ(object["rules"].at(0)["clause"].string_or(""), "4.2");
  EXPECT_EQ(object["rules"].size(), 2u);
  EXPECT_EQ(object["instead"].string_or(""), "use the service 'home'");
  EXPECT_EQ(object["findings"].at(0)["preview"].string_or(""), "sk-…");
  EXPECT_NE(object["message"].string_or("").find("it holds a secret"), std::string::npos);
  EXPECT_NE(object["message"].string_or("").find("use the service 'home'"), std::string::npos);
}

TEST(Errors, ARefusalNamesWhatIsNotKnownAndTheHeaderThatSaysIt) {
  policy::Decision decision;
  decision.effect = policy::Effect::deny;
  decision.rules = {{"customers", "what-goes"}};
  decision.missing = {"data.language", "output.use"};
  const auto body = error_body(refusal(decision, "[]"));
  const auto document = json::Document::parse(body);
  ASSERT_TRUE(document) << body;
  const auto object = document->root()["error"];
  EXPECT_EQ(object["message"].string_or(""),
            "This request is not allowed by rule 'customers' (clause 'what-goes'). Not known: data.language, "
            "output.use (the header x-ostiary-output-use says it).");
  EXPECT_EQ(object["missing"].size(), 2u);
  EXPECT_TRUE(object["missing"].at(0)["header"].is_null());
  EXPECT_EQ(object["missing"].at(1)["fact"].string_or(""), "output.use");
  EXPECT_EQ(object["missing"].at(1)["header"].string_or(""), "x-ostiary-output-use");
}

TEST(Errors, WhatNeedsAnApprovalSaysSo) {
  policy::Decision decision;
  decision.effect = policy::Effect::ask;
  EXPECT_EQ(refusal(decision, "[]").code, "approval_required");
}

}  // namespace
}  // namespace ostiary::gateway
