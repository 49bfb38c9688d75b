#include "json/edit.h"

#include <gtest/gtest.h>
#include <vector>

namespace ostiary::json {
namespace {

// A document with its text, and the text that an edit of it makes.
struct Sample {
  explicit Sample(std::string t) : text(std::move(t)) {
    auto parsed = Document::parse(text);
    EXPECT_TRUE(parsed) << text;
    if (parsed) document = std::move(*parsed);
  }
  Value root() const { return document.root(); }
  std::string apply(const Edit& edit) const {
    const auto out = edit.apply(text);
    EXPECT_TRUE(out) << (out ? "" : out.error().text());
    if (out) EXPECT_TRUE(Document::parse(*out)) << *out;
    return out.value_or("");
  }
  std::string text;
  Document document;
};

TEST(Edit, LeavesEveryOtherByteAsItIs) {
  const Sample s("{ \"model\" : \"a\",\t\"unknown\":[1.0 , 2e0],\n\"x\":\"\\u0041\" }\n");
  Edit edit;
  EXPECT_TRUE(edit.empty());
  edit.replace(s.root()["model"], "\"longer-name\"");
  EXPECT_FALSE(edit.empty());
  EXPECT_EQ(s.apply(edit), "{ \"model\" : \"longer-name\",\t\"unknown\":[1.0 , 2e0],\n\"x\":\"\\u0041\" }\n");
}

TEST(Edit, GivesTheTextBackWhereNothingChanges) {
  const Sample s(R"({"a": 1})");
  EXPECT_EQ(s.apply(Edit{}), s.text);
}

TEST(Edit, AppliesSeveralChangesWhateverTheirOrder) {
  const Sample s(R"({"a":"one","b":["two","three"],"c":4})");
  Edit edit;
  edit.replace(s.root()["c"], "null");
  edit.replace(s.root()["b"].at(1), "\"3\"");
  edit.replace(s.root()["a"], "\"\"");
  const auto two = s.root()["b"].at(0).node();
  edit.replace_bytes(two.start + 1, two.end - 1, "***");
  EXPECT_EQ(s.apply(edit), R"({"a":"","b":["***","3"],"c":null})");
}

TEST(Edit, SetsAMemberThatIsThere) {
  const Sample s(R"({"a" : 1, "m\u006fdel":"x"})");
  Edit edit;
  edit.set(s.root(), "model", "\"y\"");
  EXPECT_EQ(s.apply(edit), R"({"a" : 1, "m\u006fdel":"y"})");
}

TEST(Edit, AddsMembersAsTheLast) {
  const Sample s("{\"a\":1 \n}");
  Edit edit;
  edit.set(s.root(), "b", "2");
  edit.set(s.root(), "quote\"d", "[]");
  EXPECT_EQ(s.apply(edit), "{\"a\":1,\"b\":2,\"quote\\\"d\":[] \n}");
}

TEST(Edit, AddsMembersToAnEmptyObject) {
  const Sample s(R"({"o":{ }})");
  Edit edit;
  edit.set(s.root()["o"], "b", "2");
  edit.set(s.root()["o"], "c", "3");
  EXPECT_EQ(s.apply(edit), R"({"o":{"b":2,"c":3 }})");
}

TEST(Edit, TheLastSetOfANameCounts) {
  const Sample s(R"({"a":1})");
  Edit edit;
  edit.set(s.root(), "a", "2");
  edit.set(s.root(), "new", "1");
  edit.set(s.root(), "a", "3");
  edit.set(s.root(), "new", "2");
  EXPECT_EQ(s.apply(edit), R"({"a":3,"new":2})");
}

TEST(Edit, RemovesAMemberWithOneComma) {
  const Sample s(R"({"a":1, "b":2 ,"c":3})");
  const auto without = [&](std::string_view name) {
    Edit edit;
    edit.remove(s.root()[name]);
    return s.apply(edit);
  };
  EXPECT_EQ(without("a"), R"({"b":2 ,"c":3})");
  EXPECT_EQ(without("b"), R"({"a":1, "c":3})");
  EXPECT_EQ(without("c"), R"({"a":1, "b":2})");
}

TEST(Edit, RemovesElements) {
  const Sample s("[[1], 2 , \"3\"]");
  Edit edit;
  edit.remove(s.root().at(0));
  edit.remove(s.root().at(2));
  EXPECT_EQ(s.apply(edit), "[2]");
}

// Each subset of the members removed, with and without another one added: the result holds exactly the
// others.
TEST(Edit, RemovesAndAddsInEveryCombination) {
  const std::vector<std::string> names = {"a", "b", "c", "d"};
  const Sample s(R"({ "a":1 , "b":[2],"c": {"a":3} ,"d":4 })");
  for (unsigned gone = 0; gone < 16; ++gone) {
    for (const bool add : {false, true}) {
      Edit edit;
      if (add) edit.set(s.root(), "new", "true");
      for (unsigned i = 0; i < 4; ++i)
        if (gone & (1U << i)) edit.remove(s.root()[names[i]]);
      const Sample after(s.apply(edit));
      EXPECT_EQ(after.root().size(), static_cast<std::size_t>(4 - __builtin_popcount(gone) + (add ? 1 : 0)));
      EXPECT_EQ(after.root()["new"].as_bool(), add ? std::optional(true) : std::nullopt);
      for (unsigned i = 0; i < 4; ++i)
        EXPECT_EQ(after.root()[names[i]].raw(), gone & (1U << i) ? "" : s.root()[names[i]].raw())
            << after.text;
    }
  }
}

TEST(Edit, TheLastOfSetAndRemoveCounts) {
  const Sample s(R"({"a":1,"b":2})");
  Edit edit;
  edit.remove(s.root()["a"]);
  edit.set(s.root(), "a", "5");
  edit.set(s.root(), "b", "6");
  edit.remove(s.root()["b"]);
  EXPECT_EQ(s.apply(edit), R"({"a":5})");
}

TEST(Edit, ChangesSeveralContainersAtOnce) {
  const Sample s(R"({"o":{"x":1,"y":2},"l":[{"x":1}]})");
  Edit edit;
  edit.remove(s.root()["o"]["x"]);
  edit.set(s.root()["l"].at(0), "z", "3");
  edit.set(s.root(), "n", "0");
  EXPECT_EQ(s.apply(edit), R"({"o":{"y":2},"l":[{"x":1,"z":3}],"n":0})");
}

TEST(Edit, RefusesChangesThatOverlap) {
  const Sample s(R"({"a":{"b":1}})");
  Edit nested;
  nested.replace(s.root()["a"], "{}");
  nested.replace(s.root()["a"]["b"], "2");
  EXPECT_EQ(nested.apply(s.text).error().code, Code::invalid);

  Edit gone;
  gone.remove(s.root()["a"]);
  gone.set(s.root()["a"], "c", "2");
  EXPECT_EQ(gone.apply(s.text).error().code, Code::invalid);

  Edit twice;
  twice.replace_bytes(1, 4, "");
  twice.replace_bytes(3, 5, "");
  EXPECT_EQ(twice.apply(s.text).error().where, "byte 3");
}

TEST(Edit, RefusesChangesOutsideTheText) {
  Edit beyond;
  beyond.replace_bytes(1, 4, "");
  EXPECT_EQ(beyond.apply("123").error().code, Code::invalid);
  Edit backwards;
  backwards.replace_bytes(2, 1, "");
  EXPECT_EQ(backwards.apply("123").error().code, Code::invalid);
}

TEST(Edit, AllowsInsertionsBesideReplacements) {
  Edit edit;
  edit.replace_bytes(3, 3, "c");
  edit.replace_bytes(1, 3, "X");
  edit.replace_bytes(1, 1, "a");
  edit.replace_bytes(1, 1, "b");
  EXPECT_EQ(edit.apply("0120").value_or(""), "0abXc0");
}

TEST(Edit, IgnoresValuesThatAreNotThere) {
  const Sample s(R"({"a":1})");
  Edit edit;
  edit.replace(s.root()["no"], "1");
  edit.remove(s.root()["no"]);
  edit.remove(s.root());
  edit.set(s.root()["a"], "b", "1");
  EXPECT_TRUE(edit.empty());
}

}  // namespace
}  // namespace ostiary::json
