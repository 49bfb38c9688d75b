#include "inspect/finding.h"

#include <gtest/gtest.h>

#include "json/canonical.h"

namespace ostiary::inspect {
namespace {

Finding sample() {
  return {.fingerprint = "f-1",
          .detector = "aws-access-key",
          .type = "aws-access-key",
          .data_class = "secret",
          .klass = Class::secret,
          .confidence = Confidence::high,
          .checksum = Checksum::valid,
          .location =
              {.file = "", .pointer = "/messages/0/content", .start = 5, .end = 25, .line = 1, .column = 6},
          .preview = "AKIA\u2026 \"x\""};
}

std::string json_of(const Finding& finding) {
  std::string out;
  append_json(out, finding);
  return out;
}

TEST(Finding, IsWrittenWithThePointerInARequestBody) {
  EXPECT_EQ(json_of(sample()),
            R"({"checksum":"valid","class":"secret","confidence":"high","detector":"aws-access-key",)"
            R"("fingerprint":"f-1","location":{"column":6,"end":25,"line":1,"pointer":"/messages/0/content",)"
            "\"start\":5},\"preview\":\"AKIA\u2026 \\\"x\\\"\"}");
}

TEST(Finding, IsWrittenWithTheFileElsewhere) {
  Finding finding = sample();
  finding.location = {.file = "src/a.py", .pointer = "", .start = 0, .end = 4, .line = 1, .column = 1};
  finding.klass = Class::own_code;
  finding.confidence = Confidence::low;
  finding.checksum = Checksum::none;
  EXPECT_EQ(json_of(finding),
            R"({"checksum":"none","class":"own-code","confidence":"low","detector":"aws-access-key",)"
            R"("fingerprint":"f-1","location":{"column":1,"end":4,"file":"src/a.py","line":1,"start":0},)"
            "\"preview\":\"AKIA\u2026 \\\"x\\\"\"}");
}

TEST(Finding, LeavesOutALineThatIsNotKnown) {
  Finding finding = sample();
  finding.location = {.file = "", .pointer = "", .start = 1, .end = 2};
  EXPECT_NE(json_of(finding).find(R"("location":{"end":2,"pointer":"","start":1})"), std::string::npos);
}

TEST(Finding, IsCanonical) {
  Finding finding = sample();
  finding.location.file = "both";
  EXPECT_EQ(json::canonical(json_of(finding)).value_or(""), json_of(finding));
}

TEST(Finding, NamesAreThoseOfTheInterface) {
  EXPECT_STREQ(name(Class::personal), "personal");
  EXPECT_STREQ(name(Class::marker), "marker");
  EXPECT_STREQ(name(Class::opaque), "opaque");
  EXPECT_STREQ(name(Class::size), "size");
  EXPECT_STREQ(name(Confidence::medium), "medium");
  EXPECT_STREQ(name(Checksum::invalid), "invalid");
}

}  // namespace
}  // namespace ostiary::inspect
