// policy on the command line.

#include <memory>

#include "app/impl/verbs_policy.h"
#include "app/impl/verbs_policy_page.h"

namespace ostiary::app {

namespace {

using Options = std::shared_ptr<PolicyOptions>;

void add_file(CLI::App& app, const Options& options) {
  app.add_option("file", options->file, "the policy document")->required()->type_name("FILE");
}

void add_check(CommandLine& line, CLI::App& policy) {
  const auto options = std::make_shared<PolicyOptions>();
  auto* check =
      line.verb(policy, "check", "find what is wrong with a policy document",
                "ostiary policy check policy.md\n  ostiary policy check policy.md --fail-on warning");
  add_file(*check, options);
  check
      ->add_option("--fail-on", options->fail_on,
                   "error or warning: exit status 1 from it on (default: error)")
      ->check(CLI::IsMember({"error", "warning"}))
      ->type_name("SEVERITY");
  check
      ->add_option("--on", options->on,
                   "the day on which dates are looked at, YYYY-MM-DD (default: today, UTC)")
      ->type_name("DATE");
  line.add_common(*check, options->common);
  line.does(*check, [options] { return run_policy_check(*options); });
}

void add_test(CommandLine& line, CLI::App& policy) {
  const auto options = std::make_shared<PolicyOptions>();
  auto* test = line.verb(policy, "test", "run the tests of a policy document",
                         "ostiary policy test policy.md\n"
                         "  ostiary policy test policy.md --format junit -o policy.xml");
  add_file(*test, options);
  const auto take = [options](const std::string& word) {
    options->common.format = word == "json" ? Format::json : Format::text;
    options->junit = word == "junit";
  };
  test->add_option_function<std::string>("--format", take, "text, json or junit")
      ->check([](const std::string& word) {
        return word == "text" || word == "json" || word == "junit" ? "" : "is text, json or junit";
      })
      ->type_name("FORMAT");
  test->add_flag("--quiet", options->common.quiet, "no hints, headings and progress");
  test->add_option("-o,--output", options->common.output, "write to FILE, whole or not at all")
      ->type_name("FILE");
  line.does(*test, [options] { return run_policy_test(*options); });
}

void add_explain(CommandLine& line, CLI::App& policy) {
  const auto options = std::make_shared<PolicyOptions>();
  auto* explain =
      line.verb(policy, "explain", "decide about given facts, and tell what each rule said to it",
                "ostiary policy explain policy.md --facts facts.json\n"
                "  echo '{\"data.classes\": [\"secret\"]}' | ostiary policy explain policy.md --facts -");
  add_file(*explain, options);
  explain
      ->add_option("--facts", options->facts, "JSON or YAML: names of facts with their values; - for stdin")
      ->required()
      ->type_name("FILE");
  explain->add_flag("--all", options->all, "rules that do not hold, too");
  line.add_common(*explain, options->common);
  line.does(*explain, [options] { return run_policy_explain(*options); });
}

void add_replay(CommandLine& line, CLI::App& policy) {
  const auto options = std::make_shared<PolicyOptions>();
  options->fail_on.clear();
  auto* replay = line.verb(
      policy, "replay", "decide the ledger's exchanges again under a document, and tell what would change",
      "ostiary policy replay candidate.md --since 30d\n"
      "  ostiary policy replay candidate.md --since 2026-11-01 --format json --fail-on change");
  add_file(*replay, options);
  replay
      ->add_option("--since", options->since,
                   "from then on: 30d or 12h back from now, or a date or time in UTC")
      ->type_name("TIME");
  replay->add_option("--until", options->until, "before then, written likewise")->type_name("TIME");
  replay
      ->add_option("-c,--config", options->config,
                   "the configuration with the services that the document reroutes to")
      ->type_name("FILE");
  replay->add_option("--fail-on", options->fail_on, "change: exit status 1 where a decision changes")
      ->check(CLI::IsMember({"change"}))
      ->type_name("WHAT");
  line.add_common(*replay, options->common);
  line.does(*replay, [options] { return run_policy_replay(*options); });
}

void add_new(CommandLine& line, CLI::App& policy) {
  const auto options = std::make_shared<PolicyOptions>();
  auto* fresh = line.verb(policy, "new", "write the built-in policy document, to be made your own",
                          "ostiary policy new -o policy.md\n  ostiary policy check policy.md");
  fresh->add_flag("--quiet", options->common.quiet, "no hints, headings and progress");
  fresh
      ->add_option("-o,--output", options->common.output,
                   "write to FILE, whole or not at all; never over one")
      ->type_name("FILE");
  line.does(*fresh, [options] { return run_policy_new(*options); });
}

}  // namespace

void add_policy(CommandLine& line) {
  auto* policy = line.verb(line.root(), "policy", "write, check, test and explain the policy document",
                           "ostiary policy new -o policy.md\n  ostiary policy check policy.md");
  policy->require_subcommand(1);
  add_new(line, *policy);
  add_check(line, *policy);
  add_test(line, *policy);
  add_explain(line, *policy);
  add_policy_page(line, *policy);
  add_replay(line, *policy);
  const auto options = std::make_shared<PolicyOptions>();
  auto* facts = line.verb(*policy, "facts", "list the facts that rules may test", "ostiary policy facts");
  line.add_common(*facts, options->common);
  line.does(*facts, [options] { return run_policy_facts(*options); });
}

}  // namespace ostiary::app
