#include "gateway/argument_text.h"

#include <gtest/gtest.h>

#include "json/document.h"

namespace ostiary::gateway {
namespace {

// [ and ] stand around what is masked.
std::string written(std::string_view marked, std::string_view placeholder = "‹x:y:1›") {
  ArgumentText text;
  std::string out;
  while (!marked.empty()) {
    const auto open = marked.find("⟦");
    text.plain(marked.substr(0, open), out);
    if (open == std::string_view::npos) break;
    marked.remove_prefix(open + std::string_view("⟦").size());
    const auto close = marked.find("⟧");
    text.masked(marked.substr(0, close), placeholder, out);
    marked.remove_prefix(close + std::string_view("⟧").size());
  }
  text.finish(out);
  EXPECT_TRUE(json::Document::parse(out, {.refuse_duplicates = false})) << out;
  return out;
}

TEST(ArgumentText, AMaskWithinAStringIsAPlaceholder) {
  EXPECT_EQ(written(R"({"a":"see ⟦value⟧ there"})"), R"({"a":"see ‹x:y:1› there"})");
}

TEST(ArgumentText, ANumberBecomesAString) {
  EXPECT_EQ(written(R"({"a":⟦4000123⟧,"b":-1⟦2⟧.5e3})"), R"({"a":"‹x:y:1›","b":"‹x:y:1›"})");
}

TEST(ArgumentText, AnEscapeIsNeverCut) {
  EXPECT_EQ(written(R"({"a":"x\⟦nvalue\⟧n z"})"), R"({"a":"x‹x:y:1› z"})");
  EXPECT_EQ(written(R"({"a":"x\u00⟦41value\u00⟧41 z"})"), R"({"a":"x‹x:y:1› z"})");
}

TEST(ArgumentText, AMaskOverSeveralValuesKeepsTheirForm) {
  EXPECT_EQ(written(R"({"a":"one ⟦two","b":[1, "three"],"c":"fo⟧ur"})"),
            R"({"a":"one ‹x:y:1›","":["", ""],"":"ur"})");
}

TEST(ArgumentText, WhatWasMaskedBeforeHasNoSecondPlaceholder) {
  EXPECT_EQ(written(R"({"a":"one ⟦two⟧"})", ""), R"({"a":"one "})");
}

TEST(ArgumentText, IsTheSameHoweverItIsCut) {
  const std::string_view all = R"({"a":"\u00e4 \" b","n":[-12.5e3,true,null]})";
  for (std::size_t at = 0; at <= all.size(); ++at) {
    ArgumentText text;
    std::string out;
    text.plain(all.substr(0, at), out);
    text.plain(all.substr(at), out);
    text.finish(out);
    EXPECT_EQ(out, all);
  }
}

}  // namespace
}  // namespace ostiary::gateway
