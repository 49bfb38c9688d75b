#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ostiary::report {

struct JunitCase {
  std::string name;
  std::string group;                   // shown as its class
  std::optional<std::string> failure;  // what went wrong; none: passed
  std::uint64_t line = 0;              // in the suite's file; 0: unknown
};

struct JunitSuite {
  std::string name, file;
  std::vector<JunitCase> cases;
};

// JUnit XML as CI systems read it (testsuites, testsuite, testcase, failure), without times: the same results
// give the same bytes.
std::string junit(const std::vector<JunitSuite>& suites);

}  // namespace ostiary::report
