// The command line: what each verb takes, and how a wrong call is told.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "app/config.h"
#include "app/impl/completion.h"
#include "app/impl/terminal.h"
#include "app/verbs.h"
#include "base/text.h"

namespace ostiary::app {
namespace {

using Run = std::function<Result<int>()>;

// One line on stderr, whatever the message holds.
int complain(std::string_view message, int code) {
  fmt::print(stderr, "ostiary: {}\n", printable(message));
  return code;
}

// Refuses variables that were meant for the configuration and would be passed over.
Result<int> serve(const ServeOptions& options) {
  std::vector<std::string_view> names;
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view entry(*variable);
    names.push_back(entry.substr(0, entry.find('=')));
  }
  TRY_VOID(check_variables(names));
  return run_serve(options);
}

// The verbs with their options. `chosen` is what the arguments asked for.
class CommandLine {
 public:
  CommandLine();
  int main(int argc, char** argv);

 private:
  CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& what,
                 const std::string& example);
  void add_format(CLI::App& app, Format& format, bool& quiet);
  void add_common(CLI::App& app, CommonOptions& options);
  void add_serve();
  void add_keys();
  void add_ledger();
  void add_others();
  int wrong_call(const CLI::ParseError& error);
  CLI::App* deepest();

  CLI::App root_{
      "Ostiary: the door through which prompts go out and answers come back, and the book of all that "
      "passed.",
      "ostiary"};
  ServeOptions serve_;
  KeyOptions key_;
  VerifyVerbOptions verify_;
  TailOptions tail_;
  CommonOptions version_;
  CommonOptions docs_;
  CommonOptions completion_;
  std::string docs_page_, shell_;
  bool show_version_ = false;
  Run chosen_;
};

CLI::App* CommandLine::verb(CLI::App& parent, const std::string& name, const std::string& what,
                            const std::string& example) {
  auto* app = parent.add_subcommand(name, what);
  app->footer(fmt::format("Example:\n  {}", example));
  return app;
}

void CommandLine::add_format(CLI::App& app, Format& format, bool& quiet) {
  const auto take = [&format](const std::string& word) {
    format = word == "json" ? Format::json : Format::text;
  };
  app.add_option_function<std::string>("--format", take, "text or json")
      ->check(
          [](const std::string& word) { return word == "text" || word == "json" ? "" : "is text or json"; })
      ->type_name("FORMAT");
  app.add_flag("--quiet", quiet, "no hints, headings and progress");
}

void CommandLine::add_common(CLI::App& app, CommonOptions& options) {
  add_format(app, options.format, options.quiet);
  app.add_option("-o,--output", options.output, "write to FILE, whole or not at all")->type_name("FILE");
  if (const char* data = std::getenv("OSTIARY_DATA"); data && *data) options.data = data;
  app.add_option("--data", options.data, "data folder (default: $OSTIARY_DATA, or ./ostiary-data)")
      ->type_name("DIR");
}

void CommandLine::add_serve() {
  auto* app = verb(root_, "serve", "run the gate",
                   "ostiary serve                                  # services found in the environment and "
                   "on local ports\n"
                   "  ostiary serve -c ostiary.yaml --listen 127.0.0.1:8484\n"
                   "  ostiary serve --print-config > ostiary.yaml    # every key with its default");
  app->add_option("-c,--config", serve_.config, "configuration file (docs/configuration.md)")
      ->type_name("FILE");
  app->add_option("--listen", serve_.listen, "where to listen; port 0 takes a free one")
      ->type_name("HOST:PORT");
  app->add_option("--data", serve_.data, "data folder (default: $OSTIARY_DATA, or ./ostiary-data)")
      ->type_name("DIR");
  app->add_flag("--allow-remote", serve_.allow_remote,
                "listen beyond this machine, in plain HTTP: put TLS in front");
  app->add_flag("--print-config", serve_.print_config,
                "print every configuration key with its default, and end");
  add_format(*app, serve_.format, serve_.quiet);
  app->callback([this] { chosen_ = [this] { return serve(serve_); }; });
}

void CommandLine::add_keys() {
  auto* key = verb(root_, "key", "make, list and revoke the keys that open the gate",
                   "ostiary key create --team research --user ada");
  key->require_subcommand(1);
  auto* create = verb(*key, "create", "make a key and show it this once",
                      "ostiary key create --team research --user ada\n"
                      "  export OPENAI_API_KEY=$(ostiary key create --team research --user ada --quiet)");
  create->add_option("--team", key_.team, "who is charged and named in the ledger")
      ->required()
      ->type_name("TEAM");
  create->add_option("--user", key_.user, "whose key it is; the ledger knows only a pseudonym")
      ->required()
      ->type_name("USER");
  add_common(*create, key_.common);
  create->callback([this] { chosen_ = [this] { return run_key_create(key_); }; });

  auto* list = verb(*key, "list", "list the keys, without their secrets", "ostiary key list --format json");
  add_common(*list, key_.common);
  list->callback([this] { chosen_ = [this] { return run_key_list(key_); }; });

  auto* revoke =
      verb(*key, "revoke", "close the gate to a key, at once and for good", "ostiary key revoke 3fK9aQ2z");
  revoke->add_option("id", key_.id, "the key's id: the part between ost_ and the next _")
      ->required()
      ->type_name("ID");
  add_common(*revoke, key_.common);
  revoke->callback([this] { chosen_ = [this] { return run_key_revoke(key_); }; });
}

void CommandLine::add_ledger() {
  auto* ledger =
      verb(root_, "ledger", "verify and read the record", "ostiary ledger verify --data /var/lib/ostiary");
  ledger->require_subcommand(1);
  auto* check =
      verb(*ledger, "verify", "check offline that nothing in the ledger was changed, taken out or cut off",
           "ostiary ledger verify\n"
           "  ostiary ledger verify --checkpoint kept-elsewhere.txt --key 'ostiary/1a2b3c4d+5e6f7a8b+AW…'");
  check
      ->add_option("--checkpoint", verify_.checkpoint,
                   "a checkpoint kept elsewhere; shows a tail that was cut off")
      ->type_name("FILE");
  check
      ->add_option("--key", verify_.key,
                   "verifier key of that checkpoint, or a file with it (default: the folder's)")
      ->type_name("KEY");
  add_common(*check, verify_.common);
  check->callback([this] { chosen_ = [this] { return run_ledger_verify(verify_); }; });

  auto* tail = verb(*ledger, "tail", "show the newest records", "ostiary ledger tail -n 20 --follow");
  tail->add_option("-n,--lines", tail_.lines, "how many, at most 1,000,000 (default: 10)")->type_name("N");
  tail->add_flag("-f,--follow", tail_.follow, "go on with new records as they come");
  add_common(*tail, tail_.common);
  tail->callback([this] { chosen_ = [this] { return run_ledger_tail(tail_); }; });
}

void CommandLine::add_others() {
  auto* version =
      verb(root_, "version", "show what this program was built from", "ostiary version --format json");
  add_common(*version, version_);
  version->callback([this] { chosen_ = [this] { return run_version(version_); }; });

  auto* completion = verb(root_, "completion", "print the script that lets a shell complete calls",
                          "source <(ostiary completion bash)\n"
                          "  ostiary completion zsh -o ~/.zfunc/_ostiary\n"
                          "  ostiary completion fish -o ~/.config/fish/completions/ostiary.fish");
  completion->add_option("shell", shell_, "bash, zsh or fish")->required();
  add_common(*completion, completion_);
  completion->callback([this] { chosen_ = [this] { return run_completion(shell_, completion_); }; });

  auto* docs = verb(root_, "docs", "print a page that is made by the program",
                    "ostiary docs configuration -o docs/configuration.md");
  docs->group("");  // not listed
  docs->add_option("page", docs_page_, "configuration")->required();
  add_common(*docs, docs_);
  docs->callback([this] { chosen_ = [this] { return run_docs(docs_page_, docs_); }; });

  root_.add_flag("--version", show_version_, "the same as the verb version");
}

CommandLine::CommandLine() {
  root_.footer(
      "'ostiary VERB --help' tells more, with an example.\n\nExit codes: 0 done; 1 a check failed; 2 the "
      "call is wrong; 3 the machine failed.");
  add_serve();
  add_keys();
  add_ledger();
  add_others();
}

// The verb that parsing came to.
CLI::App* CommandLine::deepest() {
  auto* app = &root_;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

std::string meant(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto near = text::nearest(word, views);
  return near ? fmt::format("; did you mean '{}'?", *near) : "";
}

// "ostiary key" of a verb.
std::string full_name(const CLI::App* app) {
  return app->get_parent() ? full_name(app->get_parent()) + " " + app->get_name() : "ostiary";
}

std::string help_of(const CLI::App& app) {
  return app.help(app.get_parent() ? full_name(app.get_parent()) : "");
}

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* sub : app.get_subcommands([](const CLI::App* a) { return !a->get_group().empty(); }))
    names.push_back(sub->get_name());
  return names;
}

// An argument as a message may repeat it: a key never is.
std::string shown(const std::string& argument) {
  return argument.find("ost_") == std::string::npos ? argument : "ost_…";
}

// Of what no verb takes.
std::string surplus(const CLI::App& app, const std::string& argument) {
  const auto name = full_name(&app);
  const auto help = fmt::format("'{} --help' shows how", name);
  const auto verbs = verbs_of(app);
  // A question mark ends a sentence.
  const auto joined = [](const std::string& text, const std::string& advice, const std::string& help_text) {
    return text + advice + (advice.empty() ? "; " : " ") + help_text;
  };
  if (argument.starts_with('-')) {
    const auto flag = argument.substr(0, argument.find('='));
    std::vector<std::string> flags;
    for (const auto* option : app.get_options()) {
      for (const auto& word : option->get_lnames()) flags.push_back("--" + word);
      for (const auto& word : option->get_snames()) flags.push_back("-" + word);
    }
    return joined(fmt::format("'{}' has no flag {}", name, flag), meant(flag, flags), help);
  }
  if (verbs.empty()) return fmt::format("'{}' does not take '{}'; {}", name, argument, help);
  const auto of = app.get_parent() ? fmt::format(" of '{}'", name) : "";
  return joined(fmt::format("unknown verb '{}'{}", argument, of), meant(argument, verbs),
                fmt::format("'{} --help' lists them", name));
}

int CommandLine::wrong_call(const CLI::ParseError& error) {
  const auto* app = deepest();
  const auto extra = root_.remaining(true);
  if (!extra.empty()) return complain(surplus(*app, shown(extra.front())), 2);
  const auto help = fmt::format("'{} --help' shows how", full_name(app));
  if (const auto verbs = verbs_of(*app); !verbs.empty())
    return complain(fmt::format("'{}' needs one of {}; {}", full_name(app), fmt::join(verbs, ", "), help), 2);
  return complain(fmt::format("{}; {}", error.what(), help), 2);
}

int CommandLine::main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "__complete") {
    fmt::print("{}", candidates(root_, {argv + 2, argv + argc}));
    return 0;
  }
  try {
    root_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", help_of(*deepest()));
    return 0;
  } catch (const CLI::CallForAllHelp&) {
    fmt::print("{}", root_.help("", CLI::AppFormatMode::All));
    return 0;
  } catch (const CLI::ParseError& error) {
    return wrong_call(error);
  }
  if (show_version_ && !chosen_) chosen_ = [this] { return run_version(version_); };
  if (!chosen_) {
    fmt::print(stderr, "{}", help_of(*deepest()));
    return 2;
  }
  const auto done = chosen_();
  if (done) return *done;
  return complain(done.error().text(), exit_code(done.error()));
}

}  // namespace

int exit_code(const Error& error) {
  switch (error.code) {
    case Code::invalid:
    case Code::not_found:
    case Code::exists:
    case Code::denied:
    case Code::too_large:
      return 2;
    default:
      return 3;
  }
}

}  // namespace ostiary::app

int main(int argc, char** argv) {
  try {
    return ostiary::app::CommandLine().main(argc, argv);
  } catch (const std::exception& error) {
    return ostiary::app::complain(fmt::format("stopped by a fault of the program: {}", error.what()), 3);
  }
}
