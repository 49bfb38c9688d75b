// Logs as streams: cut anywhere, hostile, endless.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scan/impl/logs_testing.h"

namespace ostiary::scan {
namespace {

using ::testing::HasSubstr;
using testing::kReference;
using testing::read_log;
using testing::told;

std::string squid(int second, std::string_view client, std::string_view host) {
  return fmt::format("{}.001     12 {} TCP_TUNNEL/200 900 CONNECT {}:443 - HIER_DIRECT/198.51.100.2 -\n",
                     1'763'884'800 + second, client, host);
}

TEST(LogStream, TheResultIsTheSameWhereverTheBytesAreCut) {
  const std::vector<std::string> logs = {
      squid(0, "192.0.2.1", "chat.example.com") + "no line\n" +
          squid(90'000, "192.0.2.2", "www.example.org") + squid(190'000, "192.0.2.2", "api.example.com"),
      "#separator \\x09\n#fields\tts\tid.orig_h\tserver_name\n1763884800.1\t192.0.2.7\tchat.example.com\n"
      "#fields\tts\tserver_name\tid.orig_h\n1763974800.1\tchat.example.com\t192.0.2.8\n",
      "time,client,host,bytes "
      "out\r\n2025-11-23,192.0.2.7,\"chat.example.com\",5\r\n\r\n2025-11-25,,api.example.com,",
      "{\"ts\":1763884800,\"host\":\"chat.example.com\",\"client_ip\":\"192.0.2.7\"}\n{\"ts\":\n"
      "{\"ts\":1763984800,\"host\":\"ch\\u0061t.example.com\",\"client_ip\":\"192.0.2.8\"}",
      "Nov 23 08:00:00 dnsmasq[1]: query[A] chat.example.com from 192.0.2.7\nNov 24 08:00:00 dnsmasq[1]: "
      "started\n"};
  for (const auto& log : logs) {
    const auto whole = told(read_log(log, log.size()));
    EXPECT_THAT(whole, HasSubstr("chatter consumer"));
    for (std::size_t piece = 1; piece < log.size(); ++piece)
      ASSERT_EQ(told(read_log(log, piece)), whole) << piece;
  }
}

TEST(LogStream, AFormatThatIsToldLateIsTheSameToo) {
  std::string log;
  for (int i = 0; i < 200; ++i)
    log += squid(i, fmt::format("192.0.2.{}", i), i % 3 ? "a.test" : "chat.example.com");
  const auto whole = told(read_log(log, log.size()));
  EXPECT_THAT(whole, HasSubstr("clients 67"));
  for (const std::size_t piece : {1u, 7u, 100u, 1000u}) EXPECT_EQ(told(read_log(log, piece)), whole);
}

TEST(LogStream, ALineOfAnyLengthIsSkippedAndCounted) {
  const std::string longest(LogStream::kLongestLine + 1, 'x');
  const auto log = read_log(
      squid(0, "192.0.2.1", "chat.example.com") + longest + "\n" + squid(1, "192.0.2.2", "chat.example.com"),
      1 << 12);
  EXPECT_EQ(log.counts.lines, 3u);
  EXPECT_EQ(log.counts.unread, 1u);
  EXPECT_EQ(log.counts.first_unread, 2u);
  EXPECT_TRUE(log.counts.first_too_long);
  EXPECT_EQ(log.row("chatter", "consumer")->requests, 2u);
}

TEST(LogStream, ALineThatNeverEndsTakesNoMemory) {
  const auto targets = testing::targets();
  const HostIndex hosts(targets);
  const Pseudonyms pseudonyms;
  Tally tally(hosts, pseudonyms);
  const std::vector<ColumnChoice> none;
  LogStream stream(hosts, tally, LogFormat::unknown, none, kReference);
  ASSERT_TRUE(stream.feed(squid(0, "192.0.2.1", "chat.example.com")));
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 4096; ++i) ASSERT_TRUE(stream.feed(piece));  // 4 GiB
  ASSERT_TRUE(stream.feed("\n" + squid(1, "192.0.2.2", "chat.example.com")));
  ASSERT_TRUE(stream.finish());
  EXPECT_EQ(stream.counts().unread, 1u);
  EXPECT_EQ(stream.counts().lines, 3u);
  EXPECT_EQ(tally.rows().at(0).requests, 2u);
}

TEST(LogStream, HostileLinesAreCountedAndTheRestIsRead) {
  using namespace std::string_literals;
  const auto good = squid(0, "192.0.2.1", "chat.example.com");
  for (const auto& bad :
       {"\0\0\0\0"s, "\xff\xfe\xff"s, "1763884800.001"s, "1763884800.001 1 2 3 4 5"s, " "s, "\x1b[31mred"s,
        std::string(5000, ' '), "x 1 192.0.2.1 T/200 9 CONNECT chat.example.com:443 - H/- -"s}) {
    const auto log = read_log(good + bad + "\n" + good);
    EXPECT_EQ(log.counts.unread, 1u) << bad;
    EXPECT_EQ(log.counts.first_unread, 2u);
    EXPECT_EQ(log.row("chatter", "consumer")->requests, 2u);
  }
  for (const auto& host :
       {"ch\0at.example.com"s, "chat.example.com\xff"s, "chat..example.com"s, "."s, ":"s, "@"s, "[::"s}) {
    const auto log = read_log(good + squid(0, "192.0.2.1", host));
    EXPECT_EQ(log.row("chatter", "consumer")->requests, 1u) << host;
  }
}

TEST(LogStream, ALastLineWithoutAnEndCounts) {
  auto log = squid(0, "192.0.2.1", "chat.example.com");
  log.pop_back();
  EXPECT_EQ(read_log(log).counts.matched, 1u);
}

TEST(LogStream, ALogThatBeginsWithinALineIsKnown) {
  std::string log = "CONNECT a.test:443 - HIER_DIRECT/198.51.100.2 -\n";
  for (int i = 0; i < 5; ++i) log += squid(i, "192.0.2.1", "chat.example.com");
  const auto read = read_log(log);
  EXPECT_EQ(read.format, LogFormat::squid);
  EXPECT_EQ(read.counts.unread, 1u);
  EXPECT_EQ(read.counts.first_unread, 1u);
}

TEST(LogStream, SumsBeyondEveryNumberDoNotBreakIt) {
  const auto log = read_log(
      "client,host,bytes out\n192.0.2.1,chat.example.com,18446744073709551615\n"
      "192.0.2.1,chat.example.com,18446744073709551615\n192.0.2.1,chat.example.com,-5\n");
  EXPECT_EQ(log.row("chatter", "consumer")->bytes_out, UINT64_MAX);
  EXPECT_EQ(log.row("chatter", "consumer")->bytes_out_of, 2u);
}

}  // namespace
}  // namespace ostiary::scan
