#include "model/look.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "files/archive.h"
#include "files/image.h"
#include "files/tree.h"
#include "model/assemble.h"
#include "model/impl/hub_cache.h"
#include "model/read.h"

namespace ostiary::model {

namespace {

constexpr std::size_t kMostFacts = 2'000'000;
constexpr std::uint64_t kMostManifest = 1u << 20;

files::ArchiveLimits archive_limits() {
  files::ArchiveLimits limits;
  limits.levels = 4;
  limits.member_bytes = 256ULL << 20;
  limits.head_bytes = limits.member_bytes;
  limits.total_bytes = 64ULL << 30;
  limits.give_archive = [](const files::Member& head) {
    return is_model_archive({head.path, head.bytes, head.whole});
  };
  return limits;
}

class Looking {
 public:
  Looking(const Options& options, const OnProgress& on_progress)
      : options_(options), on_progress_(on_progress) {}

  Result<Report> run(const std::vector<std::string>& paths) {
    files::TreeOptions how;
    how.image_folders = true;
    how.ignore_rules = false;
    how.limits.file_bytes = ~0ULL >> 1;
    how.limits.total_bytes = ~0ULL >> 1;
    TRY(auto tree, files::Tree::open(names_of(paths), how));
    while (const auto* file = tree.next()) {
      if (file->image) {
        note(files::read_image_folder(tree.folder(), file->shown, on_member(), archive_limits()));
        continue;
      }
      // What git keeps is a copy of what stands beside it.
      if (file->shown.contains("/.git/") || file->shown.starts_with(".git/")) continue;
      const auto shown = file->shown;
      if (const auto content = tree.read()) {
        take_file(shown, content->bytes());
        if (content->changed()) tree.changed(shown);
      }
      if (on_progress_) on_progress_(report_.summary.bytes);
    }
    note(tree.partial());
    return finish();
  }

 private:
  // What was named, what stands beside it, and what snapshots of a cache link to.
  std::vector<std::string> names_of(const std::vector<std::string>& paths) const {
    std::vector<std::string> out;
    std::set<std::string> taken, folders;
    const auto add = [&](const std::string& path) {
      if (taken.insert(path).second) out.push_back(path);
    };
    std::error_code wrong;
    for (const auto& path : paths) {
      add(path);
      if (std::filesystem::is_directory(path, wrong)) {
        for (const auto& link : HubCache::files_of_snapshot(path)) add(link);
      } else if (options_.beside && std::filesystem::is_regular_file(path, wrong)) {
        if (folders.emplace(folder_of(path)).second)
          for (const auto& context : beside(path)) add(context);
        for (const auto& layer : layers(path)) add(layer);
      }
    }
    return out;
  }

  static std::vector<std::string> beside(const std::string& path) {
    std::vector<std::string> out;
    std::error_code wrong;
    const auto folder = std::string(folder_of(path));
    for (auto it = std::filesystem::directory_iterator(folder.empty() ? "." : folder, wrong);
         !wrong && it != std::filesystem::directory_iterator(); it.increment(wrong)) {
      const auto name = it->path().filename().string();
      std::error_code skip;
      if (is_context(name) && it->is_regular_file(skip)) out.push_back(folder + name);
    }
    std::ranges::sort(out);
    return out;
  }

  // The blobs of a manifest of Ollama that is named: "…/manifests/…" lies beside "…/blobs".
  static std::vector<std::string> layers(const std::string& path) {
    const auto at = path.rfind("/manifests/");
    if (at == std::string::npos) return {};
    const auto bytes = read_file(path, kMostManifest);
    if (!bytes) return {};
    std::vector<std::string> out;
    std::error_code wrong;
    for (const auto& layer : read({path, *bytes, bytes->size()}).layers) {
      auto blob = path.substr(0, at) + "/blobs/" + layer;
      if (std::filesystem::is_regular_file(blob, wrong)) out.push_back(std::move(blob));
    }
    return out;
  }

  files::OnMember on_member() {
    return [this](const files::Member& member) {
      take(member.path, member.bytes, member.whole);
      return facts_.size() < kMostFacts;
    };
  }

  void take_file(const std::string& shown, std::string_view bytes) {
    const Input in{shown, bytes, bytes.size()};
    const auto kind = files::archive_kind_of(bytes.substr(0, 512));
    if (kind == files::ArchiveKind::none || is_model_archive(in)) return take(shown, bytes, bytes.size());
    auto partial = files::read_image(bytes, shown, on_member(), archive_limits());
    if (!partial) partial = files::read_archive(bytes, shown, on_member(), archive_limits());
    note(std::move(*partial));
  }

  void take(std::string_view path, std::string_view bytes, std::uint64_t whole) {
    ++report_.summary.files;
    report_.summary.bytes += whole;
    const auto links = hub_.names_of(path);
    if (links.empty()) return keep(read({path, bytes, whole}), bytes);
    for (const auto& link : links) keep(read({link, bytes, whole}), bytes);
  }

  void keep(Facts facts, std::string_view bytes) {
    std::ranges::move(facts.partial, std::back_inserter(report_.partial));
    facts.partial.clear();
    if (facts.role == Role::none) return;
    if (facts_.size() >= kMostFacts) {
      if (facts_.size() == kMostFacts && !std::exchange(full_, true))
        report_.partial.push_back({facts.path, files::Why::too_many, "more files of models than are kept"});
      return;
    }
    if (options_.digests && bytes.size() == facts.bytes) facts.sha256 = hex(sha256(bytes));
    facts_.push_back(std::move(facts));
  }

  void note(std::vector<files::Partial> partial) {
    std::ranges::move(partial, std::back_inserter(report_.partial));
  }

  Report finish() {
    report_.models = assemble(std::move(facts_));
    std::ranges::sort(report_.partial, [](const auto& a, const auto& b) {
      return std::tie(a.path, a.why, a.text) < std::tie(b.path, b.why, b.text);
    });
    return std::move(report_);
  }

  const Options& options_;
  const OnProgress& on_progress_;
  HubCache hub_;
  std::vector<Facts> facts_;
  Report report_;
  bool full_ = false;
};

}  // namespace

Result<Report> look(const std::vector<std::string>& paths, const Options& options,
                    const OnProgress& on_progress) {
  return Looking(options, on_progress).run(paths);
}

}  // namespace ostiary::model
