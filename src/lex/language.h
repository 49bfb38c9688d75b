#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ostiary::lex {

enum class Language : std::uint8_t {
  generic,  // of any text: what most languages have in common
  c,
  cpp,
  csharp,
  css,
  go,
  html,
  java,
  javascript,  // TypeScript too
  kotlin,
  php,
  python,
  ruby,
  rust,
  scala,
  shell,
  sql,
  swift,
};

const char* name(Language language);
std::optional<Language> language_named(std::string_view name);

// By the file's name, then by the first line where it is a shebang or another mark (`<?php`, `<!DOCTYPE`).
// Source of a language that has no lexer of its own is `generic`; nothing: it does not look like source.
// `head`: the text, or its beginning.
std::optional<Language> language_of(std::string_view path, std::string_view head);

}  // namespace ostiary::lex
