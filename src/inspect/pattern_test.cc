#include "inspect/pattern.h"

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <regex>

namespace ostiary::inspect {
namespace {

Pattern pattern(std::string_view expression, bool any_case = false) {
  auto compiled = Pattern::compile(expression, any_case);
  EXPECT_TRUE(compiled) << (compiled ? "" : compiled.error().text());
  return compiled ? std::move(*compiled) : Pattern();
}

int longest(const Pattern& pattern, std::string_view text) {
  return pattern.run(text).longest;
}

TEST(Pattern, TakesTheLongestMatchFromTheStart) {
  EXPECT_EQ(longest(pattern("ab|abc"), "abcd"), 3);
  EXPECT_EQ(longest(pattern("a+b?"), "aaab"), 4);
  EXPECT_EQ(longest(pattern("ghp_[0-9A-Za-z]{4}"), "ghp_aB3dE"), 8);
  EXPECT_EQ(longest(pattern("ghp_[0-9A-Za-z]{4,6}"), "ghp_aB3dEfGh"), 10);
  EXPECT_EQ(longest(pattern("x"), "ax"), -1);
  EXPECT_EQ(longest(pattern("(ab)*"), "ababa"), 4);
  EXPECT_EQ(longest(pattern("(ab)*"), "ba"), 0);
  EXPECT_EQ(longest(pattern("a{0}b"), "b"), 1);
}

TEST(Pattern, ReadsClassesAndEscapes) {
  EXPECT_EQ(longest(pattern(R"(\d\w\s\.)"), "7_\t."), 4);
  EXPECT_EQ(longest(pattern(R"([^\s"']+)"), "abc\"d"), 3);
  EXPECT_EQ(longest(pattern(R"([]a-]+)"), "a-]b"), 3);
  EXPECT_EQ(longest(pattern(R"([\]\\-]+)"), "]\\-a"), 3);
  EXPECT_EQ(longest(pattern(R"([A-Za-z\x80-\xff]+)"), "Jürgen Ö"), 7);
  EXPECT_EQ(longest(pattern("é+"), "éé"), 2) << "a character of two bytes is two literals";
  EXPECT_EQ(longest(pattern("(é)+"), "éé"), 4);
  EXPECT_EQ(longest(pattern("[a–é]+"), "é–ax"), 6) << "characters of a class";
  EXPECT_EQ(longest(pattern("[–]"), "\xe2\x80"), -1) << "and not their bytes";
  EXPECT_EQ(longest(pattern("."), "\n"), -1);
  EXPECT_EQ(longest(pattern("pass[A-Z]x", true), "PASSqX"), 6);
  EXPECT_EQ(longest(pattern("[^a]", true), "A"), -1);
}

TEST(Pattern, SaysWhereAnExpressionIsWrong) {
  const auto why = [](std::string_view expression) {
    const auto compiled = Pattern::compile(expression);
    return compiled ? std::string("none") : compiled.error().text();
  };
  for (const auto* wrong : {"(a", "a)", "[a", "[b-a]", "a{2,1}", "a{x}", "a{3", "*a", "a**", "a\\", "\\q",
                            "^a", "a$", "(?=a)", "\\xZZ", "[a-\\d]", "a{99999}", "(?i)a", "[^é]"})
    EXPECT_THAT(why(wrong), testing::HasSubstr("column")) << wrong;
  EXPECT_THAT(why("((a{0,200}){0,200}){0,200}"), testing::HasSubstr("repeats too much"));
  EXPECT_THAT(why(std::string(200, '(') + "a" + std::string(200, ')')), testing::HasSubstr("too deep"));
}

TEST(Pattern, TellsWhetherMoreBytesCouldMatter) {
  const auto token = pattern("ghp_[0-9A-Za-z]{4,6}");
  EXPECT_TRUE(token.run("").open());
  EXPECT_TRUE(token.run("gh").open());
  EXPECT_FALSE(token.run("gx").open());
  EXPECT_TRUE(token.run("ghp_abcd").open()) << "it could grow";
  EXPECT_FALSE(token.run("ghp_abcdef").open()) << "nothing can follow";
  EXPECT_FALSE(token.run("ghp_abcd ").open());
}

TEST(Pattern, GoesOnWhereItStopped) {
  const auto token = pattern("ab(cd){1,3}e?");
  const std::string text = "abcdcdcdef";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    auto run = token.begin();
    token.advance(run, std::string_view(text).substr(0, cut));
    token.advance(run, std::string_view(text).substr(run.length));
    EXPECT_EQ(run.longest, 9) << cut;
  }
}

TEST(Pattern, EndsAtItsLongestLength) {
  const auto endless = pattern("a+");
  EXPECT_EQ(endless.longest(), Pattern::kMostLength);
  const std::string text(Pattern::kMostLength + 10, 'a');
  EXPECT_EQ(longest(endless, text), static_cast<int>(Pattern::kMostLength));
  EXPECT_FALSE(endless.run(text).open());
  EXPECT_EQ(pattern("ab{2,5}(cd|e)").longest(), 8U);
}

// The language is that of another engine, on random expressions and texts.
TEST(Pattern, AgreesWithTheStandardLibrary) {
  std::mt19937 random(20261126);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const std::function<std::string(int)> expression = [&](int depth) -> std::string {
    switch (depth > 2 ? pick(3) : pick(8)) {
      case 0:
        return "a";
      case 1:
        return "b";
      case 2:
        return "[ac]";
      case 3:
        return "(" + expression(depth + 1) + "|" + expression(depth + 1) + ")";
      case 4:
        return "(" + expression(depth + 1) + ")*";
      case 5:
        return "(" + expression(depth + 1) + "){1,3}";
      case 6:
        return "(" + expression(depth + 1) + ")?";
      default:
        return expression(depth + 1) + expression(depth + 1);
    }
  };
  for (int round = 0; round < 300; ++round) {
    const auto text = expression(0);
    const auto ours = pattern(text);
    const std::regex theirs(text);
    for (int tries = 0; tries < 20; ++tries) {
      std::string subject;
      for (int n = pick(7); n > 0; --n) subject += "abc"[pick(3)];
      ASSERT_EQ(ours.matches_all(subject), std::regex_match(subject, theirs)) << text << " on " << subject;
    }
  }
}

TEST(Pattern, IsReadAsItWasWritten) {
  const auto written = pattern("ghp_[0-9A-Za-z]{4,6}|x+");
  std::string bytes = "before";
  written.append_to(bytes);
  bytes += "behind";
  std::string_view rest = std::string_view(bytes).substr(6);
  const auto read = Pattern::take_from(rest);
  ASSERT_TRUE(read);
  EXPECT_EQ(rest, "behind");
  EXPECT_EQ(longest(*read, "ghp_aB3dEfGh"), 10);
  EXPECT_EQ(longest(*read, "xxy"), 2);
  EXPECT_EQ(read->first(), written.first());
  EXPECT_EQ(read->longest(), written.longest());
  for (std::size_t size = 0; size < bytes.size() - 6 - 6; size += 7) {
    std::string_view cut = std::string_view(bytes).substr(6, size);
    EXPECT_FALSE(Pattern::take_from(cut)) << size;
  }
}

TEST(Pattern, AnyBytesAsExpressionDoNoHarm) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto n = random() % 12; n > 0; --n) text += "ab([{)]}|?*+.\\-^,19dwx\xc3"[random() % 23];
    if (const auto compiled = Pattern::compile(text)) EXPECT_LE(compiled->run("ab19").longest, 4) << text;
  }
}

}  // namespace
}  // namespace ostiary::inspect
