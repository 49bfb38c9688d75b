#include "app/witness.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "app/impl/run_program.h"
#include "base/file.h"
#include "base/log.h"
#include "base/testing.h"

namespace ostiary::app {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = WitnessSettings::Kind;

std::string note_of(int size) {
  return fmt::format("example.com/ledger\n{}\nAAAA\n\n\u2014 example.com/ledger AAAA\n", size);
}

// A server that answers each connection's request with what it was told, or with nothing.
class Hook {
 public:
  explicit Hook(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Hook() {
    stop_ = true;
    thread_.join();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/hooks/s3cret-path", port_); }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void run() {
    std::vector<Fd> open;
    while (!stop_) {
      pollfd waiting{listener_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 10) <= 0) continue;
      Fd client(::accept(listener_.get(), nullptr, nullptr));
      std::string request;
      char buffer[4096];
      while (request.find("AAAA\n\n") == request.npos || !request.ends_with("AAAA\n")) {
        const auto n = ::recv(client.get(), buffer, sizeof buffer, 0);
        if (n <= 0) break;
        request.append(buffer, static_cast<std::size_t>(n));
      }
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      const auto& answer = answers_[std::min(requests_.size(), answers_.size()) - 1];
      ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      if (answer.empty()) open.push_back(std::move(client));  // silent, and stays
    }
  }

  std::vector<std::string> answers_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

class Witnessing : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "data/ledger");
    log::set_level(log::Level::error);
  }
  void TearDown() override { log::set_level(log::Level::info); }
  std::string in(const std::string& name) const { return folder_ / name; }
  std::string data() const { return in("data"); }
  void sign(int size) const { ASSERT_TRUE(write_file_atomic(in("data/ledger/checkpoint"), note_of(size))); }
  static bool soon(const std::function<bool()>& holds) {
    for (int i = 0; i < 1000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  static WitnessSettings settings(Kind kind, const std::string& target) {
    WitnessSettings out;
    out.kind = kind;
    out.target = target;
    out.every_ms = 20;
    return out;
  }
  std::string git(std::vector<std::string> arguments) const {
    const std::atomic<MonoNs> until = mono_now() + 20'000'000'000;
    arguments.insert(arguments.begin(), {"git", "-C", in("repo")});
    const auto ran = run_program(arguments, {"PATH=/usr/bin:/bin", "HOME=" + folder_.path()}, "", until);
    EXPECT_TRUE(ran && ran->code == 0) << (ran ? ran->err : ran.error().text());
    return ran ? ran->out : "";
  }
  bool make_repository() const {
    fs::create_directories(in("repo"));
    const std::atomic<MonoNs> until = mono_now() + 20'000'000'000;
    const auto ran =
        run_program({"git", "-C", in("repo"), "init", "-q", "-b", "main"}, {"PATH=/usr/bin:/bin"}, "", until);
    return ran && ran->code == 0;
  }

  testing::TempFolder folder_;
};

TEST_F(Witnessing, AFileGetsEveryCheckpointThatIsDue) {
  sign(1);
  Witnesses witnesses(data(), {settings(Kind::file, in("kept"))});
  const auto has = [&](int size) {
    return soon([&] { return read_file(in("kept")).value_or("") == note_of(size); });
  };
  ASSERT_TRUE(has(1));
  sign(5);
  ASSERT_TRUE(has(5));
  EXPECT_THAT(*held_notes(in("kept"), ""), ElementsAre(note_of(1), note_of(5)));
  ASSERT_TRUE(soon([&] { return witnesses.states()[0].size == 5; }));
  const auto state = witnesses.states()[0];
  EXPECT_EQ(state.delivered, 2U);
  EXPECT_EQ(state.failed, 0U);
  EXPECT_GT(state.at, 0);
}

TEST_F(Witnessing, TheLastCheckpointIsHandedOverAtTheEnd) {
  auto hourly = settings(Kind::file, in("kept"));
  hourly.every_ms = 3'600'000;
  sign(1);
  Witnesses witnesses(data(), {hourly});
  ASSERT_TRUE(soon([&] { return witnesses.states()[0].delivered == 1; }));
  sign(9);
  witnesses.finish(2000);
  EXPECT_EQ(*read_file(in("kept")), note_of(9));
}

TEST_F(Witnessing, AWebhookIsPostedTheSignedNote) {
  const Hook hook({"HTTP/1.1 204 No Content\r\n\r\n"});
  sign(3);
  const Witnesses witnesses(data(), {settings(Kind::webhook, hook.url())});
  ASSERT_TRUE(soon([&] { return witnesses.states()[0].delivered == 1; }));
  const auto request = hook.requests().at(0);
  EXPECT_THAT(request, ::testing::StartsWith("POST /hooks/s3cret-path HTTP/1.1\r\n"));
  EXPECT_THAT(request, ::testing::EndsWith("\r\n\r\n" + note_of(3)));
}

TEST_F(Witnessing, AWebhookThatFailsIsTriedAgainAndItsAddressIsNotTold) {
  const Hook hook(
      {"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"});
  sign(3);
  const Witnesses witnesses(data(), {settings(Kind::webhook, hook.url())});
  ASSERT_TRUE(soon([&] { return witnesses.states()[0].failed == 1; }));
  EXPECT_THAT(witnesses.states()[0].error, HasSubstr("500"));
  EXPECT_THAT(witnesses.states()[0].name + witnesses.states()[0].error, Not(HasSubstr("s3cret")));
  ASSERT_TRUE(soon([&] { return witnesses.states()[0].delivered == 1; }));
  EXPECT_EQ(witnesses.states()[0].error, "");
}

TEST_F(Witnessing, AWebhookThatNeverAnswersDelaysNobody) {
  const Hook hook({""});
  sign(1);
  auto witnesses = std::make_unique<Witnesses>(
      data(), std::vector{settings(Kind::webhook, hook.url()), settings(Kind::file, in("kept"))});
  ASSERT_TRUE(soon([&] { return hook.requests().size() == 1; }));
  for (const int size : {2, 3}) {
    sign(size);
    EXPECT_TRUE(soon([&] { return read_file(in("kept")).value_or("") == note_of(size); }));
  }
  const auto before = mono_now();
  witnesses->replace({settings(Kind::file, in("kept"))});
  EXPECT_LT(mono_now() - before, 2'000'000'000);
  witnesses->replace({settings(Kind::webhook, hook.url())});
  ASSERT_TRUE(soon([&] { return hook.requests().size() == 2; }));
  const auto asked = mono_now();
  witnesses->finish(100);
  EXPECT_LT(mono_now() - asked, 2'000'000'000);
}

TEST_F(Witnessing, WhatStaysTheSameGoesOnOverAReload) {
  sign(1);
  const auto file = settings(Kind::file, in("kept"));
  Witnesses witnesses(data(), {file});
  ASSERT_TRUE(soon([&] { return witnesses.states()[0].delivered == 1; }));
  witnesses.replace({settings(Kind::file, in("other")), file});
  ASSERT_EQ(witnesses.states().size(), 2U);
  EXPECT_EQ(witnesses.states()[1].delivered, 1U);
  EXPECT_TRUE(soon([&] { return fs::exists(in("other")); }));
}

TEST_F(Witnessing, AGitRepositoryGetsACommitEachOnABranchOfItsOwn) {
  if (!make_repository()) GTEST_SKIP() << "no git here";
  std::ofstream(in("repo/work")) << "mine";
  git({"add", "work"});
  git({"-c", "user.name=me", "-c", "user.email=me@example.com", "commit", "-q", "-m", "mine"});
  const auto mine = git({"rev-parse", "main"});
  const std::atomic<MonoNs> until = mono_now() + 30'000'000'000;
  const auto witness = settings(Kind::git, in("repo"));
  for (const int size : {1, 2, 2, 7}) {
    const auto done = hand_over(witness, note_of(size), until);
    ASSERT_TRUE(done) << done.error().text();
  }
  EXPECT_THAT(*held_notes(in("repo"), ""), ElementsAre(note_of(1), note_of(2), note_of(7)));
  EXPECT_THAT(git({"log", "--format=%s", kWitnessBranch}),
              ::testing::StartsWith("7 records of example.com/ledger\n"));
  EXPECT_EQ(git({"rev-parse", "main"}), mine);
  EXPECT_EQ(git({"status", "--porcelain"}), "");
  EXPECT_THAT(held_notes(in("repo"), "main").error().message, HasSubstr("holds a checkpoint"));
  EXPECT_THAT(held_notes(in("repo"), "other").error().message, HasSubstr("no branch other"));
}

TEST_F(Witnessing, AGitRepositoryIsPushedToItsRemote) {
  if (!make_repository()) GTEST_SKIP() << "no git here";
  git({"init", "-q", "--bare", in("far")});
  git({"remote", "add", "origin", in("far")});
  auto witness = settings(Kind::git, in("repo"));
  witness.remote = "origin";
  const std::atomic<MonoNs> until = mono_now() + 30'000'000'000;
  const auto done = hand_over(witness, note_of(4), until);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_THAT(*held_notes(in("far"), ""), ElementsAre(note_of(4)));
  witness.remote = "nowhere";
  EXPECT_THAT(hand_over(witness, note_of(5), until).error().message, HasSubstr("git push"));
}

TEST_F(Witnessing, AFolderThatIsNoRepositoryIsNotTakenForTheOneAroundIt) {
  if (!make_repository()) GTEST_SKIP() << "no git here";
  fs::create_directories(in("repo/inner"));
  const std::atomic<MonoNs> until = mono_now() + 30'000'000'000;
  EXPECT_FALSE(hand_over(settings(Kind::git, in("repo/inner")), note_of(1), until));
}

TEST_F(Witnessing, AProgramIsEndedWithAllThatItStartedWhenTimeIsUp) {
  const std::atomic<MonoNs> until = mono_now() + 200'000'000;
  const auto before = mono_now();
  EXPECT_EQ(run_program({"sh", "-c", "sleep 30 & sleep 30"}, {"PATH=/usr/bin:/bin"}, "", until).error().code,
            Code::timeout);
  EXPECT_EQ(
      run_program({"sh", "-c", "exec >&- 2>&-; sleep 30"}, {"PATH=/usr/bin:/bin"}, "", until).error().code,
      Code::timeout);
  EXPECT_LT(mono_now() - before, 5'000'000'000);
  const std::atomic<MonoNs> later = mono_now() + 20'000'000'000;
  EXPECT_EQ(run_program({"no-such-program-here"}, {"PATH=/usr/bin:/bin"}, "", later).error().code,
            Code::not_found);
  const auto ran =
      run_program({"sh", "-c", "cat; echo why >&2; exit 3"}, {"PATH=/usr/bin:/bin"}, "in", later);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->out, "in");
  EXPECT_EQ(ran->err, "why\n");
  EXPECT_EQ(ran->code, 3);
}

}  // namespace
}  // namespace ostiary::app
