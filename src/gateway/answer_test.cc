#include "gateway/answer.h"

#include <algorithm>
#include <array>
#include <functional>
#include <gtest/gtest.h>
#include <zlib.h>

namespace ostiary::gateway {
namespace {

StreamWatch watch(EndMarker marker, std::string_view stream) {
  StreamWatch watch(marker, "chat/completions");
  watch.feed(stream);
  return watch;
}

// What must hold however the stream is cut: in one piece, at every byte, and byte by byte.
void at_every_split(EndMarker marker, std::string_view stream,
                    const std::function<void(const StreamWatch&)>& holds) {
  holds(watch(marker, stream));
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    SCOPED_TRACE(cut);
    StreamWatch halves(marker, "chat/completions");
    halves.feed(std::string(stream.substr(0, cut)));
    halves.feed(std::string(stream.substr(cut)));
    holds(halves);
    if (::testing::Test::HasFailure()) return;
  }
  StreamWatch bytes(marker, "chat/completions");
  for (const char c : stream) bytes.feed(std::string(1, c));
  holds(bytes);
}

constexpr std::string_view kChat =
    ": ping\n\n"
    "data: {\"choices\":[{\"delta\":{\"content\":\"Gr\xc3\xbc\xc3\x9f\"}}],\"usage\":null}\r\n\r\n"
    "data: "
    "{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"prompt_tokens_details\":{"
    "\"cached_tokens\":2}}}\n\n"
    "data: [DONE]\n\n";

TEST(StreamWatch, ReadsAChatStreamWhereverItIsCut) {
  at_every_split(EndMarker::done_word, kChat, [](const StreamWatch& seen) {
    EXPECT_TRUE(seen.told_end() && seen.ended());
    EXPECT_FALSE(seen.failed());
    EXPECT_EQ(seen.usage().input, 7u);
    EXPECT_EQ(seen.usage().output, 3u);
    EXPECT_EQ(seen.usage().cached, 2u);
    EXPECT_EQ(seen.settled(), kChat.size());
  });
}

TEST(StreamWatch, EveryShorterStreamHasNotEnded) {
  const auto end = kChat.size() - 1;  // without the blank line the marker is not finished
  for (std::size_t size = 0; size < end; ++size)
    EXPECT_FALSE(watch(EndMarker::done_word, kChat.substr(0, size)).ended()) << size;
}

TEST(StreamWatch, AtAProperEndTheLastEventCountsWithoutItsBlankLine) {
  auto seen = watch(EndMarker::done_word, "data: [DONE]\n");
  EXPECT_FALSE(seen.ended());
  seen.finish();
  EXPECT_TRUE(seen.told_end());
  auto unfinished = watch(EndMarker::done_word, "data: [DO");
  unfinished.finish();
  EXPECT_FALSE(unfinished.told_end());
}

TEST(StreamWatch, ReadsUsageOnTheLastChunk) {
  const auto seen = watch(EndMarker::done_word,
                          "data: "
                          "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_"
                          "tokens\":1,\"completion_tokens\":2}}\n\n"
                          "data: [DONE]\n\n");
  EXPECT_EQ(seen.usage().input, 1u);
  EXPECT_EQ(seen.usage().output, 2u);
  EXPECT_EQ(seen.usage().cached, std::nullopt);
}

TEST(StreamWatch, ReadsUsageBesideAnEmptyOne) {
  const auto seen = watch(EndMarker::done_word,
                          "data: {\"choices\":[{\"usage\":null}],\"usage\":{\"prompt_tokens\":5}}\n\n");
  EXPECT_EQ(seen.usage().input, 5u);
}

TEST(StreamWatch, ALaterReportReplacesAnEarlierOne) {
  const auto seen =
      watch(EndMarker::done_word,
            "data: {\"usage\":{\"completion_tokens\":1}}\n\ndata: {\"usage\":{\"completion_tokens\":9}}\n\n");
  EXPECT_EQ(seen.usage().output, 9u);
}

TEST(StreamWatch, TextThatLooksLikeUsageOrAnEndIsNeither) {
  const auto seen =
      watch(EndMarker::done_word,
            "data: {\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":9} [DONE] "
            "\\\"error\\\"\"}}]}\n\n"
            "data: \"[DONE]\"\n\n");
  EXPECT_FALSE(seen.ended());
  EXPECT_EQ(seen.usage().input, std::nullopt);
}

TEST(StreamWatch, AnErrorOfTheServiceEndsAStream) {
  for (const std::string_view stream :
       {"data: {\"error\":{\"message\":\"overloaded\"}}\n\n", "data: {\"error\":\"overloaded\"}\n\n",
        "event: error\ndata: overloaded\n\n"}) {
    const auto seen = watch(EndMarker::done_word, stream);
    EXPECT_TRUE(seen.failed() && seen.ended()) << stream;
  }
  EXPECT_FALSE(watch(EndMarker::done_word, "data: {\"choices\":[],\"error\":null}\n\n").failed());
}

constexpr std::string_view kResponses =
    "event: response.created\ndata: "
    "{\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"usage\":null}}\n\n"
    "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n"
    "event: response.completed\ndata: "
    "{\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"usage\":{\"input_tokens\":4,"
    "\"input_tokens_details\":{\"cached_tokens\":1},\"output_tokens\":6}}}\n\n";

TEST(StreamWatch, ReadsAResponsesStreamWhereverItIsCut) {
  at_every_split(EndMarker::response_event, kResponses, [](const StreamWatch& seen) {
    EXPECT_TRUE(seen.told_end());
    EXPECT_EQ(seen.response_id(), "resp_1");
    EXPECT_EQ(seen.usage().input, 4u);
    EXPECT_EQ(seen.usage().output, 6u);
    EXPECT_EQ(seen.usage().cached, 1u);
  });
}

TEST(StreamWatch, AResponsesStreamEndsByItsOwnEventsOnly) {
  EXPECT_FALSE(watch(EndMarker::response_event, "data: [DONE]\n\n").ended());
  for (const std::string_view type :
       {"response.completed", "response.incomplete", "response.cancelled", "response.failed"}) {
    const auto seen = watch(EndMarker::response_event,
                            "data: {\"type\":\"" + std::string(type) + "\",\"response\":{\"id\":\"r\"}}\n\n");
    EXPECT_TRUE(seen.ended()) << type;
    EXPECT_EQ(seen.failed(), type == "response.failed") << type;
  }
  EXPECT_TRUE(watch(EndMarker::response_event, "event: error\ndata: {\"code\":\"x\",\"message\":\"y\"}\n\n")
                  .failed());
}

TEST(StreamWatch, ReadsACompletionsStreamWhereverItIsCut) {
  constexpr std::string_view stream =
      "data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: "
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\ndata:[DONE]\n\n";
  at_every_split(EndMarker::done_word, stream, [](const StreamWatch& seen) {
    EXPECT_TRUE(seen.told_end());
    EXPECT_EQ(seen.usage().input, 1u);
  });
}

TEST(StreamWatch, WhatHasNoEndMarkerMayEndAnywhereButHasNotSaidSo) {
  const auto seen = watch(EndMarker::none, "data: x\n\n");
  EXPECT_TRUE(seen.ended());
  EXPECT_FALSE(seen.told_end());
}

std::string pack(std::string_view text, int window_bits) {
  z_stream z{};
  EXPECT_EQ(::deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(::deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  ::deflateEnd(&z);
  return out;
}

// Feeds until nothing more comes out; `largest`: the most that came at once.
Result<std::string> unpack(Inflater& inflater, std::string_view bytes, std::size_t& largest) {
  std::string all, piece;
  do {
    piece.clear();
    if (auto fed = inflater.feed(bytes, piece); !fed) return std::unexpected<Error>(fed.error());
    largest = std::max(largest, piece.size());
    all += piece;
  } while (!piece.empty());
  EXPECT_TRUE(bytes.empty());
  return all;
}

TEST(Inflater, UndoesGzipAndDeflateWhereverTheyAreCut) {
  const std::string text = "{\"choices\":[],\"text\":\"hello hello hello\"}";
  for (const auto& [coding, bits] :
       {std::pair<std::string_view, int>{"gzip", 31}, {"X-GZIP", 31}, {"deflate", 15}}) {
    const auto packed = pack(text, bits);
    for (std::size_t cut = 0; cut <= packed.size(); ++cut) {
      const auto inflater = Inflater::create(coding);
      ASSERT_TRUE(inflater) << coding;
      std::size_t largest = 0;
      const auto first = unpack(*inflater, std::string_view(packed).substr(0, cut), largest);
      const auto second = unpack(*inflater, std::string_view(packed).substr(cut), largest);
      ASSERT_TRUE(first && second);
      EXPECT_EQ(*first + *second, text);
      EXPECT_TRUE(inflater->finished());
    }
  }
}

TEST(Inflater, KnowsNoOtherCoding) {
  EXPECT_EQ(Inflater::create("br"), nullptr);
  EXPECT_EQ(Inflater::create("gzip, gzip"), nullptr);
  EXPECT_EQ(Inflater::create(""), nullptr);
}

TEST(Inflater, ACutBodyIsNotFinished) {
  const auto packed = pack("hello hello hello", 31);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const auto inflater = Inflater::create("gzip");
    std::size_t largest = 0;
    ASSERT_TRUE(unpack(*inflater, std::string_view(packed).substr(0, size), largest));
    EXPECT_FALSE(inflater->finished()) << size;
  }
}

TEST(Inflater, ABrokenBodyIsAnError) {
  auto packed = pack(std::string(10'000, 'x'), 31);
  packed[packed.size() - 6] ^= 1;  // its checksum
  const auto inflater = Inflater::create("gzip");
  std::size_t largest = 0;
  EXPECT_FALSE(unpack(*inflater, packed, largest));
  std::string_view plain = "this is no gzip at all";
  std::string out;
  EXPECT_FALSE(Inflater::create("gzip")->feed(plain, out));
}

TEST(Inflater, ABombComesOutInPiecesOfBoundedSize) {
  constexpr std::size_t size = 64u << 20;
  const auto bomb = pack(std::string(size, '\0'), 31);
  ASSERT_LT(bomb.size(), 128u * 1024);
  const auto inflater = Inflater::create("gzip");
  std::size_t largest = 0, all = 0;
  for (std::size_t at = 0; at < bomb.size(); at += 4096) {
    std::string_view bytes = std::string_view(bomb).substr(at, 4096);
    std::string piece;
    do {
      piece.clear();
      ASSERT_TRUE(inflater->feed(bytes, piece));
      all += piece.size();
      largest = std::max(largest, piece.size());
    } while (!piece.empty());
  }
  EXPECT_EQ(all, size);
  EXPECT_LE(largest, Inflater::kMostAtOnce);
  EXPECT_TRUE(inflater->finished());
}

TEST(Usage, CountsCachedTokensOnceWhateverTheyAreCalled) {
  const auto read = [](std::string_view text) {
    const auto document = json::Document::parse(text);
    ledger::Usage usage;
    read_usage(document->root(), usage);
    return std::array{usage.input.value_or(0), usage.output.value_or(0), usage.cached.value_or(0)};
  };
  using Counts = std::array<std::uint64_t, 3>;
  EXPECT_EQ(read(R"({"prompt_tokens":10,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}})"),
            (Counts{10, 2, 4}));
  EXPECT_EQ(read(R"({"input_tokens":10,"output_tokens":2,"input_tokens_details":{"cached_tokens":4}})"),
            (Counts{10, 2, 4}));
  EXPECT_EQ(
      read(
          R"({"prompt_tokens":10,"completion_tokens":2,"prompt_cache_hit_tokens":7,"prompt_cache_miss_tokens":3})"),
      (Counts{10, 2, 7}))
      << "DeepSeek";
  EXPECT_EQ(
      read(
          R"({"input_tokens":10,"cache_read_input_tokens":30,"cache_creation_input_tokens":5,"output_tokens":2})"),
      (Counts{45, 2, 30}))
      << "Anthropic leaves cached tokens out of input_tokens";
  EXPECT_EQ(read(R"({"prompt_tokens":45,"cache_read_input_tokens":30,"completion_tokens":2})"),
            (Counts{45, 2, 30}));
  EXPECT_EQ(read(R"({"prompt_tokens":10,"completion_tokens":2,"cached_tokens":50})"), (Counts{10, 2, 10}));
  EXPECT_EQ(read(R"({"prompt_tokens":32,"completion_tokens":9,"total_tokens":135})"), (Counts{32, 103, 0}))
      << "thinking that is counted apart";
}

TEST(TopMember, OnlyWhatStandsInTheOutermostObjectCounts) {
  EXPECT_EQ(top_member(R"({"a":[{"usage":1}],"usage":{"n":[2,{}]},"m":{"usage":3}})", "usage"),
            R"({"n":[2,{}]})");
  EXPECT_EQ(top_member(R"( { "a" : 1.5 , "usage" : null } )", "usage"), "null");
  EXPECT_EQ(top_member(R"({"usage":"{}"})", "usage"), R"("{}")");
  EXPECT_EQ(top_member(R"({"a":{"usage":1}})", "usage"), "");
  EXPECT_EQ(top_member(R"([{"usage":1}])", "usage"), "");
}

TEST(TopMember, StringsMayHoldWhatLooksLikeStructure) {
  EXPECT_EQ(top_member(R"({"a":"}\\\",\"usage\":{}","b":["]}\\"],"c\"":"{","usage":7})", "usage"), "7");
  EXPECT_EQ(top_member(R"({"a":"\\","usage":8})", "usage"), "8");
}

TEST(TopMember, ATextThatEndsEarlyHasNothing) {
  const std::string_view text = R"({"a":"x","b":[1,{"c":"\""}],"usage":{"n":1}})";
  for (std::size_t n = 0; n + 1 < text.size(); ++n)
    EXPECT_EQ(top_member(text.substr(0, n), "usage"), "") << n;
}

}  // namespace
}  // namespace ostiary::gateway
