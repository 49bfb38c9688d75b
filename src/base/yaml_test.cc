#include "base/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace ostiary::yaml {
namespace {

using testing::HasSubstr;

Node read(std::string_view text) {
  auto node = parse(text, "f.yaml");
  EXPECT_TRUE(node) << (node ? "" : node.error().text());
  return node ? std::move(*node) : Node{};
}

Error refused(std::string_view text, const Limits& limits = {}) {
  auto node = parse(text, "f.yaml", limits);
  EXPECT_FALSE(node) << text.substr(0, 100);
  return node ? Error{} : node.error();
}

TEST(Yaml, KeepsTheOrderTextAndPlacesOfEverything) {
  const auto root = read("b: 1\na:\n  - x\n  - [y, 'z']\n");
  ASSERT_EQ(root.members.size(), 2u);
  EXPECT_EQ(root.members[0].name, "b");
  EXPECT_EQ(root.members[1].line, 2u);
  EXPECT_EQ(root.members[1].column, 1u);
  const auto* list = root.find("a");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->kind, Kind::sequence);
  EXPECT_EQ(list->items[0].scalar, "x");
  EXPECT_EQ(place("f.yaml", list->items[1].items[1]), "f.yaml:4:9");
  EXPECT_EQ(place("f.yaml", root.members[1]), "f.yaml:2:1");
  EXPECT_TRUE(list->items[1].items[1].quoted);
  EXPECT_EQ(root.find("c"), nullptr);
}

TEST(Yaml, ATextThatIsNotThereIsReadAsAnEmptyOne) {
  const auto nothing = parse(std::string_view(), "f.yaml");
  const auto empty = parse("", "f.yaml");
  EXPECT_EQ(nothing.has_value(), empty.has_value());
}

TEST(Yaml, ColumnsCountCodePoints) {
  EXPECT_EQ(read("{äöü: x}").find("äöü")->column, 7u);
}

TEST(Yaml, ScalarsKeepTheirCharactersWhateverTheyLookLike) {
  const auto root = read("[0x10, yes, 1e3, 012, 1.10, 2026-11-23, \"a\\tb\"]");
  const std::vector<std::string> expected = {"0x10", "yes", "1e3", "012", "1.10", "2026-11-23", "a\tb"};
  ASSERT_EQ(root.items.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(root.items[i].scalar, expected[i]);
  EXPECT_EQ(read("a: |\n  two\n  lines\n").find("a")->scalar, "two\nlines\n");
}

TEST(Yaml, OnlyPlainNullsAreNull) {
  for (const auto* plain : {"a: null", "a: ~", "a:", "a: NULL", "a: Null"})
    EXPECT_EQ(read(plain).find("a")->kind, Kind::null) << plain;
  for (const auto* text : {"a: 'null'", "a: \"~\"", "a: ''", "a: nil", "a: nUll"})
    EXPECT_EQ(read(text).find("a")->kind, Kind::scalar) << text;
}

TEST(Yaml, AnEmptyDocumentIsNull) {
  for (const auto* text : {"", "\n\n", "# only words\n", "---\n", "--- ~\n...\n"})
    EXPECT_EQ(read(text).kind, Kind::null) << text;
}

TEST(Yaml, RefusesWhatMakesAFileMeanSomethingElseThanItSays) {
  const std::vector<std::tuple<std::string_view, std::string_view, std::string_view>> cases = {
      {"a: &x 1\n", "f.yaml:1:4", "anchors"},
      {"a: *x\n", "f.yaml:1:4", "aliases"},
      {"a: !!str 1\n", "f.yaml:1:4", "tags"},
      {"a: ! 1\n", "f.yaml:1:4", "tags"},
      {"a: !t [1]\n", "f.yaml:1:4", "tags"},
      {"&k a: 1\n", "f.yaml:1:1", "anchors"},
      {"x: 1\n<<: {a: 1}\n", "f.yaml:2:1", "merge keys"},
      {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1", "'a' stands here twice"},
      {"a: 1\n\"a\": 3\n", "f.yaml:2:1", "twice"},
      {"{[a]: 1}", "f.yaml:1:2", "name must be text"},
      {"{{a: 1}: 1}", "f.yaml:1:2", "name must be text"},
      {"? *a\n: 1\n", "f.yaml:1:3", "aliases"},
      {": 1\n", "f.yaml:1:1", "not valid YAML"},
      {"? \n: 1\n", "f.yaml:1:2", "name is missing"},
      {"~: 1\n", "f.yaml:1:1", "name is missing"},
      {"--- 1\n--- 2\n", "f.yaml:2:1", "second document"},
      {"a: 1\n...\nb: 2\n", "f.yaml:3:1", "not valid YAML"},
      {"a:\n\tb: 1\n", "f.yaml:2:1", "tab"},
      {"a: [1\nb: 2", "f.yaml:2:2", "not valid YAML"},
      {"a: \x01\n", "f.yaml:1:4", "control character"},
      {"a: 1\nb: \xff\n", "f.yaml:2:1", "not UTF-8"},
      {"a: \xc0\xaf\n", "f.yaml:1:1", "not UTF-8"},
      {std::string_view("a: \0b\n", 7), "f.yaml:1:4", "control character"},
  };
  for (const auto& [text, where, message] : cases) {
    const auto error = refused(text);
    EXPECT_EQ(error.where, where) << text;
    EXPECT_THAT(error.message, HasSubstr(message)) << text;
    EXPECT_EQ(error.code, Code::invalid) << text;
  }
}

TEST(Yaml, FindsADuplicateInALargeMappingToo) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(read(text).members.size(), 1000u);
  EXPECT_EQ(refused(text + "k3: 1\n").where, "f.yaml:1001:1");
  EXPECT_EQ(refused(text + "k900: 1\n").where, "f.yaml:1001:1");
}

TEST(Yaml, StopsAtItsLimits) {
  const Limits limits{.max_bytes = 64, .max_depth = 3, .max_nodes = 5};
  EXPECT_EQ(refused(std::string(65, ' '), limits).code, Code::too_large);
  EXPECT_EQ(refused("[[[[1]]]]", limits).code, Code::too_large);
  EXPECT_TRUE(parse("[[[1]]]", "f.yaml", limits));
  EXPECT_EQ(refused("[1,2,3,4,5]", limits).code, Code::too_large);
  EXPECT_TRUE(parse("[1,2,3,4]", "f.yaml", limits));
}

TEST(Yaml, ADeepOrWideAttackEndsQuickly) {
  EXPECT_EQ(refused(std::string(1 << 20, '[')).code, Code::too_large);
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "{a: ";
  EXPECT_EQ(refused(nested).code, Code::too_large);
  std::string staircase;
  for (int i = 0; i < 1000; ++i) staircase += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_EQ(refused(staircase).code, Code::too_large);
}

}  // namespace
}  // namespace ostiary::yaml
