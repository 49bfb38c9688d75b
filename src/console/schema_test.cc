#include "console/schema.h"

#include <gtest/gtest.h>

namespace ostiary::console {
namespace {

// "POINTER: message" of what is wrong; empty: nothing is.
std::string wrong(const Schema& schema, std::string_view text) {
  const auto document = json::Document::parse(text);
  if (!document) return "no JSON";
  const auto found = schema.check(document->root());
  return found ? found->pointer + ": " + found->message : "";
}

const Schema kKey = object("Key", {{"team", name_text("")},
                                   optional("scopes", array_of(word_of({"use", "read"}, ""), "")),
                                   optional("days", integer("", 1, 30).or_null())});

TEST(Schema, WhatFitsPasses) {
  EXPECT_EQ(wrong(kKey, R"({"team":"blue"})"), "");
  EXPECT_EQ(wrong(kKey, R"({"team":"Grüße 🦉","scopes":["use"],"days":30})"), "");
  EXPECT_EQ(wrong(kKey, R"({"team":"a","days":null,"scopes":[]})"), "");
  EXPECT_EQ(wrong(kKey, R"({"team":"a","days":3.0})"), "");
}

TEST(Schema, WhatIsWrongIsPointedAt) {
  EXPECT_EQ(wrong(kKey, "[]"), ": must be an object");
  EXPECT_EQ(wrong(kKey, "{}"), ": 'team' is missing");
  EXPECT_EQ(wrong(kKey, R"({"team":null})"), "/team: must be a string");
  EXPECT_EQ(wrong(kKey, R"({"team":""})"), "/team: must be 1 to 200 characters long");
  EXPECT_TRUE(wrong(kKey, R"({"team":"a\u0000b"})").starts_with("/team: may hold nothing but"));
  EXPECT_TRUE(wrong(kKey, R"({"team":"a\u0085b"})").starts_with("/team: may hold nothing but"));
  EXPECT_EQ(wrong(kKey, R"({"team":"a","scopes":["use","all"]})"), "/scopes/1: must be one of use, read");
  EXPECT_EQ(wrong(kKey, R"({"team":"a","days":31})"), "/days: must be a whole number from 1 to 30");
  EXPECT_EQ(wrong(kKey, R"({"team":"a","days":1.5})"), "/days: must be a whole number from 1 to 30");
  EXPECT_EQ(wrong(kKey, R"({"team":"a","x/y":1})"),
            ": a member is not known here; known: team, scopes, days");
  EXPECT_EQ(wrong(map_of(boolean(""), ""), R"({"a/b~":1})"), "/a~1b~0: must be a boolean");
}

TEST(Schema, LengthsCountCharactersAndNotBytes) {
  std::string owls;
  for (int i = 0; i < 200; ++i) owls += "🦉";
  EXPECT_EQ(name_text("").check_text(owls), std::nullopt);
  EXPECT_NE(name_text("").check_text(owls + "!"), std::nullopt);
}

TEST(Schema, TextsOfParametersAreReadByTheirKind) {
  EXPECT_EQ(integer("", 1, 1000).check_text("1000"), std::nullopt);
  for (const auto* bad : {"", "0", "1001", "1e2", "+1", " 1", "99999999999999999999"})
    EXPECT_NE(integer("", 1, 1000).check_text(bad), std::nullopt) << bad;
  EXPECT_EQ(boolean("").check_text("true"), std::nullopt);
  EXPECT_NE(boolean("").check_text("1"), std::nullopt);
  EXPECT_EQ(uuid("").check_text("0198f2f0-0000-7000-8000-000000000000"), std::nullopt);
  EXPECT_NE(uuid("").check_text("0198f2f0"), std::nullopt);
}

TEST(Schema, TimesMayHaveAnyOffset) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:01Z"), 1000);
  EXPECT_EQ(parse_time("1970-01-01T01:00:01+01:00"), 1000);
  EXPECT_EQ(parse_time("1969-12-31t22:30:01.5-01:30"), 1500);
  EXPECT_EQ(parse_time("1970-01-01T00:00:00.12345678901234567890z"), 123);
  for (const auto* bad : {"", "now", "1970-01-01", "1970-13-01T00:00:00Z", "1970-01-01T00:00:00",
                          "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00.Z+01:00"})
    EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
}

TEST(Schema, ANamedOneIsReferredToAndWrittenOnce) {
  std::string out;
  json::Writer w(out);
  array_of(kKey, "").write(w);
  EXPECT_EQ(out, R"({"items":{"$ref":"#/components/schemas/Key"},"type":"array"})");
  out.clear();
  json::Writer rules(out);
  token("an id", kBase62, 8, 8).write(rules);
  EXPECT_EQ(out, R"({"maxLength":8,"minLength":8,"pattern":"^[0-9A-Za-z]{8,8}$","description":"an id",)"
                 R"("type":"string"})");
}

}  // namespace
}  // namespace ostiary::console
