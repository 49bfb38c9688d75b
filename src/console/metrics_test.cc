#include "telemetry/metrics.h"

#include "console/impl/test_house.h"

namespace ostiary::console {
namespace {

constexpr telemetry::Family kSeen{
    .name = "test_seen", .kind = telemetry::Kind::counter, .help = "What a test counted"};

class MetricsTest : public testing::TestHouse {
 protected:
  MetricsTest() {
    registry_.add_shard().counter(kSeen).add(3);
    shared_.instruments.registry = &registry_;
    doorman_.open_metrics = true;
  }
  telemetry::Registry registry_;
};

TEST_F(MetricsTest, AreTextForPrometheusAndOpenMetricsForWhoAsks) {
  const auto text = ask(request("GET", "/metrics"));
  EXPECT_EQ(text.status, 200);
  EXPECT_NE(text.body.find("test_seen_total 3\n"), std::string::npos);
  EXPECT_EQ(text.body.find("# EOF"), std::string::npos);
  EXPECT_EQ(text.type, "text/plain; version=0.0.4; charset=utf-8");
  auto asked = request("GET", "/metrics");
  asked.headers.emplace_back("Accept", "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;q=0.1");
  const auto open = ask(asked);
  EXPECT_TRUE(open.body.ends_with("# EOF\n"));
  EXPECT_TRUE(open.type.starts_with("application/openmetrics-text"));
}

TEST_F(MetricsTest, WhereStrangersReachTheGateTheyNeedAKeyThatReads) {
  doorman_.open_metrics = false;
  const auto stranger = ask(request("GET", "/metrics"));
  EXPECT_EQ(stranger.status, 401);
  EXPECT_EQ(stranger.body.find("test_seen"), std::string::npos);
  EXPECT_EQ(ask_as(key_with({"use"}), "GET", "/metrics").status, 403);
  EXPECT_EQ(ask_as(key_with({"team:blue"}), "GET", "/metrics").status, 403);
  EXPECT_EQ(ask_as(key_with({"read"}), "GET", "/metrics").status, 200);
  EXPECT_EQ(ask_as(key_with({"admin"}), "GET", "/metrics").status, 200);
  EXPECT_EQ(ask_here("GET", "/metrics").status, 200);
}

TEST_F(MetricsTest, WhereNothingIsCountedThatIsSaid) {
  shared_.instruments.registry = nullptr;
  const auto off = ask(request("GET", "/metrics"));
  EXPECT_EQ(off.status, 404);
  EXPECT_NE(off.at({"error", "message"}).find("telemetry.metrics"), std::string::npos);
}

}  // namespace
}  // namespace ostiary::console
