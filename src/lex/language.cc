#include "lex/language.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace ostiary::lex {

namespace {

using Entry = std::pair<std::string_view, Language>;

constexpr std::array kNames = std::to_array<Entry>({
    {"c", Language::c},
    {"cpp", Language::cpp},
    {"csharp", Language::csharp},
    {"css", Language::css},
    {"generic", Language::generic},
    {"go", Language::go},
    {"html", Language::html},
    {"java", Language::java},
    {"javascript", Language::javascript},
    {"kotlin", Language::kotlin},
    {"php", Language::php},
    {"python", Language::python},
    {"ruby", Language::ruby},
    {"rust", Language::rust},
    {"scala", Language::scala},
    {"shell", Language::shell},
    {"sql", Language::sql},
    {"swift", Language::swift},
});

constexpr std::array kExtensions = std::to_array<Entry>({
    {"ada", Language::generic},    {"bash", Language::shell},
    {"bzl", Language::python},     {"c", Language::c},
    {"cc", Language::cpp},         {"cjs", Language::javascript},
    {"clj", Language::generic},    {"cpp", Language::cpp},
    {"cs", Language::csharp},      {"css", Language::css},
    {"cts", Language::javascript}, {"cu", Language::cpp},
    {"cxx", Language::cpp},        {"dart", Language::java},
    {"erl", Language::generic},    {"ex", Language::ruby},
    {"exs", Language::ruby},       {"f90", Language::generic},
    {"fs", Language::generic},     {"go", Language::go},
    {"gradle", Language::kotlin},  {"groovy", Language::kotlin},
    {"h", Language::cpp},          {"hh", Language::cpp},
    {"hpp", Language::cpp},        {"hs", Language::generic},
    {"htm", Language::html},       {"html", Language::html},
    {"hxx", Language::cpp},        {"inc", Language::generic},
    {"inl", Language::cpp},        {"ino", Language::cpp},
    {"java", Language::java},      {"jl", Language::python},
    {"js", Language::javascript},  {"jsx", Language::javascript},
    {"ksh", Language::shell},      {"kt", Language::kotlin},
    {"kts", Language::kotlin},     {"less", Language::css},
    {"lua", Language::generic},    {"m", Language::c},
    {"mjs", Language::javascript}, {"ml", Language::generic},
    {"mm", Language::cpp},         {"mts", Language::javascript},
    {"php", Language::php},        {"pl", Language::generic},
    {"pm", Language::generic},     {"proto", Language::generic},
    {"ps1", Language::generic},    {"py", Language::python},
    {"pyi", Language::python},     {"pyx", Language::python},
    {"r", Language::generic},      {"rb", Language::ruby},
    {"rs", Language::rust},        {"s", Language::generic},
    {"scala", Language::scala},    {"scss", Language::css},
    {"sh", Language::shell},       {"sol", Language::javascript},
    {"sql", Language::sql},        {"svelte", Language::html},
    {"swift", Language::swift},    {"tf", Language::generic},
    {"ts", Language::javascript},  {"tsx", Language::javascript},
    {"v", Language::generic},      {"vb", Language::generic},
    {"vhd", Language::generic},    {"vue", Language::html},
    {"xhtml", Language::html},     {"zig", Language::generic},
    {"zsh", Language::shell},
});

static_assert(std::ranges::is_sorted(kExtensions, {}, &Entry::first));

constexpr std::array kFiles = std::to_array<Entry>({
    {"BUILD", Language::python},
    {"Dockerfile", Language::shell},
    {"Gemfile", Language::ruby},
    {"Jenkinsfile", Language::kotlin},
    {"Makefile", Language::shell},
    {"Rakefile", Language::ruby},
    {"SConstruct", Language::python},
    {"WORKSPACE", Language::python},
});

constexpr std::array kInterpreters = std::to_array<Entry>({
    {"bash", Language::shell},
    {"dash", Language::shell},
    {"deno", Language::javascript},
    {"ksh", Language::shell},
    {"node", Language::javascript},
    {"perl", Language::generic},
    {"php", Language::php},
    {"python", Language::python},
    {"ruby", Language::ruby},
    {"sh", Language::shell},
    {"zsh", Language::shell},
});

template <class Table>
std::optional<Language> find(const Table& table, std::string_view key) {
  const auto at = std::ranges::lower_bound(table, key, {}, &Entry::first);
  return at != table.end() && at->first == key ? std::optional(at->second) : std::nullopt;
}

// "/usr/bin/env -S python3.11 -u" is python.
std::optional<Language> of_shebang(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  while (!line.empty()) {
    const auto begin = std::min(line.find_first_not_of(blanks), line.size());
    const auto word = line.substr(begin, line.find_first_of(blanks, begin) - begin);
    line.remove_prefix(begin + word.size());
    auto program = word.substr(word.rfind('/') + 1);
    program = program.substr(0, program.find_first_of("0123456789."));
    if (const auto language = find(kInterpreters, program)) return language;
    if (program != "env" && !word.starts_with('-')) break;
  }
  return std::nullopt;
}

}  // namespace

const char* name(Language language) {
  const auto at = std::ranges::find(kNames, language, &Entry::second);
  return at->first.data();
}

std::optional<Language> language_named(std::string_view name) {
  return find(kNames, name);
}

std::optional<Language> language_of(std::string_view path, std::string_view head) {
  constexpr std::size_t most_of_line = 256;
  const auto file = path.substr(path.rfind('/') + 1);
  if (const auto language = find(kFiles, file)) return language;
  if (const auto dot = file.rfind('.'); dot != std::string_view::npos) {
    std::string extension(file.substr(dot + 1));
    std::ranges::transform(extension, extension.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (const auto language = find(kExtensions, extension)) return language;
  }
  const auto line = head.substr(0, std::min(head.find('\n'), most_of_line));
  if (line.starts_with("#!")) return of_shebang(line.substr(2));
  if (line.starts_with("<?php")) return Language::php;
  if (line.starts_with("<!DOCTYPE") || line.starts_with("<!doctype") || line.starts_with("<html"))
    return Language::html;
  return std::nullopt;
}

}  // namespace ostiary::lex
