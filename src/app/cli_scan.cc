// scan on the command line.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "app/impl/command_line.h"
#include "app/scan_output.h"
#include "base/text.h"

namespace ostiary::app {

namespace {

// As add_bills() names them.
static_assert(static_cast<int>(Format::text) == 0 && static_cast<int>(Format::json) == 1 &&
              static_cast<int>(Format::sarif) == 2 && static_cast<int>(Format::csv) == 3);

void add_logs(CLI::App& scan, ScanOptions& options) {
  auto* logs =
      scan.add_option("--logs", options.logs,
                      "read logs of proxies, name servers and firewalls instead: files, packed ones too, "
                      "and folders; - for standard input")
          ->type_name("FILE")
          ->expected(1, -1);
  scan.add_option(
          "--log-format", options.log_format,
          "what they are (default: told by their first lines): squid, combined, zeek, w3c, csv, json, pairs, "
          "dnsmasq, bind or unbound")
      ->type_name("NAME")
      ->needs(logs);
  scan.add_option(
          "--columns", options.columns,
          "which columns hold what, by number or name, such as client=3,host=5; of host, url, client, user, "
          "time, date, out, in and action")
      ->type_name("LIST")
      ->needs(logs);
}

// Its formats, and bills of materials.
void add_bills(CLI::App& scan, CommonOptions& common, std::string& bill) {
  scan.remove_option(scan.get_option("--format"));
  const std::vector<std::string> own = {"text", "json", "sarif", "csv"};
  scan.add_option_function<std::string>(
          "--format",
          [&common, &bill, own](const std::string& word) {
            const auto at = std::ranges::find(own, word);
            if (at == own.end())
              bill = word;
            else
              common.format = static_cast<Format>(at - own.begin());
          },
          "text, json, sarif, csv (of logs), cyclonedx (1.6), cyclonedx-1.7 or spdx (3.0.1)")
      ->check(CLI::IsMember({"text", "json", "sarif", "csv", "cyclonedx", "cyclonedx-1.7", "spdx"}))
      ->type_name("FORMAT");
}

}  // namespace

void add_scan(CommandLine& line) {
  const auto options = std::make_shared<ScanOptions>();
  auto* scan =
      line.verb(line.root(), "scan", "find uses of AI in code, configuration, packages and images",
                "ostiary scan .\n"
                "  ostiary scan --evidence src/                    # every place that shows a use\n"
                "  ostiary scan --revision v1.2 .                  # without a checkout\n"
                "  ostiary scan app.tar package.deb package.whl    # images, packages and archives\n"
                "  ostiary scan --new-since origin/main --fail-on denied .   # in CI\n"
                "  ostiary scan --portability src/                 # what ties it to one provider\n"
                "  ostiary scan --format sarif -o scan.sarif .\n"
                "  ostiary scan --format spdx -o scan.spdx.json .  # a bill of materials; cyclonedx too\n"
                "  ostiary scan --logs /var/log/squid              # which AI is reached through a proxy");
  const auto grades = CLI::IsMember({"mentioned", "declared", "imported", "called", "deployed"});
  scan->add_option("paths", options->paths, "files and folders (default: the current folder)");
  auto* revision =
      scan->add_option("--revision", options->revision, "of the git repository that the path is in")
          ->type_name("REV");
  scan->add_option("--new-since", options->new_since,
                   "only what that revision of the repository did not have")
      ->type_name("REV");
  scan->add_option("--fail-on", options->fail_on,
                   "exit with 1 from this grade on, or where the policy denies: denied")
      ->check(CLI::IsMember({"mentioned", "declared", "imported", "called", "deployed", "denied"}))
      ->type_name("GRADE");
  scan->add_option("--least", options->least, "show uses from this grade on (default: declared)")
      ->check(grades)
      ->type_name("GRADE");
  auto* baseline =
      scan->add_option("--baseline", options->baseline, "known uses, which are left out")->type_name("FILE");
  scan->add_flag("--write-baseline", options->write_baseline, "write the baseline from what is found now")
      ->needs(baseline);
  scan->add_flag("--no-ignore", options->no_ignore, "also what .gitignore and .ostiaryignore leave out")
      ->excludes(revision);
  scan->add_flag("--no-history", options->no_history,
                 "not which tools had a part in the repository's commits");
  scan->add_flag("--portability", options->portability,
                 "what ties the code to one provider, and what it would take to go through one base URL")
      ->excludes(baseline);
  scan->add_flag("--evidence", options->evidence, "every place that shows a use");
  scan->add_option("--policy", options->policy,
                   "the document that decides (default: the one in force last, else the built-in)")
      ->type_name("FILE");
  scan->add_option_function<std::string>(
          "--max-bytes",
          [options](const std::string& text) {
            const auto bytes = text::parse_bytes(text);
            if (!bytes || *bytes == 0)
              throw CLI::ValidationError("--max-bytes", "must be bytes, such as 64MiB");
            options->max_bytes = *bytes;
          },
          "the largest file that is read (default: 2GiB); larger ones are told of")
      ->type_name("BYTES");
  scan->add_option("--threads", options->threads, "how many work at once (default: one for each processor)")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
  add_logs(*scan, *options);
  line.add_common(*scan, options->common, true, true);
  const auto bill = std::make_shared<std::string>();
  add_bills(*scan, options->common, *bill);
  line.does(*scan, [options, bill] {
    return bill->empty() ? run_scan(*options) : run_scan_as_bom(*options, *bill);
  });
}

}  // namespace ostiary::app
