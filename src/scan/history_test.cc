#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "scan/scanner.h"

namespace ostiary::scan {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class History : public ::testing::Test {
 protected:
  void git(const std::string& arguments, const std::string& author = "Ada <ada@example.org>") const {
    const auto command = fmt::format(
        "cd {} && HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME='{}' GIT_AUTHOR_EMAIL='{}' "
        "GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org git {} >/dev/null 2>&1",
        folder_.path(), author.substr(0, author.find(" <")),
        author.substr(author.find('<') + 1, author.find('>') - author.find('<') - 1), arguments);
    ASSERT_EQ(std::system(command.c_str()), 0) << arguments;
  }
  void commit(int lines, const std::string& message, const std::string& author = "Ada <ada@example.org>") {
    std::ofstream out(folder_ / fmt::format("f{}", ++files_));
    for (int i = 0; i < lines; ++i) out << i << '\n';
    out.close();
    git("add -A"), git("commit -q -m '" + message + "'", author);
  }
  // "name: note", of what a tool wrote.
  static std::vector<std::string> authored(const Report& report) {
    std::vector<std::string> out;
    for (const auto& one : report.components)
      if (one.kind == Kind::ai_authored) out.push_back(one.name + ": " + one.evidence.back().note);
    return out;
  }
  Report scanned(const Options& options = {}) const {
    auto report = scan({folder_.path()}, options);
    EXPECT_TRUE(report) << report.error().text();
    return std::move(*report);
  }

  ::ostiary::testing::TempFolder folder_;
  int files_ = 0;
};

TEST_F(History, OfAWorkTreeSaysWhichToolsWroteHowMuch) {
  git("init -q -b main");
  commit(60, "by hand");
  commit(30, "with help\n\nCo-Authored-By: Claude <noreply@anthropic.com>");
  commit(10, "by a bot",
         "devin-ai-integration[bot] <158243242+devin-ai-integration[bot]@users.noreply.github.com>");
  const auto report = scanned();
  EXPECT_THAT(authored(report), ElementsAre("claude-code: 1 of 3 commits, 30 % of lines added",
                                            "devin: 1 of 3 commits, 10 % of lines added"));
  EXPECT_EQ(report.summary.commits, 3u);
  EXPECT_EQ(report.components.front().evidence.front().place.file, folder_ / ".git");
  EXPECT_THAT(authored(scanned({.history = false})), IsEmpty());
  EXPECT_THAT(authored(scan_revision(folder_.path(), "HEAD~1").value()),
              ElementsAre("claude-code: 1 of 2 commits, 33 % of lines added"));
}

TEST_F(History, JoinsWhatAFilesHeaderSays) {
  git("init -q -b main");
  std::ofstream(folder_ / "a.js") << "// Generated with [Claude Code](https://claude.com/claude-code)\n";
  commit(9, "both\n\nCo-Authored-By: Claude <noreply@anthropic.com>");
  const auto report = scanned();
  ASSERT_THAT(report.components, ::testing::SizeIs(1));
  EXPECT_EQ(report.components[0].places, 2u);
  EXPECT_THAT(report.components[0].evidence, ::testing::SizeIs(2));
}

TEST_F(History, OfAFolderWithinARepositoryIsNotRead) {
  git("init -q -b main");
  commit(3, "x\n\nCo-Authored-By: Claude <noreply@anthropic.com>");
  fs::create_directories(folder_ / "below");
  const auto report = scan({folder_ / "below"}).value();
  EXPECT_THAT(authored(report), IsEmpty());
  EXPECT_EQ(report.summary.commits, 0u);
  EXPECT_THAT(report.summary.history_not_read, IsEmpty());
}

TEST_F(History, ThatIsNoneOrDamagedIsNotPartial) {
  fs::create_directories(folder_ / ".git");
  const auto damaged = scanned();
  EXPECT_THAT(damaged.partial, IsEmpty());
  EXPECT_THAT(damaged.summary.history_not_read, HasSubstr("not a git repository"));
  fs::remove_all(folder_ / ".git");
  git("init -q -b main");
  const auto empty = scanned();
  EXPECT_THAT(empty.partial, IsEmpty());
  EXPECT_THAT(authored(empty), IsEmpty());
}

TEST_F(History, OfAShallowCloneIsNotRead) {
  git("init -q -b main");
  for (int i = 0; i < 3; ++i) commit(3, "x\n\nCo-Authored-By: Claude <noreply@anthropic.com>");
  const ::ostiary::testing::TempFolder clone;
  ASSERT_EQ(
      std::system(fmt::format("git clone -q --depth 1 file://{} {}/c", folder_.path(), clone.path()).c_str()),
      0);
  const auto report = scan({clone / "c"}).value();
  EXPECT_THAT(authored(report), IsEmpty());
  EXPECT_THAT(report.summary.history_not_read, HasSubstr("shallow"));
  EXPECT_THAT(report.partial, IsEmpty());
}

}  // namespace
}  // namespace ostiary::scan
