#include "app/policy_versions.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/testing.h"

namespace ostiary::app {
namespace {

std::string document(std::string_view version, std::string_view then) {
  return "---\ntitle: Rules\nversion: \"" + std::string(version) +
         "\"\nowner: Ada\ncontact: a@example.org\nreview-by: 2999-01-01\n---\n# Rules\n```policy\n- {id: "
         "rest, "
         "when: always, then: allow}\n- {id: a, when: always, then: " +
         std::string(then) + "}\n```\n";
}

void put(const std::string& path, const std::string& text, std::time_t at) {
  ASSERT_TRUE(write_file_atomic(path, text));
  const timespec times[] = {{at, 0}, {at, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(PolicyVersions, AreInTheOrderInWhichTheyCameIntoForce) {
  const testing::TempFolder folder;
  constexpr std::time_t kDay = 86'400;
  put(folder / "b.md", document("1", "deny"), 100 * kDay);
  put(folder / "a.md", document("2", "ask"), 200 * kDay);
  put(folder / "c.md", document("3", "allow"), 300 * kDay);
  put(folder / "d.md", "no document", 150 * kDay);
  put(folder / "in-force", "ostiary-policy 1\n", 300 * kDay);
  const policy::Policy now(policy::read_document(document("3", "allow")).document);
  const auto log = policy_versions(folder.path(), now);
  ASSERT_EQ(log.size(), 3U);
  EXPECT_EQ(log[0].version + " " + log[0].date, "3 1970-10-28");
  EXPECT_EQ(log[0].sentences.front(), "Whatever the request: was asked about, is now allowed.");
  EXPECT_EQ(log[1].version + " " + log[1].date, "2 1970-07-20");
  EXPECT_EQ(log[2].version, "1");
  EXPECT_TRUE(log[2].sentences.empty());
}

TEST(PolicyVersions, WithoutAFolderThereIsTheVersionInForce) {
  const policy::Policy now(policy::read_document(document("3", "allow")).document);
  EXPECT_EQ(policy_versions("/no/such/folder", now).size(), 1U);
}

}  // namespace
}  // namespace ostiary::app
