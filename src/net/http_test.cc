#include "net/http.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::net {
namespace {

constexpr std::size_t kLimit = 4096;

struct Outcome {
  Parse parse = Parse::more;
  HeadError error;
  Head head;
};

// `bytes` must outlive the outcome's head.
Outcome read_request(std::string_view bytes, std::size_t limit = kLimit) {
  Outcome out;
  HeadParser parser(limit);
  out.parse = parser.request(bytes, out.head, out.error);
  return out;
}

Outcome read_response(std::string_view bytes) {
  Outcome out;
  HeadParser parser(kLimit);
  out.parse = parser.response(bytes, out.head, out.error);
  return out;
}

// The code of the refusal of a request, or "" where it is accepted and "more" where it is unfinished.
std::string refusal(std::string_view bytes) {
  const auto out = read_request(bytes);
  if (out.parse == Parse::wrong) return std::string(out.error.code);
  return out.parse == Parse::more ? "more" : "";
}

std::string with_headers(std::string_view lines) {
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: gate\r\n" + std::string(lines) + "\r\n";
}

TEST(RequestHead, ReadsMethodTargetHeadersAndFraming) {
  const std::string bytes = with_headers("Content-Type: application/json\r\nContent-Length: 12\r\n") + "BODY";
  const auto out = read_request(bytes);
  ASSERT_EQ(out.parse, Parse::done);
  EXPECT_EQ(out.head.method, "POST");
  EXPECT_EQ(out.head.target, "/v1/chat/completions");
  EXPECT_EQ(out.head.size, bytes.size() - 4);
  ASSERT_EQ(out.head.headers.size(), 3u);
  EXPECT_EQ(out.head.headers[1].name, "Content-Type");
  EXPECT_EQ(out.head.get("content-type"), "application/json");
  EXPECT_EQ(out.head.get("accept"), "");
  EXPECT_EQ(out.head.framing.content_length, 12u);
  EXPECT_FALSE(out.head.framing.chunked);
  EXPECT_TRUE(out.head.framing.keep_alive);
}

TEST(RequestHead, BlanksAroundAValueAreNotPartOfIt) {
  EXPECT_EQ(read_request(with_headers("X: \t a b \t\r\n")).head.get("x"), "a b");
  const std::string empty = with_headers("X:\r\nY: \r\n");
  const auto out = read_request(empty);
  EXPECT_EQ(out.head.headers.size(), 3u);
  EXPECT_EQ(out.head.get("x"), "");
}

TEST(RequestHead, EveryPrefixAsksForMoreAndEverySplitGivesTheSame) {
  const std::string bytes = with_headers("Transfer-Encoding: chunked\r\nX: y\r\n");
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    HeadParser parser(kLimit);
    Head head;
    HeadError error;
    std::size_t fed = 0;
    Parse parse = Parse::more;
    while (parse == Parse::more && fed < bytes.size()) {
      fed = std::min(fed + step, bytes.size());
      parse = parser.request(std::string_view(bytes).substr(0, fed), head, error);
      if (fed < bytes.size()) ASSERT_EQ(parse, Parse::more) << "at " << fed;
    }
    ASSERT_EQ(parse, Parse::done) << "step " << step;
    EXPECT_TRUE(head.framing.chunked);
    EXPECT_EQ(head.size, bytes.size());
  }
}

TEST(RequestHead, OneParserReadsRequestAfterRequest) {
  const std::string first = with_headers("Content-Length: 0\r\n"), second = with_headers("X: 2\r\n");
  HeadParser parser(kLimit);
  Head head;
  HeadError error;
  const std::string bytes = first + second;
  ASSERT_EQ(parser.request(bytes, head, error), Parse::done);
  EXPECT_EQ(head.size, first.size());
  ASSERT_EQ(parser.request(std::string_view(bytes).substr(head.size), head, error), Parse::done);
  EXPECT_EQ(head.get("x"), "2");
  EXPECT_FALSE(head.framing.content_length.has_value());
}

struct Refused {
  const char* what;
  std::string bytes;
  const char* code;
  std::uint16_t status;
};

// with_headers(), short for the tables below.
std::string h(std::string_view lines) {
  return with_headers(lines);
}

std::vector<Refused> unclear_bodies() {
  using namespace std::string_literals;
  return {
      // Two ways to tell where the body ends (RFC 9112 section 6.3).
      {"length and coding", h("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"), "conflicting_framing",
       400},
      {"coding and length", h("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"), "conflicting_framing",
       400},
      {"two lengths", h("Content-Length: 4\r\nContent-Length: 5\r\n"), "bad_content_length", 400},
      {"the same length twice", h("Content-Length: 4\r\nContent-Length: 4\r\n"), "bad_content_length", 400},
      {"a list of lengths", h("Content-Length: 4, 4\r\n"), "bad_content_length", 400},
      {"a signed length", h("Content-Length: +4\r\n"), "bad_content_length", 400},
      {"a negative length", h("Content-Length: -4\r\n"), "bad_content_length", 400},
      {"a hexadecimal length", h("Content-Length: 0x4\r\n"), "bad_content_length", 400},
      {"a length with a blank", h("Content-Length: 4 4\r\n"), "bad_content_length", 400},
      {"a fraction of a length", h("Content-Length: 4.0\r\n"), "bad_content_length", 400},
      {"an empty length", h("Content-Length:\r\n"), "bad_content_length", 400},
      {"a length over 64 bits", h("Content-Length: 18446744073709551616\r\n"), "bad_content_length", 400},
      {"a length that wraps to four", h("Content-Length: 18446744073709551620\r\n"), "bad_content_length",
       400},
      // Transfer codings that somebody else may read as chunked, or not.
      {"an unknown coding", h("Transfer-Encoding: xchunked\r\n"), "unknown_transfer_coding", 501},
      {"identity", h("Transfer-Encoding: identity\r\n"), "unknown_transfer_coding", 501},
      {"gzip, chunked", h("Transfer-Encoding: gzip, chunked\r\n"), "unknown_transfer_coding", 501},
      {"chunked, identity", h("Transfer-Encoding: chunked, identity\r\n"), "unknown_transfer_coding", 501},
      {"chunked twice in a line", h("Transfer-Encoding: chunked, chunked\r\n"), "unknown_transfer_coding",
       501},
      {"chunked twice", h("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       "unknown_transfer_coding", 501},
      {"chunked with a parameter", h("Transfer-Encoding: chunked;q=1\r\n"), "unknown_transfer_coding", 501},
      {"chunked in quotes", h("Transfer-Encoding: \"chunked\"\r\n"), "unknown_transfer_coding", 501},
      {"an empty coding", h("Transfer-Encoding:\r\n"), "unknown_transfer_coding", 501},
      {"chunked with a vertical tab", h("Transfer-Encoding: \x0b"s + "chunked\r\n"), "bad_header", 400},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
       "conflicting_framing", 400},
  };
}

std::vector<Refused> unclear_lines() {
  using namespace std::string_literals;
  return {
      // Names and lines that are read differently by others (sections 2.2 and 5).
      {"a blank before the colon", h("Transfer-Encoding : chunked\r\n"), "bad_header", 400},
      {"a tab before the colon", h("Content-Length\t: 4\r\n"), "bad_header", 400},
      {"no name", h(": chunked\r\n"), "bad_header", 400},
      {"no colon", h("Transfer-Encoding\r\n"), "bad_header", 400},
      {"a control character in a name", h("Transfer\x01-Encoding: chunked\r\n"), "bad_header", 400},
      {"a NUL in a name", h("Content-Length\0: 4\r\n"s), "bad_header", 400},
      {"a character beyond ASCII in a name", h("Content-L\xc3\xa9ngth: 4\r\n"), "bad_header", 400},
      {"a NUL in a value", h("X: a\0b\r\n"s), "bad_header", 400},
      {"a control character in a value", h("X: a\x08z\r\n"), "bad_header", 400},
      {"a DEL in a value", h("X: a\x7f\r\n"), "bad_header", 400},
      {"obs-fold with a blank", h("X: a\r\n chunked\r\n"), "folded_header", 400},
      {"obs-fold with a tab", h("Transfer-Encoding:\r\n\tchunked\r\n"), "unknown_transfer_coding", 501},
      {"a folded first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "folded_header", 400},
      {"a bare LF behind a header", h("X: a\nTransfer-Encoding: chunked\r\n"), "bare_line_feed", 400},
      {"bare LFs throughout", "GET / HTTP/1.1\nHost: a\n\n", "bare_line_feed", 400},
      {"a bare LF first", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare_line_feed", 400},
      {"a bare LF for the blank line", "GET / HTTP/1.1\r\nHost: a\r\n\n", "bare_line_feed", 400},
      {"a bare CR in a value", h("X: a\rTransfer-Encoding: chunked\r\n"), "bad_header", 400},
      {"two CRs at a line's end", h("X: a\r\r\n"), "bad_header", 400},
      {"a bare CR in a name", h("\rX: a\r\n"), "bad_header", 400},
      {"a bare CR in the first line", "GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line", 400},
      {"an empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line", 400},
  };
}

std::vector<Refused> unclear_starts() {
  using namespace std::string_literals;
  return {
      // The request line (section 3).
      {"two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line", 400},
      {"a tab for a blank", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line", 400},
      {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line", 400},
      {"a blank at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "bad_request_line", 400},
      {"a blank first", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line", 400},
      {"no version", "GET /\r\nHost: a\r\n\r\n", "bad_request_line", 400},
      {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line", 400},
      {"small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", "bad_request_line", 400},
      {"a byte beyond ASCII in the target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line",
       400},
      {"a NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, "bad_request_line", 400},
      {"a method that is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line", 400},
      {"a method without end", std::string(40, 'G') + " / HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line",
       400},
      {"HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", "bad_version", 505},
      {"HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\n", "bad_version", 505},
      {"a version of two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "bad_version", 505},
      {"the first byte of a TLS hello", "\x16\x03\x01\r\n\r\n", "bad_request_line", 400},
      // Host (section 3.2).
      {"no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", "bad_host", 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "bad_host", 400},
      {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "bad_host", 400},
      {"a Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "bad_host", 400},
      {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "bad_host", 400},
      {"a Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "bad_host", 400},
      {"an expectation that we do not know", h("Expect: 200-ok\r\n"), "unknown_expectation", 417},
  };
}

TEST(RequestHead, EverySmugglingShapeIsRefusedAtOnceAndByteByByte) {
  auto all = unclear_bodies();
  for (auto& more : {unclear_lines(), unclear_starts()}) all.insert(all.end(), more.begin(), more.end());
  for (const auto& c : all) {
    const auto out = read_request(c.bytes);
    EXPECT_EQ(out.parse, Parse::wrong) << c.what;
    EXPECT_EQ(out.error.code, c.code) << c.what;
    EXPECT_EQ(out.error.status, c.status) << c.what;
    EXPECT_FALSE(out.error.message.empty()) << c.what;
    HeadParser parser(kLimit);
    Head head;
    HeadError error;
    Parse parse = Parse::more;
    for (std::size_t n = 1; parse == Parse::more && n <= c.bytes.size(); ++n)
      parse = parser.request(std::string_view(c.bytes).substr(0, n), head, error);
    EXPECT_EQ(parse, Parse::wrong) << c.what;
    EXPECT_EQ(error.code, c.code) << c.what;
  }
}

TEST(RequestHead, WhatIsLawfulIsAccepted) {
  const std::string accepted[] = {
      with_headers("Transfer-Encoding: Chunked\r\n"),
      with_headers("Transfer-Encoding: \t chunked \t\r\n"),
      with_headers("Content-Length: 00012\r\n"),
      with_headers("Content-Length: 18446744073709551615\r\n"),
      with_headers("X-Name: \xc3\xa9 and \t tab\r\n"),
      with_headers("!#$%&'*+-.^_`|~09azAZ: x\r\n"),
      with_headers("Expect: 100-Continue\r\n"),
      "GET http://gate/v1/models HTTP/1.1\r\nHost: gate\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n",
      "GET / HTTP/1.1\r\nhOST: [::1]:8080\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
  };
  for (const auto& bytes : accepted) EXPECT_EQ(refusal(bytes), "") << bytes;
}

TEST(RequestHead, ConnectionOptionsFollowTheVersion) {
  const auto kept = [](std::string_view version, std::string_view lines) {
    const auto bytes = "GET / " + std::string(version) + "\r\nHost: a\r\n" + std::string(lines) + "\r\n";
    const auto out = read_request(bytes);
    EXPECT_EQ(out.parse, Parse::done) << bytes;
    return out.head.framing.keep_alive;
  };
  EXPECT_TRUE(kept("HTTP/1.1", ""));
  EXPECT_FALSE(kept("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(kept("HTTP/1.1", "Connection: x, Close ,y\r\n"));
  EXPECT_FALSE(kept("HTTP/1.1", "Connection: close\r\nConnection: keep-alive\r\n"));
  EXPECT_TRUE(kept("HTTP/1.1", "Connection: closed\r\n"));
  EXPECT_FALSE(kept("HTTP/1.0", ""));
  EXPECT_TRUE(kept("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(kept("HTTP/1.0", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(kept("HTTP/1.0", "Connection: close\r\nConnection: keep-alive\r\n"));
}

TEST(RequestHead, AHeadOfExactlyTheLimitPassesAndOneByteMoreDoesNotHoweverItComes) {
  for (const std::size_t over : {0u, 1u, 2u, 100u}) {
    const std::string frame = with_headers("X: \r\n");
    const auto bytes = with_headers("X: " + std::string(kLimit + over - frame.size(), 'x') + "\r\n");
    ASSERT_EQ(bytes.size(), kLimit + over);
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, kLimit - 1, kLimit, kLimit + over}) {
      HeadParser parser(kLimit);
      Head head;
      HeadError error;
      Parse parse = Parse::more;
      for (std::size_t n = step; parse == Parse::more && n < bytes.size() + step; n += step)
        parse = parser.request(std::string_view(bytes).substr(0, std::min(n, bytes.size())), head, error);
      if (over == 0) {
        EXPECT_EQ(parse, Parse::done) << step;
      } else {
        EXPECT_EQ(parse, Parse::wrong) << step;
        EXPECT_EQ(error.status, 431) << step;
      }
    }
  }
}

TEST(RequestHead, AnEndlessLineIsRefusedAtTheLimit) {
  EXPECT_EQ(refusal(std::string(kLimit - 1, 'G')), "more");
  EXPECT_EQ(refusal(std::string(kLimit, 'G')), "head_too_large");
}

TEST(RequestHead, MoreThan128HeadersAreRefused) {
  std::string lines;
  for (int i = 0; i < 127; ++i) lines += "a: b\r\n";
  EXPECT_EQ(refusal(with_headers(lines)), "");
  EXPECT_EQ(refusal(with_headers(lines + "a: b\r\n")), "head_too_large");
}

TEST(ResponseHead, ReadsStatusAndFraming) {
  const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  const auto out = read_response(bytes);
  ASSERT_EQ(out.parse, Parse::done);
  EXPECT_EQ(out.head.status, 200);
  EXPECT_EQ(out.head.framing.content_length, 2u);
  EXPECT_EQ(out.head.size, bytes.size() - 2);
  EXPECT_EQ(read_response("HTTP/1.1 204\r\n\r\n").head.status, 204);
  EXPECT_EQ(read_response("HTTP/1.1 503 \r\nRetry-After: 1\r\n\r\n").head.get("retry-after"), "1");
}

TEST(ResponseHead, AnHttp10AnswerEndsItsConnectionUnlessItSaysOtherwise) {
  EXPECT_FALSE(read_response("HTTP/1.0 200 OK\r\n\r\n").head.framing.keep_alive);
  EXPECT_TRUE(read_response("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n").head.framing.keep_alive);
  // RFC 9112 section 6.1: its framing is faulty.
  EXPECT_FALSE(
      read_response("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n")
          .head.framing.keep_alive);
}

TEST(ResponseHead, WhatIsNoHttpOrAmbiguousIsRefused) {
  for (const std::string_view bytes :
       {"HTTP/2 200\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n",
        "HTTP/1.1  200\r\n\r\n", "HTTP/1.1\r\n\r\n", "\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\rX: y\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 1\n\n"})
    EXPECT_EQ(read_response(bytes).parse, Parse::wrong) << bytes;
}

TEST(ResponseHead, AnExpectHeaderMeansNothingInAnAnswer) {
  EXPECT_EQ(read_response("HTTP/1.1 200 OK\r\nExpect: tea\r\n\r\n").parse, Parse::done);
}

// Feeds pieces of `step` bytes; "!" behind the body marks a refusal, "?" an unfinished one, "|REST" what
// followed.
std::string decode(std::string_view bytes, std::size_t step) {
  ChunkDecoder decoder;
  std::string body;
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, step);
    const auto fed = piece.size();
    while (!piece.empty()) {
      std::string_view data;
      const Parse parse = decoder.next(piece, data);
      body += data;
      if (parse == Parse::wrong) return body + "!";
      if (parse == Parse::done) return body + "|" + std::string(bytes.substr(fed - piece.size()));
    }
    bytes.remove_prefix(fed);
  }
  return body + "?";
}

TEST(ChunkDecoder, GivesTheSameBodyForEverySplit) {
  const std::string bytes =
      "5\r\nhello\r\n1;name=\"a b\"\r\n \r\n0005  \r\nworld\r\nA ;x\r\n0123456789\r\n000\r\nTrailer: "
      "x\r\nOther:\r\n\r\nGET /";
  for (std::size_t step = 1; step <= bytes.size(); ++step)
    EXPECT_EQ(decode(bytes, step), "hello world0123456789|GET /") << "step " << step;
}

TEST(ChunkDecoder, DoneIsReportedOnceAndConsumesNothingAfter) {
  ChunkDecoder decoder;
  std::string_view bytes = "0\r\n\r\nnext", data;
  EXPECT_EQ(decoder.next(bytes, data), Parse::done);
  EXPECT_EQ(bytes, "next");
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(decoder.next(bytes, data), Parse::done);
  EXPECT_EQ(bytes, "next");
}

TEST(ChunkDecoder, RefusesWhatOthersReadDifferently) {
  using namespace std::string_literals;
  for (const auto& bytes : {"\r\n"s,    // no size
                            ";x\r\n"s,  // an extension without size
                            "g\r\n"s,
                            "0x5\r\nhello\r\n"s,
                            "-1\r\n"s,
                            "+5\r\nhello\r\n"s,
                            " 5\r\nhello\r\n"s,
                            "5\nhello\r\n"s,           // bare LF behind the size
                            "5\rhello\r\n"s,           // bare CR behind the size
                            "5\r\nhello\n0\r\n\r\n"s,  // bare LF behind the data
                            "5\r\nhelloX\r\n"s,        // longer than it says
                            "5\r\nhello\rX"s,
                            "5;a\nb\r\nhello\r\n"s,  // bare LF in an extension
                            "5;a\rb\r\nhello\r\n"s,  // bare CR in an extension
                            "5;a\0b\r\nhello\r\n"s,
                            "5 6\r\nhello\r\n"s,       // a second number
                            "1000000000000000\r\n"s,   // sixteen digits
                            "fffffffffffffffff\r\n"s,  // overflow
                            "00000000000000005\r\nhello\r\n"s,
                            "0\r\nX: y\n\r\n"s,  // bare LF in the trailers
                            "0\r\nX: y\r\r\n\r\n"s,
                            "0\r\n\n"s,
                            "0\r\n\rX"s}) {
    EXPECT_EQ(decode(bytes, bytes.size()).back(), '!') << bytes;
    EXPECT_EQ(decode(bytes, 1).back(), '!') << bytes;
  }
}

TEST(ChunkDecoder, ExtensionsAndTrailersHaveLimits) {
  const auto extension = [](std::size_t n) { return "1;" + std::string(n, 'x') + "\r\na\r\n0\r\n\r\n"; };
  EXPECT_EQ(decode(extension(256), 3), "a|");
  EXPECT_EQ(decode(extension(257), 3), "!");
  const auto trailer = [](std::size_t n) { return "0\r\n" + std::string(n, 'x') + "\r\n\r\n"; };
  EXPECT_EQ(decode(trailer(8188), 100), "|");
  EXPECT_EQ(decode(trailer(8189), 100), "!");
  EXPECT_EQ(decode("1" + std::string(258, ' ') + "\r\n", 100), "!");
}

TEST(ChunkDecoder, AnExtensionsLimitIsForEachChunk) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += "1;" + std::string(200, 'x') + "\r\na\r\n";
  EXPECT_EQ(decode(bytes + "0\r\n\r\n", 11), "aaaa|");
}

TEST(ChunkDecoder, LargeChunksPassInPiecesWithoutBuffering) {
  const std::string bytes = "100000000\r\n" + std::string(1000, 'x');  // 4 GiB announced
  EXPECT_EQ(decode(bytes, 64), std::string(1000, 'x') + "?");
}

TEST(Target, PathAndQueryOfBothForms) {
  const auto split = [](std::string_view target) {
    const auto t = split_target(target);
    return std::string(t.path) + " " + std::string(t.query);
  };
  EXPECT_EQ(split("/v1/models"), "/v1/models ");
  EXPECT_EQ(split("/v1/models?a=b?c#d"), "/v1/models a=b?c");
  EXPECT_EQ(split("http://gate:80/v1/models?x"), "/v1/models x");
  EXPECT_EQ(split("HTTPS://gate"), "/ ");
  EXPECT_EQ(split("http://gate?x=/v1/models"), "/ x=/v1/models");
  EXPECT_EQ(split("*"), "* ");
}

TEST(Url, ReadsHostPortAndPath) {
  const auto url = parse_url("https://api.example.com/v1/");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->path, "/v1");
  EXPECT_EQ(url->authority(), "api.example.com");
  const auto local = parse_url("http://[::1]:11434");
  ASSERT_TRUE(local);
  EXPECT_EQ(local->host, "::1");
  EXPECT_EQ(local->port, 11434);
  EXPECT_EQ(local->authority(), "[::1]:11434");
  EXPECT_EQ(parse_url("http://[::1]/")->port, 80);
}

TEST(Url, RefusesWhatIsIncompleteOrHoldsASecretAndDoesNotRepeatTheSecret) {
  for (const std::string_view text :
       {"", "api.example.com", "ftp://a", "http://", "http:///v1", "http://a:0/", "http://a:65536",
        "http://a:x", "http://a b/", "http://a/b c", "http://::1/", "http://{resource}.example.com/",
        "http://a/\xc3\xa9"})
    EXPECT_FALSE(parse_url(text)) << text;
  for (const std::string_view text : {"https://user:hunter2@host/v1", "https://host/v1?key=hunter2",
                                      "https://host/v1#hunter2", "htps://user:hunter2@host"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().message.find("hunter2"), std::string::npos) << url.error().message;
  }
}

TEST(Reason, NamesWhatTheGateSends) {
  EXPECT_EQ(reason(200), "OK");
  EXPECT_EQ(reason(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason(599), "Unknown");
}

}  // namespace
}  // namespace ostiary::net
