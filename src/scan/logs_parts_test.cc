// The parts of the log reader by themselves: times, hosts, numbers of clients, columns.

#include <cmath>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "scan/impl/logs_clients.h"
#include "scan/impl/logs_columns.h"
#include "scan/impl/logs_testing.h"
#include "scan/impl/logs_time.h"

namespace ostiary::scan {
namespace {

using ::testing::ElementsAre;
using testing::kReference;

TEST(LogTime, EachWayOfWritingIsTheSameMoment) {
  constexpr std::int64_t moment = 1'763'884'800;  // 2025-11-23T08:00:00Z
  for (const auto* text :
       {"1763884800", "1763884800.123", "1763884800123", "1763884800123456", "2025-11-23T08:00:00Z",
        "2025-11-23T09:00:00+01:00", "2025-11-23 02:30:00.5 -0530", "2025/11/23 08:00:00", "20251123T080000Z",
        "23/Nov/2025:09:00:00 +0100", "[23/Nov/2025:08:00:00 +0000]", "23-Nov-2025 08:00:00.000",
        "Nov 23 08:00:00", "Nov 23 2025 08:00:00", "Sun, 23 Nov 2025 08:00:00 GMT", "23.11.2025 08:00",
        "Nov 23, 2025 8:00:00 AM", "\"2025-11-23T08:00:00Z\""})
    EXPECT_EQ(log_time(text, kReference), moment) << text;
}

TEST(LogTime, WhatMayMeanTwoThingsOrIsNoTimeIsNothing) {
  for (const auto* text :
       {"", "-", "03/04/2025", "2025-13-01", "2025-02-30", "yesterday", "0", "12", "Feb 30 08:00:00",
        "99999999999999999999", "192.0.2.7", "Nov", "23/Xxx/2025:08:00:00"})
    EXPECT_EQ(log_time(text, kReference), std::nullopt) << text;
}

TEST(LogTime, ATimeWithoutAYearIsTheLatestThatIsNotAhead) {
  const auto day = [](const char* text, std::int64_t reference) {
    return log_day(static_cast<std::int32_t>(log_time(text, reference).value() / 86'400));
  };
  EXPECT_EQ(day("Dec 31 23:00:00", kReference), "2024-12-31");
  EXPECT_EQ(day("Nov 26 23:00:00", kReference), "2025-11-26");
  EXPECT_EQ(day("Nov  3 08:00:00", kReference), "2025-11-03");
  EXPECT_EQ(day("Feb 29 08:00:00", kReference), "2024-02-29");
}

TEST(LogHosts, TheHostOfAnAddressIsFoundInEachOfItsForms) {
  for (const auto* url :
       {"https://chat.example.com/a?b", "chat.example.com:443", "chat.example.com", "chat.example.com.",
        "http://user:word@chat.example.com:8080/", "user@chat.example.com", "https://chat.example.com",
        "https://chat.example.com?x", "wss://chat.example.com#y", "https://user@chat.example.com/p"}) {
    EXPECT_EQ(destination_of(url).host, "chat.example.com") << url;
    EXPECT_EQ(host_of(url), "chat.example.com") << url;
  }
  EXPECT_EQ(host_of("http://[2001:db8::1]:80/"), "2001:db8::1");
  EXPECT_EQ(host_of("/path"), "");
  EXPECT_EQ(host_of("error:transaction-end-before-headers"), "error");
  EXPECT_EQ(destination_of("https://h.example/ai/v1?x").path, "/ai/v1?x");
  EXPECT_FALSE(destination_of("h.example:443").seen);
  EXPECT_TRUE(destination_of("https://h.example").seen);
}

TEST(LogHosts, TheLongestSuffixOfWholeLabelsCounts) {
  const auto targets = testing::targets();
  const HostIndex index(targets);
  const auto found = [&](std::string_view host, std::string_view path = {}, bool seen = false) {
    std::vector<HostIndex::Hit> hits;
    index.find({host, path, seen}, hits);
    EXPECT_TRUE(hits.empty() || index.may_hold(host)) << host;
    std::string out;
    for (const auto& hit : hits)
      out += targets[hit.target].id + "/" + targets[hit.target].surface + (hit.mixed ? "?" : "") + " ";
    return out;
  };
  EXPECT_EQ(found("chat.example.com"), "chatter/consumer ");
  EXPECT_EQ(found("CHAT.Example.com."), "chatter/consumer ");
  EXPECT_EQ(found("eu.work.chat.example.com"), "chatter/enterprise ");
  EXPECT_EQ(found("notchat.example.com"), "");
  EXPECT_EQ(found("example.com"), "");
  EXPECT_EQ(found("chat.example.com.evil.example"), "");
  EXPECT_EQ(found("a.b.models.example.net"), "acme/via-cloud ");
  EXPECT_EQ(found("run-eu1.cloud.example.org"), "regional/api ");
  EXPECT_EQ(found("x.run-eu1.cloud.example.org"), "regional/api ");
  EXPECT_EQ(found("walk-eu1.cloud.example.org"), "");
  EXPECT_EQ(found("www.example.org"), "mixed/api? ");
  EXPECT_EQ(found("www.example.org", "/ai/v1/chat", true), "mixed/api ");
  EXPECT_EQ(found("www.example.org", "/news", true), "");
  for (const auto* none : {"", ".", "..", "com", "a..example.com", ".chat.example.com.."}) found(none);
  EXPECT_EQ(found(std::string(300, 'a') + ".chat.example.com"), "");
}

TEST(LogHosts, MostHostsAreToldApartByTheirLastLabels) {
  const auto targets = testing::targets();
  const HostIndex index(targets);
  int through = 0;
  for (int i = 0; i < 10'000; ++i)
    through += index.may_hold("www.site" + std::to_string(i) + ".test") ? 1 : 0;
  EXPECT_LT(through, 20);
}

TEST(LogClients, AreExactUpToTheBoundAndEstimatedBeyond) {
  std::mt19937_64 random(1);
  ClientCount count;
  std::vector<std::uint64_t> hashes(ClientCount::kExact);
  for (auto& hash : hashes) count.add(hash = random());
  for (const auto hash : hashes) count.add(hash);
  EXPECT_TRUE(count.exact());
  EXPECT_EQ(count.count(), ClientCount::kExact);
  for (const std::uint64_t all : {20'000u, 50'000u, 300'000u}) {
    ClientCount many;
    for (std::uint64_t i = 0; i < all; ++i) many.add(random());
    EXPECT_FALSE(many.exact());
    const auto off = std::abs(static_cast<double>(many.count()) / static_cast<double>(all) - 1);
    EXPECT_LT(off, 0.06) << all << " " << many.count();
  }
}

TEST(LogClients, OfTwoCountsAreThoseOfBoth) {
  std::mt19937_64 random(2);
  for (const std::size_t size : {3u, 1'000u, 12'000u, 40'000u}) {
    ClientCount a, b, both;
    for (std::size_t i = 0; i < size; ++i) {
      const auto mine = random(), shared = random(), other = random();
      a.add(mine), a.add(shared), b.add(shared), b.add(other);
      both.add(mine), both.add(shared), both.add(other);
    }
    ClientCount other_way = b;
    a.merge(b);
    EXPECT_EQ(a.count(), both.count()) << size;
    EXPECT_EQ(a.exact(), both.exact());
    ClientCount empty;
    empty.merge(a);
    EXPECT_EQ(empty.count(), both.count());
  }
}

TEST(LogClients, AreHashedAsSipHashSays) {
  // The first and the fifteenth of the reference's vectors: key 00 01 … 0f, message 00 01 ….
  Key256 key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  const Pseudonyms pseudonyms(key);
  std::string message;
  EXPECT_EQ(pseudonyms.of(message), 0x726fdb47dd0e0e31u);
  for (char i = 0; i < 15; ++i) message += i;
  EXPECT_EQ(pseudonyms.of(message), 0xa129ca6149be45e5u);
}

TEST(LogClients, HaveAnotherHashInEachRun) {
  EXPECT_NE(Pseudonyms().of("192.0.2.7"), Pseudonyms().of("192.0.2.7"));
}

std::vector<std::string> cut(std::string_view line, Cut how, char separator = ',') {
  std::vector<std::string_view> cells(8);
  cells.resize(cut_columns(line, how, separator, cells.size(), cells.data()));
  return {cells.begin(), cells.end()};
}

TEST(LogColumns, AreCutAsTheirFormatSays) {
  EXPECT_THAT(cut("  a   b ", Cut::blanks), ElementsAre("a", "b"));
  EXPECT_THAT(cut(R"(a [b c] "d \" e" f)", Cut::words), ElementsAre("a", "b c", R"(d \" e)", "f"));
  EXPECT_THAT(cut(R"("open [)", Cut::words), ElementsAre("open ["));
  EXPECT_THAT(cut("a\t\tb", Cut::separator, '\t'), ElementsAre("a", "", "b"));
  EXPECT_THAT(cut(R"(a,"b,""c""",,d)", Cut::quoted), ElementsAre("a", R"(b,""c"")", "", "d"));
  EXPECT_THAT(cut("\"a", Cut::quoted), ElementsAre("a"));
  EXPECT_THAT(cut("1,2,3,4,5,6,7,8,9,10", Cut::quoted).size(), 8u);
}

TEST(LogColumns, AreCutTheSameWhereverABlockOf64BytesEnds) {
  for (std::size_t before = 1; before < 140; ++before) {
    for (const std::size_t gap : {1u, 2u, 64u, 70u}) {
      const std::string first(before, 'a');
      EXPECT_THAT(cut(first + std::string(gap, ' ') + "b c", Cut::blanks), ElementsAre(first, "b", "c"))
          << before;
      EXPECT_THAT(cut(first + std::string(gap, ' '), Cut::blanks), ElementsAre(first)) << before;
    }
    const std::string first(before, 'a');
    EXPECT_THAT(cut(first + "\tb\t", Cut::separator, '\t'), ElementsAre(first, "b", "")) << before;
  }
}

TEST(LogColumns, OfTheCallAreReadOrRefused) {
  const auto columns = parse_columns("client=3, host=Domain Name");
  ASSERT_TRUE(columns);
  EXPECT_EQ(columns->at(0).number, 3u);
  EXPECT_EQ(columns->at(1).name, "Domain Name");
  for (const auto* bad : {"client", "client=", "who=3", "client=0", "client=9999", "=3"})
    EXPECT_FALSE(parse_columns(bad)) << bad;
}

}  // namespace
}  // namespace ostiary::scan
