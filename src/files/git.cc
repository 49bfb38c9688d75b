#include "files/git.h"

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <unordered_set>

#include "base/hash.h"
#include "base/text.h"
#include "files/impl/git_repository.h"

namespace ostiary::files {

namespace {

// Object names of SHA-1 or SHA-256.
struct ObjectName {
  std::array<std::uint8_t, 32> bytes{};
  bool operator==(const ObjectName&) const = default;
};

struct ObjectHash {
  std::size_t operator()(const ObjectName& name) const {
    std::size_t hash = 0;
    std::memcpy(&hash, name.bytes.data(), sizeof hash);
    return hash;
  }
};

std::optional<ObjectName> object_name(std::string_view hex_text) {
  const auto raw = unhex(hex_text);
  ObjectName name;
  if (!raw || (raw->size() != 20 && raw->size() != 32)) return std::nullopt;
  std::memcpy(name.bytes.data(), raw->data(), raw->size());
  return name;
}

bool regular(std::string_view mode) {
  return mode.starts_with("100");
}

// The part behind the colons of a line of git's raw format, for any number of parents.
struct RawChange {
  std::string new_mode, old_id, new_id, status;
};

std::optional<RawChange> raw_change(std::string_view line) {
  const auto parents = std::min(line.find_first_not_of(':'), line.size());
  const auto fields = text::split(line.substr(parents), ' ');
  if (parents == 0 || fields.size() != 2 * (parents + 1) + 1) return std::nullopt;
  return RawChange{.new_mode = std::string(fields[parents]),
                   .old_id = std::string(fields[parents + 1]),
                   .new_id = std::string(fields[2 * parents + 1]),
                   .status = std::string(fields.back())};
}

// "@@ -1,2 +3,4 @@": lines 3 to 6; nothing where only lines are removed.
std::optional<LineRange> added_lines(std::string_view header) {
  const auto plus = header.find(" +");
  if (plus == std::string_view::npos) return std::nullopt;
  auto part = header.substr(plus + 2);
  part = part.substr(0, part.find(' '));
  const auto comma = part.find(',');
  const auto first = text::parse_uint(part.substr(0, comma));
  const auto count = comma == std::string_view::npos ? 1 : text::parse_uint(part.substr(comma + 1));
  if (!first || !count || *count == 0) return std::nullopt;
  return LineRange{.first = *first, .last = *first + *count - 1};
}

const std::vector<std::string> kPlainDiff = {"--no-renames", "--no-ext-diff", "--no-textconv",
                                             "--no-relative", "--no-color"};

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

bool Repository::Impl::full(std::size_t count, const std::string& what) {
  if (count < limits.blobs) return false;
  partial.push_back(
      {what, Why::too_many, fmt::format("more than {} files; the others are not read", limits.blobs)});
  return true;
}

// HEAD, or the empty tree where nothing is committed yet.
Result<std::string> Repository::Impl::head_or_nothing() const {
  auto head = git.output({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"});
  if (!head) head = git.output({"hash-object", "-t", "tree", "--stdin"});
  if (head) *head = text::trim(*head);
  return head;
}

// Finds the added lines of changed files; one of which the patch shows nothing stays new as a whole. The
// patch names blobs, so that nothing hangs on how it spells paths; --text, as attributes of the repository
// could call any file binary and so hide its lines.
Result<> Repository::Impl::read_added(const std::string& head, std::vector<GitBlob>& blobs,
                                      const std::map<std::string, std::vector<std::size_t>>& changed) {
  constexpr std::size_t kHeader = 256;
  TRY(auto patch,
      git.start(with({"diff-index", "--cached", "--patch", "--unified=0", "--inter-hunk-context=0",
                      "--full-index", "--text", "--diff-filter=M", "--ignore-submodules=all"},
                     with(kPlainDiff, {head}))));
  const std::vector<std::size_t>* now = nullptr;
  for (;;) {
    TRY(const bool ended, patch.at_end());
    if (ended) break;
    TRY(const auto line, patch.read_start_until('\n', kHeader));
    if (line.starts_with("diff ")) now = nullptr;
    if (line.starts_with("index ")) {
      const auto pair = line.substr(6, line.find(' ', 6) - 6);
      const auto found = changed.find(pair);
      now = found == changed.end() ? nullptr : &found->second;
    }
    if (!now || !line.starts_with("@@ ")) continue;
    const auto range = added_lines(line);
    for (const auto i : *now) {
      auto& blob = blobs[i];
      blob.whole = false;
      if (range && (blob.added.empty() || blob.added.back().last < range->first))
        blob.added.push_back(*range);
    }
  }
  return git.finish(patch);
}

Repository::Repository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Result<Repository> Repository::open(const std::string& path, const GitLimits& limits) {
  auto impl = std::make_unique<Impl>(path, limits);
  TRY(const auto facts, impl->git.output({"rev-parse", "--is-shallow-repository", "--is-bare-repository"}));
  const auto lines = text::split(facts, '\n');
  impl->shallow = lines[0] == "true";
  if (lines.size() > 1 && lines[1] == "false") {
    // Inside of .git there is no working tree either.
    auto top = impl->git.output({"rev-parse", "--show-toplevel"});
    if (top && top->ends_with('\n')) top->pop_back();
    if (top) impl->top = std::move(*top);
  }
  return Repository(std::move(impl));
}

const std::string& Repository::top() const {
  return impl_->top;
}

Result<std::vector<GitBlob>> Repository::staged() {
  auto& self = *impl_;
  TRY(const auto head, self.head_or_nothing());
  TRY(auto raw, self.git.start(with({"diff-index", "--cached", "--raw", "-z", "--no-abbrev",
                                     "--diff-filter=AMT", "--ignore-submodules=all"},
                                    with(kPlainDiff, {head}))));
  std::vector<GitBlob> blobs;
  std::map<std::string, std::vector<std::size_t>> changed;  // by "old..new"
  for (;;) {
    TRY(const bool ended, raw.at_end());
    if (ended) {
      TRY_VOID(self.git.finish(raw));
      break;
    }
    TRY(const auto line, raw.read_until('\0'));
    TRY(auto path, raw.read_until('\0'));
    const auto change = raw_change(line);
    if (!change) return fail(Code::io, "git gave a line that is not of its raw format", path);
    if (!regular(change->new_mode)) continue;
    if (self.full(blobs.size(), "index")) break;
    if (change->status == "M") changed[change->old_id + ".." + change->new_id].push_back(blobs.size());
    const bool same = change->old_id == change->new_id;  // its mode has changed
    blobs.push_back(
        {.id = change->new_id, .path = std::move(path), .commit = {}, .whole = !same, .added = {}});
  }
  if (!changed.empty()) TRY_VOID(self.read_added(head, blobs, changed));
  return blobs;
}

Result<std::vector<GitBlob>> Repository::tree(const std::string& revision) {
  auto& self = *impl_;
  auto id = self.git.output({"rev-parse", "--verify", "--end-of-options", revision + "^{tree}"});
  if (!id && id.error().code == Code::not_found)
    id.error().message = fmt::format("'{}': {}", revision, id.error().message);
  if (!id) return std::unexpected(std::move(id.error()));
  TRY(auto listing, self.git.start({"ls-tree", "-r", "-z", "--full-tree", std::string(text::trim(*id))}));
  std::vector<GitBlob> blobs;
  for (;;) {
    TRY(const bool ended, listing.at_end());
    if (ended) break;
    TRY(const auto line, listing.read_until('\0'));
    const auto tab = line.find('\t');
    const auto fields = text::split(std::string_view(line).substr(0, tab), ' ');
    if (tab == std::string::npos || fields.size() != 3)
      return fail(Code::io, "git gave a tree that is none", revision);
    if (!regular(fields[0])) continue;
    if (self.full(blobs.size(), revision)) return blobs;
    blobs.push_back({.id = std::string(fields[2]),
                     .path = line.substr(tab + 1),
                     .commit = {},
                     .whole = true,
                     .added = {}});
  }
  TRY_VOID(self.git.finish(listing));
  return blobs;
}

// False: there is no commit.
Result<bool> Repository::Impl::check_history(const std::vector<std::string>& revisions) {
  for (const auto& revision : revisions)
    if (revision.starts_with('-'))
      return fail(Code::invalid, fmt::format("'{}' is an option; only revisions are taken", revision));
  TRY(const auto said,
      git.output(with({"rev-list", "--count", fmt::format("--max-count={}", limits.commits + 1)},
                      revisions.empty() ? std::vector<std::string>{"--all"}
                                        : with({"--end-of-options"}, with(revisions, {"--"})))));
  const auto count = text::parse_uint(text::trim(said)).value_or(0);
  if (count > limits.commits)
    partial.push_back(
        {"history", Why::too_many, fmt::format("only the newest {} commits are read", limits.commits)});
  if (shallow)
    partial.push_back(
        {"history", Why::unreadable,
         "the clone is shallow: its older commits are not here; 'git fetch --unshallow' gets them"});
  return count > 0;
}

// True when all was seen.
Result<bool> Repository::Impl::follow(Child& diffs, const OnBlob& on_blob) {
  std::unordered_set<ObjectName, ObjectHash> seen;
  std::string commit;
  for (;;) {
    TRY(const bool ended, diffs.at_end());
    if (ended) {
      TRY_VOID(git.finish(diffs));
      return true;
    }
    TRY(auto line, diffs.read_until('\0'));
    if (!line.starts_with(':')) {
      commit = text::trim(line);
      continue;
    }
    TRY(auto path, diffs.read_until('\0'));
    const auto change = raw_change(line);
    const auto name = change ? object_name(change->new_id) : std::nullopt;
    if (!name) return fail(Code::io, "git gave a line that is not of its raw format", commit);
    if (!regular(change->new_mode) || seen.contains(*name)) continue;
    if (full(seen.size(), "history")) return false;
    seen.insert(*name);
    if (!on_blob(
            {.id = change->new_id, .path = std::move(path), .commit = commit, .whole = true, .added = {}}))
      return false;
  }
}

Result<> Repository::history(const std::vector<std::string>& revisions, const OnBlob& on_blob) {
  auto& self = *impl_;
  TRY(const bool any, self.check_history(revisions));
  if (!any) return {};
  const auto what = revisions.empty() ? std::vector<std::string>{"--all"}
                                      : with({"--end-of-options"}, with(revisions, {"--"}));
  TRY(auto commits, self.git.start(with({"rev-list", "--topo-order", "--reverse",
                                         fmt::format("--max-count={}", self.limits.commits)},
                                        what)));
  // Of a merge, what no parent has; the rest was met at the parents.
  TRY(auto diffs,
      self.git.start_behind(
          commits,
          with({"diff-tree", "--stdin", "-r", "-z", "--root", "--raw", "-c", "--no-abbrev"}, kPlainDiff)));
  TRY(const bool all, self.follow(diffs, on_blob));
  return all ? self.git.finish(commits) : Result<>();
}

Result<std::string> Repository::Impl::read(const std::string& id) {
  if (!contents) {
    TRY(auto child, git.start({"cat-file", "--batch"}, Child::Input::ours));
    contents = std::move(child);
  }
  TRY_VOID(contents->write(id + "\n"));
  TRY(const auto header, contents->read_until('\n'));
  const auto fields = text::split(header, ' ');
  const auto size = fields.size() == 3 ? text::parse_uint(fields[2]) : std::nullopt;
  if (!size) return fail(Code::io, "the object is not in the repository", id);
  if (*size > limits.blob_bytes)
    return fail(Code::too_large, fmt::format("the file is over {}", text::format_bytes(limits.blob_bytes)),
                id);
  std::string bytes;
  bytes.reserve(*size + 1);
  TRY_VOID(contents->read_exactly(*size + 1, bytes));
  bytes.pop_back();
  return bytes;
}

Result<std::string> Repository::read(const GitBlob& blob) {
  auto& self = *impl_;
  if (!object_name(blob.id)) return fail(Code::invalid, "this is no name of an object", blob.id);
  auto bytes = self.read(blob.id);
  if (bytes) return bytes;
  const auto large = bytes.error().code == Code::too_large;
  self.contents.reset();  // what it says next may belong to this question
  self.partial.push_back({blob.path, large ? Why::too_large : Why::unreadable, bytes.error().message});
  return bytes;
}

const std::vector<Partial>& Repository::partial() const {
  return impl_->partial;
}

}  // namespace ostiary::files
