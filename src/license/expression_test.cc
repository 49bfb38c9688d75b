#include "license/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/spdx.h"

namespace ostiary::license {
namespace {

std::string read(std::string_view text, ExpressionRules rules = {}) {
  const auto parsed = parse_expression(text, rules);
  return parsed ? parsed->text() : parsed.error().text();
}

TEST(Expression, IdsAreWrittenAsTheListWritesThem) {
  EXPECT_EQ(read("mit"), "MIT");
  EXPECT_EQ(read("apache-2.0 or  MIT"), "Apache-2.0 OR MIT");
  EXPECT_EQ(read("gpl-2.0-ONLY with classpath-EXCEPTION-2.0"), "GPL-2.0-only WITH Classpath-exception-2.0");
}

TEST(Expression, AndBindsBeforeOrAndParenthesesStayOnlyWhereTheyMatter) {
  EXPECT_EQ(read("MIT OR (Zlib AND ISC)"), "MIT OR Zlib AND ISC");
  EXPECT_EQ(read("(MIT OR Zlib) AND ISC"), "(MIT OR Zlib) AND ISC");
  EXPECT_EQ(read("((MIT))"), "MIT");
  const auto parsed = parse_expression("MIT OR Zlib AND ISC");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->nodes.size(), 5U);
  EXPECT_EQ(parsed->nodes.back().op, Expression::Op::choice);
}

TEST(Expression, DeprecatedIdsBecomeWhatSaysTheSameToday) {
  EXPECT_EQ(read("GPL-2.0"), "GPL-2.0-only");
  EXPECT_EQ(read("GPL-2.0+"), "GPL-2.0-or-later");
  EXPECT_EQ(read("LGPL-2.1+ OR GPL-3.0"), "LGPL-2.1-or-later OR GPL-3.0-only");
  EXPECT_EQ(read("GPL-2.0-with-classpath-exception"), "GPL-2.0-only WITH Classpath-exception-2.0");
  EXPECT_EQ(read("GPL-2.0-only+"), "GPL-2.0-or-later");
  EXPECT_EQ(read("GPL-2.0", {.modern = false}), "GPL-2.0");
  for (const auto& id : catalog::spdx_list().all())
    if (id.deprecated && !id.now.empty()) EXPECT_EQ(read(id.id), id.now) << id.id;
}

TEST(Expression, PlusStaysWhereTheListHasNoOrLater) {
  EXPECT_EQ(read("MPL-1.1+ and EPL-1.0"), "MPL-1.1+ AND EPL-1.0");
}

TEST(Expression, ReferencesAreNotOnTheListButArePartOfTheGrammar) {
  const auto parsed = parse_expression(
      "DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2 AND GPL-2.0-only WITH AdditionRef-ours");
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->leaves[0].listed);
  EXPECT_EQ(parsed->leaves[1].exception, "AdditionRef-ours");
  EXPECT_EQ(parsed->leaves[1].end, 87U);
}

TEST(Expression, OldFormsOfCargoAndListsAreReadWhenAsked) {
  EXPECT_EQ(read("MIT/Apache-2.0", {.loose = true}), "MIT OR Apache-2.0");
  EXPECT_EQ(read("MIT, Zlib", {.loose = true}), "MIT AND Zlib");
  EXPECT_THAT(read("MIT/Apache-2.0"), testing::StartsWith("column 4: "));
}

TEST(Expression, AnErrorTellsItsColumnAndANearId) {
  EXPECT_EQ(read("MIT OR Apache-2"),
            "column 8: 'Apache-2' is not on the SPDX licence list; did you mean Apache-2.0?");
  EXPECT_EQ(read(""), "column 1: the expression is empty");
  EXPECT_EQ(read("MIT OR"), "column 7: a licence is missing at the end");
  EXPECT_EQ(read("MIT Zlib"), "column 5: an operator (AND, OR, WITH) is missing here");
  EXPECT_EQ(read("(MIT"), "column 1: a parenthesis is not closed");
  EXPECT_EQ(read("MIT)"), "column 4: a parenthesis is closed that was not opened");
  EXPECT_EQ(read("(MIT OR Zlib) WITH Classpath-exception-2.0"),
            "column 15: WITH stands behind one licence and before one exception");
  EXPECT_THAT(read("MIT And Zlib"), testing::StartsWith("column 5: "));
  EXPECT_THAT(read("Classpath-exception-2.0"), testing::StartsWith("column 1: "));
}

TEST(Expression, HostileDepthAndLengthAreErrorsAndNotCrashes) {
  const auto deep = std::string(10'000, '(') + "MIT" + std::string(10'000, ')');
  EXPECT_THAT(read(deep), testing::HasSubstr("256 parentheses"));
  EXPECT_THAT(read(std::string(1u << 20, '(')), testing::HasSubstr("65536 bytes"));
  std::string many = "MIT";
  for (int i = 0; i < 5000; ++i) many += " OR MIT";
  EXPECT_THAT(read(many), testing::HasSubstr("4096 licences"));
}

TEST(Expression, WhatIsPrintedReadsTheSame) {
  for (const auto* text : {"(MIT OR Zlib) AND (ISC OR BSD-2-Clause)", "MIT OR Zlib OR ISC AND (0BSD OR X11)"})
    EXPECT_EQ(read(read(text)), read(text));
}

TEST(Debian, ShortNamesBecomeSpdxIds) {
  EXPECT_EQ(spdx_of_debian("GPL-2+"), "GPL-2.0-or-later");
  EXPECT_EQ(spdx_of_debian("GPL-3"), "GPL-3.0-only");
  EXPECT_EQ(spdx_of_debian("LGPL-2.1+"), "LGPL-2.1-or-later");
  EXPECT_EQ(spdx_of_debian("Expat"), "MIT");
  EXPECT_EQ(spdx_of_debian("BSD-3-clause"), "BSD-3-Clause");
  EXPECT_EQ(spdx_of_debian("Apache-2.0"), "Apache-2.0");
  EXPECT_EQ(spdx_of_debian("public-domain"), std::nullopt);
  EXPECT_EQ(spdx_of_debian("BSD-style"), std::nullopt);
}

}  // namespace
}  // namespace ostiary::license
