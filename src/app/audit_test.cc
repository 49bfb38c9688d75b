#include "app/audit.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/testing.h"
#include "base/time.h"
#include "ledger/record.h"

namespace ostiary::app {
namespace {

struct AuditTest : ::testing::Test {
  AuditTest() {
    ledger = std::move(*ledger::Ledger::open(folder / "data", {}));
    settings.to = AuditSettings::To::file;
    settings.file = folder / "audit.jsonl";
  }

  void change(std::string_view what) {
    std::string line;
    ledger::append_change(line, wall_now(), "test", what);
    append(line);
  }
  void exchange(ledger::Outcome outcome, std::string_view team) {
    ledger::ExchangeRecord record;
    record.outcome = outcome;
    record.team = team;
    std::string line;
    ledger::append_outcome(line, record);
    append(line);
  }
  void append(std::string_view line) {
    ledger::Batch batch;
    batch.add(line);
    ASSERT_TRUE(ledger->append(batch));
  }
  std::unique_ptr<Audit> start() const {
    auto audit = Audit::start(folder / "data", settings, *ledger);
    EXPECT_TRUE(audit) << audit.error().text();
    return std::move(*audit);
  }
  // Waits until the file holds `text`.
  bool comes(std::string_view text, const std::string& file) const {
    for (int tries = 0; tries < 500; ++tries) {
      const auto now = read_file(file, 1 << 20);
      if (now && now->find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  testing::TempFolder folder;
  std::unique_ptr<ledger::Ledger> ledger;
  AuditSettings settings;
};

TEST_F(AuditTest, ChangesAndRefusalsGoOnInOrderAndOtherExchangesDoNot) {
  change("before");
  {
    const auto audit = start();
    change("one");
    exchange(ledger::Outcome::complete, "quiet");
    exchange(ledger::Outcome::refused, "loud");
    change("two");
  }
  const auto text = *read_file(settings.file, 1 << 20);
  EXPECT_EQ(text.find("before"), std::string::npos) << "it begins with what comes";
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_LT(text.find("\"one\""), text.find("loud"));
  EXPECT_LT(text.find("loud"), text.find("\"two\""));
}

TEST_F(AuditTest, ANewRunGoesOnWhereTheLastOneStopped) {
  {
    const auto audit = start();
    change("one");
  }
  change("between");
  {
    const auto audit = start();
    change("two");
  }
  const auto text = *read_file(settings.file, 1 << 20);
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
  EXPECT_NE(text.find("between"), std::string::npos);
}

TEST_F(AuditTest, AMovedFileIsOpenedAnewWhenAsked) {
  const auto audit = start();
  change("one");
  ASSERT_TRUE(comes("\"one\"", settings.file));
  std::filesystem::rename(settings.file, settings.file + ".1");
  audit->reopen();
  change("two");
  EXPECT_TRUE(comes("\"two\"", settings.file));
}

TEST_F(AuditTest, SyslogGetsAMessageARecordAndWhatCameWhileItWasAway) {
  settings.to = AuditSettings::To::syslog;
  settings.socket = folder / "log";
  const auto audit = start();
  change("early");
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, settings.socket.c_str(), settings.socket.size() + 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  const timeval patience{10, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char message[4096];
  const auto got = ::recv(socket.get(), message, sizeof message, 0);
  ASSERT_GT(got, 0);
  const std::string text(message, static_cast<std::size_t>(got));
  EXPECT_TRUE(text.starts_with("<109>1 2")) << text;  // facility 13, notice
  EXPECT_NE(text.find(" audit - {"), std::string::npos) << text;
  EXPECT_NE(text.find("early"), std::string::npos);
}

TEST_F(AuditTest, AFileThatCannotBeOpenedIsToldAtTheStart) {
  settings.file = folder / "no/such/folder/audit";
  const auto audit = Audit::start(folder / "data", settings, *ledger);
  ASSERT_FALSE(audit);
  EXPECT_NE(audit.error().text().find("audit"), std::string::npos);
}

}  // namespace
}  // namespace ostiary::app
