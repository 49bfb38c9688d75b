// Imports of JavaScript and TypeScript: ECMA-262 modules, CommonJS, Deno's and delivery networks' addresses.
#include <algorithm>
#include <array>

#include "scan/impl/uses.h"

namespace ostiary::scan {

namespace {

using std::string_view;

constexpr std::size_t kLongest = 2000;  // tokens of what one statement takes

struct Local {
  std::string member;  // empty: all of the module, or what it exports by default
  std::string name;
  bool types = false;
};

std::string text_at(const Code& code, std::size_t i) {
  std::string scratch;
  return code.is_string(i) ? std::string(code.source().text_of(code.token(i)).value(scratch)) : std::string();
}

// { a, b as c, type D, e: f }
void read_braces(const Code& code, std::size_t open, std::vector<Local>& out) {
  const auto end = std::min(code.partner(open), open + kLongest);
  for (auto i = open + 1; i < end; ++i) {
    if (!code.is_word(i) && !code.is_string(i)) continue;
    Local one;
    if (code.is(i, "type") && code.is_word(i + 1) && !code.is(i + 1, "as")) one.types = true, ++i;
    one.member = code.at(i);
    one.name = one.member;
    if ((code.is(i + 1, "as") || code.is(i + 1, ":")) && code.is_word(i + 2))
      one.name = code.at(i + 2), i += 2;
    if (one.member == "default") one.member.clear();
    out.push_back(std::move(one));
    while (i < end && !code.is(i, ",")) ++i;
  }
}

void take(const Code& code, std::size_t i, const std::vector<Local>& locals, bool types, Uses& uses) {
  const auto named = npm_name_of(text_at(code, i));
  if (named.name.empty()) return;
  const Taken taken{.module = named.name,
                    .member = {},
                    .local = {},
                    .start = code.start(i),
                    .end = code.end(i),
                    .types = types,
                    .versioned = named.versioned,
                    .binds = false};
  if (locals.empty()) uses.take(taken);
  for (const auto& local : locals) {
    auto one = taken;
    one.local = local.name;
    one.stands_for = local.member;
    one.types |= local.types;
    one.binds = true;
    uses.take(one);
  }
}

// import …; export … from …
std::size_t read_statement(const Code& code, std::size_t i, Uses& uses) {
  const bool exports = code.is(i, "export");
  std::vector<Local> locals;
  bool types = false;
  auto at = i + 1;
  if (code.is(at, "type") && !code.is(at + 1, "from") && !code.is(at + 1, ",")) types = true, ++at;
  for (const auto end = std::min(code.size(), i + kLongest); at < end; ++at) {
    if (code.is_string(at)) {
      take(code, at, locals, types, uses);
      return at;
    }
    if (code.is(at, "{")) {
      read_braces(code, at, locals);
      if (code.partner(at) == at) return at;
      at = code.partner(at);
      if (exports && !code.is(at + 1, "from")) return at;
    } else if (code.is(at, "=") && code.is(at + 1, "require") && code.is_string(at + 3)) {
      take(code, at + 3, locals, types, uses);
      return at + 3;
    } else if (code.is(at, "*") || code.is(at, ",") || code.is(at, "from") || code.is(at, "as")) {
      continue;
    } else if (code.is_word(at) && !code.is(at, "import") && !code.is(at, "export")) {
      if (exports && !code.is(at - 1, "as")) return i;
      locals.push_back({{}, std::string(code.at(at)), types});
    } else {
      return i;
    }
  }
  return i;
}

// const { a: b } = await import("x"), const c = require("x").d, from `i`, which is import or require.
void read_call(const Code& code, std::size_t i, Uses& uses) {
  if (!code.is(i + 1, "(") || !code.is_string(i + 2)) return;
  const auto close = code.partner(i + 1);
  std::vector<Local> locals;
  auto before = i;
  while (before > 0 && (code.is(before - 1, "await") || code.is(before - 1, "("))) --before;
  if (before >= 2 && code.is(before - 1, "=")) {
    if (code.is(before - 2, "}") && code.partner(before - 2) < before - 2)
      read_braces(code, code.partner(before - 2), locals);
    else if (code.is_word(before - 2))
      locals.push_back({{}, std::string(code.at(before - 2))});
  }
  auto behind = close + 1;
  while (code.is(behind, ")")) ++behind;
  if (locals.size() == 1 && code.is(behind, ".") && code.is_word(behind + 1) &&
      !code.is(behind + 1, "default") && !code.is(behind + 1, "then"))
    locals.front().member = code.at(behind + 1);
  take(code, i + 2, locals, false, uses);
}

// Cuts the version off `name@1.2/sub` and `@scope/name@1.2`.
NpmModule without_version(string_view text) {
  NpmModule out;
  const auto at = text.find('@', 1);
  if (at == string_view::npos) return {std::string(text), false};
  const auto slash = std::min(text.find('/', at), text.size());
  out.name = std::string(text.substr(0, at)) + std::string(text.substr(slash));
  out.versioned = true;
  return out;
}

}  // namespace

NpmModule npm_name_of(string_view specifier) {
  constexpr auto networks = std::to_array<string_view>(
      {"https://esm.sh/", "https://cdn.skypack.dev/", "https://unpkg.com/", "https://cdn.jsdelivr.net/npm/",
       "https://esm.run/", "https://ga.jspm.io/npm:", "https://jspm.dev/", "https://deno.land/x/",
       "https://cdn.esm.sh/", "//unpkg.com/", "//cdn.jsdelivr.net/npm/", "https://esm.unpkg.com/"});
  if (specifier.starts_with("npm:") || specifier.starts_with("jsr:")) {
    specifier.remove_prefix(4);
    if (specifier.starts_with('/')) specifier.remove_prefix(1);
    auto out = without_version(specifier);
    out.versioned = true;
    return out;
  }
  for (const auto network : networks) {
    if (!specifier.starts_with(network)) continue;
    specifier.remove_prefix(network.size());
    specifier = specifier.substr(0, specifier.find('?'));
    if (specifier.starts_with("v1") && specifier.find('/') != string_view::npos)  // esm.sh's builds
      specifier.remove_prefix(specifier.find('/') + 1);
    if (specifier.starts_with('*')) specifier.remove_prefix(1);
    auto out = without_version(specifier);
    out.versioned = true;
    return out;
  }
  if (specifier.starts_with('.') || specifier.starts_with('/') || specifier.find("://") != string_view::npos)
    return {};
  return {std::string(specifier), false};
}

void javascript_imports(const Code& code, Uses& uses) {
  for (std::size_t i = 0; i < code.size(); ++i) {
    const bool member = i > 0 && code.is(i - 1, ".");
    if (code.is(i, "import") && !member) {
      if (code.is(i + 1, "("))
        read_call(code, i, uses);
      else if (!code.is(i + 1, "."))
        i = std::max(i, read_statement(code, i, uses));
    } else if (code.is(i, "export") &&
               (code.is(i + 1, "*") || code.is(i + 1, "{") || code.is(i + 1, "type"))) {
      i = std::max(i, read_statement(code, i, uses));
    } else if (code.is(i, "require") && !member) {
      read_call(code, i, uses);
    } else if (code.is(i, "importScripts") && code.is_string(i + 2)) {
      take(code, i + 2, {}, false, uses);
    }
  }
}

}  // namespace ostiary::scan
