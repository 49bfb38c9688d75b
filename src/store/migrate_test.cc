// Every schema of store.sqlite that was released, as the program of its time made it, opened by this one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ostream>
#include <sqlite3.h>

#include "base/testing.h"
#include "store/invitations.h"
#include "store/questions.h"
#include "store/store.h"

namespace ostiary::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Frozen: none of these is ever changed; a release with a new schema adds what is new in it.
constexpr const char* kSubjects1 = R"(CREATE TABLE subjects (
         subject TEXT PRIMARY KEY,
         user TEXT UNIQUE               -- null once erased
       ) WITHOUT ROWID)";
constexpr const char* kKeys1 = R"(CREATE TABLE keys (
         id TEXT PRIMARY KEY,
         team TEXT NOT NULL,
         subject TEXT NOT NULL REFERENCES subjects (subject),
         secret_sha256 BLOB NOT NULL,
         created INTEGER NOT NULL,      -- milliseconds since 1970, as all times here
         revoked INTEGER
       ) WITHOUT ROWID)";
constexpr const char* kKeys4 = R"(CREATE TABLE keys (
         id TEXT PRIMARY KEY,
         team TEXT NOT NULL,
         subject TEXT NOT NULL REFERENCES subjects (subject),
         secret_sha256 BLOB NOT NULL,
         created INTEGER NOT NULL,      -- milliseconds since 1970, as all times here
         revoked INTEGER
       , scopes TEXT NOT NULL DEFAULT 'use', expires INTEGER) WITHOUT ROWID)";
constexpr const char* kKeys5 = R"(CREATE TABLE keys (
         id TEXT PRIMARY KEY,
         team TEXT NOT NULL,
         subject TEXT NOT NULL REFERENCES subjects (subject),
         secret_sha256 BLOB NOT NULL,
         created INTEGER NOT NULL,      -- milliseconds since 1970, as all times here
         revoked INTEGER
       , scopes TEXT NOT NULL DEFAULT 'use', expires INTEGER, origin TEXT NOT NULL DEFAULT '') WITHOUT ROWID)";
constexpr const char* kKeys7 = R"(CREATE TABLE keys (
         id TEXT PRIMARY KEY,
         team TEXT NOT NULL,
         subject TEXT NOT NULL REFERENCES subjects (subject),
         secret_sha256 BLOB NOT NULL,
         created INTEGER NOT NULL,      -- milliseconds since 1970, as all times here
         revoked INTEGER
       , scopes TEXT NOT NULL DEFAULT 'use', expires INTEGER, origin TEXT NOT NULL DEFAULT '', unrecorded INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID)";
constexpr const char* kResponses1 = R"(CREATE TABLE responses (
         id TEXT PRIMARY KEY,
         service TEXT NOT NULL,
         at INTEGER NOT NULL
       ) WITHOUT ROWID)";
constexpr const char* kResponses2 = R"(CREATE TABLE responses (
         id TEXT PRIMARY KEY,
         service TEXT NOT NULL,
         at INTEGER NOT NULL
       , subject TEXT NOT NULL DEFAULT '') WITHOUT ROWID)";
constexpr const char* kResponses5 = R"(CREATE TABLE responses (
         id TEXT PRIMARY KEY,
         service TEXT NOT NULL,
         at INTEGER NOT NULL
       , subject TEXT NOT NULL DEFAULT '', team TEXT NOT NULL DEFAULT '') WITHOUT ROWID)";
constexpr const char* kResponsesAt1 = "CREATE INDEX responses_at ON responses (at)";
constexpr const char* kLimits3 = R"(CREATE TABLE limits (
         scope TEXT NOT NULL,           -- key or team
         name TEXT NOT NULL,            -- empty: each of them
         json TEXT NOT NULL,
         PRIMARY KEY (scope, name)
       ) WITHOUT ROWID)";
constexpr const char* kInvitations4 = R"(CREATE TABLE invitations (
         id TEXT PRIMARY KEY,
         team TEXT NOT NULL,
         secret_sha256 BLOB NOT NULL UNIQUE,
         uses INTEGER NOT NULL,
         used INTEGER NOT NULL,
         created INTEGER NOT NULL,
         expires INTEGER NOT NULL,
         withdrawn INTEGER
       ) WITHOUT ROWID)";

constexpr const char* kFalseAlarms6 = R"(CREATE TABLE false_alarms (
         fingerprint TEXT PRIMARY KEY,
         because TEXT NOT NULL,
         subject TEXT NOT NULL,         -- who marked it
         team TEXT NOT NULL,
         marked INTEGER NOT NULL,
         state TEXT NOT NULL,           -- open, accepted or rejected
         reviewer TEXT NOT NULL,
         said TEXT NOT NULL,
         decided INTEGER,
         until INTEGER
       ) WITHOUT ROWID)";
constexpr const char* kFalseAlarmsSubject6 =
    "CREATE INDEX false_alarms_subject ON false_alarms (subject, state)";

constexpr const char* kHookEvents8 = R"(CREATE TABLE hook_events (
         number INTEGER PRIMARY KEY AUTOINCREMENT,
         hook TEXT NOT NULL,
         id TEXT NOT NULL,
         type TEXT NOT NULL,
         at INTEGER NOT NULL,
         body TEXT NOT NULL,
         attempts INTEGER NOT NULL DEFAULT 0,
         since INTEGER NOT NULL,
         error TEXT NOT NULL DEFAULT '',
         dead INTEGER,                  -- when it was given up; null while it waits
         UNIQUE (hook, id)
       ))";
constexpr const char* kHookEventsOrder8 =
    R"(CREATE INDEX hook_events_order ON hook_events (hook, dead, number))";
constexpr const char* kHookGaps8 = R"(CREATE TABLE hook_gaps (
         hook TEXT PRIMARY KEY,
         events INTEGER NOT NULL,
         first INTEGER NOT NULL,
         last INTEGER NOT NULL
       ) WITHOUT ROWID)";
constexpr const char* kHookPositions8 = R"(CREATE TABLE hook_positions (
         source TEXT PRIMARY KEY,
         next INTEGER NOT NULL
       ) WITHOUT ROWID)";
constexpr const char* kHookSeen8 = R"(CREATE TABLE hook_seen (
         number INTEGER PRIMARY KEY AUTOINCREMENT,
         source TEXT NOT NULL,
         id TEXT NOT NULL,
         at INTEGER NOT NULL,
         UNIQUE (source, id)
       ))";
constexpr const char* kHookSeenOrder8 = R"(CREATE INDEX hook_seen_order ON hook_seen (source, number))";
constexpr const char* kHookOrigins8 = R"(CREATE TABLE hook_origins (
         origin TEXT PRIMARY KEY,
         question TEXT NOT NULL,
         at INTEGER NOT NULL
       ) WITHOUT ROWID)";

constexpr const char* kSubjectRows1 =
    "INSERT INTO subjects VALUES ('sub_ada', 'ada'), ('sub_bob', NULL), ('sub_eve', 'eve')";
constexpr const char* kKeyRows1 = R"(INSERT INTO keys VALUES
  ('AAAAAAAA', 'research', 'sub_ada', zeroblob(32), 1000, NULL),
  ('BBBBBBBB', 'sales', 'sub_bob', x'0101010101010101010101010101010101010101010101010101010101010101', 2000, 3000),
  ('CCCCCCCC', 'sales', 'sub_eve', zeroblob(32), 3000, NULL),
  ('DDDDDDDD', 'research', 'sub_eve', zeroblob(32), 4000, NULL))";
constexpr const char* kKeyRows4 = R"(INSERT INTO keys VALUES
  ('AAAAAAAA', 'research', 'sub_ada', zeroblob(32), 1000, NULL, 'use', NULL),
  ('BBBBBBBB', 'sales', 'sub_bob', x'0101010101010101010101010101010101010101010101010101010101010101', 2000, 3000, 'use', NULL),
  ('CCCCCCCC', 'sales', 'sub_eve', zeroblob(32), 3000, NULL, 'use', NULL),
  ('DDDDDDDD', 'research', 'sub_eve', zeroblob(32), 4000, NULL, 'team:research' || char(10) || 'use', 9000))";
constexpr const char* kKeyRows5 = R"(INSERT INTO keys VALUES
  ('AAAAAAAA', 'research', 'sub_ada', zeroblob(32), 1000, NULL, 'use', NULL, 'AAAAAAAA'),
  ('BBBBBBBB', 'sales', 'sub_bob', x'0101010101010101010101010101010101010101010101010101010101010101', 2000, 3000, 'use', NULL, 'BBBBBBBB'),
  ('CCCCCCCC', 'sales', 'sub_eve', zeroblob(32), 3000, NULL, 'use', NULL, 'AAAAAAAA'),
  ('DDDDDDDD', 'research', 'sub_eve', zeroblob(32), 4000, NULL, 'team:research' || char(10) || 'use', 9000, 'DDDDDDDD'))";
constexpr const char* kKeyRows7 = R"(INSERT INTO keys VALUES
  ('AAAAAAAA', 'research', 'sub_ada', zeroblob(32), 1000, NULL, 'use', NULL, 'AAAAAAAA', 0),
  ('BBBBBBBB', 'sales', 'sub_bob', x'0101010101010101010101010101010101010101010101010101010101010101', 2000, 3000, 'use', NULL, 'BBBBBBBB', 0),
  ('CCCCCCCC', 'sales', 'sub_eve', zeroblob(32), 3000, NULL, 'use', NULL, 'AAAAAAAA', 0),
  ('DDDDDDDD', 'research', 'sub_eve', zeroblob(32), 4000, NULL, 'team:research' || char(10) || 'use', 9000, 'DDDDDDDD', 0))";
constexpr const char* kResponseRows1 =
    "INSERT INTO responses VALUES ('resp_1', 'openai', 5000), ('resp_2', 'openai', 6000)";
constexpr const char* kResponseRows2 =
    "INSERT INTO responses VALUES ('resp_1', 'openai', 5000, 'sub_ada'), ('resp_2', 'openai', 6000, "
    "'sub_eve')";
constexpr const char* kResponseRows5 =
    "INSERT INTO responses VALUES ('resp_1', 'openai', 5000, 'sub_ada', 'research'), "
    "('resp_2', 'openai', 6000, 'sub_eve', 'sales')";
constexpr const char* kLimitRows3 = R"(INSERT INTO limits VALUES ('key', 'AAAAAAAA', '{"concurrent":2}'))";
constexpr const char* kInvitationRows4 =
    "INSERT INTO invitations VALUES ('IIIIIIII', 'sales', zeroblob(32), 3, 1, 1000, 9000, NULL)";

constexpr const char* kFalseAlarmRows6 =
    "INSERT INTO false_alarms VALUES ('0123456789abcdef', 'a sample', 'sub_ada', 'research', 1000, 'open', "
    "'', '', NULL, NULL)";

constexpr const char* kQuestions9 = R"(CREATE TABLE questions (
         number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice
         state TEXT NOT NULL,
         origin TEXT NOT NULL,
         asker TEXT NOT NULL,
         team TEXT NOT NULL,
         text TEXT NOT NULL,
         what_for TEXT NOT NULL,
         title TEXT NOT NULL,
         link TEXT NOT NULL,
         salt TEXT NOT NULL,
         fingerprint TEXT NOT NULL,
         request TEXT NOT NULL,
         topic TEXT NOT NULL,
         clause TEXT NOT NULL,
         clause_digest TEXT NOT NULL,
         lane TEXT NOT NULL,
         owner TEXT NOT NULL,
         precedent TEXT NOT NULL,
         details TEXT NOT NULL,         -- JSON
         times INTEGER NOT NULL,
         created INTEGER NOT NULL,
         touched INTEGER NOT NULL,
         asked INTEGER,
         first_answered INTEGER,
         decided INTEGER,
         expires INTEGER,
         remind INTEGER
       ))";
constexpr const char* kQuestionsState9 = "CREATE INDEX questions_state ON questions (state, touched)";
constexpr const char* kQuestionsAsker9 = "CREATE INDEX questions_asker ON questions (asker, fingerprint)";
constexpr const char* kQuestionsCreated9 = "CREATE INDEX questions_created ON questions (created)";
constexpr const char* kQuestionsRequest9 =
    "CREATE INDEX questions_request ON questions (request) WHERE request <> ''";
constexpr const char* kQuestionsLink9 = "CREATE INDEX questions_link ON questions (link) WHERE link <> ''";
constexpr const char* kQuestionsPrecedent9 =
    "CREATE INDEX questions_precedent ON questions (precedent) WHERE precedent <> ''";
constexpr const char* kQuestionsRemind9 =
    "CREATE INDEX questions_remind ON questions (remind) WHERE remind IS NOT NULL";
constexpr const char* kQuestionAnswers9 = R"(CREATE TABLE question_answers (
         id INTEGER PRIMARY KEY,
         question INTEGER NOT NULL REFERENCES questions (number) ON DELETE CASCADE,
         at INTEGER NOT NULL,
         by TEXT NOT NULL,
         details TEXT NOT NULL          -- JSON
       ))";
constexpr const char* kQuestionAnswersQuestion9 =
    "CREATE INDEX question_answers_question ON question_answers (question)";
constexpr const char* kQuestionEvents9 = R"(CREATE TABLE question_events (
         id INTEGER PRIMARY KEY,
         question INTEGER NOT NULL REFERENCES questions (number) ON DELETE CASCADE,
         at INTEGER NOT NULL,
         kind TEXT NOT NULL,
         by TEXT NOT NULL,
         note TEXT NOT NULL
       ))";
constexpr const char* kQuestionEventsQuestion9 =
    "CREATE INDEX question_events_question ON question_events (question)";
constexpr const char* kQuestionEventsBy9 = "CREATE INDEX question_events_by ON question_events (by)";
constexpr const char* kQuestionRows9 =
    "INSERT INTO questions VALUES (17, 'answered', 'gate', 'sub_ada', 'research', 'may I?', 'a test', '', "
    "'', "
    "'00ff', 'abc', 'def', 'rule no-secrets', 'secrets', 'd1', 'usual', 'legal', 'in-force', '{}', 2, 1000, "
    "2000, 1000, 1500, 1600, 9000, NULL)";
constexpr const char* kQuestionAnswerRows9 =
    "INSERT INTO question_answers VALUES (1, 17, 1600, 'sub_eve', '{}')";
constexpr const char* kQuestionEventRows9 =
    "INSERT INTO question_events VALUES (1, 17, 1000, 'asked', 'sub_ada', '')";

// Of somebody who was erased before: what was left of it is gone with schema 11.
constexpr const char* kErasedQuestionRows9 =
    "INSERT INTO questions VALUES (18, 'withdrawn', 'cli', 'sub_bob', 'research', '', '', '', '', '', 'abc', "
    "'def', "
    "'data personal; with Nimbus', '', '', 'usual', 'legal', '', '{\"tool\":\"Nimbus\",\"people\":true}', 1, "
    "1000, 1000, 1000, NULL, NULL, NULL, NULL)";

constexpr const char* kUses10 = R"(CREATE TABLE uses (
         id TEXT PRIMARY KEY,
         revision INTEGER NOT NULL,
         owner TEXT NOT NULL,           -- of a person too: erased with them
         details TEXT NOT NULL,         -- JSON
         created INTEGER NOT NULL,
         changed INTEGER NOT NULL
       ) WITHOUT ROWID)";
constexpr const char* kUsesOwner10 = "CREATE INDEX uses_owner ON uses (owner)";
constexpr const char* kUseColumns10 = R"(CREATE TABLE use_columns (
         heading TEXT PRIMARY KEY,      -- digest of a table's heading
         columns TEXT NOT NULL,         -- JSON: the field that each column is
         at INTEGER NOT NULL
       ) WITHOUT ROWID)";
constexpr const char* kUseRows10 =
    "INSERT INTO uses VALUES ('01a21443-cf1b-707c-bee3-0ee98cdf902d', 3, 'ada', '{}', 1000, 2000)";

struct Released {
  int version;
  std::vector<const char*> schema, rows;
};

void PrintTo(const Released& released, std::ostream* out) {
  *out << "schema " << released.version;
}

const std::vector<Released>& released() {
  static const std::vector<Released> all = {
      {1, {kSubjects1, kKeys1, kResponses1, kResponsesAt1}, {kSubjectRows1, kKeyRows1, kResponseRows1}},
      {2, {kSubjects1, kKeys1, kResponses2, kResponsesAt1}, {kSubjectRows1, kKeyRows1, kResponseRows2}},
      {3,
       {kSubjects1, kKeys1, kResponses2, kResponsesAt1, kLimits3},
       {kSubjectRows1, kKeyRows1, kResponseRows2, kLimitRows3}},
      {4,
       {kSubjects1, kKeys4, kResponses2, kResponsesAt1, kLimits3, kInvitations4},
       {kSubjectRows1, kKeyRows4, kResponseRows2, kLimitRows3, kInvitationRows4}},
      {5,
       {kSubjects1, kKeys5, kResponses5, kResponsesAt1, kLimits3, kInvitations4},
       {kSubjectRows1, kKeyRows5, kResponseRows5, kLimitRows3, kInvitationRows4}},
      {6,
       {kSubjects1, kKeys5, kResponses5, kResponsesAt1, kLimits3, kInvitations4, kFalseAlarms6,
        kFalseAlarmsSubject6},
       {kSubjectRows1, kKeyRows5, kResponseRows5, kLimitRows3, kInvitationRows4, kFalseAlarmRows6}},
      {7,
       {kSubjects1, kKeys7, kResponses5, kResponsesAt1, kLimits3, kInvitations4, kFalseAlarms6,
        kFalseAlarmsSubject6},
       {kSubjectRows1, kKeyRows7, kResponseRows5, kLimitRows3, kInvitationRows4, kFalseAlarmRows6}},
      {8,
       {kSubjects1, kKeys7, kResponses5, kResponsesAt1, kLimits3, kInvitations4, kFalseAlarms6,
        kFalseAlarmsSubject6, kHookEvents8, kHookEventsOrder8, kHookGaps8, kHookPositions8, kHookSeen8,
        kHookSeenOrder8, kHookOrigins8},
       {kSubjectRows1, kKeyRows7, kResponseRows5, kLimitRows3, kInvitationRows4, kFalseAlarmRows6}},
      {9,
       {kSubjects1,
        kKeys7,
        kResponses5,
        kResponsesAt1,
        kLimits3,
        kInvitations4,
        kFalseAlarms6,
        kFalseAlarmsSubject6,
        kHookEvents8,
        kHookEventsOrder8,
        kHookGaps8,
        kHookPositions8,
        kHookSeen8,
        kHookSeenOrder8,
        kHookOrigins8,
        kQuestions9,
        kQuestionsState9,
        kQuestionsAsker9,
        kQuestionsCreated9,
        kQuestionsRequest9,
        kQuestionsLink9,
        kQuestionsPrecedent9,
        kQuestionsRemind9,
        kQuestionAnswers9,
        kQuestionAnswersQuestion9,
        kQuestionEvents9,
        kQuestionEventsQuestion9,
        kQuestionEventsBy9},
       {kSubjectRows1, kKeyRows7, kResponseRows5, kLimitRows3, kInvitationRows4, kFalseAlarmRows6,
        kQuestionRows9, kErasedQuestionRows9, kQuestionAnswerRows9, kQuestionEventRows9}},
      {10,
       {kSubjects1,
        kKeys7,
        kResponses5,
        kResponsesAt1,
        kLimits3,
        kInvitations4,
        kFalseAlarms6,
        kFalseAlarmsSubject6,
        kHookEvents8,
        kHookEventsOrder8,
        kHookGaps8,
        kHookPositions8,
        kHookSeen8,
        kHookSeenOrder8,
        kHookOrigins8,
        kQuestions9,
        kQuestionsState9,
        kQuestionsAsker9,
        kQuestionsCreated9,
        kQuestionsRequest9,
        kQuestionsLink9,
        kQuestionsPrecedent9,
        kQuestionsRemind9,
        kQuestionAnswers9,
        kQuestionAnswersQuestion9,
        kQuestionEvents9,
        kQuestionEventsQuestion9,
        kQuestionEventsBy9,
        kUses10,
        kUsesOwner10,
        kUseColumns10},
       {kSubjectRows1, kKeyRows7, kResponseRows5, kLimitRows3, kInvitationRows4, kFalseAlarmRows6,
        kQuestionRows9, kErasedQuestionRows9, kQuestionAnswerRows9, kQuestionEventRows9, kUseRows10}},
      {11,
       {kSubjects1,
        kKeys7,
        kResponses5,
        kResponsesAt1,
        kLimits3,
        kInvitations4,
        kFalseAlarms6,
        kFalseAlarmsSubject6,
        kHookEvents8,
        kHookEventsOrder8,
        kHookGaps8,
        kHookPositions8,
        kHookSeen8,
        kHookSeenOrder8,
        kHookOrigins8,
        kQuestions9,
        kQuestionsState9,
        kQuestionsAsker9,
        kQuestionsCreated9,
        kQuestionsRequest9,
        kQuestionsLink9,
        kQuestionsPrecedent9,
        kQuestionsRemind9,
        kQuestionAnswers9,
        kQuestionAnswersQuestion9,
        kQuestionEvents9,
        kQuestionEventsQuestion9,
        kQuestionEventsBy9,
        kUses10,
        kUsesOwner10,
        kUseColumns10},
       {kSubjectRows1, kKeyRows7, kResponseRows5, kLimitRows3, kInvitationRows4, kFalseAlarmRows6,
        kQuestionRows9, kQuestionAnswerRows9, kQuestionEventRows9, kUseRows10}},
  };
  return all;
}

class Folder {
 public:
  std::string store() const { return folder_ / "store.sqlite"; }

  void make(const Released& released) const {
    std::string all = "PRAGMA journal_mode = WAL; BEGIN;";
    for (const auto* list : {&released.schema, &released.rows})
      for (const auto* statement : *list) all += std::string(statement) + ";";
    run(all + "PRAGMA application_id = 1330861145; PRAGMA user_version = " +
        std::to_string(released.version) + "; COMMIT");
  }
  // "5" and what SQLite keeps of each table and index.
  std::vector<std::string> schema() const {
    auto texts = run("PRAGMA user_version");
    for (auto& text : run("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"))
      texts.push_back(std::move(text));
    return texts;
  }

 private:
  std::vector<std::string> run(const std::string& sql) const {
    sqlite3* db = nullptr;
    std::vector<std::string> rows;
    EXPECT_EQ(sqlite3_open(store().c_str(), &db), SQLITE_OK);
    const auto take = [](void* into, int, char** values, char**) {
      static_cast<std::vector<std::string>*>(into)->emplace_back(values[0]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), take, &rows, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
    return rows;
  }
  testing::TempFolder folder_;
};

void expect_keys(Store& store, int version) {
  const auto keys = store.keys();
  ASSERT_TRUE(keys && keys->size() == 4);
  const auto &ada = (*keys)[0], &bob = (*keys)[1], &eve = (*keys)[2], &lead = (*keys)[3];
  EXPECT_EQ(ada.id, "AAAAAAAA");
  EXPECT_EQ(ada.team, "research");
  EXPECT_EQ(ada.user, "ada");
  EXPECT_EQ(ada.created, 1000);
  EXPECT_THAT(ada.scopes.words(), ElementsAre("use"));
  EXPECT_FALSE(ada.expires);
  EXPECT_FALSE(ada.revoked);
  EXPECT_EQ(bob.user, "") << "erased";
  EXPECT_EQ(bob.subject, "sub_bob");
  EXPECT_EQ(bob.secret_sha256[31], 1);
  EXPECT_EQ(bob.revoked, 3000);
  if (version < 4)
    EXPECT_THAT(lead.scopes.words(), ElementsAre("use"));
  else
    EXPECT_THAT(lead.scopes.words(), ElementsAre("team:research", "use"));
  EXPECT_EQ(lead.expires, version < 4 ? std::nullopt : std::optional<WallMs>(9000));
  for (const auto* key : {&ada, &bob, &lead}) EXPECT_EQ(key->origin, key->id);
  EXPECT_EQ(eve.origin, version < 5 ? "CCCCCCCC" : "AAAAAAAA");
}

void expect_questions(const std::string& path, int version) {
  const auto questions = open_questions(path);
  const auto all = questions->list({});
  ASSERT_TRUE(all) << all.error().text();
  ASSERT_EQ(all->size(), version < 9 ? 0U : version < 11 ? 2U : 1U);
  if (version < 9) return;
  if (version < 11) {
    const auto& erased = all->back();
    EXPECT_EQ(erased.fingerprint + erased.request, "");
    EXPECT_EQ(erased.topic, "nothing stated");
    EXPECT_EQ(erased.details, R"({"people":true})");
  }
  EXPECT_EQ(all->front().fingerprint, "abc");
  EXPECT_EQ(all->front().number, 17U);
  EXPECT_EQ(all->front().expires, 9000);
  EXPECT_EQ(questions->answers(17)->size(), 1U);
  EXPECT_EQ(questions->events(17)->size(), 1U);
}

class MigrateTest : public ::testing::TestWithParam<Released> {
 protected:
  MigrateTest() { folder_.make(GetParam()); }
  std::unique_ptr<Store> open() const {
    auto store = open_sqlite(folder_.store());
    EXPECT_TRUE(store) << store.error().text();
    return store ? std::move(*store) : nullptr;
  }
  Folder folder_;
};

TEST_P(MigrateTest, AStoreOfAReleasedSchemaLosesNothing) {
  const auto version = GetParam().version;
  for (int opened = 0; opened < 2; ++opened) {  // brought forward, and then as it is
    const auto store = open();
    ASSERT_TRUE(store);
    expect_keys(*store, version);
    EXPECT_EQ(store->subject_of("ada").value(), "sub_ada");
    if (version < 3)
      EXPECT_THAT(store->limits().value(), IsEmpty());
    else
      EXPECT_THAT(store->limits().value(),
                  ElementsAre(StoredLimits{"key", "AAAAAAAA", R"({"concurrent":2})"}));
    Invitations invitations(folder_.store());
    const auto invited = invitations.of_team("sales");
    ASSERT_TRUE(invited);
    ASSERT_EQ(invited->size(), version < 4 ? 0U : 1U);
    if (version >= 4) EXPECT_EQ(invited->front().uses - invited->front().used, 2U);
    expect_questions(folder_.store(), version);
  }
  const auto store = open();
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->create_key("t", "ada", 1));
  EXPECT_TRUE(store->unrecorded_revocations()->empty());
  EXPECT_TRUE(store->renew_key("AAAAAAAA", 5000, 4000, {}));
  EXPECT_TRUE(store->revoke_line("AAAAAAAA", 1));
}

// Who was in two teams gets a response that an older schema kept by neither key: nobody knows by which it
// was made.
TEST_P(MigrateTest, AStoredResponseGetsTheTeamOfItsSubjectWhereThereIsButOne) {
  const auto version = GetParam().version;
  const auto store = open();
  ASSERT_TRUE(store);
  const auto ada = version < 2 ? StoredResponse{"resp_1", "openai", "", ""}
                               : StoredResponse{"resp_1", "openai", "research", "sub_ada"};
  const auto eve = version < 2   ? StoredResponse{"resp_2", "openai", "", ""}
                   : version < 5 ? StoredResponse{"resp_2", "openai", "", "sub_eve"}
                                 : StoredResponse{"resp_2", "openai", "sales", "sub_eve"};
  EXPECT_THAT(store->recent_responses(6000, 6000).value(), ElementsAre(ada, eve));
}

TEST_P(MigrateTest, BecomesTheSchemaThatANewStoreHas) {
  ASSERT_TRUE(open());
  const Folder fresh;
  ASSERT_TRUE(open_sqlite(fresh.store()));
  EXPECT_EQ(folder_.schema(), fresh.schema());
}

INSTANTIATE_TEST_SUITE_P(Released, MigrateTest, ::testing::ValuesIn(released()),
                         [](const auto& info) { return "Schema" + std::to_string(info.param.version); });

TEST(Migrations, TheNewestSchemaIsFrozenHereToo) {
  const Folder fresh, frozen;
  ASSERT_TRUE(open_sqlite(fresh.store()));
  frozen.make(released().back());
  EXPECT_EQ(frozen.schema(), fresh.schema()) << "add the new schema to released()";
}

}  // namespace
}  // namespace ostiary::store
