#include "gateway/answer_examiner.h"

#include <chrono>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <thread>

#include "base/hash.h"
#include "gateway/impl/test_answer.h"
#include "gateway/setup.h"
#include "json/document.h"
#include "json/sse.h"
#include "json/writer.h"

namespace ostiary::gateway {
namespace {

using namespace testing;

std::string content_event(std::string_view text) {
  return R"(data: {"id":"c1","choices":[{"index":0,"delta":{"content":)" + json::quoted(text) +
         R"(},"finish_reason":null}],"x":1})" + "\n\n";
}
std::string argument_event(std::string_view text) {
  return R"(data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":)" +
         json::quoted(text) + "}}]}}]}\n\n";
}
const std::string kStop = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const std::string kDone = "data: [DONE]\n\n";

// What a client puts together from a stream, by where it stands.
std::map<std::string, std::string> read_by_client(std::string_view stream) {
  std::map<std::string, std::string> texts;
  json::SseReader reader;
  reader.feed(stream);
  json::SseEvent event;
  json::Document document;
  while (reader.next(event)) {
    if (event.data == "[DONE]") continue;
    if (!json::Document::parse_into(event.data, {}, document)) {
      ADD_FAILURE() << "no JSON: " << event.data;
      continue;
    }
    const auto root = document.root();
    for (const json::Value choice : root["choices"]) {
      texts["content"] += choice["delta"]["content"].string_or("");
      texts["text"] += choice["text"].string_or("");
      for (const json::Value call : choice["delta"]["tool_calls"]) {
        texts["arguments"] += call["function"]["arguments"].string_or("");
        texts["name"] += call["function"]["name"].string_or("");
      }
    }
    texts["delta"] += root["delta"].string_or("");
  }
  EXPECT_EQ(reader.settled(), stream.size()) << "the last event is whole";
  return texts;
}

std::string with_escapes(std::string_view text, std::string_view form) {
  std::string out;
  for (const char c : text) out += fmt::format(fmt::runtime(form), static_cast<unsigned char>(c));
  return out;
}

// The token stands in the text as it is, with escapes, in base64, and twice so.
std::vector<std::string> texts_with_token() {
  return {"see " + kToken + " there.", "see " + with_escapes(kToken, "%{:02x}") + " there.",
          "see " + with_escapes(kToken, "\\u{:04x}") + " there.",
          "data " + base64("a text with " + kToken + " in it") + " end.",
          "data " + base64("twice " + base64("in " + kToken + " out") + " done") + " end."};
}

std::string examined_whole(const std::string& text) {
  Answer answer;
  answer.feed(content_event(text) + kStop + kDone);
  answer.finish();
  return read_by_client(answer.all())["content"];
}

TEST(AnswerExaminer, AValueCutByEventsAtEveryByteIsMaskedAsInTheWhole) {
  for (const auto& text : texts_with_token()) {
    const auto expected = examined_whole(text);
    ASSERT_NE(expected.find("‹secret:github-token:1›"), std::string::npos) << expected;
    for (std::size_t at = 0; at <= text.size(); ++at) {
      Answer answer;
      answer.feed(content_event(text.substr(0, at)));
      answer.feed(content_event(text.substr(at)));
      answer.feed(kStop + kDone);
      answer.finish();
      ASSERT_EQ(read_by_client(answer.all())["content"], expected) << "cut at " << at;
      ASSERT_EQ(answer.examination().findings().size(), 1U);
    }
    Answer answer;
    for (const char c : text) answer.feed(content_event({&c, 1}));
    answer.feed(kStop + kDone);
    ASSERT_EQ(read_by_client(answer.all())["content"], expected) << "an event for each byte";
  }
}

TEST(AnswerExaminer, ToolArgumentsAreMaskedAtEveryCutAndStayJson) {
  for (const std::string& arguments :
       {R"({"path":"a.env","text":"TOKEN=)" + kToken + R"(\nDEBUG=1\n"})",
        R"({"text":"say \")" + kToken + R"(\" twice"})",
        R"({"text":")" + with_escapes(kToken, "\\u{:04x}") + R"( x"})",
        R"({"text":"data )" + base64("a text with " + kToken + " in it") + R"("})"}) {
    std::string expected;
    for (std::size_t at = 0; at <= arguments.size(); ++at) {
      Answer answer;
      answer.feed(argument_event(arguments.substr(0, at)));
      answer.feed(argument_event(arguments.substr(at)));
      answer.feed(kStop + kDone);
      answer.finish();
      const auto got = read_by_client(answer.all())["arguments"];
      if (at == 0) expected = got;
      ASSERT_EQ(got, expected) << "cut at " << at;
      const auto document = json::Document::parse(got);
      ASSERT_TRUE(document) << got;
      EXPECT_NE(document->root()["text"].string_or("").find(kMask), std::string::npos) << got;
    }
  }
}

TEST(AnswerExaminer, AStreamOfBytesCutAnywhereGivesTheSame) {
  std::string stream = ": hello\r\n\r\n";
  for (std::size_t at = 0; at < kToken.size(); at += 5) stream += content_event(kToken.substr(at, 5));
  stream += content_event(" and more ") + kStop + kDone;
  Answer once;
  once.feed(stream);
  once.finish();
  EXPECT_EQ(read_by_client(once.all())["content"], kMask + " and more ");
  for (std::size_t at = 0; at <= stream.size(); ++at) {
    Answer answer;
    answer.feed(stream.substr(0, at));
    answer.feed(stream.substr(at));
    answer.finish();
    ASSERT_EQ(answer.all(), once.all()) << "cut at " << at;
  }
}

TEST(AnswerExaminer, EventsWithNothingToHideGoOutByteForByte) {
  Answer answer;
  const std::string odd =
      "id: 7\r\ndata:{ \"choices\":[{\"delta\" : {\"content\":\"Gr\\u00fc\\u00df \"}} ], "
      "\"n\":1.0e2 }\r\n\r\n";
  EXPECT_EQ(answer.feed(odd), odd);
  EXPECT_EQ(answer.feed(content_event("plain words, ")), content_event("plain words, "));
  EXPECT_EQ(answer.feed(kDone), kDone);
}

TEST(AnswerExaminer, WhatIsHeldGoesOutBeforeTheEnd) {
  for (const std::string& end : {kStop, kDone}) {
    Answer answer;
    const auto first = answer.feed(content_event("the key is ghp_abc"));
    EXPECT_EQ(read_by_client(first)["content"], "the key is ");
    const auto last = answer.feed(end);
    EXPECT_EQ(read_by_client(last)["content"], "ghp_abc");
    EXPECT_TRUE(last.ends_with(end)) << last;
  }
}

TEST(AnswerExaminer, ReasoningIsOverWhereTheAnswerBegins) {
  Answer answer;
  answer.feed("data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"so ghp_a\"}}]}\n\n");
  const auto out = answer.feed(content_event("Yes, "));
  EXPECT_NE(out.find("\"reasoning_content\":\"ghp_a\""), std::string::npos) << out;
  EXPECT_EQ(read_by_client(out)["content"], "Yes, ");
}

TEST(AnswerExaminer, AnEventThatIsMadeRepeatsNoNames) {
  Answer answer;
  answer.feed(
      R"(data: {"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_1",)"
      R"("type":"function","function":{"name":"save_it","arguments":"{\"a\":\"ghp_a"}}]}}]})"
      "\n\n");
  answer.feed(kStop);
  const auto texts = read_by_client(answer.all());
  EXPECT_EQ(texts.at("name"), "save_it");
  EXPECT_EQ(texts.at("arguments"), R"({"a":"ghp_a)");
}

TEST(AnswerExaminer, SettledTextIsNeverHeldAndTheRestIsMaskedAtTheDeadline) {
  Answer answer({"secret"}, "chat/completions", 30);
  EXPECT_EQ(read_by_client(answer.feed(content_event("wait, " + kToken.substr(0, 12))))["content"], "wait, ");
  const auto due = answer.examination().due();
  ASSERT_NE(due, 0);
  EXPECT_LE(due, mono_now() + 30'000'000);
  EXPECT_EQ(answer.expire(), "") << "not yet";
  std::this_thread::sleep_for(std::chrono::milliseconds(40));
  EXPECT_EQ(read_by_client(answer.expire())["content"], "‹opaque:unfinished:1›");
  EXPECT_EQ(answer.examination().due(), 0);
  EXPECT_EQ(read_by_client(answer.feed(content_event(kToken.substr(12) + " there. ")))["content"],
            " there. ");
  for (std::size_t at = 0; at + 6 <= kToken.size(); ++at)
    EXPECT_EQ(answer.all().find(kToken.substr(at, 6)), std::string::npos);
}

TEST(AnswerExaminer, OfACutStreamNothingHeldIsShown) {
  Answer answer;
  answer.feed(content_event("wait, " + kToken.substr(0, 30)));
  EXPECT_EQ(read_by_client(answer.finish(true))["content"], "‹opaque:unfinished:1›");
}

TEST(AnswerExaminer, ChoicesAndCallsAreTextsOfTheirOwn) {
  const auto event = [](int choice, std::string_view text) {
    return fmt::format("data: {{\"choices\":[{{\"index\":{},\"text\":\"{}\"}}]}}\n\n", choice, text);
  };
  Answer answer({"secret"}, "completions");
  answer.feed(event(0, "a " + kToken.substr(0, 9)) + event(1, "b " + kToken.substr(0, 9)));
  answer.feed(event(1, kToken.substr(9) + ". ") + event(0, kToken.substr(9) + ". "));
  EXPECT_EQ(read_by_client(answer.all())["text"], "a b " + kMask + ". " + kMask + ". ");
}

TEST(AnswerExaminer, ResponsesAreMaskedInTheirPiecesAndInWhatRepeatsThem) {
  const auto delta = [](std::string_view text) {
    return "event: response.output_text.delta\ndata: "
           "{\"type\":\"response.output_text.delta\",\"item_id\":\"m\","
           "\"output_index\":0,\"content_index\":0,\"delta\":" +
           json::quoted(text) + ",\"sequence_number\":4,\"logprobs\":[{\"token\":\"gh\"}]}\n\n";
  };
  const auto done =
      "event: response.output_text.done\ndata: "
      "{\"type\":\"response.output_text.done\",\"output_index\":0,\"text\":" +
      json::quoted("is " + kToken) + "}\n\n";
  const auto completed =
      "event: response.completed\ndata: "
      "{\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"output\":[{"
      "\"content\":[{\"text\":" +
      json::quoted("is " + kToken) + "}]},{\"arguments\":" + json::quoted("{\"k\":\"" + kToken + "\"}") +
      "}]}}\n\n";
  Answer answer({"secret"}, "responses");
  answer.feed(delta("is " + kToken.substr(0, 20)));
  answer.feed(delta(kToken.substr(20)));
  answer.feed(done + completed);
  answer.finish();
  EXPECT_EQ(answer.all().find(kToken.substr(0, 12)), std::string::npos);
  EXPECT_EQ(answer.all().find("\"token\""), std::string::npos) << "what repeats the text by tokens goes";
  EXPECT_EQ(read_by_client(answer.all())["delta"], "is " + kMask);
  EXPECT_NE(answer.all().find("\"text\":\"is " + kMask + "\""), std::string::npos) << answer.all();
  EXPECT_NE(answer.all().find(R"({\"k\":\")" + kMask + R"(\"})"), std::string::npos) << answer.all();
}

TEST(AnswerExaminer, ErrorsAndWhatIsNoJsonAreMaskedToo) {
  Answer answer;
  answer.feed("event: error\ndata: {\"error\":{\"message\":\"no such key " + kToken + "\"}}\n\n");
  answer.feed("data: {broken " + kToken + "\n\n");
  EXPECT_EQ(answer.all().find(kToken), std::string::npos);
  EXPECT_NE(answer.all().find("data: {broken " + kMask + "\n\n"), std::string::npos) << answer.all();
}

TEST(AnswerExaminer, ValuesAreGivenBackHoweverTheirPlaceholderIsCut) {
  const std::string text = "use " + kMask + " here, not ‹secret:github-token:2› or ‹secret";
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;
    Answer answer;
    answer.restores(kToken);
    answer.feed(content_event(text.substr(0, at)) + content_event(text.substr(at)) + kStop);
    ASSERT_EQ(read_by_client(answer.all())["content"],
              "use " + kToken + " here, not ‹secret:github-token:2› or ‹secret")
        << at;
  }
}

TEST(AnswerExaminer, ValuesAreGivenBackInArgumentsAsJson) {
  for (const std::string& form : {kMask, std::string("\\u2039secret:github-token:1\\u203A")}) {
    const std::string arguments = R"({"a":"\\u2039 )" + form + R"( x"})";
    for (std::size_t at = 0; at <= arguments.size(); ++at) {
      if (at < arguments.size() && (static_cast<unsigned char>(arguments[at]) & 0xc0) == 0x80) continue;
      Answer answer({});
      answer.restores("with \"quotes\"\n");
      answer.feed(argument_event(arguments.substr(0, at)) + argument_event(arguments.substr(at)) + kStop);
      const auto got = read_by_client(answer.all())["arguments"];
      const auto document = json::Document::parse(got);
      ASSERT_TRUE(document) << got;
      ASSERT_EQ(document->root()["a"].string_or(""), "\\u2039 with \"quotes\"\n x") << at;
    }
  }
}

TEST(AnswerExaminer, TheSameValueHasTheNumberOfTheRequest) {
  Answer answer;
  answer.restores("another value").restores(kToken);
  answer.feed(content_event("see " + kToken + " there. "));
  EXPECT_EQ(read_by_client(answer.all())["content"], "see ‹secret:github-token:2› there. ");
}

TEST(AnswerExaminer, AWholeAnswerIsMaskedAndRestored) {
  Answer answer;
  const std::string body = R"({"id":"c","choices":[{"logprobs":null,"message":{"content":"see )" + kToken +
                           R"(","tool_calls":[{"function":{"arguments":"{\"k\":\")" + kToken +
                           R"(\"}"}}]}}], "usage":{"total_tokens":1e0}})";
  const auto out = answer.whole(body);
  auto expected = body;
  for (auto at = expected.find(kToken); at != std::string::npos; at = expected.find(kToken))
    expected.replace(at, kToken.size(), kMask);
  EXPECT_EQ(out, expected);
  const auto found = answer.examination().findings();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].location.file, "answer");
  EXPECT_EQ(found[0].location.pointer, "/choices/0/message/content");
  const std::string clean = R"({ "choices" : [] , "x":1.0e5})";
  EXPECT_EQ(Answer().whole(clean), clean);
}

TEST(AnswerExaminer, WithNoClassToMaskFindingsAreToldAndNothingChanges) {
  Answer answer({});
  const auto stream = content_event("see " + kToken.substr(0, 20)) + content_event(kToken.substr(20) + " . ");
  EXPECT_EQ(answer.feed(stream), stream);
  answer.finish();
  ASSERT_EQ(answer.examination().findings().size(), 1U);
  EXPECT_EQ(answer.examination().findings()[0].detector, "github-personal-token");
  EXPECT_EQ(answer.examination().due(), 0);
}

TEST(AnswerExaminer, WhatCannotBeReadIsRefusedWhereAClassIsMasked) {
  std::string binary(1000, '\x01');
  Answer answer;
  EXPECT_EQ(answer.whole(binary), "");
  EXPECT_TRUE(answer.examination().refused());
  Answer open({});
  EXPECT_EQ(open.whole(binary), binary);
  EXPECT_FALSE(open.examination().refused());
}

TEST(AnswerExaminer, MoreThanCanBeToldOfEndsAMaskedAnswer) {
  Answer answer({"personal"});
  answer.feed(content_event("nothing. "));
  EXPECT_FALSE(answer.examination().refused());
  for (int n = 0; n < 2100; ++n)
    answer.feed(content_event(fmt::format("maren.voss{}@voss-orgelbau.de, ", n)));
  EXPECT_TRUE(answer.examination().refused());
  EXPECT_EQ(answer.feed(content_event("more")), "");
}

TEST(AnswerExaminer, AToolsArgumentsAreMaskedWhateverTheirMembersAreCalled) {
  const auto call =
      R"({"choices":[{"message":{"tool_calls":[{"id":"call_1","function":{"name":"f","arguments":{"id":")" +
      kToken + R"(","type":")" + kToken + "\"}}}]}}]}";
  EXPECT_THAT(Answer().whole(call), ::testing::Not(::testing::HasSubstr(kToken)));
  Answer stream;
  stream.feed(
      R"(data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":{"id":")" +
      kToken + "\"}}}]}}]}\n\n");
  stream.feed(kStop + kDone);
  stream.finish();
  EXPECT_THAT(stream.all(), ::testing::Not(::testing::HasSubstr(kToken)));
}

TEST(AnswerExaminer, AnEventThatIsMadeForHeldTextRepeatsNothingElse) {
  Answer stream;
  stream.feed(R"(data: {"choices":[{"index":0,"delta":{"content":"it is ghp_YD"}}],"citations":["see )" +
              kToken + "\"]}\n\n");
  stream.feed(kStop + kDone);
  stream.finish();
  EXPECT_THAT(stream.all(), ::testing::Not(::testing::HasSubstr(kToken)));
  EXPECT_THAT(stream.all(), ::testing::HasSubstr("it is "));
}

TEST(AnswerExaminer, WhatTellsThePiecesOnceMoreGoes) {
  Answer stream;
  for (std::size_t size = 10; size <= kToken.size(); size += 10)
    stream.feed(R"(data: {"choices":[{"index":0,"delta":{"content":")" + kToken.substr(size - 10, 10) +
                R"("},"message":{"content":")" + kToken.substr(0, size) + "\"}}]}\n\n");
  stream.feed(kStop + kDone);
  stream.finish();
  EXPECT_THAT(stream.all(), ::testing::AllOf(::testing::HasSubstr(kMask),
                                             ::testing::Not(::testing::HasSubstr(kToken.substr(0, 20)))));
}

TEST(AnswerExaminer, WithNothingToMaskAVeryLongTextGoesOnAsItCame) {
  for (const auto& text : {std::string(600'000, 'a'), std::string(600'000, '7')}) {
    Answer stream({});
    stream.restores("a value");
    stream.feed(content_event(text));
    stream.feed(content_event(" and more") + kStop + kDone);
    stream.finish();
    EXPECT_EQ(read_by_client(stream.all())["content"].size(), text.size() + 9);
  }
}

TEST(AnswerExaminer, WithNothingToMaskAnEventThatIsTooLargeGoesOnAndSoDoesTheRest) {
  Answer stream({});
  stream.restores("a value");
  const auto large = "data: " + std::string(17u << 20, 'a'), rest = "\n\n" + content_event("more") + kStop;
  stream.feed(large);
  stream.feed(rest);
  stream.finish();
  EXPECT_EQ(stream.all().size(), large.size() + rest.size());
}

TEST(AnswerExaminer, WhatStandsBetweenEventsIsLookedAtToo) {
  Answer stream;
  stream.feed(": ping\n\n{\"text\":\"" + kToken + "\"}\n\n");
  stream.finish();
  EXPECT_THAT(stream.all(), ::testing::AllOf(::testing::HasSubstr(": ping\n\n"),
                                             ::testing::Not(::testing::HasSubstr(kToken))));
}

}  // namespace
}  // namespace ostiary::gateway
