#include "store/exchanges.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <sqlite3.h>

#include "base/testing.h"
#include "store/projection.h"

namespace ostiary::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr WallMs kStart = 1'764'547'200'000 - 3'600'000;  // an hour before 2025-12-01

Id id_of(WallMs at, std::uint64_t n) {
  Id id;
  for (int i = 0; i < 6; ++i)
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(at >> (40 - 8 * i));
  for (int i = 0; i < 8; ++i)
    id.bytes[static_cast<std::size_t>(8 + i)] = static_cast<std::uint8_t>(n >> (56 - 8 * i));
  return id;
}

// A record that a projection is given.
struct Event {
  enum Kind { intent, outcome, anew } kind = outcome;
  ExchangeEntry exchange;
};

ExchangeView view_of(const ExchangeEntry& e) {
  ExchangeView v;
  v.id = e.id, v.at = e.at, v.subject = e.subject, v.team = e.team, v.key = e.key, v.tool = e.tool;
  v.endpoint = e.endpoint, v.service = e.service, v.provider = e.provider, v.surface = e.surface;
  v.model = e.model, v.effect = e.effect, v.mode = e.mode, v.outcome = e.outcome, v.error = e.error;
  v.status = e.status, v.attempts = e.attempts, v.stream = e.stream, v.estimated = e.estimated;
  v.input = e.input, v.output = e.output, v.cached = e.cached, v.cost_nano = e.cost_nano;
  v.decided = e.decided, v.connected = e.connected, v.first_byte = e.first_byte, v.total = e.total;
  v.request_bytes = e.request_bytes, v.response_bytes = e.response_bytes;
  v.intent_index = e.intent_index, v.outcome_index = e.outcome_index;
  return v;
}

ExchangeEntry exchange(std::uint64_t n, WallMs at = kStart) {
  ExchangeEntry e;
  e.id = id_of(at, n);
  e.at = at;
  e.subject = "sub_1", e.team = "research", e.key = "AbCd1234", e.tool = "curl";
  e.endpoint = "chat/completions", e.service = "openai", e.provider = "openai", e.surface = "api";
  e.model = "gpt", e.effect = "allow", e.mode = "enforce", e.outcome = "complete";
  e.status = 200, e.attempts = 1, e.stream = true;
  e.input = 100, e.output = 20, e.cached = 10, e.cost_nano = 1'500;
  e.decided = 1, e.connected = 2, e.first_byte = 3, e.total = 4;
  e.request_bytes = 1000, e.response_bytes = 2000;
  return e;
}

ExchangeEntry intent(std::uint64_t n, WallMs at = kStart) {
  auto e = exchange(n, at);
  e.input = 7, e.output = 4096, e.cached.reset(), e.cost_nano = 50'000;  // reserved
  return e;
}

class ExchangesTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name = "exchanges.sqlite") const { return folder_ / name; }

  // Gives events number [position, size) to the projection of a file, `batch` of them in a transaction. The
  // number of an event is its index in the ledger.
  static void apply(const std::string& file, const std::vector<Event>& events, std::size_t batch = 1000) {
    auto opened = Projection::open(file);
    ASSERT_TRUE(opened) << opened.error().text();
    auto& projection = **opened;
    for (auto n = projection.position().index; n < events.size();) {
      ASSERT_TRUE(projection.begin());
      for (const auto end = std::min<std::uint64_t>(n + batch, events.size()); n < end; ++n)
        ASSERT_TRUE(give(projection, events[n], n));
      ASSERT_TRUE(projection.commit({n, {}, 0, 0}));
    }
  }
  static Result<> give(Projection& projection, const Event& event, std::uint64_t n) {
    auto view = view_of(event.exchange);
    if (event.kind == Event::anew) return projection.begun_anew();
    (event.kind == Event::intent ? view.intent_index : view.outcome_index) = n;
    return event.kind == Event::intent ? projection.intent(view) : projection.outcome(view);
  }
  static std::vector<ExchangeEntry> all(const std::string& file, const ExchangeFilter& filter = {},
                                        std::size_t limit = 1000) {
    Exchanges exchanges(file);
    std::vector<ExchangeEntry> entries;
    std::string cursor;
    do {
      auto page = exchanges.list(filter, cursor, limit);
      EXPECT_TRUE(page) << page.error().text();
      if (!page) break;
      EXPECT_LE(page->exchanges.size(), limit);
      std::ranges::move(page->exchanges, std::back_inserter(entries));
      cursor = page->next;
    } while (!cursor.empty());
    return entries;
  }
  std::vector<MonthUsage> months(const std::string& month) {
    auto usage = Exchanges(path()).months(month);
    EXPECT_TRUE(usage) << usage.error().text();
    return usage ? *usage : std::vector<MonthUsage>{};
  }
  void sql(const std::string& statement) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  testing::TempFolder folder_;
};

TEST_F(ExchangesTest, AnExchangeComesBackAsItWasGiven) {
  apply(path(), {{Event::intent, intent(1)}, {Event::outcome, exchange(1)}});
  auto expected = exchange(1);
  expected.intent_index = 0, expected.outcome_index = 1;
  EXPECT_THAT(all(path()), ElementsAre(expected));
  EXPECT_EQ(Exchanges(path()).find(expected.id).value(), expected);
  EXPECT_EQ(Exchanges(path()).find(id_of(1, 1)).error().code, Code::not_found);
  EXPECT_EQ(Exchanges(path()).position()->index, 2U);
}

TEST_F(ExchangesTest, WhatIsNotKnownStaysSo) {
  ExchangeEntry bare;
  bare.id = id_of(kStart, 1);
  bare.outcome = "refused";
  apply(path(), {{Event::outcome, bare}});
  bare.outcome_index = 0;
  EXPECT_THAT(all(path()), ElementsAre(bare));
}

TEST_F(ExchangesTest, AnIntentThatIsOpenIsNoExchangeYet) {
  apply(path(), {{Event::intent, intent(1)}});
  EXPECT_THAT(all(path()), IsEmpty());
  EXPECT_THAT(months("2025-11"), IsEmpty());
}

TEST_F(ExchangesTest, AnIntentWithoutOutcomeIsUnknownOnceTheProgramBeganAnewAndCountsWhatWasReserved) {
  apply(path(), {{Event::intent, intent(1)}, {Event::anew, {}}, {Event::anew, {}}});
  const auto entries = all(path());
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].outcome, "unknown");
  EXPECT_EQ(entries[0].status, 0U);
  EXPECT_EQ(entries[0].model, "gpt");
  EXPECT_EQ(entries[0].intent_index, 0U);
  EXPECT_EQ(entries[0].outcome_index, std::nullopt);
  EXPECT_THAT(months("2025-11"), ElementsAre(MonthUsage{"AbCd1234", "research", 1, 7, 4096, 0, 50'000}));
}

TEST_F(ExchangesTest, AnOutcomeThatComesAfterAllTakesThePlaceOfAnUnknownOne) {
  apply(path(), {{Event::intent, intent(1)}, {Event::anew, {}}, {Event::outcome, exchange(1)}});
  auto expected = exchange(1);
  expected.intent_index = 0, expected.outcome_index = 2;
  EXPECT_THAT(all(path()), ElementsAre(expected));
  EXPECT_THAT(months("2025-11"), ElementsAre(MonthUsage{"AbCd1234", "research", 1, 100, 20, 10, 1'500}));
}

TEST_F(ExchangesTest, TheLatestIntentOfAnExchangeCounts) {
  auto second = intent(1);
  second.service = "mistral", second.output = 1;
  for (const std::size_t batch : {1U, 10U}) {
    const auto file = path(std::to_string(batch));
    apply(file, {{Event::intent, intent(1)}, {Event::intent, second}, {Event::anew, {}}}, batch);
    const auto entries = all(file);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].service, "mistral");
    EXPECT_EQ(entries[0].output, 1U);
    EXPECT_EQ(entries[0].intent_index, 1U);
  }
}

TEST_F(ExchangesTest, UsageAtOneMomentHasWhatIsOpenThere) {
  apply(path(), {{Event::outcome, exchange(1)}, {Event::intent, intent(2)}});
  Exchanges table(path());
  const auto usage = table.usage_at({"2025-11", "2025-12"});
  ASSERT_TRUE(usage) << usage.error().text();
  EXPECT_EQ(usage->position.index, 2U);
  ASSERT_EQ(usage->months.size(), 2U);
  EXPECT_THAT(usage->months[0], ElementsAre(MonthUsage{"AbCd1234", "research", 1, 100, 20, 10, 1'500}));
  EXPECT_THAT(usage->months[1], IsEmpty());
  ASSERT_EQ(usage->open.size(), 1U);
  EXPECT_EQ(usage->open[0].id, intent(2).id);
  EXPECT_EQ(usage->open[0].key, "AbCd1234");
  EXPECT_EQ(usage->open[0].cost_nano, 50'000);
  EXPECT_TRUE(table.usage_at({})) << "the transaction has ended";
}

TEST_F(ExchangesTest, UsageCountsByMonthKeyAndTeam) {
  auto other = exchange(2);
  other.key = "Other123", other.team = "sales";
  auto later = exchange(3, kStart + 7'200'000);
  auto refused = exchange(4);
  refused.input.reset(), refused.output.reset(), refused.cached.reset(), refused.cost_nano.reset();
  apply(path(),
        {{Event::outcome, exchange(1)},
         {Event::outcome, other},
         {Event::outcome, later},
         {Event::outcome, refused}},
        2);
  EXPECT_THAT(months("2025-11"), ElementsAre(MonthUsage{"AbCd1234", "research", 2, 100, 20, 10, 1'500},
                                             MonthUsage{"Other123", "sales", 1, 100, 20, 10, 1'500}));
  EXPECT_THAT(months("2025-12"), ElementsAre(MonthUsage{"AbCd1234", "research", 1, 100, 20, 10, 1'500}));
  EXPECT_THAT(months("2026-01"), IsEmpty());
}

// Exchanges of many kinds, with intents that end late or never, and programs that began anew.
std::vector<Event> traffic(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  const auto pick = [&](std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random);
  };
  std::vector<Event> events;
  std::vector<ExchangeEntry> open;
  WallMs at = kStart;
  for (std::uint64_t n = 0; n < count; ++n) {
    at += static_cast<WallMs>(pick(50));
    auto e = exchange(n, at);
    const auto key = pick(7);
    e.key = fmt::format("key0000{}", key), e.team = key < 5 ? "a" : "b",
    e.subject = fmt::format("sub_{}", key / 2);
    // What happened only of late, only long ago, or hardly ever.
    e.service = n > count / 2 ? "new" : "old";
    e.model = pick(500) == 0 ? "rare" : fmt::format("m{}", pick(3));
    e.outcome = pick(10) == 0 ? "failed" : "complete";
    e.effect = pick(20) == 0 ? "deny" : "allow";
    e.input = pick(1000);
    if (pick(5) == 0) {
      events.emplace_back(Event::outcome, e);  // refused: without intent
    } else {
      events.emplace_back(Event::intent, e);
      open.push_back(std::move(e));
    }
    while (open.size() > pick(20)) {
      const auto i = static_cast<std::ptrdiff_t>(pick(open.size()));
      if (pick(30) != 0) events.emplace_back(Event::outcome, open[static_cast<std::size_t>(i)]);
      open.erase(open.begin() + i);
    }
    if (pick(300) == 0) events.emplace_back(Event::anew, ExchangeEntry{}), open.clear();
  }
  events.emplace_back(Event::anew, ExchangeEntry{});
  return events;
}

TEST_F(ExchangesTest, TheTableIsTheSameHoweverTheRecordsAreCutIntoBatches) {
  const auto events = traffic(1, 700);
  apply(path(), events);
  const auto expected = all(path());
  EXPECT_EQ(expected.size(), 700U) << "each exchange once";
  EXPECT_GT(std::ranges::count(expected, "unknown", &ExchangeEntry::outcome), 5);
  std::mt19937_64 random(2);
  for (const std::size_t batch : {1U, 2U, 7U, 333U}) {
    const auto file = path(std::to_string(batch));
    // Opened anew again and again, as after so many deaths.
    for (std::size_t upto = 0; upto < events.size();
         upto += std::max<std::size_t>(batch * 5, events.size() / 9))
      apply(file, {events.begin(), events.begin() + static_cast<std::ptrdiff_t>(upto)}, batch);
    apply(file, events, batch);
    EXPECT_EQ(all(file), expected) << batch;
    EXPECT_EQ(Exchanges(file).months("2025-11").value(), months("2025-11")) << batch;
  }
}

TEST_F(ExchangesTest, ABatchThatIsNotCommittedLeavesNothing) {
  const auto events = traffic(3, 100);
  apply(path(), {events.begin(), events.begin() + 50});
  const auto before = all(path());
  {
    auto projection = Projection::open(path());
    ASSERT_TRUE(projection && (*projection)->begin());
    for (std::size_t n = 50; n < events.size(); ++n) ASSERT_TRUE(give(**projection, events[n], n));
  }
  EXPECT_EQ(all(path()), before);
  apply(path(), events);
  apply(path("whole"), events);
  EXPECT_EQ(all(path()), all(path("whole")));
}

TEST_F(ExchangesTest, EveryFilterGivesWhatLookingAtAllWouldGive) {
  apply(path(), traffic(4, 13'000));  // more than are looked at before facets are gone through
  const auto whole = all(path());
  ASSERT_EQ(whole.size(), 13'000U);
  ASSERT_TRUE(std::ranges::is_sorted(whole, std::greater<>(), &ExchangeEntry::id));
  std::vector<ExchangeFilter> filters(1);
  const auto add = [&](auto change) { change(filters.emplace_back()); };
  add([](auto& f) { f.team = "a"; });
  add([](auto& f) { f.service = "old"; });
  add([](auto& f) { f.service = "old", f.model = "rare"; });
  add([](auto& f) { f.model = "rare", f.team = "b"; });
  add([](auto& f) { f.subject = "sub_2", f.outcome = "failed"; });
  add([](auto& f) { f.key = "key00003", f.decision = "deny", f.service = "old"; });
  add([](auto& f) { f.team = "a", f.key = "key00006"; });
  add([](auto& f) { f.outcome = "unknown"; });
  add([](auto& f) { f.model = "none"; });
  add([](auto& f) { f.any_team = {"b"}; });
  add([](auto& f) { f.any_team = {"none", "a", "b"}, f.service = "old"; });
  add([](auto& f) { f.any_team = {"b"}, f.team = "a"; });
  for (std::size_t i = filters.size(); i-- > 0;) {
    auto timed = filters[i];
    timed.from = whole[12'000].at, timed.until = whole[1'000].at;
    filters.push_back(timed);
  }
  for (const auto& f : filters) {
    std::vector<ExchangeEntry> expected;
    std::ranges::copy_if(whole, std::back_inserter(expected), [&](const ExchangeEntry& e) {
      const bool in_team = f.any_team.empty() || std::ranges::find(f.any_team, e.team) != f.any_team.end();
      return in_team && (f.team.empty() || e.team == f.team) &&
             (f.subject.empty() || e.subject == f.subject) && (f.key.empty() || e.key == f.key) &&
             (f.service.empty() || e.service == f.service) && (f.model.empty() || e.model == f.model) &&
             (f.outcome.empty() || e.outcome == f.outcome) &&
             (f.decision.empty() || e.effect == f.decision) && (!f.from || e.at >= *f.from) &&
             (!f.until || e.at < *f.until);
    });
    for (const std::size_t limit : {1000U, 237U}) {
      const auto got = all(path(), f, limit);
      ASSERT_EQ(got.size(), expected.size());
      EXPECT_TRUE(got == expected);
    }
  }
}

TEST_F(ExchangesTest, WhatRetentionTookIsForgottenAndStaysCounted) {
  const auto events = traffic(5, 3000);
  apply(path(), events);
  const auto before = all(path());
  const auto counted = months("2025-11");
  const std::uint64_t from = events.size() / 4, to = events.size() / 2;
  const auto removed = [&](std::uint64_t index) { return index >= from && index < to; };
  auto projection = Projection::open(path());
  ASSERT_TRUE(projection && (*projection)->forget(from, to));
  std::vector<ExchangeEntry> expected;
  for (auto e : before) {
    if (removed(e.outcome_index.value_or(e.intent_index.value_or(0)))) continue;
    if (e.intent_index && removed(*e.intent_index)) e.intent_index.reset();
    expected.push_back(e);
  }
  EXPECT_LT(expected.size(), before.size());
  EXPECT_EQ(all(path()), expected);
  EXPECT_EQ(months("2025-11"), counted);
}

TEST_F(ExchangesTest, WhatRemovedRecordsUsedCountsInItsMonthAndWhatEndedInThemIsNotOpen) {
  {
    const auto projection = *Projection::open(path());
    ASSERT_TRUE(projection->begin());
    ASSERT_TRUE(projection->intent(view_of(intent(1))));
    ASSERT_TRUE(projection->intent(view_of(intent(2))));
    ASSERT_TRUE(projection->commit({2, {}, 0, 0}));
    ASSERT_TRUE(projection->begin());
    projection->count_removed("2025-11", {"AbCd1234", "research", 3, 10, 20, 5, 70});
    projection->count_removed("2025-10", {"other", "", 1, 1, 1, 1, 1});
    projection->ended_in_removed(intent(1).id);
    projection->ended_in_removed(intent(9).id);
    ASSERT_TRUE(projection->outcome(view_of(exchange(3))));
    ASSERT_TRUE(projection->commit({9, {}, 0, 0}));
  }
  Exchanges exchanges(path());
  const auto usage = exchanges.usage_at({"2025-10", "2025-11"});
  ASSERT_TRUE(usage);
  ASSERT_EQ(usage->open.size(), 1U);
  EXPECT_EQ(usage->open[0].id, intent(2).id);
  EXPECT_EQ(usage->months[0], (std::vector<MonthUsage>{{"other", "", 1, 1, 1, 1, 1}}));
  EXPECT_EQ(usage->months[1], (std::vector<MonthUsage>{{"AbCd1234", "research", 4, 110, 40, 15, 1'570}}));
  const auto page = exchanges.list({}, "", 10);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->exchanges.size(), 1U);
}

TEST_F(ExchangesTest, AClearedTableIsFilledAgain) {
  const auto events = traffic(6, 500);
  apply(path(), events);
  const auto before = all(path());
  Exchanges reading(path());
  ASSERT_TRUE(reading.position());
  {
    auto projection = Projection::open(path());
    ASSERT_TRUE(projection && (*projection)->clear());
    EXPECT_EQ((*projection)->position(), Projected{});
  }
  EXPECT_THAT(reading.list({}, "", 10)->exchanges, IsEmpty());
  apply(path(), events);
  EXPECT_EQ(all(path()), before);
}

TEST_F(ExchangesTest, AReaderTakesTheFileThatStandsThere) {
  apply(path(), {{Event::outcome, exchange(1)}});
  Exchanges reading(path());
  EXPECT_EQ(reading.list({}, "", 10)->exchanges.size(), 1U);
  for (const auto* name : {"", "-wal", "-shm"}) std::filesystem::remove(path() + name);
  EXPECT_EQ(reading.list({}, "", 10).error().code, Code::not_found);
  apply(path(), {{Event::outcome, exchange(1)}, {Event::outcome, exchange(2)}});
  EXPECT_EQ(reading.list({}, "", 10)->exchanges.size(), 2U);
}

TEST_F(ExchangesTest, AWrongCursorOrLimitIsRefused) {
  apply(path(), {{Event::outcome, exchange(1)}});
  Exchanges exchanges(path());
  EXPECT_EQ(exchanges.list({}, "' OR 1", 10).error().code, Code::invalid);
  EXPECT_EQ(exchanges.list({}, "", 0).error().code, Code::invalid);
  EXPECT_EQ(exchanges.list({}, "", 1001).error().code, Code::invalid);
}

TEST_F(ExchangesTest, LongTextsAreKeptInPart) {
  auto long_one = exchange(1);
  for (int i = 0; i < 1000; ++i) long_one.model += "é";
  apply(path(), {{Event::outcome, long_one}});
  EXPECT_EQ(all(path()).at(0).model.size(), 255U) << "whole characters";
  ExchangeFilter filter;
  filter.model = long_one.model;
  EXPECT_EQ(all(path(), filter).size(), 1U);
}

TEST_F(ExchangesTest, TrafficIsCountedByWhatAsksWhomAndLeavesOutWhatWasRefused) {
  auto other = exchange(3, kStart + 5000);
  other.model = "small";
  auto refused = exchange(4, kStart + 6000);
  refused.outcome = "refused";
  apply(path(), {{Event::outcome, exchange(1)},
                 {Event::outcome, exchange(2, kStart + 2000)},
                 {Event::outcome, other},
                 {Event::outcome, refused}});
  const auto all = Exchanges(path()).traffic(0, 100);
  ASSERT_TRUE(all) << all.error().text();
  EXPECT_THAT(
      *all,
      ElementsAre(
          Traffic{"research", "curl", "openai", "openai", "api", "gpt", 2, kStart, kStart + 2000},
          Traffic{"research", "curl", "openai", "openai", "api", "small", 1, kStart + 5000, kStart + 5000}));
  EXPECT_EQ(Exchanges(path()).traffic(kStart + 1, 100)->size(), 2U);
  EXPECT_EQ(Exchanges(path()).traffic(kStart + 1, 100)->front().exchanges, 1U);
  EXPECT_THAT(Exchanges(path()).traffic(kStart + 9000, 100).value(), IsEmpty());
}

TEST_F(ExchangesTest, ANewerTableAndAnotherProgramsAreRefused) {
  apply(path(), {});
  sql("PRAGMA user_version = 1000");
  EXPECT_EQ(Projection::open(path()).error().code, Code::newer);
  EXPECT_EQ(Exchanges(path()).position().error().code, Code::unavailable);
  sql("PRAGMA application_id = 7");
  EXPECT_EQ(Projection::open(path()).error().code, Code::invalid);
}

}  // namespace
}  // namespace ostiary::store
