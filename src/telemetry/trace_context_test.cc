#include "telemetry/trace_context.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace ostiary::telemetry {
namespace {

constexpr std::string_view kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, ReadsWhatTheSpecificationShows) {
  const auto context = parse_traceparent(kGood);
  ASSERT_TRUE(context);
  EXPECT_EQ(hex(context->trace), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(hex(context->span), "00f067aa0ba902b7");
  EXPECT_TRUE(context->sampled);
  EXPECT_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->sampled);
  EXPECT_TRUE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03")->sampled);
}

TEST(TraceContext, WritesWhatItReads) {
  std::string out;
  append_traceparent(out, *parse_traceparent(kGood));
  EXPECT_EQ(out, kGood);
}

TEST(TraceContext, ALaterVersionIsReadAsFarAsItIsKnown) {
  EXPECT_TRUE(parse_traceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  EXPECT_TRUE(parse_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes"));
  EXPECT_FALSE(parse_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what-comes"));
}

TEST(TraceContext, RefusesWhatIsNone) {
  for (const std::string_view wrong : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                                       "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                       "0X-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                       "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                                       "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                       "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                                       "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
                                       "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                                       "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
                                       "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01"})
    EXPECT_FALSE(parse_traceparent(wrong)) << wrong;
}

TEST(TraceContext, StateIsAListOfKeysAndValues) {
  EXPECT_TRUE(is_tracestate("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
  EXPECT_TRUE(is_tracestate("tenant@vendor=a b , ,1a-_*/=!~"));
  EXPECT_FALSE(is_tracestate(""));
  EXPECT_FALSE(is_tracestate(" , "));
  EXPECT_FALSE(is_tracestate("a"));
  EXPECT_FALSE(is_tracestate("a="));
  EXPECT_FALSE(is_tracestate("=b"));
  EXPECT_FALSE(is_tracestate("A=b"));
  EXPECT_FALSE(is_tracestate("a=b=c"));
  EXPECT_FALSE(is_tracestate("a=b,a=c"));
  EXPECT_FALSE(is_tracestate("a@b@c=d"));
  EXPECT_FALSE(is_tracestate("a=\xc3\xa9"));
  EXPECT_FALSE(is_tracestate("a=b\r\nx-evil: 1"));
  EXPECT_FALSE(is_tracestate("a=" + std::string(600, 'b')));
  std::string many;
  for (int i = 0; i < 33; ++i) many += "k" + std::to_string(i) + "=v,";
  EXPECT_FALSE(is_tracestate(many));
}

TEST(TraceContext, ARatioIsKeptAndEveryoneDecidesAlike) {
  int sampled = 0, more = 0;
  for (int i = 0; i < 20'000; ++i) {
    TraceId trace;
    random_bytes(trace);
    const bool small = is_sampled(trace, 0.1);
    sampled += small;
    more += is_sampled(trace, 0.3);
    if (small) EXPECT_TRUE(is_sampled(trace, 0.3));
    EXPECT_TRUE(is_sampled(trace, 1));
    EXPECT_FALSE(is_sampled(trace, 0));
  }
  EXPECT_NEAR(sampled, 2000, 250);
  EXPECT_NEAR(more, 6000, 400);
}

}  // namespace
}  // namespace ostiary::telemetry
