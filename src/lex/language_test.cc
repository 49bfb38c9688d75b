#include "lex/language.h"

#include <gtest/gtest.h>
#include <string>

namespace ostiary::lex {
namespace {

TEST(Language, IsThatOfTheFilesName) {
  EXPECT_EQ(language_of("src/a.PY", ""), Language::python);
  EXPECT_EQ(language_of("a.d/b.tsx", ""), Language::javascript);
  EXPECT_EQ(language_of("x/Gemfile", ""), Language::ruby);
  EXPECT_EQ(language_of("a.b/c.hs", ""), Language::generic);
  EXPECT_EQ(language_of("notes.txt", "text"), std::nullopt);
  for (const auto* extension : {"ada", "c",  "cs",    "go", "h",   "java",  "js", "kt",  "php", "py",
                                "rb",  "rs", "scala", "sh", "sql", "swift", "ts", "vue", "zig", "zsh"})
    EXPECT_TRUE(language_of(std::string("a.") + extension, "")) << extension;
}

TEST(Language, IsThatOfTheShebangWhereTheNameDoesNotSay) {
  EXPECT_EQ(language_of("run", "#!/bin/sh\nx"), Language::shell);
  EXPECT_EQ(language_of("run", "#!/usr/bin/env -S python3.11 -u\n"), Language::python);
  EXPECT_EQ(language_of("run", "#! /usr/bin/node"), Language::javascript);
  EXPECT_EQ(language_of("run", "#!/usr/bin/awk\n"), std::nullopt);
  EXPECT_EQ(language_of("run", "<?php x"), Language::php);
}

TEST(Language, HasANameByWhichItIsFound) {
  for (int i = 0; i <= static_cast<int>(Language::swift); ++i)
    EXPECT_EQ(language_named(name(static_cast<Language>(i))), static_cast<Language>(i));
}

}  // namespace
}  // namespace ostiary::lex
