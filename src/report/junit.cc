#include "report/junit.h"

#include <algorithm>
#include <fmt/format.h>

#include "report/impl/written.h"

namespace ostiary::report {

namespace {

void attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"");
  append_xml(out, value);
  out += '"';
}

std::string counts(std::size_t tests, std::size_t failures) {
  return fmt::format(" tests=\"{}\" failures=\"{}\"", tests, failures);
}

std::size_t failures_of(const JunitSuite& suite) {
  return static_cast<std::size_t>(
      std::ranges::count_if(suite.cases, [](auto& c) { return c.failure.has_value(); }));
}

void append_case(std::string& out, const JunitCase& one, const std::string& file) {
  out += "    <testcase";
  attribute(out, "name", one.name);
  if (!one.group.empty()) attribute(out, "classname", one.group);
  if (!file.empty()) attribute(out, "file", file);
  if (one.line > 0) attribute(out, "line", std::to_string(one.line));
  if (!one.failure) {
    out += "/>\n";
    return;
  }
  out += "><failure";
  attribute(out, "message", std::string_view(*one.failure).substr(0, one.failure->find('\n')));
  out += '>';
  append_xml(out, *one.failure);
  out += "</failure></testcase>\n";
}

}  // namespace

std::string junit(const std::vector<JunitSuite>& suites) {
  std::size_t tests = 0, failures = 0;
  std::string body;
  for (const auto& suite : suites) {
    const auto failed = failures_of(suite);
    tests += suite.cases.size();
    failures += failed;
    body += "  <testsuite";
    attribute(body, "name", suite.name);
    body += counts(suite.cases.size(), failed) + ">\n";
    for (const auto& one : suite.cases) append_case(body, one, suite.file);
    body += "  </testsuite>\n";
  }
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites{}>\n{}</testsuites>\n",
                     counts(tests, failures), body);
}

}  // namespace ostiary::report
