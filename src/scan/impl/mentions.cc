// Packages that are spoken of: import lines, installing commands and lines of manifests in comments, strings
// and documentation, and strings that are a package's name.
#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/text.h"
#include "scan/impl/detectors.h"
#include "scan/impl/languages.h"
#include "scan/impl/uses.h"

namespace ostiary::scan {

namespace {

using std::string_view;

constexpr std::size_t kMostOfOne = 20;  // mentions of one SDK in a source

struct Word {
  string_view raw, core;  // core: without quotes, brackets and marks around it
};

// Reads texts line by line, word by word.
class Mentions {
 public:
  Mentions(const Source& source, Signs& out) : source_(&source), out_(&out) {}
  void read();

 private:
  void read_text(string_view text);
  void read_line(string_view line);
  void read_word(std::size_t i);
  void read_import(std::size_t i);
  void read_from(std::size_t i);
  void read_install(std::size_t i);
  void read_requirement(std::size_t i);
  void read_whole(string_view value);
  void import(string_view language, string_view module);
  void package(string_view language, string_view name);
  void add(const SdkList* sdks, string_view at);
  bool ends_at(std::size_t i) const;
  string_view core(std::size_t i) const { return i < words_.size() ? words_[i].core : string_view(); }
  string_view raw(std::size_t i) const { return i < words_.size() ? words_[i].raw : string_view(); }

  const Source* source_;
  Signs* out_;
  std::vector<Word> words_;
  std::map<const catalog::Sdk*, std::size_t> seen_;
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

constexpr auto kMarks = [] {
  std::array<bool, 256> out{};
  for (const char c : string_view("\"'`()<>[]{},;.!?*|$")) out.at(static_cast<unsigned char>(c)) = true;
  return out;
}();

bool is_mark(char c) {
  return kMarks[static_cast<unsigned char>(c)];
}

string_view without_marks(string_view word) {
  while (!word.empty() && is_mark(word.front())) word.remove_prefix(1);
  while (!word.empty() && (is_mark(word.back()) || word.back() == ':')) word.remove_suffix(1);
  return word;
}

// What of a word a name may be made of.
string_view name_in(string_view word) {
  std::size_t at = 0;
  while (at < word.size() && (static_cast<unsigned char>(word[at]) >= 0x80 ||
                              std::isalnum(static_cast<unsigned char>(word[at])) != 0 ||
                              string_view("_.\\:/@-").find(word[at]) != string_view::npos))
    ++at;
  return word.substr(0, at);
}

bool is_quoted(string_view word) {
  while (!word.empty() && string_view("(`{").find(word.front()) != string_view::npos) word.remove_prefix(1);
  return !word.empty() && (word.front() == '"' || word.front() == '\'');
}

void Mentions::add(const SdkList* sdks, string_view at) {
  if (sdks == nullptr) return;
  const auto offset = static_cast<std::uint64_t>(at.data() - source_->text.data());
  for (const auto* sdk : *sdks) {
    if (sdk->ambiguous || is_common_word(at) || seen_[sdk]++ >= kMostOfOne) continue;
    out_->add(sign_of(*sdk, Grade::mentioned, "mention", source_->place(offset),
                      source_->place(offset + at.size())));
    return;  // of those that share a name the first
  }
}

void Mentions::import(string_view language, string_view module) {
  if (module.empty() || module.size() > 200) return;
  if (language == "javascript") {
    const auto named = npm_name_of(module);
    return add(sdks_of_import(language, named.name).sdks, module);
  }
  if (language != "c") module = name_in(module);
  add(sdks_of_import(language, module).sdks, module);
}

void Mentions::package(string_view language, string_view name) {
  if (name.empty() || name.size() > 200) return;
  const auto ecosystem = language == "python"       ? Ecosystem::pypi
                         : language == "javascript" ? Ecosystem::npm
                         : language == "rust"       ? Ecosystem::cargo
                         : language == "ruby"       ? Ecosystem::gem
                         : language == "php"        ? Ecosystem::composer
                         : language == "csharp"     ? Ecosystem::nuget
                                                    : Ecosystem::go;
  if (language == "go") return import("go", name.substr(0, name.find('@')));
  const auto* sdk = sdk_of_package(ecosystem, normalized(ecosystem, name));
  if (sdk == nullptr) return;
  const SdkList one{sdk};
  add(&one, name);
}

// Whether a line's code ends behind word `i`.
bool Mentions::ends_at(std::size_t i) const {
  if (i + 1 >= words_.size()) return true;
  const auto last = words_[i].raw.back();
  return last == '`' || last == ';' || last == '"' || last == '\'' || last == ')' || last == ',' ||
         core(i + 1) == "as" || raw(i + 1) == "#" || raw(i + 1) == "//" || raw(i + 1) == "*/" ||
         raw(i + 1) == "-->";
}

void Mentions::read_import(std::size_t i) {
  const auto quoted = is_quoted(raw(i + 1));
  const auto module = core(i + 1);
  if (quoted) {
    import("javascript", module);
    return import("go", module);
  }
  for (auto at = i + 1; at < std::min(words_.size(), i + 12); ++at)
    if (core(at) == "from" && is_quoted(raw(at + 1))) return import("javascript", core(at + 1));
  if (is_quoted(raw(i + 2)) && core(i + 2).find('/') != string_view::npos) return import("go", core(i + 2));
  if (!ends_at(i + 1) || (i >= 2 && core(i - 2) == "from")) return;
  const auto language = source_->language;
  if (language == "java" || language == "swift") return import(language, module);
  import("python", module);
  if (module.find('.') != string_view::npos) import("java", module);
}

void Mentions::read_from(std::size_t i) {
  if (is_quoted(raw(i + 1))) return import("javascript", core(i + 1));
  if (core(i + 2) == "import") import("python", core(i + 1));
}

// The language whose packages a command installs: `pip install`, `npm i`, `go get`.
string_view installed_language(string_view tool, string_view verb) {
  const bool install = verb == "install", add = verb == "add";
  if ((tool == "pip" || tool == "pip3" || tool == "pipx" || tool == "conda" || tool == "mamba") && install)
    return "python";
  if ((tool == "uv" || tool == "poetry" || tool == "pdm" || tool == "pixi") && add) return "python";
  if ((tool == "npm" || tool == "pnpm" || tool == "bun") && (install || add || verb == "i"))
    return "javascript";
  if (tool == "yarn" && add) return "javascript";
  if (tool == "cargo" && (install || add)) return "rust";
  if (tool == "gem" && install) return "ruby";
  if (tool == "bundle" && add) return "ruby";
  if (tool == "composer" && verb == "require") return "php";
  if (tool == "go" && (verb == "get" || install)) return "go";
  if (tool == "package" && add) return "csharp";  // dotnet add package is turned round below
  return {};
}

// The packages behind an installing command; `i` is the verb.
void Mentions::read_install(std::size_t i) {
  if (i == 0) return;
  auto language = installed_language(core(i - 1), core(i));
  if (core(i) == "package" && core(i - 1) == "add") language = "csharp";
  if (language.empty()) return;
  for (auto at = i + 1; at < words_.size(); ++at) {
    auto name = core(at);
    const auto word = raw(at);
    if (!installed_language(core(at - 1), name).empty()) return;
    if (word == "&&" || word == "||" || word == "|" || word == ";" || word == "#") return;
    if (!name.starts_with('-')) {
      if (language == "python") name = name.substr(0, name.find_first_of("=<>!~[@"));
      if (language == "javascript") name = name.substr(0, name.find('@', 1));
      package(language, name);
    }
    if (word.ends_with('`') || word.ends_with(';') || word.ends_with(')') || word.ends_with(',')) return;
  }
}

// A manifest's line: `openai==1.2`, `"openai": "^4.0"`, `async-openai = "0.25"`, `gem "x"`, a Go module.
void Mentions::read_requirement(std::size_t i) {
  const auto word = core(i);
  constexpr auto operators = std::to_array<string_view>({"==", ">=", "~=", "<=", "!="});
  if (word.find('=') != string_view::npos)
    for (const auto sign : operators)
      if (const auto cut = word.find(sign); cut != string_view::npos && cut > 0 && cut + 2 < word.size()) {
        const auto name = word.substr(0, cut);
        return package("python", name.substr(0, name.find('[')));
      }
  const auto version = without_marks(raw(i + 1));
  const bool numbered = is_quoted(raw(i + 1)) && !version.empty() &&
                        string_view("0123456789^~=<>*").find(version.front()) != string_view::npos;
  if (numbered && is_quoted(raw(i)) && raw(i).ends_with("\":")) return package("javascript", word);
  if (raw(i + 1) == "=" && is_quoted(raw(i + 2))) {
    const auto value = core(i + 2);
    if (!value.empty() && string_view("0123456789^~=<>*").find(value.front()) != string_view::npos) {
      package("rust", word);
      return package("python", word);
    }
  }
  const auto slash = word.find('/');
  if (slash != string_view::npos && word.substr(0, slash).find('.') != string_view::npos &&
      word.find(':') == string_view::npos)
    import("go", word);
}

void Mentions::read_word(std::size_t i) {
  const auto word = words_[i].core;
  if (word.empty()) return;
  if (word == "import") return read_import(i);
  if (word == "from") return read_from(i);
  if (word == "using" && raw(i + 1).ends_with(';')) return import("csharp", core(i + 1));
  if (word == "use" && i + 1 < words_.size()) {
    const auto path = words_[i + 1].core;
    if (path.find('\\') != string_view::npos) return import("php", path);
    if (path.find("::") != string_view::npos || raw(i + 1).ends_with(';'))
      return import("rust", path.substr(0, path.find("::{")));
  }
  if (word == "#include" || word == "#import" || (word == "include" && i > 0 && raw(i - 1) == "#"))
    return import("c", core(i + 1));
  if (word == "require" && is_quoted(raw(i + 1))) return import("ruby", core(i + 1));
  if (word == "gem" && is_quoted(raw(i + 1))) return package("ruby", core(i + 1));
  if (words_[i].raw.find('(') != string_view::npos)
    for (const string_view call : {"require(", "import(", "import_module("}) {
      const auto at = words_[i].raw.find(call);
      if (at == string_view::npos) continue;
      const auto inner = words_[i].raw.substr(at + call.size());
      const auto quote = inner.empty() ? '\0' : inner.front();
      if (quote != '"' && quote != '\'') continue;
      const auto module = inner.substr(1, inner.find(quote, 1) - 1);
      return import(call == "import_module(" ? "python" : "javascript", module);
    }
  if (word == "install" || word == "add" || word == "get" || word == "i" || word == "require" ||
      word == "package")
    read_install(i);
  read_requirement(i);
}

void Mentions::read_line(string_view line) {
  constexpr std::size_t most = 200;  // words of a line
  words_.clear();
  for (std::size_t at = 0; at < line.size();) {
    while (at < line.size() && is_blank(line[at])) ++at;
    auto end = at;
    while (end < line.size() && !is_blank(line[end])) ++end;
    if (end > at) words_.push_back({line.substr(at, end - at), without_marks(line.substr(at, end - at))});
    at = end;
    if (words_.size() == most) {
      for (std::size_t i = 0; i < words_.size(); ++i) read_word(i);
      words_.clear();
    }
  }
  for (std::size_t i = 0; i < words_.size(); ++i) read_word(i);
}

void Mentions::read_text(string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    read_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// A string that is a package's name and nothing else.
void Mentions::read_whole(string_view value) {
  constexpr std::size_t shortest = 4;
  const auto language = source_->language;
  if (value.size() < shortest || (language != "python" && language != "javascript" && language != "ruby" &&
                                  language != "php" && language != "rust" && language != "csharp"))
    return;
  if (language == "python" || language == "javascript")
    if (const auto named = sdks_of_import(language, value); named && named.name.size() == value.size())
      return add(named.sdks, value);
  // A maker's name is written with capitals; packages of these are not, or have more to their names.
  const auto* part = language == "csharp" ? "." : language == "php" ? "/" : "";
  const bool small = std::ranges::none_of(value, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (language == "csharp" ? value.find(part) != string_view::npos
                           : small && value.find(part) != string_view::npos)
    package(language, value);
}

void Mentions::read() {
  std::set<std::uint64_t> imported;  // where strings begin that are imported, which says more
  for (const auto& sign : out_->all)
    if (sign.grade == Grade::imported) imported.insert(sign.start);
  for (const auto& token : source_->tokens) {
    if (token.kind == lex::Kind::comment) {
      read_text(source_->of(token));
    } else if (token.kind == lex::Kind::string) {
      const auto text = source_->text_of(token).raw();
      if (text.find_first_of(" \n(") != string_view::npos)
        read_text(text);
      else if (source_->form == Form::code && !imported.contains(source_->place(token.start)))
        read_whole(text);
    }
  }
}

}  // namespace

void read_mentions(const Source& source, Signs& out) {
  Mentions(source, out).read();
}

}  // namespace ostiary::scan
