#include "app/house.h"

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>

#include "app/control_client.h"
#include "app/gate_client.h"
#include "base/file.h"
#include "base/log.h"
#include "base/testing.h"
#include "json/document.h"
#include "ledger/ledger.h"

namespace ostiary::app {
namespace {

constexpr int kMany = 1000;  // turns of a loop that something else ends

class HouseTest : public ::testing::Test {
 protected:
  HouseTest() {
    options_.config = folder_ / "ostiary.yaml";
    options_.data = folder_ / "data";
    options_.format = Format::json;
    write("one");
  }
  ~HouseTest() override {
    house_.reset();
    (void)log::write_to("");
  }
  // The configuration with one service, whose id that is.
  void write(const std::string& service, const std::string& more = "") {
    std::ofstream file(options_.config, std::ios::trunc);
    file << "listen: 127.0.0.1:0\nservices:\n  - {id: " << service
         << ", provider: self, surface: self-hosted, base_url: \"http://127.0.0.1:9/v1\", health: {check: "
            "off}}\n"
         << more;
  }
  void open() {
    const Notifier notifier([](const char*) { return nullptr; }, 1);
    auto house = House::open(options_, {}, notifier);
    ASSERT_TRUE(house) << house.error().text();
    house_ = std::move(*house);
    if (!house_->first_key().empty()) key_ = house_->first_key();
  }
  // What is in force, as far as a reload changes it.
  struct Force {
    std::shared_ptr<const gateway::Setup> setup;
    std::vector<gateway::ServiceSettings> services;
    std::string log_file;
    WallMs loaded_at;
    bool operator==(const Force&) const = default;
  };
  Force force() const {
    const auto config = house_->config();
    return {house_->shared().setup.get(), config.services, config.log.file, house_->loaded_at()};
  }
  std::size_t reloads() const {
    std::size_t count = 0;
    const auto records = ledger::tail(options_.data, 1000);
    for (const auto& line : *records) count += line.find(R"("action":"reloaded")") != line.npos;
    return count;
  }
  testing::TempFolder folder_;
  std::string key_;
  ServeOptions options_;
  std::unique_ptr<House> house_;
};

// Files of this process may not grow beyond that many bytes while it lives.
class NoRoom {
 public:
  explicit NoRoom(std::uint64_t bytes) {
    before_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit tight{bytes, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tight);
  }
  ~NoRoom() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

 private:
  rlimit limit_{};
  void (*before_)(int) = SIG_DFL;
};

TEST_F(HouseTest, AReloadPutsAllOfItInForceAtOnce) {
  open();
  const auto before = force();
  write("two");
  ASSERT_TRUE(house_->reload("test"));
  const auto after = force();
  EXPECT_NE(after.setup, before.setup);
  EXPECT_EQ(after.setup->services.front()->id(), "two");
  EXPECT_EQ(after.services.front().id, "two");
  EXPECT_EQ(reloads(), 1u);
}

TEST_F(HouseTest, AReloadWhoseLogCannotBeOpenedLeavesAllAsItWas) {
  open();
  const auto before = force();
  write("two", "log: {file: \"" + folder_.path() + "/none/there.log\"}\n");
  const auto done = house_->reload("test");
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().text().find("there.log"), std::string::npos) << done.error().text();
  EXPECT_EQ(force(), before);
  EXPECT_EQ(reloads(), 0u);
}

TEST_F(HouseTest, AReloadThatTheLedgerHasNoRoomForLeavesAllAsItWasAndSucceedsLater) {
  const auto old_log = folder_ / "old.log", new_log = folder_ / "new.log";
  write("one", "log: {file: \"" + old_log + "\"}\n");
  open();
  const auto before = force();
  write("two", "log: {file: \"" + new_log + "\"}\n");
  {
    const auto segment = options_.data + "/ledger/00000000000000000000.log";
    const NoRoom room(std::filesystem::file_size(segment) + 10);
    EXPECT_FALSE(house_->reload("test"));
    EXPECT_EQ(force(), before);
    log::error("after the reload that failed");
  }
  EXPECT_EQ(reloads(), 0u);
  EXPECT_NE(read_file(old_log, 1 << 20)->find("after the reload that failed"), std::string::npos)
      << "the log of before is not in force";
  ASSERT_TRUE(house_->reload("test"));
  EXPECT_EQ(force().services.front().id, "two");
  EXPECT_EQ(force().log_file, new_log);
  EXPECT_EQ(reloads(), 1u);
}

// Every door is in use while the house goes down: whoever asks has an answer or is hung up on, and nothing is
// used that is gone already (which the sanitizers' builds see).
TEST_F(HouseTest, ItGoesDownUnderWhoeverStillAsks) {
  for (int turn = 0; turn < 3; ++turn) {
    open();
    ASSERT_TRUE(house_);
    const auto url = house_->urls().front();
    std::atomic<bool> over{false};
    std::atomic<int> answered{0};
    const auto ask_all_the_time = [&](auto ask) {
      return std::thread([&, ask] {
        for (int i = 0; i < kMany && !over; ++i) answered += ask();
      });
    };
    std::vector<std::thread> askers;
    for (const std::string path : {"/api/v1/self/kept", "/api/v1/self/budget", "/readyz", "/metrics"})
      askers.push_back(
          ask_all_the_time([&, path] { return ask_gate(url, key_, "GET", path).has_value() ? 1 : 0; }));
    for (const auto& [method, path, body] : {std::array<std::string, 3>{"GET", "/api/v1/exchanges", ""},
                                             {"POST", "/api/v1/ledger/verify", ""},
                                             {"POST", "/api/v1/keys", R"({"team":"t","user":"u"})"},
                                             {"POST", "/api/v1/configuration/reload", ""},
                                             {"GET", "/control/ledger/holds", ""}})
      askers.push_back(ask_all_the_time([&, method, path, body] {
        auto client = ControlClient::find(options_.data);
        return client && *client && (*client)->call(method, path, body) ? 1 : 0;
      }));
    std::thread reloading([&] {
      for (int i = 0; i < 20; ++i) (void)house_->reload("test");
    });
    for (int i = 0; i < 500 && answered < 40; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_GE(answered, 40);
    const auto began = mono_now();
    const auto closed = house_->close(5'000, {});
    EXPECT_TRUE(closed) << closed.error().text();
    EXPECT_LT(mono_now() - began, 10'000'000'000);
    EXPECT_FALSE(ControlClient::find(options_.data).value_or(std::nullopt)) << "the control socket goes";
    reloading.join();
    house_.reset();
    over = true;
    for (auto& asker : askers) asker.join();
  }
  const auto report = ledger::verify(options_.data);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok);
}

TEST_F(HouseTest, AMisspeltDataClassIsRefusedWithItsPlaceAndTheNearestOne) {
  const auto refused = [&](const std::string& more) {
    write("one", more);
    const auto reloaded = house_->reload("test");
    return reloaded ? "nothing" : reloaded.error().text();
  };
  open();
  const auto at = options_.config + ":4:";
  EXPECT_EQ(refused("data_classes: {secrets: deny}\n"),
            at + "16: 'data_classes': nothing finds the data class 'secrets'; did you mean 'secret'?");
  EXPECT_EQ(refused("answer_classes: {secret: redact, personel: redact}\n"),
            at + "34: 'answer_classes': nothing finds the data class 'personel'; did you mean 'personal'?");
  EXPECT_EQ(refused("size_limits: [{lines: 9, class: opaqe}]\n"),
            at + "33: 'size_limits': nothing finds the data class 'opaqe'; did you mean 'opaque'?");
  EXPECT_EQ(refused("restore: [secret, own-cod]\n"),
            at + "19: 'restore': nothing finds the data class 'own-cod'; did you mean 'own-code'?");
  EXPECT_EQ(refused("data_classes: {acme-plans: deny}\n").substr(at.size(), 72),
            "16: 'data_classes': nothing finds the data class 'acme-plans'; there are");
  const auto rules = folder_ / "rules";
  std::filesystem::create_directories(rules + "/list");
  std::ofstream(rules + "/list/names.yaml")
      << "id: names\nname: Names\nkind: code-names\ndata_class: acme-plans\nentries: [Blue Heron]\n";
  EXPECT_EQ(refused("inspection: " + rules + "\ndata_classes: {acme-plans: deny, oversize: allow}\n"),
            "nothing");
  EXPECT_TRUE(house_->close(0, {}));
}

TEST_F(HouseTest, WhereNothingIsInspectedNoDetectorIsLoaded) {
  write("one", "inspect: false\ninspection: /no/such/folder\n");
  open();
  write("one", "inspection: /no/such/folder\n");
  EXPECT_FALSE(house_->reload("test"));
  write("one", "inspect: false\n");
  EXPECT_TRUE(house_->reload("test"));
  EXPECT_TRUE(house_->alarms_changed());
  EXPECT_TRUE(house_->close(0, {}));
}

TEST_F(HouseTest, TheDataFolderIsGivenUpLast) {
  open();
  ASSERT_TRUE(house_->close(0, {}));
  EXPECT_EQ(store::DataLock::acquire(options_.data).error().code, Code::unavailable);
  house_.reset();
  EXPECT_TRUE(store::DataLock::acquire(options_.data));
}

TEST_F(HouseTest, AStartThatFailsHalfWayLeavesNothingRunningAndTheFolderFree) {
  open();
  ASSERT_TRUE(house_->close(0, {}));
  house_.reset();
  std::filesystem::create_directories(options_.data + "/control.sock");  // no socket can be made there
  const Notifier notifier([](const char*) { return nullptr; }, 1);
  EXPECT_FALSE(House::open(options_, {}, notifier));
  std::filesystem::remove_all(options_.data + "/control.sock");
  EXPECT_TRUE(store::DataLock::acquire(options_.data));
  open();
  EXPECT_TRUE(house_->close(0, {}));
}

}  // namespace
}  // namespace ostiary::app
