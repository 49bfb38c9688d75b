// policy render.

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fmt/format.h>

#include "app/impl/policy_file.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_policy_page.h"
#include "policy/changes.h"
#include "policy/render.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kMostFiles = 1000;

// The documents of a folder, oldest first; what is none, or not sound, is told of and left out.
Result<std::deque<policy::Policy>> versions_in(const PolicyPageOptions& options) {
  std::deque<policy::Policy> out;
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(options.since_folder, error), end; !error && it != end;
       it.increment(error))
    if (it->path().extension() == ".md" && files.size() < kMostFiles) files.push_back(it->path().string());
  if (error)
    return fail(Code::invalid, "the folder of versions cannot be read: " + error.message(),
                options.since_folder);
  std::ranges::sort(files);
  for (const auto& file : files) {
    auto version = read_policy(file);
    if (version)
      out.push_back(std::move(*version));
    else
      hint(options.common, "left out: " + version.error().text());
  }
  std::ranges::sort(out, [](const policy::Policy& a, const policy::Policy& b) {
    return policy::is_older(a.document(), b.document());
  });
  return out;
}

}  // namespace

Result<int> run_policy_render(const PolicyPageOptions& options) {
  policy::RenderOptions page;
  page.on = wall_now();
  if (!options.on.empty()) {
    const auto day = policy::parse_moment(options.on);
    if (!day) return fail(Code::invalid, "--on takes a date, YYYY-MM-DD", options.on);
    page.on = *day;
  }
  page.on -= page.on % 86'400'000;
  TRY(const auto text, read_policy_text(options.file));
  TRY(const auto policy, read_policy(options.file));
  if (!options.since_folder.empty()) {
    TRY(const auto versions, versions_in(options));
    std::vector<policy::Version> all;
    for (const auto& version : versions)
      if (version.document().digest != policy.document().digest) all.push_back({&version, {}});
    all.push_back({&policy, {}});
    page.changes = policy::change_log(all);
  }
  TRY_VOID(put(options.common, policy::render(text, policy, page)));
  return 0;
}

}  // namespace ostiary::app
