#include "ledger/keeper.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "ledger/impl/keeping.h"
#include "ledger/impl/test_support.h"

namespace ostiary::ledger {
namespace {

using namespace testing;

constexpr WallMs kStart = 1'760'000'000'000;

class Book final : public NameBook {
 public:
  Book() = default;
  explicit Book(const std::string& subject, bool is_broken = false)
      : names{{subject, "ada"}}, broken(is_broken) {}
  std::map<std::string, std::string> names;
  std::vector<std::string> forgotten;
  bool broken = false;
  Result<bool> knows(const std::string& subject) override { return names.contains(subject); }
  Result<> forget(const std::string& subject) override {
    if (broken) return fail(Code::io, "the store is broken");
    forgotten.push_back(subject);
    names.erase(subject);
    return {};
  }
};

// A data folder with a ledger, its keeper, and exchanges.
struct House {
  explicit House(const std::string& data, Options options = quiet_options(), KeeperOptions keeping = {})
      : folder(data) {
    auto opened = Ledger::open(data, options);
    EXPECT_TRUE(opened) << opened.error().text();
    ledger = std::move(*opened);
    auto made = Keeper::open(data, *ledger, keeping);
    EXPECT_TRUE(made) << made.error().text();
    keeper = std::move(*made);
  }

  Id exchange(const std::string& subject, const std::string& team = "t", WallMs at = kStart) {
    ExchangeRecord record;
    record.id = Id::make();
    record.at = at;
    record.subject = subject;
    record.team = team;
    std::string intent, outcome;
    append_intent(intent, record);
    append_outcome(outcome, record);
    Batch batch;
    batch.add_key(record.id, random_key());
    batch.add(intent);
    batch.add(outcome);
    EXPECT_TRUE(ledger->append(batch));
    return record.id;
  }
  bool has_key(const Id& id) const { return digest_key(folder, id).has_value(); }
  std::vector<std::string> of_kind(const std::string& kind) const {
    std::vector<std::string> found;
    for (const auto& line : *tail(folder, 1000))
      if (line.find("\"kind\":\"" + kind + "\"") != line.npos) found.push_back(line);
    return found;
  }

  std::string folder;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Keeper> keeper;
};

void expect_sound(const std::string& data) {
  const auto report = verify(data);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(report->ok) << report->problems[0].what << ": " << report->problems[0].message;
}

TEST(Erasure, OfASubjectTakesTheNameAndTheKeysOfAllItsExchangesAndNothingElse) {
  const TestFolder folder;
  auto options = quiet_options();
  options.segment_bytes = 3000;
  {
    House house(folder.data(), options);
    Book book("sub_a");
    std::vector<Id> hers, others;
    for (int n = 0; n < 20; ++n) {
      hers.push_back(house.exchange("sub_a"));
      others.push_back(house.exchange("sub_ab"));
    }
    const auto root = house.ledger->root();
    const auto erased = house.keeper->erase_subject("sub_a", "uid:1000", book);
    ASSERT_TRUE(erased) << erased.error().text();
    EXPECT_EQ(erased->keys, 20U);
    EXPECT_EQ(book.forgotten, std::vector<std::string>{"sub_a"});
    for (const auto& id : hers) EXPECT_EQ(digest_key(folder.data(), id).error().code, Code::not_found);
    for (const auto& id : others) EXPECT_TRUE(house.has_key(id));
    const auto records = house.of_kind("erasure");
    ASSERT_EQ(records.size(), 2U);
    EXPECT_NE(records[0].find(R"("state":"begun","subject":"sub_a")"), std::string::npos);
    EXPECT_NE(records[1].find(R"("by":"uid:1000")"), std::string::npos);
    EXPECT_NE(records[1].find(R"("keys":20,"kind":"erasure","state":"done","subject":"sub_a")"),
              std::string::npos);
    EXPECT_NE(house.ledger->root(), root);
  }
  expect_sound(folder.data());
}

TEST(Erasure, OfOneExchangeLeavesTheOthers) {
  const TestFolder folder;
  House house(folder.data());
  const auto gone = house.exchange("sub_a"), stays = house.exchange("sub_a");
  ASSERT_TRUE(house.keeper->erase_exchange(gone, "uid:0"));
  EXPECT_FALSE(house.has_key(gone));
  EXPECT_TRUE(house.has_key(stays));
  EXPECT_EQ(house.keeper->erase_exchange(gone, "uid:0").error().code, Code::not_found);
  EXPECT_EQ(house.keeper->erase_exchange(Id::make(), "uid:0").error().code, Code::not_found);
  EXPECT_EQ(house.of_kind("erasure").size(), 2U) << "what is refused is not recorded";
  expect_sound(folder.data());
}

TEST(Erasure, OfSomebodyUnknownIsRefused) {
  const TestFolder folder;
  House house(folder.data());
  Book book;
  house.exchange("sub_a");
  EXPECT_EQ(house.keeper->erase_subject("sub_b", "uid:0", book).error().code, Code::not_found);
  EXPECT_TRUE(book.forgotten.empty());
  EXPECT_TRUE(house.keeper->erase_subject("sub_a", "uid:0", book)) << "the ledger knows it, if no name does";
}

TEST(Erasure, ThatWasCutOffIsFinishedAtTheNextStart) {
  const TestFolder folder;
  Id id;
  {
    House house(folder.data());
    id = house.exchange("sub_a");
    Book book("sub_a", true);
    EXPECT_EQ(house.keeper->erase_subject("sub_a", "uid:0", book).error().code, Code::io);
    EXPECT_TRUE(house.has_key(id));
  }
  for (const bool without_file : {true, false}) {
    if (without_file) std::filesystem::remove(folder.ledger("keeping"));
    House house(folder.data());
    Book book("sub_a");
    ASSERT_TRUE(house.keeper->finish(book));
    EXPECT_EQ(book.forgotten.size(), without_file ? 1U : 0U) << "once";
    EXPECT_FALSE(house.has_key(id));
    EXPECT_EQ(house.of_kind("erasure").size(), 2U);
  }
  expect_sound(folder.data());
}

TEST(Keeping, AFileThatIsNotOfThisLedgerIsPassedOver) {
  const TestFolder folder, other;
  for (const auto* at : {&folder, &other}) {
    House house(at->data());
    Book book("sub_a", true);
    EXPECT_FALSE(house.keeper->erase_subject("sub_a", "uid:0", book));
  }
  const auto path = folder.ledger("keeping");
  const auto wanted = load_keeping(folder.data() + "/ledger")->pending().at(0).id;
  const auto good = slurp(path);
  for (const auto& bad : {slurp(other.ledger("keeping")), good.substr(0, good.size() / 2), std::string(),
                          std::string("ostiary-keeping 2 all\n")}) {
    spill(path, bad);
    const auto loaded = load_keeping(folder.data() + "/ledger");
    ASSERT_TRUE(loaded && loaded->pending().size() == 1);
    EXPECT_EQ(loaded->pending()[0].id, wanted);
  }
}

}  // namespace
}  // namespace ostiary::ledger
