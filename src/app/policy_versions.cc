#include "app/policy_versions.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <sys/stat.h>
#include <tuple>

#include "app/impl/policy_file.h"
#include "base/file.h"
#include "base/time.h"

namespace ostiary::app {

namespace {

struct Kept {
  WallMs at = 0;
  std::string path;
};

// Oldest first.
std::vector<Kept> kept_in(const std::string& folder) {
  std::vector<Kept> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    struct stat state{};
    const auto path = it->path().string();
    if (it->path().extension() != ".md" || ::stat(path.c_str(), &state) != 0) continue;
    out.push_back(
        {static_cast<WallMs>(state.st_mtim.tv_sec) * 1000 + state.st_mtim.tv_nsec / 1'000'000, path});
  }
  std::ranges::sort(out, {}, [](const Kept& kept) { return std::tie(kept.at, kept.path); });
  if (out.size() > policy::kMostVersions)
    out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(policy::kMostVersions));
  return out;
}

}  // namespace

std::vector<policy::Change> policy_versions(const std::string& folder, const policy::Policy& now) {
  std::deque<policy::Policy> read;
  std::vector<policy::Version> versions;
  std::string today;
  for (const auto& kept : kept_in(folder)) {
    auto version = read_policy(kept.path);
    if (!version) continue;
    const auto day = rfc3339(kept.at).substr(0, 10);
    if (version->document().digest == now.document().digest) {
      today = day;
      continue;
    }
    read.push_back(std::move(*version));
    versions.push_back({&read.back(), day});
  }
  versions.push_back({&now, today});
  return policy::change_log(versions);
}

}  // namespace ostiary::app
