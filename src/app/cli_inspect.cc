// inspect on the command line.

#include <memory>

#include "app/impl/command_line.h"
#include "base/text.h"

namespace ostiary::app {

namespace {

void add_alarms(CLI::App& inspect, InspectOptions& options) {
  auto* mark = inspect.add_option("--false-alarm", options.false_alarm, "mark a finding for whoever reviews")
                   ->type_name("FINGERPRINT");
  auto* list =
      inspect.add_flag("--false-alarms", options.false_alarms, "list what was marked")->excludes(mark);
  auto* accept = inspect.add_option("--accept", options.accept, "accept what was marked (reviewers)")
                     ->type_name("FINGERPRINT")
                     ->excludes(mark)
                     ->excludes(list);
  auto* reject = inspect.add_option("--reject", options.reject, "reject what was marked (reviewers)")
                     ->type_name("FINGERPRINT")
                     ->excludes(mark)
                     ->excludes(list)
                     ->excludes(accept);
  inspect.add_option("--because", options.because, "with those: why; no values")->type_name("TEXT");
  inspect.add_option("--until", options.until, "with --accept: the last day, YYYY-MM-DD (default: 180 days)")
      ->type_name("DAY")
      ->excludes(reject);
  inspect.add_flag("--accepted", options.accepted, "what reviewers accepted is no finding");
  inspect
      .add_option("--gate", options.gate,
                  "with those: the gate to ask, with the key in OSTIARY_KEY; without it the data folder")
      ->type_name("URL");
}

// "64MiB" as a number of bytes.
std::string bytes_of(std::string& text) {
  const auto bytes = text::parse_bytes(text);
  if (!bytes || *bytes == 0) return "must be bytes, such as 64MiB";
  text = std::to_string(*bytes);
  return {};
}

}  // namespace

void add_inspect(CommandLine& line) {
  const auto options = std::make_shared<InspectOptions>();
  auto* inspect =
      line.verb(line.root(), "inspect", "find secrets, personal data and confidentiality markings",
                "ostiary inspect src/ notes.txt\n"
                "  pbpaste | ostiary inspect --redact        # the text with findings masked\n"
                "  ostiary inspect --staged                  # in a pre-commit hook\n"
                "  ostiary inspect --as body request.json    # as the gate sees it\n"
                "  ostiary inspect --rules inspection/ src/  # with an organisation's own rules\n"
                "  ostiary inspect --false-alarm 3f9a0c1e5b7d2468 --because 'a test key'\n"
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
  inspect
      ->add_option("--rules", options->rules,
                   "detectors, lists and allow-rules of your own (docs/inspection.md)")
      ->type_name("FOLDER");
  inspect->add_flag("--explain", options->explain,
                    "tell for each place where a detector looked why something fired or did not");
  add_alarms(*inspect, *options);
  inspect->add_flag("--reveal", options->reveal, "show values in full; only on a terminal");
  auto* own_code = inspect
                       ->add_option("--own-code", options->own_code,
                                    "fingerprints of your own code, which is a finding then")
                       ->type_name("FILE");
  inspect->add_flag("--learn", options->learn, "put the code of these repositories into that file")
      ->needs(own_code);
  inspect
      ->add_option("--max-bytes", options->max_bytes,
                   "the largest file that is read, such as 64MiB (default: 4GiB); larger ones are told of")
      ->transform(CLI::Validator(bytes_of, ""))
      ->type_name("BYTES");
  inspect
      ->add_option_function<std::string>(
          "--as", [options](const std::string& what) { options->as_body = what == "body"; },
          "what each text is: text, or body, a request in JSON as the gate sees it")
      ->check(CLI::IsMember({"text", "body"}))
      ->type_name("KIND");
  line.add_common(*inspect, options->common, true);
  line.does(*inspect, [options, inspect] {
    for (const auto* option : inspect->get_options())
      if (option->count() > 0) options->given.push_back(option->get_name());
    return run_inspect(*options);
  });
}

}  // namespace ostiary::app
