#include "store/store.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sqlite3.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.h"
#include "store/data_folder.h"
#include "store/impl/keys.h"
#include "store/key_form.h"

namespace ostiary::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class StoreTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_ / name; }
  std::unique_ptr<Store> open() const {
    auto store = open_sqlite(path("store.db"));
    EXPECT_TRUE(store) << store.error().text();
    return store ? std::move(*store) : nullptr;
  }
  static std::string slurp(const std::string& file) {
    std::ostringstream out;
    out << std::ifstream(file, std::ios::binary).rdbuf();
    return out.str();
  }
  static void spill(const std::string& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
  }
  void sql(const std::string& statement) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path("store.db").c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  testing::TempFolder folder_;
};

TEST(KeyText, IsTheFormThatScannersLookFor) {
  const auto key = make_key("AbCd1234", random_key());
  EXPECT_THAT(std::string(key.text.reveal()), ::testing::MatchesRegex("ost_AbCd1234_[0-9A-Za-z]{49}"));
}

TEST(KeyText, ComesBackAsItsIdAndTheHashOfItsSecret) {
  for (int i = 0; i < 200; ++i) {
    const auto secret = random_key();
    const auto key = make_key(random_base62(8), secret);
    const auto parsed = parse_key(key.text.reveal());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->id, key.text.reveal().substr(4, 8));
    EXPECT_EQ(parsed->secret_sha256, sha256({reinterpret_cast<const char*>(secret.data()), secret.size()}));
    EXPECT_EQ(parsed->secret_sha256, key.secret_sha256);
  }
}

TEST(KeyText, OfTheLeastAndTheGreatestSecretComesBack) {
  Key256 zeros{}, ones;
  ones.fill(0xff);
  for (const auto& secret : {zeros, ones}) {
    const auto parsed = parse_key(make_key("00000000", secret).text.reveal());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->secret_sha256, sha256({reinterpret_cast<const char*>(secret.data()), secret.size()}));
  }
}

TEST(KeyText, WithAnyOtherCharacterIsNoKey) {
  const std::string text(make_key("AbCd1234", random_key()).text.reveal());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'0', 'z', '_', '-', ' ', '\0', '\xff'}) {
      auto changed = text;
      changed[i] = c;
      EXPECT_EQ(parse_key(changed).has_value(), changed == text) << changed;
    }
  }
  for (std::size_t n = 0; n < text.size(); ++n) EXPECT_FALSE(parse_key(text.substr(0, n)));
  EXPECT_FALSE(parse_key(text + "0"));
}

TEST(KeyText, OverThirtyTwoBytesIsNoKey) {
  // 43 digits z are more than 2^256; the checksum is right.
  std::string text = "ost_AbCd1234_" + std::string(43, 'z');
  const auto crc = crc32(text);
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(crc >> 24), static_cast<std::uint8_t>(crc >> 16),
                                static_cast<std::uint8_t>(crc >> 8), static_cast<std::uint8_t>(crc)};
  EXPECT_FALSE(parse_key(text + base62(bytes, 6)));
}

TEST_F(StoreTest, AKeyIsShownOnceAndItsSecretIsNeverKept) {
  std::string text;
  {
    const auto store = open();
    const auto made = store->create_key("platform", "ada@example.com", 1000);
    ASSERT_TRUE(made) << made.error().text();
    text = made->text.reveal();
    const auto parsed = parse_key(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->id, made->entry.id);
    EXPECT_EQ(parsed->secret_sha256, made->entry.secret_sha256);
  }
  EXPECT_THAT(slurp(path("store.db")), Not(HasSubstr(text.substr(13, 43))));
}

TEST_F(StoreTest, KeysComeBackSortedByTheirCreation) {
  std::vector<std::string> ids;
  {
    const auto store = open();
    for (const WallMs at : {3000, 1000, 2000}) ids.push_back(store->create_key("t", "u", at)->entry.id);
  }
  const auto keys = open()->keys();
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 3U);
  EXPECT_EQ((*keys)[0].id, ids[1]);
  EXPECT_EQ((*keys)[1].id, ids[2]);
  EXPECT_EQ((*keys)[2].id, ids[0]);
  EXPECT_EQ((*keys)[0].team, "t");
  EXPECT_EQ((*keys)[0].user, "u");
  EXPECT_EQ((*keys)[0].created, 1000);
  EXPECT_FALSE((*keys)[0].revoked);
}

TEST_F(StoreTest, AKeyNeedsATeamAndAUser) {
  EXPECT_EQ(open()->create_key("", "u", 1).error().code, Code::invalid);
  EXPECT_EQ(open()->create_key("t", "", 1).error().code, Code::invalid);
  EXPECT_EQ(open()->subject_of("").error().code, Code::invalid);
}

TEST_F(StoreTest, AKeyIsRevokedOnce) {
  const auto store = open();
  const auto id = store->create_key("t", "u", 1000)->entry.id;
  const auto revoked = store->revoke_key(id, 2000);
  ASSERT_TRUE(revoked) << revoked.error().text();
  EXPECT_EQ(revoked->revoked, 2000);
  EXPECT_EQ(store->revoke_key(id, 3000).error().code, Code::exists);
  EXPECT_EQ(store->revoke_key("nothere0", 3000).error().code, Code::not_found);
  EXPECT_EQ(store->keys()->front().revoked, 2000);
}

TEST_F(StoreTest, AUserHasOnePseudonymThatTellsNothing) {
  const auto store = open();
  const auto ada = store->subject_of("ada"), bob = store->subject_of("bob");
  ASSERT_TRUE(ada && bob);
  EXPECT_THAT(*ada, ::testing::MatchesRegex("sub_[0-9A-Za-z]{20}"));
  EXPECT_NE(*ada, *bob);
  EXPECT_EQ(store->subject_of("ada"), *ada);
  EXPECT_EQ(store->create_key("t", "ada", 1)->entry.subject, *ada);
}

TEST_F(StoreTest, AnErasedNameIsNowhereInTheFilesAndThePseudonymStays) {
  const std::string name = "augusta.ada.king@example.com";
  const auto store = open();
  const auto key = store->create_key("t", name, 1);
  ASSERT_TRUE(key);
  EXPECT_THAT(slurp(path("store.db")), HasSubstr(name));
  ASSERT_TRUE(store->erase_subject(key->entry.subject, 2));
  EXPECT_THAT(slurp(path("store.db")) + slurp(path("store.db-wal")), Not(HasSubstr(name)));
  const auto keys = store->keys();
  ASSERT_TRUE(keys && keys->size() == 1);
  EXPECT_EQ(keys->front().user, "");
  EXPECT_EQ(keys->front().subject, key->entry.subject);
  EXPECT_EQ(keys->front().revoked, 2);
  EXPECT_EQ(store->find_subject(name).value(), std::nullopt);
  EXPECT_TRUE(store->has_subject(key->entry.subject).value());
  EXPECT_NE(store->subject_of(name), key->entry.subject) << "the same name is a new pseudonym";
  EXPECT_EQ(store->erase_subject("sub_unknown", 2).error().code, Code::not_found);
}

TEST_F(StoreTest, AnErasedNameIsNotLeftInPagesThatWereSplit) {
  const auto store = open();
  std::vector<std::string> subjects;
  const auto name = [](int n) { return "somebody.with.a.long.name." + std::to_string(n) + "@example.com"; };
  for (int n = 0; n < 200; ++n) subjects.push_back(store->subject_of(name(n)).value());
  for (int n = 0; n < 20; ++n) ASSERT_TRUE(store->erase_subject(subjects[static_cast<std::size_t>(n)], 1));
  const auto files = slurp(path("store.db")) + slurp(path("store.db-wal"));
  for (int n = 0; n < 20; ++n) EXPECT_THAT(files, Not(HasSubstr(name(n))));
  EXPECT_THAT(files, HasSubstr(name(20)));
}

bool remember(Store& store, const StoredResponse& response, WallMs at) {
  return store.remember_responses({&response, 1}, at).has_value();
}

TEST_F(StoreTest, ResponsesStayWithTheirServiceAndSubject) {
  const auto store = open();
  const std::vector<StoredResponse> first = {{"resp_1", "a", "blue", "sub_a"},
                                             {"resp_2", "b", "red", "sub_b"}};
  ASSERT_TRUE(store->remember_responses(first, 1000));
  ASSERT_TRUE(remember(*store, {"resp_1", "c", "blue", "sub_c"}, 3000));
  EXPECT_EQ(store->service_of_response("resp_1").value(), "c");
  EXPECT_EQ(store->service_of_response("resp_2").value(), "b");
  EXPECT_EQ(store->service_of_response("resp_3").value(), std::nullopt);
  EXPECT_THAT(store->recent_responses(3000, 3000).value(),
              ElementsAre(first[1], StoredResponse{"resp_1", "c", "blue", "sub_c"}));
}

TEST_F(StoreTest, OldResponsesAreDropped) {
  const auto store = open();
  for (const WallMs at : {1000, 2000, 3000})
    ASSERT_TRUE(remember(*store, {"resp_" + std::to_string(at), "s", "t", "u"}, at));
  EXPECT_THAT(
      store->recent_responses(3000, 1000).value(),
      ElementsAre(StoredResponse{"resp_2000", "s", "t", "u"}, StoredResponse{"resp_3000", "s", "t", "u"}));
  EXPECT_EQ(store->service_of_response("resp_1000").value(), std::nullopt);
}

TEST_F(StoreTest, LimitsAreReplacedListedInOrderAndCleared) {
  {
    const auto store = open();
    ASSERT_TRUE(store->set_limits({"team", "search", R"({"concurrent":1})"}));
    ASSERT_TRUE(store->set_limits({"key", "AAAAAAAA", R"({"concurrent":2})"}));
    ASSERT_TRUE(store->set_limits({"team", "search", R"({"concurrent":3})"}));
    ASSERT_TRUE(store->set_limits({"team", "", "{}"}));
    EXPECT_EQ(store->set_limits({"user", "ada", "{}"}).error().code, Code::invalid);
  }
  const auto store = open();
  EXPECT_THAT(store->limits().value(), ElementsAre(StoredLimits{"key", "AAAAAAAA", R"({"concurrent":2})"},
                                                   StoredLimits{"team", "", "{}"},
                                                   StoredLimits{"team", "search", R"({"concurrent":3})"}));
  EXPECT_TRUE(store->clear_limits("team", "search"));
  EXPECT_EQ(store->clear_limits("team", "search").error().code, Code::not_found);
  EXPECT_EQ(store->limits()->size(), 2U);
}

TEST_F(StoreTest, AKeyKeepsItsScopesAndItsEnd) {
  KeyWish wish;
  wish.team = "blue";
  wish.user = "ada";
  wish.scopes = parse_scopes({"use", "team:two words", "team:blue", "admin", "team:blue"}).value();
  wish.expires = 5000;
  const auto made = open()->create_key(wish, 1);
  ASSERT_TRUE(made);
  const auto kept = open()->keys()->front();
  EXPECT_THAT(kept.scopes.words(), ElementsAre("admin", "team:blue", "team:two words", "use"));
  EXPECT_EQ(kept.scopes, made->entry.scopes);
  EXPECT_TRUE(kept.valid_at(4999));
  EXPECT_FALSE(kept.valid_at(5000));
}

TEST_F(StoreTest, ARenewedKeyIsOfTheSameLineOwnerScopesAndEnd) {
  const auto store = open();
  KeyWish wish;
  wish.team = "blue";
  wish.user = "ada";
  wish.scopes = parse_scopes({"use", "team:blue"}).value();
  wish.expires = 9000;
  const auto first = store->create_key(wish, 1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->entry.origin, first->entry.id);
  EXPECT_FALSE(first->entry.renewed());
  const auto second = store->renew_key(first->entry.id, 5000, 1000, {});
  ASSERT_TRUE(second) << second.error().text();
  const auto third = store->renew_key(second->made.entry.id, 6000, 2000, {});
  ASSERT_TRUE(third);
  const auto kept = open()->keys().value();
  ASSERT_EQ(kept.size(), 3U);
  for (const auto& key : kept) {
    EXPECT_EQ(key.origin, first->entry.id);
    EXPECT_EQ(key.subject, first->entry.subject);
    EXPECT_EQ(key.team, "blue");
    EXPECT_EQ(key.scopes, wish.scopes);
  }
  EXPECT_EQ(kept[0].expires, 5000);
  EXPECT_EQ(kept[1].expires, 6000);
  EXPECT_EQ(kept[2].expires, 9000);
  EXPECT_TRUE(kept[2].renewed());
  EXPECT_EQ(parse_key(third->made.text.reveal())->secret_sha256, kept[2].secret_sha256);
}

TEST_F(StoreTest, TheEndOfARenewedKeyMovesForwardOnly) {
  const auto store = open();
  const auto id = store->create_key("t", "u", 1)->entry.id;
  EXPECT_EQ(store->renew_key(id, 5000, 1, {})->before.expires, 5000);
  EXPECT_EQ(store->renew_key(id, 9000, 2, {})->before.expires, 5000);
  EXPECT_EQ(store->renew_key(id, 2000, 3, {})->before.expires, 2000);
}

TEST_F(StoreTest, OnlyAValidKeyIsRenewed) {
  const auto store = open();
  const auto ended = store->create_key("t", "u", 1)->entry.id,
             gone = store->create_key("t", "u", 1)->entry.id;
  ASSERT_TRUE(store->renew_key(ended, 2000, 1, {}));
  ASSERT_TRUE(store->revoke_key(gone, 3000));
  EXPECT_EQ(store->renew_key(ended, 9000, 2000, {}).error().code, Code::not_found);
  EXPECT_EQ(store->renew_key(gone, 9000, 3001, {}).error().code, Code::not_found);
  EXPECT_EQ(store->renew_key("nobody00", 9000, 1, {}).error().code, Code::not_found);
  EXPECT_EQ(store->keys()->size(), 3U);
}

TEST_F(StoreTest, WhatIsNotConfirmedWasNotDone) {
  const auto store = open();
  const auto id = store->create_key("t", "u", 1)->entry.id;
  std::size_t seen = 0;
  const auto refuse = [&]() -> Result<> {
    seen = store->keys()->size();
    return fail(Code::io, "no");
  };
  KeyWish wish;
  wish.team = "t";
  wish.user = "v";
  EXPECT_EQ(store->create_key(wish, 2, [&](const auto&) { return refuse(); }).error().code, Code::io);
  EXPECT_EQ(seen, 2U) << "what will stand there can be read";
  EXPECT_EQ(store->renew_key(id, 5, 2, [&](const auto&, const auto&) { return refuse(); }).error().code,
            Code::io);
  EXPECT_EQ(seen, 2U);
  for (const auto& keys : {store->keys().value(), open()->keys().value()}) {
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_FALSE(keys[0].expires);
  }
  EXPECT_TRUE(store->renew_key(id, 5, 2, {})) << "and nothing stays locked";
}

TEST_F(StoreTest, ALineIsRevokedWithAllThatIsOfIt) {
  const auto store = open();
  const auto a = store->create_key("t", "u", 1)->entry.id, other = store->create_key("t", "u", 2)->entry.id;
  const auto b = store->renew_key(a, 5000, 10, {})->made.entry.id;
  const auto c = store->renew_key(b, 5000, 20, {})->made.entry.id;
  ASSERT_TRUE(store->revoke_key(a, 30));
  const auto revoked = store->revoke_line(a, 40);
  ASSERT_TRUE(revoked) << revoked.error().text();
  ASSERT_EQ(revoked->size(), 2U);
  EXPECT_EQ((*revoked)[0].id, b);
  EXPECT_EQ((*revoked)[1].id, c);
  EXPECT_EQ((*revoked)[1].revoked, 40);
  EXPECT_EQ(store->revoke_line(c, 50).error().code, Code::exists);
  EXPECT_EQ(store->revoke_line("nobody00", 50).error().code, Code::not_found);
  for (const auto& key : store->keys().value())
    EXPECT_EQ(key.revoked, key.id == other ? std::optional<WallMs>() : key.id == a ? 30 : 40) << key.id;
}

TEST(Scopes, WhatIsNoneIsRefusedWithoutRepeatingIt) {
  for (const auto* word : {"", "Admin", "team:", "team:a\nadmin", "root"}) {
    const auto scopes = parse_scopes({"use", word});
    ASSERT_FALSE(scopes) << word;
    EXPECT_EQ(scopes.error().message, "a scope is admin, desk, inventory, read, use or team:NAME");
  }
  EXPECT_FALSE(parse_scopes({}));
}

TEST_F(StoreTest, TextsAreTakenAsTheyAre) {
  const auto store = open();
  const std::string odd = "'; DROP TABLE keys; -- \u20ac \"";
  ASSERT_TRUE(store->create_key(odd, odd, 1));
  ASSERT_TRUE(remember(*store, {odd, odd, odd, odd}, 1));
  EXPECT_EQ(store->keys()->front().team, odd);
  EXPECT_EQ(store->keys()->front().user, odd);
  EXPECT_EQ(store->service_of_response(odd).value(), odd);
}

TEST_F(StoreTest, TheFileIsItsUsersAlone) {
  ASSERT_TRUE(open()->create_key("t", "u", 1));
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(path("store.db")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(StoreTest, ANewerOneIsRefused) {
  {
    open();
  }
  sql("PRAGMA user_version = 1000");
  EXPECT_EQ(open_sqlite(path("store.db")).error().code, Code::newer);
}

TEST_F(StoreTest, ADatabaseOfAnotherProgramIsRefused) {
  sql("CREATE TABLE other (x)");
  EXPECT_EQ(open_sqlite(path("store.db")).error().code, Code::invalid);
}

TEST_F(StoreTest, WhatIsNoDatabaseIsRefused) {
  spill(path("store.db"), std::string(5000, 'x'));
  EXPECT_EQ(open_sqlite(path("store.db")).error().code, Code::corrupt);
  EXPECT_EQ(open_sqlite(path("none/store.db")).error().code, Code::not_found);
}

TEST_F(StoreTest, WorksInMemory) {
  const auto store = open_sqlite(":memory:");
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->create_key("t", "u", 1));
}

TEST_F(StoreTest, ADataFolderIsMadeWithItsVersion) {
  const auto lock = DataLock::acquire(path("a/b"));
  ASSERT_TRUE(lock) << lock.error().text();
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(path("a/b")).permissions(), fs::perms::owner_all);
  EXPECT_EQ(slurp(path("a/b/VERSION")), "ostiary-data 1\n");
}

TEST_F(StoreTest, OneProcessAtATimeHoldsADataFolder) {
  auto lock = DataLock::acquire(path("data"));
  ASSERT_TRUE(lock);
  const auto second = DataLock::acquire(path("data"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::unavailable);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
  {
    const DataLock moved = std::move(*lock);
    EXPECT_FALSE(DataLock::acquire(path("data")));
  }
  EXPECT_TRUE(DataLock::acquire(path("data")));
}

TEST_F(StoreTest, ADeadProcessHoldsNothing) {
  const auto pid = ::fork();
  if (pid == 0) {
    const auto lock = DataLock::acquire(path("data"));
    ::_exit(lock ? 0 : 1);  // without its destructor
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(DataLock::acquire(path("data")));
}

TEST_F(StoreTest, ADataFolderOfANewerProgramIsRefused) {
  {
    ASSERT_TRUE(DataLock::acquire(path("data")));
  }
  spill(path("data/VERSION"), "ostiary-data 2\n");
  EXPECT_EQ(DataLock::acquire(path("data")).error().code, Code::newer);
  spill(path("data/VERSION"), "something else\n");
  EXPECT_EQ(DataLock::acquire(path("data")).error().code, Code::corrupt);
}

TEST_F(StoreTest, AFolderOfSomethingElseIsRefusedAndLeftAsItIs) {
  std::filesystem::create_directory(path("etc"));
  spill(path("etc/passwd"), "x");
  const auto lock = DataLock::acquire(path("etc"));
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, Code::invalid);
  EXPECT_THAT(lock.error().message, HasSubstr("is not a data folder of ostiary; name an empty or new one"));
  EXPECT_FALSE(std::filesystem::exists(path("etc/lock")));
  spill(path("file"), "x");
  EXPECT_EQ(DataLock::acquire(path("file")).error().code, Code::invalid);
}

TEST_F(StoreTest, AnEmptyFolderAndOneWhoseMakingWasCutOffBecomeDataFolders) {
  std::filesystem::create_directory(path("data"));
  for (const auto* left : {"lock", "VERSION.new", "lost+found"}) {
    spill(path("data/") + left, "");
    EXPECT_TRUE(DataLock::acquire(path("data"))) << left;
    EXPECT_TRUE(check_data_folder(path("data")));
    std::filesystem::remove(path("data/VERSION"));
  }
}

TEST_F(StoreTest, LookingAtADataFolderMakesNone) {
  EXPECT_EQ(check_data_folder(path("data")).error().code, Code::not_found);
  EXPECT_FALSE(std::filesystem::exists(path("data")));
  {
    ASSERT_TRUE(DataLock::acquire(path("data")));
  }
  spill(path("data/VERSION"), "ostiary-data 2\n");
  EXPECT_EQ(check_data_folder(path("data")).error().code, Code::newer);
}

TEST(KeyForm, TakesTheIdOutOfAKeyAndRepeatsNothingOfWhatIsNone) {
  const auto key = make_key("AbCdEf12", random_key());
  EXPECT_EQ(key_id_of("AbCdEf12"), "AbCdEf12");
  EXPECT_EQ(key_id_of(key.text.reveal()), "AbCdEf12");
  EXPECT_EQ(key_id_of("ost_AbCdEf12_mistyped"), "AbCdEf12");
  EXPECT_EQ(key_id_of("ost_AbCdEf12"), "AbCdEf12");
  for (const auto* wrong : {"", "short", "AbCdEf1/", "../../up", "ost_secret_secret", "AbCdEf123"}) {
    const auto id = key_id_of(wrong);
    ASSERT_FALSE(id) << wrong;
    EXPECT_EQ(id.error().code, Code::invalid);
    if (*wrong != '\0') EXPECT_THAT(id.error().message, Not(HasSubstr(wrong)));
  }
}

TEST(KeyForm, OfTeamAndUserIsShortTextWithoutControlCharacters) {
  EXPECT_TRUE(check_key_owner("research", "Ada Gr\u00fcezi"));
  EXPECT_TRUE(check_key_owner(std::string(200, 'x'), "a"));
  for (const auto& wrong :
       {std::string(), std::string(201, 'x'), std::string("a\nb"), std::string("\x1b[31m"),
        std::string("a\x7f"), std::string("a\u0085"), std::string("\xff")}) {
    EXPECT_EQ(check_key_owner(wrong, "u").error().code, Code::invalid);
    EXPECT_EQ(check_key_owner("t", wrong).error().code, Code::invalid);
  }
}

TEST(RandomBase62, IsOfTheAlphabetAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto text = random_base62(20);
    EXPECT_EQ(text.size(), 20U);
    EXPECT_TRUE(
        std::ranges::all_of(text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)); }));
    seen.insert(text);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

// The write-ahead log takes a change, and then the file has no room for it.
class FullStoreTest : public StoreTest {
 protected:
  FullStoreTest() {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
  }
  ~FullStoreTest() override { lift(); }
  void fill() const {
    const rlimit full{std::filesystem::file_size(path("store.db")), before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  }
  void lift() const { ::setrlimit(RLIMIT_FSIZE, &before_); }
  static inline const std::string kLong = std::string(9'000, 't');  // more than its page has room for

 private:
  rlimit before_{};
};

TEST_F(FullStoreTest, AKeyThatDoesNotReachTheFileIsNotMade) {
  auto store = open();
  ASSERT_TRUE(store->create_key("blue", "ada", 1));
  fill();
  const auto made = store->create_key(kLong, "ada", 2);
  EXPECT_FALSE(made) << "it was not tried with a full file";
  EXPECT_EQ(store->keys()->size(), 1U);
  lift();
  store = open();
  EXPECT_EQ(store->keys()->size(), 1U);
  EXPECT_TRUE(store->create_key(kLong, "ada", 3));
}

TEST_F(FullStoreTest, ARenewalThatDoesNotReachTheFileLeavesTheOldKeyAsItWas) {
  auto store = open();
  const auto old = store->create_key(kLong, "ada", 1);
  ASSERT_TRUE(old);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store->create_key(kLong, "bob", 2));  // room for a longer log
  fill();
  int asked = 0;
  const auto renewed = store->renew_key(old->entry.id, 5'000, 2, [&](const KeyEntry&, const KeyEntry&) {
    ++asked;
    return Result<>();
  });
  EXPECT_FALSE(renewed) << "it was not tried with a full file";
  EXPECT_EQ(asked, 1);
  for (int opened = 0; opened < 2; ++opened) {
    const auto keys = store->keys().value();
    ASSERT_EQ(keys.size(), 21U);
    EXPECT_EQ(keys[0].id, old->entry.id);
    EXPECT_FALSE(keys[0].expires);
    lift();
    store = open();
  }
}

TEST_F(StoreTest, ARevocationIsOwedToTheLedgerUntilItStandsThere) {
  auto store = open();
  const auto one = store->create_key("blue", "ada", 1)->entry,
             two = store->create_key("blue", "bob", 2)->entry;
  ASSERT_TRUE(store->revoke_line(one.id, 3));
  ASSERT_TRUE(store->revoke_key(two.id, 4));
  store = open();
  const auto owed = store->unrecorded_revocations().value();
  ASSERT_EQ(owed.size(), 2U);
  EXPECT_EQ(owed[0].id, one.id);
  EXPECT_EQ(owed[1].id, two.id);
  ASSERT_TRUE(store->revocations_recorded());
  EXPECT_TRUE(store->unrecorded_revocations()->empty());
}

}  // namespace
}  // namespace ostiary::store
