#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "app/verbs.h"
#include "base/result.h"

namespace ostiary::app {

// The command line. Each cli_*.cc adds verbs to it with their flags; main.cc lists them. The options of a
// verb are shared with its callback.
class CommandLine {
 public:
  using Run = std::function<Result<int>()>;
  CommandLine();
  CLI::App& root() { return root_; }

  // A verb with its help; `example` is one call a line.
  CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& what,
                 const std::string& example);
  // `sarif`, `csv`: the verb has that format too.
  void add_format(CLI::App& app, Format& format, bool& quiet, bool sarif = false, bool csv = false);
  void add_common(CLI::App& app, CommonOptions& options, bool sarif = false, bool csv = false);
  // What the verb does where the arguments ask for it.
  void does(CLI::App& app, Run run);

  int main(int argc, char** argv);

 private:
  int wrong_call(const CLI::ParseError& error);
  CLI::App* deepest();

  CLI::App root_{
      "Ostiary: the door through which prompts go out and answers come back, and the book of all that "
      "passed.",
      "ostiary"};
  bool show_version_ = false;
  Run chosen_;
};

// One line on stderr, whatever the message holds. Returns the code.
int complain(std::string_view message, int code);

void add_serve(CommandLine& line);
void add_inspect(CommandLine& line);
void add_scan(CommandLine& line);
void add_doctor(CommandLine& line);
void add_key(CommandLine& line);
void add_key_request(CommandLine& line, CLI::App& key);
void add_team(CommandLine& line);
void add_me(CommandLine& line);
void add_ledger(CommandLine& line);
void add_keeping(CommandLine& line, CLI::App& ledger);
void add_setup(CommandLine& line);
void add_desk(CommandLine& line);
void add_others(CommandLine& line);  // version, completion, docs

}  // namespace ostiary::app
