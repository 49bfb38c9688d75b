#include "scan/installs.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/text.h"
#include "scan/impl/command_line.h"
#include "scan/impl/manifest/npm.h"
#include "scan/impl/manifest/reading.h"

namespace ostiary::scan {

namespace {

constexpr std::size_t kLongestText = 16u << 20;
constexpr int kDeepest = 3;  // of `sh -c` in one another

// What may follow a command's name, and what its words then are.
struct Tool {
  std::string_view program;
  std::string_view verb;  // words between blanks; empty: none
  Ecosystem ecosystem = Ecosystem::pypi;
  std::string_view valued;  // options that take the next word, between blanks
  bool first_only = false;  // what follows the first name is its own arguments
};

constexpr std::string_view kPip =
    " -r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links -t --target --prefix "
    "--root --platform --python-version --implementation --abi --no-binary --only-binary --progress-bar "
    "--trusted-host --cache-dir --timeout --proxy --src --python -p --config-settings --report --group "
    "--optional --extra --index --package --script --tag --branch --rev --refresh-package --with -n -e "
    "--editable -G -E --extras --source --pip-args --directory --project ";
constexpr std::string_view kNpm =
    " --registry --prefix -w --workspace --tag --loglevel --cache -C --dir --filter --save-prefix --cwd ";
constexpr std::string_view kNpx = " -c --call --registry --cache --prefix -w --workspace --loglevel ";
constexpr std::string_view kGo = " -o -tags -ldflags -gcflags -mod -modfile -C ";
constexpr std::string_view kCargo =
    " -F --features --version --vers --git --branch --tag --rev --path --root --target --registry --index -p "
    "--package --rename --profile -j --jobs --manifest-path --target-dir --color ";
constexpr std::string_view kGem =
    " -v --version -s --source -i --install-dir -n --bindir -P --group --require ";
constexpr std::string_view kComposer = " -d --working-dir ";
constexpr std::string_view kDotnet =
    " -v --version -s --source -f --framework --package-directory --project --tool-path --add-source ";
constexpr std::string_view kConda = " -n --name -p --prefix -c --channel -f --file --solver --platform ";
constexpr std::string_view kApt = " -t --target-release -o --option -c --config-file -a ";

constexpr std::array kTools = {
    Tool{"pip", "install", Ecosystem::pypi, kPip},
    Tool{"pip", "download", Ecosystem::pypi, kPip},
    Tool{"uv", "pip install", Ecosystem::pypi, kPip},
    Tool{"uv", "add", Ecosystem::pypi, kPip},
    Tool{"uv", "tool install", Ecosystem::pypi, kPip},
    Tool{"uv", "tool run", Ecosystem::pypi, kPip, true},
    Tool{"uvx", "", Ecosystem::pypi, kPip, true},
    Tool{"pipx", "install", Ecosystem::pypi, kPip},
    Tool{"pipx", "run", Ecosystem::pypi, kPip, true},
    Tool{"poetry", "add", Ecosystem::pypi, kPip},
    Tool{"pdm", "add", Ecosystem::pypi, kPip},
    Tool{"rye", "add", Ecosystem::pypi, kPip},
    Tool{"pipenv", "install", Ecosystem::pypi, kPip},
    Tool{"conda", "install", Ecosystem::conda, kConda},
    Tool{"conda", "create", Ecosystem::conda, kConda},
    Tool{"mamba", "install", Ecosystem::conda, kConda},
    Tool{"mamba", "create", Ecosystem::conda, kConda},
    Tool{"micromamba", "install", Ecosystem::conda, kConda},
    Tool{"micromamba", "create", Ecosystem::conda, kConda},
    Tool{"pixi", "add", Ecosystem::conda, kConda},
    Tool{"npm", "install", Ecosystem::npm, kNpm},
    Tool{"npm", "i", Ecosystem::npm, kNpm},
    Tool{"npm", "add", Ecosystem::npm, kNpm},
    Tool{"npm", "exec", Ecosystem::npm, kNpx, true},
    Tool{"yarn", "add", Ecosystem::npm, kNpm},
    Tool{"yarn", "global add", Ecosystem::npm, kNpm},
    Tool{"yarn", "dlx", Ecosystem::npm, kNpx, true},
    Tool{"pnpm", "add", Ecosystem::npm, kNpm},
    Tool{"pnpm", "install", Ecosystem::npm, kNpm},
    Tool{"pnpm", "i", Ecosystem::npm, kNpm},
    Tool{"pnpm", "dlx", Ecosystem::npm, kNpx, true},
    Tool{"bun", "add", Ecosystem::npm, kNpm},
    Tool{"bun", "install", Ecosystem::npm, kNpm},
    Tool{"bun", "i", Ecosystem::npm, kNpm},
    Tool{"bun", "x", Ecosystem::npm, kNpx, true},
    Tool{"npx", "", Ecosystem::npm, kNpx, true},
    Tool{"bunx", "", Ecosystem::npm, kNpx, true},
    Tool{"pnpx", "", Ecosystem::npm, kNpx, true},
    Tool{"deno", "add", Ecosystem::npm, kNpm},
    Tool{"deno", "install", Ecosystem::npm, kNpm},
    Tool{"go", "get", Ecosystem::go, kGo},
    Tool{"go", "install", Ecosystem::go, kGo},
    Tool{"go", "run", Ecosystem::go, kGo, true},
    Tool{"cargo", "add", Ecosystem::cargo, kCargo},
    Tool{"cargo", "install", Ecosystem::cargo, kCargo},
    Tool{"cargo", "binstall", Ecosystem::cargo, kCargo},
    Tool{"gem", "install", Ecosystem::gem, kGem},
    Tool{"gem", "i", Ecosystem::gem, kGem},
    Tool{"bundle", "add", Ecosystem::gem, kGem},
    Tool{"composer", "require", Ecosystem::composer, kComposer},
    Tool{"composer", "global require", Ecosystem::composer, kComposer},
    Tool{"dotnet", "add package", Ecosystem::nuget, kDotnet, true},
    Tool{"dotnet", "package add", Ecosystem::nuget, kDotnet, true},
    Tool{"dotnet", "tool install", Ecosystem::nuget, kDotnet, true},
    Tool{"vcpkg", "install", Ecosystem::vcpkg, ""},
    Tool{"apt-get", "install", Ecosystem::debian, kApt},
    Tool{"apt", "install", Ecosystem::debian, kApt},
    Tool{"aptitude", "install", Ecosystem::debian, kApt},
};

bool holds_word(std::string_view list, std::string_view word) {
  for (auto at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1))
    if (at > 0 && list[at - 1] == ' ' && list.substr(at + word.size()).starts_with(' ')) return true;
  return false;
}

using Words = std::span<const Word>;

// `VAR=value` in front of a command.
bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == 0 || equals == std::string_view::npos) return false;
  return std::ranges::all_of(word.substr(0, equals), [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
  });
}

// The command without what only runs it.
Words past_runners(Words words) {
  constexpr std::string_view runners =
      " sudo doas env time nohup exec command RUN run xargs if then else do while until ! ";
  while (!words.empty()) {
    const auto& word = words.front().text;
    const bool option = word.starts_with('-');
    if (!option && !is_assignment(word) && !holds_word(runners, word)) break;
    words = words.subspan(1);
  }
  return words;
}

// A program's name without its folder, ending, version and a notebook's mark: `/usr/bin/pip3.11`, `!pip`.
std::string_view program_of(std::string_view word) {
  word.remove_prefix(word.find_last_of("/\\") + 1);
  while (word.starts_with('!') || word.starts_with('%') || word.starts_with('@')) word.remove_prefix(1);
  if (word.ends_with(".exe") || word.ends_with(".cmd")) word.remove_suffix(4);
  for (const std::string_view name : {"pip", "python", "gem"}) {
    if (!word.starts_with(name)) continue;
    const auto rest = word.substr(name.size());
    if (rest.find_first_not_of("0123456789.") == std::string_view::npos) return name;
  }
  return word;
}

class Installs {
 public:
  Installs(std::string_view text, Manifest& out) : reading_("", text, out) {}

  void read(std::string_view text, std::size_t offset, int depth) {
    Commands commands(text);
    Command one;
    while (!reading_.full() && commands.next(one)) {
      if (one.form != Command::Form::simple) continue;
      for (auto& word : one.words) to_characters(word, offset, text);
      command(one.words, depth);
    }
  }

 private:
  void command(Words words, int depth) {
    words = past_runners(words);
    if (words.empty()) return;
    auto program = program_of(words.front().text);
    words = words.subspan(1);
    if (program == "python" || program == "py") {
      if (words.size() < 2 || words[0].text != "-m") return;
      program = program_of(words[1].text);
      words = words.subspan(2);
    }
    if (program == "sh" || program == "bash" || program == "zsh" || program == "ash" || program == "dash")
      return script(words, depth);
    for (const auto& tool : kTools)
      if (tool.program == program && behind_verb(tool, words)) return install(tool, words);
  }

  // Makes a word's place that of its characters in the whole text, its quotes left out. Where others stand
  // between them it is that of the word.
  static void to_characters(Word& word, std::size_t offset, std::string_view text) {
    const auto raw = text.substr(word.start, word.end - word.start);
    const auto quote = raw.starts_with('"') || raw.starts_with('\'') ? std::size_t{1} : std::size_t{0};
    const bool as_written = raw.substr(quote, word.text.size()) == word.text;
    if (as_written) word.end = word.start + quote + word.text.size();
    word.start += offset + quote;
    word.end += offset;
  }
  static bool as_written(const Word& word) { return word.end - word.start == word.text.size(); }

  // `-c 'commands'`, which are read where they stand as long as nothing is hidden within their quotes.
  void script(Words words, int depth) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      const auto& option = words[i].text;
      if (!option.starts_with('-') || option.starts_with("--") || !option.ends_with('c')) continue;
      const auto& text = words[i + 1];
      if (depth < kDeepest && as_written(text))
        read(reading_.text().substr(text.start, text.end - text.start), text.start, depth + 1);
      return;
    }
  }

  // Moves `words` behind the verb, whose words may have options, and of dotnet a project, in between.
  static bool behind_verb(const Tool& tool, Words& words) {
    auto rest = words;
    for (auto verb = tool.verb; !verb.empty();) {
      const auto wanted = take_until(verb, " ");
      bool project = tool.program == "dotnet" && wanted == "package";
      while (!rest.empty() && rest.front().text != wanted) {
        if (!rest.front().text.starts_with('-')) {
          if (!project) return false;
          project = false;
        } else if (holds_word(tool.valued, rest.front().text)) {
          rest = rest.subspan(1);
          if (rest.empty()) return false;
        }
        rest = rest.subspan(1);
      }
      if (rest.empty()) return false;
      rest = rest.subspan(1);
    }
    words = rest;
    return true;
  }

  void install(const Tool& tool, Words words) {
    Said said;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string_view word = words[i].text;
      if (holds_word(" -D -d --dev --save-dev --save-development --develop ", word)) said.development = true;
      if (i + 1 < words.size() && holds_word(" --group -G --optional ", word) &&
          says_development(words[i + 1].text))
        said.development = true;
    }
    bool any = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string_view word = words[i].text;
      if (word == "--") continue;
      if (word.starts_with('-')) {
        any = option(tool, words, i, said) || any;
        continue;
      }
      // With `--from` or `--package` the first word is a program of that package.
      if (any && tool.first_only) return;
      auto with = said;
      if (const auto version = version_option(tool, words); !version.empty())
        with = with_version(with, version);
      package(tool.ecosystem, words[i], with);
      any = true;
    }
  }

  // The option at `i`, and the next word where it takes one. True: it names the package.
  bool option(const Tool& tool, Words words, std::size_t& i, const Said& said) {
    const std::string_view word = words[i].text;
    const bool npx = tool.valued == kNpx, uvx = tool.first_only && tool.ecosystem == Ecosystem::pypi;
    for (const std::string_view name : {"--from", "--with", "--spec", "--package", "-p"}) {
      const bool of_npm = name == "--package" || name == "-p";
      if (!(of_npm ? npx : uvx) || !word.starts_with(name)) continue;
      if (word.size() == name.size() && i + 1 < words.size()) {
        package(tool.ecosystem, words[++i], said);
        return name != "--with";
      }
      if (word.substr(name.size()).starts_with('=')) {
        auto value = words[i];
        value.text.erase(0, name.size() + 1);
        value.start += name.size() + 1;
        package(tool.ecosystem, value, said);
        return name != "--with";
      }
    }
    if (holds_word(tool.valued, word)) ++i;
    return false;
  }

  static std::string_view version_option(const Tool& tool, Words words) {
    if (tool.ecosystem != Ecosystem::gem && tool.ecosystem != Ecosystem::cargo &&
        tool.ecosystem != Ecosystem::nuget)
      return {};
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
      if (holds_word(" -v --version --vers ", words[i].text)) return words[i + 1].text;
    return {};
  }

  void add(Ecosystem ecosystem, std::string_view name, const Word& word, const Said& said) {
    const auto before = std::min(static_cast<std::size_t>(name.data() - word.text.data()), word.text.size());
    reading_.add(ecosystem, name, word.start + before, word.start + before + name.size(), said);
  }

  void package(Ecosystem ecosystem, const Word& word, const Said& said) {
    const std::string_view text = word.text;
    if (text.find_first_of("$%`*") != std::string_view::npos || text.starts_with('.') ||
        text.starts_with('/'))
      return;
    switch (ecosystem) {
      case Ecosystem::pypi:
        python(word, said);
        return;
      case Ecosystem::conda:
        if (!text.contains('/')) add_conda_match(reading_, text, word.start, said);
        return;
      case Ecosystem::npm:
        return npm(word, said);
      case Ecosystem::go:
        return go(word, said);
      default:
        return versioned(ecosystem, word, said);
    }
  }

  // uv and pipx take `name@version`, too.
  void python(const Word& word, Said said) {
    std::string_view text = word.text;
    if (text.contains("://") || text.ends_with(".whl")) return;
    if (const auto at = text.find('@'); at != std::string_view::npos && !text.contains(' ')) {
      said = with_version(said, text.substr(at + 1));
      if (!text.contains('/')) add(Ecosystem::pypi, text.substr(0, text.find_first_of("[@")), word, said);
      return;
    }
    add_requirement(reading_, text, word.start, said);
  }

  void npm(const Word& word, Said said) {
    std::string_view text = word.text;
    if (text.starts_with("npm:")) text.remove_prefix(4);
    const auto [name, version] = split_npm(text);
    if (version.starts_with("npm:")) {
      const auto real = split_npm(version.substr(4));
      said.alias = name;
      return add(Ecosystem::npm, real.name, word, with_npm(said, real.version));
    }
    // An address, a path, or `owner/repository`.
    if (name.contains(':') || version.contains(':') || (!name.starts_with('@') && text.contains('/'))) return;
    add(Ecosystem::npm, name, word, with_npm(said, version));
  }

  void go(const Word& word, Said said) {
    std::string_view path = word.text;
    const auto at = path.find('@');
    if (at != std::string_view::npos) said = with_version(said, path.substr(at + 1));
    path = path.substr(0, at);
    if (path.ends_with("/...")) path.remove_suffix(4);
    const auto slash = path.find('/');
    if (slash == std::string_view::npos || !path.substr(0, slash).contains('.')) return;
    add(Ecosystem::go, path, word, said);
  }

  // `name`, `name@1`, `name:1`, `name=1`, `name/suite`, by ecosystem.
  void versioned(Ecosystem ecosystem, const Word& word, Said said) {
    const std::string_view text = word.text;
    if (text.contains("://")) return;
    const std::string_view marks = ecosystem == Ecosystem::debian     ? "=/:"
                                   : ecosystem == Ecosystem::cargo    ? "@"
                                   : ecosystem == Ecosystem::vcpkg    ? ":["
                                   : ecosystem == Ecosystem::nuget    ? "@"
                                   : ecosystem == Ecosystem::composer ? ":="
                                                                      : ":";
    const auto end = text.find_first_of(marks);
    const bool version = end != std::string_view::npos && ecosystem != Ecosystem::vcpkg &&
                         (ecosystem != Ecosystem::debian || text[end] == '=');
    if (version) said = with_version(said, text.substr(end + 1));
    const auto name = text.substr(0, end);
    if (ecosystem == Ecosystem::composer && !name.contains('/')) return;
    if (ecosystem != Ecosystem::composer && name.contains('/')) return;
    add(ecosystem, name, word, said);
  }

  Reading reading_;
};

}  // namespace

std::vector<Declared> installs_in(std::string_view shell_text) {
  shell_text = shell_text.substr(0, kLongestText);
  Manifest out;
  Installs(shell_text, out).read(shell_text, 0, 0);
  return std::move(out.declared);
}

}  // namespace ostiary::scan
