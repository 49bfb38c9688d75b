#include "report/junit.h"

#include <gtest/gtest.h>

namespace ostiary::report {
namespace {

TEST(Junit, CountsAndFailuresAreThere) {
  const std::vector<JunitSuite> suites = {
      {.name = "policy <a>",
       .file = "policy.md",
       .cases = {
           {.name = "allows \"x\"", .group = "rules", .failure = {}, .line = 3},
           {.name = "denies", .group = "", .failure = "expected deny\ngot allow & \x01\xff", .line = 0}}}};
  EXPECT_EQ(junit(suites),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites tests=\"2\" failures=\"1\">\n"
            "  <testsuite name=\"policy &#60;a&#62;\" tests=\"2\" failures=\"1\">\n"
            "    <testcase name=\"allows &#34;x&#34;\" classname=\"rules\" file=\"policy.md\" line=\"3\"/>\n"
            "    <testcase name=\"denies\" file=\"policy.md\"><failure message=\"expected deny\">"
            "expected deny&#10;got allow &#38; \xEF\xBF\xBD\xEF\xBF\xBD</failure></testcase>\n"
            "  </testsuite>\n"
            "</testsuites>\n");
  EXPECT_EQ(
      junit({}),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"0\" failures=\"0\">\n</testsuites>\n");
}

}  // namespace
}  // namespace ostiary::report
