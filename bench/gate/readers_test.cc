#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "answers.h"
#include "event_reader.h"
#include "http_reader.h"

namespace ostiary::bench {
namespace {

struct Read {
  std::string body;
  bool done = false;
  std::size_t left = 0;  ///< bytes that were not taken
};

Read read_in_pieces(std::string_view message, std::size_t cut) {
  HttpReader reader;
  Read out;
  std::string_view rest = message;
  while (!rest.empty() && !reader.done() && !reader.bad()) {
    const std::string_view piece = rest.substr(0, cut);
    const std::size_t taken = reader.feed(piece, [&](std::string_view bytes) { out.body += bytes; });
    rest.remove_prefix(taken);
  }
  out.done = reader.done();
  out.left = rest.size();
  return out;
}

std::string whole_stream(std::uint64_t time) {
  std::string out;
  for (StreamPiece& piece : stream_answer()) {
    if (piece.stamp != 0) write_stamp(piece.bytes.data() + piece.stamp, time);
    out += piece.bytes;
  }
  return out;
}

TEST(HttpReader, ReadsACountedBodyHoweverItIsCut) {
  for (std::size_t cut = 1; cut <= json_answer().size(); ++cut) {
    const Read read = read_in_pieces(json_answer(), cut);
    EXPECT_TRUE(read.done);
    EXPECT_EQ(read.body, json_answer_body()) << "cut " << cut;
  }
}

TEST(HttpReader, ReadsAChunkedBodyHoweverItIsCut) {
  const std::string message =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1b;x=y\r\n, a chunk with an "
      "extension\r\n0\r\nt: "
      "1\r\n\r\n";
  for (std::size_t cut = 1; cut <= message.size(); ++cut) {
    const Read read = read_in_pieces(message, cut);
    EXPECT_TRUE(read.done);
    EXPECT_EQ(read.body, "hello, a chunk with an extension") << "cut " << cut;
    EXPECT_EQ(read.left, 0U);
  }
}

TEST(HttpReader, LeavesTheNextMessageAlone) {
  const std::string two = std::string(json_answer()) + std::string(json_answer());
  EXPECT_EQ(read_in_pieces(two, two.size()).left, json_answer().size());
}

TEST(HttpReader, TellsBrokenChunks) {
  const Read read = read_in_pieces("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n", 4);
  EXPECT_FALSE(read.done);
  EXPECT_GT(read.left, 0U);
}

TEST(HttpReader, ReadsStatusMethodAndConnection) {
  HttpReader reader;
  const auto ignore = [](std::string_view) {};
  reader.feed("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", ignore);
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.status(), 503);
  EXPECT_TRUE(reader.closes());
  reader.reset();
  reader.feed("GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n", ignore);
  EXPECT_TRUE(reader.done());
  EXPECT_TRUE(reader.is_get());
  EXPECT_FALSE(reader.closes());
}

TEST(EventReader, CountsEveryEventAndItsMomentHoweverTheStreamIsCut) {
  const std::uint64_t time = now_ns();
  const std::string body = read_in_pieces(whole_stream(time), 100'000).body;
  for (std::size_t cut = 1; cut < 700; ++cut) {
    EventReader reader;
    int stamped = 0;
    for (std::size_t at = 0; at < body.size(); at += cut) {
      reader.feed(std::string_view(body).substr(at, cut),
                  [&](std::uint64_t stamp) { stamped += stamp == time; });
    }
    EXPECT_EQ(reader.events(), kStreamEvents) << "cut " << cut;
    EXPECT_EQ(stamped, kStreamEvents) << "cut " << cut;
    EXPECT_TRUE(reader.done());
  }
}

}  // namespace
}  // namespace ostiary::bench
