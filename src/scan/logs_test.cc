// scan_logs over real files: plain, packed, in folders, broken; and what it must never tell.

#include "scan/logs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/testing.h"
#include "scan/impl/logs_testing.h"

namespace ostiary::scan {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

la_ssize_t collect(archive*, void* out, const void* data, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

using Members = std::vector<std::pair<std::string, std::string>>;

// Packed with a filter of libarchive; a tar where there are names.
std::string packed(const Members& members, const char* filter) {
  std::string out;
  auto* writer = ::archive_write_new();
  members[0].first.empty() ? ::archive_write_set_format_raw(writer)
                           : ::archive_write_set_format_pax_restricted(writer);
  if (filter) EXPECT_EQ(::archive_write_add_filter_by_name(writer, filter), ARCHIVE_OK);
  ::archive_write_set_bytes_in_last_block(writer, 1);
  ::archive_write_open(writer, &out, nullptr, collect, nullptr);
  for (const auto& [name, text] : members) {
    auto* entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, name.empty() ? "x" : name.c_str());
    ::archive_entry_set_filetype(entry, AE_IFREG);
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
    EXPECT_GE(::archive_write_header(writer, entry), ARCHIVE_WARN);
    ::archive_write_data(writer, text.data(), text.size());
    ::archive_entry_free(entry);
  }
  ::archive_write_close(writer);
  ::archive_write_free(writer);
  return out;
}

std::string squid(int count, int from = 0) {
  std::string log;
  for (int i = from; i < from + count; ++i)
    log += fmt::format(
        "{}.001     12 192.0.2.{} TCP_TUNNEL/200 900 CONNECT chat.example.com:443 alice{} "
        "HIER_DIRECT/198.51.100.2 -\n",
        1'763'884'800 + i, i % 250, i);
  return log;
}

class Logs : public ::testing::Test {
 protected:
  std::string put(const std::string& name, std::string_view bytes) {
    const auto path = folder_ / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  Result<LogReport> scan(const std::vector<std::string>& names, LogOptions options = {}) {
    options.now = testing::kReference;
    return scan_logs(names, testing::targets(), options);
  }
  ostiary::testing::TempFolder folder_;
};

TEST_F(Logs, PackedOnesReadAsPlainOnes) {
  const auto plain = scan({put("access.log", squid(1000))});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->rows.at(0).requests, 1000u);
  EXPECT_EQ(plain->rows.at(0).clients.count, 250u);
  for (const auto* filter : {"gzip", "zstd", "xz", "bzip2"}) {
    const auto log = scan({put("access.log.1", packed({{"", squid(1000)}}, filter))});
    ASSERT_TRUE(log) << filter;
    EXPECT_THAT(log->partial, IsEmpty());
    EXPECT_EQ(log->rows.at(0).requests, 1000u) << filter;
    EXPECT_EQ(log->files.at(0).bytes, plain->files.at(0).bytes);
  }
}

TEST_F(Logs, OfAFolderEachLogCountsAndWhatIsNoneIsTold) {
  put("logs/access.log", squid(10));
  put("logs/access.log.1", squid(10, 100));
  put("logs/old/access.log.2.gz", packed({{"", squid(10, 200)}}, "gzip"));
  put("logs/notes.txt", "Some words, and more of them.\n");
  put("logs/empty.log", "");
  std::filesystem::create_symlink("/etc/passwd", folder_ / "logs/link.log");
  for (const unsigned threads : {1u, 4u}) {
    LogOptions options;
    options.threads = threads;
    const auto log = scan({folder_ / "logs"}, options);
    ASSERT_TRUE(log);
    EXPECT_EQ(log->requests, 30u);
    EXPECT_EQ(log->rows.at(0).clients.count, 30u);
    EXPECT_THAT(log->files, SizeIs(4));
    ASSERT_THAT(log->partial, SizeIs(1));
    EXPECT_THAT(log->partial[0].path, HasSubstr("notes.txt"));
    EXPECT_EQ(log->partial[0].why, files::Why::unsupported);
  }
}

TEST_F(Logs, OfAFileThatIsNamedTwiceOnceCounts) {
  const auto path = put("logs/access.log", squid(10));
  EXPECT_EQ(scan({path, folder_ / "logs"})->requests, 10u);
}

TEST_F(Logs, ATarOfLogsIsReadMemberByMember) {
  const Members members = {{"var/a.log", squid(5)},
                           {"var/b.log.gz", packed({{"", squid(7, 50)}}, "gzip")},
                           {"read.me", "words\n"}};
  for (const auto* filter : {static_cast<const char*>(nullptr), "gzip", "zstd"}) {
    const auto log = scan({put("logs.tar", packed(members, filter))});
    ASSERT_TRUE(log);
    EXPECT_EQ(log->requests, 12u);
    EXPECT_THAT(log->files, SizeIs(2));
    EXPECT_THAT(log->files.at(0).path, ::testing::EndsWith("logs.tar!/var/a.log"));
    EXPECT_THAT(log->partial, SizeIs(1));
  }
}

TEST_F(Logs, WhatIsCutIsReadUpToThereAndTold) {
  const auto whole = packed({{"", squid(20'000)}}, "gzip");
  const auto log = scan({put("access.log.gz", whole.substr(0, whole.size() / 2))});
  ASSERT_TRUE(log);
  EXPECT_GT(log->requests, 1000u);
  EXPECT_LT(log->requests, 20'000u);
  ASSERT_THAT(log->partial, SizeIs(1));
  EXPECT_EQ(log->partial[0].why, files::Why::damaged);
  EXPECT_EQ(log->files.at(0).unread, 0u);  // the half of a line at the end is no bad line
}

TEST_F(Logs, ABombIsLeftAndTold) {
  std::string bomb = squid(2);
  bomb += std::string(600u << 20, 'x');
  const auto log = scan({put("access.log.zst", packed({{"", bomb}}, "zstd"))});
  ASSERT_TRUE(log);
  ASSERT_THAT(log->partial, Not(IsEmpty()));
  EXPECT_EQ(log->partial.back().why, files::Why::bomb);
}

TEST_F(Logs, WhatCannotBeReadInALogIsToldWithItsFirstPlace) {
  const auto log = scan({put("access.log", squid(3) + "what is this\n" + squid(3) + "and this\n")});
  ASSERT_TRUE(log);
  ASSERT_THAT(log->partial, SizeIs(1));
  EXPECT_EQ(log->partial[0].text, "2 of 8 lines; the first is line 4, which is no line of format squid");
}

TEST_F(Logs, WhatIsNamedAndIsNoLogIsAnError) {
  const auto none = scan({folder_ / "none.log"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::not_found);
  const auto text = scan({put("a.log", squid(5)), put("notes.txt", "Some words.\n")});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Code::invalid);
  EXPECT_THAT(text.error().where, HasSubstr("notes.txt"));
  LogOptions wrong;
  wrong.columns = "who=3";
  EXPECT_FALSE(scan({put("a.log", squid(5))}, wrong));
  const auto packed_text = scan({put("notes.gz", packed({{"", "Some words.\n"}}, "gzip"))});
  EXPECT_FALSE(packed_text);
}

TEST_F(Logs, ADnsmasqLogWithoutQueriesSaysSo) {
  const auto log = scan({put("dnsmasq.log", "Nov 23 08:00:00 dnsmasq[1]: reading /etc/resolv.conf\n")});
  ASSERT_TRUE(log);
  ASSERT_THAT(log->partial, SizeIs(1));
  EXPECT_THAT(log->partial[0].text, HasSubstr("none of its lines"));
}

TEST_F(Logs, APipeIsReadAsItComes) {
  const auto path = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::jthread writer([&] { std::ofstream(path) << squid(5000); });
  const auto log = scan({path});
  ASSERT_TRUE(log);
  EXPECT_EQ(log->requests, 5000u);
}

TEST_F(Logs, ConsumerSurfacesComeFirstAndMixedOnesLast) {
  std::string log = "client,host\n";
  for (int i = 0; i < 9; ++i) log += "192.0.2.1,api.example.com\n";
  for (int i = 0; i < 99; ++i) log += "192.0.2.1,www.example.org\n";
  log += "192.0.2.1,chat.example.com\n192.0.2.1,noter.example\n";
  const auto read = scan({put("log.csv", log)});
  ASSERT_TRUE(read);
  std::vector<std::string> order;
  for (const auto& row : read->rows) order.push_back(row.id + (row.mixed ? "?" : ""));
  EXPECT_THAT(order, ::testing::ElementsAre("chatter", "acme", "noter", "mixed?"));
  EXPECT_EQ(read->matched, 110u);
}

TEST_F(Logs, TheDaysThatTheLogsCoverAreThoseOfAllTraffic) {
  std::string log = "time,host\n2025-10-01,a.test\n";
  for (int i = 0; i < 500; ++i) log += "2025-11-01,chat.example.com\n";
  log += "2025-12-01,b.test\n";
  const auto read = scan({put("log.csv", log)});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->first, "2025-10-01");
  EXPECT_EQ(read->last, "2025-12-01");
  EXPECT_EQ(read->rows.at(0).first, "2025-11-01");
}

// Whatever a report holds as text, and errors too.
std::string every_text(const LogReport& report) {
  std::string out = report.first + report.last;
  for (const auto& file : report.files) out += file.path + file.columns + "\n";
  for (const auto& one : report.partial) out += one.path + one.text + "\n";
  for (const auto& row : report.rows) {
    out += row.id + row.name + row.maker + row.surface + row.first + row.last;
    for (const auto& [host, count] : row.hosts) out += host;
  }
  return out;
}

TEST_F(Logs, NothingInTheReportSaysWho) {
  const auto path = put("log.csv",
                        "client,user,url,bytes "
                        "out\n192.0.2.77,alice,https://alice-secret.chat.example.com/c/private?token=abc,5\n"
                        "2001:db8::77,bob,https://chat.example.com/c/other#mallory,5\nbroken,carol\n");
  const auto report = scan({path});
  ASSERT_TRUE(report);
  ASSERT_EQ(report->rows.at(0).clients.count, 2u);
  const auto text = every_text(*report);
  for (const auto* who :
       {"192.0.2.77", "2001:db8", "alice", "bob", "carol", "private", "token", "mallory", "secret"})
    EXPECT_THAT(text, Not(HasSubstr(who)));
  const auto error = scan({put("bad.log", "alice did this at 192.0.2.77\nbob did that\n")});
  ASSERT_FALSE(error);
  EXPECT_THAT(error.error().message, Not(HasSubstr("alice")));
}

TEST_F(Logs, TheCatalogueHasToolsAndEndpointsToLookFor) {
  const auto targets = catalogue_targets();
  const auto has = [&](LogTarget::Kind kind) {
    return std::ranges::any_of(targets, [&](const LogTarget& target) { return target.kind == kind; });
  };
  EXPECT_TRUE(has(LogTarget::Kind::tool));
  EXPECT_TRUE(has(LogTarget::Kind::provider));
  const HostIndex index(targets);
  EXPECT_FALSE(index.may_hold("www.some-bank.test"));
  for (const auto& target : targets) {
    std::vector<HostIndex::Hit> hits;
    auto host = target.host;
    for (auto star = host.find('*'); star != std::string::npos; star = host.find('*'))
      host.replace(star, 1, "x1");
    index.find({host, target.path, true}, hits);
    EXPECT_FALSE(hits.empty()) << target.host;
    EXPECT_TRUE(index.may_hold(host)) << target.host;
  }
}

}  // namespace
}  // namespace ostiary::scan
