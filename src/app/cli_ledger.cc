// ledger on the command line.

#include <memory>

#include "app/impl/command_line.h"
#include "app/impl/verbs_ledger.h"

namespace ostiary::app {

void add_ledger(CommandLine& line) {
  auto* ledger = line.verb(line.root(), "ledger", "verify and read the record",
                           "ostiary ledger verify --data /var/lib/ostiary");
  ledger->require_subcommand(1);
  const auto verifying = std::make_shared<VerifyVerbOptions>();
  auto* check = line.verb(
      *ledger, "verify", "check offline that nothing in the ledger was changed, taken out or cut off",
      "ostiary ledger verify\n"
      "  ostiary ledger verify --checkpoint kept-elsewhere.txt --key 'ostiary/1a2b3c4d+5e6f7a8b+AW…'\n"
      "  ostiary ledger verify --witness /mnt/elsewhere/checkpoint");
  check
      ->add_option("--checkpoint", verifying->checkpoint,
                   "a checkpoint kept elsewhere; shows a tail that was cut off")
      ->type_name("FILE");
  check
      ->add_option("--key", verifying->key,
                   "verifier key of that checkpoint, or a file with it (default: the folder's)")
      ->type_name("KEY");
  auto* witness =
      check
          ->add_option("--witness", verifying->witness,
                       "a witness's file or git repository; shows a ledger that was set back or rewritten")
          ->type_name("FILE");
  check->add_option("--branch", verifying->branch, "of that repository (default: ostiary-ledger)")
      ->type_name("NAME")
      ->needs(witness);
  line.add_common(*check, verifying->common);
  line.does(*check, [verifying] { return run_ledger_verify(*verifying); });

  const auto tailing = std::make_shared<TailOptions>();
  auto* tail = line.verb(*ledger, "tail", "show the newest records", "ostiary ledger tail -n 20 --follow");
  tail->add_option("-n,--lines", tailing->lines, "how many, at most 1,000,000 (default: 10)")->type_name("N");
  tail->add_flag("-f,--follow", tailing->follow, "go on with new records as they come");
  line.add_common(*tail, tailing->common);
  line.does(*tail, [tailing] { return run_ledger_tail(*tailing); });

  const auto projecting = std::make_shared<ProjectOptions>();
  auto* project = line.verb(
      *ledger, "project", "bring the exchange table up to the ledger, while no gate runs on the data folder",
      "ostiary ledger project\n"
      "  ostiary ledger project --rebuild    # throw the table away and make it from the whole ledger");
  project->add_flag("--rebuild", projecting->rebuild, "from the first record, whatever the table holds");
  line.add_common(*project, projecting->common);
  line.does(*project, [projecting] { return run_ledger_project(*projecting); });

  add_ledger_prove(line, *ledger);
  add_ledger_export(line, *ledger);
  add_keeping(line, *ledger);
}

}  // namespace ostiary::app
