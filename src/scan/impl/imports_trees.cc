// Imports of Rust and PHP, whose one statement takes many names, and names that are written in full.
#include <algorithm>
#include <utility>

#include "scan/impl/uses.h"

namespace ostiary::scan {

namespace {

using std::string_view;

bool is_double_colon(const Code& code, std::size_t i) {
  return code.is(i, ":") && code.is(i + 1, ":");
}

// use a::{b::C, d as e, self, f::*}: each leaf with its path. Nesting is kept on a stack of our own.
std::size_t rust_use(const Code& code, std::size_t i, Uses& uses) {
  constexpr std::size_t deepest = 50;
  std::vector<std::string> outer;  // paths before each open brace
  std::string path;
  ++i;
  if (is_double_colon(code, i)) i += 2;
  const auto begin = i;
  const auto leaf = [&](std::size_t at, string_view local) {
    if (path.empty()) return;
    const auto cut = path.find("::");
    Taken taken{.module = path.substr(0, cut),
                .member = cut == std::string::npos ? std::string() : path.substr(cut + 2),
                .local = std::string(local),
                .start = code.start(begin),
                .end = code.end(begin)};
    if (outer.empty()) taken.end = code.end(at);
    if (taken.member.ends_with("*") || taken.module == "crate" || taken.module == "self" ||
        taken.module == "super")
      taken.binds = false;
    if (taken.module != "crate" && taken.module != "self" && taken.module != "super") uses.take(taken);
    path = outer.empty() ? std::string() : outer.back();
  };
  bool pending = false;  // a leaf's path is complete but for what follows
  for (; i < code.size() && !code.is(i, ";"); ++i) {
    if (code.is_word(i) && code.is(i, "as")) {
      leaf(i + 1, code.at(i + 1));
      pending = false;
      ++i;
    } else if (code.is_word(i) || code.is(i, "*")) {
      if (!code.is(i, "self") || path.empty()) {
        if (!path.empty()) path += "::";
        path += code.at(i);
      }
      pending = true;
    } else if (is_double_colon(code, i)) {
      ++i;
    } else if (code.is(i, "{")) {
      if (outer.size() >= deepest || path.size() > 500) break;
      outer.push_back(path);
      pending = false;
    } else if (code.is(i, "}") || code.is(i, ",")) {
      if (pending) leaf(i - 1, {});
      pending = false;
      if (code.is(i, "}") && !outer.empty()) outer.pop_back();
      path = outer.empty() ? std::string() : outer.back();
    } else {
      break;
    }
  }
  if (pending) leaf(i - 1, {});
  return i;
}

std::string php_name(const Code& code, std::size_t& i) {
  std::string out;
  if (code.is(i, "\\")) ++i;
  while (code.is_word(i)) {
    out += code.at(i++);
    if (!code.is(i, "\\") || !code.is_word(i + 1)) break;
    out += '\\';
    ++i;
  }
  return out;
}

// Takes A\B\C as `A` with member `B\C`.
void php_take(string_view path, string_view local, const Code& code, std::size_t begin, std::size_t end,
              Uses& uses) {
  const auto cut = path.rfind('\\');
  const bool parts = cut != string_view::npos;
  uses.take({.module = std::string(path.substr(0, parts ? cut : path.size())),
             .member = parts ? std::string(path.substr(cut + 1)) : std::string(),
             .local = std::string(local),
             .start = code.start(begin),
             .end = code.end(end)});
}

std::size_t php_use(const Code& code, std::size_t i, Uses& uses) {
  ++i;
  if (code.is(i, "function") || code.is(i, "const")) ++i;
  while (i < code.size()) {
    const auto begin = i;
    const auto path = php_name(code, i);
    if (path.empty()) return i;
    if (code.is(i, "\\") && code.is(i + 1, "{")) {
      const auto end = code.partner(i + 1);
      for (i += 2; i < end;) {
        const auto from = i;
        const auto rest = php_name(code, i);
        string_view local;
        const auto last = i - 1;
        if (code.is(i, "as")) local = code.at(i + 1), i += 2;
        if (!rest.empty()) php_take(path + "\\" + rest, local, code, from, last, uses);
        if (i == from || code.is(i, ",")) ++i;
      }
      return end;
    }
    string_view local;
    const auto last = i - 1;
    if (code.is(i, "as")) local = code.at(i + 1), i += 2;
    php_take(path, local, code, begin, last, uses);
    if (!code.is(i, ",")) return i;
    ++i;
  }
  return i;
}

// A path in code from its first name on: how many tokens it has, and its text.
std::pair<std::string, std::size_t> whole_path(const Code& code, std::size_t i, string_view separator) {
  constexpr std::size_t longest = 12;
  std::string out(code.at(i));
  auto last = i;
  for (std::size_t n = 0; n < longest; ++n) {
    auto next = last + 1;
    for (const char c : separator) {
      if (!code.is(next, string_view(&c, 1))) return {out, last};
      ++next;
    }
    if (!code.is_identifier(next)) break;
    out += separator;
    out += code.at(next);
    last = next;
  }
  return {out, last};
}

// Whether the name at `i` goes on from one before it.
bool goes_on(const Code& code, std::size_t i) {
  if (i == 0) return false;
  const auto before = code.at(i - 1);
  if (before == ".") return true;
  if (before == ":" && i > 1 && code.is(i - 2, ":")) {
    // `global::A` and `::a` begin a path.
    return i > 2 && code.is_word(i - 3) && !code.is(i - 3, "global");
  }
  if (before == "\\") return i > 1 && code.is_word(i - 2) && code.touches(i - 1);
  return before == ">" && i > 1 && code.is(i - 2, "-");
}

// Whether a path that a language writes in full is likely the package's and no variable's.
bool is_full_name(const Code& code, std::size_t i, string_view path, const Named& named,
                  string_view separator) {
  const auto language = code.source().language;
  if (path.size() == named.name.size()) {
    if (language != "php") return false;
    return code.is(i - 1, "\\") || code.is(i - 1, "new");
  }
  if (language == "rust" || language == "php") return true;
  if (named.name.find(separator) != string_view::npos) return true;
  const auto before = i > 0 ? code.at(i - 1) : string_view();
  return language == "csharp" && (before == "new" || before == ":");
}

}  // namespace

void rust_imports(const Code& code, Uses& uses) {
  for (std::size_t i = 0; i + 1 < code.size(); ++i)
    if (code.is(i, "mod") && code.is_word(i + 1)) uses.hide(code.at(i + 1));
  for (std::size_t i = 0; i + 1 < code.size(); ++i) {
    if (code.is(i, "use") && (code.is_word(i + 1) || code.is(i + 1, ":"))) {
      i = rust_use(code, i, uses);
    } else if (code.is(i, "extern") && code.is(i + 1, "crate")) {
      Taken taken{.module = std::string(code.at(i + 2)),
                  .member = {},
                  .local = {},
                  .start = code.start(i + 2),
                  .end = code.end(i + 2)};
      if (code.is(i + 3, "as")) taken.local = code.at(i + 4);
      uses.take(taken);
    }
  }
}

void php_imports(const Code& code, Uses& uses) {
  for (std::size_t i = 0; i + 1 < code.size(); ++i)
    if (code.is(i, "use") && !code.is(i + 1, "(")) i = php_use(code, i, uses);
}

void read_full_names(const Code& code, Uses& uses) {
  const auto language = uses.language();
  if (language != "rust" && language != "php" && language != "java" && language != "csharp") return;
  const auto separator = separator_of(language);
  bool statement = false;  // an import, which was read already
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code.is(i, "use") || code.is(i, "import") || code.is(i, "using") || code.is(i, "namespace") ||
        code.is(i, "package"))
      statement = true;
    if (code.is(i, ";") || code.is(i, "{") || code.is(i, "=") ||
        (language == "java" && code.begins_line(i) && !code.is(i, "import") && !code.is(i, "package")))
      statement = false;
    if (statement || !code.is_word(i) || goes_on(code, i) || !begins_import(language, code.at(i))) continue;
    if (uses.is_bound(code.at(i))) continue;
    const auto [path, last] = whole_path(code, i, separator);
    const auto named = sdks_of_import(language, path);
    if (!named || !is_full_name(code, i, path, named, separator)) continue;
    uses.take({.module = std::string(named.name),
               .member = {},
               .local = {},
               .start = code.start(i),
               .end = code.end(last),
               .full = true});
    i = last;
  }
}

}  // namespace ostiary::scan
