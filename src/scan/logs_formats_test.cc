// Each format of logs, from lines as the products' documentation shows them, with made-up people and hosts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scan/impl/logs_testing.h"

namespace ostiary::scan {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::read_log;

constexpr std::string_view kSquid =
    "1763884800.123    456 192.0.2.17 TCP_TUNNEL/200 4567 CONNECT chat.example.com:443 alice "
    "HIER_DIRECT/198.51.100.1 -\n"
    "1763884801.001     12 192.0.2.18 TCP_MISS/200 900 GET http://www.example.org/ai/v1/x - "
    "HIER_DIRECT/198.51.100.2 text/html\n"
    "1763884802.001     12 192.0.2.18 TCP_MISS/200 900 GET http://www.example.org/news - "
    "HIER_DIRECT/198.51.100.2 text/html\n"
    "1763971200.500      1 192.0.2.20 TCP_DENIED/407 3900 CONNECT chat.example.com:443 - HIER_NONE/- "
    "text/html\n"
    "1763971201.500    999 192.0.2.19 TCP_TUNNEL/200 100 CONNECT chat.example.com:443 bob "
    "HIER_DIRECT/198.51.100.1 -\n"
    "1763971202.500      0 192.0.2.19 NONE/400 3900 NONE error:invalid-request - HIER_NONE/- text/html\n";

TEST(LogFormats, SquidTellsWhatWentToTheClientOnly) {
  const auto log = read_log(kSquid);
  EXPECT_EQ(log.format, LogFormat::squid);
  EXPECT_EQ(log.counts.requests, 6u);
  EXPECT_EQ(log.counts.unread, 0u);
  EXPECT_EQ(log.counts.matched, 3u);
  const auto* row = log.row("chatter", "consumer");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->requests, 2u);
  EXPECT_EQ(row->refused, 1u);
  EXPECT_EQ(row->clients.count, 2u);
  EXPECT_EQ(row->bytes_in, 4667u);
  EXPECT_EQ(row->bytes_out, std::nullopt);
  EXPECT_EQ(row->first, "2025-11-23");
  EXPECT_EQ(row->last, "2025-11-24");
  ASSERT_TRUE(log.row("mixed", "api"));
  EXPECT_EQ(log.row("mixed", "api")->requests, 1u);
}

TEST(LogFormats, SquidBehindSyslogAndWithAColumnMore) {
  const auto log = read_log(
      "Nov 23 08:00:00 proxy (squid-1)[77]: 1763884800.123 5 192.0.2.17 TCP_TUNNEL/200 45 CONNECT "
      "chat.example.com:443 "
      "- HIER_DIRECT/198.51.100.1 - 777\n",
      99, LogFormat::unknown, "out=11");
  EXPECT_EQ(log.format, LogFormat::squid);
  ASSERT_TRUE(log.row("chatter", "consumer")) << log.error;
  EXPECT_EQ(log.row("chatter", "consumer")->bytes_out, 777u);
}

TEST(LogFormats, CombinedWithWholeAddresses) {
  const auto log = read_log(
      "192.0.2.7 - alice [23/Nov/2025:23:30:00 -0100] \"GET http://chat.example.com/c/1 HTTP/1.1\" 200 512 "
      "\"-\" "
      "\"agent\" TCP_MISS:HIER_DIRECT\n"
      "192.0.2.8 - - [23/Nov/2025:08:00:00 +0000] \"CONNECT chat.example.com:443 HTTP/1.1\" 403 9 \"-\" "
      "\"agent\" "
      "TCP_DENIED:HIER_NONE\n"
      "192.0.2.8 - - [23/Nov/2025:08:00:00 +0000] \"CONNECT other.example:443 HTTP/1.1\" 200 9 \"-\" "
      "\"agent\" "
      "TCP_TUNNEL:HIER_DIRECT\n");
  EXPECT_EQ(log.format, LogFormat::combined);
  const auto* row = log.row("chatter", "consumer");
  ASSERT_TRUE(row) << log.error;
  EXPECT_EQ(row->requests, 1u);
  EXPECT_EQ(row->refused, 1u);
  EXPECT_EQ(row->bytes_in, 512u);
  EXPECT_EQ(row->bytes_out, std::nullopt);
  EXPECT_EQ(row->first, "2025-11-24");  // of UTC
}

TEST(LogFormats, CombinedWithTheHostBeforeOrBehind) {
  const std::string rest =
      "192.0.2.7 - - [23/Nov/2025:08:00:00 +0000] \"POST /c/1 HTTP/1.1\" 200 512 "
      "\"https://referer.example/\" \"agent\"";
  for (const auto& line :
       {"chat.example.com:443 " + rest, rest + " \"chat.example.com\"", rest + " chat.example.com 77"}) {
    const auto log = read_log(line + "\n" + line + "\n");
    EXPECT_EQ(log.format, LogFormat::combined) << line;
    ASSERT_TRUE(log.row("chatter", "consumer")) << log.error << line;
    EXPECT_EQ(log.row("chatter", "consumer")->requests, 2u);
    EXPECT_EQ(log.row("chatter", "consumer")->clients.count, 1u);
    EXPECT_EQ(log.row("chatter", "consumer")->bytes_in, 1024u);
  }
  const auto chosen = read_log(rest + " chat.example.com 77\n", 99, LogFormat::combined, "out=11");
  ASSERT_TRUE(chosen.row("chatter", "consumer"));
  EXPECT_EQ(chosen.row("chatter", "consumer")->bytes_out, 77u);
}

TEST(LogFormats, CombinedWithoutHostsIsAnErrorThatSaysWhatToDo) {
  const auto log =
      read_log("192.0.2.7 - - [23/Nov/2025:08:00:00 +0000] \"GET /c/1 HTTP/1.1\" 200 512 \"-\" \"agent\"\n");
  EXPECT_THAT(log.error, HasSubstr("$host"));
}

constexpr std::string_view kZeekHttp =
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\thttp\n"
    "#open\t2025-11-23-08-00-00\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\thost\turi\trequest_body_len\tresponse_"
    "body_len\n"
    "#types\ttime\tstring\taddr\tport\taddr\tport\tstring\tstring\tcount\tcount\n"
    "1763884800.1\tC1\t192.0.2.7\t1234\t198.51.100.1\t80\tchat.example.com\t/c\t1000\t20\n"
    "1763884800.1\tC2\t2001:db8::7\t1234\t198.51.100.1\t80\twww.example.org\t/ai/v1/q\t5\t6\n"
    "1763884800.1\tC3\t192.0.2.7\t1234\t198.51.100.1\t80\t-\t/c\t1000\t20\n"
    "#close\t2025-11-23-09-00-00\n";

TEST(LogFormats, ZeekHttpTellsBothDirections) {
  const auto log = read_log(kZeekHttp);
  EXPECT_EQ(log.format, LogFormat::zeek);
  EXPECT_EQ(log.counts.requests, 3u);
  const auto* row = log.row("chatter", "consumer");
  ASSERT_TRUE(row) << log.error;
  EXPECT_EQ(row->bytes_out, 1000u);
  EXPECT_EQ(row->bytes_in, 20u);
  EXPECT_TRUE(log.row("mixed", "api"));
}

TEST(LogFormats, ZeekSslAndDnsHaveNoBytes) {
  const auto ssl = read_log(
      "#separator \\x09\n#fields\tts\tid.orig_h\tserver_name\n1763884800.1\t192.0.2.7\tchat.example.com\n");
  ASSERT_TRUE(ssl.row("chatter", "consumer")) << ssl.error;
  EXPECT_EQ(ssl.row("chatter", "consumer")->bytes_out, std::nullopt);
  EXPECT_EQ(ssl.row("chatter", "consumer")->lookups, 0u);
  const auto dns = read_log(
      "#separator \\x09\n#fields\tts\tid.orig_h\tquery\n1763884800.1\t192.0.2.7\tchat.example.com\n");
  ASSERT_TRUE(dns.row("chatter", "consumer")) << dns.error;
  EXPECT_EQ(dns.row("chatter", "consumer")->lookups, 1u);
}

TEST(LogFormats, ZeekConnectionsHoldNoNames) {
  const auto log = read_log(
      "#separator \\x09\n#fields\tts\tid.orig_h\tid.resp_h\torig_bytes\n1.0\t192.0.2.7\t198.51.100.1\t5\n");
  EXPECT_THAT(log.error, HasSubstr("ssl.log"));
}

TEST(LogFormats, ZeekAsJson) {
  const auto log = read_log(
      R"({"ts":1763884800.1,"uid":"C1","id.orig_h":"192.0.2.7","id.resp_h":"198.51.100.1","host":"chat.example.com","uri":"/c","request_body_len":7,"response_body_len":8})"
      "\n");
  EXPECT_EQ(log.format, LogFormat::json);
  ASSERT_TRUE(log.row("chatter", "consumer")) << log.error;
  EXPECT_EQ(log.row("chatter", "consumer")->bytes_out, 7u);
  EXPECT_EQ(log.row("chatter", "consumer")->first, "2025-11-23");
}

TEST(LogFormats, SuricataCountsQuestionsAndNotAnswers) {
  const auto log = read_log(
      R"({"timestamp":"2025-11-23T08:00:00.0+0000","event_type":"dns","src_ip":"192.0.2.7","dest_ip":"198.51.100.1","dns":{"type":"query","rrname":"chat.example.com"}})"
      "\n"
      R"({"timestamp":"2025-11-23T08:00:00.0+0000","event_type":"dns","src_ip":"192.0.2.7","dns":{"type":"answer","rrname":"chat.example.com"}})"
      "\n"
      R"({"timestamp":"2025-11-23T08:00:00.0+0000","event_type":"tls","src_ip":"192.0.2.8","tls":{"sni":"chat.example.com"}})"
      "\n"
      R"({"timestamp":"2025-11-23T08:00:00.0+0000","event_type":"flow","src_ip":"192.0.2.8","dest_ip":"198.51.100.1"})"
      "\n");
  const auto* row = log.row("chatter", "consumer");
  ASSERT_TRUE(row) << log.error;
  EXPECT_EQ(row->requests, 2u);
  EXPECT_EQ(row->lookups, 1u);
  EXPECT_EQ(log.counts.requests, 2u);
}

TEST(LogFormats, JsonOfWebServersAndAdGuard) {
  const auto caddy = read_log(
      R"({"level":"info","ts":1763884800.1,"request":{"remote_ip":"192.0.2.7","method":"GET","host":"chat.example.com","uri":"/\u0063"},"bytes_read":5,"size":99,"status":200})"
      "\n");
  ASSERT_TRUE(caddy.row("chatter", "consumer")) << caddy.error;
  EXPECT_EQ(caddy.row("chatter", "consumer")->bytes_in, 99u);
  const auto adguard = read_log(
      R"({"T":"2025-11-23T08:00:00+01:00","QH":"chat.example.com","QT":"A","QC":"IN","IP":"192.0.2.7","Result":{}})"
      "\n");
  ASSERT_TRUE(adguard.row("chatter", "consumer")) << adguard.error;
  EXPECT_EQ(adguard.row("chatter", "consumer")->lookups, 1u);
  const auto nginx = read_log(
      R"({"time_iso8601":"2025-11-23T08:00:00+00:00","remote_addr":"192.0.2.7","host":"chat.example.com","request_uri":"/","bytes_sent":"10","request_length":"3"})"
      "\n");
  ASSERT_TRUE(nginx.row("chatter", "consumer")) << nginx.error;
  EXPECT_EQ(nginx.row("chatter", "consumer")->bytes_in, 10u);
  EXPECT_EQ(nginx.row("chatter", "consumer")->bytes_out, 3u);
}

TEST(LogFormats, JsonWithAColumnOfItsOwn) {
  const auto log = read_log(R"({"when":"2025-11-23","where":{"to":"chat.example.com"},"who":"192.0.2.7"})"
                            "\n",
                            99, LogFormat::json, "host=where.to,client=who,time=when");
  ASSERT_TRUE(log.row("chatter", "consumer")) << log.error;
  EXPECT_EQ(log.row("chatter", "consumer")->clients.count, 1u);
}

TEST(LogFormats, W3cNamesItsFields) {
  const auto log = read_log(
      "#Software: a proxy\n#Version: 1.0\n"
      "#Fields: date time time-taken c-ip cs-username s-action sc-status cs-method cs-host cs-uri-path "
      "sc-bytes cs-bytes "
      "cs(User-Agent)\n"
      "2025-11-23 08:00:00 12 192.0.2.7 alice TCP_NC_MISS 200 GET chat.example.com /c 100 5000 \"an agent\"\n"
      "2025-11-23 08:00:00 12 192.0.2.7 alice TCP_DENIED 403 GET chat.example.com /c 100 5000 \"an "
      "agent\"\n");
  EXPECT_EQ(log.format, LogFormat::w3c);
  const auto* row = log.row("chatter", "consumer");
  ASSERT_TRUE(row) << log.error;
  EXPECT_EQ(row->bytes_out, 5000u);
  EXPECT_EQ(row->bytes_in, 100u);
  EXPECT_EQ(row->refused, 1u);
  EXPECT_EQ(row->first, "2025-11-23");
}

TEST(LogFormats, CsvTellsItsColumnsByTheirNames) {
  const auto log = read_log(
      "\xEF\xBB\xBFTime,Source IP,User,URL,Method,\"Bytes Out\",Bytes In,Action\r\n"
      "2025-11-23 08:00:00,192.0.2.7,\"Doe, Jane\",https://chat.example.com/c?q=1,POST,900,30,allowed\r\n"
      "2025-11-23 08:00:00,192.0.2.8,\"Doe, "
      "John\",\"https://chat.example.com/c?q=1,2\",POST,100,30,Blocked\r\n");
  EXPECT_EQ(log.format, LogFormat::csv);
  EXPECT_EQ(log.columns, "url 4, client 2, user 3, time 1, bytes out 6, bytes in 7, action 8");
  const auto* row = log.row("chatter", "consumer");
  ASSERT_TRUE(row) << log.error;
  EXPECT_EQ(row->bytes_out, 900u);
  EXPECT_EQ(row->refused, 1u);
  EXPECT_EQ(log.counts.requests, 2u);
  const auto semicolons = read_log("Zeit;Client;Domain\n23.11.2025 08:00;192.0.2.7;chat.example.com\n");
  ASSERT_TRUE(semicolons.row("chatter", "consumer")) << semicolons.error;
}

TEST(LogFormats, CsvWithColumnsThatTheCallNames) {
  const auto headless =
      read_log("x,192.0.2.7,y,z,chat.example.com\n", 99, LogFormat::unknown, "client=2,host=5");
  EXPECT_EQ(headless.format, LogFormat::csv);
  EXPECT_EQ(headless.counts.requests, 1u);
  ASSERT_TRUE(headless.row("chatter", "consumer")) << headless.error;
  const auto named = read_log("when,who,where to\nx,192.0.2.7,chat.example.com\n", 99, LogFormat::csv,
                              "client=who,host=where to");
  EXPECT_EQ(named.counts.requests, 1u);
  ASSERT_TRUE(named.row("chatter", "consumer")) << named.error;
}

TEST(LogFormats, FirewallsWithNamesAndValues) {
  const auto log = read_log(
      "date=2025-11-23 time=08:00:00 devname=\"fw\" type=\"utm\" srcip=192.0.2.7 dstip=198.51.100.1 "
      "hostname=\"chat.example.com\" url=\"https://chat.example.com/c\" action=\"passthrough\" sentbyte=700 "
      "rcvdbyte=90\n"
      "date=2025-11-23 time=08:00:00 devname=\"fw\" type=\"utm\" srcip=192.0.2.8 "
      "hostname=\"chat.example.com\" "
      "action=\"blocked\" sentbyte=700 rcvdbyte=90\n"
      "date=2025-11-23 time=08:00:00 devname=\"fw\" type=\"traffic\" srcip=192.0.2.8 dstip=198.51.100.1\n");
  EXPECT_EQ(log.format, LogFormat::pairs);
  const auto* row = log.row("chatter", "consumer");
  ASSERT_TRUE(row) << log.error;
  EXPECT_EQ(row->bytes_out, 700u);
  EXPECT_EQ(row->refused, 1u);
  EXPECT_EQ(row->first, "2025-11-23");
  const auto cef = read_log(
      "Nov 23 08:00:00 fw CEF:0|Vendor|Proxy|1|1|web|3|src=192.0.2.7 dhost=chat.example.com "
      "request=https://chat.example.com/c in=90 "
      "out=700 act=allow\n");
  ASSERT_TRUE(cef.row("chatter", "consumer")) << cef.error;
  EXPECT_EQ(cef.row("chatter", "consumer")->bytes_out, 700u);
}

TEST(LogFormats, DnsmasqCountsQueriesOnly) {
  const auto log = read_log(
      "Nov 23 08:00:00 dnsmasq[123]: query[A] chat.example.com from 192.0.2.7\n"
      "Nov 23 08:00:00 dnsmasq[123]: forwarded chat.example.com to 198.51.100.1\n"
      "Nov 23 08:00:00 dnsmasq[123]: reply chat.example.com is 198.51.100.9\n"
      "Nov 24 08:00:00 router dnsmasq[123]: 77 192.0.2.8/53321 query[AAAA] Chat.Example.Com from 192.0.2.8\n"
      "2025-11-25T08:00:00+00:00 router dnsmasq[123]: query[HTTPS] chat.example.com from 2001:db8::7\n");
  EXPECT_EQ(log.format, LogFormat::dnsmasq);
  const auto* row = log.row("chatter", "consumer");
  ASSERT_TRUE(row) << log.error;
  EXPECT_EQ(row->requests, 3u);
  EXPECT_EQ(row->lookups, 3u);
  EXPECT_EQ(row->clients.count, 3u);
  EXPECT_EQ(row->first, "2025-11-23");
  EXPECT_EQ(row->last, "2025-11-25");
}

TEST(LogFormats, BindAndUnbound) {
  const auto bind = read_log(
      "23-Nov-2025 08:00:00.000 queries: info: client @0x7f0012 192.0.2.7#53321 (chat.example.com): query: "
      "chat.example.com IN A +E(0)K (198.51.100.1)\n"
      "23-Nov-2025 08:00:00.000 client 192.0.2.8#53321: query: chat.example.com IN AAAA + (198.51.100.1)\n"
      "23-Nov-2025 08:00:00.000 general: info: zone example/IN: loaded serial 1\n");
  EXPECT_EQ(bind.format, LogFormat::bind);
  ASSERT_TRUE(bind.row("chatter", "consumer")) << bind.error;
  EXPECT_EQ(bind.row("chatter", "consumer")->clients.count, 2u);
  EXPECT_EQ(bind.row("chatter", "consumer")->first, "2025-11-23");
  const auto unbound = read_log(
      "[1763884800] unbound[123:0] info: 192.0.2.7 chat.example.com. A IN\n"
      "[1763884800] unbound[123:0] info: 192.0.2.7 chat.example.com. A IN NOERROR 0.02 0 64\n"
      "Nov 23 08:00:00 host unbound[123:0]: info: 192.0.2.8 chat.example.com. AAAA IN\n"
      "[1763884800] unbound[123:0] info: service stopped (unbound 1.17.1).\n");
  EXPECT_EQ(unbound.format, LogFormat::unbound);
  ASSERT_TRUE(unbound.row("chatter", "consumer")) << unbound.error;
  EXPECT_EQ(unbound.row("chatter", "consumer")->lookups, 2u);
  EXPECT_EQ(unbound.row("chatter", "consumer")->first, "2025-11-23");
}

TEST(LogFormats, WhatIsNoLogIsAnErrorThatNamesThoseThatAre) {
  for (const auto* text :
       {"# a page\n\nSome words, and more of them.\n", "int main() {\n  return 0;\n}\n", "a\nb\nc\n"}) {
    const auto log = read_log(text);
    EXPECT_THAT(log.error, HasSubstr("squid, combined, zeek")) << text;
    EXPECT_THAT(log.rows, IsEmpty());
  }
  EXPECT_THAT(read_log(kSquid, 99, LogFormat::zeek).error, HasSubstr("zeek"));
  EXPECT_THAT(read_log("").error, IsEmpty());
}

TEST(LogFormats, ARequestCountsOnceThoughTwoEntriesOfOneRowFit) {
  const auto log = read_log("client,host\n192.0.2.7,api.example.com\n192.0.2.8,eu.api.example.com\n");
  EXPECT_EQ(log.row("acme", "api")->requests, 2u);
  EXPECT_EQ(log.counts.matched, 2u);
}

TEST(LogFormats, OfOtherTrafficNothingIsKept) {
  const auto log = read_log(
      "1763884800.1 5 192.0.2.17 TCP_TUNNEL/200 45 CONNECT bank.test:443 - HIER_DIRECT/198.51.100.1 -\n");
  EXPECT_THAT(log.rows, IsEmpty());
  EXPECT_EQ(log.counts.requests, 1u);
}

}  // namespace
}  // namespace ostiary::scan
