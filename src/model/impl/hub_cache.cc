#include "model/impl/hub_cache.h"

#include <algorithm>
#include <filesystem>

namespace ostiary::model {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostLinks = 100'000;
constexpr int kMostDepth = 8;

// Each symbolic link below a folder; links to folders are not entered.
void each_link(const std::string& folder, const auto& take) {
  std::error_code wrong;
  std::size_t seen = 0;
  for (auto it =
           fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, wrong);
       !wrong && it != fs::recursive_directory_iterator() && seen < kMostLinks; it.increment(wrong), ++seen) {
    if (it.depth() > kMostDepth) it.disable_recursion_pending();
    if (!it->is_symlink(wrong)) continue;
    const auto target = fs::read_symlink(it->path(), wrong);
    if (!wrong) take(it->path().string(), target.string());
  }
}

// Where "models--owner--name" ends in a path; npos where it holds none.
std::size_t end_of_repository(std::string_view path) {
  const auto at = path.rfind("models--");
  if (at == std::string_view::npos || (at > 0 && path[at - 1] != '/')) return std::string_view::npos;
  return path.find('/', at);
}

}  // namespace

std::vector<std::string> HubCache::names_of(std::string_view blob) {
  const auto end = end_of_repository(blob);
  if (end == std::string_view::npos || !blob.substr(end).starts_with("/blobs/")) return {};
  const std::string repository(blob.substr(0, end));
  auto at = known_.find(repository);
  if (at == known_.end()) at = known_.emplace(repository, read_names(repository)).first;
  std::vector<std::string> out;
  const auto [from, to] = at->second.equal_range(std::string(blob.substr(end + 7)));
  for (auto it = from; it != to && out.size() < 64; ++it) out.push_back(it->second);
  return out;
}

HubCache::Names HubCache::read_names(const std::string& repository) {
  Names out;
  each_link(repository + "/snapshots", [&](std::string link, const std::string& target) {
    const auto blobs = target.rfind("/blobs/");
    if (blobs != std::string::npos) out.emplace(target.substr(blobs + 7), std::move(link));
  });
  return out;
}

std::vector<std::string> HubCache::files_of_snapshot(const std::string& folder) {
  std::vector<std::string> out;
  const auto end = end_of_repository(folder + "/");
  if (end == std::string_view::npos ||
      !std::string_view(folder).substr(std::min(end, folder.size())).starts_with("/snapshots/"))
    return out;
  each_link(folder, [&](std::string link, const std::string& target) {
    if (target.contains("blobs/")) out.push_back(std::move(link));
  });
  std::ranges::sort(out);
  return out;
}

}  // namespace ostiary::model
