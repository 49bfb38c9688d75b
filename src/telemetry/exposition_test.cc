#include "telemetry/exposition.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <limits>

#include "telemetry/process.h"

namespace ostiary::telemetry {
namespace {

constexpr std::array<std::uint64_t, 2> kBounds = {2500, 1'000'000};
constexpr Family kDone{
    .name = "test_done", .kind = Kind::counter, .help = "Done \\ or\nnot", .labels = {"service"}};
constexpr Family kSpent{.name = "test_spent_usd", .kind = Kind::counter, .help = "Spent", .decimals = 9};
constexpr Family kOpen{.name = "test_open", .kind = Kind::gauge, .help = "Open"};
constexpr Family kBuild{
    .name = "test_build", .kind = Kind::gauge, .help = "Build", .labels = {"version"}, .info = true};
constexpr Family kTime{.name = "test_time_seconds",
                       .kind = Kind::histogram,
                       .help = "Time",
                       .unit = "seconds",
                       .decimals = 6,
                       .bounds = kBounds};

void fill(Registry& registry) {
  Shard& shard = registry.add_shard();
  shard.counter(kDone, {"a \"quoted\" \\ \n name"}).add(12);
  shard.counter(kSpent).add(1'500'000'001);
  shard.gauge(kOpen).add(-4);
  const auto time = shard.histogram(kTime);
  time.record(2500);
  time.record(2501);
  time.record(2'000'000);
  registry.collect_with([](Samples& samples) { samples.set(kBuild, {"1.2"}, 1); });
}

TEST(Exposition, PrometheusText) {
  Registry registry;
  fill(registry);
  EXPECT_EQ(render(registry, Format::prometheus),
            R"(# HELP test_build_info Build.
# TYPE test_build_info gauge
test_build_info{version="1.2"} 1
# HELP test_done_total Done \\ or\nnot.
# TYPE test_done_total counter
test_done_total{service="a \"quoted\" \\ \n name"} 12
# HELP test_open Open.
# TYPE test_open gauge
test_open -4
# HELP test_spent_usd_total Spent.
# TYPE test_spent_usd_total counter
test_spent_usd_total 1.500000001
# HELP test_time_seconds Time.
# TYPE test_time_seconds histogram
test_time_seconds_bucket{le="0.0025"} 1
test_time_seconds_bucket{le="1.0"} 2
test_time_seconds_bucket{le="+Inf"} 3
test_time_seconds_sum 2.005001
test_time_seconds_count 3
)");
}

TEST(Exposition, OpenMetrics) {
  Registry registry;
  fill(registry);
  EXPECT_EQ(render(registry, Format::openmetrics),
            R"(# HELP test_build Build.
# TYPE test_build info
test_build_info{version="1.2"} 1
# HELP test_done Done \\ or\nnot.
# TYPE test_done counter
test_done_total{service="a \"quoted\" \\ \n name"} 12
# HELP test_open Open.
# TYPE test_open gauge
test_open -4
# HELP test_spent_usd Spent.
# TYPE test_spent_usd counter
test_spent_usd_total 1.500000001
# HELP test_time_seconds Time.
# TYPE test_time_seconds histogram
# UNIT test_time_seconds seconds
test_time_seconds_bucket{le="0.0025"} 1
test_time_seconds_bucket{le="1.0"} 2
test_time_seconds_bucket{le="+Inf"} 3
test_time_seconds_sum 2.005001
test_time_seconds_count 3
# EOF
)");
}

TEST(Exposition, MeasuredNumbersThatAreNoneHaveTheirWords) {
  Registry registry;
  static constexpr Family kLabelled{
      .name = "test_odd", .kind = Kind::gauge, .help = "Odd", .labels = {"which"}};
  registry.collect_with([](Samples& samples) {
    samples.set(kLabelled, {"a"}, std::numeric_limits<double>::quiet_NaN());
    samples.set(kLabelled, {"b"}, std::numeric_limits<double>::infinity());
    samples.set(kLabelled, {"c"}, -std::numeric_limits<double>::infinity());
    samples.set(kLabelled, {"d"}, 0.5);
  });
  EXPECT_EQ(
      render(registry, Format::prometheus),
      "# HELP test_odd Odd.\n# TYPE test_odd gauge\ntest_odd{which=\"a\"} NaN\ntest_odd{which=\"b\"} +Inf\n"
      "test_odd{which=\"c\"} -Inf\ntest_odd{which=\"d\"} 0.5\n");
}

TEST(Exposition, OpenMetricsIsGivenToWhoPrefersIt) {
  const auto open = [](std::string_view accept) { return asked_format(accept) == Format::openmetrics; };
  EXPECT_TRUE(
      open("application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;"
           "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"));
  EXPECT_TRUE(open("application/openmetrics-text"));
  EXPECT_TRUE(open("Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8, text/plain"));
  EXPECT_FALSE(open(""));
  EXPECT_FALSE(open("*/*"));
  EXPECT_FALSE(open("text/html, text/*;q=0.5"));
  EXPECT_FALSE(open("application/openmetrics-text;q=0.1, text/plain"));
  EXPECT_FALSE(open("application/openmetrics-text;q=0"));
  EXPECT_FALSE(open("application/openmetrics-text;q=nonsense"));
  EXPECT_FALSE(open("application/openmetrics-text;version=2.0.0"));
  EXPECT_TRUE(
      open("application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
}

TEST(Exposition, SatisfiesPromtool) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool (Debian package 'prometheus') is not installed";
  Registry registry;
  fill(registry);
  registry.collect_with(collect_process);
  FILE* promtool = ::popen("promtool check metrics >/dev/null", "w");
  ASSERT_TRUE(promtool);
  const auto text = render(registry, Format::prometheus);
  std::fwrite(text.data(), 1, text.size(), promtool);
  EXPECT_EQ(::pclose(promtool), 0);
}

}  // namespace
}  // namespace ostiary::telemetry
