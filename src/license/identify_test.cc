#include "license/identify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::license {
namespace {

std::string of(std::string_view text) {
  return Identifier::builtin().identify(text).expression.value_or("nothing");
}
std::string text_of(std::string_view id) {
  return Identifier::builtin().text_of(id).value_or("");
}

// What needs the texts of the list, which a build may lack.
class Texts : public testing::Test {
 protected:
  void SetUp() override {
    if (!Identifier::builtin().has_texts()) GTEST_SKIP() << "this build has no texts of licences";
  }
};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  if (at != std::string::npos) text.replace(at, what.size(), with);
  return text;
}

TEST(Identify, ATagIsReadToTheEndOfItsComment) {
  const auto found =
      Identifier::builtin().identify("/* SPDX-License-Identifier: mit OR Apache-2.0 */\nint x;\n");
  EXPECT_EQ(found.expression, "MIT OR Apache-2.0");
  ASSERT_EQ(found.licenses.size(), 1U);
  EXPECT_EQ(found.licenses[0].start, 28U);
  EXPECT_EQ(found.licenses[0].end, 45U);
  EXPECT_EQ(of("<!-- SPDX-License-Identifier: GPL-2.0+ -->"), "GPL-2.0-or-later");
}

TEST(Identify, NoticesOfTheGnuLicencesTellVersionAndOrLater) {
  EXPECT_EQ(of("You may redistribute it under the terms of the GNU General Public License, version 2."),
            "GPL-2.0-only");
  EXPECT_EQ(of("licensed under the GNU Lesser General Public License as published by the FSF; either version "
               "2.1 of the "
               "License, or (at your option) any later version"),
            "LGPL-2.1-or-later");
  EXPECT_EQ(of("This module is free software; you may use it under the same terms as Perl itself."),
            "Artistic-1.0-Perl OR GPL-1.0-or-later");
  EXPECT_EQ(of("We admire the GNU General Public License version 3."), "nothing");
}

TEST_F(Texts, AVerbatimTextIsExactWhateverItsLayout) {
  const auto text = "Copyright 2020 Somebody\n\n" + text_of("MIT");
  const auto found = Identifier::builtin().identify(text);
  EXPECT_EQ(found.expression, "MIT");
  ASSERT_EQ(found.licenses.size(), 1U);
  EXPECT_EQ(found.licenses[0].method, Method::exact);
  std::string comment = "/*";
  for (const char c : text) comment += c == '\n' ? "\n * " : std::string(1, c);
  EXPECT_EQ(of(comment), "MIT");
}

TEST_F(Texts, EveryTextOfTheListIsItself) {
  std::size_t wrong = 0;
  for (const auto* id : {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "MPL-2.0",
                         "GPL-2.0-only", "GPL-3.0-only", "LGPL-2.1-only", "AGPL-3.0-only", "CC-BY-4.0",
                         "CC-BY-NC-4.0", "CC-BY-SA-4.0", "EPL-2.0", "Unlicense", "0BSD"})
    if (of(text_of(id)) != id) ++wrong, ADD_FAILURE() << id << " is taken for " << of(text_of(id));
  EXPECT_EQ(wrong, 0U);
}

TEST_F(Texts, AWordThatChangesTheLicenceIsSeenHoweverAlikeTheTextsAre) {
  EXPECT_EQ(of(replaced(text_of("MIT"), "to deal in", "for non-commercial purposes to deal in")), "nothing");
  EXPECT_EQ(of(replaced(text_of("ISC"), "is hereby granted", "is not hereby granted")), "nothing");
  // In its title, and in the notice of its appendix.
  auto apache = text_of("Apache-2.0");
  for (auto at = apache.find("Version 2.0"); at != std::string::npos; at = apache.find("Version 2.0", at))
    apache.replace(at, 11, "Version 3.0");
  EXPECT_THAT(of(apache), testing::Not(testing::HasSubstr("Apache-2.0")));
}

TEST_F(Texts, SeveralLicencesInOneFileHaveTheirSpans) {
  const auto mit = text_of("MIT"), zlib = text_of("Zlib");
  const auto found = Identifier::builtin().identify(mit + "\n\nThe library beside it:\n\n" + zlib);
  EXPECT_EQ(found.expression, "MIT AND Zlib");
  ASSERT_EQ(found.licenses.size(), 2U);
  EXPECT_LE(found.licenses[0].end, mit.size());
  EXPECT_GE(found.licenses[1].start, mit.size());
}

TEST_F(Texts, TheTextOfAGnuLicenceYieldsToTheNoticeThatGrantsIt) {
  EXPECT_EQ(of(text_of("GPL-2.0-only")), "GPL-2.0-only");
  EXPECT_EQ(of("This is free software under the GNU General Public License, version 2 or later.\n\n" +
               text_of("GPL-2.0-only")),
            "GPL-2.0-or-later");
}

TEST_F(Texts, Utf16AndLatin1AreReadWithPlacesOfTheOriginal) {
  const auto mit = text_of("MIT");
  std::string wide = "\xff\xfe";
  for (const char c : mit) wide += c, wide += '\0';
  const auto found = Identifier::builtin().identify(wide);
  EXPECT_EQ(found.expression, "MIT");
  ASSERT_EQ(found.licenses.size(), 1U);
  EXPECT_GT(found.licenses[0].end, mit.size());
  EXPECT_EQ(of(replaced(mit, "\"Software\"", "\x93Software\x94")), "MIT");
}

TEST(Identify, WhatIsNoLicenceIsNothing) {
  EXPECT_EQ(of(""), "nothing");
  EXPECT_EQ(of("int main() { return 0; }"), "nothing");
  EXPECT_EQ(of("Dieses Programm ist unter einer Lizenz veröffentlicht, die niemand kennt."), "nothing");
}

TEST(Identify, HostileTextsTakeBoundedTime) {
  std::string same;
  while (same.size() < 8u << 20)
    same += "AS IS WITHOUT WARRANTY OF ANY KIND EXPRESS OR IMPLIED INCLUDING BUT NOT LIMITED TO ";
  const auto found = Identifier::builtin().identify(same);
  EXPECT_THAT(found.partial, testing::Contains(testing::HasSubstr("first 4194304 bytes")));
  Identifier::builtin().identify(std::string(1u << 20, '\xff'));
  Identifier::builtin().identify(std::string(1u << 20, '('));
}

TEST(Identify, AnIndexThatIsDamagedIsRefused) {
  alignas(8) static constexpr char kShort[] = "OSTLIC1\n\x01\x02";
  EXPECT_FALSE(Identifier::load(std::string_view(kShort, sizeof kShort)));
  EXPECT_FALSE(Identifier::load("something else"));
}

}  // namespace
}  // namespace ostiary::license
