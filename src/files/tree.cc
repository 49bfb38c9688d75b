#include "files/tree.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <set>
#include <sys/stat.h>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "files/impl/ignore_stack.h"

namespace ostiary::files {

namespace {

struct Name {
  std::string text;
  bool folder = false;
  std::uint64_t size = 0;

  // The order of whole paths: a folder's name goes on with '/'.
  bool operator<(const Name& other) const {
    const auto common = std::min(text.size(), other.text.size());
    if (const int order = std::memcmp(text.data(), other.text.data(), common); order != 0) return order < 0;
    return next_byte(common) < other.next_byte(common);
  }
  int next_byte(std::size_t at) const {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : folder ? '/' : -1;
  }
};

struct Folder {
  Fd fd;
  std::string path;  // below what was named: "" or "a/b/"
  std::vector<Name> names;
  std::size_t at = 0;
};

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

Why why_of(const Error& error) {
  return error.code == Code::too_large ? Why::too_large : Why::unreadable;
}

}  // namespace

struct Tree::Impl {
  std::vector<std::string> names;
  TreeOptions options;
  std::size_t root = 0;  // the next of the names
  std::vector<Folder> folders;
  IgnoreStack rules;
  std::string prefix;  // what stands before `path` for the rules
  TreeFile file;
  std::string leaf;    // of `file`, in the folder opened last
  bool named = false;  // `file` was named itself
  std::uint64_t entries = 0;
  bool crowded = false;  // over the limit of entries
  bool image = false;    // the folder entered last is an image, which is to be given
  bool full = false;     // over the limit of bytes
  TreeSummary summary;
  std::vector<Partial> partial;

  std::string shown_of(std::string_view path) const;
  void report(const std::string& path, Why why, std::string text) {
    partial.push_back({path, why, std::move(text)});
  }
  bool start_next_root();
  void enter(Fd fd, const std::string& path);
  std::vector<Name> names_in(const Folder& folder);
  bool wanted(const Folder& folder, Name& name, std::uint8_t type);
  bool give(std::string path, std::uint64_t size);
  static bool is_layout(const Folder& folder);
  bool step();
};

std::string Tree::Impl::shown_of(std::string_view path) const {
  std::string_view base = names[root - 1];
  while (base.starts_with("./") && base.size() > 2) base.remove_prefix(2);
  if (base == "." || base == "./") return path.empty() ? "." : std::string(path);
  if (path.empty()) return std::string(base);
  return fmt::format("{}{}{}", base, base.ends_with('/') ? "" : "/", path);
}

bool Tree::Impl::give(std::string path, std::uint64_t size) {
  auto shown = named ? shown_of("") : shown_of(path);
  if (size > options.limits.file_bytes) {
    report(shown, Why::too_large,
           fmt::format("the file is over {}", text::format_bytes(options.limits.file_bytes)));
    return false;
  }
  if (summary.bytes + size > options.limits.total_bytes) {
    full = true;
    report(shown, Why::too_large,
           fmt::format("this file and those behind it are not read: the files before it have {}",
                       text::format_bytes(summary.bytes)));
    return false;
  }
  ++summary.files;
  summary.bytes += size;
  file = {.root = root - 1, .path = std::move(path), .shown = std::move(shown), .size = size};
  return true;
}

// Whether the entry is a file or folder to be read. What it is comes from the system, not from `type` alone,
// which some file systems leave out.
bool Tree::Impl::wanted(const Folder& folder, Name& name, std::uint8_t type) {
  if (options.ignore_rules && name.text == ".git") return false;
  if (type == DT_LNK) return ++summary.links, false;
  struct stat info{};
  const auto path = folder.path + name.text;
  if (::fstatat(folder.fd.get(), name.text.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    report(shown_of(path), Why::unreadable, fail_errno("look at it", "", errno).error().message);
    return false;
  }
  name.folder = S_ISDIR(info.st_mode);
  if (options.ignore_rules && rules.ignored(prefix + path, name.folder)) return ++summary.ignored, false;
  if (S_ISLNK(info.st_mode)) return ++summary.links, false;
  if (!name.folder && !S_ISREG(info.st_mode)) return ++summary.special, false;
  name.size = static_cast<std::uint64_t>(info.st_size);
  return true;
}

std::vector<Name> Tree::Impl::names_in(const Folder& folder) {
  std::vector<Name> found;
  const auto shown =
      shown_of(std::string_view(folder.path).substr(0, std::max<std::size_t>(folder.path.size(), 1) - 1));
  const int copy = ::fcntl(folder.fd.get(), F_DUPFD_CLOEXEC, 0);
  const std::unique_ptr<DIR, CloseFolder> listing(copy < 0 ? nullptr : ::fdopendir(copy));
  if (!listing) {
    report(shown, Why::unreadable, fail_errno("list the folder", "", errno).error().message);
    if (copy >= 0) ::close(copy);
    return found;
  }
  for (;;) {
    errno = 0;
    const auto* entry = ::readdir(listing.get());
    if (!entry) break;
    const std::string_view text = entry->d_name;
    if (text == "." || text == "..") continue;
    if (entries == options.limits.entries) {
      if (std::exchange(crowded, true)) break;
      report(shown, Why::too_many,
             fmt::format("the tree has more than {} entries; the others are not read", entries));
      break;
    }
    ++entries;
    Name name{.text = std::string(text)};
    if (wanted(folder, name, entry->d_type)) found.push_back(std::move(name));
  }
  if (errno != 0)
    report(shown, Why::unreadable, fail_errno("list the whole folder", "", errno).error().message);
  std::ranges::sort(found, std::less<>());
  return found;
}

void Tree::Impl::enter(Fd fd, const std::string& path) {
  folders.push_back({.fd = std::move(fd), .path = path.empty() ? "" : path + "/", .names = {}});
  auto& folder = folders.back();
  if (options.ignore_rules) {
    const auto place = prefix + folder.path;
    rules.enter(folder.fd.get(), std::string_view(place).substr(0, place.empty() ? 0 : place.size() - 1),
                shown_of(path), partial);
  }
  folder.names = names_in(folder);
  if (!options.image_folders || !is_layout(folder)) return;
  // What is below is the image's; it is given once, and has nothing to be walked.
  folder.names.clear();
  named = false;
  ++summary.files;
  file = {.root = root - 1, .path = path, .shown = shown_of(path), .size = 0, .image = true};
  image = true;
}

bool Tree::Impl::is_layout(const Folder& folder) {
  const auto has = [&](std::string_view name, bool is_folder) {
    return std::ranges::any_of(folder.names,
                               [&](const Name& n) { return n.text == name && n.folder == is_folder; });
  };
  return has("oci-layout", false) && has("index.json", false) && has("blobs", true);
}

// True when a file was named and is to be given.
bool Tree::Impl::start_next_root() {
  const auto& name = names[root++];
  struct stat info{};
  if (::stat(name.c_str(), &info) != 0) {
    report(name, Why::unreadable, fail_errno("look at it", "", errno).error().message);
    return false;
  }
  named = !S_ISDIR(info.st_mode);
  if (named) {
    const auto slash = name.rfind('/');
    return give(slash == std::string::npos ? name : name.substr(slash + 1),
                S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0);
  }
  Fd fd(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    report(shown_of(""), Why::unreadable, fail_errno("open the folder", "", errno).error().message);
    return false;
  }
  if (options.ignore_rules) rules.start(name, prefix, partial);
  enter(std::move(fd), "");
  return std::exchange(image, false);
}

// One step of the walk; true when `file` is to be given.
bool Tree::Impl::step() {
  if (folders.empty()) return start_next_root();
  auto& folder = folders.back();
  if (folder.at == folder.names.size()) {
    folders.pop_back();
    if (options.ignore_rules) rules.leave();
    return false;
  }
  const auto& name = folder.names[folder.at++];
  auto path = folder.path + name.text;
  if (!name.folder) {
    leaf = name.text;
    return give(std::move(path), name.size);
  }
  if (folders.size() > options.limits.depth) {
    report(shown_of(path), Why::too_deep,
           fmt::format("the folder is more than {} deep", options.limits.depth));
    return false;
  }
  Fd fd(::openat(folder.fd.get(), name.text.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd) {
    enter(std::move(fd), path);
  } else {
    report(shown_of(path), Why::unreadable, fail_errno("open the folder", "", errno).error().message);
  }
  return std::exchange(image, false);
}

Tree::Tree(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tree::Tree(Tree&&) noexcept = default;
Tree& Tree::operator=(Tree&&) noexcept = default;
Tree::~Tree() = default;

Result<Tree> Tree::open(std::vector<std::string> names, const TreeOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->names = names.empty() ? std::vector<std::string>{"."} : std::move(names);
  impl->options = options;
  for (const auto& name : impl->names) {
    struct stat info{};
    if (::stat(name.c_str(), &info) == 0) continue;
    if (errno == ENOENT || errno == ENOTDIR)
      return fail(Code::not_found, "there is no such file or folder", name);
    return fail_errno("look at it", name, errno);
  }
  return Tree(std::move(impl));
}

const TreeFile* Tree::next() {
  auto& walk = *impl_;
  while (!walk.full) {
    if (walk.folders.empty() && walk.root == walk.names.size()) return nullptr;
    if (walk.step()) return &walk.file;
  }
  return nullptr;
}

Result<Content> Tree::read() {
  auto& walk = *impl_;
  const auto& shown = walk.file.shown;
  const auto read_it = [&]() -> Result<Content> {
    const Fd fd(walk.named ? ::open(walk.names[walk.file.root].c_str(), O_RDONLY | O_CLOEXEC)
                           : ::openat(walk.folders.back().fd.get(), walk.leaf.c_str(),
                                      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (!fd) return fail_errno("open the file", shown, errno);
    struct stat info{};
    if (!walk.named && (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)))
      return fail(Code::io, "it is no longer a regular file", shown);
    return Content::read(fd.get(), walk.options.limits.file_bytes, shown);
  };
  auto content = read_it();
  if (!content) walk.report(shown, why_of(content.error()), content.error().message);
  return content;
}

const Fd& Tree::folder() const {
  return impl_->folders.back().fd;
}

void Tree::changed(const std::string& shown) {
  impl_->report(shown, Why::unreadable, "it changed while it was read");
}

const TreeSummary& Tree::summary() const {
  return impl_->summary;
}

const std::vector<Partial>& Tree::partial() const {
  return impl_->partial;
}

}  // namespace ostiary::files
