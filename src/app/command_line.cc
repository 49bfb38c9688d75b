// How a call is read, and how a wrong one is told.

#include "app/impl/command_line.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <vector>

#include "app/impl/completion.h"
#include "app/impl/terminal.h"
#include "base/text.h"

namespace ostiary::app {

namespace {

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

}  // namespace

// One line on stderr, whatever the message holds.
int complain(std::string_view message, int code) {
  fmt::print(stderr, "ostiary: {}\n", printable(message));
  return code;
}

CLI::App* CommandLine::verb(CLI::App& parent, const std::string& name, const std::string& what,
                            const std::string& example) {
  auto* app = parent.add_subcommand(name, what);
  app->footer(fmt::format("Example:\n  {}", example));
  return app;
}

void CommandLine::add_format(CLI::App& app, Format& format, bool& quiet, bool sarif, bool csv) {
  std::vector<std::pair<std::string, Format>> known = {{"text", Format::text}, {"json", Format::json}};
  if (sarif) known.emplace_back("sarif", Format::sarif);
  if (csv) known.emplace_back("csv", Format::csv);
  std::string words;
  for (std::size_t i = 0; i < known.size(); ++i)
    words += (i == 0 ? "" : i + 1 == known.size() ? " or " : ", ") + known[i].first;
  const auto find = [known](const std::string& word) {
    for (const auto& [name, one] : known)
      if (name == word) return std::optional(one);
    return std::optional<Format>();
  };
  const auto take = [&format, find](const std::string& word) { format = find(word).value_or(Format::text); };
  app.add_option_function<std::string>("--format", take, words)
      ->check([find, words](const std::string& word) { return find(word) ? "" : "is " + words; })
      ->type_name("FORMAT");
  app.add_flag("--quiet", quiet, "no hints, headings and progress");
}

void CommandLine::add_common(CLI::App& app, CommonOptions& options, bool sarif, bool csv) {
  add_format(app, options.format, options.quiet, sarif, csv);
  app.add_option("-o,--output", options.output, "write to FILE, whole or not at all")->type_name("FILE");
  if (const char* data = std::getenv("OSTIARY_DATA"); data && *data) options.data = data;
  app.add_option("--data", options.data, "data folder (default: $OSTIARY_DATA, or ./ostiary-data)")
      ->type_name("DIR");
}

void CommandLine::does(CLI::App& app, Run run) {
  app.callback([this, run = std::move(run)] { chosen_ = run; });
}

CommandLine::CommandLine() {
  root_.footer(
      "'ostiary VERB --help' tells more, with an example.\n\nExit codes: 0 done; 1 a check failed; 2 the "
      "call is wrong; 3 the machine failed.");
  // What stands behind a verb is never another one: a folder may be called "version".
  root_.require_subcommand(0, 1);
  root_.add_flag("--version", show_version_, "the same as the verb version");
}

// The verb that parsing came to.
CLI::App* CommandLine::deepest() {
  auto* app = &root_;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
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
  if (show_version_ && !chosen_) chosen_ = [] { return run_version({}); };
  if (!chosen_) {
    fmt::print(stderr, "{}", help_of(*deepest()));
    return 2;
  }
  const auto done = chosen_();
  if (done) return *done;
  return complain(done.error().text(), exit_code(done.error()));
}

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
