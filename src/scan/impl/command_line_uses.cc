// What the commands of a shell text use.
#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "catalog/word.h"
#include "scan/impl/command_line.h"
#include "scan/impl/detectors.h"
#include "scan/impl/models.h"
#include "scan/impl/sdk_names.h"
#include "scan/impl/source.h"
#include "scan/impl/uses_in_source.h"

namespace ostiary::scan {

namespace {

using catalog::says;
using catalog::Says;
using std::string_view;

struct Interpreter {
  string_view name, language;
  lex::Language lexed;
};
constexpr auto kInterpreters = std::to_array<Interpreter>({{"python", "python", lex::Language::python},
                                                           {"node", "javascript", lex::Language::javascript},
                                                           {"ruby", "ruby", lex::Language::ruby},
                                                           {"php", "php", lex::Language::php}});

// Packages that hold a program of another name.
constexpr auto kPackages =
    std::to_array<std::pair<string_view, string_view>>({{"@anthropic-ai/claude-code", "claude"},
                                                        {"@google/gemini-cli", "gemini"},
                                                        {"opencode-ai", "opencode"},
                                                        {"aider-chat", "aider"},
                                                        {"@qwen-code/qwen-code", "qwen"}});

string_view base_name(string_view word) {
  return word.substr(word.rfind('/') + 1);
}

// `python3.11` and `python` are one program.
bool same_program(string_view a, string_view b) {
  if (a.starts_with("python") && b.starts_with("python"))
    return a.find_first_not_of("0123456789.", 6) == string_view::npos &&
           b.find_first_not_of("0123456789.", 6) == string_view::npos;
  return a == b;
}

std::string_view key_of_program(string_view word) {
  return word.starts_with("python") ? string_view("python") : word;
}

bool is_assignment(string_view word) {
  const auto equals = word.find_first_of("=+");
  if (equals == string_view::npos || equals == 0 || !word.contains('=')) return false;
  return std::ranges::all_of(word.substr(0, equals), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

// Programs of the catalogue by their first word.
class Programs {
 public:
  struct Start {
    const catalog::Server* server;
    std::vector<string_view> words;
  };
  Programs() {
    for (const auto& server : catalog::servers())
      for (const auto& command : server.commands) {
        auto words = text::split(command, ' ');
        const std::string key(key_of_program(words[0]));
        servers_[key].push_back({&server, std::move(words)});
      }
    for (const auto& tool : catalog::tools())
      for (const auto& command : tool.commands) tools_.emplace(command, &tool);
  }
  const std::vector<Start>* servers(string_view word) const {
    const auto at = servers_.find(std::string(key_of_program(word)));
    return at == servers_.end() ? nullptr : &at->second;
  }
  const catalog::Tool* tool(string_view word) const {
    const auto at = tools_.find(std::string(word));
    return at == tools_.end() ? nullptr : at->second;
  }

 private:
  std::unordered_map<std::string, std::vector<Start>> servers_;
  std::unordered_map<std::string, const catalog::Tool*> tools_;
};

const Programs& programs() {
  static const Programs all;
  return all;
}

// Whether a program's name is a server's alone.
bool is_telling(const catalog::Server& server, string_view program) {
  return !server.ambiguous || (program != server.id && program != "serve");
}

// Looks at the commands of one text.
class Reader {
 public:
  Reader(const At& at, Stands stands, Reached& uses, int depth)
      : at_(at), stands_(stands), uses_(uses), depth_(depth) {}

  void text(string_view text) {
    Commands commands(text);
    for (Command command; commands.next(command);) take(command, text);
  }
  void words(const std::vector<Word>& words) {
    std::size_t from = 0;
    while (from < words.size() && before(words, from)) {
    }
    if (from < words.size()) run(words, from);
  }
  // Options and their values, without the command that they are for.
  void options(string_view text) {
    Commands commands(text);
    for (Command command; commands.next(command);)
      if (command.form == Command::Form::simple) arguments(command.words, 0);
  }
  void server_arguments(const std::vector<Word>& words, std::size_t from) {
    for (auto i = from; i < words.size(); ++i) {
      const auto word = string_view(words[i].text);
      const auto equals = word.find('=');
      if (word.starts_with('-') && equals != string_view::npos &&
          says(word.substr(0, equals), Says::model_flag))
        model_surely(words[i], equals + 1);
      else if (says(word, Says::model_flag) && i + 1 < words.size())
        model_surely(words[++i], 0);
    }
  }

 private:
  At in(const Word& word, std::size_t skipped = 0) const {
    return [this, &word, skipped](std::size_t i) {
      return at_(std::min(word.start + skipped + i, std::max(word.start, word.end)));
    };
  }
  void take(const Command& command, string_view text) {
    switch (command.form) {
      case Command::Form::comment:
        uses_.mentions(text.substr(command.start, command.end - command.start),
                       [&](std::size_t i) { return at_(command.start + i); });
        return;
      case Command::Form::function:
        own_.insert(command.words.back().text);
        return;
      case Command::Form::array:
        for (const auto& word : command.words) value(word, 0, Wanted::no);
        return;
      case Command::Form::document:
        return document(command, text);
      case Command::Form::simple:
        return words(command.words);
    }
  }

  // A here document: printed, or given to a program that uses it.
  void document(const Command& command, string_view text) {
    const auto body = text.substr(command.start, command.end - command.start);
    const At at = [&](std::size_t i) { return at_(command.start + i); };
    const auto reader = command.words.empty() ? string_view() : base_name(command.words[0].text);
    if (says(reader, Says::printing_command) && command.captured) uses_.models_in_body(body, at, kValue);
    if ((says(reader, Says::printing_command) || reader == "tee") && !command.piped)
      return uses_.mentions(body, at);
    // An instruction RUN of a Dockerfile has nothing before its document.
    if (reader.empty() || says(reader, Says::shell) || reader == "ssh") {
      if (depth_ < Commands::kDeepest) Reader(at, stands_, uses_, depth_ + 1).text(body);
      return;
    }
    if (program(reader, body, at(0))) return;
    uses_.models_in_body(body, at, stands_);
    uses_.addresses(body, at, stands_);
  }

  // A program that an interpreter reads. False: it is none that we know.
  bool program(string_view interpreter, string_view text, std::uint64_t place) {
    const auto plain = interpreter.substr(0, interpreter.find_first_of("0123456789."));
    const auto* known = std::ranges::find(kInterpreters, plain, &Interpreter::name);
    if (known == kInterpreters.end()) return false;
    uses_.calls();
    uses_in_source(source_of(Form::code, known->language, known->lexed, text, place), stands_.grade, uses_);
    return true;
  }

  // Whether the word at `from` only stands before the command; moves on.
  bool before(const std::vector<Word>& words, std::size_t& from) {
    const auto& word = words[from];
    const auto text = string_view(word.text);
    const auto name = base_name(text);
    if (is_assignment(text)) {
      value(word, text.find('=') + 1, names_model(text.substr(0, text.find('='))));
      return ++from, true;
    }
    if (name == "export" || name == "set" || name == "setx" || name == "declare" || name == "local" ||
        name == "readonly")
      return ++from, true;
    if (name == "timeout") {
      ++from;
      while (from < words.size() && (words[from].text.starts_with('-') ||
                                     (words[from].text[0] >= '0' && words[from].text[0] <= '9')))
        ++from;
      return true;
    }
    if (name == "npx" || name == "uvx" || name == "bunx" || name == "pnpx") {
      ++from;
      while (from < words.size() && words[from].text.starts_with('-')) ++from;
      return true;
    }
    const auto asks = name == "command" && from + 1 < words.size() &&
                      (words[from + 1].text == "-v" || words[from + 1].text == "-V");
    if (asks) return false;  // where a program is
    if (says(name, Says::before_command)) {
      ++from;
      while (name != "--" && from < words.size() && words[from].text.size() == 2 &&
             words[from].text[0] == '-')
        ++from;
      return true;
    }
    if (from + 1 < words.size() && says(std::string(name) + " " + words[from + 1].text, Says::before_command))
      return from += 2, true;
    return false;
  }

  void run(const std::vector<Word>& words, std::size_t from) {
    const auto name = base_name(words[from].text);
    if (own_.contains(std::string(name)) || name == "for" || name == "case" || name == "function" ||
        name == "alias")
      return;
    if (says(name, Says::printing_command)) return print(words, from);
    if (says(name, Says::shell) && shell(words, from)) return;
    if (from + 2 < words.size() && (words[from + 1].text == "-c" || words[from + 1].text == "-e") &&
        program(name, words[from + 2].text, at_(words[from + 2].start)))
      return;
    if (name == "helm") chart(words, from);
    if (says(name, Says::sending_command)) uses_.calls();
    const bool known = server(words, from) || engine(words, from) || tool(words, from) || sdk(words, from);
    if (known) uses_.calls();
    arguments(words, from);
  }

  void print(const std::vector<Word>& words, std::size_t from) {
    for (auto i = from + 1; i < words.size(); ++i) uses_.mentions(words[i].text, in(words[i]));
  }

  // `bash -c TEXT`. False: another use of it.
  bool shell(const std::vector<Word>& words, std::size_t from) {
    if (depth_ >= Commands::kDeepest) return false;
    for (auto i = from + 1; i + 1 < words.size(); ++i) {
      const auto flag = string_view(words[i].text);
      if (!flag.starts_with('-')) return false;
      if (!flag.ends_with('c')) continue;
      const At at = in(words[i + 1]);
      Reader(at, stands_, uses_, depth_ + 1).text(words[i + 1].text);
      return true;
    }
    return false;
  }

  // A program that serves models.
  bool server(const std::vector<Word>& words, std::size_t from) {
    const auto* starts = programs().servers(base_name(words[from].text));
    if (!starts) return false;
    for (const auto& start : *starts) {
      const auto size = start.words.size();
      if (from + size > words.size()) continue;
      bool same = same_program(base_name(words[from].text), start.words[0]);
      for (std::size_t i = 1; same && i < size; ++i) same = words[from + i].text == start.words[i];
      if (!same || !is_telling(*start.server, start.words[0])) continue;
      const auto& last = words[from + size - 1];
      uses_.service(*start.server, at_(words[from].start), at_(last.end), stands_);
      auto next = from + size;
      const auto verb = size > 1 ? start.words[1] : string_view();
      const bool takes_model = (start.words[0] == "ollama" && verb != "serve") || (start.words[0] == "vllm");
      while (start.words[0] == "ollama" && next < words.size() && words[next].text.starts_with("--")) ++next;
      if (takes_model && next < words.size() && !words[next].text.starts_with('-'))
        model_surely(words[next++], 0);
      server_arguments(words, next);
      return true;
    }
    return false;
  }

  // `docker run IMAGE ARGUMENTS`.
  bool engine(const std::vector<Word>& words, std::size_t from) {
    if (!says(base_name(words[from].text), Says::container_engine) || from + 2 >= words.size()) return false;
    auto i = from + 1;
    if (words[i].text == "container") ++i;
    const bool runs = words[i].text == "run" || words[i].text == "create" || words[i].text == "pull";
    const bool enters = words[i].text == "exec" || words[i].text == "compose";
    for (++i; i < words.size(); ++i) {
      if (runs && uses_.image(words[i].text, at_(words[i].start), at_(words[i].end), stands_)) {
        server_arguments(words, i + 1);
        if (i + 1 < words.size()) server(words, i + 1);
        return true;
      }
      if (enters && server(words, i)) return true;
    }
    return false;
  }

  // `helm install NAME REPOSITORY/CHART`.
  void chart(const std::vector<Word>& words, std::size_t from) {
    if (from + 2 >= words.size() || (words[from + 1].text != "install" && words[from + 1].text != "upgrade"))
      return;
    for (auto i = from + 2; i < words.size(); ++i) {
      const auto text = string_view(words[i].text);
      if (text.starts_with('-') || !text.contains('/')) continue;
      if (const auto* server = server_of_chart(text))
        uses_.service(*server, at_(words[i].start), at_(words[i].end), {Grade::deployed},
                      "chart " + words[i].text);
    }
  }

  // An agent that runs on its own.
  bool tool(const std::vector<Word>& words, std::size_t from) {
    const auto word = string_view(words[from].text);
    // npx @anthropic-ai/claude-code@1: the package is named after its command, or holds it.
    const auto package = word.substr(0, word.find('@', 1));
    const auto* tool = programs().tool(base_name(package));
    for (const auto& [name, command] : kPackages)
      if (!tool && package == name) tool = programs().tool(command);
    if (!tool || from + 1 >= words.size()) return false;
    const bool acts =
        std::any_of(words.begin() + static_cast<std::ptrdiff_t>(from) + 1, words.end(), [](const Word& word) {
          return says(string_view(word.text).substr(0, word.text.find('=')), Says::agent_argument);
        });
    if (!acts) return false;
    uses_.add({.kind = Kind::agent_config,
               .name = tool->id,
               .grade = stands_.grade,
               .detector = "command",
               .start = at_(words[from].start),
               .end = at_(words[from].end),
               .provider = tool->provider,
               .note = "runs " + words[from].text});
    return true;
  }

  // A command of a library, or a module of one that Python runs. False: none that surely is.
  bool sdk(const std::vector<Word>& words, std::size_t from) {
    const auto name = base_name(words[from].text);
    if (!name.starts_with("python")) return sdk(sdks_of_command(name), words, from);
    for (auto i = from + 1; i + 1 < words.size() && words[i].text.starts_with('-'); ++i) {
      if (words[i].text == "-m") return sdk(sdks_of_import("python", words[i + 1].text).sdks, words, i + 1);
      if (words[i].text == "-W" || words[i].text == "-X") ++i;
    }
    return false;
  }
  bool sdk(const SdkList* sdks, const std::vector<Word>& words, std::size_t from) {
    if (sdks == nullptr) return false;
    bool sure = false;
    for (const auto* sdk : *sdks) {
      auto sign = sign_of(*sdk, stands_.grade, "command", at_(words[from].start), at_(words[from].end));
      sign.weak = sdk->ambiguous && !has_model(words, from + 1);
      if (!sign.weak) uses_.speaks_of_ai();
      sure |= !sign.weak;
      uses_.add(std::move(sign));
    }
    return sure;
  }

  // A program of a common name is told by a model among its arguments.
  static bool has_model(const std::vector<Word>& words, std::size_t from) {
    for (auto i = from; i < words.size(); ++i) {
      const auto known = model_named(words[i].text);
      if (known && (known->sure || says(words[i - 1].text, Says::model_flag))) return true;
    }
    return false;
  }

  void arguments(const std::vector<Word>& words, std::size_t from) {
    for (auto i = from; i < words.size(); ++i) {
      const auto text = string_view(words[i].text);
      const auto at = in(words[i]);
      uses_.addresses(text, at, stands_);
      if (text.contains("model")) uses_.models_in_body(text, at, stands_);
      const auto equals = text.starts_with('-') || is_assignment(text) ? text.find('=') : string_view::npos;
      const auto skipped = equals == string_view::npos ? 0 : equals + 1;
      if (text.contains("model") || text.contains("deployments/"))
        uses_.models_in_path(text.substr(skipped), in(words[i], skipped), stands_);
      auto wanted = Wanted::no;
      if (skipped > 0)
        wanted = names_model(text.substr(0, equals));
      else if (i > from && says(words[i - 1].text, Says::model_flag))
        wanted = Wanted::perhaps;
      else if (i > from && words[i - 1].text.starts_with('-'))
        wanted = names_model(words[i - 1].text);
      uses_.model(text.substr(skipped), at(skipped), at(text.size()), stands_, wanted);
    }
  }

  // What is assigned: as strong as what the script does with it.
  void value(const Word& word, std::size_t skipped, Wanted wanted) {
    const auto text = string_view(word.text).substr(skipped);
    const auto at = in(word, skipped);
    uses_.addresses(text, at, kValue);
    uses_.model(text, at(0), at(text.size()), kValue, wanted);
    if (text.contains("model")) uses_.models_in_body(text, at, kValue);
  }

  void model_surely(const Word& word, std::size_t skipped) {
    const auto text = string_view(word.text).substr(skipped);
    const auto at = in(word, skipped);
    uses_.model_surely(text, at(0), at(text.size()), stands_);
  }

  At at_;
  Stands stands_;
  Reached& uses_;
  int depth_;
  std::unordered_set<std::string> own_;  // functions of the script
};

}  // namespace

void uses_in_shell(string_view text, const At& at, Stands stands, Reached& uses) {
  Reader(at, stands, uses, 0).text(text);
}

void uses_in_options(string_view text, const At& at, Stands stands, Reached& uses) {
  Reader(at, stands, uses, 0).options(text);
}

void uses_in_words(const std::vector<Word>& words, const At& at, Stands stands, Reached& uses) {
  Reader(at, stands, uses, 0).words(words);
}

void uses_in_server_arguments(const std::vector<Word>& words, const At& at, Stands stands, Reached& uses) {
  Reader(at, stands, uses, 0).server_arguments(words, 0);
}

}  // namespace ostiary::scan
