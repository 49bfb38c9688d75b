#include "scan/impl/history.h"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

#include "files/git.h"
#include "scan/impl/authors.h"

namespace ostiary::scan {

namespace {

namespace fs = std::filesystem;

// Where a history's evidence stands.
std::string place_in(const std::string& folder) {
  if (folder.empty() || folder == ".") return ".git";
  return folder.ends_with('/') ? folder + ".git" : folder + "/.git";
}

bool has_repository(const std::string& folder) {
  std::error_code ignored;
  return fs::exists(fs::path(folder) / ".git", ignored);
}

// Joins a component with one of the same kind and name, or puts it where it belongs.
void join(std::vector<Component>& components, Component component) {
  const auto key = [](const Component& one) { return std::tie(one.kind, one.name); };
  const auto at = std::ranges::lower_bound(components, key(component), {}, key);
  if (at == components.end() || key(*at) != key(component)) {
    components.insert(at, std::move(component));
    return;
  }
  at->places += component.places;
  at->grade = std::max(at->grade, component.grade);
  if (at->provider.empty()) at->provider = component.provider;
  for (auto& evidence : component.evidence) {
    if (at->evidence.size() >= Component::kMostEvidence) at->evidence.pop_back();
    at->evidence.push_back(std::move(evidence));
  }
  std::ranges::sort(at->evidence);
}

}  // namespace

History::History(std::vector<Wanted> wanted) : read_(std::make_unique<std::vector<Read>>()) {
  if (wanted.empty()) return;
  thread_ = std::jthread([all = std::move(wanted), out = read_.get()] {
    for (const auto& one : all) out->push_back(read(one));
  });
}

History History::of_work_trees(const std::vector<std::string>& paths) {
  std::vector<Wanted> wanted;
  for (const auto& path : paths)
    if (has_repository(path) &&
        std::ranges::none_of(wanted, [&](const Wanted& one) { return one.folder == path; }))
      wanted.push_back({.folder = path, .revision = {}, .place = place_in(path)});
  return History(std::move(wanted));
}

History History::of_revision(const std::string& folder, const std::string& revision) {
  return History({{.folder = folder, .revision = revision, .place = place_in({})}});
}

History::Read History::read(const Wanted& wanted) {
  Read out;
  const auto failed = [&](std::string why) { return out.why_not = std::move(why), std::move(out); };
  // One more than are counted, so that it shows when there are older ones.
  auto repository = files::Repository::open(wanted.folder, {.commits = kMostCommits + 1});
  if (!repository) return failed(repository.error().message);
  if (repository->shallow()) return failed("the clone is shallow");
  if (wanted.revision.empty()) {
    std::error_code ignored;
    const auto top = fs::canonical(wanted.folder, ignored);
    if (top.string() != repository->top()) return failed("it is not the top of the work tree");
  }
  Authorship authorship;
  bool bounded = false;
  const auto done = repository->log(wanted.revision, [&](const files::GitCommit& commit) {
    bounded = authorship.commits() >= kMostCommits;
    if (!bounded) authorship.add(commit);
    return !bounded;
  });
  if (!done) return failed(done.error().message);
  out.commits = authorship.commits();
  out.components = authorship.components(wanted.place, bounded);
  return out;
}

void History::finish(Report& report) {
  if (thread_.joinable()) thread_.join();
  for (auto& read : *read_) {
    report.summary.commits += read.commits;
    if (report.summary.history_not_read.empty()) report.summary.history_not_read = read.why_not;
    for (auto& component : read.components) join(report.components, std::move(component));
  }
  read_->clear();
}

}  // namespace ostiary::scan
