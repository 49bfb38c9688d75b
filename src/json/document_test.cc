#include "json/document.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace ostiary::json {
namespace {

using ::testing::HasSubstr;

const std::string kChat =
    R"({"model":"m-1","messages":[{"role":"user","content":"Hi \u00e9\n"}, {"role":"x"}],)"
    R"( "n" : 2, "stream":true,"stop":null,"t":-0.5e1,"empty":{},"none":[ ]})";

Document parsed(std::string_view text, const Limits& limits = {}) {
  auto document = Document::parse(text, limits);
  EXPECT_TRUE(document) << text << ": " << (document ? "" : document.error().text());
  return document ? std::move(*document) : Document{};
}

// The place and message of the error that `text` gives.
Error refused(std::string_view text, const Limits& limits = {}) {
  const auto document = Document::parse(text, limits);
  EXPECT_FALSE(document) << "accepted: " << text;
  return document ? Error{} : document.error();
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(Document, KeepsTheExactOffsetsOfEveryValue) {
  const Document document = parsed(kChat);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"", kChat},
      {"model", "\"m-1\""},
      {"messages", R"([{"role":"user","content":"Hi \u00e9\n"}, {"role":"x"}])"},
      {"", R"({"role":"user","content":"Hi \u00e9\n"})"},
      {"role", "\"user\""},
      {"content", R"("Hi \u00e9\n")"},
      {"", R"({"role":"x"})"},
      {"role", "\"x\""},
      {"n", "2"},
      {"stream", "true"},
      {"stop", "null"},
      {"t", "-0.5e1"},
      {"empty", "{}"},
      {"none", "[ ]"}};
  ASSERT_EQ(document.nodes().size(), expected.size());
  for (std::uint32_t i = 0; i < expected.size(); ++i) {
    const Value value(&document, i);
    EXPECT_EQ(value.key_raw(), expected[i].first) << i;
    EXPECT_EQ(value.raw(), expected[i].second) << i;
    EXPECT_EQ(value.node().key_end != 0, !expected[i].first.empty()) << i;
  }
}

TEST(Document, LinksEachNodeToItsParentAndToTheNextBehindItsSubtree) {
  const Document document = parsed(R"([1,{"a":[2,3]},4])");
  const auto& nodes = document.nodes();
  ASSERT_EQ(nodes.size(), 7U);
  const std::vector<std::uint32_t> next = {7, 2, 6, 6, 5, 6, 7};
  const std::vector<std::uint32_t> parent = {0, 0, 0, 2, 3, 3, 0};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_EQ(nodes[i].next, next[i]) << i;
    EXPECT_EQ(nodes[i].parent, parent[i]) << i;
  }
}

TEST(Document, AnswersLookupsWithoutParsing) {
  const Document document = parsed(kChat);
  const Value root = document.root();
  EXPECT_EQ(root["model"].as_string(), "m-1");
  EXPECT_EQ(root["messages"].at(0)["content"].as_string(), "Hi \u00e9\n");
  EXPECT_EQ(root["n"].as_uint(), 2U);
  EXPECT_EQ(root["stream"].as_bool(), true);
  EXPECT_TRUE(root["stop"].is_null());
  EXPECT_EQ(root["t"].as_number(), -5.0);
  EXPECT_EQ(root["messages"].size(), 2U);
  EXPECT_EQ(root.size(), 8U);
  EXPECT_EQ(root["empty"].size(), 0U);
  EXPECT_EQ(root["model"].string_or("other"), "m-1");
  EXPECT_EQ(root["n"].string_or("other"), "other");
}

TEST(Document, AMissingValueAnswersEveryQuestionWithNothing) {
  const Document document = parsed(kChat);
  const Value missing = document.root()["usage"]["prompt_tokens"].at(3);
  EXPECT_FALSE(missing);
  EXPECT_EQ(missing.as_uint(), std::nullopt);
  EXPECT_EQ(missing.as_string(), std::nullopt);
  EXPECT_EQ(missing.as_bool(), std::nullopt);
  EXPECT_EQ(missing.raw(), "");
  EXPECT_EQ(missing.key(), "");
  EXPECT_EQ(missing.pointer(), "");
  EXPECT_EQ(missing.size(), 0U);
  EXPECT_FALSE(missing.parent());
  for (const Value child : missing) FAIL() << child.raw();
  EXPECT_FALSE(document.root()["messages"].at(2));
  EXPECT_FALSE(document.root()["model"]["x"]);
  EXPECT_FALSE(Document{}.root());
}

TEST(Document, IteratesChildrenInOrder) {
  const Document document = parsed(R"({"b":[1,[2,3],{"x":4}],"a":5})");
  std::vector<std::string> names;
  for (const Value member : document.root()) names.push_back(member.key());
  EXPECT_EQ(names, (std::vector<std::string>{"b", "a"}));
  std::vector<std::string> elements;
  for (const Value element : document.root()["b"]) elements.emplace_back(element.raw());
  EXPECT_EQ(elements, (std::vector<std::string>{"1", "[2,3]", R"({"x":4})"}));
}

TEST(Document, GivesAStringInPlaceUnlessItHasEscapes) {
  const std::string text = R"(["plain","esc\u0061ped"])";
  const Document document = parsed(text);
  std::string scratch;
  const auto plain = document.root().at(0).as_string(scratch);
  ASSERT_EQ(plain, "plain");
  EXPECT_EQ(plain.value_or("").data(), text.data() + 2);
  const auto decoded = document.root().at(1).as_string(scratch);
  ASSERT_EQ(decoded, "escaped");
  EXPECT_EQ(decoded.value_or("").data(), scratch.data());
}

TEST(Document, WritesJsonPointers) {
  const Document document = parsed(R"({"a/b":[0,{"m~n":1}],"":{"caf\u00e9":2}})");
  EXPECT_EQ(document.root().pointer(), "");
  EXPECT_EQ(document.root()["a/b"].at(1)["m~n"].pointer(), "/a~1b/1/m~0n");
  EXPECT_EQ(document.root()[""].pointer(), "/");
  EXPECT_EQ(document.root()[""]["caf\u00e9"].pointer(), "//caf\u00e9");
}

TEST(Document, FindsMembersWhoseNamesAreEscaped) {
  const Document document = parsed(R"({"mod\u0065l":"x","\ud83d\ude00":1})");
  EXPECT_EQ(document.root()["model"].as_string(), "x");
  EXPECT_EQ(document.root()["\U0001F600"].as_uint(), 1U);
  EXPECT_EQ(document.root()["model"].key(), "model");
  EXPECT_EQ(document.root()["model"].key_raw(), R"(mod\u0065l)");
}

TEST(Document, AcceptsEveryFormOfTheGrammar) {
  for (const char* text : {"0",
                           "-0",
                           "10",
                           "-1.5",
                           "1e5",
                           "1E+5",
                           "1.0e-5",
                           "0.1",
                           "0e0",
                           "true",
                           "false",
                           "null",
                           "\"\"",
                           "[]",
                           "{}",
                           " [ ] ",
                           "\t{\r\n} ",
                           "[1 , 2]",
                           R"({"a" : 1 , "b":[]})",
                           R"("\"\\\/\b\f\n\r\t\u00Aa")",
                           R"(["\ud800"])",
                           "\"\x7f\"",
                           "[[],[[]],{}]",
                           R"({"":""})"})
    EXPECT_TRUE(Document::parse(text)) << text;
}

struct Refusal {
  std::string text;
  std::string where;
  std::string message;
};

TEST(Document, RefusesWhatIsNotJsonAndSaysWhere) {
  const std::vector<Refusal> refusals = {{"", "byte 0", "ends early"},
                                         {" \n", "byte 2", "ends early"},
                                         {"\xEF\xBB\xBF{}", "byte 0", "byte-order mark"},
                                         {"{} x", "byte 3", "follows"},
                                         {"1 2", "byte 2", "follows"},
                                         {"[]]", "byte 2", "follows"},
                                         {"[1,]", "byte 3", "value"},
                                         {"[,1]", "byte 1", "value"},
                                         {"[1 2]", "byte 3", "','"},
                                         {"[1}", "byte 2", "']'"},
                                         {R"({"a":1])", "byte 6", "'}'"},
                                         {R"({"a":1,})", "byte 7", "name"},
                                         {"{a:1}", "byte 1", "name"},
                                         {R"({"a" 1})", "byte 5", "':'"},
                                         {R"({"a":})", "byte 5", "value"},
                                         {"{1:2}", "byte 1", "name"},
                                         {"[", "byte 1", "ends early"},
                                         {R"({"a")", "byte 4", "ends early"},
                                         {R"({"a":)", "byte 5", "ends early"},
                                         {"[1,", "byte 3", "ends early"},
                                         {"\"abc", "byte 4", "ends early"},
                                         {"\"abc\\", "byte 5", "ends early"},
                                         {"\"\\u12", "byte 5", "ends early"},
                                         {"01", "byte 0", "zero"},
                                         {"-01", "byte 1", "zero"},
                                         {"-", "byte 1", "ends early"},
                                         {"+1", "byte 0", "value"},
                                         {".5", "byte 0", "value"},
                                         {"[1.]", "byte 3", "digit"},
                                         {"[1e]", "byte 3", "digit"},
                                         {"[1e+]", "byte 4", "digit"},
                                         {"[0x1]", "byte 2", "','"},
                                         {"NaN", "byte 0", "value"},
                                         {"-Infinity", "byte 1", "digit"},
                                         {"tru", "byte 0", "value"},
                                         {"[truE]", "byte 1", "value"},
                                         {"nulll", "byte 4", "follows"},
                                         {"'a'", "byte 0", "value"},
                                         {"\"a\nb\"", "byte 2", "control"},
                                         {std::string("\"a\0b\"", 5), "byte 2", "control"},
                                         {std::string("[1\0]", 4), "byte 2", "','"},
                                         {R"("\x41")", "byte 2", "escape"},
                                         {R"("\U0041")", "byte 2", "escape"},
                                         {R"("\u004g")", "byte 6", "hexadecimal"},
                                         {R"("\u")", "byte 3", "hexadecimal"},
                                         {"[1]//", "byte 3", "follows"},
                                         {"[1,/**/2]", "byte 3", "value"},
                                         {"\f[]", "byte 0", "value"},
                                         {"[\"\xff\"]", "byte 2", "UTF-8"},
                                         {"[\"ab\xc3\"]", "byte 4", "UTF-8"},
                                         {"[\"\xed\xa0\x80\"]", "byte 2", "UTF-8"},
                                         {"[\"\xc0\xaf\"]", "byte 2", "UTF-8"},
                                         {"[\"\xf4\x90\x80\x80\"]", "byte 2", "UTF-8"},
                                         {"[\xc2\xa0]", "byte 1", "value"}};
  for (const auto& [text, where, message] : refusals) {
    const Error error = refused(text);
    EXPECT_EQ(error.code, Code::invalid) << text;
    EXPECT_EQ(error.where, where) << text;
    EXPECT_THAT(error.message, HasSubstr(message)) << text;
  }
}

TEST(Document, RefusesEveryTruncation) {
  for (std::size_t n = 0; n < kChat.size(); ++n) {
    const Error error = refused(kChat.substr(0, n));
    EXPECT_EQ(error.code, Code::invalid) << n;
  }
}

TEST(Document, RefusesNestingBeyondTheLimit) {
  EXPECT_TRUE(Document::parse(nested(128)));
  const Error error = refused(nested(129));
  EXPECT_EQ(error.code, Code::too_large);
  EXPECT_EQ(error.where, "byte 128");
  EXPECT_EQ(refused(R"({"a":{"b":{}}})", {.max_depth = 2}).code, Code::too_large);
  EXPECT_EQ(refused(std::string(1'000'000, '[')).code, Code::too_large);
  EXPECT_TRUE(Document::parse(nested(1'000'000), {.max_depth = 1'000'000}));
  EXPECT_TRUE(Document::parse("1", {.max_depth = 0}));
}

TEST(Document, RefusesMoreValuesThanTheLimit) {
  EXPECT_TRUE(Document::parse("[1,2,3]", {.max_values = 4}));
  const Error error = refused("[1,2,3,4]", {.max_values = 4});
  EXPECT_EQ(error.code, Code::too_large);
  EXPECT_EQ(error.where, "byte 7");
}

TEST(Document, RefusesTheSameNameTwice) {
  const Error error = refused(R"({"a":1,"bb":2,"a":3})");
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_EQ(error.where, "byte 14");
  EXPECT_THAT(error.message, HasSubstr("already"));
  EXPECT_THAT(error.text(), testing::Not(HasSubstr("bb")));
  EXPECT_EQ(refused(R"([{"x":{"a":1,"\u0061":2}}])").where, "byte 13");
  EXPECT_EQ(refused(R"({"\u0061":1,"\u0061":2})").where, "byte 12");
  EXPECT_EQ(refused(R"({"":1,"":2})").where, "byte 6");
  EXPECT_TRUE(Document::parse(R"({"a":{"a":{"a":1}},"A":2,"aa":3})"));
  EXPECT_TRUE(Document::parse(R"({"a":1,"a":2})", {.refuse_duplicates = false}));
}

// Around the number of members at which another way of comparing begins, and wherever the doubles stand.
TEST(Document, RefusesTheSameNameTwiceInObjectsOfEverySize) {
  for (const std::size_t members : {2, 3, 15, 16, 17, 18, 40, 300}) {
    for (std::size_t twin = 0; twin <= members; twin += members > 20 ? 13 : 1) {
      std::string text = "{";
      for (std::size_t i = 0; i < members; ++i) text += "\"name" + std::to_string(i * 37 % 1000) + "\":0,";
      EXPECT_TRUE(Document::parse(text + "\"z\":0}"));
      const std::string again = "\"name" + std::to_string(twin * 37 % 1000) + "\":0}";
      if (twin == members)
        EXPECT_TRUE(Document::parse(text + again));
      else
        EXPECT_EQ(refused(text + again).where, "byte " + std::to_string(text.size()));
    }
  }
}

TEST(Document, ChecksAHundredThousandNamesInLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += "\"n" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(Document::parse(text + "\"last\":0}"));
  EXPECT_EQ(refused(text + "\"n0\":0}").where, "byte " + std::to_string(text.size()));
}

// Escapes, quotes and mistakes at every place relative to the blocks in which long strings are read.
TEST(Document, ReadsLongStringsTheSameAtEveryAlignment) {
  const std::vector<std::pair<std::string, std::string>> escapes = {{R"(\n)", "\n"},
                                                                    {R"(\\)", "\\"},
                                                                    {R"(\")", "\""},
                                                                    {R"(\\\")", "\\\""},
                                                                    {R"(\/\b\f\r\t)", "/\b\f\r\t"},
                                                                    {R"(\u0041)", "A"},
                                                                    {R"(\\\\\\\\)", R"(\\\\)"},
                                                                    {R"(\ud83d\ude00)", "\U0001F600"},
                                                                    {"\u20ac", "\u20ac"}};
  for (std::size_t before = 0; before < 200; ++before) {
    for (const auto& [raw, meant] : escapes) {
      const std::string text = "[\"" + std::string(before, 'x') + raw + std::string(150, 'y') + "\",1]";
      const Document document = parsed(text);
      ASSERT_EQ(document.root().at(0).as_string(), std::string(before, 'x') + meant + std::string(150, 'y'));
      ASSERT_EQ(document.root().at(1).as_uint(), 1U);
      ASSERT_EQ(document.root().at(0).node().escaped, raw.find('\\') != std::string::npos);
    }
  }
}

TEST(Document, ALongStringIsNotTakenForEscapedByWhatFollowsIt) {
  for (std::size_t length = 60; length < 200; ++length) {
    const Document document =
        parsed("[\"" + std::string(length, 'x') + R"(","\n\u0041","plain"])" + std::string(80, ' '));
    ASSERT_FALSE(document.root().at(0).node().escaped);
    ASSERT_TRUE(document.root().at(1).node().escaped);
    ASSERT_FALSE(document.root().at(2).node().escaped);
  }
}

TEST(Document, RefusesMistakesInLongStringsAtEveryAlignment) {
  const std::vector<std::pair<std::string, std::size_t>> mistakes = {
      {"\n", 0},        {std::string(1, '\0'), 0},
      {R"(\x)", 1},     {R"(\\\ )", 3},
      {R"(\u12x4)", 4}, {"\\\n", 1},
      {R"(\a)", 1},     {"\\\x7f", 1},
      {R"(\2)", 1}};
  for (std::size_t before = 0; before < 200; ++before) {
    for (const auto& [raw, at] : mistakes) {
      const std::string head = "[\"\\n" + std::string(before, 'x');
      ASSERT_EQ(refused(head + raw + std::string(150, 'y') + "\"]").where,
                "byte " + std::to_string(head.size() + at))
          << raw;
    }
    const std::string open = "[\"\\n" + std::string(before, 'x') + "\\";
    ASSERT_EQ(refused(open).where, "byte " + std::to_string(open.size()));
    ASSERT_EQ(refused(open + "\"").where, "byte " + std::to_string(open.size() + 1));
  }
}

TEST(Document, AcceptsExactlyTheEscapesOfTheGrammar) {
  for (int c = 0; c < 256; ++c) {
    const std::string text =
        "\"" + std::string(70, 'x') + "\\" + static_cast<char>(c) + "0000" + std::string(70, 'x') + "\"";
    const bool allowed =
        c != 0 && std::string_view("\"\\/bfnrtu").find(static_cast<char>(c)) != std::string_view::npos;
    EXPECT_EQ(Document::parse(c == '"' ? "\"" + std::string(70, 'x') + "\\\"\"" : text).has_value(), allowed)
        << c;
  }
}

TEST(Document, ReadsUnsignedIntegersOnlyWhereTheyAreWholeAndFit) {
  const Document document = parsed("[0,18446744073709551615,18446744073709551616,-1,1.0,1e0,-0,\"1\",12]");
  const std::vector<std::optional<std::uint64_t>> expected = {0,
                                                              18446744073709551615ULL,
                                                              std::nullopt,
                                                              std::nullopt,
                                                              std::nullopt,
                                                              std::nullopt,
                                                              std::nullopt,
                                                              std::nullopt,
                                                              12};
  std::size_t i = 0;
  for (const Value value : document.root()) EXPECT_EQ(value.as_uint(), expected[i++]) << value.raw();
}

TEST(Document, ReadsNumbersUpToTheRangeOfADouble) {
  const Document document = parsed(
      "[1e308,1e309,-1e309,1e-400,-1e-400,0.000e999999999999,1e99999999999999999999,1e-99999999999999999999,"
      "0.00000000000001e99999999999999999999,5e-324]");
  const std::vector<std::optional<double>> expected = {
      1e308, std::nullopt, std::nullopt, 0.0, -0.0, 0.0, std::nullopt, 0.0, std::nullopt, 5e-324};
  std::size_t i = 0;
  for (const Value value : document.root()) EXPECT_EQ(value.as_number(), expected[i++]) << value.raw();
  EXPECT_TRUE(std::signbit(document.root().at(4).as_number().value_or(1)));
}

TEST(Document, DecodesStrings) {
  EXPECT_EQ(decode_string(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(decode_string(R"(\u0000\u007f\u0080\u07ff\u0800\uFFFF)"),
            std::string("\0\x7f\u0080\u07ff\u0800\uFFFF", 1 + 1 + 2 + 2 + 3 + 3));
  EXPECT_EQ(decode_string(R"(\ud83d\ude00\uDBFF\uDFFF)"), "\U0001F600\U0010FFFF");
}

TEST(Document, DecodesLoneSurrogatesAsTheReplacementCharacter) {
  EXPECT_EQ(decode_string(R"(\ud83d)"), "\uFFFD");
  EXPECT_EQ(decode_string(R"(\ude00\ud83d)"), "\uFFFD\uFFFD");
  EXPECT_EQ(decode_string(R"(\ud83dx\ude00)"), "\uFFFDx\uFFFD");
  EXPECT_EQ(decode_string(R"(\ud83d\ud83d\ude00)"), "\uFFFD\U0001F600");
  EXPECT_EQ(decode_string(R"(\ud83d\n)"), "\uFFFD\n");
}

TEST(Document, ReusesItsStorageAndIsEmptyAfterAnError) {
  Document document;
  ASSERT_TRUE(Document::parse_into(kChat, {}, document));
  const auto* const storage = document.nodes().data();
  ASSERT_TRUE(Document::parse_into("[1,2]", {}, document));
  EXPECT_EQ(document.nodes().data(), storage);
  EXPECT_EQ(document.root().size(), 2U);
  ASSERT_FALSE(Document::parse_into("[1,2", {}, document));
  EXPECT_FALSE(document.root());
  EXPECT_EQ(document.text(), "");
}

TEST(Document, GivesTheStorageOfAnUncommonlyLargeTextBack) {
  std::string text = "[0";
  for (int i = 0; i < 100'000; ++i) text += ",0";
  Document document;
  ASSERT_TRUE(Document::parse_into(text + "]", {}, document));
  document.clear();
  EXPECT_EQ(document.nodes().capacity(), 0U);
  EXPECT_FALSE(document.root());
}

}  // namespace
}  // namespace ostiary::json
