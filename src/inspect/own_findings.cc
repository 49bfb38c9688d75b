#include "inspect/impl/own_findings.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "base/digits.h"
#include "base/hash.h"
#include "inspect/decode.h"
#include "inspect/engine.h"

namespace ostiary::inspect {

namespace {

Confidence confidence_of(const OwnSpan& span) {
  constexpr std::uint32_t long_exact = 64, exact = 32, long_renamed = 64;
  if (span.exact_tokens >= long_exact) return Confidence::high;
  return span.exact_tokens >= exact || span.tokens >= long_renamed ? Confidence::medium : Confidence::low;
}

}  // namespace

namespace {

// A part at a time: its tokens and windows take some ninety times the room of a text of signs.
std::vector<OwnSpan> spans_in(const OwnCode& own_code, std::string_view text) {
  constexpr std::size_t at_once = 1u << 20, overlap = 32u << 10;
  std::vector<OwnSpan> out;
  for (std::size_t at = 0; at < text.size() && out.size() < kMostOwnFindings; at += at_once) {
    for (auto& span : own_code.find(text.substr(at, at_once + overlap))) {
      span.start += at;
      span.end += at;
      // What begins in the overlap comes with the next part.
      if (span.start < at + at_once && out.size() < kMostOwnFindings) out.push_back(std::move(span));
    }
  }
  return out;
}

bool in_base64(char c) {
  return base64_value(c) != kNoDigit;
}

// The run of base64 at the front of a text, over the ends of long lines.
std::size_t run_of(std::string_view text) {
  std::size_t end = 0, line = 0;
  while (end < text.size()) {
    if (in_base64(text[end])) {
      ++end, ++line;
      continue;
    }
    const auto behind = text.find_first_not_of("\r\n", end);
    if (behind == end || behind == std::string_view::npos || line < kLongLine || !in_base64(text[behind]))
      break;
    end = behind, line = 0;
  }
  return end;
}

// Of code in base64, also twice so; offsets are those of the text. Each level is shorter than the one around
// it, so that all together costs what the text does.
void add_encoded(const OwnCode& own_code, std::string_view text, int depth, std::vector<OwnSpan>& out) {
  constexpr std::size_t least = kLeastOwnBytes * 4 / 3;
  if (depth == Inspecting::kDepth) return;
  for (std::size_t at = 0; at + least <= text.size() && out.size() < kMostOwnFindings;) {
    const auto size = run_of(text.substr(at));
    const auto run = text.substr(at, size);
    const auto decoded = size < least ? std::nullopt : decode_base64(run);
    if (decoded) {
      auto spans = spans_in(own_code, decoded->text());
      add_encoded(own_code, decoded->text(), depth + 1, spans);
      for (auto& span : spans) {
        const auto [start, end] = decoded->original(span.start, span.end);
        span.start = at + start, span.end = at + end;
        if (out.size() < kMostOwnFindings) out.push_back(std::move(span));
      }
    }
    at += std::max<std::size_t>(size, 1);
  }
}

}  // namespace

std::vector<Finding> own_findings(const OwnCode& own_code, std::string_view text) {
  std::vector<Finding> out;
  if (text.size() < kLeastOwnBytes) return out;
  auto spans = spans_in(own_code, text);
  add_encoded(own_code, text, 0, spans);
  std::ranges::stable_sort(spans, {}, &OwnSpan::start);
  for (const auto& span : spans) {
    Finding finding;
    finding.detector = finding.type = "own-code";
    finding.data_class = "own-code";
    finding.klass = Class::own_code;
    finding.confidence = confidence_of(span);
    finding.location.start = span.start;
    finding.location.end = span.end;
    const auto place = fmt::format("own-code\n{}\n{}", span.repository, span.path);
    const auto of_value = sha256(text.substr(span.start, span.end - span.start)), of_place = sha256(place);
    finding.fingerprint = hex(std::span(of_value).first(3)) + hex(std::span(of_place).first(5));
    finding.preview =
        fmt::format("{}:{}, lines {} to {}", span.repository, span.path, span.first_line, span.last_line);
    out.push_back(std::move(finding));
  }
  return out;
}

}  // namespace ostiary::inspect
