#include "files/git.h"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/testing.h"
#include "base/text.h"

namespace ostiary::files {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A repository of its own, told apart from the user's and the system's settings.
class Git : public ::testing::Test {
 protected:
  void SetUp() override { run("init -q -b main"); }

  void run(const std::string& arguments) const {
    const auto command = "cd " + folder_.path() +
                         " && HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b "
                         "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b git " +
                         arguments + " 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << arguments;
  }
  void put(const std::string& name, std::string_view bytes) const {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  void commit(const std::string& message) const {
    run("add -A"), run("commit -q --allow-empty -m " + message);
  }
  std::string id_of(const std::string& revision) const {
    run("rev-parse " + revision + " > " + (outside_ / "id"));
    return std::string(text::trim(read_file(outside_ / "id").value()));
  }
  Repository open(const GitLimits& limits = {}) const {
    auto repository = Repository::open(folder_.path(), limits);
    EXPECT_TRUE(repository) << repository.error().text();
    return std::move(*repository);
  }
  static std::vector<std::string> paths(const std::vector<GitBlob>& blobs) {
    std::vector<std::string> out;
    for (const auto& blob : blobs) out.push_back(blob.path);
    return out;
  }
  std::vector<GitBlob> history(Repository& repository, const std::vector<std::string>& revisions = {}) const {
    std::vector<GitBlob> blobs;
    const auto done =
        repository.history(revisions, [&](const GitBlob& blob) { return blobs.push_back(blob), true; });
    EXPECT_TRUE(done) << done.error().text();
    return blobs;
  }

  ::ostiary::testing::TempFolder folder_, outside_;
};

TEST_F(Git, StagedContentIsThatOfTheIndex) {
  put("a", "1\n2\n3\n4\n5\n"), put("gone", "x"), put("same", "y");
  commit("one");
  put("a", "1\ntwo\n3\n4\n5\nsix\nseven\n"), put("new/file", "whole"), fs::remove(folder_ / "gone");
  run("add -A");
  put("a", "not staged"), put("untracked", "z");
  auto repository = open();
  const auto staged = repository.staged().value();
  ASSERT_THAT(paths(staged), ElementsAre("a", "new/file"));
  EXPECT_FALSE(staged[0].whole);
  EXPECT_THAT(staged[0].added, ElementsAre(LineRange{2, 2}, LineRange{6, 7}));
  EXPECT_TRUE(staged[1].whole);
  EXPECT_EQ(repository.read(staged[0]).value(), "1\ntwo\n3\n4\n5\nsix\nseven\n");
  EXPECT_EQ(repository.read(staged[1]).value(), "whole");
  EXPECT_EQ(repository.top(), fs::canonical(folder_.path()).string());
}

TEST_F(Git, BeforeTheFirstCommitAllThatIsStagedIsNew) {
  EXPECT_THAT(open().staged().value(), IsEmpty());
  put("a", "1");
  run("add -A");
  const auto staged = open().staged().value();
  ASSERT_THAT(paths(staged), ElementsAre("a"));
  EXPECT_TRUE(staged[0].whole);
}

TEST_F(Git, RemovedLinesAddNone) {
  put("a", "1\n2\n3\n");
  commit("one");
  put("a", "1\n3\n");
  run("add -A");
  const auto staged = open().staged().value();
  ASSERT_THAT(staged, SizeIs(1));
  EXPECT_FALSE(staged[0].whole);
  EXPECT_THAT(staged[0].added, IsEmpty());
}

TEST_F(Git, AttributesAndContentsCannotHideAddedLines) {
  put(".gitattributes", "* -diff binary\n"), put("a", "1\n"), put("b", "1\n"), put("c", "1\n");
  commit("one");
  put("a", "1\nkey\n"), put("b", "1\n@@ -1 +9,9 @@\n-- x\ndiff --git a/a b/a\n+++ b/a\n"),
      put("c", std::string("1\n\0\n", 4));
  run("add -A");
  const auto staged = open().staged().value();
  ASSERT_THAT(paths(staged), ElementsAre("a", "b", "c"));
  EXPECT_THAT(staged[0].added, ElementsAre(LineRange{2, 2}));
  EXPECT_THAT(staged[1].added, ElementsAre(LineRange{2, 5}));
  EXPECT_THAT(staged[2].added, ElementsAre(LineRange{2, 2}));
}

TEST_F(Git, NamesMayHoldAnyBytes) {
  const std::string odd = "a\nb \"q\"\t\xff";
  put(odd, "1\n"), put(":x", "1\n"), put("-c", "1\n");
  commit("one");
  put(odd, "1\n2\n");
  run("add -A");
  auto repository = open();
  const auto staged = repository.staged().value();
  ASSERT_THAT(paths(staged), ElementsAre(odd));
  EXPECT_THAT(staged[0].added, ElementsAre(LineRange{2, 2}));
  EXPECT_THAT(paths(repository.tree("HEAD").value()), ElementsAre("-c", ":x", odd));
  EXPECT_THAT(history(repository), SizeIs(1));  // one content
}

TEST_F(Git, ATreeIsThatOfOneRevision) {
  put("a", "1"), put("d/b", "2");
  fs::create_symlink("a", folder_ / "link");
  commit("one");
  put("a", "changed");
  commit("two");
  auto repository = open();
  const auto tree = repository.tree("HEAD~1").value();
  ASSERT_THAT(paths(tree), ElementsAre("a", "d/b"));  // a link has no content of its own
  EXPECT_EQ(repository.read(tree[0]).value(), "1");
  EXPECT_EQ(repository.tree("nope").error().code, Code::not_found);
  EXPECT_EQ(repository.tree("--output=x").error().code, Code::not_found);
}

TEST_F(Git, HistoryGivesEachContentOnceWithItsFirstCommit) {
  put("a", "secret");
  commit("one");
  const auto first = id_of("HEAD");
  put("a", "clean"), put("copy", "secret");
  commit("two");
  const auto second = id_of("HEAD");
  put("a", "secret");
  commit("three");
  auto repository = open();
  const auto blobs = history(repository);
  ASSERT_THAT(blobs, SizeIs(2));
  EXPECT_EQ(blobs[0].path, "a");
  EXPECT_EQ(blobs[0].commit, first);
  EXPECT_EQ(repository.read(blobs[0]).value(), "secret");
  EXPECT_EQ(blobs[1].commit, second);
  EXPECT_EQ(repository.read(blobs[1]).value(), "clean");
}

TEST_F(Git, HistoryHasAllBranchesTheStashAndWhatAMergeAdds) {
  put("a", "base");
  commit("one");
  run("checkout -q -b side"), put("b", "on side"), commit("two");
  run("checkout -q main"), put("c", "on main"), commit("three");
  run("merge -q --no-commit side"), put("d", "only in the merge"), commit("merge");
  put("a", "stashed"), run("stash -q");
  run("checkout -q --detach"), put("e", "on no branch"), commit("four");
  auto repository = open();
  std::vector<std::string> contents;
  for (const auto& blob : history(repository)) contents.push_back(repository.read(blob).value());
  EXPECT_THAT(contents, ::testing::UnorderedElementsAre("base", "on side", "on main", "only in the merge",
                                                        "stashed", "on no branch"));
  EXPECT_THAT(paths(history(repository, {"main..HEAD"})), ElementsAre("e"));
  EXPECT_THAT(paths(history(repository, {"HEAD", "^main"})), ElementsAre("e"));
  const auto enough = [](const GitBlob&) { return true; };
  EXPECT_EQ(repository.history({"--all"}, enough).error().code, Code::invalid);
  EXPECT_EQ(repository.history({"nope"}, enough).error().code, Code::not_found);
}

TEST_F(Git, NoHistoryIsNone) {
  auto repository = open();
  EXPECT_THAT(history(repository), IsEmpty());
}

TEST_F(Git, LimitsMakeAnAnswerPartial) {
  put("a", "1"), commit("one"), put("b", "2"), commit("two"), put("c", std::string(100, 'x')),
      commit("three");
  auto repository = open({.commits = 2});
  EXPECT_THAT(paths(history(repository)), ElementsAre("b", "c"));
  ASSERT_THAT(repository.partial(), SizeIs(1));
  EXPECT_EQ(repository.partial()[0].why, Why::too_many);

  repository = open({.blobs = 1});
  EXPECT_THAT(history(repository), SizeIs(1));
  EXPECT_THAT(repository.tree("HEAD").value(), SizeIs(1));
  EXPECT_THAT(repository.partial(), SizeIs(2));

  repository = open({.blob_bytes = 99});
  const auto tree = repository.tree("HEAD").value();
  EXPECT_EQ(repository.read(tree[2]).error().code, Code::too_large);
  EXPECT_EQ(repository.read(tree[0]).value(), "1");
  ASSERT_THAT(repository.partial(), SizeIs(1));
  EXPECT_EQ(repository.partial()[0].path, "c");
}

TEST_F(Git, TooMuchStagedIsPartialAndItsLinesAreStillKnown) {
  put("a", "1\n"), put("b", "1\n"), commit("one");
  put("a", "1\n2\n"), put("b", "1\n2\n"), run("add -A");
  auto repository = open({.blobs = 1});
  const auto staged = repository.staged().value();
  ASSERT_THAT(paths(staged), ElementsAre("a"));
  EXPECT_THAT(staged[0].added, ElementsAre(LineRange{2, 2}));
  EXPECT_THAT(repository.partial(), SizeIs(1));
}

TEST_F(Git, AChangedModeAddsNothing) {
  put("a", "1\n"), commit("one"), run("update-index --chmod=+x a");
  const auto staged = open().staged().value();
  ASSERT_THAT(staged, SizeIs(1));
  EXPECT_FALSE(staged[0].whole);
  EXPECT_THAT(staged[0].added, IsEmpty());
}

TEST_F(Git, AHistoryWithAMissingCommitIsAnError) {
  put("a", "1"), commit("one"), put("a", "2"), commit("two"), put("a", "3"), commit("three");
  const auto id = id_of("HEAD~1");
  fs::remove(folder_ / ".git/objects/" + id.substr(0, 2) + "/" + id.substr(2));
  auto repository = open();
  EXPECT_FALSE(repository.history({}, [](const GitBlob&) { return true; }));
}

TEST_F(Git, AShallowCloneSaysThatItsPastIsMissing) {
  put("a", "1"), commit("one"), put("a", "2"), commit("two");
  run("clone -q --depth 1 file://" + folder_.path() + " " + (outside_ / "clone"));
  auto repository = Repository::open(outside_ / "clone").value();
  EXPECT_THAT(history(repository), SizeIs(1));
  ASSERT_THAT(repository.partial(), SizeIs(1));
  EXPECT_THAT(repository.partial()[0].text, HasSubstr("--unshallow"));
}

TEST_F(Git, WhatIsNoRepositoryIsSaidSo) {
  const auto none = Repository::open(outside_.path());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::not_found);
  EXPECT_THAT(none.error().text(), HasSubstr("not a git repository: " + outside_.path()));
  EXPECT_EQ(Repository::open(outside_ / "nowhere").error().code, Code::not_found);
}

TEST_F(Git, ABareRepositoryHasAHistory) {
  put("a", "1"), commit("one");
  run("clone -q --bare . " + (outside_ / "bare"));
  auto repository = Repository::open(outside_ / "bare").value();
  EXPECT_EQ(repository.top(), "");
  EXPECT_THAT(history(repository), SizeIs(1));
}

TEST_F(Git, ReplacedObjectsDoNotHideTheRealOnes) {
  put("a", "secret"), commit("one");
  const auto blob = id_of("HEAD:a");
  put("b", "harmless"), run("add -A");
  run("replace " + blob + " " + id_of(":b"));
  auto repository = open();
  EXPECT_EQ(repository.read(repository.tree("HEAD").value().at(0)).value(), "secret");
}

// Whatever a repository's own settings name is not run.
TEST_F(Git, AHostileRepositoryRunsNothing) {
  put("a", "1\n"), commit("one"), put("a", "2\n"), run("add -A");
  const auto marker = outside_ / "ran";
  const auto evil = outside_ / "evil";
  std::ofstream(evil) << "#!/bin/sh\ntouch " << marker << "\ncat\n";
  ::chmod(evil.c_str(), 0755);
  std::ofstream(folder_ / ".gitattributes") << "* diff=evil filter=evil\n";
  fs::create_directories(folder_ / ".git/hooks");
  for (const auto* hook : {"post-index-change", "fsmonitor-watchman", "reference-transaction", "pre-auto-gc"})
    fs::copy_file(evil, folder_ / ".git/hooks" + std::string("/") + hook,
                  fs::copy_options::overwrite_existing);
  std::ofstream config(folder_ / ".git/config", std::ios::app);
  config << "[core]\nfsmonitor = " << evil << "\nsshCommand = " << evil << "\npager = " << evil
         << "\nalternateRefsCommand = " << evil << "\ngitProxy = " << evil << "\n[diff]\nexternal = " << evil
         << "\n[diff \"evil\"]\ncommand = " << evil << "\ntextconv = " << evil
         << "\n[filter \"evil\"]\nclean = " << evil << "\nsmudge = " << evil << "\nprocess = " << evil
         << "\n[gpg]\nprogram = " << evil << "\n[log]\nshowSignature = true\n[credential]\nhelper = " << evil
         << "\n[alias]\ndiff-index = !" << evil << "\n[pager]\ndiff-index = " << evil
         << "\nrev-list = " << evil << "\n";
  config.close();
  {
    auto repository = open();
    EXPECT_THAT(repository.staged().value(), SizeIs(1));
    EXPECT_THAT(repository.tree("HEAD").value(), SizeIs(1));
    EXPECT_THAT(history(repository), SizeIs(1));
    EXPECT_EQ(repository.read(repository.tree("HEAD").value()[0]).value(), "1\n");
  }
  // A partial clone whose missing object would be fetched from where a program answers.
  const auto blob = id_of("HEAD:a");
  std::ofstream(folder_ / ".git/config", std::ios::app)
      << "[core]\nrepositoryformatversion = 1\n[extensions]\npartialClone = evil\n[remote \"evil\"]\nurl = "
         "ssh://evil/x\n"
      << "promisor = true\npartialclonefilter = blob:none\nuploadpack = " << evil << "\n";
  fs::remove(folder_ / ".git/objects/" + blob.substr(0, 2) + "/" + blob.substr(2));
  auto repository = open();
  EXPECT_FALSE(repository.read({.id = blob, .path = "a", .commit = {}, .whole = true, .added = {}}));
  EXPECT_THAT(repository.partial(), SizeIs(1));
  EXPECT_FALSE(fs::exists(marker));
}

TEST_F(Git, AHooksIndexIsTheOneThatIsRead) {
  put("a", "1"), commit("one"), put("b", "2");
  fs::copy_file(folder_ / ".git/index", outside_ / "index");
  run("--git-dir=.git update-index --refresh");
  const auto before = fs::current_path();
  fs::current_path(folder_.path());
  ::setenv("GIT_INDEX_FILE", (outside_ / "index").c_str(), 1);
  ASSERT_EQ(std::system("git add b"), 0);
  const auto of_hook = Repository::open("").value().staged().value();
  const auto named = Repository::open(folder_.path()).value().staged().value();
  ::unsetenv("GIT_INDEX_FILE");
  fs::current_path(before);
  EXPECT_THAT(paths(of_hook), ElementsAre("b"));
  EXPECT_THAT(named, IsEmpty());
}

TEST_F(Git, ManyBlobsAreReadThroughOneChild) {
  for (int i = 0; i < 3000; ++i) put(fmt::format("d{}/f{}", i % 10, i), fmt::format("content {}\n", i));
  commit("one");
  auto repository = open();
  std::size_t bytes = 0, blobs = 0;
  EXPECT_TRUE(repository.history({}, [&](const GitBlob& blob) {
    bytes += repository.read(blob).value().size();
    return ++blobs, true;
  }));
  EXPECT_EQ(blobs, 3000u);
  EXPECT_EQ(bytes, 3000 * 9 + 10 + 90 * 2 + 900 * 3 + 2000 * 4);
  EXPECT_THAT(repository.partial(), IsEmpty());
}

std::vector<GitCommit> log_of(Repository& repository, const std::string& revision = {}) {
  std::vector<GitCommit> commits;
  const auto done =
      repository.log(revision, [&](const GitCommit& one) { return commits.push_back(one), true; });
  EXPECT_TRUE(done) << done.error().text();
  return commits;
}

TEST_F(Git, TheLogGivesCommitsWithTheirLinesTheNewestFirst) {
  put("a", "1\n2\n3\n"), put("odd\tname\nof\ta file", "x\n"), put("picture", std::string("\0\1\n", 3));
  commit("first");
  put("a", "1\ntwo\n3\nfour\n");
  commit("'second\n\nCo-Authored-By: A Tool <tool@example.org>'");
  commit("empty");
  auto repository = open();
  const auto commits = log_of(repository);
  ASSERT_THAT(commits, SizeIs(3));
  EXPECT_EQ(commits[0].message, "empty\n");
  EXPECT_EQ(commits[0].added, 0u);
  EXPECT_THAT(commits[1].message, HasSubstr("A Tool <tool@example.org>"));
  EXPECT_EQ(commits[1].added, 2u);
  EXPECT_EQ(commits[1].removed, 1u);
  EXPECT_EQ(commits[1].author_name, "a");
  EXPECT_EQ(commits[1].committer_email, "a@b");
  EXPECT_EQ(commits[2].id, id_of("HEAD~2"));
  EXPECT_EQ(commits[2].added, 4u) << "a picture has no lines";
  EXPECT_THAT(log_of(repository, "HEAD~1"), SizeIs(2));
}

TEST_F(Git, TheLogCountsNoLinesOfAMergeAndOfARenameBothSides) {
  put("a", "1\n2\n"), commit("one");
  run("checkout -q -b side"), put("b", "3\n"), commit("side");
  run("checkout -q main"), run("mv a c"), commit("move");
  run("merge -q --no-edit side");
  auto repository = open();
  const auto commits = log_of(repository);
  ASSERT_THAT(commits, SizeIs(4));
  EXPECT_TRUE(commits[0].merge);
  EXPECT_EQ(commits[0].added, 0u);
  std::uint64_t added = 0, removed = 0;
  for (const auto& one : commits) added += one.added, removed += one.removed;
  EXPECT_EQ(added, 5u);
  EXPECT_EQ(removed, 2u);
}

TEST_F(Git, TheLogIsBoundedAndEndsWhenAsked) {
  for (const auto* name : {"one", "two", "three"}) commit(name);
  auto bounded = open({.commits = 2});
  EXPECT_THAT(log_of(bounded), SizeIs(2));
  auto repository = open();
  int seen = 0;
  EXPECT_TRUE(repository.log("", [&](const GitCommit&) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
  EXPECT_FALSE(repository.log("--all", [](const GitCommit&) { return true; }));
  EXPECT_FALSE(repository.log("nothing-like-it", [](const GitCommit&) { return true; }));
}

TEST_F(Git, ALogRunsNoDriverThatTheRepositoryNames) {
  put(".gitattributes", "* diff=evil\n");
  run("config diff.evil.textconv 'touch " + (outside_ / "ran") + "; cat'");
  run("config diff.evil.command 'touch " + (outside_ / "ran") + "'");
  put("a", "1\n"), commit("one"), put("a", "2\n"), commit("two");
  auto repository = open();
  EXPECT_THAT(log_of(repository), SizeIs(2));
  EXPECT_FALSE(fs::exists(outside_ / "ran"));
}

}  // namespace
}  // namespace ostiary::files
