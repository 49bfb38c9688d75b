// What of the ledger goes and what must stay, on the command line.

#include <memory>

#include "app/impl/command_line.h"

namespace ostiary::app {

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
}

}  // namespace ostiary::app
