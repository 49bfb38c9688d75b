#include "answers.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace ostiary::bench {
namespace {

constexpr std::string_view kFields =
    "date: Sat, 01 Nov 2025 10:00:00 GMT\r\n"
    "openai-processing-ms: 412\r\n"
    "openai-version: 2020-10-01\r\n"
    "x-request-id: req_5f0d1c7be29a4c0d8a36b1f2e7d94c11\r\n"
    "x-ratelimit-remaining-requests: 9999\r\n";

constexpr std::string_view kJsonBody =
    R"({"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1761991200,)"
    R"("model":"bench-1","choices":[{"index":0,"message":{"role":"assistant","content":"The deadlock comes from )"
    R"(taking the two locks in different orders: `transfer` locks the source account first, and a transfer the )"
    R"(other way round does the opposite. Lock both at once:\n\n```cpp\nstd::scoped_lock lock(from.mutex, )"
    R"(to.mutex);\n```\n\nThat uses the algorithm of `std::lock`, which cannot deadlock.","refusal":null,)"
    R"("annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":231,)"
    R"("completion_tokens":74,"total_tokens":305,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},)"
    R"("completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,)"
    R"("rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_8e1f20a4c7"})";

constexpr std::array<std::string_view, 12> kTokens = {
    " The", " lock", " is", " taken", " in", "\\n", " `std", "::scoped", "_lock`", ",", " so", " both"};

std::string whole_answer(std::string_view body) {
  std::string out = "HTTP/1.1 200 OK\r\n";
  out += kFields;
  out += "content-type: application/json\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n";
  out += body;
  return out;
}

std::string event_json(int index) {
  std::string out =
      R"({"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1761991200,)"
      R"("model":"bench-1","service_tier":"default","system_fingerprint":"fp_8e1f20a4c7","choices":[)";
  if (index == 0) {
    out +=
        R"({"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}])";
  } else if (index == kStreamEvents - 2) {
    out += R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}])";
  } else if (index == kStreamEvents - 1) {
    out += R"(],"usage":{"prompt_tokens":231,"completion_tokens":47,"total_tokens":278})";
  } else {
    out += R"({"index":0,"delta":{"content":")";
    out += kTokens[static_cast<std::size_t>(index) % kTokens.size()];
    out += R"("},"logprobs":null,"finish_reason":null}])";
  }
  out += ',';
  out += kStampMember;
  out += std::string(kStampSize, '0');
  out += "\"}";
  return out;
}

std::string chunk(std::string_view data) {
  std::array<char, 16> size{};
  const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
  std::string out(size.data(), static_cast<std::size_t>(digits));
  out += data;
  out += "\r\n";
  return out;
}

}  // namespace

std::string_view json_answer_body() {
  return kJsonBody;
}

std::string_view json_answer() {
  static const std::string answer = whole_answer(kJsonBody);
  return answer;
}

std::string_view models_answer() {
  static const std::string answer = whole_answer(
      R"({"object":"list","data":[{"id":"bench-1","object":"model","created":1761991200,"owned_by":"bench"}]})");
  return answer;
}

std::vector<StreamPiece> stream_answer() {
  std::vector<StreamPiece> pieces;
  for (int i = 0; i < kStreamEvents; ++i) {
    StreamPiece piece;
    if (i == 0) {
      piece.bytes = "HTTP/1.1 200 OK\r\n";
      piece.bytes += kFields;
      piece.bytes += "content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n";
      piece.bytes += "transfer-encoding: chunked\r\n\r\n";
    }
    piece.bytes += chunk("data: " + event_json(i) + "\n\n");
    piece.stamp = piece.bytes.rfind(kStampMember) + kStampMember.size();
    pieces.push_back(std::move(piece));
  }
  pieces.push_back({.bytes = chunk("data: [DONE]\n\n") + "0\r\n\r\n", .stamp = 0});
  return pieces;
}

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

void write_stamp(char* out, std::uint64_t time) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < kStampSize; ++i) out[kStampSize - 1 - i] = kDigits[(time >> (4 * i)) & 15];
}

std::uint64_t read_stamp(std::string_view event) {
  const void* found = memmem(event.data(), event.size(), kStampMember.data(), kStampMember.size());
  if (found == nullptr) return 0;
  const std::size_t at =
      static_cast<std::size_t>(static_cast<const char*>(found) - event.data()) + kStampMember.size();
  if (event.size() < at + kStampSize) return 0;
  std::uint64_t time = 0;
  for (std::size_t i = at; i < at + kStampSize; ++i) {
    const char digit = event[i];
    time = time << 4 | static_cast<std::uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return time;
}

}  // namespace ostiary::bench
