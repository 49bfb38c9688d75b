#include "report/html.h"

#include <gtest/gtest.h>

namespace ostiary::report {
namespace {

TEST(Html, WhatHasAMeaningThereIsWrittenAsACharacter) {
  EXPECT_EQ(escaped(R"(<a href="x" title='y'>&amp;</a>)"),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
}

TEST(Html, ControlCharactersAndBytesThatAreNoTextDoNotReachThePage) {
  EXPECT_EQ(escaped(std::string_view("a\0b\x1b[31m\n\tc\x7f", 12)),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd[31m\n\tc\xef\xbf\xbd");
  EXPECT_EQ(escaped("\xff\xfe<"), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace ostiary::report
