#include "json/sse.h"

#include <gtest/gtest.h>
#include <vector>

namespace ostiary::json {
namespace {

struct Event {
  std::string type, data;
  std::uint64_t end = 0;
  bool operator==(const Event&) const = default;
};

void PrintTo(const Event& e, std::ostream* out) {
  *out << e.type << '|' << e.data << '|' << e.end;
}

struct Outcome {
  std::vector<Event> events;
  std::uint64_t settled = 0;
  bool overflowed = false;
  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& o, std::ostream* out) {
  *out << testing::PrintToString(o.events) << " settled " << o.settled << (o.overflowed ? " overflowed" : "");
}

// Reads `stream` in the given pieces. Each is fed from memory of its own that is overwritten once it is
// drained. An `end` between CR and LF is moved behind the LF: that is the one thing that may depend on the
// split.
Outcome read(std::string_view stream, const std::vector<std::size_t>& sizes,
             std::size_t max_event = 1 << 20) {
  SseReader reader(max_event);
  Outcome out;
  std::uint64_t settled = 0;
  const auto feed = [&](std::string_view piece) {
    std::string memory(piece);
    reader.feed(memory);
    SseEvent event;
    while (reader.next(event)) {
      auto end = event.end;
      if (end < stream.size() && stream.substr(end - 1, 2) == "\r\n") ++end;
      out.events.push_back({std::string(event.type), std::string(event.data), end});
      EXPECT_EQ(reader.settled(), event.end);
    }
    EXPECT_GE(reader.settled(), settled);
    settled = reader.settled();
    memory.assign(memory.size(), '#');
  };
  std::size_t at = 0;
  for (const std::size_t n : sizes) {
    feed(stream.substr(at, n));
    at = std::min(at + n, stream.size());
  }
  feed(stream.substr(at));
  out.settled = reader.settled();
  out.overflowed = reader.overflowed();
  return out;
}

Outcome whole(std::string_view stream) {
  return read(stream, {});
}

const std::string kBom = "\xEF\xBB\xBF";

const std::vector<std::string> kStreams = {
    "data: {\"a\":1}\n\ndata: [DONE]\n\n",
    "event: message_start\ndata: {}\n\nevent: ping\ndata: {}\n\n",
    ": OPENROUTER PROCESSING\n\ndata: x\n\n: keep-alive\n",
    kBom + "data: first\n\n",
    "data: one\r\ndata: two\r\n\r\ndata: three\r\n\r\n",
    "data: one\rdata: two\r\rdata: three\r\r",
    "data: mixed\r\n\ndata: ends\n\rdata: here\r\r\n",
    "id: 7\nretry: 10\nunknown\ndata\n\ndata\ndata\n\ndata:\n\n",
    "data: h\xc3\xa9llo \xf0\x9f\x98\x80\n\ndata: unfinished",
    "event: only\n\ndata: x\n\nevent: a\nevent: b\ndata: y\n: note\ndata:  z\n\n",
    "\n\n\r\n\rdata: x\n\n\n\n",
    "data: x\n\ndata: " + std::string(100, 'y') + "\ndata: " + std::string(100, 'z') + "\n\ndata: tail\r\n",
};

TEST(Sse, GivesTheDataOfEachEvent) {
  const auto out = whole("data: {\"a\":1}\n\ndata: [DONE]\n\n");
  EXPECT_EQ(out.events, (std::vector<Event>{{"", "{\"a\":1}", 15}, {"", "[DONE]", 29}}));
  EXPECT_EQ(out.settled, 29U);
}

TEST(Sse, GivesTheTypeAndForgetsItForTheNextEvent) {
  const auto out = whole("event: delta\ndata: 1\n\ndata: 2\n\nevent: lost\n\ndata: 3\n\n");
  EXPECT_EQ(out.events, (std::vector<Event>{{"delta", "1", 22}, {"", "2", 31}, {"", "3", 53}}));
}

TEST(Sse, JoinsDataLinesAndTakesOneBlankOff) {
  const auto out = whole("data: a\ndata:b\ndata:  c\ndata\n\n");
  ASSERT_EQ(out.events.size(), 1U);
  EXPECT_EQ(out.events[0].data, "a\nb\n c\n");
}

TEST(Sse, DispatchesEmptyDataButNotItsAbsence) {
  const auto out = whole("data\n\ndata\ndata\n\nid: 1\n\n: c\n\ndata:");
  ASSERT_EQ(out.events.size(), 2U);
  EXPECT_EQ(out.events[0].data, "");
  EXPECT_EQ(out.events[1].data, "\n");
}

TEST(Sse, TakesEveryLineEnd) {
  for (const std::string end : {"\n", "\r", "\r\n"}) {
    std::string stream;
    for (const char* line : {"data: a", "data: b", "", "data: c", ""}) stream.append(line).append(end);
    const auto out = whole(stream);
    ASSERT_EQ(out.events.size(), 2U);
    EXPECT_EQ(out.events[0].data, "a\nb");
    EXPECT_EQ(out.events[1].data, "c");
    EXPECT_EQ(out.settled, stream.size());
  }
}

TEST(Sse, DropsOneLeadingByteOrderMark) {
  EXPECT_EQ(whole(kBom + "data: x\n\n").events.size(), 1U);
  EXPECT_EQ(whole(kBom + kBom + "data: x\n\n").events.size(), 0U);
  EXPECT_EQ(whole("data: " + kBom + "\n\n" + kBom + "data: y\n\n").events.size(), 1U);
}

TEST(Sse, PassesOverFieldsThatOnlyLookLikeData) {
  EXPECT_EQ(whole("dat: a\ndatax: b\n data: c\nDATA: d\ndata : e\n\n").events.size(), 0U);
}

TEST(Sse, SettlesBehindBlankLinesAndLoneComments) {
  EXPECT_EQ(whole("data: x\n\ndata: y\n").settled, 9U);
  EXPECT_EQ(whole("data: x\n\n: ping\n").settled, 16U);
  EXPECT_EQ(whole("data: x\n\n: ping\n\n: pi").settled, 17U);
  EXPECT_EQ(whole("data: x\n: ping\n").settled, 0U);
  EXPECT_EQ(whole("id: 1\n: ping\n\n").settled, 14U);
  EXPECT_EQ(whole("").settled, 0U);
}

TEST(Sse, DispatchesAtTheCarriageReturnWithoutWaitingForTheLineFeed) {
  SseReader reader;
  SseEvent event;
  reader.feed("data: x\r\n\r");
  ASSERT_TRUE(reader.next(event));
  EXPECT_EQ(event.data, "x");
  EXPECT_EQ(event.end, 10U);
  EXPECT_FALSE(reader.next(event));
  reader.feed("");
  EXPECT_FALSE(reader.next(event));
  EXPECT_EQ(reader.settled(), 10U);
  reader.feed("\n");
  EXPECT_FALSE(reader.next(event));
  EXPECT_EQ(reader.settled(), 11U);
  EXPECT_EQ(reader.fed(), 11U);
}

TEST(Sse, ReadsAWholeEventInPlace) {
  const std::string stream = "event: t\ndata: payload\n\n";
  SseReader reader;
  SseEvent event;
  reader.feed(stream);
  ASSERT_TRUE(reader.next(event));
  EXPECT_EQ(event.data.data(), stream.data() + 15);
  EXPECT_EQ(event.type.data(), stream.data() + 7);
}

TEST(Sse, GivesTheSameForEverySplitInTwo) {
  for (const auto& stream : kStreams) {
    const auto expected = whole(stream);
    for (std::size_t i = 0; i <= stream.size(); ++i)
      EXPECT_EQ(read(stream, {i}), expected) << stream << " at " << i;
  }
}

TEST(Sse, GivesTheSameForEverySplitInThree) {
  for (const auto& stream : kStreams) {
    const auto expected = whole(stream);
    const std::size_t n = std::min<std::size_t>(stream.size(), 64);
    for (std::size_t i = 0; i <= n; ++i)
      for (std::size_t k = 0; k <= 8; ++k)
        ASSERT_EQ(read(stream, {i, k}), expected) << stream << " at " << i << ", " << k;
  }
}

TEST(Sse, GivesTheSameByteByByteAndInEveryStride) {
  for (const auto& stream : kStreams) {
    const auto expected = whole(stream);
    for (std::size_t stride = 1; stride < 40; ++stride)
      EXPECT_EQ(read(stream, std::vector<std::size_t>(stream.size() / stride + 1, stride)), expected)
          << stream << " by " << stride;
  }
}

TEST(Sse, OverflowsTheSameHoweverTheStreamWasSplit) {
  const std::string stream = "data: small\r\n\r\ndata: " + std::string(40, 'x') + "\r\n\r\ndata: after\n\n";
  for (std::size_t limit = 40; limit < 60; ++limit) {
    const auto expected = read(stream, {}, limit);
    EXPECT_EQ(expected.overflowed, limit < 48) << limit;
    EXPECT_EQ(expected.events.size(), limit < 48 ? 1U : 3U) << limit;
    EXPECT_EQ(expected.settled, limit < 48 ? 15U : stream.size()) << limit;
    for (std::size_t stride = 1; stride < 20; ++stride)
      EXPECT_EQ(read(stream, std::vector<std::size_t>(stream.size() / stride + 1, stride), limit), expected)
          << limit << " by " << stride;
  }
}

TEST(Sse, OverflowsOnALineThatDoesNotEnd) {
  SseReader reader(100);
  SseEvent event;
  for (int i = 0; i < 10; ++i) {
    reader.feed("0123456789");
    EXPECT_FALSE(reader.next(event));
    EXPECT_FALSE(reader.overflowed());
  }
  reader.feed("0");
  EXPECT_FALSE(reader.next(event));
  EXPECT_TRUE(reader.overflowed());
}

TEST(Sse, StaysOverflowedAndCopiesNoMore) {
  SseReader reader(100);
  SseEvent event;
  reader.feed("data: ok\n\n");
  ASSERT_TRUE(reader.next(event));
  for (int i = 0; i < 10; ++i) {
    reader.feed("data: 0123456789 0123456789\n");
    EXPECT_FALSE(reader.next(event));
  }
  EXPECT_TRUE(reader.overflowed());
  reader.feed("\n\ndata: ok\n\n");
  EXPECT_FALSE(reader.next(event));
  EXPECT_EQ(reader.settled(), 10U);
  EXPECT_EQ(reader.fed(), 10U + 280U + 12U);
}

}  // namespace
}  // namespace ostiary::json
