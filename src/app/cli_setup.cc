// setup on the command line: one verb for each client.

#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <string>

#include "app/impl/command_line.h"
#include "app/setup.h"

namespace ostiary::app {

namespace {

void add_client(CommandLine& line, CLI::App& setup, const SetupClient& client) {
  const auto options = std::make_shared<SetupOptions>();
  const std::string name(client.name);
  options->client = name;
  auto* verb = line.verb(setup, name, std::string(client.what),
                         fmt::format("OSTIARY_KEY=ost_… ostiary setup {0}{1}\n  ostiary setup {0} --undo",
                                     name, name == "continue" || name == "vscode" ? " --model gpt-4o" : ""));
  verb->add_option("--gate", options->gate, "address of the gate (default: http://127.0.0.1:8484)")
      ->type_name("URL");
  verb->add_option("--key", options->key,
                   "key of the gate; other users of this machine can see it in the list of processes, so "
                   "OSTIARY_KEY is the better place")
      ->type_name("KEY");
  verb->add_option("--model", options->model, "the model to use, as the gate names it")->type_name("NAME");
  if (name == "openai" || name == "codex")
    verb->add_option("--file", options->file, "another file of the shell than ~/.profile")->type_name("FILE");
  if (name == "claude-code")
    verb->add_flag("--keep-login", options->keep_login,
                   "send the key as x-ostiary-key, so that the tool's own login goes on to the service");
  verb->add_flag("--undo", options->undo, "put back what stood there before");
  verb->add_flag("--yes", options->yes, "write without asking");
  verb->add_flag("--dry-run", options->dry_run, "only show what would change");
  verb->add_option("--home", options->home, "whose configuration it is (default: $HOME)")->type_name("DIR");
  line.add_common(*verb, options->common);
  line.does(*verb, [options] { return run_setup(*options); });
}

}  // namespace

void add_setup(CommandLine& line) {
  auto* setup = line.verb(line.root(), "setup", "write a tool's configuration for the gate, or take it back",
                          "ostiary setup codex --dry-run\n  ostiary setup codex --undo");
  setup->require_subcommand(1);
  for (const auto& client : setup_clients()) add_client(line, *setup, client);
}

}  // namespace ostiary::app
