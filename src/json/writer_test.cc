#include "json/writer.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <utility>
#include <vector>

#include "json/document.h"

namespace ostiary::json {
namespace {

std::string number(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

TEST(Writer, PutsCommasWhereTheyBelong) {
  std::string out = "x";
  Writer w(out);
  w.begin_object();
  w.key("a");
  w.begin_array();
  w.begin_object();
  w.end_object();
  w.begin_array();
  w.end_array();
  w.string("s");
  w.number(std::uint64_t{1});
  w.number(std::int64_t{-1});
  w.number(0.5);
  w.boolean(false);
  w.null();
  w.raw("[ ]");
  w.end_array();
  w.member("b", std::uint32_t{2});
  w.member_or_null("c", std::optional<std::uint64_t>{});
  w.member_or_null("d", std::optional<std::string_view>{"e"});
  w.end_object();
  EXPECT_EQ(out, R"(x{"a":[{},[],"s",1,-1,0.5,false,null,[ ]],"b":2,"c":null,"d":"e"})");
}

TEST(Writer, ChoosesTheMemberTypeThatWasGiven) {
  std::string out;
  Writer w(out);
  w.begin_object();
  w.member("bool", true);
  w.member("chars", "text");
  w.member("string", std::string("text"));
  w.member("double", 1.0);
  w.member("int64", std::int64_t{-5});
  w.member("uint64", std::uint64_t{18446744073709551615ULL});
  w.end_object();
  EXPECT_EQ(
      out,
      R"({"bool":true,"chars":"text","string":"text","double":1,"int64":-5,"uint64":18446744073709551615})");
}

TEST(Writer, EscapesOnlyWhatItMust) {
  EXPECT_EQ(quoted(""), "\"\"");
  EXPECT_EQ(quoted("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(quoted("\b\t\n\f\r"), R"("\b\t\n\f\r")");
  EXPECT_EQ(quoted(std::string_view("\0\x01\x0f\x1f\x7f", 5)), "\"\\u0000\\u0001\\u000f\\u001f\x7f\"");
  EXPECT_EQ(quoted("\u20ac\U0001F600\u2028"), "\"\u20ac\U0001F600\u2028\"");
}

TEST(Writer, EscapesAtEveryAlignment) {
  for (std::size_t before = 0; before < 80; ++before) {
    const std::string meant = std::string(before, 'x') + "\"\n" + std::string(before / 2, 'y') + "\x02";
    const std::string text = json::quoted(meant);
    const auto document = Document::parse(text);
    ASSERT_TRUE(document);
    EXPECT_EQ(document->root().as_string(), meant);
  }
}

TEST(Writer, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(quoted("a\xff\xc3z\xe2\x82"), "\"a\uFFFD\uFFFDz\uFFFD\uFFFD\"");
  EXPECT_EQ(quoted("\xed\xa0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");
  EXPECT_EQ(quoted("\xc3\xa9\x80\n"), "\"\u00e9\uFFFD\\n\"");
  EXPECT_EQ(quoted("long enough to be read in blocks \xf5 \u20ac"),
            "\"long enough to be read in blocks \uFFFD \u20ac\"");
}

// The doubles of RFC 8785 appendix B, by their bits.
TEST(Writer, WritesDoublesAsEcmaScriptDoes) {
  const std::vector<std::pair<std::uint64_t, std::string>> expected = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"}};
  for (const auto& [bits, text] : expected) EXPECT_EQ(number(std::bit_cast<double>(bits)), text);
}

TEST(Writer, WritesCommonDoublesPlainly) {
  EXPECT_EQ(number(1), "1");
  EXPECT_EQ(number(-1.5), "-1.5");
  EXPECT_EQ(number(100), "100");
  EXPECT_EQ(number(0.7), "0.7");
  EXPECT_EQ(number(0.05), "0.05");
  EXPECT_EQ(number(1e-7), "1e-7");
  EXPECT_EQ(number(1.25e-7), "1.25e-7");
  EXPECT_EQ(number(123456.789), "123456.789");
  EXPECT_EQ(number(1e20), "100000000000000000000");
}

TEST(Writer, WritesNullForWhatIsNotFinite) {
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(std::nan("")), "null");
}

}  // namespace
}  // namespace ostiary::json
