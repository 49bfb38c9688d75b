// license on the command line.

#include <memory>

#include "app/impl/verbs_license.h"

namespace ostiary::app {

namespace {

using Options = std::shared_ptr<LicenseOptions>;

void add_rules(CLI::App& app, const Options& options) {
  app.add_option("--rules", options->rules,
                 "an organisation's folder: licences of its own and what its people reviewed")
      ->type_name("FOLDER");
}

void add_explain(CommandLine& line, CLI::App& license) {
  const auto options = std::make_shared<LicenseOptions>();
  auto* explain =
      line.verb(license, "explain", "tell what the text of a licence permits, forbids and asks for",
                "ostiary license explain llama3.1\n"
                "  ostiary license explain Apache-2.0 --format json\n"
                "  ostiary license explain --all");
  auto* name =
      explain
          ->add_option("license", options->license,
                       "SPDX id, LicenseRef, the tag under which a card declares it, or a model or dataset")
          ->type_name("LICENSE");
  explain->add_flag("--all", options->all, "list the licences that are known instead")->excludes(name);
  add_rules(*explain, options);
  line.add_common(*explain, options->common);
  line.does(*explain, [options] { return run_license_explain(*options); });
}

void add_check(CommandLine& line, CLI::App& license) {
  const auto options = std::make_shared<LicenseOptions>();
  auto* check =
      line.verb(license, "check", "tell what the text of a licence says of our use",
                "ostiary license check llama3.1 --profile ours.yaml\n"
                "  ostiary license check 'MIT OR GPL-3.0-only' --profile ours.yaml --fail-on forbids\n"
                "  ostiary license check corpus/ --profile training.yaml");
  check
      ->add_option("license", options->license,
                   "an SPDX expression, any name of a licence, or a file or folder: everything in it")
      ->required()
      ->type_name("LICENSE|PATH");
  check
      ->add_option("--profile", options->profile,
                   "YAML file of how you mean to use it (docs/licenses.md); without one nothing is known")
      ->type_name("FILE");
  check
      ->add_option("--fail-on", options->fail_on,
                   "conditions, silent, unknown or forbids: exit status 1 from that answer on "
                   "(default: unknown)")
      ->check(CLI::IsMember({"conditions", "silent", "unknown", "forbids"}))
      ->type_name("ANSWER");
  add_rules(*check, options);
  line.add_common(*check, options->common);
  line.does(*check, [options] { return run_license_check(*options); });
}

void add_notices(CommandLine& line, CLI::App& license) {
  const auto options = std::make_shared<LicenseOptions>();
  auto* notices = line.verb(license, "notices", "write the notice file that the licences found ask for",
                            "ostiary license notices node_modules -o NOTICES.txt\n"
                            "  ostiary license notices models/ --fail-on-open");
  notices->add_option("path", options->license, "file or folder: code, models and data")
      ->required()
      ->type_name("PATH");
  notices->add_flag("--fail-on-open", options->fail_on_open,
                    "exit status 1 where something is left that the file does not settle");
  add_rules(*notices, options);
  line.add_common(*notices, options->common);
  line.does(*notices, [options] { return run_license_notices(*options); });
}

void add_identify(CommandLine& line, CLI::App& license) {
  const auto options = std::make_shared<IdentifyOptions>();
  auto* identify = line.verb(license, "identify", "tell which licences files are, grant, name or declare",
                             "ostiary license identify LICENSE src/main.c\n"
                             "  ostiary license identify package.json --format json");
  identify->add_option("files", options->files, "texts of licences, sources, metadata of packages")
      ->required()
      ->type_name("FILE");
  line.add_common(*identify, options->common);
  line.does(*identify, [options] { return run_license_identify(*options); });
}

}  // namespace

void add_license(CommandLine& line) {
  auto* license =
      line.verb(line.root(), "license", "what a licence permits and asks for, and whether it fits",
                "ostiary license explain gemma\n"
                "  ostiary license check Apache-2.0 --profile ours.yaml\n"
                "  ostiary license identify LICENSE");
  license->require_subcommand(1);
  add_explain(line, *license);
  add_check(line, *license);
  add_notices(line, *license);
  add_identify(line, *license);
}

}  // namespace ostiary::app
