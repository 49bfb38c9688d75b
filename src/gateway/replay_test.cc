#include "gateway/replay.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "base/hash.h"
#include "gateway/recording.h"
#include "gateway/recording_answer.h"
#include "gateway/recording_forms.h"
#include "json/canonical.h"
#include "json/sse.h"
#include "net/http.h"
#include "net/stream.h"
#include "net/task.h"

namespace ostiary::gateway {
namespace {

using json::Document;

// A document with its text, so that it may be returned.
struct Json {
  explicit Json(std::string_view text) : text_(text) {
    if (auto parsed = Document::parse(text_))
      document_ = std::move(*parsed);
    else
      ADD_FAILURE() << "no JSON: " << text << ": " << parsed.error().text();
  }
  Json(const Json&) = delete;
  json::Value operator[](std::string_view name) const { return document_.root()[name]; }
  json::Value root() const { return document_.root(); }

 private:
  std::string text_;
  Document document_;
};

constexpr std::string_view kHeader = "{\"ostiary-recording\":1}\n";

std::shared_ptr<const Recording> recording(std::string_view lines) {
  auto parsed = Recording::parse(std::string(kHeader) + std::string(lines), "test");
  if (!parsed) {
    ADD_FAILURE() << parsed.error().text();
    return nullptr;
  }
  return *parsed;
}

std::string chat_line(std::string_view question, std::string_view answer, std::string_view model = "m") {
  return R"({"endpoint":"chat/completions","request":{"model":")" + std::string(model) +
         R"(","messages":[{"role":"user","content":")" + std::string(question) +
         R"("}]},"response":{"body":{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":")" +
         std::string(answer) +
         R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}}})" +
         "\n";
}

std::string ask(std::string_view question, std::string_view more = "", std::string_view model = "m") {
  return R"({"model":")" + std::string(model) + R"(","messages":[{"role":"user","content":")" +
         std::string(question) + "\"}]" + std::string(more) + "}";
}

std::string content(const RecordedAnswer& answer) {
  return Json(answer.body)["choices"].at(0)["message"]["content"].string_or("(none)");
}

// The data of each event; checks the framing of server-sent events on the way.
std::vector<std::string> data_of(const RecordedAnswer& answer) {
  std::string all;
  for (const auto& event : answer.events) all += event.data;
  json::SseReader reader;
  json::SseEvent event;
  std::vector<std::string> out;
  reader.feed(all);
  while (reader.next(event)) out.emplace_back(event.data);
  EXPECT_EQ(out.size(), answer.events.size());
  EXPECT_EQ(reader.settled(), all.size());
  return out;
}

// ---- matching

TEST(Recording, TheSameRequestIsFoundWhateverItsOrderAndTransportFields) {
  const auto r = recording(chat_line("a door", "one") + chat_line("a gate", "two"));
  const auto key = [](std::string_view text) {
    return RequestKey::of("chat/completions", Json(text).root());
  };
  const auto found =
      r->find("chat/completions",
              key(R"({"stream":true,"stream_options":{"include_usage":true},"user":"u","metadata":{"a":"b"},
    "store":false,"messages":[{"content":"a gate","role":"user"}],"model":"m"})"));
  EXPECT_EQ(found.likeness, Likeness::exact);
  EXPECT_EQ(found.exchange, r->exchanges()[1].get());
  EXPECT_EQ(r->find("chat/completions", key(ask("a gate", R"(,"temperature":0.5)"))).likeness,
            Likeness::similar);
}

TEST(Recording, RareWordsDecideWhatIsMostAlike) {
  const auto r = recording(chat_line("what is the licence of the kernel", "kernel") +
                           chat_line("what is the licence of the editor", "editor") +
                           chat_line("what is the weather in Bern", "weather"));
  EXPECT_EQ(
      content(answer_from(*r, "POST", "chat/completions", ask("Tell me: the EDITOR, what is its licence?"))),
      "editor");
  EXPECT_EQ(content(answer_from(*r, "POST", "chat/completions", ask("Bern weather"))), "weather");
}

TEST(Recording, OnlyTheLastTextOfTheUserCounts) {
  const auto r = recording(chat_line("bees", "b") + chat_line("ants", "a"));
  const auto answer = answer_from(
      *r, "POST", "chat/completions",
      R"({"model":"m","messages":[{"role":"system","content":"ants"},{"role":"user","content":"ants"},
                                     {"role":"assistant","content":"ants"},{"role":"user","content":[{"type":"text","text":"about bees"},{"type":"image_url","image_url":{"url":"data:,"}}]}]})");
  EXPECT_EQ(content(answer), "b");
  EXPECT_EQ(answer.likeness, Likeness::similar);
}

TEST(Recording, TheModelDecidesBetweenEquals) {
  const auto r = recording(chat_line("a question of taste", "first", "one") +
                           chat_line("a question of taste", "second", "two"));
  EXPECT_EQ(content(answer_from(*r, "POST", "chat/completions", ask("question of taste", "", "two"))),
            "second");
  EXPECT_EQ(content(answer_from(*r, "POST", "chat/completions", ask("question of taste", "", "three"))),
            "first");
}

TEST(Recording, NothingSimilarGetsAnAnswerThatSaysItIsARecording) {
  const auto r = recording(chat_line("bees and the making of honey", "b") +
                           chat_line("ants and the building of hills", "a"));
  for (const std::string_view question : {"quantum chromodynamics", "the of and", "", "\\ud83e\\udd89"}) {
    const auto answer = answer_from(*r, "POST", "chat/completions", ask(question));
    EXPECT_EQ(answer.likeness, Likeness::none) << question;
    EXPECT_NE(content(answer).find("recording"), std::string::npos) << question;
  }
}

TEST(Recording, ADefaultOfItsOwnReplacesTheBuiltInOne) {
  const auto r = recording(
      R"({"endpoint":"chat/completions","default":true,"response":{"body":{"choices":[{"index":0,"message":{"role":"assistant","content":"mine"},"finish_reason":"stop"}]}}})");
  EXPECT_EQ(content(answer_from(*r, "POST", "chat/completions", ask("x"))), "mine");
}

TEST(Recording, AnotherEndpointIsNeverAnswered) {
  const auto r = recording(chat_line("bees", "b"));
  const auto other = answer_from(*r, "POST", "completions", R"({"model":"m","prompt":"bees"})");
  EXPECT_EQ(other.likeness, Likeness::none);
  EXPECT_EQ(Json(other.body)["object"].string_or(""), "text_completion");
  EXPECT_EQ(answer_from(*r, "POST", "images/generations", R"({"prompt":"bees"})").status, 404);
}

TEST(Recording, AToolIsCalledOnlyWhereItIsOffered) {
  const std::string call =
      R"({"endpoint":"chat/completions","request":{"model":"m","messages":[{"role":"user","content":"weather in Bern"}],"tools":[{"type":"function","function":{"name":"get_weather"}}]},
      "response":{"body":{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Bern\"}"}}]},"finish_reason":"tool_calls"}]}}})";
  std::string line = call;
  std::erase(line, '\n');
  const auto r = recording(line + "\n" + chat_line("colours", "c"));
  const auto without = answer_from(*r, "POST", "chat/completions", ask("weather in Bern today"));
  EXPECT_EQ(without.likeness, Likeness::none);
  const auto with = answer_from(
      *r, "POST", "chat/completions",
      ask("weather in Bern today", R"(,"tools":[{"type":"function","function":{"name":"get_weather"}}])"));
  EXPECT_EQ(Json(with.body)["choices"].at(0)["message"]["tool_calls"].at(0)["id"].string_or(""), "c1");
}

TEST(Recording, WordsAreFoldedAndScriptsWithoutBlanksAreCutIntoCharacters) {
  const auto words = count_words("Licences, LICENCE “licence” 世界 Grüße 3x");
  EXPECT_EQ(words.at("licence"), 3u);
  EXPECT_EQ(words.at("世"), 1u);
  EXPECT_EQ(words.at("界"), 1u);
  EXPECT_EQ(words.at("grüße"), 1u);
  EXPECT_EQ(words.at("3x"), 1u);
}

// ---- the file

TEST(Recording, ErrorsNameTheLineAndTheMember) {
  const auto error = [](std::string_view text) {
    const auto parsed = Recording::parse(text, "demo.jsonl");
    return parsed ? std::string("accepted") : parsed.error().text();
  };
  const std::string h(kHeader);
  EXPECT_NE(error("").find("first line"), std::string::npos);
  EXPECT_NE(error("{\"endpoint\":\"x\"}").find("demo.jsonl:1"), std::string::npos);
  EXPECT_NE(error("{\"ostiary-recording\":2}").find("newer"), std::string::npos);
  EXPECT_NE(error(h + "\n{\"endpoint\":\"x\",}").find("demo.jsonl:3"), std::string::npos);
  EXPECT_NE(error(h + R"({"endpoint":"x","request":{},"respons":{}})").find("did you mean 'response'"),
            std::string::npos);
  EXPECT_NE(error(h + R"({"endpoint":"x","request":{},"response":{}})").find("either a body or a stream"),
            std::string::npos);
  EXPECT_NE(error(h + R"({"endpoint":"x","request":{},"response":{"body":{},"stream":[]}})").find("either"),
            std::string::npos);
  EXPECT_NE(error(h + R"({"endpoint":"x","response":{"body":{}}})").find("request"), std::string::npos);
  EXPECT_NE(error(h + R"({"endpoint":"x","request":{},"response":{"status":42,"body":{}}})").find("status"),
            std::string::npos);
  EXPECT_NE(
      error(
          h +
          R"({"endpoint":"responses","request":{},"response":{"stream":[{"data":{"type":"response.created"}}]}})")
          .find("response.completed"),
      std::string::npos);
  EXPECT_EQ(error(h + R"({"endpoint":"x","request":{},"response":{"body":{}},"note":"n"})"), "accepted");
}

TEST(Recording, TheNewerVersionHasItsOwnCode) {
  EXPECT_EQ(Recording::parse("{\"ostiary-recording\":2}", "f").error().code, Code::newer);
}

// ---- answers

TEST(RecordedAnswer, NamesTheModelAskedForAndIsTheSameForTheSameRequest) {
  const auto r = recording(chat_line("bees", "b"));
  const auto first = answer_from(*r, "POST", "chat/completions", ask("bees", "", "other-model"));
  const Json body(first.body);
  EXPECT_EQ(body["model"].string_or(""), "other-model");
  EXPECT_TRUE(body["id"].string_or("").starts_with("chatcmpl-"));
  EXPECT_NE(body["id"].string_or(""), "x");
  EXPECT_GT(body["created"].as_uint().value_or(0), 1'700'000'000u);
  EXPECT_EQ(answer_from(*r, "POST", "chat/completions", ask("bees", "", "other-model")).body, first.body);
  EXPECT_NE(answer_from(*r, "POST", "chat/completions", ask("bees", "", "third")).body, first.body);
}

TEST(RecordedAnswer, AWholeChatAnswerIsStreamedByWord) {
  const auto r = recording(chat_line("bees", "one  two\\nthree"));
  const auto answer = answer_from(*r, "POST", "chat/completions", ask("bees", R"(,"stream":true)"));
  ASSERT_TRUE(answer.stream);
  const auto data = data_of(answer);
  ASSERT_EQ(data.size(), 6u);  // role, three words, the end, [DONE]
  EXPECT_EQ(Json(data[0])["choices"].at(0)["delta"]["role"].string_or(""), "assistant");
  std::string text;
  for (int i = 1; i <= 3; ++i)
    text += Json(data[static_cast<std::size_t>(i)])["choices"].at(0)["delta"]["content"].string_or("?");
  EXPECT_EQ(text, "one  two\nthree");
  EXPECT_EQ(Json(data[4])["choices"].at(0)["finish_reason"].string_or(""), "stop");
  EXPECT_EQ(Json(data[4])["object"].string_or(""), "chat.completion.chunk");
  EXPECT_EQ(data[5], "[DONE]");
  EXPECT_FALSE(Json(data[0])["usage"]);
  const Json whole(answer_from(*r, "POST", "chat/completions", ask("bees")).body);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(Json(data[i])["id"].string_or("a"), whole["id"].string_or("b"));
}

TEST(RecordedAnswer, UsageComesInTheStreamOnlyWhenAskedFor) {
  const auto r = recording(chat_line("bees", "b"));
  const auto data =
      data_of(answer_from(*r, "POST", "chat/completions",
                          ask("bees", R"(,"stream":true,"stream_options":{"include_usage":true})")));
  ASSERT_EQ(data.size(), 5u);
  EXPECT_TRUE(Json(data[0])["usage"].is_null());
  const Json last(data[3]);
  EXPECT_EQ(last["choices"].size(), 0u);
  EXPECT_EQ(last["usage"]["total_tokens"].as_uint(), 3u);
}

TEST(RecordedAnswer, WhatWasStreamedAndWhatWasWholeConvertIntoEachOther) {
  const std::string body =
      R"({"id":"a","object":"chat.completion","created":1,"model":"m","system_fingerprint":"fp","choices":[)"
      R"({"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"city\":\"Zürich\",\"unit\":\"C\"}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},"logprobs":null,"finish_reason":"tool_calls"},)"
      R"({"index":1,"message":{"role":"assistant","content":"two words","reasoning_content":"because"},"logprobs":{"content":[{"token":"two"}],"refusal":null},"finish_reason":"length"},)"
      R"({"index":2,"message":{"role":"assistant","content":"","refusal":"I will not."},"logprobs":null,"finish_reason":"stop"}],)"
      R"("usage":{"total_tokens":9}})";
  const auto parsed = Document::parse(body);
  ASSERT_TRUE(parsed);
  const auto folded = body_of("chat/completions", stream_of("chat/completions", *parsed, 0));
  ASSERT_TRUE(folded) << folded.error().text();
  const auto blank = [](std::string_view text) {  // without what the player sets
    std::string out;
    const Json value(text);
    for (const auto member : value.root())
      if (member.key() != "id" && member.key() != "created" && member.key() != "model")
        out += member.key() + "=" + json::canonical(member) + "\n";
    return out;
  };
  EXPECT_EQ(blank(*folded), blank(body));
}

TEST(RecordedAnswer, CompletionsConvertBothWays) {
  const auto parsed = Document::parse(
      R"({"object":"text_completion","choices":[{"index":0,"text":" a  b","logprobs":null,"finish_reason":"length"}],"usage":{"total_tokens":2}})");
  const auto events = stream_of("completions", *parsed, 0);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(Json(events[0].data)["choices"].at(0)["text"].string_or(""), " a  ");
  const auto folded = body_of("completions", events);
  ASSERT_TRUE(folded);
  EXPECT_EQ(Json(*folded)["choices"].at(0)["text"].string_or(""), " a  b");
  EXPECT_EQ(Json(*folded)["choices"].at(0)["finish_reason"].string_or(""), "length");
}

TEST(RecordedAnswer, AResponseIsStreamedAsTypedEventsInOrder) {
  const std::string line =
      R"({"endpoint":"responses","request":{"model":"m","input":"hello"},"response":{"body":{"id":"resp_x","object":"response","created_at":1,"status":"completed","model":"m","output":[)"
      R"({"id":"rs","type":"reasoning","summary":[]},{"id":"m1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"hi there","annotations":[]}]},)"
      R"({"id":"f1","type":"function_call","status":"completed","call_id":"c","name":"f","arguments":"{}"}],"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}}})";
  const auto r = recording(line);
  const auto request =
      R"({"model":"other","input":"hello","tools":[{"type":"function","name":"f"}],"stream":true})";
  const auto answer = answer_from(*r, "POST", "responses", request);
  std::string types;
  std::uint64_t sequence = 0;
  for (const auto& data : data_of(answer)) {
    const Json event(data);
    types += event["type"].string_or("?").substr(9) + " ";
    EXPECT_EQ(event["sequence_number"].as_uint(), sequence++);
  }
  EXPECT_EQ(types,
            "created in_progress output_item.added output_item.done output_item.added content_part.added "
            "output_text.delta "
            "output_text.delta output_text.done content_part.done output_item.done output_item.added "
            "function_call_arguments.delta function_call_arguments.done output_item.done completed ");
  EXPECT_TRUE(answer.events[0].data.starts_with("event: response.created\ndata: "));
  const auto data = data_of(answer);
  const Json first(data.front()), last(data.back());
  EXPECT_EQ(first["response"]["status"].string_or(""), "in_progress");
  EXPECT_EQ(first["response"]["output"].size(), 0u);
  EXPECT_EQ(last["response"]["model"].string_or(""), "other");
  EXPECT_TRUE(last["response"]["id"].string_or("").starts_with("resp_"));
  EXPECT_EQ(first["response"]["id"].string_or("a"), last["response"]["id"].string_or("b"));
  EXPECT_EQ(last["response"]["usage"]["total_tokens"].as_uint(), 3u);
}

TEST(RecordedAnswer, AStreamedRecordingAnswersWhole) {
  const auto r = recording(
      R"({"endpoint":"chat/completions","request":{"model":"m","messages":[{"role":"user","content":"bees"}]},"response":{"stream":[)"
      R"({"after_ms":5,"data":{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}},{"after_ms":7,"data":{"choices":[{"index":0,"delta":{"content":"bu"}}]}},)"
      R"({"data":{"choices":[{"index":0,"delta":{"content":"zz"},"finish_reason":"stop"}]}},{"data":{"choices":[],"usage":{"total_tokens":4}}},{"data":"[DONE]"}]}})");
  const auto answer = answer_from(*r, "POST", "chat/completions", ask("bees"));
  EXPECT_EQ(content(answer), "buzz");
  EXPECT_EQ(answer.after_ms, 12u);
  EXPECT_EQ(Json(answer.body)["usage"]["total_tokens"].as_uint(), 4u);
  const auto data = data_of(answer_from(*r, "POST", "chat/completions", ask("bees", R"(,"stream":true)")));
  ASSERT_EQ(data.size(), 4u);  // no usage event: it was not asked for
  EXPECT_EQ(data[3], "[DONE]");
}

TEST(RecordedAnswer, ARecordedErrorIsAnsweredAsItWas) {
  const auto r = recording(
      R"({"endpoint":"chat/completions","request":{"model":"m","messages":[{"role":"user","content":"bees"}]},"response":{"status":429,"body":{"error":{"message":"slow down"}}}})");
  const auto answer = answer_from(*r, "POST", "chat/completions", ask("bees", R"(,"stream":true)"));
  EXPECT_EQ(answer.status, 429);
  EXPECT_FALSE(answer.stream);
  EXPECT_EQ(answer.body, R"({"error":{"message":"slow down"}})");
}

TEST(RecordedAnswer, EmbeddingsFollowTheInputsAndTheEncoding) {
  const auto r = recording(
      R"({"endpoint":"embeddings","request":{"model":"e","input":["x","y"]},"response":{"body":{"object":"list","data":[{"index":0,"embedding":[0.6,0.8]},{"index":1,"embedding":[1,-0.5]}]}}})");
  const auto floats = answer_from(*r, "POST", "embeddings", R"({"model":"e","input":["y","x"]})");
  const Json body(floats.body);
  EXPECT_EQ(body["data"].at(0)["embedding"].raw(), "[1,-0.5]");
  EXPECT_EQ(body["data"].at(1)["embedding"].raw(), "[0.6,0.8]");
  EXPECT_EQ(floats.likeness, Likeness::exact);
  const auto encoded =
      answer_from(*r, "POST", "embeddings", R"({"model":"e","input":"y","encoding_format":"base64"})");
  const auto bytes = unbase64(Json(encoded.body)["data"].at(0)["embedding"].string_or(""));
  ASSERT_TRUE(bytes && bytes->size() == 8);
  float numbers[2];
  std::memcpy(numbers, bytes->data(), 8);
  EXPECT_EQ(numbers[0], 1.0F);
  EXPECT_EQ(numbers[1], -0.5F);
  const auto unknown = answer_from(*r, "POST", "embeddings", R"({"model":"e","input":["never seen", "x"]})");
  EXPECT_EQ(unknown.likeness, Likeness::similar);
  EXPECT_EQ(Json(unknown.body)["data"].at(0)["embedding"].size(), 2u);
  EXPECT_EQ(
      Json(answer_from(*r, "POST", "embeddings", R"({"model":"e","input":"x","dimensions":1})").body)["data"]
          .at(0)["embedding"]
          .raw(),
      "[1]");
  EXPECT_EQ(answer_from(*r, "POST", "embeddings", R"({"model":"e","input":"x","dimensions":0})").status, 400);
}

TEST(RecordedAnswer, ModelsAreThoseOfTheRecording) {
  const auto r = recording(chat_line("a", "b", "two") + chat_line("c", "d", "one"));
  const Json list(answer_from(*r, "GET", "models", "").body);
  EXPECT_EQ(list["data"].at(0)["id"].string_or(""), "one");
  EXPECT_EQ(list["data"].at(1)["id"].string_or(""), "two");
  EXPECT_EQ(answer_from(*r, "GET", "models/one", "").status, 200);
  EXPECT_EQ(answer_from(*r, "GET", "models/three", "").status, 404);
  EXPECT_EQ(answer_from(*r, "GET", "responses/resp_1", "").status, 404);
  EXPECT_EQ(answer_from(*r, "POST", "chat/completions", "[]").status, 400);
  EXPECT_EQ(answer_from(*r, "POST", "chat/completions", "{").status, 400);
}

// ---- the shipped recording and the connection

TEST(Replay, TheShippedRecordingIsTheFileInTheTreeAndHoldsWhatWePromise) {
  const auto replay = Replay::load("", 0);
  ASSERT_TRUE(replay) << replay.error().text();
  EXPECT_EQ((*replay)->models(), (std::vector<std::string>{"ostiary-demo", "ostiary-demo-embed"}));
  const auto file = Replay::load(std::string(OSTIARY_SOURCE_DIR) + "/recordings/demo.jsonl", 0);
  ASSERT_TRUE(file) << file.error().text();
  const auto text = read_file(std::string(OSTIARY_SOURCE_DIR) + "/recordings/demo.jsonl");
  const auto r = Recording::parse(*text, "demo");
  ASSERT_TRUE(r);
  for (const auto& exchange : (*r)->exchanges()) {
    if (exchange->is_default) continue;
    const auto answer = answer_from(**r, "POST", exchange->endpoint, exchange->request->text);
    EXPECT_EQ(answer.likeness, Likeness::exact) << exchange->request->text;
    EXPECT_EQ(answer.status, 200);
  }
}

TEST(Replay, AFileThatIsMissingOrASpeedBelowZeroIsAnError) {
  EXPECT_EQ(Replay::load("/nowhere/recording.jsonl", 0).error().code, Code::not_found);
  EXPECT_FALSE(Replay::load("", -1));
  EXPECT_FALSE(Replay::load("", NAN));
}

// Runs a replay's connection on a loop in a thread; the test is the gate's side, with blocking calls.
class ReplayConnection : public testing::Test {
 protected:
  void start(double speed, std::string_view lines = {}) {
    std::string path;
    if (!lines.empty()) {
      path = testing::TempDir() + "replay_test_" + std::to_string(::getpid()) + ".jsonl";
      ASSERT_TRUE(write_file_atomic(path, std::string(kHeader) + std::string(lines)));
    }
    auto replay = Replay::load(path, speed);
    if (!path.empty()) ::unlink(path.c_str());
    ASSERT_TRUE(replay) << replay.error().text();
    loop_ = std::move(*net::Loop::create());
    auto fd = (*replay)->open(*loop_);
    ASSERT_TRUE(fd);
    fd_ = std::move(*fd);
    const int flags = ::fcntl(fd_.get(), F_GETFL);
    ::fcntl(fd_.get(), F_SETFL, flags & ~O_NONBLOCK);
    thread_ = std::thread([this] { loop_->run(); });
  }
  void TearDown() override {
    fd_.reset();
    if (loop_) loop_->stop();
    if (thread_.joinable()) thread_.join();
  }
  void send(std::string_view bytes) { ASSERT_TRUE(write_all(fd_.get(), bytes, "test")); }
  // Reads one answer: its head into head_, its body decoded.
  std::string receive() {
    net::HeadParser parser(65536);
    net::HeadError error;
    net::Head head;
    while (parser.response(in_, head, error) == net::Parse::more)
      if (!fill()) return "(closed)";
    head_ = in_.substr(0, head.size);
    status_ = head.status;
    const auto framing = head.framing;
    in_.erase(0, head.size);
    if (!framing.chunked) {
      while (in_.size() < framing.content_length.value_or(0))
        if (!fill()) return "(cut)";
      const std::string body = in_.substr(0, *framing.content_length);
      in_.erase(0, body.size());
      return body;
    }
    std::string body;
    net::ChunkDecoder decoder;
    for (;;) {
      std::string_view bytes = in_, data;
      while (!bytes.empty() && decoder.next(bytes, data) == net::Parse::more) body += data;
      in_.erase(0, in_.size() - bytes.size());
      if (decoder.done()) return body;
      if (!fill()) return "(cut)";
    }
  }
  bool fill() {
    char buffer[4096];
    const auto n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (n > 0) in_.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }
  static std::string post(std::string_view path, std::string_view body, std::string_view headers = "") {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: replay\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(headers) + "\r\n" + std::string(body);
  }

  std::unique_ptr<net::Loop> loop_;
  Fd fd_;
  std::thread thread_;
  std::string in_, head_;
  int status_ = 0;
};

TEST_F(ReplayConnection, ServesRequestAfterRequestOnOneConnectionAlsoPipelinedAndChunked) {
  start(0);
  const auto body = ask("What is Ostiary?", "", "ostiary-demo");
  send(post("/v1/chat/completions", body) + post("/v1/chat/completions?x=y", body));
  const auto first = receive();
  EXPECT_EQ(status_, 200);
  EXPECT_NE(head_.find("x-ostiary-replay: exact"), std::string::npos);
  EXPECT_EQ(receive(), first);
  send("POST /v1/chat/completions HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n" +
       body.substr(0, 4) + "\r\n");
  char rest[32];
  std::snprintf(rest, sizeof rest, "%zx\r\n", body.size() - 4);
  send(rest + body.substr(4) + "\r\n0\r\n\r\n");
  EXPECT_EQ(receive(), first);
  send("GET /v1/models HTTP/1.1\r\nHost: r\r\n\r\n");
  EXPECT_EQ(Json(receive())["data"].size(), 2u);
}

TEST_F(ReplayConnection, StreamsInChunksAndKeepsTheConnection) {
  start(0);
  const auto body =
      ask("Write a short policy for using AI in a small company.", R"(,"stream":true)", "ostiary-demo");
  for (int i = 0; i < 2; ++i) {
    send(post("/v1/chat/completions", body));
    const auto events = receive();
    EXPECT_NE(head_.find("text/event-stream"), std::string::npos);
    EXPECT_TRUE(events.ends_with("data: [DONE]\n\n"));
  }
}

TEST_F(ReplayConnection, ABadRequestIsAnsweredAndTheConnectionEnds) {
  start(0);
  send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: r\r\nContent-Length: 3\r\nTransfer-Encoding: "
      "chunked\r\n\r\n");
  EXPECT_EQ(Json(receive())["error"]["code"].string_or(""), "conflicting_framing");
  EXPECT_EQ(status_, 400);
  EXPECT_EQ(receive(), "(closed)");
}

TEST_F(ReplayConnection, TooLargeARequestIsRefusedBeforeItIsRead) {
  start(0);
  send("POST /v1/chat/completions HTTP/1.1\r\nHost: r\r\nContent-Length: 1000000000000\r\n\r\n");
  receive();
  EXPECT_EQ(status_, 413);
}

TEST_F(ReplayConnection, ExpectContinueIsAnswered) {
  start(0);
  const auto body = ask("Hello!", "", "ostiary-demo");
  const auto request = post("/v1/chat/completions", body, "Expect: 100-continue\r\n");
  send(request.substr(0, request.size() - body.size()));
  while (in_.find("\r\n\r\n") == std::string::npos) ASSERT_TRUE(fill());
  EXPECT_TRUE(in_.starts_with("HTTP/1.1 100 "));
  in_.clear();
  send(body);
  receive();
  EXPECT_EQ(status_, 200);
}

TEST_F(ReplayConnection, RecordedTimingIsKeptAtTheChosenSpeed) {
  const std::string line =
      R"({"endpoint":"chat/completions","request":{"model":"m","messages":[{"role":"user","content":"bees"}]},"response":{"stream":[)"
      R"({"after_ms":200,"data":{"choices":[{"index":0,"delta":{"content":"a"}}]}},{"after_ms":200,"data":{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}}]}})";
  start(2, line);
  const auto begin = mono_now();
  send(post("/v1/chat/completions", ask("bees", R"(,"stream":true)")));
  receive();
  const auto ms = (mono_now() - begin) / 1'000'000;
  EXPECT_GE(ms, 195);
  EXPECT_LT(ms, 2000);
}

TEST_F(ReplayConnection, AClientThatLeavesEndsTheWaitAtOnce) {
  const std::string line =
      R"({"endpoint":"chat/completions","request":{"model":"m","messages":[{"role":"user","content":"bees"}]},"response":{"after_ms":600000,"body":{"choices":[]}}})";
  start(1, line);
  send(post("/v1/chat/completions", ask("bees")));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  fd_.reset();
  // The connection's coroutine ends, so that nothing is left to cancel: AddressSanitizer would report a frame
  // that leaks.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace ostiary::gateway
