// Every schema of store.sqlite that was released, as the program of its time made it, opened by this one.

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "store/store.h"

namespace ostiary::store {
namespace {

using ::testing::ElementsAre;

// Frozen: none of these is ever changed; a release with a new schema adds one.
struct Released {
  int version;
  const char* schema;
  const char* rows;
};

constexpr const char* kRowsOfKeys = R"(
INSERT INTO subjects VALUES ('sub_ada00000000000000000', 'ada'), ('sub_bob00000000000000000', NULL);
INSERT INTO keys VALUES
  ('AAAAAAAA', 'research', 'sub_ada00000000000000000', zeroblob(32), 1000, NULL),
  ('BBBBBBBB', 'sales', 'sub_bob00000000000000000', x'0101010101010101010101010101010101010101010101010101010101010101', 2000, 3000);
)";

constexpr Released kReleased[] = {
    {1,
     R"(CREATE TABLE subjects (
         subject TEXT PRIMARY KEY,
         user TEXT UNIQUE               -- null once erased
       ) WITHOUT ROWID;
       CREATE TABLE keys (
         id TEXT PRIMARY KEY,
         team TEXT NOT NULL,
         subject TEXT NOT NULL REFERENCES subjects (subject),
         secret_sha256 BLOB NOT NULL,
         created INTEGER NOT NULL,      -- milliseconds since 1970, as all times here
         revoked INTEGER
       ) WITHOUT ROWID;
       CREATE TABLE responses (
         id TEXT PRIMARY KEY,
         service TEXT NOT NULL,
         at INTEGER NOT NULL
       ) WITHOUT ROWID;
       CREATE INDEX responses_at ON responses (at);)",
     "INSERT INTO responses VALUES ('resp_1', 'openai', 5000);"},
    {2,
     R"(CREATE TABLE subjects (
         subject TEXT PRIMARY KEY,
         user TEXT UNIQUE               -- null once erased
       ) WITHOUT ROWID;
       CREATE TABLE keys (
         id TEXT PRIMARY KEY,
         team TEXT NOT NULL,
         subject TEXT NOT NULL REFERENCES subjects (subject),
         secret_sha256 BLOB NOT NULL,
         created INTEGER NOT NULL,      -- milliseconds since 1970, as all times here
         revoked INTEGER
       ) WITHOUT ROWID;
       CREATE TABLE responses (
         id TEXT PRIMARY KEY,
         service TEXT NOT NULL,
         at INTEGER NOT NULL
       , subject TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
       CREATE INDEX responses_at ON responses (at);)",
     "INSERT INTO responses VALUES ('resp_1', 'openai', 5000, 'sub_ada00000000000000000');"},
};

class MigrateTest : public ::testing::TestWithParam<Released> {
 protected:
  MigrateTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ostiary-migrate-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~MigrateTest() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/store.sqlite"; }
  void make(const Released& released) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
    const auto all =
        std::string("PRAGMA journal_mode = WAL; BEGIN;") + released.schema + kRowsOfKeys + released.rows +
        "PRAGMA application_id = 1330861145; PRAGMA user_version = " + std::to_string(released.version) +
        "; COMMIT";
    EXPECT_EQ(sqlite3_exec(db, all.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  std::string folder_;
};

TEST_P(MigrateTest, AStoreOfAReleasedSchemaLosesNothing) {
  make(GetParam());
  for (int opened = 0; opened < 2; ++opened) {  // brought forward, and then as it is
    const auto store = open_sqlite(path());
    ASSERT_TRUE(store) << store.error().text();
    const auto keys = (*store)->keys();
    ASSERT_TRUE(keys && keys->size() == 2);
    const auto &ada = (*keys)[0], &bob = (*keys)[1];
    EXPECT_EQ(ada.id, "AAAAAAAA");
    EXPECT_EQ(ada.team, "research");
    EXPECT_EQ(ada.user, "ada");
    EXPECT_EQ(ada.created, 1000);
    EXPECT_THAT(ada.scopes.words(), ElementsAre("use"));
    EXPECT_FALSE(ada.expires);
    EXPECT_FALSE(ada.revoked);
    EXPECT_EQ(bob.user, "") << "erased";
    EXPECT_EQ(bob.subject, "sub_bob00000000000000000");
    EXPECT_EQ(bob.secret_sha256[31], 1);
    EXPECT_EQ(bob.revoked, 3000);
    EXPECT_EQ((*store)->subject_of("ada").value(), "sub_ada00000000000000000");
    const auto subject = GetParam().version == 1 ? "" : "sub_ada00000000000000000";
    EXPECT_THAT((*store)->recent_responses(5000, 1).value(),
                ElementsAre(StoredResponse{"resp_1", "openai", subject}));
  }
  const auto store = open_sqlite(path());
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->create_key("t", "ada", 1));
  EXPECT_TRUE((*store)->revoke_key("AAAAAAAA", 1));
}

INSTANTIATE_TEST_SUITE_P(Released, MigrateTest, ::testing::ValuesIn(kReleased),
                         [](const auto& info) { return "Schema" + std::to_string(info.param.version); });

}  // namespace
}  // namespace ostiary::store
