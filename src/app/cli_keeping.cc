// What of the ledger goes and what must stay, on the command line.

#include <memory>

#include "app/impl/command_line.h"

namespace ostiary::app {

namespace {

void add_hold(CommandLine& line, CLI::App& ledger) {
  auto* hold = line.verb(ledger, "hold", "legal holds: what is neither erased nor removed",
                         "ostiary ledger hold add --team search --reason 'case 2026-17'");
  hold->require_subcommand(1);
  const auto options = std::make_shared<HoldOptions>();
  auto* add = line.verb(
      *hold, "add", "hold the exchanges that match all that is named",
      "ostiary ledger hold add --team search --from 2026-01-01 --to 2026-06-30 --reason 'case 2026-17'");
  add->add_option("--subject", options->subject, "of one subject (a pseudonym)")->type_name("SUBJECT");
  add->add_option("--team", options->team, "of one team")->type_name("TEAM");
  add->add_option("--from", options->from, "from this day or moment on (UTC)")->type_name("DATE");
  add->add_option("--to", options->to, "up to the end of this day, or this moment (UTC)")->type_name("DATE");
  add->add_option("--reason", options->reason, "why; it is recorded, so name no person")
      ->required()
      ->type_name("TEXT");
  line.add_common(*add, options->common);
  line.does(*add, [options] { return run_hold_add(*options); });

  auto* list = line.verb(*hold, "list", "list the holds that stand", "ostiary ledger hold list");
  line.add_common(*list, options->common);
  line.does(*list, [options] { return run_hold_list(*options); });

  auto* release = line.verb(*hold, "release", "end a hold",
                            "ostiary ledger hold release 01a21443-cf1b-707c-bee3-0ee98cdf902d");
  release->add_option("id", options->id, "the hold, as 'hold list' shows it")->required()->type_name("ID");
  line.add_common(*release, options->common);
  line.does(*release, [options] { return run_hold_release(*options); });
}

void add_retain(CommandLine& line, CLI::App& ledger) {
  const auto options = std::make_shared<RetainOptions>();
  auto* retain = line.verb(ledger, "retain", "show, or remove, closed segments that have come of age",
                           "ostiary ledger retain --dry-run\n"
                           "  ostiary ledger retain --older-than 90d --now");
  retain
      ->add_option("--older-than", options->older_than,
                   "the age (default: ledger.retention of the running gate)")
      ->type_name("DURATION");
  auto* now = retain->add_flag("--now", options->now, "remove them");
  auto* dry = retain->add_flag("--dry-run", options->dry_run, "only show what would go (the default)");
  dry->excludes(now);
  line.add_common(*retain, options->common);
  line.does(*retain, [options] { return run_ledger_retain(*options); });

  const auto rotating = std::make_shared<CommonOptions>();
  auto* rotate = line.verb(ledger, "rotate", "close the segment that is written to, and begin another one",
                           "ostiary ledger rotate");
  line.add_common(*rotate, *rotating);
  line.does(*rotate, [rotating] { return run_ledger_rotate(*rotating); });
}

}  // namespace

void add_keeping(CommandLine& line, CLI::App& ledger) {
  const auto erasing = std::make_shared<EraseOptions>();
  auto* erase =
      line.verb(ledger, "erase", "forget a name and make digests unguessable, with every proof left valid",
                "ostiary ledger erase --user ada\n"
                "  ostiary ledger erase --exchange 01a21443-cf1b-707c-bee3-0ee98cdf902d");
  auto* what = erase->add_option_group("what");
  what->add_option("--subject", erasing->subject,
                   "a pseudonym: its name, its keys, and the digest keys of all its exchanges")
      ->type_name("SUBJECT");
  what->add_option("--user", erasing->user, "the same, by the name behind it")->type_name("USER");
  what->add_option("--exchange", erasing->exchange, "the digest key of one exchange")->type_name("ID");
  what->require_option(1);
  line.add_common(*erase, erasing->common);
  line.does(*erase, [erasing] { return run_ledger_erase(*erasing); });
  add_hold(line, ledger);
  add_retain(line, ledger);
}

}  // namespace ostiary::app
