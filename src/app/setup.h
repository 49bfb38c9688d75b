#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/impl/setup_changes.h"
#include "base/result.h"

namespace ostiary::app {

// What `ostiary setup CLIENT` was asked for.
struct SetupRequest {
  std::string gate = "http://127.0.0.1:8484";  // without /v1
  std::string key;                             // of the gate; empty: not known
  bool key_is_exported = false;  // `key` stands in OSTIARY_KEY already, so a reference to it is enough
  bool keep_login = false;       // claude-code: the tool's own login goes on to the service
  std::string model;
  std::string file;   // openai, codex: the shell profile; empty: ~/.profile
  std::string home;   // whose configuration it is
  std::string own;    // the tool's own folder, where its variable names another than the usual one
  std::string state;  // folder of the records that undoing needs

  // Turns `gate` into its plain form, and refuses values that could break out of the files they go into.
  Result<> check();
  std::string api() const { return gate + "/v1"; }
};

// A file that a client reads, and what has to change in it.
struct SetupTarget {
  std::string file;  // absolute
  // The changes for a text of the file that holds nothing of ours.
  Result<std::vector<SetupChange>> (*changes)(std::string_view base, const SetupRequest& request);
};

// What a person must know beside the files.
struct SetupAdvice {
  std::vector<std::string> by_hand;         // steps that no file can take
  std::vector<std::string> not_redirected;  // traffic of the tool that does not come to the gate
  std::vector<std::string> notes;
};

// One client: facts about its files and keys (setup_clients.cc).
struct SetupClient {
  std::string_view name, what;
  const char* folder_variable;  // with which the tool finds its folder; empty: it has none
  Result<std::vector<SetupTarget>> (*targets)(const SetupRequest& request);
  SetupAdvice (*advice)(const SetupRequest& request);
};
std::span<const SetupClient> setup_clients();
const SetupClient* find_setup_client(std::string_view name);

// One file that becomes another. No text: no file.
struct SetupEdit {
  std::string file;  // absolute, links resolved
  std::optional<std::string> before, after;
  unsigned mode = 0600;
};

// How a file was before us and what we put into it: enough to take it back.
struct SetupRecord {
  struct File {
    std::string file;
    std::optional<std::string> before;
    unsigned mode = 0600;  // of `before`
    std::string after;     // SHA-256 in hex of what we left
    std::vector<SetupChange> changes;
  };
  std::vector<File> files;
};

struct SetupPlan {
  std::string client;
  std::vector<SetupEdit> edits;  // only files that change
  SetupRecord record;            // that stands once the plan is carried out; no files: none
  bool undo = false;
  SetupAdvice advice;
};

// Reads the files and says what would change; writes nothing. Errors are `invalid` where a file cannot be
// changed safely (comments in JSON, a value of the wrong type, a link out of the home folder): the message
// says what to do by hand, with the key masked.
Result<SetupPlan> plan_setup(const SetupClient& client, const SetupRequest& request);
// The same for taking it back: byte for byte where a file is as we left it, otherwise only what is ours.
// `not_found` where nothing was set up, `invalid` where it cannot be told what is ours.
Result<SetupPlan> plan_undo(const SetupClient& client, const SetupRequest& request);
// Carries a plan out, each file whole or not at all. Nothing is written where a file is not any more what the
// plan was made from.
Result<> carry_out(const SetupPlan& plan, const SetupRequest& request);

// The change of a file as a unified diff with two lines of context. The key, and whatever looks like a
// credential of somebody else, is masked.
std::string setup_diff(const SetupEdit& edit, const SetupRequest& request);

// The record of a client; no files where there is none. `newer` where another version wrote it.
Result<SetupRecord> read_setup_record(const std::string& state, std::string_view client);
Result<> write_setup_record(const std::string& state, std::string_view client, const SetupRecord& record);

}  // namespace ostiary::app
