#include "inspect/redact.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inspect/impl/labelled.h"

namespace ostiary::inspect {
namespace {

using testing::HasSubstr;

const Engine& builtin() {
  static const auto engine = *Engine::builtin();
  return *engine;
}

std::string redacted(std::string_view text) {
  Inspecting inspecting(builtin());
  auto out = Redactor(builtin(), Confidence::medium).redact(text, inspecting.inspect(text));
  return out ? *out : "error: " + out.error().message;
}

TEST(Redactor, TheSameValueHasTheSameNumberAndNothingElseChanges) {
  EXPECT_EQ(redacted("a: rana.haddad@posteo.net, b: omar@haddad-kran.de; rana.haddad@posteo.net\n"),
            "a: ‹personal:email:1›, b: ‹personal:email:2›; ‹personal:email:1›\n");
  EXPECT_EQ(redacted("nothing at all\n"), "nothing at all\n");
}

TEST(Redactor, ATextThatWasNotInspectedToItsEndIsNotMasked) {
  Inspection found;
  found.partial.emplace_back("why");
  EXPECT_EQ(Redactor(builtin(), Confidence::medium).redact("text", found).error().code, Code::too_large);
}

TEST(Redactor, NothingIsFoundInALabelledTextOnceItWasMasked) {
  Inspecting inspecting(builtin());
  std::size_t texts = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(OSTIARY_SOURCE_DIR "/tests/corpus/inspect")) {
    if (entry.path().extension() != ".yaml") continue;
    const auto all = read_labelled_file(entry.path().string());
    ASSERT_TRUE(all) << all.error().text();
    for (const auto& labelled : *all) {
      Redactor redactor(builtin(), Confidence::medium);
      const auto out = redactor.redact(labelled.text, inspecting.inspect(labelled.text));
      ASSERT_TRUE(out) << labelled.id << ": " << out.error().text();
      for (const auto& finding : inspecting.inspect(*out).findings)
        EXPECT_LT(finding.confidence, Confidence::medium) << labelled.id << " " << finding.detector << "\n"
                                                          << *out;
      ++texts;
    }
  }
  EXPECT_GT(texts, 1000U);
}

}  // namespace
}  // namespace ostiary::inspect
