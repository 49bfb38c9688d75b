// Imports of Python, Go, Ruby, C, Swift and the languages of the JVM and .NET.
#include <algorithm>

#include "scan/impl/uses.h"

namespace ostiary::scan {

namespace {

using std::string_view;

// A name of parts with `separator`s between, from token `i` on, which it moves behind the name.
std::string dotted(const Code& code, std::size_t& i, string_view separator = ".") {
  std::string out;
  while (code.is_word(i)) {
    out += code.at(i++);
    if (code.at(i) != separator || !code.is_word(i + 1)) break;
    out += separator;
    ++i;
  }
  return out;
}

std::string text_at(const Code& code, std::size_t i) {
  if (!code.is_string(i)) return {};
  std::string scratch;
  return std::string(code.source().text_of(code.token(i)).value(scratch));
}

// The statement's end: a semicolon, a line that begins, the source's end.
bool ends_statement(const Code& code, std::size_t i) {
  return i >= code.size() || code.begins_line(i) || code.is(i, ";");
}

std::string without_backticks(string_view word) {
  std::string out(word);
  std::erase(out, '`');
  return out;
}

// import a.b as c, d
std::size_t python_import(const Code& code, std::size_t i, Uses& uses) {
  for (++i; i < code.size();) {
    const auto begin = i;
    Taken taken{.module = dotted(code, i), .member = {}, .local = {}, .start = code.start(begin), .end = 0};
    taken.end = code.end(i - 1);
    if (code.is(i, "as")) taken.local = code.at(i + 1), i += 2;
    if (!taken.module.empty()) uses.take(taken);
    if (!code.is(i, ",") || i == begin) return i;
    ++i;
  }
  return i;
}

// from a.b import c as d, e
std::size_t python_from(const Code& code, std::size_t i, Uses& uses) {
  auto at = i + 1;
  if (code.is(at, ".")) return at;  // relative: the tree's own
  const auto begin = at;
  const auto module = dotted(code, at);
  if (module.empty() || (!code.is(at, "import") && !code.is(at, "cimport"))) return i + 1;
  const auto end = code.end(at - 1);
  ++at;
  const bool round = code.is(at, "(");
  if (round) ++at;
  while (at < code.size() && (round ? !code.is(at, ")") : !ends_statement(code, at))) {
    Taken taken{.module = module, .member = {}, .local = {}, .start = code.start(begin), .end = end};
    if (!code.is(at, "*")) taken.member = code.at(at);
    taken.binds = !taken.member.empty();
    ++at;
    if (code.is(at, "as")) taken.local = code.at(at + 1), at += 2;
    if (!code.is(at - 1, ",")) uses.take(taken);
    if (code.is(at, ",")) ++at;
  }
  return at;
}

// The name that an assignment gives to what follows at `i`: `x = …`.
std::string assigned(const Code& code, std::size_t i) {
  if (i >= 2 && code.is(i - 1, "=") && code.is_identifier(i - 2)) return std::string(code.at(i - 2));
  return {};
}

void java_import(const Code& code, std::size_t& i, Uses& uses);

// a.b.{C, D => E, _}
void scala_selectors(const Code& code, std::size_t i, const Taken& taken, Uses& uses) {
  constexpr std::size_t longest = 2000;  // tokens
  const auto end = std::min(code.partner(i), i + longest);
  for (++i; i < end; ++i) {
    if (!code.is_word(i)) continue;
    auto one = taken;
    one.member = without_backticks(code.at(i));
    if (code.is(i + 1, "=") && code.is(i + 2, ">")) one.local = code.at(i + 3), i += 3;
    if (code.is(i + 1, "as")) one.local = code.at(i + 2), i += 2;
    one.binds = one.member != "_" && one.member != "given";
    if (!one.binds) one.member.clear();
    uses.take(one);
  }
}

void java_import(const Code& code, std::size_t& i, Uses& uses) {
  ++i;
  if (code.is(i, "static")) ++i;
  const auto begin = i;
  std::string path;
  for (; code.is_word(i) || code.is(i, "`"); ++i) {
    if (i != begin && code.begins_line(i)) break;
    if (code.is(i, "`")) continue;
    path += code.at(i);
    while (code.is(i + 1, "`")) ++i;
    if (!code.is(i + 1, ".") || (!code.is_word(i + 2) && !code.is(i + 2, "`"))) break;
    path += '.';
    ++i;
  }
  Taken taken{.module = path, .member = {}, .local = {}, .start = code.start(begin), .end = code.end(i)};
  if (path.empty()) return;
  if (code.is(i + 1, ".") && code.is(i + 2, "{")) return scala_selectors(code, i + 2, taken, uses);
  taken.binds = !code.is(i + 1, ".") && !path.ends_with("_");
  if (code.is(i + 1, "as") && !code.begins_line(i + 1)) taken.local = code.at(i + 2);
  uses.take(taken);
}

// using A.B; using static A.B; using C = A.B; global using A; F#: open A.B; Visual Basic: Imports A.B
void csharp_using(const Code& code, std::size_t& i, Uses& uses) {
  auto at = i + 1;
  if (code.is(at, "static") || code.is(at, "type")) ++at;
  std::string local;
  if (code.is_word(at) && code.is(at + 1, "=")) local = code.at(at), at += 2;
  if (code.is(at, "global") && code.is(at + 1, ":")) at += 3;
  const auto begin = at;
  const auto path = dotted(code, at);
  if (path.empty() || !ends_statement(code, at)) return;
  uses.take({.module = path,
             .member = {},
             .local = local,
             .start = code.start(begin),
             .end = code.end(at - 1),
             .binds = !local.empty()});
  i = at - 1;
}

// The path between `<` and `>` of an include, or a string's text; empty: neither.
std::string included(const Code& code, std::size_t i) {
  if (code.is_string(i)) return text_at(code, i);
  if (!code.is(i, "<")) return {};
  constexpr std::size_t longest = 300;
  const auto text = code.source().text.substr(code.end(i), longest);
  const auto close = text.find_first_of(">\n");
  if (close == string_view::npos || text[close] != '>') return {};
  return std::string(text.substr(0, close));
}

}  // namespace

void python_imports(const Code& code, Uses& uses) {
  for (std::size_t i = 0; i < code.size(); ++i) {
    const auto word = code.at(i);
    const bool begins = code.begins_line(i) || code.is(i - 1, ";") || code.is(i - 1, ":");
    if ((word == "import" || word == "cimport") && begins && !code.is(i + 1, "(")) {
      i = python_import(code, i, uses) - 1;
    } else if (word == "from" && begins) {
      i = python_from(code, i, uses) - 1;
    } else if ((word == "import_module" || word == "__import__" || word == "importorskip" ||
                word == "lazy_import") &&
               code.is(i + 1, "(") && code.is_string(i + 2)) {
      auto first = i;
      while (first >= 2 && code.is(first - 1, ".")) first -= 2;
      const auto local = assigned(code, first);
      const auto module = text_at(code, i + 2);
      uses.take({.module = module,
                 .member = {},
                 .local = local,
                 .start = code.start(i + 2),
                 .end = code.end(i + 2),
                 .binds = !local.empty()});
    }
  }
}

void go_imports(const Code& code, Uses& uses) {
  const auto spec = [&](std::size_t i, string_view name) {
    Taken taken{
        .module = text_at(code, i), .member = {}, .local = {}, .start = code.start(i), .end = code.end(i)};
    if (name == "_" || name == ".")
      taken.binds = false;
    else
      taken.local = name;
    uses.take(taken);
  };
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (!code.is(i, "import") || !code.begins_line(i)) continue;
    if (code.is_string(i + 1)) spec(i + 1, {});
    if (code.is_string(i + 2) && !code.is(i + 1, "(")) spec(i + 2, code.at(i + 1));
    if (!code.is(i + 1, "(")) continue;
    const auto end = code.partner(i + 1);
    for (auto at = i + 2; at < end; ++at)
      if (code.is_string(at))
        spec(at, code.begins_line(at) || code.is(at - 1, "(") ? string_view() : code.at(at - 1));
    i = std::max(i, end);
  }
}

void java_imports(const Code& code, Uses& uses) {
  for (std::size_t i = 0; i < code.size(); ++i)
    if (code.is(i, "import") && (code.begins_line(i) || code.is(i - 1, ";"))) java_import(code, i, uses);
}

void csharp_imports(const Code& code, Uses& uses) {
  for (std::size_t i = 0; i < code.size(); ++i) {
    const bool begins = code.begins_line(i) || code.is(i - 1, ";") || code.is(i - 1, "global");
    if (begins && (code.is(i, "using") || code.is(i, "open") || code.is(i, "Imports")))
      csharp_using(code, i, uses);
  }
}

void ruby_imports(const Code& code, Uses& uses) {
  for (std::size_t i = 0; i + 1 < code.size(); ++i) {
    if (!code.is(i, "require") && !code.is(i, "load") && !code.is(i, "gem")) continue;
    if (code.is(i - 1, ".") && !code.is(i - 2, "Kernel")) continue;
    const auto at = code.is(i + 1, "(") ? i + 2 : i + 1;
    if (!code.is_string(at)) continue;
    if (code.is(i, "gem") && code.source().text.substr(code.end(at)).starts_with(','))
      continue;  // a Gemfile's
    uses.take({.module = text_at(code, at),
               .member = {},
               .local = {},
               .start = code.start(at),
               .end = code.end(at)});
  }
}

void c_imports(const Code& code, Uses& uses) {
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (!code.begins_line(i)) continue;
    if (code.is(i, "@") && code.is(i + 1, "import")) {
      auto at = i + 2;
      const auto module = dotted(code, at);
      uses.take({.module = module,
                 .member = {},
                 .local = {},
                 .start = code.start(i + 2),
                 .end = code.end(at - 1),
                 .binds = false});
    }
    if (!code.is(i, "#") ||
        (!code.is(i + 1, "include") && !code.is(i + 1, "import") && !code.is(i + 1, "include_next")))
      continue;
    const auto path = included(code, i + 2);
    if (path.empty()) continue;
    const auto start = code.start(i + 2) + 1;
    uses.take({.module = path,
               .member = {},
               .local = {},
               .start = start,
               .end = start + path.size(),
               .binds = false});
  }
}

void swift_imports(const Code& code, Uses& uses) {
  for (std::size_t i = 0; i + 1 < code.size(); ++i) {
    if (!code.is(i, "import")) continue;
    auto at = i + 1;
    for (const string_view kind : {"struct", "class", "enum", "protocol", "typealias", "func", "let", "var"})
      if (code.is(at, kind) && code.is_word(at + 1) && !code.begins_line(at + 1)) {
        ++at;
        break;
      }
    const auto begin = at;
    const auto module = dotted(code, at);
    uses.take(
        {.module = module, .member = {}, .local = {}, .start = code.start(begin), .end = code.end(at - 1)});
    i = at - 1;
  }
}

void read_imports(const Code& code, Uses& uses) {
  const auto language = uses.language();
  if (language == "python") python_imports(code, uses);
  if (language == "javascript") javascript_imports(code, uses);
  if (language == "go") go_imports(code, uses);
  if (language == "java") java_imports(code, uses);
  if (language == "csharp") csharp_imports(code, uses);
  if (language == "ruby") ruby_imports(code, uses);
  if (language == "rust") rust_imports(code, uses);
  if (language == "php") php_imports(code, uses);
  if (language == "c") c_imports(code, uses);
  if (language == "swift") swift_imports(code, uses);
}

}  // namespace ostiary::scan
