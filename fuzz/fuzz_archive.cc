#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "files/archive.h"

// Whatever an archive holds: the limits hold, and each path stays below the archive.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ostiary::files::Member;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ostiary::files::ArchiveLimits limits{.levels = 2,
                                             .members = 100,
                                             .member_bytes = 1 << 20,
                                             .total_bytes = 4 << 20,
                                             .ratio = 50,
                                             .ratio_from = 1 << 20};
  std::uint64_t count = 0, total = 0;
  const auto partial = ostiary::files::read_archive(
      bytes, "a",
      [&](const Member& member) {
        ++count;
        total += member.bytes.size();
        if (member.bytes.size() > limits.member_bytes || !member.path.starts_with("a!/")) std::abort();
        for (const std::string_view bad : {"/../", "/./", "//"})
          if (member.path.contains(bad)) std::abort();
        if (member.path.ends_with('/') || member.path.ends_with("/..")) std::abort();
        return true;
      },
      limits);
  if (count > limits.members || total > limits.total_bytes) std::abort();
  for (const auto& one : partial)
    if (one.text.empty() || !one.path.starts_with('a')) std::abort();
  return 0;
}
