// policy check and policy test.

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/impl/policy_file.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_policy.h"
#include "base/text.h"
#include "json/writer.h"
#include "policy/check.h"
#include "policy/fact_table.h"
#include "report/junit.h"

namespace ostiary::app {

namespace {

using policy::Finding;
using policy::Severity;

const char* name(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

// Byte offsets of places, from where the lines begin.
class Offsets {
 public:
  explicit Offsets(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
  }
  std::uint64_t of(policy::Place place) const {
    if (place.line == 0 || place.line > starts_.size()) return text_.size();
    auto at = starts_[place.line - 1];
    for (auto column = place.column; column > 1 && at < text_.size() && text_[at] != '\n'; --column) {
      ++at;
      while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xc0) == 0x80) ++at;
    }
    return at;
  }

 private:
  std::string_view text_;
  std::vector<std::uint64_t> starts_;
};

void append_location(json::Writer& w, const std::string& file, policy::Place place, const Offsets& offsets) {
  w.begin_object();
  w.member("column", place.column);
  w.member("end", offsets.of(place));
  w.member("file", file);
  w.member("line", place.line);
  w.member("start", offsets.of(place));
  w.end_object();
}

std::string check_json(const std::string& file, const std::string& text, const policy::ReadDocument& read,
                       std::size_t rules, std::size_t tests) {
  const Offsets offsets(text);
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("findings");
  w.begin_array();
  for (const auto& f : read.findings.all) {
    w.begin_object();
    w.member("check", f.check);
    w.key("location");
    append_location(w, file, f.place, offsets);
    w.member("message", f.message);
    w.member("severity", name(f.severity));
    w.end_object();
  }
  w.end_array();
  w.member("kind", "policy-check");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  if (read.findings.more > 0) w.string(fmt::format("{} more findings are not listed", read.findings.more));
  w.end_array();
  w.member("rules", std::uint64_t{rules});
  w.member("tests", std::uint64_t{tests});
  w.end_object();
  return out + '\n';
}

std::string check_text(const std::string& file, const policy::Findings& findings, const Style& style) {
  std::string out;
  for (const auto& f : findings.all) {
    const auto word = fmt::format("{}:", name(f.severity));
    out += fmt::format("{}:{}:{}: {} {} {}\n", printable(file), f.place.line, f.place.column,
                       f.severity == Severity::error ? style.red(word) : style.yellow(word),
                       printable(f.message), style.faint(fmt::format("[{}]", f.check)));
  }
  if (findings.more > 0) out += fmt::format("and {} more\n", findings.more);
  return out;
}

}  // namespace

Result<int> run_policy_check(const PolicyOptions& options) {
  auto now = wall_now();
  if (!options.on.empty()) {
    const auto day = policy::parse_moment(options.on);
    if (!day) return fail(Code::invalid, "--on takes a date, YYYY-MM-DD", options.on);
    now = *day;
  }
  TRY(const auto text, read_policy_text(options.file));
  auto read = policy::read_document(text);
  const auto rules = read.document.rules.size(), tests = read.document.cases.size();
  if (read.usable()) {
    const policy::Policy compiled(std::move(read.document));
    policy::check(compiled, now, read.findings);
  }
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? check_json(options.file, text, read, rules, tests)
                                   : check_text(options.file, read.findings, style_of(options.common))));
  const auto all = read.findings.all.size() + read.findings.more, errors = read.findings.errors;
  hint(options.common,
       fmt::format("{} rules, {} tests; {} errors, {} warnings", rules, tests, errors, all - errors));
  return errors > 0 || (options.fail_on == "warning" && all > 0) ? 1 : 0;
}

namespace {

std::string tests_junit(const std::string& file, const std::vector<policy::CaseResult>& results) {
  report::JunitSuite suite{.name = "policy", .file = file, .cases = {}};
  for (const auto& r : results) {
    report::JunitCase one{.name = r.test->name,
                          .group = r.test->clause.empty() ? "policy" : r.test->clause,
                          .failure = std::nullopt,
                          .line = r.test->place.line};
    if (!r.passed()) one.failure = fmt::format("{}", fmt::join(r.failures, "\n"));
    suite.cases.push_back(std::move(one));
  }
  return report::junit({suite});
}

std::string tests_json(const std::string& file, const std::vector<policy::CaseResult>& results) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("file", file);
  w.member("kind", "policy-test");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  w.key("tests");
  w.begin_array();
  for (const auto& r : results) {
    w.begin_object();
    w.key("decision");
    std::string decision;
    append_json(decision, r.decision);
    w.raw(decision);
    w.key("failures");
    w.begin_array();
    for (const auto& failure : r.failures) w.string(failure);
    w.end_array();
    w.member("line", r.test->place.line);
    w.member("name", r.test->name);
    w.member("passed", r.passed());
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return out + '\n';
}

std::string tests_text(const std::string& file, const std::vector<policy::CaseResult>& results,
                       const Style& style) {
  std::string out;
  for (const auto& r : results) {
    if (r.passed()) {
      out += fmt::format("{} {}\n", style.green("ok    "), printable(r.test->name));
      continue;
    }
    out += fmt::format("{} {}\n", style.red("failed"), printable(r.test->name));
    for (const auto& failure : r.failures)
      out += fmt::format("       {}:{}:{}: {}\n", printable(file), r.test->place.line, r.test->place.column,
                         printable(failure));
  }
  return out;
}

}  // namespace

Result<int> run_policy_test(const PolicyOptions& options) {
  TRY(const auto compiled, read_policy(options.file));
  const auto results = policy::run_cases(compiled);
  std::string out;
  if (options.junit)
    out = tests_junit(options.file, results);
  else if (options.common.format == Format::json)
    out = tests_json(options.file, results);
  else
    out = tests_text(options.file, results, style_of(options.common));
  TRY_VOID(put(options.common, out));
  const auto failed = std::ranges::count_if(results, [](const auto& r) { return !r.passed(); });
  hint(options.common, fmt::format("{} tests, {} failed", results.size(), failed));
  return failed > 0 ? 1 : 0;
}

}  // namespace ostiary::app
