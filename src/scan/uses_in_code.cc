// Endpoints, models and servers in source code, documentation and comments.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/text.h"
#include "catalog/word.h"
#include "scan/impl/command_line.h"
#include "scan/impl/detectors.h"
#include "scan/impl/endpoints.h"
#include "scan/impl/models.h"
#include "scan/impl/reached.h"
#include "scan/impl/source.h"
#include "scan/impl/uses_in_source.h"

namespace ostiary::scan {

namespace {

using catalog::Says;
using lex::Token;
using std::string_view;
using text::is_space;
using Token_kind = lex::Kind;

constexpr std::size_t kLooksBack = 10;      // tokens before a string that may say what it is
constexpr std::size_t kMostArguments = 64;  // of a list of strings that is a command line

// Whether a call takes the name of a model as its first argument, in a file that imports these libraries.
bool takes_model(string_view call, bool owned, const std::unordered_set<string_view>& imported) {
  static const auto lists = [] {
    std::vector<const catalog::WordList*> out;
    for (const auto& list : catalog::word_lists())
      if (list.says == Says::model) out.push_back(&list);
    return out;
  }();
  return std::ranges::any_of(lists, [&](const catalog::WordList* list) {
    return (owned || list->bare) && std::ranges::find(list->words, call) != list->words.end() &&
           std::ranges::any_of(list->libraries, [&](const auto& id) { return imported.contains(id); });
  });
}

// Whether what stands in the call or under the key is run as a program.
bool starts_program(string_view call, string_view key) {
  return catalog::says(call, Says::program) || catalog::says(key, Says::program);
}

// Ids of the libraries that a file imports.
using Libraries = std::unordered_set<string_view>;

class Code {
 public:
  Code(const Source& source, Grade called, Reached& uses, const Libraries& libraries)
      : source_(source), called_(called), uses_(uses), libraries_(libraries) {}

  void read() {
    if (source_.form == Form::code && source_.language == "shell")
      return uses_in_shell(
          source_.text, [this](std::size_t i) { return source_.place(i); }, {called_}, uses_);
    const auto& tokens = source_.tokens;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const auto& token = tokens[i];
      if (token.kind == Token_kind::comment)
        comment(token);
      else if (token.kind == Token_kind::string && source_.form == Form::code)
        string(i);
      else if (token.kind == Token_kind::identifier && source_.form == Form::code)
        identifier(i);
      else if (source_.lexed == lex::Language::ruby && byte(i) == '%')
        percent_literal(i);
    }
  }

 private:
  void comment(const Token& token) {
    uses_.mentions(source_.of(token), [&](std::size_t i) { return source_.place(token.start + i); });
  }

  char byte(std::size_t token) const {
    const auto& all = source_.tokens;
    return token < all.size() && all[token].kind == Token_kind::punctuation ? source_.text[all[token].start]
                                                                            : '\0';
  }
  bool is_name(std::size_t token) const {
    const auto kind = source_.tokens[token].kind;
    return kind == Token_kind::identifier || kind == Token_kind::keyword;
  }

  // %q(one text), %w[several words] of Ruby, whose bytes lex knows as code.
  void percent_literal(std::size_t i) {
    constexpr std::size_t longest = 1024;
    const auto text = source_.text;
    auto at = source_.tokens[i].start + 1;
    if (i > 0 && at >= 2 && !is_space(text[at - 2]) && !string_view("([{,=").contains(text[at - 2])) return;
    if (at >= text.size() || !string_view("qQwW").contains(text[at]) || at + 1 >= text.size()) return;
    constexpr string_view opens = "([{<|!", closes = ")]}>|!";
    const auto mark = opens.find(text[at + 1]);
    if (mark == string_view::npos) return;
    at += 2;
    const auto end = text.substr(0, std::min(text.size(), at + longest)).find(closes[mark], at);
    if (end == string_view::npos) return;
    const auto wanted = names_model(given(i).key);
    while (at < end) {
      auto word_end = at;
      while (word_end < end && !is_space(text[word_end])) ++word_end;
      const auto word = text.substr(at, word_end - at);
      uses_.addresses(word, [&](std::size_t k) { return source_.place(at + k); }, kValue);
      uses_.model(word, source_.place(at), source_.place(word_end), kValue, wanted);
      at = word_end + 1;
    }
  }

  // Requests are sent where one of the names is called, opened or looked into.
  void identifier(std::size_t i) {
    const auto word = source_.of(source_.tokens[i]);
    if (!catalog::says(word, Says::request)) {
      if (word == "http" && source_.language == "go" && byte(i + 1) == '.' && i + 2 < source_.tokens.size()) {
        const auto verb = source_.of(source_.tokens[i + 2]);
        if (verb == "Post" || verb == "Get" || verb == "Client") uses_.calls();
      }
      return;
    }
    const auto next = byte(i + 1);
    if (next == '.' || next == '(' || next == ':' || next == '\\' || next == '<' || next == '{' ||
        next == '!' || next == ',' || next == ')' || next == '-')
      uses_.calls();
  }

  // What a string is given to: the name of its key, parameter or variable, and of the innermost call.
  struct Given {
    string_view key, call;
  };
  Given given(std::size_t i) const {
    Given out;
    std::size_t closed = 0;
    for (std::size_t back = 1; back <= kLooksBack && back <= i; ++back) {
      const auto at = i - back;
      const auto& token = source_.tokens[at];
      const auto c = byte(at);
      if (c == ';' || c == '}') break;
      if (c == ')' || c == ']') ++closed;
      if ((c == '(' || c == '[') && closed > 0) {
        --closed;
        continue;
      }
      if (closed > 0) continue;
      if (c == '(' && at > 0 && is_name(at - 1)) {
        out.call = source_.of(source_.tokens[at - 1]);
        if (out.key.empty()) out.key = out.call;
        break;
      }
      if (!out.key.empty() || c != '\0' || token.kind == Token_kind::comment) continue;
      if (token.kind == Token_kind::string) out.key = source_.text_of(token).raw();
      if (is_name(at)) out.key = type_apart(at);
    }
    return out;
  }
  // The name of `name: Type = "…"`, or the name at `at`.
  string_view type_apart(std::size_t at) const {
    auto before = at;
    while (before > 0 && (byte(before - 1) == '&' || byte(before - 1) == '\'' || byte(before - 1) == '?' ||
                          source_.of(source_.tokens[before - 1]).starts_with('\'')))
      --before;
    // Behind a line end it is Python's `class A:` and not a type.
    if (before >= 2 && byte(before - 1) == ':' && !source_.begins_line(before) && byte(at + 1) != ':' &&
        is_name(before - 2) && (byte(at + 1) == '=' || byte(at + 1) == '?'))
      return source_.of(source_.tokens[before - 2]);
    return source_.of(source_.tokens[at]);
  }

  void string(std::size_t i) {
    const auto text = source_.text_of(source_.tokens[i]);
    if (text.raw().size() < 2) return;
    std::string scratch;
    const auto value = text.value(scratch);
    const At at = [&](std::size_t k) { return source_.place(text.at(k)); };
    if (catalog::says(value, Says::request_module)) uses_.calls();
    if (source_.stands_alone(i)) return uses_.mentions(value, at);
    const auto plain = text::trim(value);
    const bool whole = std::ranges::none_of(plain, is_space);
    if (whole) return whole_value(i, value, at);
    if (plain.starts_with('{') || plain.starts_with('[')) return body(value, at);
    if (command_line(i, value, at)) return;
    uses_.mentions(value, at);
  }

  // A string without blanks.
  void whole_value(std::size_t i, string_view value, const At& at) {
    if (value.starts_with('{')) return body(value, at);
    uses_.addresses(value, at, kValue);
    if (value.contains('/')) path(i, value, at);
    if (value.contains("model")) uses_.models_in_body(value, at, kValue);
    if (arguments(i, value)) return;
    if (taken_as_model(i, value)) return uses_.model_of_call(value, at(0), at(value.size()));
    const auto known = model_named(value);
    if (!known && !looks_like_model(value)) return;
    const auto where = given(i);
    const bool loads = catalog::says(where.call, Says::hub_model);
    if (!known && loads && value.contains('/'))
      return uses_.model_surely(value, at(0), at(value.size()), kValue);
    auto wanted = names_model(where.key);
    if (wanted == Wanted::no && (loads || names_model(where.call) != Wanted::no)) wanted = Wanted::perhaps;
    uses_.model(value, at(0), at(value.size()), kValue, wanted);
  }

  // Whether a call takes the string as a model's name, whether the catalogue knows it or not.
  bool taken_as_model(std::size_t i, string_view value) const {
    if (libraries_.empty() || i < 2 || !may_be_hub_name(value)) return false;
    const bool owned = value.contains('/');
    const bool first = byte(i - 1) == '(' && is_name(i - 2);
    if (!first) {  // pipeline("text-generation", model="acme/writer")
      if (!owned || (byte(i - 1) != '=' && byte(i - 1) != ':')) return false;
      const auto where = given(i);
      return (where.call == "pipeline" || where.call == "from_pretrained") &&
             names_model(where.key) != Wanted::no;
    }
    const auto call = source_.of(source_.tokens[i - 2]);
    return (owned && catalog::says(call, Says::sure_hub_model)) || takes_model(call, owned, libraries_);
  }

  // What holds a '/': a path with a model in it, or a container's image.
  void path(std::size_t i, string_view value, const At& at) {
    uses_.models_in_path(value, at, kValue);
    if (!server_of_image(value)) return;
    const auto where = given(i);
    const auto says = text::lower(where.key) + text::lower(where.call);
    const bool image = says.contains("image") || says.contains("container") || says.contains("docker");
    if (image || value.contains(':'))
      uses_.image(value, at(0), at(value.size()), called_ == Grade::deployed ? Stands{called_} : kValue);
  }

  void body(string_view value, const At& at) {
    uses_.models_in_body(value, at, kValue);
    uses_.addresses(value, at, kValue);
  }

  // A string that is a whole command line, given to what runs it.
  bool command_line(std::size_t i, string_view value, const At& at) {
    const auto where = given(i);
    if (!starts_program(where.call, where.key)) return false;
    uses_in_shell(value, at, {called_}, uses_);
    return true;
  }

  // Strings in a row, each an argument of one command: `["ollama", "serve"]`.
  bool arguments(std::size_t i, string_view value) {
    if (!is_server_program(value) || (byte(i + 1) != ',' && byte(i + 1) != ')')) return false;
    const auto where = given(i);
    if (!starts_program(where.call, where.key)) return false;
    std::vector<Word> words;
    const auto& tokens = source_.tokens;
    std::string scratch;
    for (auto at = i; at < tokens.size() && words.size() < kMostArguments; at += 2) {
      if (tokens[at].kind != Token_kind::string) break;
      const auto text = source_.text_of(tokens[at]);
      words.push_back({std::string(text.value(scratch)), text.start(), text.start() + text.raw().size()});
      if (byte(at + 1) != ',') break;
    }
    uses_in_words(words, [this](std::size_t k) { return source_.place(k); }, {called_}, uses_);
    return true;
  }
  static bool is_server_program(string_view value) {
    static const auto all = [] {
      std::unordered_set<std::string> out;
      for (const auto& server : catalog::servers())
        for (const auto& command : server.commands) out.insert(command.substr(0, command.find(' ')));
      for (const auto& tool : catalog::tools())
        for (const auto& command : tool.commands) out.insert(command);
      for (const auto* engine : {"docker", "podman", "curl"}) out.insert(engine);
      return out;
    }();
    return all.contains(std::string(value.substr(value.rfind('/') + 1)));
  }

  const Source& source_;
  Grade called_;
  Reached& uses_;
  const Libraries& libraries_;
};

bool is_library(const Sign& sign) {
  return sign.kind == Kind::sdk || sign.kind == Kind::framework;
}

}  // namespace

void uses_in_source(const Source& source, Grade called, Reached& uses) {
  Code(source, called, uses, {}).read();
}

void uses_in_code(const File& file, Signs& out) {
  const auto& sources = sources_of(file, out);
  Reached uses(file.bytes);
  std::unordered_set<std::string> names;  // of which `libraries` are views; `out` grows
  for (const auto& sign : out.all) {
    if (!is_library(sign) || sign.grade < Grade::imported) continue;
    names.insert(sign.name);
    if (sign.grade >= Grade::called) uses.calls();
    if (!sign.weak) uses.speaks_of_ai(sign);
  }
  const bool deploys = file.path.substr(file.path.rfind('/') + 1) == "Jenkinsfile";
  const auto called = deploys ? Grade::deployed : Grade::called;
  const Libraries libraries(names.begin(), names.end());
  for (const auto& source : sources.all) Code(source, called, uses, libraries).read();
  uses.finish(called, out);
}

}  // namespace ostiary::scan
