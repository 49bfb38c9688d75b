#include "files/tree.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "base/testing.h"

namespace ostiary::files {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void put(const std::string& path, std::string_view bytes = "x") {
  fs::create_directories(fs::path(path).parent_path());
  ASSERT_TRUE(write_file_atomic(path, bytes, 0644)) << path;
}

struct Walked {
  std::vector<std::string> paths, shown, contents;
  std::vector<Partial> partial;
  TreeSummary summary;
};

Walked walk(std::vector<std::string> names, const TreeOptions& options = {}) {
  Walked out;
  auto tree = Tree::open(std::move(names), options);
  EXPECT_TRUE(tree) << tree.error().text();
  while (const auto* file = tree->next()) {
    out.paths.push_back(file->path);
    out.shown.push_back(file->shown);
    const auto content = tree->read();
    out.contents.emplace_back(content ? content->bytes() : "");
  }
  out.partial = tree->partial();
  out.summary = tree->summary();
  return out;
}

TEST(Tree, OrderIsThatOfThePathsBytes) {
  const testing::TempFolder folder;
  for (const auto* name : {"b/z", "a/x", "a.b", "a", "Z", "a-", "b/y/1", "b.c"})
    if (std::string_view(name) != "a") put(folder / name);
  const auto walked = walk({folder.path()});
  EXPECT_THAT(walked.paths, ElementsAre("Z", "a-", "a.b", "a/x", "b.c", "b/y/1", "b/z"));
  EXPECT_TRUE(std::ranges::is_sorted(walked.paths));
  EXPECT_EQ(walked.shown[0], folder / "Z");
  EXPECT_EQ(walked.summary.files, 7u);
  EXPECT_EQ(walked.summary.bytes, 7u);
}

TEST(Tree, FilesAndFoldersAreGivenInTheOrderNamed) {
  const testing::TempFolder folder;
  put(folder / "d/b", "B"), put(folder / "a", "A");
  const auto walked = walk({folder / "d/", folder / "a"});
  EXPECT_THAT(walked.paths, ElementsAre("b", "a"));
  EXPECT_THAT(walked.shown, ElementsAre(folder / "d/b", folder / "a"));
  EXPECT_THAT(walked.contents, ElementsAre("B", "A"));
}

TEST(Tree, WhatDoesNotExistIsAnErrorOfTheCall) {
  const testing::TempFolder folder;
  const auto tree = Tree::open({folder / "none"});
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().code, Code::not_found);
  EXPECT_EQ(tree.error().where, folder / "none");
}

TEST(Tree, IgnoreFilesOfEachFolderCount) {
  const testing::TempFolder folder;
  put(folder / ".gitignore", "*.log\nbuild/\n!keep.log\n/only-top\n");
  put(folder / "a.log"), put(folder / "keep.log"), put(folder / "build/x"), put(folder / "only-top");
  put(folder / "s/only-top"), put(folder / "s/.gitignore", "!b.log\nsecret\n"), put(folder / "s/b.log"),
      put(folder / "s/a.log");
  put(folder / "s/secret"), put(folder / "secret");
  const auto walked = walk({folder.path()});
  EXPECT_THAT(walked.paths,
              ElementsAre(".gitignore", "keep.log", "s/.gitignore", "s/b.log", "s/only-top", "secret"));
  EXPECT_EQ(walked.summary.ignored, 5u);
  EXPECT_THAT(walk({folder.path()}, {.ignore_rules = false, .limits = {}}).paths, SizeIs(11));
}

TEST(Tree, NothingInAnIgnoredFolderIsIncludedAgain) {
  const testing::TempFolder folder;
  put(folder / ".gitignore", "out/\n!out/keep\n"), put(folder / "out/keep");
  EXPECT_THAT(walk({folder.path()}).paths, ElementsAre(".gitignore"));
}

TEST(Tree, OurRulesGoBeforeThoseOfGit) {
  const testing::TempFolder folder;
  put(folder / ".gitignore", "gen/\n*.min.js\n");
  put(folder / ".ostiaryignore", "!gen/\nfixtures/\n");
  put(folder / "gen/a"), put(folder / "gen/b.min.js"), put(folder / "fixtures/c");
  EXPECT_THAT(walk({folder.path()}).paths, ElementsAre(".gitignore", ".ostiaryignore", "gen/a"));
}

TEST(Tree, RulesOfTheFoldersAboveCountUpToTheRepositorysTop) {
  const testing::TempFolder folder;
  put(folder / ".gitignore", "*\n");  // above the repository
  put(folder / "r/.git/info/exclude", "local\n"), put(folder / "r/.gitignore", "src/a/gone\n*.tmp\n");
  put(folder / "r/src/.gitignore", "!b.tmp\n");
  for (const auto* name : {"gone", "a.tmp", "b.tmp", "local", "stays"})
    put(folder / "r/src/a" + std::string("/") + name);
  EXPECT_THAT(walk({folder / "r/src/a"}).paths, ElementsAre("b.tmp", "stays"));
  EXPECT_THAT(walk({folder / "r"}).paths,
              ElementsAre(".gitignore", "src/.gitignore", "src/a/b.tmp", "src/a/stays"));
}

TEST(Tree, WhatWasNamedIsReadEvenWhereARuleIgnoresIt) {
  const testing::TempFolder folder;
  put(folder / ".git/HEAD"), put(folder / ".gitignore", "out\n"), put(folder / "out/a");
  EXPECT_THAT(walk({folder / "out"}).paths, ElementsAre("a"));
  EXPECT_THAT(walk({folder / "out/a"}).paths, ElementsAre("a"));
}

TEST(Tree, LinksAndSpecialFilesArePassedOver) {
  const testing::TempFolder folder, outside;
  put(outside / "secret", "other"), put(folder / "in/file");
  fs::create_directory_symlink(outside.path(), folder / "out");
  fs::create_directory_symlink("..", folder / "in/loop");
  fs::create_symlink("file", folder / "in/again");
  fs::create_symlink("nowhere", folder / "in/broken");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const auto walked = walk({folder.path()});
  EXPECT_THAT(walked.paths, ElementsAre("in/file"));
  EXPECT_EQ(walked.summary.links, 4u);
  EXPECT_EQ(walked.summary.special, 1u);
  EXPECT_THAT(walked.partial, IsEmpty());
  EXPECT_THAT(walk({folder / "out"}).contents, ElementsAre("other"));  // a link that was named
}

TEST(Tree, APipeThatWasNamedIsRead) {
  const testing::TempFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::thread writer([&] {
    const Fd fd(::open((folder / "pipe").c_str(), O_WRONLY));
    EXPECT_TRUE(write_all(fd.get(), "through", "pipe"));
  });
  EXPECT_THAT(walk({folder / "pipe"}).contents, ElementsAre("through"));
  writer.join();
}

TEST(Tree, WhatCannotBeReadIsToldOfAndTheRestIsRead) {
  const testing::TempFolder folder;
  put(folder / "a"), put(folder / "closed/x"), put(folder / "shut"), put(folder / "z");
  fs::permissions(folder.path(), fs::perms(0755));
  ::chmod((folder / "closed").c_str(), 0), ::chmod((folder / "shut").c_str(), 0);
  Walked walked;
  // Root may read everything; as another user of the file system this thread may not.
  std::thread([&] {
    if (::geteuid() == 0) ::setfsuid(65534);
    walked = walk({folder.path()});
  }).join();
  ::chmod((folder / "closed").c_str(), 0700);
  EXPECT_THAT(walked.paths, ElementsAre("a", "shut", "z"));
  ASSERT_THAT(walked.partial, SizeIs(2));
  EXPECT_EQ(walked.partial[0].path, folder / "closed");
  EXPECT_EQ(walked.partial[0].why, Why::unreadable);
  EXPECT_EQ(walked.partial[1].path, folder / "shut");
}

TEST(Tree, NamesMayHoldAnyBytes) {
  const testing::TempFolder folder;
  put(folder / "a\nb"), put(folder / "\xff\xfe"), put(folder / " -"), put(folder / "x\x1b[31m/\"q\"");
  EXPECT_THAT(walk({folder.path()}).paths, ElementsAre(" -", "a\nb", "x\x1b[31m/\"q\"", "\xff\xfe"));
}

TEST(Tree, LimitsMakeTheWalkPartial) {
  const testing::TempFolder folder;
  put(folder / "1/2/3/deep"), put(folder / "big", std::string(100, 'x')), put(folder / "small");
  auto walked = walk({folder.path()}, {.limits = {.depth = 2}});
  EXPECT_THAT(walked.paths, ElementsAre("big", "small"));
  ASSERT_THAT(walked.partial, SizeIs(1));
  EXPECT_EQ(walked.partial[0].why, Why::too_deep);
  EXPECT_EQ(walked.partial[0].path, folder / "1/2/3");

  walked = walk({folder.path()}, {.limits = {.file_bytes = 99}});
  EXPECT_THAT(walked.paths, ElementsAre("1/2/3/deep", "small"));
  ASSERT_THAT(walked.partial, SizeIs(1));
  EXPECT_EQ(walked.partial[0].why, Why::too_large);

  walked = walk({folder.path()}, {.limits = {.total_bytes = 50}});
  EXPECT_THAT(walked.paths, ElementsAre("1/2/3/deep"));
  ASSERT_THAT(walked.partial, SizeIs(1));

  walked = walk({folder.path()}, {.limits = {.entries = 4}});
  ASSERT_THAT(walked.partial, SizeIs(1));
  EXPECT_EQ(walked.partial[0].why, Why::too_many);
}

TEST(Tree, AFolderExchangedForALinkLeadsNowhere) {
  const testing::TempFolder folder, outside;
  put(folder / "a"), put(folder / "b/in"), put(outside / "secret");
  auto tree = Tree::open({folder.path()});
  ASSERT_TRUE(tree);
  ASSERT_EQ(tree->next()->path, "a");
  fs::remove(folder / "a");
  fs::create_symlink(outside / "secret", folder / "a");
  EXPECT_FALSE(tree->read());
  fs::remove_all(folder / "b");
  fs::create_directory_symlink(outside.path(), folder / "b");
  EXPECT_EQ(tree->next(), nullptr);
  EXPECT_THAT(tree->partial(), SizeIs(2));
}

TEST(Tree, TenThousandFilesComeInOrder) {
  const testing::TempFolder folder;
  for (int i = 0; i < 100; ++i) {
    fs::create_directory(folder / fmt::format("d{}", i));
    for (int j = 0; j < 100; ++j) {
      const Fd fd(::open((folder / fmt::format("d{}/f{}", i, j)).c_str(), O_CREAT | O_WRONLY, 0600));
      ASSERT_TRUE(fd);
    }
  }
  const auto walked = walk({folder.path()});
  EXPECT_THAT(walked.paths, SizeIs(10'000));
  EXPECT_TRUE(std::ranges::is_sorted(walked.paths));
  EXPECT_THAT(walked.partial, IsEmpty());
}

TEST(Tree, BelowTheCurrentFolderNoDotIsShown) {
  const testing::TempFolder folder;
  put(folder / "s/a");
  const auto before = fs::current_path();
  fs::current_path(folder.path());
  const auto all = walk({}), dotted = walk({"./s"});
  fs::current_path(before);
  EXPECT_THAT(all.shown, ElementsAre("s/a"));
  EXPECT_THAT(dotted.shown, ElementsAre("s/a"));
}

}  // namespace
}  // namespace ostiary::files
