#include "report/csv.h"

#include <gtest/gtest.h>
#include <vector>

namespace ostiary::report {
namespace {

std::string record(const std::vector<std::string>& cells) {
  return csv_record(cells);
}

TEST(Csv, QuotesWhatMustBe) {
  EXPECT_EQ(record({"a", "b c", "", "d,e", "\"q\"", "l1\nl2"}),
            "a,b c,,\"d,e\",\"\"\"q\"\"\",\"l1\nl2\"\r\n");
}

TEST(Csv, FormulasAreMadeText) {
  EXPECT_EQ(record({"=1+1", "+x", "-x", "@SUM(A1)", "\tx"}), "'=1+1,'+x,'-x,'@SUM(A1),'\tx\r\n");
  EXPECT_EQ(record({"=HYPERLINK(\"http://x\",\"y\")"}), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"\r\n");
  EXPECT_EQ(record({"\r=1"}), "\"'\r=1\"\r\n");
}

TEST(Csv, NumbersStayNumbers) {
  EXPECT_EQ(record({"-12.5", "-3", "-", "-1-1", "--1", "-1."}), "-12.5,-3,'-,'-1-1,'--1,'-1.\r\n");
}

}  // namespace
}  // namespace ostiary::report
