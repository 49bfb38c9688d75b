#include "inspect/keywords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <set>

#include "inspect/impl/word_starts.h"

namespace ostiary::inspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Keywords made_of(std::vector<Keywords::Keyword> keywords) {
  auto made = Keywords::compile(std::move(keywords));
  EXPECT_TRUE(made) << (made ? "" : made.error().text());
  return std::move(*made);
}

// "keyword@end" of each.
std::vector<std::string> found(const Keywords& keywords, std::string_view text) {
  Keywords::Scratch scratch(keywords);
  std::vector<Keywords::Hit> hits;
  keywords.scan(text, {0, 0, text.size()}, scratch, hits);
  std::vector<std::string> out;
  for (const auto& hit : hits)
    out.push_back(keywords.all()[hit.keyword].text + "@" + std::to_string(hit.end));
  return out;
}

TEST(Keywords, StandWhereAPartOfAWordBegins) {
  const auto keywords = made_of({{"token", true}});
  for (const std::string_view text : {"token", " token", "api_token", "apiToken", "API_TOKEN", "XMLToken",
                                      "x-token", "api2token", "\\ntoken", "“token”", "тtoken", "(token)"})
    EXPECT_EQ(found(keywords, text).size(), 1U) << text;
  for (const std::string_view text : {"mytoken", "APITOKEN", "tok en", "Mistoken"})
    EXPECT_THAT(found(keywords, text), IsEmpty()) << text;
}

TEST(Keywords, MayBeginInsideWordsWhereTheySaySo) {
  const auto keywords = made_of({{"token", true, true}});
  EXPECT_THAT(found(keywords, "mytoken APITOKEN"), ElementsAre("token@7", "token@16"));
}

TEST(Keywords, MindTheCaseUnlessTheySayOtherwise) {
  const auto keywords = made_of({{"AKIA", false}, {"Bearer-Token", false}, {"basic-token", true}});
  EXPECT_THAT(found(keywords, "akia AKIA BEARER-TOKEN Bearer-Token Basic-TOKEN"),
              ElementsAre("AKIA@9", "Bearer-Token@35", "basic-token@47"));
}

TEST(Keywords, SignsBeforeAWordBelongToThem) {
  const auto keywords = made_of({{"-----BEGIN", false}, {"://", false}, {"$2a$", false}, {"【机密", false}});
  EXPECT_THAT(found(keywords, "-----BEGIN x ----BEGIN http://a $2a$10 看【机密】"),
              ElementsAre("-----BEGIN@10", "://@30", "$2a$@36", "【机密@51"));
}

TEST(Keywords, AreToldInTheOrderOfTheirEnds) {
  const auto keywords = made_of({{"personal number", true}, {"number", true}, {"personal", true}});
  EXPECT_THAT(found(keywords, "personal number"),
              ElementsAre("personal@8", "personal number@15", "number@15"));
}

// Where only whole words count, small letters behind a keyword go on with it: but not in scripts that put no
// blanks between words, nor in a name of which the keyword is a part.
TEST(Keywords, EndAWordInAnyScript) {
  const auto word = [](std::string text) {
    Keywords::Keyword keyword{std::move(text), true};
    keyword.ends_word = true;
    return keyword;
  };
  const auto keywords = made_of({word("密碼"), word("證"), word("#tax"), word("pin")});
  EXPECT_THAT(found(keywords, "密碼abcdefgh 證abcdefgh #tax_number #taxNumber pin1 pins"),
              ElementsAre("密碼@6", "證@18", "#tax@31", "#tax@43", "pin@53"));
}

// What is told of a text that comes in pieces is what is told of the whole.
TEST(Keywords, AreTheSameHoweverTheTextComes) {
  const auto keywords = made_of({{"abc", true},
                                 {"abc-def", true},
                                 {"ABCD", false},
                                 {"a.b", true},
                                 {"-a-", true},
                                 {"bcd", true, true},
                                 {"cdabcdab", true},
                                 {"ñab", true}});
  std::mt19937 random(7);
  const std::vector<std::string> parts{"a", "b", "c", "d", "A", "B", "-", ".", " ", "ñ", "1", "\\n"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += parts[random() % parts.size()];
    Keywords::Scratch scratch(keywords);
    std::vector<Keywords::Hit> hits;
    std::size_t from = 0, passed = 0;
    for (std::size_t known = 0; known < text.size();) {
      known = std::min(text.size(), known + 1 + random() % 40);
      const auto until = known == text.size() ? known : known - 1;
      from = keywords.scan(std::string_view(text).substr(0, known), {from, passed, until}, scratch, hits);
      passed = until;
    }
    std::vector<std::string> in_pieces;
    for (const auto& hit : hits)
      in_pieces.push_back(keywords.all()[hit.keyword].text + "@" + std::to_string(hit.end));
    EXPECT_EQ(in_pieces, found(keywords, text)) << text;
  }
}

TEST(Keywords, TellWhatTheEndOfATextMayBegin) {
  using enum Keywords::Keyword::Value;
  const auto keywords = made_of({{"ghp_", false, false, there},
                                 {"-----BEGIN", false, false, there},
                                 {"xoxb", false, true, near},
                                 {"password", true}});
  const auto begun = [&](std::string_view text, const Keywords::Some* some = nullptr) {
    std::set<std::pair<std::string, std::size_t>> out;
    keywords.each_begun(text, some, [&](std::uint32_t keyword, std::size_t start) {
      out.emplace(keywords.all()[keyword].text, start);
      return false;
    });
    return out;
  };
  EXPECT_THAT(begun("the gh"), ElementsAre(std::pair("ghp_", 4)));
  EXPECT_THAT(begun("the ghp_"), ElementsAre(std::pair("ghp_", 4)));
  EXPECT_THAT(begun("a --"), ElementsAre(std::pair("-----BEGIN", 2), std::pair("-----BEGIN", 3)));
  EXPECT_THAT(begun("-----BEG"), ElementsAre(std::pair("-----BEGIN", 0)));
  EXPECT_THAT(begun("axo"), ElementsAre(std::pair("xoxb", 1)));
  EXPECT_THAT(begun("pass"), IsEmpty()) << "a value comes behind it";
  EXPECT_THAT(begun("the g "), IsEmpty());
  Keywords::Some some(keywords);
  some.add(1);
  EXPECT_THAT(begun("axo gh --", &some), ElementsAre(std::pair("-----BEGIN", 7), std::pair("-----BEGIN", 8)))
      << "only those that are asked for";
}

TEST(WordStarts, AreTheSameWhereverTheReadingBegins) {
  std::mt19937 random(11);
  const std::string_view bytes = "aZ9 _-.\\\xc3\xb1\xe4\xbd\xa0\n";
  for (int round = 0; round < 100; ++round) {
    std::string text;
    for (int i = 0; i < 2500; ++i) text += bytes[random() % bytes.size()];
    const auto starts = [&](std::size_t from) {
      std::vector<std::uint32_t> out;
      for (WordStarts all(text, from); all.more();)
        for (const auto at : all.next()) out.push_back(at);
      return out;
    };
    const auto whole = starts(0);
    const auto from = random() % text.size();
    std::vector<std::uint32_t> rest;
    for (const auto at : whole)
      if (at >= from) rest.push_back(at);
    EXPECT_EQ(starts(from), rest) << from;
  }
}

}  // namespace
}  // namespace ostiary::inspect
