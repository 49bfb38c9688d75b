// Commits with their numbers of lines.
#include <fmt/format.h>

#include "base/text.h"
#include "files/git.h"
#include "files/impl/git_repository.h"

namespace ostiary::files {

namespace {

bool is_object_name(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "12\t3\tpath"; of a binary file "-\t-\tpath", which counts nothing.
bool count_lines(std::string_view line, GitCommit& commit) {
  while (line.starts_with('\n')) line.remove_prefix(1);
  const auto first = line.find('\t');
  const auto second = first == std::string_view::npos ? first : line.find('\t', first + 1);
  if (second == std::string_view::npos) return false;
  const auto added = text::parse_uint(line.substr(0, first));
  const auto removed = text::parse_uint(line.substr(first + 1, second - first - 1));
  if (added && removed && !commit.merge) commit.added += *added, commit.removed += *removed;
  return true;
}

}  // namespace

bool Repository::shallow() const {
  return impl_->shallow;
}

// Of the output each piece ends with NUL: seven of a commit, then one for each of its files, which holds
// tabs, as the name of the next commit does not.
Result<> Repository::log(const std::string& revision, const OnCommit& on_commit) {
  auto& self = *impl_;
  if (revision.starts_with('-'))
    return fail(Code::invalid, fmt::format("'{}' is an option; only revisions are taken", revision));
  TRY(auto child, self.git.start({"log", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv",
                                  "--no-relative", "--no-color", "--no-notes", "--encoding=UTF-8",
                                  "--diff-algorithm=myers", "--ignore-submodules=all",
                                  fmt::format("--max-count={}", self.limits.commits),
                                  "--format=tformat:%H%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%B",
                                  "--end-of-options", revision.empty() ? "HEAD" : revision, "--"}));
  GitCommit commit;
  const auto piece = [&] { return child.read_start_until('\0', GitCommit::kMostMessage); };
  for (;;) {
    TRY(const bool ended, child.at_end());
    if (ended) break;
    TRY(auto first, piece());
    if (!commit.id.empty() && count_lines(first, commit)) continue;
    if (!is_object_name(first)) return fail(Code::io, "git gave a log that is none", revision);
    if (!commit.id.empty() && !on_commit(commit)) return {};
    commit = {};
    commit.id = std::move(first);
    TRY(const auto parents, piece());
    commit.merge = parents.contains(' ');
    for (auto* field : {&commit.author_name, &commit.author_email, &commit.committer_name,
                        &commit.committer_email, &commit.message}) {
      TRY(*field, piece());
    }
  }
  TRY_VOID(self.git.finish(child));
  if (!commit.id.empty()) on_commit(commit);
  return {};
}

}  // namespace ostiary::files
