#include "gateway/credential.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/time.h"
#include "gateway/impl/test_support.h"
#include "gateway/service.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using Kind = CredentialSource::Kind;

Result<std::string> command(const std::string& line, std::uint64_t limit_ms = 5'000) {
  return read_credential({Kind::command, line}, "service 'far'", limit_ms);
}

TEST(CredentialCommand, IsEndedAtItsLimitWithAllThatItStarted) {
  const TestFolder folder;
  for (const auto* line : {"sleep 20", "exec >&-; sleep 20", "sleep 20 & echo x"}) {
    const auto began = mono_now();
    const auto value = command(std::string(line) + "; touch " + folder.file("after"), 200);
    EXPECT_FALSE(value) << line;
    EXPECT_EQ(value.error().code, Code::timeout) << line;
    EXPECT_NE(value.error().text().find("'far'"), std::string::npos);
    EXPECT_LT(mono_now() - began, 3'000'000'000) << line;
  }
}

TEST(CredentialCommand, IsEndedSoonAfterItsReaderIsToldToStop) {
  for (const auto* line : {"sleep 20", "exec >&-; sleep 20"}) {
    std::stop_source stop;
    const std::jthread teller([&stop] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      stop.request_stop();
    });
    const auto began = mono_now();
    const auto value = read_credential({Kind::command, line}, "service 'far'", 15'000, stop.get_token());
    ASSERT_FALSE(value) << line;
    EXPECT_EQ(value.error().code, Code::closed) << line;
    EXPECT_LT(mono_now() - began, 3'000'000'000) << line;
    EXPECT_FALSE(read_credential({Kind::command, "echo x"}, "service 'far'", 15'000, stop.get_token()));
  }
}

TEST(CredentialCommand, SeesTheEnvironmentButNothingOfOurs) {
  ::setenv("OSTIARY_TEST_HIDDEN", "hidden", 1);
  ::setenv("R1_TEST_SEEN", "seen", 1);
  EXPECT_EQ(*command("echo $R1_TEST_SEEN$OSTIARY_TEST_HIDDEN"), "seen");
  ::unsetenv("OSTIARY_TEST_HIDDEN");
  ::unsetenv("R1_TEST_SEEN");
}

TEST(CredentialCommand, HasNothingToRead) {
  EXPECT_EQ(*command("cat; echo end"), "end");
}

TEST(CredentialFile, IsReadAgainWhenItIsAnotherOneAndKeptWhileItCannotBeRead) {
  const TestFolder folder;
  const auto write = [&](const std::string& name, std::string_view text) {
    std::ofstream(folder.file(name), std::ios::trunc) << text;
  };
  write("key", "one");
  ServiceSettings settings;
  settings.id = "far";
  settings.base_url = "https://api.example.com/v1";
  settings.credential = {Kind::file, folder.file("key")};
  const auto service = *Service::create(settings);
  const auto value = [&] { return std::string(service->credential()->reveal()); };
  service->notice_change();
  EXPECT_EQ(value(), "Bearer one");
  write("key", "second");
  service->notice_change();
  EXPECT_EQ(value(), "Bearer second");
  write("key", "");
  service->notice_change();
  EXPECT_EQ(value(), "Bearer second");
  std::filesystem::remove(folder.file("key"));
  service->notice_change();
  EXPECT_EQ(value(), "Bearer second");
  write("other", "thirds");  // as long as the one before
  std::filesystem::rename(folder.file("other"), folder.file("key"));
  service->notice_change();
  EXPECT_EQ(value(), "Bearer thirds");
}

}  // namespace
}  // namespace ostiary::gateway
