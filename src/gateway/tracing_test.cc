#include "gateway/tracing.h"

#include <condition_variable>
#include <gtest/gtest.h>

#include "gateway/impl/test_gate.h"

namespace ostiary::gateway {
namespace {

using namespace testing;

TEST(AnsweredModel, IsTheOneThatTheServiceNames) {
  EXPECT_EQ(answered_model(R"({"id":"x","object":"chat.completion","model":"gpt-4o-2024","choices":[])"),
            "gpt-4o-2024");
  EXPECT_EQ(answered_model("data: {\"id\":\"x\", \"model\" : \"m\",\"choices\":[{\"delta\":"), "m");
  EXPECT_EQ(
      answered_model(
          "event: response.created\ndata: {\"type\":\"a\",\"response\":{\"id\":\"r\",\"model\":\"m\"}}"),
      "m");
  EXPECT_EQ(answered_model(R"({"choices":[{"message":{"content":"\"model\":\"a secret\""}}],"model":"m"})"),
            "m");
}

TEST(AnsweredModel, IsNeverTextOfTheAnswer) {
  EXPECT_EQ(answered_model(R"({"content":[{"type":"tool_use","input":{"model":"secret project"}}]})"), "");
  EXPECT_EQ(answered_model(R"({"input":{"model":"secret project"}})"), "");
  EXPECT_EQ(answered_model(R"({"choices":[{"message":{"content":"{\"model\":\"secret\"}"}}]})"), "");
  EXPECT_EQ(answered_model(R"({"a":"model","b":"secret"})"), "");
  EXPECT_EQ(answered_model(R"({"model":null,"content":"secret"})"), "");
  EXPECT_EQ(answered_model(R"({"model":{"content":"secret"}})"), "");
  EXPECT_EQ(answered_model(R"({"model":"cut of)"), "");
  EXPECT_EQ(answered_model(R"({"model":"with \"escapes\""})"), "");
  EXPECT_EQ(answered_model(R"({"model":")" + std::string(200, 'x') + R"("})"), "");
  EXPECT_EQ(answered_model(""), "");
  EXPECT_EQ(answered_model("\"model\":\"m\""), "");
}

// Keeps what the exporter sends.
struct Kept {
  std::mutex mutex;
  std::vector<std::string> batches;
};

class KeepingSender final : public telemetry::Sender {
 public:
  explicit KeepingSender(std::shared_ptr<Kept> kept) : kept_(std::move(kept)) {}
  Result<Reply> post(std::string_view json) override {
    const std::lock_guard lock(kept_->mutex);
    kept_->batches.emplace_back(json);
    return Reply{200, "", 0};
  }
  void cancel() override {}

 private:
  std::shared_ptr<Kept> kept_;
};

struct Span {
  std::string text;
  json::Document document;
  std::string operator[](std::string_view member) const { return document.root()[member].string_or(""); }
  std::string attribute(std::string_view key) const {
    for (const json::Value a : document.root()["attributes"])
      if (a["key"].string_or("") == key) {
        const json::Value value = a["value"];
        return value["stringValue"] ? value["stringValue"].string_or("") : value["intValue"].string_or("");
      }
    return "";
  }
};

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736", kParent = "00f067aa0ba902b7";

class TracingTest : public ::testing::Test {
 protected:
  void run() {
    telemetry::Exporter::Options options{.resource = {"1", "i"}};
    options.idle_ms = options.busy_ms = 1;
    exporter = std::make_unique<telemetry::Exporter>(options, std::make_unique<KeepingSender>(kept));
    gate.shared().instruments.exporter = exporter.get();
    exporter->start();
    gate.run();
  }
  // All spans of the exchanges that ended so far, in the order of their sending.
  std::vector<std::unique_ptr<Span>> spans() {
    exporter->stop(5000);
    std::vector<std::unique_ptr<Span>> out;
    const std::lock_guard lock(kept->mutex);
    for (const auto& batch : kept->batches) {
      json::Document document;
      EXPECT_TRUE(json::Document::parse_into(batch, {}, document));
      for (const json::Value span : document.root()["resourceSpans"].at(0)["scopeSpans"].at(0)["spans"]) {
        auto& added = out.emplace_back(std::make_unique<Span>());
        added->text = span.raw();
        EXPECT_TRUE(json::Document::parse_into(added->text, {}, added->document));
      }
    }
    return out;
  }
  static std::string traceparent(std::string_view flags) {
    return "traceparent: 00-" + std::string(kTrace) + "-" + std::string(kParent) + "-" + std::string(flags) +
           "\r\n";
  }
  Message ask(const std::string& headers, std::string_view body = kAsk) {
    auto got = gate.ask(post("/v1/chat/completions", body, gate.authorization() + headers));
    gate.outcome(got);
    return got;
  }

  std::shared_ptr<Kept> kept = std::make_shared<Kept>();
  std::unique_ptr<telemetry::Exporter> exporter;
  TestGate gate;
};

TEST_F(TracingTest, ATraceThatBeginsHereHasTheExchangesId) {
  AnsweringService service(
      [](const Message&) { return answer(200, R"({"model":"m-2024","usage":{"prompt_tokens":3}})"); });
  gate.add_service("main", service.url());
  run();
  const auto got = ask("");
  const auto all = spans();
  ASSERT_EQ(all.size(), 2u);
  auto id = got.header("x-ostiary-id");
  std::erase(id, '-');
  EXPECT_EQ((*all[0])["traceId"], id);
  EXPECT_EQ((*all[0])["parentSpanId"], "");
  EXPECT_EQ((*all[1])["traceId"], id);
  EXPECT_EQ((*all[1])["parentSpanId"], (*all[0])["spanId"]);
  EXPECT_NE((*all[1])["spanId"], (*all[0])["spanId"]);
  EXPECT_EQ(all[0]->attribute("ostiary.exchange.id"), got.header("x-ostiary-id"));
  EXPECT_EQ(all[0]->attribute("ostiary.decision"), "allow");
  EXPECT_EQ(all[1]->attribute("gen_ai.response.model"), "m-2024");
  EXPECT_EQ(all[1]->attribute("gen_ai.usage.input_tokens"), "3");
  EXPECT_EQ(all[1]->attribute("http.response.status_code"), "200");
  EXPECT_EQ(all[1]->attribute("server.address"), "127.0.0.1");
}

TEST_F(TracingTest, ATraceOfTheClientIsGoneOnWith) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("main", service.url());
  run();
  ask(traceparent("01") + "tracestate: rojo=1\r\nTraceState: congo=2\r\n");
  const auto all = spans();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ((*all[0])["traceId"], kTrace);
  EXPECT_EQ((*all[0])["parentSpanId"], kParent);
  EXPECT_EQ((*all[0])["traceState"], "rojo=1,congo=2");
}

TEST_F(TracingTest, WhatTheClientDoesNotSampleMakesNoSpan) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("main", service.url());
  run();
  ask(traceparent("00"));
  EXPECT_TRUE(spans().empty());
}

TEST_F(TracingTest, ASampleOfNothingStillFollowsAClientThatSamples) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("main", service.url());
  gate.settings().trace_sample = 0;
  run();
  ask("");
  ask(traceparent("01"));
  const auto all = spans();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ((*all[0])["traceId"], kTrace);
}

TEST_F(TracingTest, ARushOfTracesIsCappedAndAClientThatSamplesIsStillFollowed) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("main", service.url());
  gate.settings().traces_per_second = 1;
  run();
  for (int i = 0; i < 3; ++i) ask("");
  ask(traceparent("01"));
  const auto all = spans();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_NE((*all[0])["traceId"], kTrace);
  EXPECT_EQ((*all[2])["traceId"], kTrace);
  telemetry::Registry registry;
  registry.collect_with([&](telemetry::Samples& samples) { exporter->collect(samples); });
  double left_out = 0;
  for (const auto& snapshot : registry.gather())
    if (snapshot.family->name == "ostiary_traces_left_out") left_out = snapshot.series.at(0).measured;
  EXPECT_EQ(left_out, 2);
}

TEST_F(TracingTest, ABrokenOrDoubledTraceparentBeginsANewTrace) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("main", service.url());
  run();
  ask("traceparent: 00-zz-1\r\n");
  ask(traceparent("01") + traceparent("01") + "tracestate: a=b\r\n");
  const auto all = spans();
  ASSERT_EQ(all.size(), 4u);
  for (const auto& span : all) {
    EXPECT_NE((*span)["traceId"], kTrace);
    EXPECT_EQ((*span)["traceState"], "");
  }
}

TEST_F(TracingTest, ServicesAreToldNothingUnlessItIsConfigured) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("main", service.url());
  run();
  ask(traceparent("01") + "tracestate: a=b\r\n");
  EXPECT_EQ(service.seen().at(0).header("traceparent"), "");
  EXPECT_EQ(service.seen().at(0).header("tracestate"), "");
}

TEST_F(TracingTest, EachTryTellsTheServiceItsOwnSpan) {
  AnsweringService bad([](const Message&) { return answer(500, "{}"); });
  AnsweringService good([](const Message&) { return answer(200, kHello); });
  gate.add_service("bad", bad.url());
  gate.add_service("good", good.url());
  gate.settings().trace_propagate = true;
  run();
  ask(traceparent("01") + "tracestate: a=b\r\n");
  const auto all = spans();
  ASSERT_EQ(all.size(), 3u);
  const auto told = [&](const Span& span) {
    return "00-" + std::string(kTrace) + "-" + span["spanId"] + "-01";
  };
  EXPECT_EQ(bad.seen().at(0).header("traceparent"), told(*all[1]));
  EXPECT_EQ(good.seen().at(0).header("traceparent"), told(*all[2]));
  EXPECT_EQ(good.seen().at(0).header("tracestate"), "a=b");
  EXPECT_EQ(all[1]->attribute("error.type"), "500");
  EXPECT_EQ(all[1]->attribute("ostiary.service"), "bad");
  EXPECT_EQ(all[2]->attribute("ostiary.service"), "good");
}

TEST_F(TracingTest, WithoutACollectorTheClientsTraceIsPassedOnAsItIs) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("main", service.url());
  gate.settings().trace_propagate = true;
  gate.run();
  ask(traceparent("01") + "tracestate: a=b\r\n");
  ask("tracestate: a=b\r\n");
  EXPECT_EQ(service.seen().at(0).header("traceparent"),
            "00-" + std::string(kTrace) + "-" + std::string(kParent) + "-01");
  EXPECT_EQ(service.seen().at(0).header("tracestate"), "a=b");
  EXPECT_EQ(service.seen().at(1).header("traceparent"), "");
  EXPECT_EQ(service.seen().at(1).header("tracestate"), "");
}

TEST_F(TracingTest, WhatAStrangerAsksMakesNoSpan) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("main", service.url());
  run();
  gate.outcome(gate.ask(post("/v1/chat/completions", kAsk, traceparent("01"))));
  EXPECT_TRUE(spans().empty());
}

TEST_F(TracingTest, NoSpanHoldsWordsOfPromptOrAnswerOrWhoAsked) {
  AnsweringService service([](const Message&) {
    return std::string(kStreamHead) +
           chunk("data: {\"model\":\"m-1\",\"choices\":[{\"delta\":{\"content\":\"ANSWERED\"}}]}\n\n") +
           chunk("data: [DONE]\n\n") + chunk("");
  });
  gate.add_service("main", service.url());
  run();
  ask("", R"({"model":"m","stream":true,"messages":[{"role":"user","content":"PROMPTED"}]})");
  const auto all = spans();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1]->attribute("gen_ai.response.model"), "m-1");
  for (const auto& span : all)
    for (const std::string& word :
         {std::string("ANSWERED"), std::string("PROMPTED"), gate.subject(), gate.key()})
      EXPECT_EQ(span->text.find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace ostiary::gateway
