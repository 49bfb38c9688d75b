#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "files/image.h"

// Whatever an image holds: the limits hold, and each path stays below it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ostiary::files::ArchiveLimits limits{.levels = 3,
                                             .members = 200,
                                             .member_bytes = 64 << 10,
                                             .total_bytes = 4 << 20,
                                             .ratio = 50,
                                             .ratio_from = 1 << 20,
                                             .head_bytes = 1 << 10};
  std::uint64_t total = 0;
  const auto partial = ostiary::files::read_image(
      bytes, "a",
      [&](const ostiary::files::Member& member) {
        total += member.bytes.size();
        if (member.bytes.size() > limits.member_bytes || member.whole < member.bytes.size()) std::abort();
        if (!member.path.starts_with("a!/") || member.path.ends_with('/')) std::abort();
        for (const std::string_view bad : {"/../", "/./", "//", "!/.wh."})
          if (member.path.contains(bad)) std::abort();
        return true;
      },
      limits);
  if (!partial) return 0;
  if (total > limits.total_bytes + limits.member_bytes) std::abort();
  for (const auto& one : *partial)
    if (one.text.empty() || !one.path.starts_with('a')) std::abort();
  return 0;
}
