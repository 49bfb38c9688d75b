#include "files/impl/git_child.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"

namespace ostiary::files {

namespace {

// What a hook hands down: where the repository is, and objects that are not in it yet.
constexpr std::array<std::string_view, 7> kOfHooks = {"GIT_DIR",
                                                      "GIT_WORK_TREE",
                                                      "GIT_INDEX_FILE",
                                                      "GIT_COMMON_DIR",
                                                      "GIT_OBJECT_DIRECTORY",
                                                      "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                                      "GIT_QUARANTINE_PATH"};

// Each setting that makes git run a program or trust a file which the repository could have forged, and one
// that would hide the first commit's lines.
constexpr std::array<std::string_view, 15> kSettings = {
    "core.fsmonitor=false",   "core.hooksPath=/dev/null",
    "core.sshCommand=false",  "core.gitProxy=",
    "core.askPass=",          "core.pager=cat",
    "core.attributesFile=",   "core.alternateRefsCommand=false",
    "core.commitGraph=false", "core.useReplaceRefs=false",
    "credential.helper=",     "log.showSignature=false",
    "log.showRoot=true",      "submodule.recurse=false",
    "protocol.allow=never"};

constexpr std::array<std::string_view, 9> kVariables = {
    "LC_ALL=C",
    "GIT_OPTIONAL_LOCKS=0",
    "GIT_TERMINAL_PROMPT=0",
    "GIT_NO_LAZY_FETCH=1",      // of a partial clone's missing objects (git 2.39.4 and later)
    "GIT_ALLOW_PROTOCOL=none",  // the same for an older git: no transport may be used
    "GIT_NO_REPLACE_OBJECTS=1",
    "GIT_GRAFT_FILE=/dev/null",
    "GIT_ATTR_NOSYSTEM=1",
    "GIT_PAGER=cat"};

bool handed_on(std::string_view variable, bool from_hook) {
  const auto name = variable.substr(0, variable.find('='));
  if (name.starts_with("LC_") || name == "LANGUAGE" || name == "SSH_ASKPASS") return false;
  if (!name.starts_with("GIT_")) return true;
  if (name.starts_with("GIT_CONFIG")) return true;  // the caller's own, as safe.directory in a CI job
  return from_hook && std::ranges::find(kOfHooks, name) != kOfHooks.end();
}

std::string first_line(std::string_view said) {
  auto line = said.substr(0, said.find('\n'));
  for (const std::string_view opening : {"fatal: ", "error: "})
    if (line.starts_with(opening)) line.remove_prefix(opening.size());
  return std::string(line);
}

}  // namespace

GitCaller::GitCaller(std::string path, int silence_ms) : path_(std::move(path)), silence_ms_(silence_ms) {
  for (char** variable = environ; variable && *variable; ++variable)
    if (handed_on(*variable, path_.empty())) environment_.emplace_back(*variable);
  environment_.insert(environment_.end(), kVariables.begin(), kVariables.end());
}

std::vector<std::string> GitCaller::command(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {"git", "--no-optional-locks", "--no-replace-objects", "--no-pager",
                                  "--literal-pathspecs"};
  if (!path_.empty()) all.insert(all.end(), {"-C", path_});
  for (const auto setting : kSettings) all.insert(all.end(), {"-c", std::string(setting)});
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

Result<Child> GitCaller::start(const std::vector<std::string>& arguments, Child::Input input) const {
  auto child = Child::start(command(arguments), environment_, input, silence_ms_);
  if (!child && child.error().code == Code::not_found)
    child.error().message += "; install it (apt-get install git) or leave out what needs it";
  return child;
}

Result<Child> GitCaller::start_behind(Child& previous, const std::vector<std::string>& arguments) const {
  return Child::start_behind(previous, command(arguments), environment_, silence_ms_);
}

Error GitCaller::error_of(std::string_view said) const {
  const std::string where = path_.empty() ? "." : path_;
  const auto has = [&](std::string_view words) { return said.contains(words); };
  if (has("not a git repository"))
    return {Code::not_found, fmt::format("not a git repository: {}; name a folder that is in one", where),
            ""};
  if (has("cannot change to")) return {Code::not_found, "there is no such folder", where};
  if (has("dubious ownership"))
    return {Code::denied,
            "the repository belongs to another user; where you trust it: git config --global --add "
            "safe.directory "
            "FOLDER, with the folder's absolute path",
            where};
  if (has("Needed a single revision"))
    return {Code::not_found, "there is no such revision; 'git log --all' shows those there are", where};
  if (has("unknown revision") || has("bad revision") || has("Not a valid object name") || has("bad object"))
    return {Code::not_found, fmt::format("{}; 'git log --all' shows those there are", first_line(said)),
            where};
  return {Code::io, fmt::format("git failed: {}", first_line(said)), where};
}

Result<> GitCaller::finish(Child& child) const {
  if (child.wait() == 0) return {};
  return std::unexpected(error_of(child.errors()));
}

Result<std::string> GitCaller::output(const std::vector<std::string>& arguments, std::size_t limit) const {
  TRY(auto child, start(arguments));
  std::string out;
  for (;;) {
    TRY(const bool ended, child.at_end());
    if (ended) break;
    out += child.buffered();
    if (out.size() > limit)
      return fail(Code::too_large, fmt::format("git's answer is over {} bytes", limit), path_);
  }
  TRY_VOID(finish(child));
  return out;
}

}  // namespace ostiary::files
