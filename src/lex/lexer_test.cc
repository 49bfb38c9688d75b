#include "lex/lexer.h"

#include <gmock/gmock.h>
#include <string>

namespace ostiary::lex {
namespace {

// Tokens as "kind:text", the kind by its first letter: identifier, keyword, number, string, comment (#),
// punctuation alone.
std::string shown(std::string_view text, const std::vector<Token>& tokens) {
  std::string out;
  for (const auto& token : tokens) {
    if (!out.empty()) out += ' ';
    const auto word = std::string(text.substr(token.start, token.end - token.start));
    if (token.kind == Kind::punctuation)
      out += word;
    else
      out += std::string(1, token.kind == Kind::comment ? '#' : name(token.kind)[0]) + ":" + word;
  }
  return out;
}

struct Case {
  Language language;
  std::string text, tokens;
};

const std::vector<Case>& cases() {
  using enum Language;
  static const std::vector<Case> all{
      {c, "int x = 0x1F; // y\n", "k:int i:x = n:0x1F ; #:// y"},
      {c, "a /* b\n* / */ / c", "i:a #:/* b\n* / */ / i:c"},
      {c, R"(s = "a\"b" 'c';)", R"(i:s = s:"a\"b" s:'c' ;)"},
      {c, "\"open\nnext", "s:\"open i:next"},
      {c, "x = 1.5e3; y[1].z", "i:x = n:1.5e3 ; i:y [ n:1 ] . i:z"},
      {c, "#include <a.h>", "# i:include < i:a . i:h >"},
      {c, "a /", "i:a /"},
      {cpp, R"x(R"ab(x)b" )ab" u8R"(y)" L'c')x", R"x(s:R"ab(x)b" )ab" s:u8R"(y)" s:L'c')x"},
      {cpp, "n = 1'000'000; c = '1';", "i:n = n:1'000'000 ; i:c = s:'1' ;"},
      {cpp, "R\"x y\"", "s:R\"x y\""},
      {csharp, R"(var p = @"C:\a ""b"""; $"x{1}";)", R"(k:var i:p = @ s:"C:\a ""b""" ; $ s:"x{1}" ;)"},
      {csharp, "x = \"\"\"a \"b\" \\\"\"\";", "i:x = s:\"\"\"a \"b\" \\\"\"\" ;"},
      {java, "String s = \"\"\"\n a \\\"\"\" b\"\"\";", "i:String i:s = s:\"\"\"\n a \\\"\"\" b\"\"\" ;"},
      {java, "f(\"\", \"\")", "i:f ( s:\"\" , s:\"\" )"},
      {kotlin, "/* a /* b */ c */ val x = \"\"\"\\\"\"\"",
       "#:/* a /* b */ c */ k:val i:x = s:\"\"\"\\\"\"\""},
      {javascript, "a = b / c / d", "i:a = i:b / i:c / i:d"},
      {javascript, "a = /[/\"]+\\/x/g.test(b)", "i:a = s:/[/\"]+\\/x/ i:g . i:test ( i:b )"},
      {javascript, "return /x/; i++ / 2", "k:return s:/x/ ; i:i + + / n:2"},
      {javascript, "`a${ {b: `c`} }d` + $e", "s:`a${ { i:b : s:`c` } s:}d` + i:$e"},
      {javascript, "`$x \\` $${y}`", "s:`$x \\` $${ i:y s:}`"},
      {go, "s := `a\\\nb`; r := 'x'", "i:s : = s:`a\\\nb` ; i:r : = s:'x'"},
      {rust, "fn f<'a>(x: &'a str) -> char { 'b' }",
       "k:fn i:f < i:'a > ( i:x : & i:'a i:str ) - > i:char { s:'b' }"},
      {rust, R"(r#"a"b"# r"c" br##"d"#"## b'e' '\'' r#type)",
       R"(s:r#"a"b"# s:r"c" s:br##"d"#"## s:b'e' s:'\'' i:r # k:type)"},
      {rust, "0..10 /* /* */ */ x", "n:0 . . n:10 #:/* /* */ */ i:x"},
      {swift, R"(let a = #"b"c"# + "d")", R"(k:let i:a = s:#"b"c"# + s:"d")"},
      {swift, "#if DEBUG", "# k:if i:DEBUG"},
      {php, "$a = <<<'E'\n b # c\n E;\n# d", "i:$a = s:<<<'E' s: b # c\n E ; #:# d"},
      {scala, "val q = \"\"\"a\"b\"\"\"", "k:val i:q = s:\"\"\"a\"b\"\"\""},
      {python, "def f(): # x\n  '''a\n'b' '''\n", "k:def i:f ( ) : #:# x s:'''a\n'b' '''"},
      {python, R"(rb'a\'' f"{x}" not_r"")", R"(s:rb'a\'' s:f"{x}" i:not_r s:"")"},
      {ruby, "x = <<~END\n  a # 'b\n  END\ny = a / b", "i:x = s:<<~END s:  a # 'b\n  END i:y = i:a / i:b"},
      {ruby, "a << b if x =~ /a#b/", "i:a < < i:b k:if i:x = ~ s:/a#b/"},
      {shell, "echo $# a#b # c", "i:echo $ # i:a # i:b #:# c"},
      {shell, "cat <<-'EOF' | x\n\tEOFX\n\tEOF\ny", "i:cat s:<<-'EOF' | i:x s:\tEOFX\n\tEOF i:y"},
      {shell, "cat <<E\n", "i:cat s:<<E"},
      {shell, "read <<< \"$x\" && echo 'a\\' b", "i:read < < < s:\"$x\" & & i:echo s:'a\\' i:b"},
      {shell, "echo $((1 << 2))", "i:echo $ ( ( n:1 < < n:2 ) )"},
      {sql, "SELECT 'it''s' -- x\nFROM \"T\"", "k:SELECT s:'it''s' #:-- x k:FROM s:\"T\""},
      {sql, "a - b", "i:a - i:b"},
      {html, "<a href='x'>don't</a><!-- \"b -->",
       "< i:a i:href = s:'x' > i:don ' i:t < / i:a > #:<!-- \"b -->"},
      {html, "<!doctype>", "< ! i:doctype >"},
      {css, "a#b { c: url(\"x\") } /* d */", "i:a # i:b { i:c : i:url ( s:\"x\" ) } #:/* d */"},
      {generic, "don't src/* if 'x' /* c */ # d\n#include #[e]",
       "i:don ' i:t i:src / * k:if s:'x' #:/* c */ #:# d # k:include # [ i:e ]"},
  };
  return all;
}

std::vector<Token> in_pieces(std::string_view text, Language language, std::size_t size) {
  std::vector<Token> out;
  Lexer lexer(language);
  for (std::size_t at = 0; at < text.size(); at += size) lexer.feed(text.substr(at, size), out);
  lexer.finish(out);
  return out;
}

TEST(Lexer, KnowsTheTokensOfEachLanguage) {
  for (const auto& one : cases())
    EXPECT_EQ(shown(one.text, tokens_of(one.text, one.language)), one.tokens) << name(one.language);
}

// The texts of all languages, read as each.
TEST(Lexer, FindsTheSameTokensHoweverTheTextIsCut) {
  for (int language = 0; language <= static_cast<int>(Language::swift); ++language)
    for (const auto& one : cases()) {
      const auto as = static_cast<Language>(language);
      const auto whole = tokens_of(one.text, as);
      EXPECT_EQ(in_pieces(one.text, as, 1), whole) << name(as) << ": " << one.text;
      for (std::size_t cut = 1; cut < one.text.size(); ++cut) {
        std::vector<Token> out;
        Lexer lexer(as);
        lexer.feed(std::string_view(one.text).substr(0, cut), out);
        const auto kept_from = lexer.open_from();
        const auto known = out.size();
        lexer.feed(std::string_view(one.text).substr(cut), out);
        lexer.finish(out);
        ASSERT_EQ(out, whole) << name(as) << " cut at " << cut << ": " << one.text;
        for (auto i = known; i < out.size(); ++i) ASSERT_GE(out[i].start, kept_from);
      }
    }
}

TEST(Lexer, LeavesNothingButBlanksBetweenTokensAtEachBeginning) {
  for (int language = 0; language <= static_cast<int>(Language::swift); ++language)
    for (const auto& one : cases())
      for (std::size_t cut = 0; cut <= one.text.size(); ++cut) {
        const auto text = std::string_view(one.text).substr(cut);
        std::uint64_t behind = 0;
        auto tokens = tokens_of(text, static_cast<Language>(language));
        tokens.push_back({Kind::punctuation, text.size(), text.size() + 1});
        for (const auto& token : tokens) {
          ASSERT_GE(token.start, behind) << text;
          ASSERT_LT(token.start, token.end) << text;
          const auto between = text.substr(behind, token.start - behind);
          ASSERT_EQ(between.find_first_not_of(" \n\t"), std::string_view::npos) << text;
          behind = token.end;
        }
        ASSERT_EQ(behind, text.size() + 1);
      }
}

TEST(Lexer, IsAsNewWhenATextIsOver) {
  std::vector<Token> first, second;
  Lexer lexer(Language::javascript);
  lexer.feed("`a${ b", first);
  lexer.finish(first);
  lexer.feed("} c", second);
  lexer.finish(second);
  EXPECT_EQ(shown("} c", second), "} i:c");
}

}  // namespace
}  // namespace ostiary::lex
