#include "scan/impl/source.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "scan/impl/languages.h"
#include "scan/manifest.h"

namespace ostiary::scan {

namespace {

using lex::Language;
using std::string_view;
using text::is_space;

string_view name_in(string_view path) {
  return path.substr(path.rfind('/') + 1);
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The code point of `digits` hexadecimal digits; -1: they are none.
int code_point(string_view digits, std::size_t count) {
  if (digits.size() < count) return -1;
  int out = 0;
  for (const char c : digits.substr(0, count)) {
    if (hex(c) < 0) return -1;
    out = out * 16 + hex(c);
  }
  return out;
}

void append_utf8(std::string& out, int code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// Reads one byte or escape of `raw` at `at`, which it moves on, and appends what it stands for.
void decode_one(string_view raw, std::size_t& at, std::string& out) {
  if (raw[at] != '\\' || at + 1 >= raw.size()) {
    out += raw[at++];
    return;
  }
  const char c = raw[at + 1];
  if (c == 'x' || c == 'u') {
    const std::size_t digits = c == 'x' ? 2 : 4;
    if (const int code = code_point(raw.substr(at + 2), digits); code >= 0) {
      append_utf8(out, code);
      at += 2 + digits;
      return;
    }
  }
  at += 2;
  if (c == '\n') return;
  out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
}

// What kind of file it is by its ending, apart from source code.
constexpr auto kProse = std::to_array<string_view>(
    {"adoc", "asciidoc", "markdown", "md", "mdx", "org", "rst", "tex", "txt", "text", "qmd", "rmd"});
constexpr auto kHashed =
    std::to_array<string_view>({"yaml", "yml", "toml", "ini", "cfg", "conf", "env", "properties", "lock",
                                "editorconfig", "service", "tf", "hcl", "tfvars", "nix"});
constexpr auto kSlashed = std::to_array<string_view>({"json", "jsonc", "json5", "mod", "bicep", "proto"});
constexpr auto kTagged =
    std::to_array<string_view>({"xml", "csproj", "fsproj", "vbproj", "props", "targets", "config", "plist"});

template <class List>
bool among(const List& list, string_view word) {
  return std::ranges::find(list, word) != list.end();
}

void add_comment(Source& source, std::size_t start, std::size_t end) {
  if (end > start) source.tokens.push_back({lex::Kind::comment, start, end});
}

// `# …` and `; …` of a line, not within quotes.
void comments_by_hash(Source& source) {
  char quote = '\0';
  const auto text = source.text;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      quote = '\0';
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if ((c == '#' && (at == 0 || is_space(text[at - 1]))) ||
               (c == ';' && (at == 0 || text[at - 1] == '\n'))) {
      const auto end = std::min(text.find('\n', at), text.size());
      add_comment(source, at, end);
      at = end - 1;
    } else if ((c == '"' || c == '\'') && (at == 0 || is_space(text[at - 1]) || text[at - 1] == '=')) {
      quote = c;
    }
  }
}

// Comments between marks that may not nest, strings in double quotes apart.
void comments_between(Source& source, bool tags) {
  const auto text = source.text;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto rest = text.substr(at);
    string_view close;
    if (!tags && text[at] == '"') quoted = !quoted;
    if (!tags && text[at] == '\\' && quoted) ++at;
    if (tags && rest.starts_with("<!--")) close = "-->";
    if (!tags && !quoted && rest.starts_with("/*")) close = "*/";
    if (!tags && !quoted && rest.starts_with("//")) close = "\n";
    if (text[at] == '\n') quoted = false;
    if (close.empty()) continue;
    const auto end = std::min(text.find(close, at + 2), text.size());
    add_comment(source, at, end);
    at = end;
  }
}

bool is_build(string_view name, string_view ending, Source& source) {
  if (name == "CMakeLists.txt" || ending == "cmake") source.language = "cmake";
  if (name == "Makefile" || name == "makefile" || name == "GNUmakefile" || name == "Makefile.am" ||
      name == "Makefile.in" || name == "configure.ac" || ending == "mk" || ending == "mak" ||
      ending == "make")
    source.language = "make";
  if (name == "meson.build") source.language = "meson";
  if (source.language.empty()) return false;
  source.form = Form::build;
  source.lexed = Language::python;  // `#`, and quotes that end with their line
  return true;
}

// Documentation, configuration and build files. False: none of them.
bool read_other(const File& file, string_view name, string_view ending, Sources& out) {
  auto source = source_of(Form::settings, {}, Language::generic, file.bytes, 0);
  if (is_build(name, ending, source)) {
    source.tokens = lex::tokens_of(source.text, source.lexed);
  } else if (name == "Dockerfile" || name.starts_with("Dockerfile.") || ending == "dockerfile" ||
             name.starts_with(".env") || name == "Pipfile" || among(kHashed, ending) ||
             (ending == "txt" && is_manifest(file.path))) {
    comments_by_hash(source);
  } else if (among(kSlashed, ending)) {
    comments_between(source, false);
  } else if (among(kTagged, ending)) {
    comments_between(source, true);
  } else if (among(kProse, ending) || (ending.empty() && name.starts_with("README"))) {
    source.form = Form::prose;
    add_comment(source, 0, source.text.size());
  } else {
    return false;
  }
  out.all.push_back(std::move(source));
  return true;
}

void add_prose(const File& file, std::size_t start, std::size_t end, Sources& out) {
  if (start >= end) return;
  out.all.push_back(
      source_of(Form::prose, {}, Language::generic, file.bytes.substr(start, end - start), start));
}

// Where a tag's name begins at or behind `from`; npos: nowhere.
std::size_t find_tag(string_view text, string_view tag, std::size_t from) {
  for (auto at = text.find('<', from); at != string_view::npos; at = text.find('<', at + 1)) {
    const auto rest = text.substr(at, tag.size());
    if (rest.size() == tag.size() && text::iequals(rest, tag)) return at;
  }
  return string_view::npos;
}

// Pages whose scripts are JavaScript: HTML, Vue, Svelte, Astro.
void read_page(const File& file, Sources& out) {
  const auto text = file.bytes;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto tag = find_tag(text, "<script", at);
    const auto open = tag == string_view::npos ? tag : text.find('>', tag);
    if (open == string_view::npos) break;
    const auto end = std::min(find_tag(text, "</script", open), text.size());
    const auto attributes = text.substr(tag, open - tag);
    const bool other = attributes.find("json") != string_view::npos ||
                       attributes.find("importmap") != string_view::npos ||
                       attributes.find("text/template") != string_view::npos;
    add_prose(file, at, tag, out);
    const auto script = text.substr(open + 1, end - open - 1);
    if (other)
      add_prose(file, open + 1, end, out);
    else
      out.all.push_back(source_of(Form::code, "javascript", Language::javascript, script, open + 1));
    at = end;
  }
  add_prose(file, at, text.size(), out);
}

// PHP's code stands between <?php or <?= and ?>; what stands around it is a page.
void read_php(const File& file, Sources& out) {
  const auto text = file.bytes;
  auto code = source_of(Form::code, "php", Language::generic, {}, 0);
  code.lexed = Language::php;
  code.text = text;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto open = text.find("<?", at);
    if (open == string_view::npos) break;
    add_prose(file, at, open, out);
    at = open + 2;
    if (text.substr(at).starts_with("php")) at += 3;
    if (text.substr(at).starts_with("=")) at += 1;
    const auto base = at;
    lex::Lexer lexer(Language::php);
    auto known = code.tokens.size();
    for (bool open_still = true; open_still && at < text.size();) {
      const auto close = text.find("?>", at);
      const auto end = close == string_view::npos ? text.size() : close + 2;
      lexer.feed(text.substr(at, end - at), code.tokens);
      at = end;
      for (; known < code.tokens.size(); ++known)
        code.tokens[known].start += base, code.tokens[known].end += base;
      // It ends the code unless a string or a long comment is open around it.
      const auto waiting = text.substr(std::min<std::size_t>(base + lexer.open_from(), end));
      const bool in_line = waiting.starts_with("//") || waiting.starts_with('#');
      open_still =
          close == string_view::npos || (!in_line && (code.tokens.empty() || code.tokens.back().end != end ||
                                                      code.tokens.back().kind != lex::Kind::punctuation));
    }
    lexer.finish(code.tokens);
    for (; known < code.tokens.size(); ++known)
      code.tokens[known].start += base, code.tokens[known].end += base;
  }
  add_prose(file, at, text.size(), out);
  out.all.push_back(std::move(code));
}

// Ruby's =begin and =end, and what stands behind __END__, are no code.
void read_ruby(const File& file, Sources& out) {
  const auto text = file.bytes;
  auto code = source_of(Form::code, "ruby", Language::ruby, {}, 0);
  code.text = text;
  const auto at_line = [&](string_view mark, std::size_t from) {
    while (true) {
      const auto at = std::min(text.find(mark, from), text.size());
      if (at == 0 || at == text.size() || text[at - 1] == '\n') return at;
      from = at + 1;
    }
  };
  const auto end_of_code = at_line("__END__\n", 0);
  for (std::size_t at = 0; at < end_of_code;) {
    const auto open = std::min(at_line("=begin", at), end_of_code);
    const auto known = code.tokens.size();
    lex::Lexer lexer(Language::ruby);
    lexer.feed(text.substr(at, open - at), code.tokens);
    lexer.finish(code.tokens);
    for (auto i = known; i < code.tokens.size(); ++i) code.tokens[i].start += at, code.tokens[i].end += at;
    at = std::min(at_line("=end", open), end_of_code);
    add_comment(code, open, at);
    at = std::min(text.find('\n', at), end_of_code);
  }
  add_comment(code, end_of_code, text.size());
  out.all.push_back(std::move(code));
}

string_view language_lexed(Language language) {
  switch (language) {
    case Language::c:
    case Language::cpp:
      return "c";
    case Language::csharp:
      return "csharp";
    case Language::go:
      return "go";
    case Language::java:
    case Language::kotlin:
    case Language::scala:
      return "java";
    case Language::javascript:
      return "javascript";
    case Language::php:
      return "php";
    case Language::python:
      return "python";
    case Language::ruby:
      return "ruby";
    case Language::rust:
      return "rust";
    case Language::shell:
      return "shell";
    case Language::swift:
      return "swift";
    default:
      return {};
  }
}

Language lexed_for(string_view language, string_view ending) {
  if (language == "ruby") return Language::ruby;
  if (ending == "sc") return Language::scala;
  return Language::generic;
}

}  // namespace

string_view Text::value(std::string& scratch) const {
  if (!escapes_) return raw_;
  scratch.clear();
  for (std::size_t at = 0; at < raw_.size();) decode_one(raw_, at, scratch);
  return scratch;
}

std::uint64_t Text::at(std::size_t index) const {
  if (!escapes_) return start_ + std::min(index, raw_.size());
  std::string out;
  std::size_t at = 0;
  while (at < raw_.size() && out.size() < index) decode_one(raw_, at, out);
  return start_ + at;
}

Text Source::text_of(const lex::Token& token) const {
  auto s = of(token);
  auto start = token.start;
  const Text none(s.substr(0, 0), start, false);
  const bool slashed = (lexed == Language::javascript || lexed == Language::ruby) && s.starts_with('/');
  if (token.kind != lex::Kind::string || s.starts_with("<<") || slashed) return none;
  const bool templated = lexed == Language::javascript && s.starts_with('}');
  std::size_t at = 0;
  bool escapes = true;
  while (at < s.size() && at < 4 && ((s[at] >= 'a' && s[at] <= 'z') || (s[at] >= 'A' && s[at] <= 'Z'))) {
    if (s[at] == 'r' || s[at] == 'R') escapes = false;
    ++at;
  }
  while (at < s.size() && s[at] == '#' && at < 40) ++at, escapes = false;
  if (templated) at = 0;
  const bool quoted = at < s.size() && (s[at] == '"' || s[at] == '\'' || s[at] == '`' || templated);
  if (!quoted) return {s, start, false};  // a here document's lines
  const char quote = templated ? '`' : s[at];
  if (quote == '`' && lexed == Language::go) escapes = false;
  if (lexed == Language::csharp && token.start > 0 && text[token.start - 1] == '@') escapes = false;
  if (lexed == Language::shell && quote == '\'') escapes = false;
  const bool three = s.substr(at).starts_with(string_view("\"\"\"")) || s.substr(at).starts_with("'''");
  const std::size_t marks = three ? 3 : 1;
  s.remove_prefix(std::min(s.size(), at + marks));
  start += at + marks;
  while (s.ends_with('#') && !escapes) s.remove_suffix(1);
  if (quote == '`' && s.ends_with("${")) s.remove_suffix(2);
  for (std::size_t n = 0; n < marks && s.ends_with(quote); ++n) s.remove_suffix(1);
  if (lexed == Language::cpp && !escapes) {  // R"name( … )name"
    const auto open = s.find('(');
    if (open != string_view::npos && open <= 16 && s.size() >= 2 * open + 2) {
      s = s.substr(open + 1, s.size() - 2 * open - 2);
      start += open + 1;
    }
  }
  return {s, start, escapes};
}

bool Source::begins_line(std::size_t i) const {
  auto at = tokens[i].start;
  while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t' || text[at - 1] == '\r')) --at;
  return at == 0 || text[at - 1] == '\n';
}

bool Source::stands_alone(std::size_t i) const {
  if (!begins_line(i) || tokens[i].kind != lex::Kind::string) return false;
  auto next = i + 1;
  while (next < tokens.size() && tokens[next].kind == lex::Kind::comment) ++next;
  if (next < tokens.size() && !begins_line(next) && of(tokens[next]) != ";") return false;
  auto before = i;
  while (before > 0 && tokens[before - 1].kind == lex::Kind::comment) --before;
  if (before == 0) return true;
  const auto last = of(tokens[before - 1]);
  return last == ":" || last == "{" || last == ";" || last == "}" ||
         (language == "python" && last != "(" && last != "," && last != "[" && last != "=" && last != "+" &&
          last != "\\" && tokens[before - 1].kind != lex::Kind::string);
}

std::uint64_t Source::place(std::uint64_t offset) const {
  auto run = std::ranges::upper_bound(runs, offset, {}, &Run::text);
  if (run != runs.begin()) --run;
  return run->file + (offset - run->text);
}

Source source_of(Form form, string_view language, Language lexed, string_view text, std::uint64_t place) {
  Source out;
  out.form = form;
  out.language = language;
  out.lexed = lexed;
  out.text = text;
  out.runs.push_back({0, place});
  if (form == Form::code && !text.empty()) out.tokens = lex::tokens_of(text, lexed);
  if (form == Form::prose) add_comment(out, 0, text.size());
  return out;
}

Sources sources_of(const File& file) {
  Sources out;
  const auto name = name_in(file.path);
  const auto dot = name.rfind('.');
  const auto ending = dot == string_view::npos ? std::string() : text::lower(name.substr(dot + 1));
  if (ending == "ipynb") {
    read_notebook(file, out);
    return out;
  }
  if (ending == "vue" || ending == "svelte" || ending == "html" || ending == "htm" || ending == "astro" ||
      ending == "xhtml") {
    read_page(file, out);
    return out;
  }
  if (read_other(file, name, ending, out)) return out;
  auto language = import_language_of(file.path);
  const auto lexed = lex::language_of(file.path, file.bytes.substr(0, 512));
  if (!lexed && language.empty()) return out;
  if (language.empty() && ending != "dart" && ending != "ex" && ending != "exs" && ending != "jl" &&
      ending != "sol")
    language = language_lexed(*lexed);
  if (language == "php") {
    read_php(file, out);
    return out;
  }
  if (language == "ruby") {
    read_ruby(file, out);
    return out;
  }
  if (lexed == Language::html || lexed == Language::css) return out;
  const auto as = lexed ? *lexed : lexed_for(language, ending);
  // TypeScript's own files hold no JSX, and `<T>` there is a type.
  if (as == Language::javascript && !ending.ends_with("ts")) {
    auto source = source_of(Form::prose, language, as, file.bytes, 0);
    source.form = Form::code;
    source.tokens = tokens_of_jsx(file.bytes);
    out.all.push_back(std::move(source));
    return out;
  }
  out.all.push_back(source_of(Form::code, language, as, file.bytes, 0));
  return out;
}

const Sources& sources_of(const File& file, Signs& signs) {
  if (!signs.sources) signs.sources = std::make_shared<const Sources>(sources_of(file));
  return *signs.sources;
}

}  // namespace ostiary::scan
