#include "telemetry/otlp.h"

#include <gtest/gtest.h>

#include "json/document.h"

namespace ostiary::telemetry {
namespace {

class Otlp : public testing::Test {
 protected:
  Otlp() {
    exchange.trace = {0x4b, 0xf9};
    exchange.span = {1};
    exchange.exchange = Id::make();
    exchange.at = 1'700'000'000'000'000'000;
    exchange.duration = 2'000'000'000;
    exchange.endpoint = "chat/completions";
    exchange.outcome = "complete";
    exchange.decision = "allow";
    exchange.mode = "enforce";
    exchange.method = "POST";
    exchange.model = "gpt-4o";
    exchange.status = 200;
  }
  TrySpan& add_try(std::uint16_t status) {
    auto& t = exchange.add_try();
    t.span = {static_cast<std::uint8_t>(exchange.tries().size() + 1)};
    t.begun = 1000;
    t.ended = 1'000'001'000;
    t.status = status;
    t.model = "gpt-4o-2024";
    return t;
  }
  // The spans of a batch that holds the exchange alone.
  json::Value spans() {
    batch.know(services);
    batch.clear();
    batch.add(exchange);
    text = batch.finish();
    EXPECT_TRUE(json::Document::parse_into(text, {}, document)) << text;
    return document.root()["resourceSpans"].at(0)["scopeSpans"].at(0)["spans"];
  }
  static json::Value attribute(json::Value span, std::string_view key) {
    for (const json::Value a : span["attributes"])
      if (a["key"].string_or("") == key) return a["value"];
    return {};
  }
  static std::string text_of(json::Value span, std::string_view key) {
    return attribute(span, key)["stringValue"].string_or("");
  }
  static std::string number_of(json::Value span, std::string_view key) {
    return attribute(span, key)["intValue"].string_or("");
  }

  ExchangeSpan exchange;
  std::vector<SpanService> services = {{"main", "mistral", "api.mistral.ai", 443},
                                       {"house", "self", "10.0.0.7", 8000}};
  OtlpBatch batch{{"1.2.3", "instance-1"}};
  std::string text;
  json::Document document;
};

TEST_F(Otlp, TheServerSpanTellsTheExchange) {
  const auto span = spans().at(0);
  EXPECT_EQ(span["name"].string_or(""), "POST /v1/chat/completions");
  EXPECT_EQ(span["kind"].as_uint(), 2u);
  EXPECT_EQ(span["traceId"].string_or(""), "4bf90000000000000000000000000000");
  EXPECT_EQ(span["spanId"].string_or(""), "0100000000000000");
  EXPECT_FALSE(span["parentSpanId"]);
  EXPECT_EQ(span["flags"].as_uint(), 0x101u);
  EXPECT_EQ(span["startTimeUnixNano"].string_or(""), "1700000000000000000");
  EXPECT_EQ(span["endTimeUnixNano"].string_or(""), "1700000002000000000");
  EXPECT_EQ(text_of(span, "http.request.method"), "POST");
  EXPECT_EQ(text_of(span, "http.route"), "/v1/chat/completions");
  EXPECT_EQ(number_of(span, "http.response.status_code"), "200");
  EXPECT_EQ(text_of(span, "ostiary.decision"), "allow");
  EXPECT_EQ(text_of(span, "ostiary.outcome"), "complete");
  EXPECT_EQ(text_of(span, "ostiary.exchange.id"), exchange.exchange.text());
  EXPECT_FALSE(span["status"]);
}

TEST_F(Otlp, ATryIsAClientSpanInTheWordsOfTheConventions) {
  auto& t = add_try(200);
  t.answered_model = "gpt-4o-2024-08-06";
  exchange.input = 11;
  exchange.output = 22;
  exchange.cached = 3;
  exchange.stream = true;
  exchange.first_token = 500'001'000;
  const auto span = spans().at(1);
  EXPECT_EQ(span["name"].string_or(""), "chat gpt-4o-2024");
  EXPECT_EQ(span["kind"].as_uint(), 3u);
  EXPECT_EQ(span["parentSpanId"].string_or(""), "0100000000000000");
  EXPECT_EQ(span["startTimeUnixNano"].string_or(""), "1700000000000001000");
  EXPECT_EQ(text_of(span, "gen_ai.operation.name"), "chat");
  EXPECT_EQ(text_of(span, "gen_ai.provider.name"), "mistral_ai");
  EXPECT_EQ(text_of(span, "gen_ai.system"), "mistral_ai");
  EXPECT_EQ(text_of(span, "gen_ai.request.model"), "gpt-4o-2024");
  EXPECT_EQ(text_of(span, "gen_ai.response.model"), "gpt-4o-2024-08-06");
  EXPECT_EQ(number_of(span, "gen_ai.usage.input_tokens"), "11");
  EXPECT_EQ(number_of(span, "gen_ai.usage.output_tokens"), "22");
  EXPECT_EQ(number_of(span, "gen_ai.usage.cache_read.input_tokens"), "3");
  EXPECT_EQ(attribute(span, "gen_ai.request.stream")["boolValue"].as_bool(), true);
  EXPECT_EQ(attribute(span, "gen_ai.response.time_to_first_chunk")["doubleValue"].raw(), "0.5");
  EXPECT_EQ(text_of(span, "server.address"), "api.mistral.ai");
  EXPECT_EQ(number_of(span, "server.port"), "443");
  EXPECT_EQ(text_of(span, "ostiary.service"), "main");
  EXPECT_FALSE(attribute(span, "error.type"));
  EXPECT_FALSE(span["status"]);
}

TEST_F(Otlp, EachTryOfAFallbackHasItsSpanAndOnlyTheLastHasTheUsage) {
  add_try(503);
  auto& cut = add_try(0);
  cut.service = 1;
  cut.error = "service_unreachable";
  add_try(200).service = 1;
  exchange.output = 5;
  const auto all = spans();
  EXPECT_EQ(text_of(all.at(1), "error.type"), "503");
  EXPECT_EQ(all.at(1)["status"]["code"].as_uint(), 2u);
  EXPECT_FALSE(attribute(all.at(1), "gen_ai.usage.output_tokens"));
  EXPECT_EQ(text_of(all.at(2), "error.type"), "service_unreachable");
  EXPECT_FALSE(attribute(all.at(2), "http.response.status_code"));
  EXPECT_EQ(number_of(all.at(2), "http.request.resend_count"), "1");
  EXPECT_EQ(text_of(all.at(3), "gen_ai.provider.name"), "self");
  EXPECT_EQ(number_of(all.at(3), "gen_ai.usage.output_tokens"), "5");
  EXPECT_EQ(text_of(all.at(0), "ostiary.service"), "house");
  EXPECT_EQ(batch.spans(), 4u);
}

TEST_F(Otlp, AParentElsewhereIsNamedAndItsStateKept) {
  exchange.parent = {9};
  exchange.state = "rojo=1";
  const auto span = spans().at(0);
  EXPECT_EQ(span["parentSpanId"].string_or(""), "0900000000000000");
  EXPECT_EQ(span["flags"].as_uint(), 0x301u);
  EXPECT_EQ(span["traceState"].string_or(""), "rojo=1");
}

TEST_F(Otlp, AFailureIsAnErrorAndARefusalIsNot) {
  exchange.status = 403;
  exchange.outcome = "refused";
  exchange.error = "policy_denied";
  EXPECT_FALSE(spans().at(0)["status"]);
  EXPECT_EQ(text_of(spans().at(0), "error.type"), "policy_denied");
  exchange.status = 502;
  exchange.outcome = "failed";
  EXPECT_EQ(spans().at(0)["status"]["code"].as_uint(), 2u);
}

TEST_F(Otlp, WhateverStandsInANameTheDocumentIsJson) {
  exchange.model = "a\"b\\c\n\x01\xff";
  exchange.method = "BREW";
  add_try(200).model = exchange.model;
  const auto all = spans();
  EXPECT_EQ(text_of(all.at(0), "http.request.method"), "_OTHER");
  EXPECT_EQ(text_of(all.at(1), "gen_ai.request.model"), "a\"b\\c\n\x01\xef\xbf\xbd");
}

TEST_F(Otlp, AClearedBatchBeginsAnew) {
  batch.add(exchange);
  const std::string first(batch.finish());
  batch.clear();
  EXPECT_EQ(batch.spans(), 0u);
  batch.add(exchange);
  EXPECT_EQ(batch.finish(), first);
}

}  // namespace
}  // namespace ostiary::telemetry
