// inspect on the command line.

#include <memory>

#include "app/impl/command_line.h"

namespace ostiary::app {

void add_inspect(CommandLine& line) {
  const auto options = std::make_shared<InspectOptions>();
  auto* inspect =
      line.verb(line.root(), "inspect", "find secrets, personal data and confidentiality markings",
                "ostiary inspect src/ notes.txt\n"
                "  pbpaste | ostiary inspect --redact        # the text with findings masked\n"
                "  ostiary inspect --staged                  # in a pre-commit hook\n"
                "  ostiary inspect --history --format sarif -o findings.sarif");
  const auto levels = CLI::IsMember({"low", "medium", "high"});
  inspect->add_option("paths", options->paths,
                      "files and folders, PDF, office files and archives too; - or none: standard input");
  inspect->add_flag("--redact", options->redact, "write the text with what was found masked; of one input");
  inspect
      ->add_option("--fail-on", options->fail_on, "exit with 1 from this confidence on: low, medium or high")
      ->check(levels)
      ->type_name("LEVEL");
  inspect->add_option("--least", options->least, "show findings from this confidence on (default: medium)")
      ->check(levels)
      ->type_name("LEVEL");
  auto* baseline = inspect->add_option("--baseline", options->baseline, "known findings, which are left out")
                       ->type_name("FILE");
  inspect->add_flag("--write-baseline", options->write_baseline, "write the baseline from what is found now")
      ->needs(baseline);
  auto* staged = inspect->add_flag("--staged", options->staged,
                                   "what git would commit; fails on medium where nothing else is said");
  inspect->add_flag("--history", options->history, "every version of every file that git has")
      ->excludes(staged);
  inspect
      ->add_option("--revision", options->revisions, "with --history: of these, as git rev-list takes them")
      ->type_name("REV");
  inspect->add_flag("--no-ignore", options->no_ignore, "also what .gitignore and .ostiaryignore leave out");
  inspect->add_flag("--reveal", options->reveal, "show values in full; only on a terminal");
  auto* own_code = inspect
                       ->add_option("--own-code", options->own_code,
                                    "fingerprints of your own code, which is a finding then")
                       ->type_name("FILE");
  inspect->add_flag("--learn", options->learn, "put the code of these repositories into that file")
      ->needs(own_code);
  line.add_common(*inspect, options->common, true);
  line.does(*inspect, [options] { return run_inspect(*options); });
}

}  // namespace ostiary::app
