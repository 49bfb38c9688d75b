// Checkpoints as commits on a branch of a local git repository, made with git's plumbing: no working tree,
// index or other branch is touched, and no hook runs.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <limits>

#include "app/impl/run_program.h"
#include "app/impl/terminal.h"
#include "app/impl/witness_kinds.h"
#include "base/text.h"

namespace ostiary::app {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "checkpoint";  // in the tree of each commit

// What git gets of the environment: nothing that points it to another repository, and none of our secrets.
std::vector<std::string> environment_for(const fs::path& folder) {
  std::vector<std::string> out = {"GIT_TERMINAL_PROMPT=0",
                                  "GIT_CEILING_DIRECTORIES=" + folder.parent_path().string(),
                                  "GIT_AUTHOR_NAME=Ostiary",
                                  "GIT_AUTHOR_EMAIL=ledger@ostiary.invalid",
                                  "GIT_COMMITTER_NAME=Ostiary",
                                  "GIT_COMMITTER_EMAIL=ledger@ostiary.invalid",
                                  "LC_ALL=C"};
  for (const auto* name : {"PATH", "HOME", "USER", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GIT_SSH",
                           "GIT_SSH_COMMAND", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY",
                           "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"})
    if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
  return out;
}

class Repository {
 public:
  Repository(const std::string& folder, const std::atomic<MonoNs>& until)
      : folder_(fs::weakly_canonical(folder)), environment_(environment_for(folder_)), until_(until) {}

  Result<Ran> run(std::vector<std::string> arguments, std::string_view input = {}) const {
    arguments.insert(arguments.begin(), {"git", "-C", folder_.string(), "-c", "core.hooksPath=/dev/null"});
    return run_program(arguments, environment_, input, until_);
  }
  // Its output without the last newline; an Error with what git says where it fails.
  Result<std::string> ask(const std::vector<std::string>& arguments, std::string_view input = {}) const {
    TRY(auto ran, run(arguments, input));
    if (ran.code != 0)
      return fail(Code::io, fmt::format("git {}: {}", arguments[0], printable(first_line(ran.err))),
                  folder_.string());
    if (ran.out.ends_with('\n')) ran.out.pop_back();
    return std::move(ran.out);
  }

 private:
  // Of what git says: without the user and password that a URL may hold.
  static std::string first_line(std::string_view text) {
    text = text::trim(text);
    if (text.empty()) return "failed";
    std::string line(text.substr(0, text.find('\n')));
    for (auto at = line.find("://"); at != line.npos; at = line.find("://", at + 3)) {
      const auto end = line.find_first_of("/ '\"", at + 3);
      const auto sign = line.rfind('@', end == line.npos ? end : end - 1);
      if (sign != line.npos && sign > at) line.erase(at + 3, sign - at - 2);
    }
    return line;
  }

  fs::path folder_;
  std::vector<std::string> environment_;
  const std::atomic<MonoNs>& until_;
};

// The commit that the branch is at; empty: it has none.
Result<std::string> head_of(const Repository& repository, const std::string& ref) {
  TRY_VOID(repository.ask({"rev-parse", "--git-dir"}));
  TRY(auto ran, repository.run({"rev-parse", "--verify", "--quiet", ref + "^{commit}"}));
  return ran.code == 0 ? std::string(text::trim(ran.out)) : std::string();
}

Result<> commit(const Repository& repository, const std::string& ref, std::string_view note) {
  TRY(const auto head, head_of(repository, ref));
  if (!head.empty()) {
    TRY(const auto has, repository.run({"cat-file", "blob", fmt::format("{}:{}", head, kFile)}));
    if (has.code == 0 && has.out == note) return {};
  }
  TRY(const auto blob, repository.ask({"hash-object", "-w", "--stdin"}, note));
  TRY(const auto tree, repository.ask({"mktree"}, fmt::format("100644 blob {}\t{}\n", blob, kFile)));
  const auto lines = text::split(note, '\n');
  const auto message = fmt::format("{} records of {}\n", lines.size() > 1 ? lines[1] : "", lines[0]);
  std::vector<std::string> arguments = {"commit-tree", tree};
  if (!head.empty()) arguments.insert(arguments.end(), {"-p", head});
  TRY(const auto made, repository.ask(arguments, message));
  TRY_VOID(repository.ask({"update-ref", ref, made, head}));  // only where the branch is still there
  return {};
}

}  // namespace

Result<> give_to_git(const WitnessSettings& witness, std::string_view note,
                     const std::atomic<MonoNs>& until) {
  const Repository repository(witness.target, until);
  const auto ref = "refs/heads/" + witness.branch;
  TRY_VOID(commit(repository, ref, note));
  if (witness.remote.empty()) return {};
  TRY_VOID(repository.ask({"push", "--quiet", "--", witness.remote, ref}));
  return {};
}

Result<std::vector<std::string>> notes_in_git(const std::string& folder, const std::string& branch) {
  const std::atomic<MonoNs> never = std::numeric_limits<MonoNs>::max();
  const Repository repository(folder, never);
  const auto ref = "refs/heads/" + (branch.empty() ? std::string(kWitnessBranch) : branch);
  TRY(const auto head, head_of(repository, ref));
  if (head.empty())
    return fail(Code::invalid, fmt::format("the repository has no branch {}", ref.substr(11)), folder);
  TRY(const auto commits, repository.ask({"rev-list", "--reverse", "--first-parent", head}));
  std::string wanted;
  for (const auto commit : text::split(commits, '\n')) wanted += fmt::format("{}:{}\n", commit, kFile);
  TRY(const auto blobs, repository.ask({"cat-file", "--batch=%(objecttype) %(objectsize)"}, wanted));
  // Each: "blob SIZE\n" and the content with a newline, or a line that ends in " missing".
  std::vector<std::string> notes;
  for (std::string_view rest = blobs; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.starts_with("blob ")) continue;
    const auto size = text::parse_uint(line.substr(5));
    if (!size || *size > rest.size())
      return fail(Code::io, "git cat-file gave something else than asked for", folder);
    notes.emplace_back(rest.substr(0, *size));
    rest.remove_prefix(std::min<std::size_t>(rest.size(), *size + 1));
  }
  if (notes.empty()) return fail(Code::invalid, "no commit of the branch holds a checkpoint", folder);
  return notes;
}

}  // namespace ostiary::app
