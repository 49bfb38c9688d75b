// policy diff, render and due on the command line.

#include <memory>

#include "app/impl/verbs_policy_page.h"

namespace ostiary::app {

namespace {

using Options = std::shared_ptr<PolicyPageOptions>;

void add_on(CLI::App& app, const Options& options) {
  app.add_option("--on", options->on, "the day on which it is looked at, YYYY-MM-DD (default: today, UTC)")
      ->type_name("DATE");
}

void add_diff(CommandLine& line, CLI::App& policy) {
  const auto options = std::make_shared<PolicyPageOptions>();
  auto* diff =
      line.verb(policy, "diff", "tell in words which rules and which decisions change between two documents",
                "ostiary policy diff old.md new.md\n"
                "  ostiary policy diff builtin policy.md --format json\n"
                "  ostiary policy diff old.md new.md --fail-on looser");
  diff->add_option("old", options->file, "the document as it was; builtin for the built-in one")
      ->required()
      ->type_name("OLD");
  diff->add_option("new", options->other, "the document as it is to be; builtin likewise")
      ->required()
      ->type_name("NEW");
  diff->add_option("--fail-on", options->fail_on,
                   "change (anything), decision (of a request) or looser (something passes that did not): "
                   "exit status 1")
      ->check(CLI::IsMember({"change", "decision", "looser"}))
      ->type_name("WHAT");
  line.add_common(*diff, options->common);
  line.does(*diff, [options] { return run_policy_diff(*options); });
}

void add_render(CommandLine& line, CLI::App& policy) {
  const auto options = std::make_shared<PolicyPageOptions>();
  auto* render =
      line.verb(policy, "render", "make the page that people read: one HTML file that needs nothing else",
                "ostiary policy render policy.md -o policy.html\n"
                "  ostiary policy render policy.md --since-folder ostiary-data/policy -o policy.html");
  render->add_option("file", options->file, "the policy document; builtin for the built-in one")
      ->required()
      ->type_name("FILE");
  render
      ->add_option("--since-folder", options->since_folder,
                   "folder of earlier versions (*.md), for the list of changes")
      ->type_name("DIR");
  add_on(*render, options);
  render->add_flag("--quiet", options->common.quiet, "no hints, headings and progress");
  render->add_option("-o,--output", options->common.output, "write to FILE, whole or not at all")
      ->type_name("FILE");
  line.does(*render, [options] { return run_policy_render(*options); });
}

void add_due(CommandLine& line, CLI::App& policy) {
  const auto options = std::make_shared<PolicyPageOptions>();
  auto* due = line.verb(
      policy, "due", "list what of the document is to be looked at again, and why",
      "ostiary policy due policy.md\n  ostiary policy due policy.md --data ostiary-data --fail-on overdue");
  due->add_option("file", options->file, "the policy document; builtin for the built-in one")
      ->required()
      ->type_name("FILE");
  due->add_option("--fail-on", options->fail_on, "due or overdue: exit status 1 where something is")
      ->check(CLI::IsMember({"due", "overdue"}))
      ->type_name("WHAT");
  add_on(*due, options);
  line.add_common(*due, options->common);
  line.does(*due, [options, due] {
    options->with_data = due->count("--data") > 0;
    return run_policy_due(*options);
  });
}

}  // namespace

void add_policy_page(CommandLine& line, CLI::App& policy) {
  add_diff(line, policy);
  add_render(line, policy);
  add_due(line, policy);
}

}  // namespace ostiary::app
