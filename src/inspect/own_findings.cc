#include "inspect/impl/own_findings.h"

#include <fmt/format.h>

#include "base/hash.h"

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

}  // namespace

std::vector<Finding> own_findings(const OwnCode& own_code, std::string_view text) {
  std::vector<Finding> out;
  if (text.size() < kLeastOwnBytes) return out;
  for (const auto& span : spans_in(own_code, text)) {
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
