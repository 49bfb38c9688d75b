#include "gateway/endpoint.h"

#include <gtest/gtest.h>

namespace ostiary::gateway {
namespace {

using Found = Asked::Found;

TEST(Endpoint, KnowsWhatEachPathNeeds) {
  const auto chat = find_endpoint("POST", "/v1/chat/completions", false);
  ASSERT_EQ(chat.found, Found::yes);
  EXPECT_EQ(chat.endpoint.name, "chat/completions");
  EXPECT_EQ(chat.path, "/chat/completions");
  EXPECT_TRUE(chat.endpoint.has_body && chat.endpoint.reads_model && chat.endpoint.repeatable);
  EXPECT_EQ(chat.endpoint.marker, EndMarker::done_word);

  const auto embeddings = find_endpoint("POST", "/v1/embeddings", false);
  ASSERT_EQ(embeddings.found, Found::yes);
  EXPECT_EQ(embeddings.endpoint.marker, EndMarker::none);
}

TEST(Endpoint, AResponseIsNotAskedForTwice) {
  const auto made = find_endpoint("POST", "/v1/responses", false);
  ASSERT_EQ(made.found, Found::yes);
  EXPECT_FALSE(made.endpoint.repeatable);
  EXPECT_EQ(made.endpoint.marker, EndMarker::response_event);
}

TEST(Endpoint, AStoredResponseIsReadDeletedAndCancelledByItsId) {
  for (const std::string_view method : {"GET", "DELETE"}) {
    const auto asked = find_endpoint(method, "/v1/responses/resp_1", false);
    ASSERT_EQ(asked.found, Found::yes) << method;
    EXPECT_EQ(asked.response_id, "resp_1");
    EXPECT_FALSE(asked.endpoint.has_body);
    EXPECT_EQ(asked.endpoint.repeatable, method == "GET");
  }
  EXPECT_EQ(find_endpoint("POST", "/v1/responses/resp_1/cancel", false).response_id, "resp_1");
  EXPECT_EQ(find_endpoint("GET", "/v1/responses/resp_1/input_items", false).response_id, "resp_1");
  EXPECT_EQ(find_endpoint("POST", "/v1/responses/resp_1", false).allow, "GET, DELETE");
  EXPECT_EQ(find_endpoint("GET", "/v1/responses/resp_1/cancel", false).allow, "POST");
  EXPECT_EQ(find_endpoint("GET", "/v1/responses/", false).found, Found::no_path);
  EXPECT_EQ(find_endpoint("GET", "/v1/responses/resp_1/other", false).found, Found::no_path);
}

TEST(Endpoint, AModelIsAskedForByName) {
  EXPECT_EQ(find_endpoint("GET", "/v1/models", false).model_id, "");
  EXPECT_EQ(find_endpoint("GET", "/v1/models/org/name:7b", false).model_id, "org/name:7b");
  EXPECT_EQ(find_endpoint("DELETE", "/v1/models/x", false).allow, "GET");
}

TEST(Endpoint, SaysWhichMethodAPathTakes) {
  const auto asked = find_endpoint("GET", "/v1/chat/completions", true);
  EXPECT_EQ(asked.found, Found::no_method);
  EXPECT_EQ(asked.allow, "POST");
}

TEST(Endpoint, OtherPathsPassOnlyWhereThatIsOn) {
  EXPECT_EQ(find_endpoint("POST", "/v1/audio/speech", false).found, Found::no_path);
  const auto asked = find_endpoint("POST", "/v1/audio/speech", true);
  ASSERT_EQ(asked.found, Found::yes);
  EXPECT_EQ(asked.endpoint.name, "other");
  EXPECT_EQ(asked.path, "/audio/speech");
  EXPECT_TRUE(asked.endpoint.has_body);
  EXPECT_FALSE(asked.endpoint.repeatable);
  EXPECT_TRUE(find_endpoint("GET", "/v1/files", true).endpoint.repeatable);
  EXPECT_FALSE(find_endpoint("DELETE", "/v1/files/f", true).endpoint.repeatable);
  EXPECT_EQ(find_endpoint("GET", "/files", true).found, Found::no_path);
}

// An answer to HEAD has a length and no body: nobody needs it here.
TEST(Endpoint, OtherMethodsDoNotPass) {
  EXPECT_EQ(find_endpoint("HEAD", "/v1/files/f", true).found, Found::no_method);
  EXPECT_EQ(find_endpoint("OPTIONS", "/v1/files/f", true).found, Found::no_method);
}

TEST(Endpoint, NoPathLeavesTheServicesBasePath) {
  for (const std::string_view path : {"/v1/../admin", "/v1/files/..", "/v1/./files", "/v1/%2e%2e/admin",
                                      "/v1/.%2E/admin", "/v1/responses/..", "/v1/responses/%2e%2e"})
    EXPECT_EQ(find_endpoint("GET", path, true).found, Found::no_path) << path;
  EXPECT_EQ(find_endpoint("GET", "/v1/files/a..b", true).found, Found::yes);
  EXPECT_EQ(find_endpoint("GET", "/v1/files/...", true).found, Found::yes);
}

TEST(Endpoint, AStoredResponsesIdHoldsNothingThatLeadsElsewhere) {
  const auto at = [](const std::string& id) {
    return find_endpoint("GET", "/v1/responses/" + id, true).found;
  };
  EXPECT_EQ(at("resp_Ab-9"), Found::yes);
  EXPECT_EQ(at(std::string(256, 'r')), Found::yes);
  for (const auto& id : {std::string(257, 'r'), std::string("resp_1;x"), std::string("resp_1%3Fx"),
                         std::string("resp.1"), std::string("resp_1/other"), std::string("")})
    EXPECT_EQ(at(id), Found::no_path) << id;
}

TEST(Endpoint, APathThatAServiceMayReadAsAnotherIsNone) {
  for (const std::string_view path :
       {"/v1/files\\x", "/v1/files;x", "/v1/files%2fx", "/v1/files%2Fx", "/v1/files%5cx", "/v1/files%5Cx",
        "/v1/files%3bx", "/v1//responses/resp_1", "/v1/%72esponses/resp_1", "/v1/Responses/resp_1",
        "/v1/responses", "/v1/files/%", "/v1/files/%4", "/v1/files/%zz"})
    EXPECT_NE(find_endpoint("GET", path, true).found, Found::yes) << path;
  EXPECT_EQ(find_endpoint("GET", "/v1/files/a%20b", true).found, Found::yes);
  EXPECT_EQ(find_endpoint("GET", "/v1/models/org%2Fname", true).model_id, "org%2Fname");
}

}  // namespace
}  // namespace ostiary::gateway
