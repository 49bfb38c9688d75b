#include "files/ignore.h"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

#include "base/file.h"
#include "base/testing.h"
#include "base/text.h"
#include "base/time.h"

namespace ostiary::files {
namespace {

using Verdict = IgnoreRules::Verdict;

bool ignored(std::string_view rules, std::string_view path, bool folder = false) {
  return IgnoreRules::parse(rules).look(path, folder) == Verdict::ignored;
}

TEST(Ignore, NameWithoutSlashMatchesAtAnyDepth) {
  EXPECT_TRUE(ignored("*.log", "a.log"));
  EXPECT_TRUE(ignored("*.log", "x/y/a.log"));
  EXPECT_TRUE(ignored("foo", "x/foo"));
  EXPECT_FALSE(ignored("foo", "x/foobar"));
}

TEST(Ignore, SlashAtTheStartOrInTheMiddleAnchors) {
  EXPECT_TRUE(ignored("/foo", "foo"));
  EXPECT_FALSE(ignored("/foo", "x/foo"));
  EXPECT_TRUE(ignored("doc/*.txt", "doc/a.txt"));
  EXPECT_FALSE(ignored("doc/*.txt", "doc/x/a.txt"));
  EXPECT_FALSE(ignored("doc/*.txt", "x/doc/a.txt"));
}

TEST(Ignore, SlashAtTheEndMeansFolders) {
  EXPECT_TRUE(ignored("build/", "x/build", true));
  EXPECT_FALSE(ignored("build/", "x/build", false));
}

TEST(Ignore, TwoAsterisksCrossFolders) {
  EXPECT_TRUE(ignored("**/foo", "foo"));
  EXPECT_TRUE(ignored("**/foo", "a/b/foo"));
  EXPECT_TRUE(ignored("abc/**", "abc/x/y"));
  EXPECT_FALSE(ignored("abc/**", "abc", true));
  EXPECT_TRUE(ignored("a/**/b", "a/b"));
  EXPECT_TRUE(ignored("a/**/b", "a/x/y/b"));
  EXPECT_FALSE(ignored("a/**/b", "a/xb"));
}

TEST(Ignore, LaterRulesOutweighEarlierOnes) {
  EXPECT_EQ(IgnoreRules::parse("*.a\n!lib.a\n").look("lib.a", false), Verdict::included);
  EXPECT_TRUE(ignored("!lib.a\n*.a\n", "lib.a"));
  EXPECT_EQ(IgnoreRules::parse("*.a").look("x.b", false), Verdict::none);
}

TEST(Ignore, CommentsEscapesAndBlanksAsInGit) {
  EXPECT_FALSE(ignored("#x", "#x"));
  EXPECT_TRUE(ignored("\\#x", "#x"));
  EXPECT_TRUE(ignored("\\!x", "!x"));
  EXPECT_TRUE(ignored("x  ", "x"));
  EXPECT_TRUE(ignored("x\\ ", "x "));
  EXPECT_TRUE(ignored("x\r\ny\r\n", "x"));
  EXPECT_TRUE(ignored("\xEF\xBB\xBFx\n", "x"));
  EXPECT_FALSE(ignored("x\\", "x"));
  EXPECT_FALSE(ignored("[", "["));
}

// Patterns and paths of few letters, so that many match.
class Guess {
 public:
  explicit Guess(unsigned seed) : random_(seed) {}
  std::string text(std::initializer_list<const char*> parts, unsigned most) {
    std::string out;
    for (auto n = 1 + random_() % most; n > 0; --n) out += parts.begin()[random_() % parts.size()];
    return out;
  }
  std::string path() {
    std::string out;
    for (auto n = 1 + random_() % 4; n > 0; --n)
      out += (out.empty() ? "" : "/") +
             text({"a", "b", "ab", "c", "-", "]", "*", "\\", "[", "!", " ", "\n", "\xc3"}, 3);
    return out;
  }

 private:
  std::mt19937 random_;
};

TEST(Ignore, AgreesWithGit) {
  const testing::TempFolder folder;
  const auto git = "GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null git -C " + folder.path() + " ";
  ASSERT_EQ(std::system((git + "init -q").c_str()), 0);
  Guess guess(20261126);
  std::set<std::string> paths;
  std::string input;
  for (int i = 0; i < 400; ++i) {
    const auto path = guess.path();
    if (i % 2 == 0) std::filesystem::create_directories(folder / path);  // git looks whether it is a folder
    if (paths.insert(path).second) input += path + '\0';
  }
  std::map<std::string, bool> is_folder;
  for (const auto& path : paths) is_folder[path] = std::filesystem::is_directory(folder / path);
  ASSERT_TRUE(write_file_atomic(folder / "in", input));
  const auto call =
      git + "check-ignore --no-index -z --stdin < " + (folder / "in") + " > " + (folder / "out");
  unsigned matched = 0;
  for (int round = 0; round < 150; ++round) {
    // One rule a round; of a negated one git would say nothing.
    const auto rule = guess.text({"a",   "b",    "c",    "/",      "**/",     "/**", "*",     "?",
                                  "**",  "[ab]", "[!a]", "[^b-c]", "[]-]",    "\\a", "\\*",   "[[:alpha:]]",
                                  "[a-", "ab",   " ",    "[\\]]",  "[[:x:]]", "!",   "[[a:]", "\\"},
                                 6);
    if (rule.starts_with('!')) continue;
    std::ofstream(folder / ".gitignore") << rule << '\n';
    ASSERT_LE(std::system(call.c_str()), 1 << 8);  // 1: none is ignored
    const auto answer = read_file(folder / "out").value();
    const auto list = text::split(answer, '\0');
    const std::set<std::string_view> said(list.begin(), list.end());
    const auto rules = IgnoreRules::parse(rule + "\n");
    for (const auto& path : paths) {
      bool ours = rules.look(path, is_folder[path]) == Verdict::ignored;
      for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
        ours = ours || rules.look(path.substr(0, slash), true) == Verdict::ignored;
      ASSERT_EQ(ours, said.contains(path)) << "rule '" << rule << "' path '" << path << "'";
      matched += ours ? 1 : 0;
    }
  }
  EXPECT_GT(matched, 2000u);
}

TEST(Ignore, APatternMadeToBacktrackIsLinear) {
  std::string pattern, path(3000, 'a');
  for (int i = 0; i < 500; ++i) pattern += "*a";
  const auto started = mono_now();
  EXPECT_FALSE(ignored(pattern + "b", path));
  EXPECT_TRUE(ignored(pattern, path));
  EXPECT_LT(mono_now() - started, 5'000'000'000);
}

TEST(Ignore, RulesOverTheLimitsAreToldOf) {
  std::string many;
  for (std::size_t i = 0; i <= IgnoreRules::kMostRules; ++i) many += fmt::format("f{}\n", i);
  const auto rules = IgnoreRules::parse(many);
  EXPECT_TRUE(rules.cut());
  EXPECT_EQ(rules.look("f0", false), Verdict::ignored);
  EXPECT_EQ(rules.look(fmt::format("f{}", IgnoreRules::kMostRules), false), Verdict::none);
  EXPECT_TRUE(IgnoreRules::parse(std::string(5000, 'x')).cut());
  EXPECT_FALSE(IgnoreRules::parse("x\n").cut());
}

}  // namespace
}  // namespace ostiary::files
