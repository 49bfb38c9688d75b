#include "json/skip.h"

#include <gtest/gtest.h>
#include <string>

namespace ostiary::json {
namespace {

// What is skipped of `text`; "null" where nothing is.
std::string string_of(std::string_view text) {
  const char* const end = skip_string(text.data(), text.data() + text.size());
  return end ? std::string(text.data(), end) : "null";
}
std::string value_of(std::string_view text) {
  const char* const end = skip_value(text.data(), text.data() + text.size());
  return end ? std::string(text.data(), end) : "null";
}

TEST(SkipString, EndsAtTheQuoteThatNoBackslashHides) {
  EXPECT_EQ(string_of(R"("",1)"), R"("")");
  EXPECT_EQ(string_of(R"("a\"b\\",1)"), R"("a\"b\\")");
  EXPECT_EQ(string_of("\"a\nb\","), "\"a\nb\"");  // what may not stand there is not looked at
  for (const std::string_view open : {R"(")", R"("a)", R"("\)", R"("\")", R"("a\\\")"})
    EXPECT_EQ(string_of(open), "null") << open;
  for (std::size_t n = 0; n < 100; ++n) {
    const std::string text = '"' + std::string(n, 'x') + R"(\"")";
    EXPECT_EQ(string_of(text + ",\"y\""), text);
    EXPECT_EQ(string_of(std::string_view(text).substr(0, text.size() - 1)), "null");
  }
}

TEST(SkipValue, OfANumberOrAWordEndsWhereSomethingElseBegins) {
  for (const std::string_view behind : {",", "}", "]", " ", "\n"}) {
    EXPECT_EQ(value_of("-1.5e9" + std::string(behind)), "-1.5e9");
    EXPECT_EQ(value_of("null" + std::string(behind)), "null");
  }
  EXPECT_EQ(value_of("12"), "null");  // more of it may come
  EXPECT_EQ(value_of(""), "null");
}

// They are walked in blocks of 64 bytes: whatever stands at a block's edge, the walk ends in its place.
TEST(SkipValue, OfAnObjectOrArrayEndsAtItsOwnBracketWhereverItsInnerOnesFall) {
  for (const std::string_view text : {"}{][", "", R"(\")", R"(]}\\)", "a", R"(\"}]\")"})
    for (std::size_t n = 0; n < 140; ++n) {
      const std::string fill(n, n % 2 ? '}' : '[');
      const auto value = R"([[],{"a":")" + fill + std::string(text) + R"(","b":[["]"],{}]}])";
      ASSERT_EQ(value_of(value + R"(,"c":[]})"), value);
      for (std::size_t cut = 0; cut < value.size(); cut += 7)
        ASSERT_EQ(value_of(std::string_view(value).substr(0, cut)), "null") << cut << ' ' << value;
    }
}

}  // namespace
}  // namespace ostiary::json
