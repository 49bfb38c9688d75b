#include "app/inspect_sources.h"

#include <algorithm>
#include <unistd.h>

#include "files/archive.h"
#include "files/tree.h"

namespace ostiary::app {

namespace {

constexpr std::uint64_t kMostOfStdin = 4ULL << 30;

class Taker {
 public:
  explicit Taker(const std::function<void(const Source&)>& take) : take_(take) {}

  void give(const Source& source) {
    if (files::archive_kind_of(source.bytes) != files::ArchiveKind::none) return unpack(source);
    if (files::encoding_of(source.bytes) == files::Encoding::binary) {
      ++out.binaries;
      return;
    }
    ++out.texts;
    out.bytes += source.bytes.size();
    take_(source);
  }
  void add(const std::vector<files::Partial>& partial) {
    std::ranges::copy(partial, std::back_inserter(out.partial));
  }

  SourceSummary out;

 private:
  void unpack(const Source& archive) {
    const auto member = [&](const files::Member& m) {
      if (files::encoding_of(m.bytes) == files::Encoding::binary) {
        ++out.binaries;
        return true;
      }
      ++out.texts;
      out.bytes += m.bytes.size();
      take_({m.path, m.bytes, archive.commit, nullptr});
      return true;
    };
    add(files::read_archive(archive.bytes, archive.file, member));
  }
  const std::function<void(const Source&)>& take_;
};

Result<> from_stdin(Taker& taker) {
  TRY(const auto content, files::Content::read(STDIN_FILENO, kMostOfStdin, "standard input"));
  taker.give({{}, content.bytes(), {}, nullptr});
  return {};
}

Result<> from_tree(const InspectOptions& options, Taker& taker) {
  files::TreeOptions how;
  how.ignore_rules = !options.no_ignore;
  TRY(auto tree, files::Tree::open(options.paths, how));
  while (const auto* file = tree.next())
    if (const auto content = tree.read()) taker.give({file->shown, content->bytes(), {}, nullptr});
  taker.add(tree.partial());
  return {};
}

// `path`: empty where the call names none, so that a hook's GIT_INDEX_FILE counts.
Result<> from_git(const InspectOptions& options, const std::string& path, Taker& taker) {
  TRY(auto repository, files::Repository::open(path));
  const auto give = [&](const files::GitBlob& blob) {
    if (const auto bytes = repository.read(blob))
      taker.give({blob.path, *bytes, blob.commit, blob.whole ? nullptr : &blob.added});
    return true;
  };
  if (options.staged) {
    TRY(const auto blobs, repository.staged());
    for (const auto& blob : blobs) give(blob);
  } else {
    TRY_VOID(repository.history(options.revisions, give));
  }
  taker.add(repository.partial());
  return {};
}

}  // namespace

Result<SourceSummary> each_source(const InspectOptions& options,
                                  const std::function<void(const Source&)>& take) {
  Taker taker(take);
  const bool git = options.staged || options.history;
  if (git && options.paths.size() > 1)
    return fail(Code::invalid, "--staged and --history take one repository", options.paths[1]);
  if (git) {
    TRY_VOID(from_git(options, options.paths.empty() ? "" : options.paths.front(), taker));
  } else if (options.paths.empty() || options.paths == std::vector<std::string>{"-"}) {
    TRY_VOID(from_stdin(taker));
  } else {
    TRY_VOID(from_tree(options, taker));
  }
  return std::move(taker.out);
}

}  // namespace ostiary::app
