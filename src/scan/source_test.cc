#include "scan/impl/source.h"

#include <gtest/gtest.h>

namespace ostiary::scan {
namespace {

// The sources of a file: language and tokens, comments in `#…#`, strings decoded in `'…'`. The bytes of the
// file at each token's place are compared where the file holds it as it is.
std::string shown(std::string_view path, std::string_view bytes) {
  std::string out, scratch;
  const auto sources = sources_of({path, bytes});
  for (const auto& source : sources.all) {
    if (source.tokens.empty()) continue;
    out += out.empty() ? "" : "\n";
    out += std::string(source.language.empty() ? "-" : source.language) + "|";
    for (const auto& token : source.tokens) {
      const auto text = source.of(token);
      if (!source.owned) EXPECT_EQ(bytes.substr(source.place(token.start), text.size()), text);
      if (token.kind == lex::Kind::string)
        out += " '" + std::string(source.text_of(token).value(scratch)) + "'";
      else if (token.kind == lex::Kind::comment)
        out += " #" + std::string(text) + "#";
      else
        out += " " + std::string(text);
    }
  }
  for (const auto& partial : sources.partial) out += "\npartial: " + partial.text.substr(0, 12);
  return out;
}

TEST(Source, TellsCodeFromStringsAndComments) {
  EXPECT_EQ(shown("a.py", "import x # y\nz = r'\\n' + \"a\\n\\x41\""),
            "python| import x ## y# z = '\\n' + 'a\nA'");
  EXPECT_EQ(shown("a.ts", "f(`a${b}c`, 'd\\'', /e/)"), "javascript| f ( 'a' b 'c' , 'd'' , '' )");
  EXPECT_EQ(shown("a.cs", "@\"a\\b\" + \"\"\"c\"d\"\"\""), "csharp| @ 'a\\b' + 'c\"d'");
  EXPECT_EQ(shown("a.cpp", "R\"x(a\"b)x\" L\"c\""), "c| 'a\"b' 'c'");
  EXPECT_EQ(shown("a.rs", "r#\"a\"b\"# b\"c\" 'd'"), "rust| 'a\"b' 'c' 'd'");
  EXPECT_EQ(shown("a.go", "`a\\n` \"\\n\""), "go| 'a\\n' '\n'");
  EXPECT_EQ(shown("run.sh", "cat <<'E' | x\na \"b\"\nE\n"), "shell| cat '' | x 'a \"b\"\nE'");
  EXPECT_EQ(shown("run", "#!/usr/bin/env python3\nx"), "python| ##!/usr/bin/env python3# x");
  EXPECT_EQ(shown("a.py", "\"\"\"a\nb\"\"\""), "python| 'a\nb'");
}

TEST(Source, ReadsScriptsOfPagesAndCodeOfPhp) {
  EXPECT_EQ(shown("a.vue", "<template>don't</template><script setup lang=\"ts\">let a</script>"),
            "-| #<template>don't</template>#\njavascript| let a\n-| #</script>#");
  EXPECT_EQ(shown("a.html", "<script type='importmap'>{}</script>"), "-| #{}#\n-| #</script>#");
  EXPECT_EQ(shown("a.php", "don't <?php $a = '?>'; // b ?>text<?= $c ?>"),
            "-| #don't #\n-| #text#\nphp| $a = '?>' ; #// b ?># $c ? >");
  EXPECT_EQ(shown("a.php", "<?php f(); ?>isn't<?= $c ?>"), "-| #isn't#\nphp| f ( ) ; ? > $c ? >");
}

TEST(Source, TakesTheTextOfJsxForNoCode) {
  EXPECT_EQ(shown("a.jsx", "return (<p id={a}>don't {b} `c<br/> d</p>); e = 'f'"),
            "javascript| return ( < p id = { a } > #don't # { b } #`c# < br / > #d# #</p># ) ; e = 'f'");
  EXPECT_EQ(shown("a.tsx", "const f = <T,>(a: T) => a < 3 && b > c; g('x')"),
            "javascript| const f = < T , > ( a : T ) = > a < 3 & & b > c ; g ( 'x' )");
  EXPECT_EQ(shown("a.ts", "const a = <T>b; 'x' // </"), "javascript| const a = < T > b ; 'x' #// </#");
}

TEST(Source, OfConfigurationSeesOnlyComments) {
  EXPECT_EQ(shown("a.yaml", "a: b # c\nd: \"# e\" #f"), "-| ## c# ##f#");
  EXPECT_EQ(shown("a.jsonc", "{\"a\": \"//b\"} // c\n/* d */"), "-| #// c# #/* d #");
  EXPECT_EQ(shown("requirements.txt", "a==1\n# b==2"), "-| ## b==2#");
  EXPECT_EQ(shown("a.csproj", "<a/><!-- b -->"), "-| #<!-- b #");
  EXPECT_EQ(shown("CMakeLists.txt", "find_package(a) # b"), "cmake| find_package ( a ) ## b#");
  EXPECT_EQ(shown("README.md", "a"), "-| #a#");
  EXPECT_EQ(shown("a.csv", "a,b"), "");
}

TEST(Source, SortsTheLinesOfANotebook) {
  const std::string_view book =
      R"({"cells": [{"cell_type": "markdown", "source": ["# a\n", "b"]},
      {"cell_type": "code", "source": "%pip install c\nd = \"\u00e9\"\n!e", "outputs": [{"text": ["f"]}]},
      {"cell_type": "code", "source": ["%%bash\n", "g"]}], "metadata": {}})";
  EXPECT_EQ(shown("a.ipynb", book), "python| d = 'é'\nshell| pip install c e g\n-| ## a\nb\nf\n#");
  for (const auto& source : sources_of({"a.ipynb", book}).all)
    for (const auto& token : source.tokens)
      if (source.of(token) == "d" || source.of(token) == "g")
        EXPECT_EQ(book.substr(source.place(token.start), 1), source.of(token));
  EXPECT_EQ(shown("a.ipynb", "{"), "-| #{#\npartial: the notebook");
}

TEST(Source, KnowsWhereADecodedByteStands) {
  const std::string_view text = "x = 'a\\n\\u00e9b'";
  const auto sources = sources_of({"a.py", text});
  const auto& source = sources.all.at(0);
  const auto said = source.text_of(source.tokens.back());
  std::string scratch;
  ASSERT_EQ(said.value(scratch), "a\néb");
  EXPECT_EQ(text.at(said.at(0)), 'a');
  EXPECT_EQ(text.at(said.at(4)), 'b');
}

TEST(Source, TellsAStringThatIsAStatement) {
  const auto sources = sources_of({"a.py", "\"\"\"a\"\"\"\ndef f():\n  'b'\n  g('c',\n    'd')\n  x = 'e'"});
  const auto& source = sources.all.at(0);
  std::string alone;
  for (std::size_t i = 0; i < source.tokens.size(); ++i)
    if (source.stands_alone(i)) alone += source.text_of(source.tokens[i]).raw();
  EXPECT_EQ(alone, "ab");
}

}  // namespace
}  // namespace ostiary::scan
