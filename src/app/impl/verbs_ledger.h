#pragma once

#include <string>

#include "app/impl/command_line.h"
#include "app/verbs.h"
#include "base/result.h"
#include "ledger/export.h"

namespace ostiary::app {

struct ProveVerbOptions {
  CommonOptions common;
  std::string id, index;    // what to prove; of both at most one
  std::string kind;         // with id: the record of this kind
  std::string consistency;  // file of an older checkpoint
  std::string checkpoint;   // file of the checkpoint to prove against
  std::string key;          // C2SP verifier key, or a file that holds one
  std::string check;        // a proof's file: checked, not made
  std::string record;       // with check: a file with the record's line
  bool leave_record_out = false;
};

struct ExportVerbOptions {
  CommonOptions common;
  ledger::RecordFilter filter;  // but for what needs reading:
  std::string since, until, id;
};

Result<int> run_ledger_prove(const ProveVerbOptions& options);
Result<int> run_ledger_export(const ExportVerbOptions& options);

// Verbs of `ledger`, each with its flags.
void add_ledger_prove(CommandLine& line, CLI::App& ledger);
void add_ledger_export(CommandLine& line, CLI::App& ledger);

// The key itself, or the first line of the file that is named in its place.
Result<std::string> read_verifier_key(const std::string& given);
// A copy of the ledger alone has no VERSION; a data folder that this program does not know is not touched.
Result<> check_ledger_folder(const std::string& data);

}  // namespace ostiary::app
