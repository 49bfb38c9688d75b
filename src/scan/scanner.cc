#include "scan/scanner.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "files/git.h"
#include "files/image.h"
#include "files/tree.h"
#include "scan/impl/crew.h"
#include "scan/impl/history.h"

namespace ostiary::scan {

namespace {

Report report_of(Found found, std::vector<files::Partial> partial) {
  Report out;
  out.summary.files = found.files;
  out.summary.bytes = found.bytes;
  out.summary.archives = found.archives;
  out.partial = std::move(partial);
  std::ranges::move(found.partial, std::back_inserter(out.partial));
  if (found.cut)
    out.partial.push_back(
        {"", files::Why::too_many,
         fmt::format("more than {} signs of AI; scan parts of it by themselves", kMostSigns)});
  std::ranges::sort(out.partial, [](const auto& a, const auto& b) {
    return std::tie(a.path, a.why, a.text) < std::tie(b.path, b.why, b.text);
  });
  out.features = std::move(found.features);
  std::ranges::sort(out.features, [](const auto& a, const auto& b) {
    return std::tie(a.place, a.feature) < std::tie(b.place, b.feature);
  });
  out.model_files = std::move(found.model_files);
  std::ranges::sort(out.model_files, {}, &ModelFileSeen::path);
  out.components = components_of(std::move(found));
  return out;
}

// Members of a container image that is a folder, each as a file of its own.
void give_image(const Fd& folder, const std::string& shown, Crew& crew) {
  crew.note(files::read_image_folder(
      folder, shown,
      [&](const files::Member& member) {
        crew.give(std::string(member.path), files::Content(std::string(member.bytes)), member.whole);
        return true;
      },
      archive_limits()));
}

}  // namespace

Result<Report> scan(const std::vector<std::string>& paths, const Options& options,
                    const OnProgress& on_progress) {
  files::TreeOptions walking{.ignore_rules = options.ignore_rules, .limits = {}};
  walking.limits.file_bytes = options.file_bytes;
  walking.image_folders = true;
  TRY(auto tree, files::Tree::open(paths, walking));
  auto history = History::of_work_trees(options.history ? paths : std::vector<std::string>());
  Crew crew(options);
  std::uint64_t bytes = 0, images = 0;
  while (const auto* file = tree.next()) {
    auto path = file->shown;
    if (file->image) {
      give_image(tree.folder(), path, crew);
      ++images;
      continue;
    }
    auto content = tree.read();
    if (!content) continue;  // it stands in partial()
    bytes += content->bytes().size();
    crew.give(std::move(path), std::move(*content));
    if (on_progress) on_progress(bytes);
  }
  auto report = report_of(crew.finish(), tree.partial());
  report.summary.archives += images;
  report.summary.ignored = tree.summary().ignored;
  report.summary.links = tree.summary().links;
  history.finish(report);
  return report;
}

Result<Report> scan_revision(const std::string& folder, const std::string& revision, const Options& options,
                             const OnProgress& on_progress) {
  TRY(auto repository, files::Repository::open(folder));
  TRY(const auto blobs, repository.tree(revision));
  std::optional<History> history;
  if (options.history) history.emplace(History::of_revision(folder, revision));
  Crew crew(options);
  std::uint64_t bytes = 0;
  for (const auto& blob : blobs) {
    auto content = repository.read(blob);
    if (!content) continue;
    bytes += content->size();
    crew.give(blob.path, files::Content(std::move(*content)));
    if (on_progress) on_progress(bytes);
  }
  auto report = report_of(crew.finish(), repository.partial());
  if (history) history->finish(report);
  return report;
}

}  // namespace ostiary::scan
