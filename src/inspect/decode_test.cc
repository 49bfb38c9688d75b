#include "inspect/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::inspect {
namespace {

// The bytes of `encoded` that stand for `value` in what it decodes to.
std::string behind(std::string_view encoded, const std::optional<Decoded>& decoded, std::string_view value) {
  if (!decoded) return "nothing was decoded";
  const auto at = decoded->text().find(value);
  if (at == std::string::npos) return "not in " + decoded->text();
  const auto span = decoded->original(at, at + value.size());
  return std::string(encoded.substr(span.start, span.end - span.start));
}

std::string utf16(std::u16string_view text, bool big) {
  std::string out;
  for (const auto unit : text) {
    const char low = static_cast<char>(unit & 0xff), high = static_cast<char>(unit >> 8);
    out += big ? high : low;
    out += big ? low : high;
  }
  return out;
}

TEST(Base64, StandsInGroupsOfThreeBytes) {
  constexpr std::string_view encoded = "a2V5PWhhbW1lcjsK";
  const auto decoded = decode_base64(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text(), "key=hammer;\n");
  EXPECT_EQ(behind(encoded, decoded, "hammer"), "WhhbW1lcj");
}

TEST(Base64, GoesOnInTheNextLine) {
  constexpr std::string_view encoded = "a2V5PWhh\r\n  bW1lcjsK";
  const auto decoded = decode_base64(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text(), "key=hammer;\n");
  EXPECT_EQ(behind(encoded, decoded, "mer"), "W1lcj");
  EXPECT_EQ(behind(encoded, decoded, "hammer"), "Whh\r\n  bW1lcj");
}

TEST(Base64, OfUtf16IsReadAsText) {
  constexpr std::string_view encoded = "bgBlAHQAIAB1AHMAZQAgAFoAOgA=";
  const auto decoded = decode_base64(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text(), "net use Z:");
  EXPECT_EQ(behind(encoded, decoded, "net"), "bgBlAHQA");
  EXPECT_EQ(behind(encoded, decoded, "Z:"), "FoAOgA");
}

TEST(Base64, OfBytesThatAreNoTextIsNothing) {
  EXPECT_FALSE(decode_base64("iVBORw0KGgoVg1+bSq4DVRkhDvsL"));
}

TEST(Hex, OfNothingIsNothing) {
  EXPECT_FALSE(decode_hex(""));
}

TEST(Hex, MayStandBehind0x) {
  constexpr std::string_view encoded = "0x6861_";
  EXPECT_FALSE(decode_hex(encoded)) << "no digit";
  const auto decoded = decode_hex("0x68616d6D6572");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text(), "hammer");
  EXPECT_EQ(behind("0x68616d6D6572", decoded, "ham"), "68616d");
  EXPECT_FALSE(decode_hex("0x68616"));
}

TEST(Escapes, OfUrls) {
  constexpr std::string_view encoded = "u=%2Fa&password=F%C3%A4hre%26Kai";
  const auto decoded = decode_escapes(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text(), "u=/a&password=Fähre&Kai");
  EXPECT_EQ(behind(encoded, decoded, "Fähre&Kai"), "F%C3%A4hre%26Kai");
  EXPECT_FALSE(decode_escapes("100% of it"));
}

TEST(Escapes, OfUrlsThatWereEncodedAgain) {
  constexpr std::string_view encoded = "postgres%25253A%252F%2Fa%3Ab%2540c";
  const auto decoded = decode_escapes(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text(), "postgres://a:b@c");
  EXPECT_EQ(behind(encoded, decoded, ":/"), "%25253A%252F");
  EXPECT_EQ(behind(encoded, decoded, "b@c"), "b%2540c");
  EXPECT_EQ(decode_escapes("100%25 sure")->text(), "100% sure");
}

TEST(Escapes, OfCAndJson) {
  constexpr std::string_view encoded = R"("kr\x61nk\141sten_\u0037\ud83d\ude00")";
  const auto decoded = decode_escapes(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text(), "\"krankasten_7😀\"");
  EXPECT_EQ(behind(encoded, decoded, "krank"), R"(kr\x61nk)");
  EXPECT_EQ(behind(encoded, decoded, "asten_7"), R"(\141sten_\u0037)");
  EXPECT_EQ(decode_escapes(R"({\"a\": \"b\"})")->text(), R"({"a": "b"})");
  EXPECT_FALSE(decode_escapes(R"(\800 \w)"));
  EXPECT_FALSE(decode_escapes(R"(\ud83d alone)"));
}

TEST(Escapes, OfHtmlAndXml) {
  constexpr std::string_view encoded = "<b>&#x67;&#104;p_&quot;&amp;&#252;</b>";
  const auto decoded = decode_escapes(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text(), "<b>ghp_\"&ü</b>");
  EXPECT_EQ(behind(encoded, decoded, "ghp"), "&#x67;&#104;p");
  EXPECT_EQ(behind(encoded, decoded, "&ü"), "&amp;&#252;");
  EXPECT_FALSE(decode_escapes("a&b; &#; &#x; &#xd800; &#99999999; &nbsp;"));
}

TEST(QuotedPrintable, JoinsLines) {
  constexpr std::string_view encoded = "le jeton est ghp_a=\r\nb, valable =\njusqu'au d=C3=A9p=3Dx";
  const auto decoded = decode_quoted_printable(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text(), "le jeton est ghp_ab, valable jusqu'au dép=x");
  EXPECT_EQ(behind(encoded, decoded, "ghp_ab"), "ghp_a=\r\nb");
  EXPECT_EQ(behind(encoded, decoded, "dép=x"), "d=C3=A9p=3Dx");
  EXPECT_FALSE(decode_quoted_printable("a = b"));
  EXPECT_FALSE(decode_quoted_printable("x=10")) << "this stands in any code";
}

TEST(Utf16, InBothOrders) {
  for (const bool big : {false, true}) {
    const auto encoded = utf16(u"\ufeffkey=Spänekiste 😀 ok", big);
    const auto decoded = decode_utf16(encoded);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->text(), "key=Spänekiste 😀 ok");
    EXPECT_EQ(behind(encoded, decoded, "key"), utf16(u"key", big));
    EXPECT_EQ(behind(encoded, decoded, "Spänekiste"), utf16(u"Spänekiste", big));
    EXPECT_EQ(behind(encoded, decoded, "😀 o"), utf16(u"😀 o", big));
  }
}

TEST(Utf16, WithoutAMarkBeginsInAscii) {
  for (const bool big : {false, true}) {
    const auto decoded = decode_utf16(utf16(u"Windows Registry Editor Version 5.00 ä", big));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->text(), "Windows Registry Editor Version 5.00 ä");
  }
  EXPECT_FALSE(decode_utf16("Windows Registry"));
  EXPECT_FALSE(decode_utf16(std::string("\0\0\0\1\0\0\0\2", 8)));
  EXPECT_FALSE(decode_utf16(utf16(u"\ufeffa\xdc00", false))) << "half a pair";
}

}  // namespace
}  // namespace ostiary::inspect
