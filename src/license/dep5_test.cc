#include "license/dep5.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::license {
namespace {

constexpr std::string_view kFile =
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
    "Upstream-Name: thing\n"
    "\n"
    "Files: *\n"
    " src/*.c\n"
    "Copyright: 2020 Somebody\n"
    "License: GPL-2+ or Artistic\n"
    "\n"
    "Files: debian/*\n"
    "License: Expat\n"
    " Permission is granted.\n"
    " .\n"
    " As it is.\n"
    "\n"
    "License: none-of-these\n"
    " Ask us.\n";

TEST(Dep5, FieldsHaveTheirFilesTextsAndPlaces) {
  const auto read = read_dep5(kFile);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 3U);
  EXPECT_THAT((*read)[0].files, testing::ElementsAre("*", "src/*.c"));
  EXPECT_EQ(kFile.substr((*read)[0].start, (*read)[0].end - (*read)[0].start), "GPL-2+ or Artistic");
  EXPECT_EQ((*read)[1].text, "Permission is granted.\n\nAs it is.\n");
  EXPECT_TRUE((*read)[2].files.empty());
}

TEST(Dep5, NamesBecomeExpressions) {
  EXPECT_EQ(spdx_of_debian_expression("GPL-2+ or Artistic"), "GPL-2.0-or-later OR Artistic-1.0-Perl");
  EXPECT_EQ(spdx_of_debian_expression("Expat and BSD-3-clause"), "MIT AND BSD-3-Clause");
  EXPECT_EQ(spdx_of_debian_expression("GPL-3+ with Libtool exception"),
            "GPL-3.0-or-later WITH Libtool-exception");
  EXPECT_EQ(spdx_of_debian_expression("GPL-3+ with Autoconf exception"), std::nullopt) << "there are several";
  EXPECT_EQ(spdx_of_debian_expression("public-domain"), std::nullopt);
  EXPECT_EQ(spdx_of_debian_expression("Expat and something"), std::nullopt);
}

TEST(Dep5, WhatSpdxDoesNotKnowIsLeftOut) {
  const auto found = licenses_of_dep5(*read_dep5(kFile), Identifier::builtin());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].expression, "MIT");
  EXPECT_EQ(found[1].method, Method::metadata);
}

TEST(Dep5, OtherTextsAreNone) {
  EXPECT_FALSE(read_dep5(""));
  EXPECT_FALSE(read_dep5("This package was debianized by somebody.\nLicense: GPL\n"));
  EXPECT_FALSE(read_dep5("Upstream-Name: x\n\nFormat: copyright-format/1.0\n"));
}

}  // namespace
}  // namespace ostiary::license
