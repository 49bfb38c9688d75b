#include "app/learn_own_code.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>

#include "app/impl/terminal.h"
#include "files/tree.h"
#include "inspect/own_code.h"
#include "lex/language.h"

namespace ostiary::app {

namespace {

constexpr std::uint64_t kMostOfFile = 4u << 20;  // larger ones are generated

// A repository is called as its folder is.
std::string name_of(const std::string& path) {
  std::error_code ignored;
  auto absolute = std::filesystem::weakly_canonical(path, ignored);
  if (absolute.empty()) absolute = path;
  return absolute.has_filename() ? absolute.filename().string() : absolute.parent_path().filename().string();
}

// Code of others that lies within.
bool is_foreign(std::string_view path) {
  constexpr std::array folders =
      std::to_array<std::string_view>({"bower_components", "external", "node_modules", "site-packages",
                                       "third_party", "thirdparty", "vendor"});
  while (path.contains('/')) {
    const auto folder = path.substr(0, path.find('/'));
    if (std::ranges::find(folders, folder) != folders.end()) return true;
    path.remove_prefix(folder.size() + 1);
  }
  return false;
}

}  // namespace

Result<int> learn_own_code(const InspectOptions& options) {
  if (options.paths.empty() || options.paths.front() == "-")
    return fail(Code::invalid, "--learn takes the folders of your repositories");
  TRY(auto writer, inspect::OwnCodeWriter::open(options.own_code));
  std::uint64_t files = 0, not_read = 0;
  Progress progress("learned", options.common);
  for (const auto& path : options.paths) {
    files::TreeOptions how;
    how.ignore_rules = !options.no_ignore;
    TRY(auto tree, files::Tree::open({path}, how));
    writer.begin(name_of(path));
    while (const auto* file = tree.next()) {
      progress.show(++files, 0);
      const std::string name = file->path;
      if (file->size > kMostOfFile || is_foreign(name)) continue;
      const auto content = tree.read();
      if (!content || content->encoding() == files::Encoding::binary) continue;
      if (lex::language_of(name, content->bytes())) writer.learn(name, content->bytes());
      if (content->changed()) tree.changed(name);
    }
    not_read += tree.partial().size();
  }
  TRY(const auto summary, writer.finish());
  hint(options.common,
       fmt::format("{} files known by {} fingerprints in {}: {} learned, {} as before, {} gone{}",
                   grouped(summary.files), grouped(summary.fingerprints), options.own_code,
                   grouped(summary.learned), grouped(summary.kept), grouped(summary.dropped),
                   not_read > 0 ? fmt::format("; {} not read", grouped(not_read)) : ""));
  return not_read > 0 ? 1 : 0;
}

}  // namespace ostiary::app
