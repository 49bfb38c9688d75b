#include "json/canonical.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace ostiary::json {
namespace {

using ::testing::HasSubstr;

std::string canonical_of(std::string_view text) {
  const auto out = canonical(text);
  EXPECT_TRUE(out) << text << ": " << (out ? "" : out.error().text());
  return out.value_or("");
}

TEST(Canonical, DropsBlanksAndSortsMembersAtEveryLevel) {
  EXPECT_EQ(
      canonical_of(" { \"b\" : [ 2 , { \"z\" : null , \"y\" : true } ] ,\n \"a\" : { } , \"\" : [ ] } "),
      R"({"":[],"a":{},"b":[2,{"y":true,"z":null}]})");
  EXPECT_EQ(canonical_of(R"({"ab":1,"a":2,"b":3,"A":4})"), R"({"A":4,"a":2,"ab":1,"b":3})");
}

// The order of the names in RFC 8785 section 3.2.3: by UTF-16 units, where U+1F600 (D83D DE00) is before
// U+FB33.
TEST(Canonical, SortsMembersByUtf16Units) {
  EXPECT_EQ(
      canonical_of(
          "{\"\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\u0080\":6,\"\u00f6\":7}"),
      "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\U0001F600\":5,\"\ufb33\":3}");
  EXPECT_EQ(canonical_of("{\"\ue000\":1,\"\U0001F600\":2,\"\ud7ff\":3,\"\uffff\":4,\"\U0010FFFF\":5}"),
            "{\"\ud7ff\":3,\"\U0001F600\":2,\"\U0010FFFF\":5,\"\ue000\":1,\"\uffff\":4}");
  EXPECT_EQ(canonical_of("{\"x\U0001F602\":1,\"x\U0001F601\":2,\"x\ufb34\":3,\"x\ufb33\":4}"),
            "{\"x\U0001F601\":2,\"x\U0001F602\":1,\"x\ufb33\":4,\"x\ufb34\":3}");
}

TEST(Canonical, WritesNumbersAsEcmaScriptDoes) {
  EXPECT_EQ(canonical_of("[1.0,1E2,-0,0.10,333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]"),
            "[1,100,0,0.1,333333333.3333333,1e+30,4.5,0.002,1e-27]");
  EXPECT_EQ(canonical_of("[9007199254740993,18446744073709551615]"),
            "[9007199254740992,18446744073709552000]");
}

TEST(Canonical, WritesStringsWithTheFewestEscapes) {
  EXPECT_EQ(canonical_of(R"(["\u20ac\u0024\u000F\u000aA'\u0042\u0022\u005c\\\"\/","\u007f","\u001F"])"),
            "[\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\",\"\x7f\",\"\\u001f\"]");
}

TEST(Canonical, GivesTheSameBytesForTheSameMeaning) {
  const auto one =
      canonical_of(R"({"model":"m","temperature":1.0,"messages":[{"role":"user","content":"\u0048i"}]})");
  const auto two =
      canonical_of(R"({ "messages":[{"content":"Hi","role":"user"}], "temperature":1e0, "mod\u0065l":"m" })");
  EXPECT_EQ(one, two);
}

TEST(Canonical, IsIdempotent) {
  for (const char* text :
       {R"({"b":1.50,"a":["\u00e9",{}]})", "[1e400]", R"("\ud800")", "null", "[-0.0,1e21,1e-7]"}) {
    const auto document = Document::parse(text);
    ASSERT_TRUE(document);
    const auto once = canonical(document->root());
    const auto again = Document::parse(once);
    ASSERT_TRUE(again) << once;
    EXPECT_EQ(canonical(again->root()), once);
  }
}

TEST(Canonical, IsTakenOfAPartToo) {
  const auto document = Document::parse(R"({"a":{"c":1,"b":[ 2 ]}})");
  ASSERT_TRUE(document);
  EXPECT_EQ(canonical(document->root()["a"]), R"({"b":[2],"c":1})");
  EXPECT_EQ(canonical(Value{}), "");
}

TEST(Canonical, RefusesWhatHasNoCanonicalForm) {
  const std::vector<std::pair<std::string, std::string>> refused = {{R"({"a":1,"\u0061":2})", "byte 7"},
                                                                    {R"(["a","\ud83d"])", "byte 5"},
                                                                    {R"(["\ude00"])", "byte 1"},
                                                                    {R"(["\ud83d\ud83d\ude00"])", "byte 1"},
                                                                    {R"({"x":1,"\ud800":2})", "byte 7"},
                                                                    {"[1,1e999]", "byte 3"},
                                                                    {"[1,]", "byte 3"}};
  for (const auto& [text, where] : refused) {
    const auto out = canonical(text);
    ASSERT_FALSE(out) << text;
    EXPECT_EQ(out.error().code, Code::invalid);
    EXPECT_EQ(out.error().where, where) << text;
  }
  EXPECT_TRUE(canonical(R"(["\\ud83d","\ud83d\ude00"])"));
}

}  // namespace
}  // namespace ostiary::json
