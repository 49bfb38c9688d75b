// Which service gets a request through a running gate, how often, and what the client hears when one fails.

#include <atomic>
#include <chrono>
#include <future>
#include <gtest/gtest.h>
#include <thread>

#include "gateway/impl/test_gate.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using namespace std::chrono_literals;

std::string hello(const Message&) {
  return answer(200, kHello);
}
std::string failing(const Message&) {
  return answer(500, R"({"error":{"message":"down"}})");
}

std::size_t count(const std::vector<std::string>& lines, std::string_view kind, std::string_view id) {
  std::size_t n = 0;
  for (const auto& line : lines)
    if (line.find(id) != std::string::npos &&
        line.find("\"kind\":\"" + std::string(kind) + "\"") != std::string::npos)
      ++n;
  return n;
}

class RouteTest : public ::testing::Test {
 protected:
  TestGate gate_;
};

TEST_F(RouteTest, TheNextServiceAnswersWhenOneFailsAndEachIsRecordedFirst) {
  AnsweringService first(failing), second(hello);
  gate_.add_service("closed", "http://127.0.0.1:1/v1");
  gate_.add_service("first", first.url());
  gate_.add_service("second", second.url());
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.header("x-ostiary-service"), "second");
  const auto record = gate_.outcome(answered);
  EXPECT_EQ((*record)["attempts"].as_uint(), 3u);
  EXPECT_EQ(record->text("service"), "second");
  EXPECT_EQ(count(gate_.records(), "intent", record->text("id")), 3u);
  EXPECT_EQ(record->text("method"), "POST");
  EXPECT_EQ(record->text("target_digest").size(), 64u);
}

TEST_F(RouteTest, AGroupSharesByWeightOverSeveralLoopsAndStandsWhereItsFirstMemberDoes) {
  AnsweringService light(hello), heavy(hello), lone(hello);
  auto& first = gate_.add_service("light", light.url());
  first.group = "pair";
  gate_.add_service("lone", lone.url());
  auto& second = gate_.add_service("heavy", heavy.url());
  second.group = "pair";
  second.weight = 3;
  gate_.settings().sticky = Sticky::none;
  gate_.settings().loops = 3;
  gate_.run();
  std::vector<std::future<void>> clients;
  for (int c = 0; c < 8; ++c)
    clients.push_back(std::async(std::launch::async, [&] {
      Wire wire = gate_.connect();
      for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(wire.send(gate_.chat(kAsk)));
        ASSERT_EQ(wire.message().status, 200);
      }
    }));
  for (auto& client : clients) client.get();
  EXPECT_NEAR(static_cast<double>(heavy.seen().size()), 3000, 60);
  EXPECT_EQ(heavy.seen().size() + light.seen().size(), 4000u);
  EXPECT_EQ(lone.connections(), 0);
}

TEST_F(RouteTest, WhenTheChosenOneFailsTheOthersOfItsGroupFollowThenTheNextGroup) {
  AnsweringService a(failing), b(failing), last(hello);
  gate_.add_service("a", a.url()).group = "g";
  gate_.add_service("last", last.url());
  gate_.add_service("b", b.url()).group = "g";
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.header("x-ostiary-service"), "last");
  EXPECT_EQ(a.seen().size(), 1u);
  EXPECT_EQ(b.seen().size(), 1u);
}

TEST_F(RouteTest, AConversationStaysWithOneServiceOfItsGroup) {
  AnsweringService a(hello), b(hello);
  gate_.add_service("a", a.url()).group = "g";
  gate_.add_service("b", b.url()).group = "g";
  gate_.run();
  std::size_t at_a = 0;
  for (int conversation = 0; conversation < 40; ++conversation) {
    const auto beginning =
        R"({"model":"m","messages":[{"role":"user","content":")" + std::to_string(conversation);
    const auto first = gate_.ask(gate_.chat(beginning + R"("}]})")).header("x-ostiary-service");
    const auto second = gate_.ask(gate_.chat(beginning + R"("},{"role":"assistant","content":"x"}]})"));
    EXPECT_EQ(second.header("x-ostiary-service"), first);
    at_a += first == "a" ? 1 : 0;
  }
  EXPECT_GT(at_a, 5u);
  EXPECT_LT(at_a, 35u);
}

TEST_F(RouteTest, NobodyElseIsAskedOnceContentWasDelivered) {
  ScriptedService first([](Wire& wire) {
    if (wire.message().head.empty()) return;
    wire.send(std::string(kStreamHead) + chunk("data: {\"choices\":[]}\n\n"));
  });
  AnsweringService second(hello);
  gate_.add_service("first", first.url());
  gate_.add_service("second", second.url());
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAskStream));
  EXPECT_NE(answered.body.find("stream_truncated"), std::string::npos);
  EXPECT_EQ(second.connections(), 0);
}

TEST_F(RouteTest, WhatLeavesSomethingBehindIsNotAskedTwice) {
  AnsweringService first(failing), second(hello);
  gate_.add_service("first", first.url()).retries = 2;
  gate_.add_service("second", second.url());
  gate_.run();
  const auto response =
      gate_.ask(post("/v1/responses", R"({"model":"m","input":"x"})", gate_.authorization()));
  EXPECT_EQ(response.status, 500);
  const auto stored = gate_.ask(gate_.chat(R"({"model":"m","store":true})"));
  EXPECT_EQ(stored.status, 500);
  EXPECT_EQ(first.seen().size(), 2u);
  EXPECT_EQ(second.connections(), 0);
}

TEST_F(RouteTest, ABusyServiceIsAskedAgain) {
  std::atomic<int> asked = 0;
  AnsweringService service([&](const Message& request) {
    return ++asked < 3 ? answer(502, "<html>bad gateway</html>", "Content-Type: text/html\r\n")
                       : hello(request);
  });
  gate_.add_service("far", service.url()).retries = 2;
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ((*gate_.outcome(answered))["attempts"].as_uint(), 3u);
}

TEST_F(RouteTest, AnHtmlErrorBecomesAJsonErrorWithItsStatusAndRetryAfter) {
  AnsweringService service([](const Message&) {
    return answer(429, "<html>slow down</html>", "Content-Type: text/html\r\nRetry-After: 7\r\n");
  });
  gate_.add_service("far", service.url());
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 429);
  EXPECT_EQ(answered.header("retry-after"), "7");
  EXPECT_EQ(answered.header("content-type"), "application/json");
  EXPECT_NE(answered.body.find("\"code\":\"service_error\""), std::string::npos);
  EXPECT_EQ(answered.body.find("html"), std::string::npos);
  const auto record = gate_.outcome(answered);
  EXPECT_EQ(record->text("outcome"), "failed");
  EXPECT_EQ((*record)["status"].as_uint(), 429u);
}

TEST_F(RouteTest, AJsonErrorPassesAsItIs) {
  AnsweringService service([](const Message&) { return answer(400, R"({"error":{"message":"no","x":1}})"); });
  gate_.add_service("far", service.url());
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(answered.body, R"({"error":{"message":"no","x":1}})");
}

TEST_F(RouteTest, AServiceThatRepeatsItsCredentialIsNotPassedOn) {
  const std::string secret = "sk-0123456789abcdefghijklmnop";
  AnsweringService service([&](const Message& request) {
    if (request.body == kAsk)
      return answer(401, R"({"error":{"message":"Incorrect API key provided: )" + secret + "\"}}");
    return answer(200, kHello, "Content-Type: application/json\r\nX-Key: " + secret + "\r\nX-Other: 1\r\n");
  });
  ::setenv("OSTIARY_TEST_ECHOED", secret.c_str(), 1);
  gate_.add_service("far", service.url()).credential = {CredentialSource::Kind::environment,
                                                        "OSTIARY_TEST_ECHOED"};
  gate_.run();
  const auto refused = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.body.find(secret), std::string::npos);
  EXPECT_NE(refused.body.find("\"code\":\"service_error\""), std::string::npos);
  const auto answered = gate_.ask(gate_.chat(R"({"model":"m"})"));
  EXPECT_EQ(answered.body, kHello);
  EXPECT_EQ(answered.header("content-type"), "application/json");
  EXPECT_EQ(answered.header("x-key") + answered.header("x-other"), "");
  ASSERT_EQ(service.seen().size(), 2u);
  EXPECT_EQ(service.seen()[0].header("authorization"), "Bearer " + secret);
}

TEST_F(RouteTest, ARefusedCredentialIsReadAgainAndTheRequestRepeated) {
  const TestFolder folder;
  const auto file = folder.file("key");
  const auto set = [&](std::string_view key) { ASSERT_TRUE(write_file_atomic(file, key)); };
  set("old-credential");
  AnsweringService service([](const Message& request) {
    return request.header("authorization") == "Bearer new-credential" ? hello(request)
                                                                      : answer(401, R"({"error":{}})");
  });
  gate_.add_service("far", service.url()).credential = {CredentialSource::Kind::file, file};
  gate_.run();
  set("new-credential");
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, 200);
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, 200);
  EXPECT_EQ(service.seen().size(), 3u);
}

TEST_F(RouteTest, AClientThatLeavesDuringARenewalIsNoticed) {
  const TestFolder folder;
  AnsweringService service([](const Message&) { return answer(401, R"({"error":{}})"); });
  gate_.add_service("far", service.url()).credential = {
      CredentialSource::Kind::command, "test -e " + folder.file("once") + " && sleep 1; touch " +
                                           folder.file("once") + " 2>/dev/null; echo credential"};
  gate_.run();
  Wire client = gate_.connect();
  client.send(gate_.chat(kAsk));
  while (service.seen().empty()) std::this_thread::sleep_for(5ms);
  std::this_thread::sleep_for(100ms);
  const auto begun = std::chrono::steady_clock::now();
  client.abort();
  EXPECT_EQ(gate_.outcome()->text("outcome"), "cancelled");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s);
}

TEST_F(RouteTest, AnAnswerIsGivenWithTheDecisionOfItsService) {
  AnsweringService first(failing);
  gate_.add_service("first", first.url());
  gate_.add_service("second", "http://127.0.0.1:1/v1");
  gate_.steps().decision = [](const policy::Facts& facts, const inspect::Inspection&) {
    policy::Decision decision;
    if (std::get<std::string>(facts.find("target.service")->value) == "second")
      decision.effect = policy::Effect::deny;
    return decision;
  };
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 500);
  EXPECT_EQ(answered.header("x-ostiary-service"), "first");
  EXPECT_EQ(answered.header("x-ostiary-decision"), "allow");
}

TEST_F(RouteTest, WhatFollowsAResponseStaysWithItsService) {
  AnsweringService first(hello),
      second([](const Message&) { return answer(200, R"({"id":"resp_2","usage":{"input_tokens":1}})"); });
  gate_.add_service("first", first.url()).models = {{"a", ""}, {"b", ""}};
  gate_.add_service("second", second.url()).models = {{"b", ""}, {"only", ""}};
  gate_.run();
  const auto made =
      gate_.ask(post("/v1/responses", R"({"model":"only","input":"x"})", gate_.authorization()));
  ASSERT_EQ(made.header("x-ostiary-service"), "second");
  const auto next = gate_.ask(
      post("/v1/responses", R"({"model":"b","previous_response_id":"resp_2"})", gate_.authorization()));
  EXPECT_EQ(next.header("x-ostiary-service"), "second");
  const auto read = gate_.ask(get("/v1/responses/resp_2", gate_.authorization()));
  EXPECT_EQ(read.header("x-ostiary-service"), "second");
  EXPECT_EQ(first.connections(), 0);
}

TEST_F(RouteTest, AResponseIsItsMakersAloneAndOfTheTeamThatItWasMadeFor) {
  AnsweringService service([](const Message&) { return answer(200, R"({"id":"resp_1"})"); });
  gate_.add_service("far", service.url());
  gate_.run();
  const auto other = "Authorization: Bearer " + gate_.other_key() + "\r\n";
  const auto elsewhere = "Authorization: Bearer " + gate_.key_elsewhere() + "\r\n";
  ASSERT_EQ(gate_.ask(post("/v1/responses", R"({"model":"m"})", gate_.authorization())).status, 200);
  for (const auto& request :
       {get("/v1/responses/resp_1", elsewhere), get("/v1/responses/resp_1/input_items", elsewhere),
        "DELETE /v1/responses/resp_1 HTTP/1.1\r\nHost: x\r\n" + elsewhere + "\r\n",
        post("/v1/responses", R"({"model":"m","previous_response_id":"resp_1"})", elsewhere),
        get("/v1/responses/resp_1", other), get("/v1/responses/resp_1/input_items", other),
        post("/v1/responses/resp_1/cancel", "", other),
        "DELETE /v1/responses/resp_1 HTTP/1.1\r\nHost: x\r\n" + other + "\r\n",
        post("/v1/responses", R"({"model":"m","previous_response_id":"resp_1"})", other),
        get("/v1/responses/resp_unknown", gate_.authorization())}) {
    const auto refused = gate_.ask(request);
    EXPECT_EQ(refused.status, 404) << request;
    EXPECT_NE(refused.body.find("response_not_found"), std::string::npos) << request;
  }
  EXPECT_EQ(service.seen().size(), 1u);
  EXPECT_EQ(gate_.ask(get("/v1/responses/resp_1", gate_.authorization())).status, 200);
}

TEST_F(RouteTest, WhatFollowsAResponseGoesOnlyWhereItsModelAndEndpointAreOffered) {
  AnsweringService first(hello), second(hello);
  gate_.add_service("first", first.url()).models = {{"m", ""}};
  auto& settings = gate_.add_service("second", second.url());
  settings.models = {{"small", ""}};
  settings.endpoints = {"chat/completions"};
  gate_.run();
  gate_.homes().remember({"resp_1", "first", "team", gate_.subject()});
  gate_.homes().remember({"resp_2", "second", "team", gate_.subject()});
  gate_.homes().remember({"resp_3", "removed", "team", gate_.subject()});
  const auto follow = [&](std::string_view path, std::string_view model, std::string_view id) {
    return gate_.ask(
        post(path,
             R"({"model":")" + std::string(model) + R"(","previous_response_id":")" + std::string(id) + "\"}",
             gate_.authorization()));
  };
  EXPECT_EQ(follow("/v1/responses", "m", "resp_1").header("x-ostiary-service"), "first");
  EXPECT_EQ(follow("/v1/responses", "m", "resp_unknown").header("x-ostiary-service"), "first");
  for (const std::string_view id : {"resp_2", "resp_3"}) {
    const auto refused = follow("/v1/responses", "m", id);
    EXPECT_EQ(refused.status, 404);
    EXPECT_NE(refused.body.find("response_not_found"), std::string::npos);
    EXPECT_EQ(gate_.ask(get("/v1/responses/" + std::string(id), gate_.authorization())).status, 404);
  }
  EXPECT_EQ(follow("/v1/responses", "small", "resp_1").status, 404);
  EXPECT_EQ(follow("/v1/chat/completions", "m", "resp_2").header("x-ostiary-service"), "first");
  EXPECT_EQ(second.connections(), 0);
}

TEST_F(RouteTest, AResponseThatNobodyKnowsIsFollowedOnlyWhereOneServiceAloneCanHoldIt) {
  AnsweringService first(hello), second(hello);
  gate_.add_service("first", first.url()).models = {{"both", ""}, {"one", ""}};
  gate_.add_service("second", second.url()).models = {{"both", ""}};
  gate_.run();
  const auto follow = [&](const std::string& model) {
    return gate_.ask(post("/v1/responses",
                          R"({"model":")" + model + R"(","previous_response_id":"resp_unknown"})",
                          gate_.authorization()));
  };
  const auto refused = follow("both");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("\"previous_response_not_found\""), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find("\"invalid_request_error\""), std::string::npos) << refused.body;
  EXPECT_EQ(first.seen().size() + second.seen().size(), 0u);
  EXPECT_EQ(follow("one").header("x-ostiary-service"), "first");
}

TEST_F(RouteTest, AModelThatNobodyOffersIsNotFound) {
  AnsweringService service(hello);
  gate_.add_service("far", service.url()).models = {{"org/one", ""}};
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 404);
  EXPECT_NE(answered.body.find("model_not_found"), std::string::npos);
  EXPECT_EQ(gate_.outcome(answered)->text("outcome"), "refused");
  for (const std::string_view path : {"/v1/models/org/one", "/v1/models/org%2Fone"}) {
    const auto model = gate_.ask(get(path, gate_.authorization()));
    EXPECT_EQ(model.status, 200) << path;
    EXPECT_NE(model.body.find("\"id\":\"org/one\""), std::string::npos);
  }
  EXPECT_EQ(gate_.ask(get("/v1/models/none", gate_.authorization())).status, 404);
}

// Were it sent on, the service would read it as the next request of that connection.
TEST_F(RouteTest, ABodyWhereNoneBelongsDoesNotBecomeARequestOfItsOwn) {
  AnsweringService service(hello);
  gate_.add_service("far", service.url());
  gate_.run();
  gate_.homes().remember({"resp_1", "far", "team", gate_.subject()});
  const std::string hidden = "GET /v1/secret HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto answered =
      gate_.ask("GET /v1/responses/resp_1 HTTP/1.1\r\nHost: gate\r\n" + gate_.authorization() +
                "Content-Length: " + std::to_string(hidden.size()) + "\r\n\r\n" + hidden);
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, 200);
  const auto seen = service.seen();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_TRUE(seen[0].head.starts_with("GET /v1/responses/resp_1 "));
  EXPECT_EQ(seen[0].body, "");
  EXPECT_EQ(seen[1].body, kAsk);
}

TEST_F(RouteTest, ALargeBodyReachesAUsedConnectionWhole) {
  AnsweringService service(hello);
  gate_.add_service("far", service.url());
  gate_.run();
  const std::string large = R"({"model":"m","x":")" + std::string(6u << 20, 'x') + "\"}";
  Wire client = gate_.connect();
  for (int i = 0; i < 3; ++i) {
    client.send(gate_.chat(large));
    EXPECT_EQ(client.message().status, 200);
  }
  const auto seen = service.seen();
  ASSERT_EQ(seen.size(), 3u);
  for (const auto& request : seen) EXPECT_TRUE(request.body == large) << request.body.size();
  EXPECT_EQ(service.connections(), 1);
}

TEST_F(RouteTest, AKeyInThePathOrItsOwnHeaderLetsTheCallersCredentialThrough) {
  AnsweringService service(hello);
  gate_.add_service("far", service.url()).credential.kind = CredentialSource::Kind::client;
  gate_.run();
  EXPECT_EQ(
      gate_.ask(post("/k/" + gate_.key() + "/v1/chat/completions", kAsk, "Authorization: Bearer own\r\n"))
          .status,
      200);
  EXPECT_EQ(gate_
                .ask(post("/v1/chat/completions", kAsk,
                          "x-ostiary-key: " + gate_.key() + "\r\nAuthorization: Bearer own\r\n"))
                .status,
            200);
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, 200);
  const auto seen = service.seen();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].header("authorization"), "Bearer own");
  EXPECT_TRUE(seen[0].head.starts_with("POST /v1/chat/completions "));
  EXPECT_EQ(seen[1].header("authorization"), "Bearer own");
  EXPECT_EQ(seen[2].header("authorization"), "");
  for (const auto& request : seen) EXPECT_EQ(request.head.find(gate_.key()), std::string::npos);
}

TEST_F(RouteTest, TheCallersKeyReachesNoServiceByAnyWay) {
  AnsweringService service(hello);
  gate_.add_service("far", service.url());
  gate_.run();
  const auto with = [&](std::string_view path, const std::string& headers) {
    return gate_.ask(post(path, kAsk, gate_.authorization() + headers));
  };
  EXPECT_EQ(with("/v1/chat/completions", "X-Custom: a " + gate_.key() + "\r\nX-Other: b\r\n").status, 200);
  ASSERT_EQ(service.seen().size(), 1u);
  EXPECT_EQ(service.seen()[0].head.find(gate_.key()), std::string::npos);
  EXPECT_EQ(service.seen()[0].header("x-other"), "b");
  const auto query = with("/v1/chat/completions?key=" + gate_.key(), "");
  EXPECT_EQ(query.status, 400);
  EXPECT_NE(query.body.find("key_in_target"), std::string::npos);
  for (const std::string name : {"authorization", "x-api-key", "X-Ostiary-Key"}) {
    const auto twice = with("/v1/chat/completions", name + ": a\r\n" + name + ": b\r\n");
    EXPECT_EQ(twice.status, 400) << name;
    EXPECT_NE(twice.body.find("stands twice"), std::string::npos) << name;
  }
  EXPECT_EQ(service.seen().size(), 1u);
}

TEST_F(RouteTest, EveryContentEncodingIsLookedAt) {
  AnsweringService service(hello);
  gate_.add_service("far", service.url());
  gate_.run();
  const auto with = [&](const std::string& headers) {
    return gate_.ask(post("/v1/chat/completions", kAsk, gate_.authorization() + headers)).status;
  };
  EXPECT_EQ(with("Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"), 415);
  EXPECT_EQ(with("Content-Encoding: \r\n"), 415);
  EXPECT_EQ(with("Content-Encoding: identity\r\n"), 200);
  ASSERT_EQ(service.seen().size(), 1u);
  EXPECT_EQ(service.seen()[0].header("content-encoding"), "");
}

TEST_F(RouteTest, AnAnswerToHeadHasNoBody) {
  gate_.run();
  Wire client = gate_.connect();
  client.send("HEAD /v1/chat/completions HTTP/1.1\r\nHost: gate\r\n" + gate_.authorization() + "\r\n");
  while (client.more()) {
  }
  EXPECT_TRUE(client.bytes.starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(client.bytes.ends_with("\r\n\r\n"));
}

TEST_F(RouteTest, AModelNamedByDotsIsRefused) {
  AnsweringService service(hello);
  gate_.add_service("far", service.url());
  gate_.run();
  for (const std::string_view body : {R"({"model":"."})", R"({"model":".."})"})
    EXPECT_EQ(gate_.ask(gate_.chat(body)).status, 400);
  EXPECT_EQ(service.connections(), 0);
}

TEST_F(RouteTest, BytesBehindTheLastChunkSpoilNoAnswer) {
  AnsweringService service([](const Message&) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
           chunk(kHello.substr(0, 20)) + chunk(kHello.substr(20)) + "0\r\n\r\nHTTP/1.1 200 OK\r\nbehind";
  });
  gate_.add_service("far", service.url());
  gate_.run();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).body, kHello);
  EXPECT_EQ(service.connections(), 2);
}

TEST_F(RouteTest, AnAnswerWithoutContentHasNoFraming) {
  AnsweringService service([](const Message&) {
    return "HTTP/1.1 204 No Content\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n";
  });
  gate_.add_service("far", service.url());
  gate_.homes().remember({"resp_1", "far", "team", gate_.subject()});
  gate_.run();
  for (int i = 0; i < 2; ++i) {
    const auto answered = gate_.ask(get("/v1/responses/resp_1", gate_.authorization()));
    EXPECT_EQ(answered.status, 204);
    EXPECT_EQ(answered.header("transfer-encoding") + answered.header("content-length"), "");
    EXPECT_EQ(gate_.outcome(answered)->text("outcome"), "complete");
  }
  EXPECT_EQ(service.connections(), 1);
}

TEST_F(RouteTest, AServiceWhoseAddressNeedsAModelIsNotAskedForItsModels) {
  AnsweringService service(hello);
  gate_.add_service("far", service.url() + "/{model}").models = {{"plain", ""}, {"gpt-*", ""}};
  gate_.run();
  const auto models = gate_.ask(get("/v1/models", gate_.authorization()));
  EXPECT_NE(models.body.find("\"id\":\"plain\""), std::string::npos);
  EXPECT_EQ(service.connections(), 0);
}

TEST_F(RouteTest, AClientThatLeavesBeforeTheModelsComeIsRecordedAsGone) {
  ScriptedService service([](Wire& wire) {
    if (!wire.message().head.empty()) wire.closed_within(3000);
  });
  gate_.add_service("far", service.url());
  gate_.run();
  Wire client = gate_.connect();
  client.send(get("/v1/models", gate_.authorization()));
  while (service.connections() == 0) std::this_thread::sleep_for(5ms);
  client.abort();
  const auto record = gate_.outcome();
  EXPECT_EQ(record->text("outcome"), "cancelled");
  EXPECT_EQ(record->text("error"), "client_left");
}

TEST_F(RouteTest, StoppingLetsWhatIsUnderWayEndAndTakesNothingNew) {
  std::promise<void> arrived, go;
  ScriptedService service([&](Wire& wire) {
    if (wire.message().head.empty()) return;
    arrived.set_value();
    go.get_future().wait();
    wire.send(answer(200, kHello));
    wire.closed_within(3000);
  });
  gate_.add_service("far", service.url());
  gate_.run();
  Wire resting = gate_.connect(), client = gate_.connect();
  client.send(gate_.chat(kAsk));
  arrived.get_future().wait();
  std::thread stopping([&] { gate_.stop(10'000); });
  EXPECT_TRUE(resting.closed_within(3000));
  std::this_thread::sleep_for(30ms);
  go.set_value();
  const auto answered = client.message();
  stopping.join();
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body, kHello);
  EXPECT_TRUE(client.closed_within(1000));
  EXPECT_EQ(gate_.outcome(answered)->text("outcome"), "complete");
}

TEST_F(RouteTest, StoppingEndsWhatDoesNotEndInTimeAndRecordsIt) {
  std::promise<void> arrived;
  ScriptedService service([&](Wire& wire) {
    if (wire.message().head.empty()) return;
    arrived.set_value();
    wire.closed_within(10'000);
  });
  gate_.add_service("far", service.url());
  gate_.run();
  Wire client = gate_.connect();
  client.send(gate_.chat(kAsk));
  arrived.get_future().wait();
  gate_.stop(50);
  EXPECT_TRUE(client.closed_within(1000));
  EXPECT_EQ(gate_.outcome()->text("outcome"), "cancelled");
}

}  // namespace
}  // namespace ostiary::gateway
