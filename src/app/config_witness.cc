// Configuration of the ledger's witnesses.

#include <algorithm>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"
#include "net/http.h"

namespace ostiary::app::config {

namespace {

using yaml::Kind;
using yaml::Node;
using Witness = WitnessSettings;

constexpr std::uint64_t kSecond = 1000, kDay = 24 * 3600 * kSecond;
constexpr std::string_view kForm = "must be a list of {file: PATH}, {git: FOLDER} and {webhook: URL}";

// The name of a git branch or remote, without what git or a shell could take for something else.
struct GitName {
  static std::string describe() { return "letters, digits and . _ / -, beginning with a letter or digit"; }
  static Result<> read(const Node& node, std::string& out) {
    TRY(const auto given, single(node, describe()));
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    const bool good = !given.empty() && given.size() <= 200 && plain(given.front()) && plain(given.back()) &&
                      given.find("..") == given.npos && given.find("//") == given.npos &&
                      std::ranges::all_of(given, [&](char c) {
                        return plain(c) || c == '.' || c == '_' || c == '/' || c == '-';
                      });
    if (!good) return fail(Code::invalid, "must be " + describe());
    out = given;
    return {};
  }
};

// Its path may be a secret: errors do not repeat it.
Result<> read_webhook(const Node& node, std::string& out) {
  TRY_VOID(Text::read(node, out));
  if (!net::parse_url(out))
    return fail(Code::invalid, "must be an http or https URL without user, query and fragment");
  return {};
}

// One member of a witness; false where it has no such member.
Result<bool> read_member(const yaml::Member& member, Witness& witness, int& targets) {
  const auto target = [&](Witness::Kind kind) {
    witness.kind = kind;
    ++targets;
  };
  Result<> done;
  if (member.name == "file") {
    target(Witness::Kind::file);
    done = Path::read(member.value, witness.target);
  } else if (member.name == "git") {
    target(Witness::Kind::git);
    done = Path::read(member.value, witness.target);
  } else if (member.name == "webhook") {
    target(Witness::Kind::webhook);
    done = read_webhook(member.value, witness.target);
  } else if (member.name == "branch") {
    done = GitName::read(member.value, witness.branch);
  } else if (member.name == "push") {
    done = GitName::read(member.value, witness.remote);
  } else if (member.name == "ca_file") {
    done = Path::read(member.value, witness.ca_file);
  } else if (member.name == "every") {
    done = Duration<kSecond, kDay>::read(member.value, witness.every_ms);
  } else {
    return false;
  }
  if (!done) return fail(done.error().code, "'" + member.name + "' " + done.error().message);
  return true;
}

Result<Witness> read_witness(const Node& item, std::string_view file) {
  const auto place = yaml::place(file, item);
  if (item.kind != Kind::mapping) return fail(Code::invalid, "'ledger.witness' " + std::string(kForm), place);
  Witness witness;
  int targets = 0;
  for (const auto& member : item.members) {
    const auto known = read_member(member, witness, targets);
    if (!known) return fail(Code::invalid, known.error().message, yaml::place(file, member.value));
    if (!*known)
      return unknown_name(file, member, {"file", "git", "webhook", "branch", "push", "ca_file", "every"});
  }
  if (targets != 1 || witness.target.empty())
    return fail(Code::invalid, "a witness needs exactly one of file, git and webhook", place);
  const bool git = witness.kind == Witness::Kind::git;
  if (!git && (item.find("branch") || item.find("push")))
    return fail(Code::invalid, "'branch' and 'push' go with git alone", place);
  if (witness.kind != Witness::Kind::webhook && item.find("ca_file"))
    return fail(Code::invalid, "'ca_file' goes with webhook alone", place);
  return witness;
}

Result<> read_witnesses(Config& config, const Node& node, std::string_view file) {
  if (node.kind != Kind::sequence) return fail(Code::invalid, std::string(kForm));
  config.witnesses.clear();
  for (const auto& item : node.items) {
    TRY(auto witness, read_witness(item, file));
    for (const auto& other : config.witnesses)
      if (other.kind == witness.kind && other.target == witness.target && other.branch == witness.branch)
        return fail(Code::invalid, "a witness is named twice", yaml::place(file, item));
    config.witnesses.push_back(std::move(witness));
  }
  return {};
}

}  // namespace

std::vector<Row<Config>> witness_rows() {
  return {Row<Config>{"ledger.witness", "a list of {file: PATH}, {git: FOLDER} and {webhook: URL}", "[]",
                      "Where checkpoints are kept too, so that nobody can set the ledger back unseen. file: "
                      "the newest, and all in "
                      "PATH.log. git: a commit each on branch (ostiary-ledger), pushed to the remote that "
                      "push names. webhook: "
                      "posted as a signed note; ca_file names authorities to trust. every (1m): how often.",
                      read_witnesses}};
}

}  // namespace ostiary::app::config
