// Programs that scripts run and packages that they install.
#include <algorithm>
#include <array>
#include <set>

#include "scan/impl/detectors.h"
#include "scan/impl/uses.h"

namespace ostiary::scan {

namespace {

using std::string_view;

// What runs another program, which follows it.
constexpr auto kRunners = std::to_array<string_view>(
    {"sudo",  "env",  "exec",   "time",  "nohup",  "nice",    "command",  "npx",
     "uvx",   "bunx", "setsid", "xargs", "stdbuf", "chronic", "if",       "while",
     "until", "then", "do",     "else",  "elif",   "time",    "unbuffer", "builtin"});

constexpr std::size_t kLongestWord = 64;  // tokens

class Commands {
 public:
  Commands(const Source& source, Signs& out) : code_(source), out_(&out) {}
  void read();

 private:
  struct Word {
    string_view text;
    std::size_t next = 0;  // the token behind it
  };
  Word word_at(std::size_t i) const;
  bool begins_command(std::size_t i) const;
  void read_command(std::size_t i);
  void add(const SdkList* sdks, std::size_t i, std::size_t end);

  Code code_;
  Signs* out_;
  std::set<string_view> functions_;
};

// Tokens without blanks between, as the shell sees a word.
Commands::Word Commands::word_at(std::size_t i) const {
  auto next = i + 1;
  const auto separates = [&](std::size_t at) {
    const auto text = code_.at(at);
    return text.size() == 1 && string_view(";|&()<>`").find(text.front()) != string_view::npos;
  };
  if (separates(i)) return {code_.at(i), next};
  while (next < i + kLongestWord && code_.touches(next) && !separates(next)) ++next;
  return {code_.source().text.substr(code_.start(i), code_.end(next - 1) - code_.start(i)), next};
}

bool Commands::begins_command(std::size_t i) const {
  if (code_.begins_line(i)) return true;
  const auto before = code_.at(i - 1);
  return before == ";" || before == "|" || before == "&" || before == "(" || before == "{" || before == "`" ||
         before == "!" || before == "then" || before == "do" || before == "else";
}

void Commands::add(const SdkList* sdks, std::size_t i, std::size_t end) {
  if (sdks == nullptr) return;
  const auto& source = code_.source();
  for (const auto* sdk : *sdks) {
    auto sign = sign_of(*sdk, Grade::called, "command", source.place(code_.start(i)),
                        source.place(code_.end(end - 1)));
    sign.weak = sdk->ambiguous;
    out_->add(std::move(sign));
  }
}

void Commands::read_command(std::size_t i) {
  constexpr std::size_t most = 12;  // words before the program
  for (std::size_t n = 0; n < most && i < code_.size(); ++n) {
    const auto word = word_at(i);
    const bool assigns = word.text.find('=') != string_view::npos && !word.text.starts_with('=');
    const bool runs = std::ranges::find(kRunners, word.text) != kRunners.end();
    const bool option = n > 0 && word.text.starts_with('-');
    if (word.text == "command" && code_.is(word.next, "-")) return;  // asks where it is
    const bool two =
        (word.text == "uv" || word.text == "poetry" || word.text == "pipx" || word.text == "pdm" ||
         word.text == "hatch" || word.text == "pnpm" || word.text == "yarn") &&
        (code_.is(word.next, "run") || code_.is(word.next, "dlx") || code_.is(word.next, "exec"));
    if (!assigns && !runs && !option && !two) break;
    i = word.next + (two ? 1 : 0);
    if (code_.begins_line(i)) return;
  }
  if (i >= code_.size()) return;
  const auto word = word_at(i);
  auto program = word.text;
  while (!program.empty() && (program.front() == '"' || program.front() == '\'')) program.remove_prefix(1);
  while (!program.empty() && (program.back() == '"' || program.back() == '\'')) program.remove_suffix(1);
  program = program.substr(program.rfind('/') + 1);
  if (functions_.contains(program)) return;
  if (program.starts_with("python")) {
    for (auto at = word.next; at + 1 < code_.size() && !begins_command(at); ++at)
      if (code_.is(at, "-") && code_.is(at + 1, "m") && code_.touches(at + 1)) {
        const auto module = word_at(at + 2);
        add(sdks_of_import("python", module.text).sdks, at + 2, module.next);
        return;
      }
    return;
  }
  add(sdks_of_command(program), i, word.next);
}

void Commands::read() {
  for (std::size_t i = 0; i + 2 < code_.size(); ++i)
    if (code_.is_word(i) && code_.is(i + 1, "(") && code_.is(i + 2, ")")) {
      const auto name = word_at(i);
      functions_.insert(name.text);
    } else if (code_.is(i, "function") && code_.is_word(i + 1)) {
      functions_.insert(code_.at(i + 1));
    }
  for (std::size_t i = 0; i < code_.size(); ++i)
    if (begins_command(i)) read_command(i);
}

}  // namespace

void read_commands(const Source& source, Signs& out) {
  if (source.language == "shell") Commands(source, out).read();
}

}  // namespace ostiary::scan
