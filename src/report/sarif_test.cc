#include "report/sarif.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/testing.h"
#include "base/text.h"
#include "report/impl/written.h"

namespace ostiary::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SarifRun full_run() {
  SarifRun run{.tool = "ostiary",
               .version = "0.1.0",
               .uri = "https://example.org/ostiary",
               .rules = {},
               .results = {},
               .partial = {}};
  run.rules = {{.id = "secret/github-token",
                .name = "GitHub token",
                .summary = "A token of GitHub",
                .help = "Revoke it.",
                .help_uri = "https://example.org/help",
                .level = SarifLevel::error,
                .tags = {"security", "secret"}},
               {.id = "personal/iban", .name = "", .summary = "", .help = "", .help_uri = "", .tags = {}}};
  run.results = {{.rule = "secret/github-token",
                  .level = SarifLevel::error,
                  .message = "GitHub token ghp_…4f2a",
                  .location = {.file = "src/ü b.py",
                               .pointer = "",
                               .start = 10,
                               .end = 50,
                               .line = 2,
                               .column = 3,
                               .end_line = 2,
                               .end_column = 43},
                  .fingerprint = "abc",
                  .suppressed = {}},
                 {.rule = "personal/iban",
                  .level = SarifLevel::note,
                  .message = "IBAN",
                  .location = {.file = "", .pointer = "/messages/0/content", .start = 1, .end = 3},
                  .fingerprint = "",
                  .suppressed = "a sample"},
                 {.rule = "gone",
                  .level = SarifLevel::none,
                  .message = "\xff\n\"",
                  .location = {.file = "/abs/x\xff", .pointer = "", .start = 0, .end = 0},
                  .fingerprint = "f",
                  .suppressed = ""}};
  run.partial = {{.file = "a.zip!/b", .text = "the member is encrypted"}, {.file = "", .text = "history"}};
  return run;
}

TEST(Sarif, AResultSaysWhatAndWhereInTheUnitsOfTheRun) {
  const auto log = sarif(full_run());
  EXPECT_THAT(log, HasSubstr(R"("version":"2.1.0")"));
  EXPECT_THAT(log, HasSubstr(R"("columnKind":"unicodeCodePoints")"));
  EXPECT_THAT(
      log,
      HasSubstr(
          R"({"ruleId":"secret/github-token","ruleIndex":1,"level":"error","message":{"text":"GitHub token ghp_…4f2a"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/%C3%BC%20b.py","uriBaseId":"%SRCROOT%"},"region":{"startLine":2,"startColumn":3,"endLine":2,"endColumn":43,"byteOffset":10,"byteLength":40}}}],"partialFingerprints":{"ostiary/v1":"abc"},"suppressions":[]})"));
  EXPECT_THAT(log, HasSubstr(R"("logicalLocations":[{"fullyQualifiedName":"/messages/0/content"}])"));
  EXPECT_TRUE(text::is_utf8(log));
  EXPECT_EQ(std::ranges::count(log, '\n'), 1);
}

TEST(Sarif, WhatIsKnownIsSuppressedWithItsReason) {
  EXPECT_THAT(
      sarif(full_run()),
      HasSubstr(R"("suppressions":[{"kind":"external","status":"accepted","justification":"a sample"}])"));
}

TEST(Sarif, WhatWasNotReadIsANotification) {
  const auto log = sarif(full_run());
  EXPECT_THAT(
      log,
      HasSubstr(
          R"("toolExecutionNotifications":[{"level":"warning","message":{"text":"not read: history"}},{"level":"warning","message":{"text":"not read: the member is encrypted"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.zip!/b","uriBaseId":"%SRCROOT%"}}}]}])"));
  EXPECT_THAT(sarif({.tool = "ostiary", .version = "", .uri = "", .rules = {}, .results = {}, .partial = {}}),
              Not(HasSubstr("toolExecutionNotifications")));
}

TEST(Sarif, TheOrderGivenDoesNotMatter) {
  auto run = full_run();
  const auto log = sarif(run);
  std::ranges::reverse(run.rules), std::ranges::reverse(run.results), std::ranges::reverse(run.partial);
  EXPECT_EQ(sarif(run), log);
}

TEST(Sarif, FilesAreUrisOfTheirExactBytes) {
  const auto log = sarif(full_run());
  EXPECT_THAT(log, HasSubstr(R"("uri":"file:///abs/x%FF"})"));
  std::string uri;
  append_uri(uri, "a:b/c?d#e%f\n");
  EXPECT_EQ(uri, "a%3Ab/c%3Fd%23e%25f%0A");
}

// With OSTIARY_SARIF_SCHEMA naming the OASIS schema and Python's jsonschema installed the log is held to it;
// README.md of this module says where the schema is from.
TEST(Sarif, FollowsTheSchema) {
  const char* schema = std::getenv("OSTIARY_SARIF_SCHEMA");
  if (!schema) GTEST_SKIP() << "OSTIARY_SARIF_SCHEMA names no schema";
  const ::ostiary::testing::TempFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "log", sarif(full_run())));
  const auto command = fmt::format(
      "python3 -c 'import json, sys, jsonschema; jsonschema.validate(json.load(open(sys.argv[1])), "
      "json.load(open(sys.argv[2], encoding=\"utf-8-sig\")))' {} {}",
      folder / "log", schema);
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(Written, JsonTextIsAlwaysUtf8) {
  std::string out;
  append_json(out, "\xc3\xa9\xc3(\xed\xa0\x80\xf0\x9f\x98\x80\xf4\x90\x80\x80\x01\x7f");
  EXPECT_EQ(out,
            "\"é\xEF\xBF\xBD("
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD😀\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\u0001\\u"
            "007f\"");
}

TEST(Written, Utf8LengthAgreesWithTheCheckOfBase) {
  for (unsigned a = 0; a < 256; ++a)
    for (unsigned b = 0; b < 256; b += 5)
      for (const unsigned rest : {0x20u, 0x80u, 0xbfu, 0xc0u}) {
        const std::string s = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(rest),
                               static_cast<char>(0x80)};
        const auto length = utf8_length(s, 0);
        const bool any = text::is_utf8(s.substr(0, 1)) || text::is_utf8(s.substr(0, 2)) ||
                         text::is_utf8(s.substr(0, 3)) || text::is_utf8(s);
        ASSERT_EQ(length > 0, any) << a << ' ' << b << ' ' << rest;
        if (length > 0) ASSERT_TRUE(text::is_utf8(s.substr(0, length)));
      }
}

}  // namespace
}  // namespace ostiary::report
