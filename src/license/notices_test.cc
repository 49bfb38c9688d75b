#include "license/notices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::license {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Noticed work(std::string name, std::string kind, std::string expression, std::string text = {}) {
  return {.name = std::move(name),
          .version = {},
          .kind = std::move(kind),
          .expression = std::move(expression),
          .text = std::move(text),
          .notice = {},
          .copyrights = {}};
}

Notices of(std::vector<Noticed> works) {
  return notices(std::move(works), catalog::licenses(), {});
}

TEST(Notices, ListsAWorkUnderItsLicenceWithItsCopyrightAndItsText) {
  auto one = work("left-pad", "code", "MIT", "MIT License\n\nPermission …\n");
  one.version = "1.3.0";
  one.copyrights = {"Copyright (c) 2016 A. Person"};
  const auto out = of({one});
  EXPECT_THAT(out.text, HasSubstr("left-pad 1.3.0\n    Copyright (c) 2016 A. Person\n"));
  EXPECT_THAT(out.text, HasSubstr("Permission …"));
  EXPECT_THAT(out.open, IsEmpty());
}

TEST(Notices, HasATextThatManyCameWithOnce) {
  const auto out = of({work("a", "code", "MIT", "words\n"), work("b", "code", "MIT", "words")});
  EXPECT_THAT(out.text, HasSubstr("Text of the licence: a, b\n"));
  EXPECT_EQ(out.text.find("words"), out.text.rfind("words"));
}

TEST(Notices, TakesATextOfItsOwnWhereNoneCameAndSaysWhereThereIsNone) {
  const auto text_of = [](std::string_view id) {
    return id == "MIT" ? std::string("from us") : std::string();
  };
  const auto out =
      notices({work("a", "code", "MIT"), work("b", "code", "Zlib")}, catalog::licenses(), text_of);
  EXPECT_THAT(out.text, HasSubstr("from us"));
  EXPECT_THAT(out.open, Contains(HasSubstr("b: the text of Zlib has to be put in")));
  EXPECT_THAT(out.open, Not(Contains(HasSubstr("a: "))));
}

TEST(Notices, AModelHasTheWordsThatItsLicenceAsksFor) {
  const auto out = of({work("acme/Llama-3.1-x", "model", "llama3.1", "text")});
  EXPECT_THAT(out.text, HasSubstr("Built with Llama"));
  EXPECT_THAT(out.text, HasSubstr("Llama 3.1 is licensed under the Llama 3.1 Community License"));
}

TEST(Notices, WhatItCannotSettleIsOpen) {
  const auto out = of({work("a", "code", ""), work("b", "code", "GPL-3.0-only", "text")});
  EXPECT_THAT(out.open, Contains(HasSubstr("a: nobody knows its licence")));
  EXPECT_THAT(out.open, Contains(HasSubstr("b: GPL-3.0-only asks that what is made of it")));
}

TEST(Notices, OfAChoiceOneIsTaken) {
  const auto out = of({work("a", "code", "GPL-2.0-only OR MIT", "text")});
  EXPECT_THAT(out.text, HasSubstr("\nMIT\n"));
  EXPECT_THAT(out.open, Not(Contains(HasSubstr("same terms"))));
}

TEST(Notices, TheOrderOfTheWorksDoesNotMatter) {
  const auto a = work("a", "code", "MIT", "t"), b = work("b", "data", "CC-BY-4.0", "u");
  EXPECT_EQ(of({a, b}).text, of({b, a, b}).text);
}

TEST(Notices, ADataSetIsMarkedAsSuch) {
  EXPECT_THAT(of({work("b", "data", "CC-BY-4.0", "u")}).text, HasSubstr("b (data)"));
}

TEST(CopyrightLines, AreThoseThatClaimOneAndNotFormsToBeFilledIn) {
  EXPECT_THAT(copyright_lines(
                  "# Copyright (c) 2020 A\n * Copyright 2021 B\nCopyright [yyyy] [name]\n"
                  "copyright holders are not liable\n(c) You must retain\n© 2022 C\nCopyright (c) 2020 A\n"),
              ElementsAre("Copyright (c) 2020 A", "Copyright 2021 B", "© 2022 C"));
}

}  // namespace
}  // namespace ostiary::license
