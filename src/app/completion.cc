#include "app/impl/completion.h"

#include <CLI/CLI.hpp>
#include <map>

namespace ostiary::app {

namespace {

// The verb that the words before the last one came to.
CLI::App* verb_of(CLI::App& root, const std::vector<std::string>& words) {
  auto* app = &root;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto subs = app->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == words[i]; });
    if (!subs.empty()) app = app->get_subcommand(words[i]);
  }
  return app;
}

// The option whose value comes after `word`; null for flags and everything else.
const CLI::Option* option_before(const CLI::App& app, const std::string& word) {
  if (!word.starts_with('-')) return nullptr;
  const auto* option = app.get_option_no_throw(word);
  return option && option->get_items_expected_max() > 0 ? option : nullptr;
}

}  // namespace

Result<std::string> completion_script(const std::string& shell) {
  static const std::map<std::string, std::string> scripts = {
      {"bash",
       "_ostiary() {\n"
       "  local IFS=$'\\n'\n"
       "  COMPREPLY=($(ostiary __complete \"${COMP_WORDS[@]:1:COMP_CWORD}\"))\n"
       "}\n"
       "complete -o default -F _ostiary ostiary\n"},
      {"zsh",
       "#compdef ostiary\n"
       "_ostiary() {\n"
       "  local -a found\n"
       "  found=(\"${(@f)$(ostiary __complete \"${(@)words[2,CURRENT]}\")}\")\n"
       "  if [[ -n \"$found\" ]]; then compadd -a found; else _files; fi\n"
       "}\n"
       "compdef _ostiary ostiary\n"},
      {"fish", "complete -c ostiary -a '(ostiary __complete (commandline -opc)[2..] (commandline -ct))'\n"},
  };
  const auto found = scripts.find(shell);
  if (found == scripts.end())
    return fail(Code::invalid, "there is no completion for this shell; there is for bash, zsh and fish",
                shell);
  return found->second;
}

std::string candidates(CLI::App& root, const std::vector<std::string>& words) {
  const std::string last = words.empty() ? "" : words.back();
  const auto* app = verb_of(root, words);
  std::string out;
  const auto offer = [&](const std::string& word) {
    if (word.starts_with(last)) out += word + '\n';
  };
  if (words.size() > 1) {
    const auto& before = words[words.size() - 2];
    if (before == "--format") {
      offer("json");
      offer("text");
      return out;
    }
    if (option_before(*app, before)) return out;
  }
  if (last.starts_with('-')) {
    for (const auto* option : app->get_options())
      for (const auto& name : option->get_lnames()) offer("--" + name);
    return out;
  }
  for (const auto* sub : app->get_subcommands([](const CLI::App* a) { return !a->get_group().empty(); }))
    offer(sub->get_name());
  return out;
}

}  // namespace ostiary::app
