#include "files/impl/ignore_stack.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <ranges>
#include <sys/stat.h>

#include "base/file.h"
#include "files/content.h"

namespace ostiary::files {

namespace fs = std::filesystem;

// A file of rules that cannot be read or is cut is reported: it may have ignored more. One that is no regular
// file does not count, as with git.
IgnoreRules IgnoreStack::read(int folder, const char* name, const std::string& shown,
                              std::vector<Partial>& partial) {
  const Fd fd(::openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  const auto report = [&](Why why, std::string text) { partial.push_back({shown, why, std::move(text)}); };
  struct stat info{};
  if (!fd) {
    if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP && errno != ENXIO)
      report(Why::unreadable, fmt::format("the ignore rules of {} cannot be read", name));
    return {};
  }
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  auto content = Content::read(fd.get(), IgnoreRules::kMostBytes, shown);
  if (!content) {
    report(Why::unreadable,
           fmt::format("the ignore rules of {} are not read: {}", name, content.error().message));
    return {};
  }
  auto rules = IgnoreRules::parse(content->bytes());
  if (rules.cut())
    report(Why::too_many,
           fmt::format("{} has more than {} rules or one over {} bytes; those are not followed", name,
                       IgnoreRules::kMostRules, IgnoreRules::kLongestPattern));
  return rules;
}

void IgnoreStack::enter(int fd, std::string_view path, const std::string& shown,
                        std::vector<Partial>& partial) {
  Level level{.offset = path.empty() ? 0 : path.size() + 1, .own = {}, .git = {}, .exclude = {}};
  level.own = read(fd, ".ostiaryignore", shown, partial);
  level.git = read(fd, ".gitignore", shown, partial);
  level.exclude = read(fd, ".git/info/exclude", shown, partial);
  levels_.push_back(std::move(level));
}

void IgnoreStack::leave() {
  levels_.pop_back();
}

void IgnoreStack::start(const std::string& folder, std::string& prefix, std::vector<Partial>& partial) {
  levels_.clear();
  prefix.clear();
  std::error_code failed;
  const auto place = fs::canonical(folder, failed);
  if (failed) return;
  fs::path top = place;
  while (!fs::exists(fs::symlink_status(top / ".git", failed))) {
    if (top == top.root_path()) return;
    top = top.parent_path();
  }
  const auto below = place.lexically_relative(top);
  if (below == ".") return;
  std::string path;
  fs::path at = top;
  for (const auto& part : below) {
    const Fd fd(::open(at.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (fd) enter(fd.get(), path, at.string(), partial);
    path += (path.empty() ? "" : "/") + part.string();
    at /= part;
  }
  prefix = path + "/";
}

// Each kind of file by itself, the nearest first: ours, git's, and what one clone excludes.
bool IgnoreStack::ignored(std::string_view path, bool folder) const {
  for (const auto rules : {&Level::own, &Level::git, &Level::exclude})
    for (const auto& level : levels_ | std::views::reverse) {
      if ((level.*rules).empty() || path.size() <= level.offset) continue;
      const auto verdict = (level.*rules).look(path.substr(level.offset), folder);
      if (verdict != IgnoreRules::Verdict::none) return verdict == IgnoreRules::Verdict::ignored;
    }
  return false;
}

}  // namespace ostiary::files
