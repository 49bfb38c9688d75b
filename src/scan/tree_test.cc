#include "scan/impl/tree.h"

#include <gtest/gtest.h>
#include <string>

namespace ostiary::scan {
namespace {

// A tree as JSON with all scalars as strings.
std::string shown(Branch value) {
  if (value.is_scalar()) return "'" + std::string(value.text()) + "'";
  if (!value.is_map() && !value.is_list()) return "null";
  std::string out;
  for (const auto child : value) {
    if (!out.empty()) out += ", ";
    if (value.is_map()) out.append(child.key()).append(": ");
    out += shown(child);
  }
  return value.is_map() ? "{" + out + "}" : "[" + out + "]";
}

std::string yaml(std::string_view text) {
  const auto tree = Tree::of_yaml(text);
  EXPECT_TRUE(tree.trouble().empty()) << text << tree.trouble().front().text;
  return shown(tree.root());
}

TEST(YamlTree, ReadsCollectionsWithinOneAnother) {
  EXPECT_EQ(yaml("a: 1\nb:\n  c: x y\n  d: [1, {e: f}, \"g, h\"]\n"),
            "[{a: '1', b: {c: 'x y', d: ['1', {e: 'f'}, 'g, h']}}]");
  EXPECT_EQ(yaml("- a\n- - b\n  - c\n-\n  d: e\n  f: g\n- h: i\n  j:\n  - k\n  - l\n"),
            "[['a', ['b', 'c'], {d: 'e', f: 'g'}, {h: 'i', j: ['k', 'l']}]]");
  EXPECT_EQ(yaml("a:\n- b: 1\n  c:\n    d: 2\n- e\nf: 3\n"), "[{a: [{b: '1', c: {d: '2'}}, 'e'], f: '3'}]");
}

TEST(YamlTree, ReadsScalarsOfEachKind) {
  EXPECT_EQ(yaml("a: 'it''s'\nb: \"x\\ty\"\nc: # nothing\nd: ~\ne: http://x.org/#y\nf: a # b\n\"g: h\": i\n"),
            "[{a: 'it's', b: 'x\ty', c: null, d: null, e: 'http://x.org/#y', f: 'a', g: h: 'i'}]");
  EXPECT_EQ(yaml("run: |\n  pip install x\n\n  # y\nnext: >-\n   z\nlast: 1\n"),
            "[{run: '  pip install x\n\n  # y\n', next: '   z\n', last: '1'}]");
  EXPECT_EQ(yaml("a: \"x\n  y\"\nb: plain\n  goes on\nc: 1\n"), "[{a: 'x\n  y', b: 'plain', c: '1'}]");
}

TEST(YamlTree, ReadsWhatOurOwnFilesMayNotHold) {
  EXPECT_EQ(yaml("%YAML 1.2\n---\na: &x\n  b: !!str 1\nc: *x\n<<: *x\n---\nd: 2\n...\n"),
            "[{a: {b: '1'}, c: '*x', <<: '*x'}, {d: '2'}]");
  EXPECT_EQ(yaml("a: 1\r\n{{- if .x }}\r\nb: {{ .y }}\r\n{{ end }}\r\na: 2\r\n"),
            "[{a: '1', b: '{{ .y }}', a: '2'}]");
  EXPECT_EQ(yaml("? \"a@npm:1, a@npm:2\"\n: version: 1\n  x: y\nb: {\n  c: 1, # d\n  e: [\n    2\n  ]\n}\n"),
            "[{a@npm:1, a@npm:2: {version: '1', x: 'y'}, b: {c: '1', e: ['2']}}]");
}

TEST(YamlTree, GoesOnBehindWhatIsNotClosed) {
  const auto tree = Tree::of_yaml("a:\n  b: [1, 2\nc: 3\nd: \"x\ne: 4\n");
  EXPECT_EQ(shown(tree.root()), "[{a: {b: ['1', '2']}, c: '3', d: '\"x', e: '4'}]");
  EXPECT_FALSE(tree.trouble().empty());
}

TEST(TomlTree, JoinsTablesAndDottedNames) {
  const auto tree = Tree::of_toml(
      "a.b = 1\n[x.\"y.z\"]\nk = 'v' # c\n[x]\nw = {p.q = [1,\n 2,], r = \"\\u0041\"}\n[[l]]\nn = "
      "1\n[l.m]\no = 2\n[[l]]\n"
      "t = \"\"\"\nq\"\"\"\n");
  EXPECT_EQ(shown(tree.root()),
            "{a: {b: '1'}, x: {y.z: {k: 'v'}, w: {p: {q: ['1', '2']}, r: 'A'}}, l: [{n: '1', m: {o: '2'}}, "
            "{t: 'q'}]}");
  EXPECT_TRUE(tree.trouble().empty());
}

TEST(TomlTree, GoesOnBehindALineThatIsNone) {
  const auto tree = Tree::of_toml("a = 1\n<<<<<<< HEAD\nb = \"x\nc = 2 3\n[d\n[e]\nf = 4\n");
  EXPECT_EQ(shown(tree.root()), "{a: '1', b: null, c: '2 3', e: {f: '4'}}");
  ASSERT_EQ(tree.trouble().size(), 1u);
  EXPECT_EQ(tree.trouble()[0].text, "byte 6: not a line of TOML");
}

TEST(JsonTree, ReadsCommentsAndTrailingCommas) {
  const auto tree =
      Tree::of_json("{\"a\": [1, true, null,], /* x */ \"b\\n\": \"c\\\"d\", // y\n \"e\": {},}");
  EXPECT_EQ(shown(tree.root()), "{a: ['1', 'true', null], b\n: 'c\"d', e: {}}");
  EXPECT_TRUE(tree.trouble().empty());
}

TEST(XmlTree, HasAttributesAndTextAsMembersByLocalName) {
  const auto tree = Tree::of_xml(
      "<?xml version='1.0'?><m:a x='1 &amp; 2'><b><![CDATA[<y>]]></b><c/> t&#65; <!-- <d/> --></m:a>");
  const auto a = tree.root()["a"];
  EXPECT_EQ(a["x"].text(), "1 & 2");
  EXPECT_EQ(a["b"].text(), "<y>");
  EXPECT_TRUE(a["c"].is_map());
  EXPECT_FALSE(a["d"]);
  EXPECT_EQ(a.text(), "tA");
  EXPECT_TRUE(tree.trouble().empty());
}

TEST(Trees, AreNoDeeperThanTheirLimit) {
  const std::string open(100'000, '['), maps = [] {
    std::string out;
    for (int i = 0; i < 100'000; ++i) out += "{\"a\":";
    return out;
  }();
  std::string elements, items;
  for (int i = 0; i < 100'000; ++i) elements += "<a>", items += "- ";
  for (const auto& tree :
       {Tree::of_json(open), Tree::of_json(maps), Tree::of_toml("a = " + open), Tree::of_yaml(open),
        Tree::of_yaml("a: " + maps), Tree::of_yaml(items), Tree::of_xml(elements)}) {
    ASSERT_FALSE(tree.trouble().empty());
    EXPECT_EQ(tree.trouble()[0].why, files::Why::too_deep);
  }
}

TEST(Trees, HaveNoMoreNodesThanTheirLimit) {
  std::string list = "[";
  for (std::uint32_t i = 0; i <= Tree::kMaxNodes; ++i) list += "1,";
  const auto tree = Tree::of_json(list);
  ASSERT_FALSE(tree.trouble().empty());
  EXPECT_EQ(tree.trouble()[0].why, files::Why::too_many);
}

}  // namespace
}  // namespace ostiary::scan
