// Answers of a shape that nobody knows.

#include <chrono>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "gateway/impl/test_answer.h"
#include "gateway/restoring.h"
#include "gateway/text_inspector.h"
#include "json/document.h"
#include "json/sse.h"
#include "json/writer.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

// Streams of whose shape nothing is known: how one piece of their text is sent, and where a client reads it.
struct Shape {
  std::string before, after;  // around the quoted piece
  std::string pointer;
  std::string last;  // the event that says that it is over
};
const std::vector<Shape> kShapes = {
    {R"(data: {"index":1,"token":{"id":5,"text":)", ",\"special\":false},\"generated_text\":null}\n\n",
     "/token/text", "data: {\"token\":{\"text\":\"\"},\"details\":{\"finish_reason\":\"length\"}}\n\n"},
    {R"(data: {"created_at":"2026-08-04T08:52:19.385406455-07:00","response":)", ",\"done\":false}\n\n",
     "/response", "data: {\"response\":\"\",\"done\":true}\n\n"},
    {R"(data: {"message":{"role":"assistant","content":)", "},\"done\":false}\n\n", "/message/content", ""},
    {R"(data: {"candidates":[{"content":{"parts":[{"text":)", "}]}}]}\n\n",
     "/candidates/0/content/parts/0/text", "data: [DONE]\n\n"},
    {"event: token\r\ndata: ", "\r\n\r\n", "", ""},
    {R"(data: {"choices":[{"index":0,"delta":{"content":"- "}}],"commentary":)", "}\n\n", "/commentary",
     "data: [DONE]\n\n"},
    {R"({"model":"m","response":)", ",\"done\":false}\n", "/response", "{\"response\":\"\",\"done\":true}\n"},
};

std::string event(const Shape& shape, std::string_view text) {
  return shape.before + json::quoted(text) + shape.after;
}

void read_event(std::string_view json, const std::string& pointer, std::string& text) {
  json::Document document;
  ASSERT_TRUE(json::Document::parse_into(json, {}, document)) << json;
  for (std::uint32_t i = 0; i < document.nodes().size(); ++i)
    if (const json::Value value(&document, i); value.is_string() && value.pointer() == pointer)
      text += value.string_or("");
}

// What a client puts together that appends what stands at the pointer.
std::string read_by_client(std::string_view stream, const std::string& pointer) {
  std::string text;
  if (stream.starts_with('{')) {
    while (!stream.empty()) {
      const auto line = stream.substr(0, stream.find('\n'));
      stream.remove_prefix(std::min(line.size() + 1, stream.size()));
      read_event(line, pointer, text);
    }
    return text;
  }
  json::SseReader reader;
  reader.feed(stream);
  json::SseEvent event;
  while (reader.next(event))
    if (event.data != "[DONE]") read_event(event.data, pointer, text);
  return text;
}

TEST(OtherAnswers, AValueThatIsSplitOverEventsOfAnyShapeIsMaskedAsInTheWhole) {
  const auto text = "it is " + kToken + ", take it";
  for (const auto& shape : kShapes) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      Answer answer;
      answer.feed(event(shape, text.substr(0, at)) + event(shape, text.substr(at)) + shape.last);
      answer.finish();
      ASSERT_EQ(read_by_client(answer.all(), shape.pointer), "it is " + kMask + ", take it")
          << shape.pointer << " cut at " << at << "\n"
          << answer.all();
      ASSERT_EQ(answer.examination().findings().size(), 1U) << shape.pointer << " cut at " << at;
    }
    Answer answer;
    for (const char c : text) answer.feed(event(shape, {&c, 1}));
    answer.feed(shape.last);
    answer.finish();
    EXPECT_EQ(read_by_client(answer.all(), shape.pointer), "it is " + kMask + ", take it") << shape.pointer;
  }
}

TEST(OtherAnswers, NothingOfASplitValueIsShownBeforeItIsKnown) {
  for (const auto& shape : kShapes) {
    Answer answer;
    for (std::size_t at = 0; at < kToken.size(); at += 9) {
      answer.feed(event(shape, kToken.substr(at, 9)));
      EXPECT_THAT(answer.all(), Not(HasSubstr(kToken.substr(0, 9)))) << shape.pointer;
    }
    answer.finish(true);
    for (std::size_t at = 0; at + 9 <= kToken.size(); at += 9)
      EXPECT_THAT(answer.all(), Not(HasSubstr(kToken.substr(at, 9)))) << shape.pointer;
  }
}

TEST(OtherAnswers, WordsThatAreNoJsonAreOneTextToo) {
  for (std::size_t at = 4; at < kToken.size(); ++at) {
    Answer answer;
    answer.feed("data: see " + kToken.substr(0, at) + "\n\ndata: " + kToken.substr(at) + " there.\n\n");
    answer.finish();
    ASSERT_EQ(answer.all().find(kToken.substr(0, at)), std::string::npos) << answer.all();
    ASSERT_THAT(answer.all(), HasSubstr(kMask));
  }
}

TEST(OtherAnswers, WhatIsToldAgainInEveryEventStaysAsItIs) {
  const std::string known =
      R"(data: {"choices":[{"index":0,"delta":{"content":"plain. "}}],"region":"swedencentral",)"
      R"("filter":{"severity":"safe"},"at":"2026-08-04T08:52:19Z","trace_id":"4bf92f3577b34da6"})"
      "\n\n";
  Answer answer({"secret", "personal"});
  std::string sent;
  for (int i = 0; i < 4; ++i) answer.feed(known), sent += known;
  answer.feed("data: [DONE]\n\n");
  EXPECT_EQ(answer.all(), sent + "data: [DONE]\n\n");
}

TEST(OtherAnswers, TheLastEventIsNotTakenApart) {
  Answer answer;
  const std::string last =
      R"(data: {"token":{"text":"."},"generated_text":"The capital is Paris","details":{"finish_reason":"eos"}})"
      "\n\n";
  answer.feed("data: {\"token\":{\"text\":\"The capital is \"},\"generated_text\":null}\n\n");
  answer.feed("data: {\"token\":{\"text\":\"Paris\"},\"generated_text\":null}\n\n");
  answer.feed(last);
  answer.finish();
  EXPECT_THAT(answer.all(), HasSubstr(R"("generated_text":"The capital is Paris")"));
  EXPECT_EQ(read_by_client(answer.all(), "/token/text"), "The capital is Paris.");
}

TEST(OtherAnswers, ATextThatIsToldOnceMoreAndLongerIsShownWhereItIsSettled) {
  Answer answer;
  const std::string text = "it is " + kToken + ", take it";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    answer.feed("data: {\"output\":" + json::quoted(text.substr(0, size)) + "}\n\n");
    ASSERT_THAT(answer.all(), Not(HasSubstr(kToken.substr(0, 8)))) << size;
  }
  answer.feed("data: [DONE]\n\n");
  EXPECT_TRUE(
      answer.all().ends_with("data: {\"output\":\"it is " + kMask + ", take it\"}\n\ndata: [DONE]\n\n"))
      << answer.all();
}

TEST(OtherAnswers, ValuesOfTheirOwnThatNothingPartsAreMasked) {
  Answer answer;
  for (int i = 0; i < 3; ++i)
    answer.feed("data: {\"n\":" + std::to_string(i) + ",\"found\":\"" + kToken + std::string(i, '.') +
                "\"}\n\n");
  answer.finish();
  EXPECT_THAT(answer.all(), Not(HasSubstr(kToken)));
}

TEST(OtherAnswers, AnEventWaitsNoLongerThanItMay) {
  Answer answer({"secret"}, "chat/completions", 30);
  EXPECT_EQ(answer.feed("data: {\"text\":\"wait, ghp_YDHU\"}\n\n"), "");
  ASSERT_NE(answer.examination().due(), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(40));
  EXPECT_EQ(answer.expire(), "data: {\"text\":\"wait, ‹opaque:unfinished:1›\"}\n\n");
  EXPECT_EQ(answer.examination().due(), 0);
  answer.feed("data: {\"text\":\"" + kToken.substr(8) + " there. \"}\n\n");
  answer.finish();
  EXPECT_THAT(answer.all(), Not(HasSubstr(kToken.substr(8, 12))));
  EXPECT_THAT(answer.all(), HasSubstr(" there. "));
}

TEST(OtherAnswers, AnEventWithoutAnEndOfATextDoesNotWait) {
  Answer answer;
  const std::string event = "data: {\"text\":\"A sentence. \"}\n\n";
  EXPECT_EQ(answer.feed(event), event);
}

TEST(OtherAnswers, ValuesAreGivenBackHoweverTheirPlaceholderIsSplit) {
  const std::string text = "use " + kMask + " here. ";
  for (const auto& shape : kShapes) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      if (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;
      Answer answer;
      answer.restores(kToken);
      answer.feed(event(shape, text.substr(0, at)) + event(shape, text.substr(at)) + shape.last);
      answer.finish();
      ASSERT_EQ(read_by_client(answer.all(), shape.pointer), "use " + kToken + " here. ")
          << shape.pointer << " cut at " << at;
    }
  }
}

TEST(OtherAnswers, LinesOfJsonThatComeAsOneBodyAreOneText) {
  const auto line = [](std::string_view text, bool done) {
    return R"({"model":"m","response":)" + json::quoted(text) + ",\"done\":" + (done ? "true" : "false") +
           "}\n";
  };
  Answer answer;
  const auto out = answer.whole(line("is " + kToken.substr(0, 20), false) + line(kToken.substr(20), false) +
                                line("", true));
  EXPECT_EQ(out, line("is ", false) + line("", false) + line(kMask, false) + line("", true));
  const auto clean = line("plain", false) + line(" words", false) + line("", true);
  EXPECT_EQ(read_by_client(Answer().whole(clean), "/response"), "plain words");
  EXPECT_EQ(Answer({}).whole(clean), clean);
}

TEST(OtherAnswers, NumbersAndNamesAreLookedAt) {
  const std::string card = "4556" + std::string("737586899855");
  const auto body = "{\"card\":" + card + ",\"" + kToken + "\":1,\"n\":1.5}";
  Answer answer({"secret", "personal"});
  const auto out = answer.whole(body);
  EXPECT_THAT(out, Not(HasSubstr(card)));
  EXPECT_THAT(out, Not(HasSubstr(kToken)));
  EXPECT_THAT(out, HasSubstr("\"" + kMask + "\":1"));
  EXPECT_TRUE(json::Document::parse(out)) << out;
  EXPECT_EQ(answer.examination().findings().size(), 2U);
  Answer stream({"secret", "personal"});
  stream.feed("data: " + body + "\n\n");
  stream.finish();
  EXPECT_THAT(stream.all(), Not(HasSubstr(card)));
  EXPECT_THAT(stream.all(), Not(HasSubstr(kToken)));
}

TEST(OtherAnswers, MoreTextsThanCanBeHeldAtATimeEndAMaskedAnswer) {
  Answer answer;
  const auto event = [](char c) {
    std::string out = "data: {";
    for (int i = 0; i < 80; ++i) out += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"ab" + c + "\"";
    return out + "}\n\n";
  };
  answer.feed(event('a') + event('b'));
  EXPECT_TRUE(answer.examination().refused());
}

// What was changed in an event while it waited moves no text into another's place.
TEST(OtherAnswers, AnEventThatWaitsIsChangedAtTheRightPlace) {
  const std::string card = "4556" + std::string("737586899855");
  for (std::size_t at = 4; at + 4 < kToken.size(); at += 3) {
    Answer answer({"secret", "personal"});
    const auto event = [&](std::string_view text) {
      return "data: {\"n\":" + card + ",\"text\":" + json::quoted(text) + "}\n\n";
    };
    answer.feed(event("see " + kToken.substr(0, at)) + event(kToken.substr(at) + " there"));
    answer.feed("data: [DONE]\n\n");
    answer.finish();
    EXPECT_FALSE(answer.examination().refused());
    EXPECT_EQ(read_by_client(answer.all(), "/text"), "see " + kMask + " there") << at;
    EXPECT_THAT(answer.all(), Not(HasSubstr(card)));
  }
}

// A value of its own that each event tells is one finding, and an answer of any length goes on.
TEST(OtherAnswers, WhatEachEventTellsAgainIsFoundOnce) {
  Answer answer({"secret", "personal"});
  const std::string card = "4556" + std::string("737586899855");
  for (int i = 0; i < 2500; ++i)
    answer.feed("data: {\"card\":" + card +
                ",\"by\":\"it was marta.kowalczyk@uni-lodz.pl, again\",\"i\":" + std::to_string(i) + "}\n\n");
  answer.finish();
  EXPECT_FALSE(answer.examination().refused());
  EXPECT_THAT(answer.all(), Not(HasSubstr("marta")));
  EXPECT_THAT(answer.all(), Not(HasSubstr(card)));
  EXPECT_LE(answer.examination().findings().size(), 4U);
}

// An event of a service that means harm ends the answer, and costs nobody else's time.
TEST(OtherAnswers, AnEventOfThousandsOfTextsEndsAMaskedAnswer) {
  const auto event = [](std::string_view text) {
    std::string out = "data: [";
    for (int i = 0; i < 5000; ++i) out += fmt::format("{}\"{}\"", i > 0 ? "," : "", text);
    return out + "]\n\n";
  };
  Answer answer;
  answer.feed(event("AKIA"));
  EXPECT_TRUE(answer.examination().refused());
  EXPECT_TRUE(answer.all().empty());
  Answer open{std::set<std::string>()};
  open.feed(event("AKIA"));
  EXPECT_TRUE(open.all() == event("AKIA"));
}

TEST(IdleThreads, KeepNoEngineThatNobodyElseHas) {
  auto built = *inspect::Engine::builtin();
  const std::weak_ptr<const inspect::Engine> known = built;
  {
    Received received(request("chat/completions"));
    const AnswerExaminer examiner(AnswerRules::make(built, {"secret"}, 10));
    const TextInspector inspector(std::move(built));
    received.x.placeholders = std::make_shared<Placeholders>(received.x.digest_key);
    inspect::Inspection found;
    inspector.inspect(received.x, found, {});
    std::string out;
    const auto examination = examiner.begin(received.x, AnswerKind::stream);
    examination->feed("data: {\"text\":\"a few words. \",\"number\":12345678}\n\n", out);
    examination->finish(false, out);
    EXPECT_FALSE(known.expired());
  }
  EXPECT_TRUE(known.expired());
  Answer answer;  // on the same thread, with another engine
  answer.feed("data: {\"text\":\"see " + kToken + " there. \"}\n\n");
  EXPECT_THAT(answer.all(), HasSubstr(kMask));
}

TEST(Restoring, HoldsOnlyWhatMayBeTheBeginningOfAPlaceholder) {
  Placeholders placeholders{Key256{}};
  placeholders.keep("‹secret:a:1›", "one");
  placeholders.keep("‹secret:a:12›", "twelve");
  Restoring restoring;
  const auto fed = [&](bool json, std::string_view text) {
    std::string out;
    restoring.begin(placeholders, json);
    restoring.feed(text, out);
    return out;
  };
  EXPECT_EQ(fed(false, "a ‹secret:a:1›"), "a one");
  EXPECT_EQ(fed(false, "a ‹secret:a:1"), "a ");
  EXPECT_EQ(fed(false, "a ‹secret:b"), "a ‹secret:b");
  EXPECT_EQ(fed(false, "a ‹secret:a:13›"), "a ‹secret:a:13›");
  EXPECT_EQ(fed(false, "‹‹secret:a:12›\\u2039"), "‹twelve\\u2039");
  EXPECT_EQ(fed(true, "\\u2039secret:a:1\\u203A ‹secret:a:12\\u203a\\u2039"), "one twelve");
}

TEST(Restoring, ThousandsOfValuesAreLookedUpInLittleTime) {
  Placeholders placeholders{Key256{}};
  for (int i = 1; i <= 20'000; ++i) {
    const auto number = std::to_string(i);
    placeholders.keep("‹personal:email:" + number + "›", "value " + number);
  }
  std::string text, expected, out;
  for (int i = 1; i <= 20'000; ++i) {
    text += "a ‹personal:email:" + std::to_string(i) + "› ";
    expected += "a value " + std::to_string(i) + " ";
  }
  const auto begun = std::chrono::steady_clock::now();
  Restoring restoring;
  for (int i = 0; i < 2000; ++i) restoring.begin(placeholders, true);
  restoring.feed(text, out);
  restoring.finish(out);
  EXPECT_EQ(out, expected);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace ostiary::gateway
