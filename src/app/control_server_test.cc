#include "app/control_server.h"

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "app/control_client.h"
#include "app/folder_api.h"
#include "app/keeping_door.h"
#include "app/response_keeper.h"
#include "base/testing.h"
#include "json/document.h"

namespace ostiary::app {
namespace {

class ControlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ledger::Options options;
    options.sync = ledger::Sync::os;
    auto ledger = ledger::Ledger::open(folder_.path(), options);
    ASSERT_TRUE(ledger) << ledger.error().text();
    ledger_ = std::move(*ledger);
    shared_.ledger = ledger_.get();
    start();
  }
  void start() {
    auto store = store::open_sqlite(folder_ / "store.sqlite");
    ASSERT_TRUE(store) << store.error().text();
    auto keeper = ledger::Keeper::open(folder_.path(), *ledger_, {});
    ASSERT_TRUE(keeper) << keeper.error().text();
    keeper_ = std::move(*keeper);
    auto keys = (*store)->keys();
    ASSERT_TRUE(keys) << keys.error().text();
    shared_.keys.replace(std::move(*keys));
    backing_ = std::unique_ptr<console::Backing>(new console::Backing{
        .shared = shared_, .store = std::move(*store), .data_folder = folder_.path(), .facts = facts()});
    api_ = std::make_unique<console::Api>(*backing_);
    responses_ = std::make_unique<ResponseKeeper>(
        *backing_, [this](std::function<void()> job) { return api_->run(std::move(job)); });
    door_ = std::make_unique<KeepingDoor>(*api_, *backing_, *keeper_);
    auto server = ControlServer::start(folder_.path(), *door_);
    ASSERT_TRUE(server) << server.error().text();
    server_ = std::move(*server);
  }
  void stop() {
    server_.reset();
    door_.reset();
    api_.reset();
    responses_.reset();
    backing_.reset();
  }

  Result<std::string> call(std::string_view method, std::string_view path, std::string_view body = {}) {
    auto client = ControlClient::find(folder_.path());
    if (!client || !*client) return fail(Code::closed, "no gate answers");
    return (*client)->call(method, path, body);
  }
  std::string create(std::string_view body) {
    auto made = call("POST", "/api/v1/keys", body);
    EXPECT_TRUE(made) << made.error().text();
    return made ? *made : "{}";
  }
  bool opens(const std::string& key) {
    gateway::KeyReader reader(shared_.keys);
    std::shared_ptr<const gateway::KeyRing::Snapshot> hold;
    return reader.find(key, hold) != nullptr;
  }
  std::string newest_record() {
    const auto records = ledger::tail(folder_.path(), 1);
    return records && !records->empty() ? records->front() : "";
  }
  // What the socket answers to these bytes; empty: it hangs up.
  std::string raw(std::string_view bytes) {
    const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::strncpy(at.sun_path, (folder_ / "control.sock").c_str(), sizeof at.sun_path - 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    while (!bytes.empty()) {
      const auto n = ::send(fd.get(), bytes.data(), std::min<std::size_t>(bytes.size(), 7), MSG_NOSIGNAL);
      if (n <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    ::shutdown(fd.get(), SHUT_WR);
    std::string answer;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(n));
    return answer;
  }

  testing::TempFolder folder_;
  std::unique_ptr<ledger::Ledger> ledger_;
  gateway::Shared shared_;
  std::unique_ptr<ledger::Keeper> keeper_;
  std::unique_ptr<console::Backing> backing_;
  std::unique_ptr<ResponseKeeper> responses_;
  std::unique_ptr<console::Api> api_;
  std::unique_ptr<KeepingDoor> door_;
  std::unique_ptr<ControlServer> server_;
};

std::string member(const std::string& text, std::string_view name) {
  const auto document = json::Document::parse(text);
  return document ? document->root()[name].string_or("") : "";
}

TEST_F(ControlTest, ANewKeyOpensTheGateAtOnceAndIsRecordedWithoutItsSecret) {
  const auto made = create(R"({"team":"blue","user":"ada"})");
  const auto key = member(made, "key");
  EXPECT_TRUE(opens(key));
  EXPECT_EQ(member(made, "team"), "blue");
  const auto record = newest_record();
  EXPECT_NE(record.find("\"key-created\""), std::string::npos);
  EXPECT_NE(record.find(member(made, "id")), std::string::npos);
  EXPECT_NE(record.find(member(made, "subject")), std::string::npos);
  EXPECT_EQ(record.find(key), std::string::npos);
  EXPECT_EQ(record.find("ada"), std::string::npos);  // the ledger knows the pseudonym only
}

TEST_F(ControlTest, TheSocketSpeaksTheApiWithEveryRightAndTellsErrorsByTheirKind) {
  const auto id = member(create(R"({"team":"blue","user":"ada","scopes":["admin"]})"), "id");
  EXPECT_TRUE(call("GET", "/api/v1/keys/" + id));
  EXPECT_TRUE(call("DELETE", "/api/v1/keys/" + id));
  EXPECT_EQ(call("DELETE", "/api/v1/keys/" + id).error().code, Code::exists);
  EXPECT_EQ(call("GET", "/api/v1/keys/nobody00").error().code, Code::not_found);
  const auto wrong = call("POST", "/api/v1/keys", R"({"team":1,"user":"ada"})");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::invalid);
  EXPECT_EQ(wrong.error().where, "/team");
}

TEST_F(ControlTest, ARequestMayComeInPiecesAndABrokenOneIsHungUpOn) {
  const auto answer = raw("GET /api/v1/keys HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_EQ(raw("nonsense\r\n\r\n"), "");
  EXPECT_EQ(raw("POST /api/v1/keys HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"), "");
  EXPECT_EQ(raw("GET /api/v1/keys HTTP/1.1\r\nHost: x\r\nX: " + std::string(70'000, 'x')), "");
  EXPECT_TRUE(call("GET", "/api/v1/keys"));
}

TEST_F(ControlTest, OnlyTheOwnerMayReachTheSocket) {
  struct stat info{};
  ASSERT_EQ(::stat((folder_ / "control.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(ControlTest, WhereAResponseLivesIsKeptEvenWhenTheGateEndsRightAfter) {
  responses_->remember({"resp_1", "far", "blue", "sub_a"});
  stop();
  auto store = store::open_sqlite(folder_ / "store.sqlite");
  ASSERT_TRUE(store);
  EXPECT_EQ(*(*store)->service_of_response("resp_1"), "far");
}

TEST_F(ControlTest, ManyResponsesAreKeptTogether) {
  for (int i = 0; i < 5000; ++i) responses_->remember({"resp_" + std::to_string(i), "far", "blue", "sub_a"});
  stop();
  auto store = store::open_sqlite(folder_ / "store.sqlite");
  ASSERT_TRUE(store);
  const auto kept = (*store)->recent_responses(wall_now(), 60'000);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->size(), 5000u);
  EXPECT_EQ(kept->front().subject, "sub_a");
  EXPECT_EQ(kept->front().team, "blue");
}

TEST_F(ControlTest, ErasingANameClosesTheGateToItsKeysAndIsRecordedWithoutTheName) {
  const auto made = create(R"({"team":"blue","user":"ada lovelace"})");
  const auto other = create(R"({"team":"blue","user":"bob"})");
  const auto erased = call("POST", "/control/ledger/erase", R"({"by":"uid:7","user":"ada lovelace"})");
  ASSERT_TRUE(erased) << erased.error().text();
  EXPECT_EQ(member(*erased, "subject"), member(made, "subject"));
  EXPECT_FALSE(opens(member(made, "key")));
  EXPECT_TRUE(opens(member(other, "key")));
  EXPECT_EQ(call("GET", "/api/v1/keys")->find("lovelace"), std::string::npos);
  const auto record = newest_record();
  EXPECT_NE(record.find(R"("by":"uid:7")"), std::string::npos) << record;
  EXPECT_NE(record.find(member(made, "subject")), std::string::npos);
  EXPECT_EQ(record.find("lovelace"), std::string::npos);
  EXPECT_EQ(call("POST", "/control/ledger/erase", R"({"user":"ada lovelace"})").error().code,
            Code::not_found);
}

TEST_F(ControlTest, WrongErasuresAreRefusedWithTheReason) {
  for (const std::string_view body : {"", "{}", "no json", R"({"subject":"ada"})", R"({"subject":"sub_"})",
                                      R"({"exchange":"x"})", R"({"subject":"sub_0123456789\"012345678"})"})
    EXPECT_EQ(call("POST", "/control/ledger/erase", body).error().code, Code::invalid) << body;
  EXPECT_EQ(call("POST", "/control/ledger/erase", R"({"subject":"sub_01234567890123456789"})").error().code,
            Code::not_found);
  EXPECT_EQ(call("GET", "/control/ledger/erase").error().code, Code::not_found);
  EXPECT_EQ(call("GET", "/control/ledger/").error().code, Code::not_found);
}

TEST_F(ControlTest, AfterARestartOldKeysOpenTheGate) {
  const auto key = member(create(R"({"team":"blue","user":"ada"})"), "key");
  stop();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "control.sock"));
  shared_.keys.replace({});
  ASSERT_FALSE(opens(key));
  start();
  EXPECT_TRUE(opens(key));
}

// A door that answers when it is told to.
struct SlowDoor final : gateway::SideDoor {
  bool serves(std::string_view) const override { return true; }
  std::string refusal(std::string_view, std::string_view) const override { return ""; }
  void ask(gateway::SideRequest request, std::function<void(gateway::SideAnswer)> done) override {
    const std::lock_guard lock(mutex);
    left = request.left;
    answer = std::move(done);
  }
  bool asked() {
    const std::lock_guard lock(mutex);
    return answer != nullptr;
  }
  bool told_of_leaving() {
    const std::lock_guard lock(mutex);
    return left.stop_requested();
  }
  std::mutex mutex;
  std::stop_token left;
  std::function<void(gateway::SideAnswer)> answer;
};

bool soon(const std::function<bool()>& condition) {
  for (int i = 0; i < 1'000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return condition();
}

Fd asking(const std::string& path) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::strncpy(at.sun_path, path.c_str(), sizeof at.sun_path - 1);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  const std::string_view text = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  return fd;
}

TEST(ControlClients, WhoLeavesIsNotWorkedForAndWhoOnlyStopsWritingGetsTheAnswer) {
  const testing::TempFolder folder;
  SlowDoor door;
  auto server = ControlServer::start(folder.path(), door);
  ASSERT_TRUE(server) << server.error().text();
  auto fd = asking(folder / "control.sock");
  ASSERT_TRUE(soon([&] { return door.asked(); }));
  ::shutdown(fd.get(), SHUT_WR);
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  EXPECT_FALSE(door.told_of_leaving());
  gateway::SideAnswer good;
  good.body = "good";
  door.answer(good);
  std::string answer;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(n));
  EXPECT_TRUE(answer.ends_with("good")) << answer;

  door.answer = nullptr;
  fd = asking(folder / "control.sock");
  ASSERT_TRUE(soon([&] { return door.asked(); }));
  EXPECT_FALSE(door.told_of_leaving());
  fd.reset();
  EXPECT_TRUE(soon([&] { return door.told_of_leaving(); }));
  server->reset();
}

}  // namespace
}  // namespace ostiary::app
