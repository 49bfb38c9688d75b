// Verbs about the program itself.

#include <memory>
#include <string>

#include "app/impl/command_line.h"
#include "app/impl/manual.h"
#include "app/impl/terminal.h"

namespace ostiary::app {

void add_others(CommandLine& line) {
  const auto common = std::make_shared<CommonOptions>();
  const auto word = std::make_shared<std::string>();
  auto* version = line.verb(line.root(), "version", "show what this program was built from",
                            "ostiary version --format json");
  line.add_common(*version, *common);
  line.does(*version, [common] { return run_version(*common); });

  auto* completion = line.verb(line.root(), "completion", "print the script that lets a shell complete calls",
                               "source <(ostiary completion bash)\n"
                               "  ostiary completion zsh -o ~/.zfunc/_ostiary\n"
                               "  ostiary completion fish -o ~/.config/fish/completions/ostiary.fish");
  completion->add_option("shell", *word, "bash, zsh or fish")->required();
  line.add_common(*completion, *common);
  line.does(*completion, [common, word] { return run_completion(*word, *common); });

  auto* docs = line.verb(line.root(), "docs", "print a page that is made by the program",
                         "ostiary docs configuration -o docs/configuration.md\n"
                         "  ostiary docs man | man -l -");
  docs->group("");  // not listed
  docs->add_option("page", *word, "configuration, inventory-fields, man or openapi")->required();
  line.add_common(*docs, *common);
  line.does(*docs, [common, word, &line]() -> Result<int> {
    if (*word != "man") return run_docs(*word, *common);
    TRY_VOID(put(*common, manual_page(line.root())));
    return 0;
  });
}

}  // namespace ostiary::app
