#include "ledger/export.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/impl/test_support.h"

namespace ostiary::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace ledger::testing;

class Export : public ::testing::Test {
 protected:
  void SetUp() override {
    auto options = quiet_options();
    options.segment_bytes = 1500;
    ledger_ = std::move(*Ledger::open(folder_.data(), options));
  }
  void add(const ExchangeRecord& record, bool outcome = true) {
    std::string line;
    outcome ? append_outcome(line, record) : append_intent(line, record);
    add(line);
  }
  void add(const std::string& line) {
    Batch batch;
    batch.add(line);
    ASSERT_TRUE(ledger_->append(batch));
    lines_.push_back(line);
  }
  // The numbers of the records that come out; each must be as it was written.
  std::vector<std::size_t> numbers(const RecordFilter& filter) {
    std::vector<std::size_t> out;
    std::size_t from = 0;
    const auto done = export_records(folder_.data(), filter, [&](std::string_view line) -> Result<> {
      const auto found = std::find(lines_.begin() + static_cast<std::ptrdiff_t>(from), lines_.end(), line);
      EXPECT_NE(found, lines_.end());
      from = static_cast<std::size_t>(found - lines_.begin()) + 1;
      out.push_back(from - 1);
      return {};
    });
    EXPECT_TRUE(done) << done.error().text();
    EXPECT_EQ(done->matched, out.size());
    removed_ = done->removed;
    return out;
  }

  TestFolder folder_;
  std::unique_ptr<Ledger> ledger_;
  std::vector<std::string> lines_;
  std::uint64_t removed_ = 0;
};

ExchangeRecord exchange(std::string_view team, std::string_view service, WallMs at) {
  ExchangeRecord record;
  record.id = Id::make();
  record.at = at;
  record.team = team;
  record.service = service;
  record.subject = "s-1";
  record.model = "m \"quoted\" \xC3\xA9";
  record.decision_json = R"({"effect":"deny","mode":"enforce"})";
  return record;
}

TEST_F(Export, GivesEveryRecordAsItStandsWithoutAFilter) {
  for (int i = 0; i < 40; ++i) add(record_line(static_cast<std::uint64_t>(i)));
  EXPECT_EQ(numbers({}).size(), 40U);
}

TEST_F(Export, GivesWhatTheFilterWants) {
  const auto one = exchange("research", "main", 1000), two = exchange("sales", "main", 2000);
  add(one, false);                        // 0
  add(one);                               // 1
  add(two);                               // 2
  add(exchange("sales", "other", 3000));  // 3
  std::string line;
  append_change(line, 4000, "key-created", "k", R"({"team":"sales"})");  // 4: not of the team, about it
  add(line);
  const auto with = [&](auto set) {
    RecordFilter filter;
    set(filter);
    return numbers(filter);
  };
  EXPECT_THAT(with([](auto& f) { f.team = "sales"; }), ElementsAre(2, 3));
  EXPECT_THAT(with([](auto& f) { f.team = "sale"; }), IsEmpty());
  EXPECT_THAT(with([](auto& f) { f.service = "main"; }), ElementsAre(0, 1, 2));
  EXPECT_THAT(with([](auto& f) { f.service = "main", f.team = "sales"; }), ElementsAre(2));
  EXPECT_THAT(with([](auto& f) { f.model = "m \"quoted\" \xC3\xA9"; }), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(with([](auto& f) { f.subject = "s-1", f.kind = "intent"; }), ElementsAre(0));
  EXPECT_THAT(with([](auto& f) { f.kind = "change"; }), ElementsAre(4));
  EXPECT_THAT(with([](auto& f) { f.kind = "outcome", f.decision = "deny"; }), ElementsAre(1, 2, 3));
  EXPECT_THAT(with([](auto& f) { f.decision = "allow"; }), IsEmpty());
  EXPECT_THAT(with([](auto& f) { f.outcome = "complete"; }), ElementsAre(1, 2, 3));
  EXPECT_THAT(with([&](auto& f) { f.id = one.id; }), ElementsAre(0, 1));
  EXPECT_THAT(with([](auto& f) { f.since = 2000; }), ElementsAre(2, 3, 4));
  EXPECT_THAT(with([](auto& f) { f.until = 2000; }), ElementsAre(0, 1));
  EXPECT_THAT(with([](auto& f) { f.since = 1001, f.until = 3001, f.team = "sales"; }), ElementsAre(2, 3));
}

TEST_F(Export, KnowsKindsThatNoExchangeHas) {
  add(R"({"at":"2026-01-01T00:00:00.000Z","kind":"gap","missed":{"kind":"erasure"}})");
  add(R"({"at":"2026-01-01T00:00:00.000Z","kind":"erasure","subject":"s-1"})");
  RecordFilter filter;
  filter.kind = "erasure";
  EXPECT_THAT(numbers(filter), ElementsAre(1));
}

TEST_F(Export, CountsRecordsWhoseLinesAreGone) {
  for (int i = 0; i < 60; ++i) add(record_line(static_cast<std::uint64_t>(i)));
  std::filesystem::remove(folder_.ledger(kFirstLog));
  const auto left = numbers({});
  EXPECT_GT(removed_, 0U);
  EXPECT_EQ(left.size() + removed_, 60U);
}

TEST_F(Export, EndsWithTheErrorOfWhoTakes) {
  for (int i = 0; i < 5; ++i) add(record_line(static_cast<std::uint64_t>(i)));
  int given = 0;
  const auto done = export_records(folder_.data(), {}, [&](std::string_view) -> Result<> {
    return ++given == 2 ? fail(Code::io, "full") : Result<>{};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "full");
  EXPECT_EQ(given, 2);
  EXPECT_EQ(export_records(folder_.other("nothing"), {}, {}).error().code, Code::not_found);
}

}  // namespace
}  // namespace ostiary::ledger
