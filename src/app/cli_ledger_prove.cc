// ledger prove on the command line.

#include <memory>

#include "app/impl/verbs_ledger.h"

namespace ostiary::app {

void add_ledger_prove(CommandLine& line, CLI::App& ledger) {
  const auto proving = std::make_shared<ProveVerbOptions>();
  auto* prove = line.verb(
      ledger, "prove", "prove that a record stands in the ledger, or that the ledger has only grown",
      "ostiary ledger prove --id 01993a52-… -o record.tlog-proof\n"
      "  ostiary ledger prove --consistency kept-elsewhere.txt\n"
      "  ostiary ledger prove --check record.tlog-proof --key 'ostiary/1a2b3c4d+5e6f7a8b+AW…'");
  auto* id = prove->add_option("--id", proving->id, "the exchange whose record it is")->type_name("UUID");
  auto* index = prove->add_option("--index", proving->index, "the record's number, from 0")
                    ->type_name("N")
                    ->excludes(id);
  prove
      ->add_option("--kind", proving->kind,
                   "with --id: the exchange's record of this kind (default: its outcome, or else its intent)")
      ->type_name("KIND");
  auto* consistency =
      prove
          ->add_option("--consistency", proving->consistency,
                       "an older checkpoint kept elsewhere: that the ledger has only grown since")
          ->type_name("FILE")
          ->excludes(id)
          ->excludes(index);
  auto* checkpoint = prove
                         ->add_option("--checkpoint", proving->checkpoint,
                                      "the checkpoint to prove against (default: the newest)")
                         ->type_name("FILE");
  prove
      ->add_option("--key", proving->key,
                   "verifier key of the checkpoints, or a file with it (default: the folder's)")
      ->type_name("KEY");
  auto* without =
      prove->add_flag("--without-record", proving->leave_record_out, "leave the record's text out");
  auto* check =
      prove->add_option("--check", proving->check, "check a proof; no ledger is needed, only its key")
          ->type_name("FILE")
          ->excludes(id)
          ->excludes(index)
          ->excludes(checkpoint)
          ->excludes(without);
  prove->add_option("--record", proving->record, "with --check: the record, where the proof does not hold it")
      ->type_name("FILE")
      ->needs(check)
      ->excludes(consistency);
  line.add_common(*prove, proving->common);
  line.does(*prove, [proving] { return run_ledger_prove(*proving); });
}

}  // namespace ostiary::app
