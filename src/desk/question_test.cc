#include "desk/question.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "desk/question_told.h"
#include "json/document.h"

namespace ostiary::desk {
namespace {

TEST(Number, IsReadInEveryFormThatPeopleWrite) {
  EXPECT_EQ(number_text(17), "Q-17");
  for (const auto* text : {"Q-17", "q-17", "17"}) EXPECT_EQ(parse_number(text), 17U) << text;
  for (const auto* text :
       {"", "Q-", "Q17", "-17", "Q--17", "0", "Q-0", "Q-99999999999999999999", "9223372036854775808"})
    EXPECT_FALSE(parse_number(text)) << text;
}

TEST(CleanText, KeepsWhatPeopleWriteAndNothingThatSteersATerminalOrHides) {
  EXPECT_EQ(clean_text("  May I?\r\nPlease\t…\r\n\n", 100), "May I?\nPlease …");
  EXPECT_EQ(clean_text("a\x1b[31mred\x07\x7f\xc2\x9b", 100), "a[31mred");
  EXPECT_EQ(clean_text("ab\u202Ecd\u2066\u200B\uFEFF\U000E0041", 100), "abcd");
  EXPECT_EQ(clean_text("<b>*x*</b> `y` | ![z](javascript:1)", 100), "<b>*x*</b> `y` | ![z](javascript:1)");
  EXPECT_EQ(clean_text("क्‍ष 👩‍💻", 100), "क्‍ष 👩‍💻");
}

TEST(CleanText, IsUtf8AndWithinItsLimitWhateverComes) {
  EXPECT_EQ(clean_text("a\xff\xc0\x80z", 100), "a\ufffd\ufffd\ufffdz");
  EXPECT_EQ(clean_text("\xed\xa0\x80", 100), "\ufffd\ufffd\ufffd");
  EXPECT_EQ(clean_text("ééé", 5), "éé");
  EXPECT_EQ(clean_text("abc def", 4), "abc");
  std::string bytes;
  for (int i = 0; i < 70'000; ++i) bytes += static_cast<char>(i * 2654435761U >> 13U);
  for (const std::size_t most : {0U, 1U, 2U, 3U, 4U, 5U, 1000U, 4000U}) {
    const auto clean = clean_text(bytes, most);
    EXPECT_LE(clean.size(), most);
    EXPECT_TRUE(text::is_utf8(clean));
    EXPECT_EQ(clean, clean_text(clean, most)) << "clean text stays as it is";
  }
}

TEST(QuestionJson, IsWithoutTextsAndSaysSoWhereItWouldBeTooLong) {
  Question q;
  q.number = 7;
  q.text = "May I?";
  q.events.push_back({0, "replied", "sub_ada", std::string(4000, 'x')});
  std::string whole, cut;
  append_json(whole, q);
  append_json_within(cut, q, whole.size());
  EXPECT_EQ(cut, whole);
  cut.clear();
  append_json_within(cut, q, whole.size() - 1);
  EXPECT_LT(cut.size(), 2000U);
  const auto document = json::Document::parse(cut);
  ASSERT_TRUE(document) << cut;
  EXPECT_EQ(document->root()["partial"].as_bool(), true);
  EXPECT_EQ(document->root()["question"].string_or(""), "Q-7");
  EXPECT_EQ(cut.find("May I"), std::string::npos);
}

}  // namespace
}  // namespace ostiary::desk
