#include "lex/impl/spec.h"

#include <cstring>
#include <map>

namespace ostiary::lex {

namespace {

constexpr std::string_view kC =
    "auto break case char const continue default do double else enum extern float for goto if inline int "
    "long "
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile "
    "while _Bool _Static_assert bool true false NULL";
constexpr std::string_view kCpp =
    "alignas alignof and auto bool break case catch char class co_await co_return co_yield concept const "
    "consteval constexpr constinit const_cast continue decltype default delete do double dynamic_cast else "
    "enum explicit export extern false final float for friend goto if inline int long mutable namespace new "
    "noexcept not nullptr operator or override private protected public register reinterpret_cast requires "
    "return short signed sizeof static static_assert static_cast struct switch template this thread_local "
    "throw true try typedef typeid typename union unsigned using virtual void volatile while";
constexpr std::string_view kCsharp =
    "abstract as async await base bool break byte case catch char checked class const continue decimal "
    "default delegate do double else enum event explicit extern false finally fixed float for foreach goto "
    "if "
    "implicit in int interface internal is lock long namespace new null object operator out override params "
    "private protected public readonly record ref return sbyte sealed short sizeof stackalloc static string "
    "struct switch this throw true try typeof uint ulong unchecked unsafe ushort using var virtual void "
    "volatile while yield";
constexpr std::string_view kGo =
    "break case chan const continue default defer else fallthrough for func go goto if import interface map "
    "nil package range return select struct switch true false type var";
constexpr std::string_view kJava =
    "abstract assert boolean break byte case catch char class const continue default do double else enum "
    "extends false final finally float for goto if implements import instanceof int interface long native "
    "new "
    "null package private protected public record return sealed short static strictfp super switch "
    "synchronized this throw throws transient true try var void volatile while yield";
constexpr std::string_view kJavaScript =
    "abstract as async await break case catch class const continue debugger declare default delete do else "
    "enum export extends false finally for from function get if implements import in instanceof interface "
    "keyof let namespace new null of package private protected public readonly return set static super "
    "switch "
    "this throw true try type typeof undefined var void while with yield";
constexpr std::string_view kKotlin =
    "abstract annotation as break by catch class companion const constructor continue crossinline data do "
    "else enum external false final finally for fun get if import in infix init inline inner interface "
    "internal is lateinit null object open operator out override package private protected public reified "
    "return sealed set super suspend tailrec this throw true try typealias val var vararg when where while";
constexpr std::string_view kPhp =
    "abstract and array as break callable case catch class clone const continue declare default do echo else "
    "elseif empty enum extends false final finally fn for foreach function global goto if implements include "
    "include_once instanceof insteadof interface isset list match namespace new null or print private "
    "protected public readonly require require_once return static switch this throw trait true try unset use "
    "var while xor yield";
constexpr std::string_view kPython =
    "False None True and as assert async await break case class continue def del elif else except finally "
    "for "
    "from global if import in is lambda match nonlocal not or pass raise return self try while with yield";
constexpr std::string_view kRuby =
    "BEGIN END alias and begin break case class def defined do else elsif end ensure false for if in module "
    "next nil not or redo require rescue retry return self super then true undef unless until when while "
    "yield";
constexpr std::string_view kRust =
    "Self as async await break const continue crate dyn else enum extern false fn for if impl in let loop "
    "match mod move mut pub ref return self static struct super trait true type union unsafe use where while";
constexpr std::string_view kScala =
    "abstract case catch class def do else enum extends extension false final finally for forSome given if "
    "implicit import lazy match new null object override package private protected return sealed super then "
    "this throw trait true try type using val var while with yield";
constexpr std::string_view kShell =
    "case do done elif else esac exit export fi for function if in local readonly return select set shift "
    "then time trap unset until while";
constexpr std::string_view kSql =
    "add all alter and as asc begin between by cascade case check column commit constraint create cross "
    "database default delete desc distinct drop else end exists foreign from full function grant group "
    "having "
    "if in index inner insert into is join key left like limit not null offset on or order outer primary "
    "procedure references replace returning returns right rollback select set table then trigger union "
    "unique "
    "update using values view when where with";
constexpr std::string_view kSwift =
    "Any Self actor as associatedtype async await break case catch class continue convenience default defer "
    "deinit do else enum extension fallthrough false fileprivate final for func get guard if import in "
    "indirect "
    "infix init inout internal is lazy let mutating nil open operator override private protocol public "
    "repeat "
    "required rethrows return self set some static struct subscript super switch throw throws true try "
    "typealias var weak where while willSet";
// What most languages have in common.
constexpr std::string_view kGeneric =
    "and async await begin bool break case catch char class const continue def default defer delete do "
    "double "
    "elif else elsif end enum except export extends extern false finally float fn for foreach from func "
    "function go goto if impl import in include int interface is lambda let local long match module "
    "namespace "
    "new nil None not null or package pass private protected public raise return self sizeof static struct "
    "super switch template then this throw throws trait true True False try type typedef typename union "
    "unless "
    "unsigned until use using val var virtual void when where while with yield";

Spec c_like(std::string_view keywords) {
  Spec spec;
  spec.slash_slash = spec.slash_star = true;
  spec.keywords = keywords;
  return spec;
}

Spec hashed(std::string_view keywords) {
  Spec spec;
  spec.hash = Hash::comment;
  spec.keywords = keywords;
  return spec;
}

Spec generic() {
  auto spec = c_like(kGeneric);
  spec.careful_star = true;
  spec.hash = Hash::careful;
  spec.single_quote = Quote::careful;
  return spec;
}

Spec cpp() {
  auto spec = c_like(kCpp);
  spec.quote_in_number = true;
  spec.prefix = Prefix::cpp;
  return spec;
}

Spec csharp() {
  auto spec = c_like(kCsharp);
  spec.verbatim = spec.triple_double = true;
  spec.triple_escapes = false;
  return spec;
}

Spec javascript() {
  auto spec = c_like(kJavaScript);
  spec.regex = spec.dollar = true;
  spec.backtick = Quote::tem;
  return spec;
}

Spec go() {
  auto spec = c_like(kGo);
  spec.backtick = Quote::plain;
  return spec;
}

// Java's text blocks, Kotlin's and Scala's raw strings.
Spec with_long_strings(std::string_view keywords, bool escapes, bool nested) {
  auto spec = c_like(keywords);
  spec.triple_double = true;
  spec.triple_escapes = escapes;
  spec.nested = nested;
  spec.dollar = true;
  return spec;
}

Spec swift() {
  auto spec = with_long_strings(kSwift, true, true);
  spec.dollar = false;
  spec.hash = Hash::raw;
  spec.single_quote = Quote::none;
  return spec;
}

Spec rust() {
  auto spec = c_like(kRust);
  spec.nested = true;
  spec.double_quote = Quote::lines;
  spec.single_quote = Quote::rust;
  spec.prefix = Prefix::rust;
  return spec;
}

Spec php() {
  auto spec = c_like(kPhp);
  spec.hash = Hash::comment;
  spec.double_quote = spec.single_quote = spec.backtick = Quote::lines;
  spec.here = Here::php;
  spec.dollar = true;
  return spec;
}

Spec python() {
  auto spec = hashed(kPython);
  spec.triple_double = spec.triple_single = true;
  spec.prefix = Prefix::python;
  return spec;
}

Spec ruby() {
  auto spec = hashed(kRuby);
  spec.double_quote = spec.single_quote = spec.backtick = Quote::lines;
  spec.regex = true;
  spec.here = Here::ruby;
  return spec;
}

Spec shell() {
  auto spec = hashed(kShell);
  spec.hash = Hash::at_word;
  spec.double_quote = Quote::lines;
  spec.single_quote = Quote::plain;
  spec.here = Here::shell;
  return spec;
}

Spec sql() {
  Spec spec;
  spec.slash_star = spec.dash_dash = spec.any_case = true;
  spec.double_quote = spec.single_quote = spec.backtick = Quote::doubled;
  spec.keywords = kSql;
  return spec;
}

Spec css() {
  Spec spec;
  spec.slash_star = true;
  return spec;
}

Spec html() {
  Spec spec;
  spec.markup = true;
  spec.double_quote = spec.single_quote = Quote::tag;
  return spec;
}

std::map<Language, Spec> all_specs() {
  return {{Language::generic, generic()},
          {Language::c, c_like(kC)},
          {Language::cpp, cpp()},
          {Language::csharp, csharp()},
          {Language::css, css()},
          {Language::go, go()},
          {Language::html, html()},
          {Language::java, with_long_strings(kJava, true, false)},
          {Language::javascript, javascript()},
          {Language::kotlin, with_long_strings(kKotlin, false, true)},
          {Language::php, php()},
          {Language::python, python()},
          {Language::ruby, ruby()},
          {Language::rust, rust()},
          {Language::scala, with_long_strings(kScala, false, true)},
          {Language::shell, shell()},
          {Language::sql, sql()},
          {Language::swift, swift()}};
}

}  // namespace

Keywords::Packed Keywords::pack(std::string_view word) {
  Packed out;
  std::memcpy(&out.head, word.data(), std::min<std::size_t>(word.size(), 8));
  if (word.size() > 8) std::memcpy(&out.tail, word.data() + 8, std::min<std::size_t>(word.size() - 8, 8));
  return out;
}

std::size_t Keywords::slot(const Packed& word) {
  return static_cast<std::size_t>(((word.head ^ (word.tail * 31)) * 0x9e3779b97f4a7c15ULL) >> 54);
}

Keywords::Keywords(std::string_view words) {
  while (!words.empty()) {
    const auto word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    const auto packed = pack(word);
    auto at = slot(packed);
    while (slots_[at].head != 0) at = (at + 1) % kSlots;
    slots_[at] = packed;
  }
}

bool Keywords::contains(std::string_view word) const {
  const auto packed = pack(word);
  for (auto at = slot(packed); slots_[at].head != 0; at = (at + 1) % kSlots)
    if (slots_[at] == packed) return true;
  return false;
}

const Spec& spec_of(Language language) {
  static const auto specs = all_specs();
  return specs.at(language);
}

const Keywords& keywords_of(const Spec& spec) {
  static const auto all = [] {
    std::map<const Spec*, Keywords> out;
    for (const auto& name : all_specs()) out.emplace(&spec_of(name.first), Keywords(name.second.keywords));
    return out;
  }();
  return all.at(&spec);
}

}  // namespace ostiary::lex
