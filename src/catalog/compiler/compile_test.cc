#include "catalog/compiler/compile.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"

namespace ostiary::catalog {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr auto kProviderSchema = R"(kind: provider
doc: Who.
fields:
  name: {type: text, required: true, doc: Name.}
)";
constexpr auto kThingSchema = R"(kind: thing
doc: What.
fields:
  owner: {type: reference, kind: provider, required: true, doc: Whose.}
  colour: {type: text, one_of: [red, green], doc: Which.}
  size: {type: count, min: 1, max: 9, doc: How large.}
  code: {type: text, pattern: '[a-z]{3}', doc: Three letters.}
  link: {type: url, doc: Where.}
  ready: {type: boolean, doc: Whether.}
  tags: {type: list, required: true, doc: Words., items: {type: text}}
  part: {type: mapping, doc: Inner., fields: {depth: {type: count, required: true, doc: Metres.}}}
)";
constexpr auto kProvider = "id: acme\nname: Acme\norigin: {source: a book, date: 2026-11-23}\n";
constexpr std::string_view kThing =
    "id: one\nowner: acme\ntags: [a]\norigin: {source: a book, date: 2026-11-23}\n";

class Compile : public ::testing::Test {
 protected:
  void SetUp() override {
    put("schema/provider.yaml", kProviderSchema);
    put("schema/thing.yaml", kThingSchema);
    put("provider/acme.yaml", kProvider);
  }

  void put(const std::string& name, std::string_view text) const {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string compiled() const {
    auto blob = compile(folder_.path());
    EXPECT_TRUE(blob) << (blob ? "" : blob.error().front().text());
    return blob.value_or("");
  }
  // What is said of a thing; places are given without the folder.
  std::string said(std::string_view thing, const std::string& name = "thing/one.yaml") const {
    put(name, thing);
    const auto blob = compile(folder_.path());
    if (blob) return "nothing";
    std::string out;
    for (auto problem : blob.error()) {
      if (const auto at = problem.where.find(folder_.path()); at == 0)
        problem.where.erase(0, folder_.path().size() + 1);
      out += problem.text() + "\n";
    }
    return out;
  }
  testing::TempFolder folder_;
};

TEST_F(Compile, WritesCanonicalJsonPerKindWithIdsInOrder) {
  put("thing/two.yaml",
      "tags: [b]\nowner: acme\nid: two\norigin: {date: 2024-02-29, source: \"x\\\"\\n\\x01ä\"}\n");
  put("thing/one.yaml", std::string(kThing) + "size: 7\nready: true\npart: {depth: 3}\n");
  EXPECT_EQ(
      compiled(),
      "ostiary-catalog 1\n"
      "provider 78\n"
      R"([{"id":"acme","name":"Acme","origin":{"date":"2026-11-23","source":"a book"}}])"
      "\n"
      "thing 229\n"
      R"([{"id":"one","origin":{"date":"2026-11-23","source":"a book"},"owner":"acme","part":{"depth":3},)"
      R"("ready":true,"size":7,"tags":["a"]},)"
      R"({"id":"two","origin":{"date":"2024-02-29","source":"x\"\n\u0001ä"},"owner":"acme","tags":["b"]}])"
      "\n");
}

TEST_F(Compile, TheSameFilesGiveTheSameBytes) {
  put("thing/one.yaml", kThing);
  EXPECT_EQ(compiled(), compiled());
}

TEST_F(Compile, RefusesWhatTheSchemaDoesNotAllowAndSaysWhere) {
  const std::string good(kThing);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"sise: 3", "thing/one.yaml:5:1: unknown field 'sise'; did you mean 'size'?"},
      {"zzzzzz: 3", "thing/one.yaml:5:1: unknown field 'zzzzzz'; known: "},
      {"size: ten", "thing/one.yaml:5:7: 'size' must be a whole number from 1 to 9"},
      {"size: 10", "'size' must be a whole number from 1 to 9"},
      {"size: [1]", "'size' must be a single value"},
      {"size:", "'size' must be a single value"},
      {"colour: gren", "'colour' cannot be 'gren'; did you mean 'green'?"},
      {"colour: ''", "'colour' must be more than nothing"},
      {"code: abcd", "'code' must be of the form [a-z]{3}"},
      {"link: ftp://x", "'link' must be a URL"},
      {"link: https://user:word@x", "'link' must be a URL"},
      {"ready: yes", "'ready' must be true or false"},
      {"part: 3", "'part' must be a mapping"},
      {"part: {}", "thing/one.yaml:5:7: 'depth' is missing"},
      {"part: {depth: 1, width: 2}", "unknown field 'width'"},
  };
  for (const auto& [line, message] : cases) EXPECT_THAT(said(good + line + "\n"), HasSubstr(message)) << line;
}

TEST_F(Compile, RefusesWhatIsMissingOrEmpty) {
  EXPECT_THAT(said("id: one\ntags: [a]\norigin: {source: b, date: 2026-11-23}\n"),
              HasSubstr("'owner' is missing"));
  EXPECT_THAT(said("id: one\nowner: acme\ntags: [a]\n"),
              HasSubstr("thing/one.yaml:1:1: 'origin' is missing"));
  EXPECT_THAT(said("owner: acme\ntags: [a]\norigin: {source: b, date: 2026-11-23}\n"),
              HasSubstr("'id' is missing"));
  EXPECT_THAT(said("id: one\nowner: acme\ntags: []\norigin: {source: b, date: 2026-11-23}\n"),
              HasSubstr("'tags' must not be empty"));
  EXPECT_THAT(said("id: one\nowner: acme\ntags: [a, b, a]\norigin: {source: b, date: 2026-11-23}\n"),
              HasSubstr("thing/one.yaml:3:14: 'tags' names it twice"));
  EXPECT_THAT(said(""), HasSubstr("must be a mapping"));
}

TEST_F(Compile, RefusesAnOriginWithoutADayOfTheCalendar) {
  for (const auto* date : {"2026-02-30", "2026-13-01", "2026-1-1", "yesterday", "2025-02-29"})
    EXPECT_THAT(
        said(std::string("id: one\nowner: acme\ntags: [a]\norigin: {source: b, date: ") + date + "}\n"),
        HasSubstr("thing/one.yaml:4:27: 'date' must be a day of the calendar"))
        << date;
  EXPECT_THAT(said("id: one\nowner: acme\ntags: [a]\norigin: {date: 2026-11-23}\n"),
              HasSubstr("'source' is missing"));
}

TEST_F(Compile, RefusesAReferenceToNothingAndAnIdThatIsNotTheFilesName) {
  EXPECT_THAT(said("id: one\nowner: acne\ntags: [a]\norigin: {source: b, date: 2026-11-23}\n"),
              HasSubstr("thing/one.yaml:2:8: there is no provider 'acne'; did you mean 'acme'?"));
  EXPECT_THAT(said(kThing, "thing/uno.yaml"),
              HasSubstr("thing/uno.yaml:1:5: 'id' must be 'uno', as the file is called"));
}

TEST_F(Compile, RefusesFilesThatAreNotYamlAndFoldersWithoutASchema) {
  EXPECT_THAT(said("id: [one\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(said("id: &x one\n"), HasSubstr("anchors"));
  put("thing/one.yaml", kThing);
  EXPECT_THAT(said(kThing, "gadget/one.yaml"), HasSubstr("there is no schema/gadget.yaml"));
  fs::remove_all(folder_ / "gadget");
  EXPECT_THAT(said("x", "thing/notes.txt"), HasSubstr("only .yaml files belong here"));
}

TEST_F(Compile, RefusesASchemaThatMeansNothing) {
  const auto schema = [&](std::string_view field) {
    return said(std::string("kind: gadget\ndoc: What.\nfields:\n  a: ") + std::string(field) + "\n",
                "schema/gadget.yaml");
  };
  EXPECT_THAT(schema("{type: test, doc: x}"),
              HasSubstr("schema/gadget.yaml:4:13: unknown type 'test'; did you mean 'text'?"));
  EXPECT_THAT(schema("{type: text, requird: true, doc: x}"), HasSubstr("did you mean 'required'?"));
  EXPECT_THAT(schema("{type: text}"), HasSubstr("'doc' is missing"));
  EXPECT_THAT(schema("{type: text, pattern: '[', doc: x}"), HasSubstr("not a regular expression"));
  EXPECT_THAT(schema("{type: list, doc: x}"), HasSubstr("a list needs 'items'"));
  EXPECT_THAT(schema("{type: reference, doc: x}"), HasSubstr("'kind' is missing"));
  EXPECT_THAT(schema("text"), HasSubstr("must be a mapping"));
  EXPECT_THAT(said("kind: gizmo\ndoc: x\nfields: {}\n", "schema/gadget.yaml"),
              HasSubstr("'kind' must be 'gadget'"));
  EXPECT_THAT(said("kind: gadget\ndoc: x\nfields: {id: {type: text, doc: x}}\n", "schema/gadget.yaml"),
              HasSubstr("every entry has 'id'"));
}

TEST_F(Compile, ReportsEverythingThatIsWrongAtOnce) {
  put("thing/two.yaml", "id: two\n");
  const auto all = said("id: one\nsize: x\ncolour: blue\n");
  EXPECT_THAT(all, HasSubstr("'size' must be"));
  EXPECT_THAT(all, HasSubstr("'colour' cannot be"));
  EXPECT_THAT(all, HasSubstr("thing/two.yaml"));
}

TEST_F(Compile, AFolderThatIsNotThereIsNotFound) {
  const auto blob = compile(folder_ / "none");
  ASSERT_FALSE(blob);
  EXPECT_EQ(blob.error().front().code, Code::not_found);
}

}  // namespace
}  // namespace ostiary::catalog
