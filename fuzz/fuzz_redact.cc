// Redaction: what was masked holds nothing, and a text in which nothing is found stays as it is.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inspect/redact.h"

using namespace ostiary::inspect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto engine = *Engine::builtin();
  static Inspecting inspecting(*engine);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Redactor redactor(*engine, Confidence::medium);
  const auto found = inspecting.inspect(text);
  const auto out = redactor.redact(text, found);
  if (!out) return 0;
  for (const auto& finding : inspecting.inspect(*out).findings)
    if (finding.confidence >= Confidence::medium) std::abort();
  bool any = false;
  for (const auto& finding : found.findings) any = any || finding.confidence >= Confidence::medium;
  if (!any && *out != text) std::abort();
  return 0;
}
