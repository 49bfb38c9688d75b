#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::app {

enum class Format : std::uint8_t { text, json, sarif, csv };

// What every verb takes.
struct CommonOptions {
  Format format = Format::text;
  std::string output;                   // -o FILE; empty: stdout
  bool quiet = false;                   // no hints, headings and progress
  std::string data = "./ostiary-data";  // flag > OSTIARY_DATA > default
};

struct InspectOptions {
  CommonOptions common;
  std::vector<std::string> paths;  // files and folders; "-" and none: stdin
  bool redact = false;             // write the text with what was found masked
  std::string fail_on;             // low, medium, high; empty: never, with `staged` medium
  std::string least = "medium";    // confidence of what is shown
  std::string baseline;            // file of known findings
  bool write_baseline = false;     // make it instead
  bool staged = false;
  bool history = false;
  std::vector<std::string> revisions;  // of the history
  bool no_ignore = false;
  bool reveal = false;  // values in full, on a terminal
  std::string rules;    // folder of the organisation's own; empty: none
  bool explain = false;
  std::string false_alarm;               // fingerprint that is marked
  bool false_alarms = false;             // list what was marked
  std::string accept, reject;            // fingerprint that a reviewer decides on
  std::string because;                   // why it is marked or decided so
  std::string until;                     // accept: last day, YYYY-MM-DD
  std::string gate;                      // of the four; empty: the data folder
  bool accepted = false;                 // what the gate's reviewers accepted is no finding
  std::string own_code;                  // file of fingerprints; empty: none
  bool learn = false;                    // writes it instead
  bool as_body = false;                  // each text is a request's body in JSON
  std::uint64_t max_bytes = 4ULL << 30;  // of one file; larger ones are told of and not read
  std::vector<std::string> given;        // names of the flags of the call; "paths"
};

struct ScanOptions {
  CommonOptions common;
  std::vector<std::string> paths;  // files and folders; none: the current folder
  std::string revision;            // of the git repository that the one path is in; empty: the files
  std::string new_since;           // a revision: only what it did not have
  std::string fail_on;             // a grade, or "denied"; empty: never
  std::string least = "declared";  // grade of what is shown
  std::string baseline;            // file of known components
  bool write_baseline = false;     // make it instead
  bool no_ignore = false;
  bool no_history = false;   // not which tools had a part in commits
  bool evidence = false;     // every place, not the first only
  bool portability = false;  // what ties the code to one provider instead
  std::string policy;        // document that decides; empty: the one in force last, or the built-in
  std::uint64_t max_bytes = 2ULL << 30;  // of one file
  unsigned threads = 0;                  // 0: one for each processor
  std::vector<std::string> logs;         // read these, and no code
  std::string log_format;                // empty: told by each log's first lines
  std::string columns;                   // "client=3,host=Domain"; empty: guessed
};

struct ServeOptions {
  std::string config;               // -c FILE; empty: none
  std::vector<std::string> listen;  // flags; empty: not given
  std::string data;                 // flag; empty: not given (the configuration or OSTIARY_DATA decides)
  bool allow_remote = false;
  bool print_config = false;
  std::string wait_for_lock;  // duration; empty: as long as a restart takes where sockets are handed over
  std::uint32_t most_connections = ~0u;  // that descriptors allow
  Format format = Format::text;
  bool quiet = false;
};

struct KeyOptions {
  CommonOptions common;
  std::string team, user;           // create
  std::vector<std::string> scopes;  // create; none: use
  std::string expires;              // create: a duration; empty: never
  std::string id;                   // revoke
  bool only = false;                // revoke: the others of its line stay
};

struct InviteOptions {
  CommonOptions common;
  std::string team;
  std::uint32_t uses = 1;
  std::string expires = "7d";
};

struct RequestOptions {
  CommonOptions common;
  std::string gate = "http://127.0.0.1:8484";
  std::string invitation, user;  // none: for the key in OSTIARY_KEY
  std::string grace;             // that this one is still good, a duration; empty: the gate says
};

struct MeOptions {
  CommonOptions common;
  std::string gate = "http://127.0.0.1:8484";
  std::string what;  // exchanges, kept, budget; empty: who the key is
};

struct VerifyVerbOptions {
  CommonOptions common;
  std::string checkpoint;  // file kept elsewhere
  std::string key;         // C2SP verifier key, or a file that holds one
  std::string witness;     // a file or git repository with checkpoints
  std::string branch;      // of that repository
};

struct TailOptions {
  CommonOptions common;
  std::string lines = "10";  // 1 to a million
  bool follow = false;
};

struct EraseOptions {
  CommonOptions common;
  std::string subject, user, exchange;  // one of them
};

struct HoldOptions {
  CommonOptions common;
  std::string subject, team, from, to, reason;  // add
  std::string id;                               // release
};

struct RetainOptions {
  CommonOptions common;
  std::string older_than;  // a duration; empty: what the gate is configured to
  bool now = false;        // otherwise it is only shown what would go
  bool dry_run = false;    // says so
};

struct DoctorOptions {
  CommonOptions common;
  std::string config;    // -c FILE; empty: none
  bool connect = false;  // to every service
};

struct ProjectOptions {
  CommonOptions common;
  bool rebuild = false;  // from the beginning, not from where it stands
};

struct SetupOptions {
  CommonOptions common;
  std::string client;            // which tool
  std::string gate, key, model;  // empty: the default, OSTIARY_KEY, none
  std::string file;              // openai, codex: the shell profile
  std::string home;              // empty: $HOME
  bool keep_login = false;       // claude-code
  bool undo = false, yes = false, dry_run = false;
};

// Each runs a verb and returns its exit code (0, or 1 where a check failed); an Error becomes 2 or 3
// (exit_code).
Result<int> run_serve(const ServeOptions& options);
Result<int> run_version(const CommonOptions& options);
Result<int> run_inspect(const InspectOptions& options);
Result<int> run_scan(const ScanOptions& options);
Result<int> run_scan_logs(const ScanOptions& options);  // where `logs` are given
Result<int> run_doctor(const DoctorOptions& options);
Result<int> run_key_create(const KeyOptions& options);
Result<int> run_key_list(const KeyOptions& options);
Result<int> run_key_revoke(const KeyOptions& options);
Result<int> run_key_request(const RequestOptions& options);
Result<int> run_team_invite(const InviteOptions& options);
Result<int> run_me(const MeOptions& options);
Result<int> run_ledger_verify(const VerifyVerbOptions& options);
Result<int> run_ledger_tail(const TailOptions& options);
Result<int> run_ledger_erase(const EraseOptions& options);
Result<int> run_hold_add(const HoldOptions& options);
Result<int> run_hold_list(const HoldOptions& options);
Result<int> run_hold_release(const HoldOptions& options);
Result<int> run_ledger_retain(const RetainOptions& options);
Result<int> run_ledger_rotate(const CommonOptions& options);
Result<int> run_ledger_project(const ProjectOptions& options);
Result<int> run_setup(const SetupOptions& options);
Result<int> run_completion(const std::string& shell, const CommonOptions& options);
Result<int> run_docs(std::string_view page, const CommonOptions& options);

// 2 where the call or a file that it names is wrong, 3 where the machine failed (interfaces.md).
int exit_code(const Error& error);

// Of this build: "0.1.0", and the commit it was made from ("" outside a checkout; "-dirty" behind it with
// changes).
std::string_view version();
std::string_view commit();
std::string_view compiler();

}  // namespace ostiary::app
