#include "scan/prefilter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "scan/component.h"
#include "scan/scanner.h"

namespace ostiary::scan {
namespace {

bool passes(std::string_view text) {
  return Prefilter::of_catalogue().any(text);
}

TEST(PrefilterTest, FindsImportsHostsVariablesAndModels) {
  EXPECT_TRUE(passes("import openai\n"));
  EXPECT_TRUE(passes("x = 1\nurl = 'http://localhost:11434/v1'\n"));
  EXPECT_TRUE(passes("model: \"gpt-4o-mini\""));
  EXPECT_TRUE(passes("MODEL=GPT-4O"));
  EXPECT_TRUE(passes("export OLLAMA_HOST=0.0.0.0"));
}

TEST(PrefilterTest, FindsWhatIsCalledWithoutAnImportOfItsWholeName) {
  EXPECT_TRUE(passes("from google import genai\n"));
  EXPECT_TRUE(passes("target_link_libraries(a PRIVATE nvinfer)\n"));
  EXPECT_TRUE(passes("llm -m x < y\n"));
  EXPECT_TRUE(passes("RubyLLM.chat.ask(x)\n"));
}

TEST(PrefilterTest, PassesOverLongerWords) {
  EXPECT_FALSE(passes("int main(void) { return 0; }\n"));
  EXPECT_FALSE(passes("notopenaix = 3"));
  EXPECT_FALSE(passes("MY_OLLAMA_HOSTS=1"));
  EXPECT_FALSE(passes(""));
}

TEST(PrefilterTest, FindsKeysByTheirBeginningOrTheirName) {
  const std::string key = "1624a8940f1f836f99ee" + std::string("3692f09e2e80");
  EXPECT_TRUE(passes("x: \"sk-" + key + "\"\n"));
  EXPECT_TRUE(passes("token = hf_" + key));
  EXPECT_TRUE(passes("mistralApiKey: x"));
  EXPECT_FALSE(passes("static int hf_ieee80211_supported_rates_list = -1;"));
  EXPECT_FALSE(passes("a voyage to the north"));
}

TEST(PrefilterTest, FindsPhrasesOfAuthors) {
  EXPECT_TRUE(passes("// Written by ChatGPT\n"));
  EXPECT_TRUE(passes("# Generated with Claude Code\n"));
  EXPECT_FALSE(passes("# Generated with protoc\n"));
}

TEST(PrefilterTest, FindsWhatStandsOnTheEdgeOfABlock) {
  for (const std::size_t before : {65'500UL, 65'530UL, 65'536UL, 65'540UL, 131'000UL}) {
    const auto text = std::string(before, ' ') + "import openai" + std::string(100'000, ' ');
    EXPECT_TRUE(passes(text)) << before;
  }
}

TEST(PrefilterTest, FindsKeysWithinLongWordsOnly) {
  const std::string half = "ErXjTTK6FVjOAq1yc4lU";
  EXPECT_TRUE(passes("x = 'sk-" + half + "T3Blbk" + "FJ" + half + "'\n"));
  EXPECT_TRUE(
      passes(std::string(1000, ' ') + "k: sk-" + half + "T3Blbk" + "FJ" + half + std::string(80, '\n')));
  EXPECT_FALSE(passes("the letters T3Blbk" + std::string("FJ stand in each\n")));
}

TEST(PrefilterTest, FindsNamesOfKeysWhereAPartOfAWordBegins) {
  for (const auto* text :
       {"MY_MISTRAL_API_KEY=x", "myMistralKey = x", "\\nmistral_key=", "old2mistral_token"})
    EXPECT_TRUE(passes(text)) << text;
  EXPECT_FALSE(passes("animistral_key"));
}

TEST(PrefilterTest, WordsOfOtherTradesMustBeImported) {
  EXPECT_TRUE(passes("import os, torch\n"));
  EXPECT_TRUE(passes("RUN pip install \\\n  numpy \\\n  torch\n"));
  EXPECT_TRUE(passes("x = load('torch')\n"));
  EXPECT_FALSE(passes("/* in torch mode the LED is always on */\n"));
}

TEST(PrefilterTest, WhoWroteAFileCountsInItsBeginningOnly) {
  EXPECT_TRUE(passes(std::string(8000, '\n') + "# by Devin\n"));
  EXPECT_FALSE(passes(std::string(9000, '\n') + "# by Devin\n"));
}

TEST(PrefilterTest, TextsAtEachPlaceOfABlockAreFound) {
  for (std::size_t before = 0; before < 200; ++before)
    EXPECT_TRUE(passes(std::string(before, ' ') + "https://api.mistral.ai/v1")) << before;
}

std::string shown(const Report& report) {
  std::string out;
  for (const auto& component : report.components) {
    out += fmt::format("{} {} {} {}\n", name(component.kind), component.name, name(component.grade),
                       component.places);
    for (const auto& evidence : component.evidence)
      out += fmt::format("  {} {} {}\n", evidence.place.file, evidence.place.start, evidence.detector);
  }
  for (const auto& partial : report.partial) out += fmt::format("{} {}\n", partial.path, partial.text);
  return out;
}

TEST(PrefilterTest, PassesEachFileOfTheLabelledProgramsInWhichSomethingIsFound) {
  const std::vector<std::string> programs{OSTIARY_SOURCE_DIR "/tests/corpus/scan"};
  const auto quick = scan(programs, {.history = false});
  const auto whole = scan(programs, {.history = false, .prefilter = false});
  ASSERT_TRUE(quick && whole);
  EXPECT_GT(quick->components.size(), 100U);
  EXPECT_EQ(shown(*quick), shown(*whole));
}

}  // namespace
}  // namespace ostiary::scan
