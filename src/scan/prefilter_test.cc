#include "scan/prefilter.h"

#include <gtest/gtest.h>

namespace ostiary::scan {
namespace {

struct PrefilterTest : testing::Test {
  void SetUp() override {
    auto prefilter = Prefilter::builtin();
    ASSERT_TRUE(prefilter) << prefilter.error().text();
    look.emplace(*prefilter);
  }
  std::optional<Prefilter::Look> look;
};

TEST_F(PrefilterTest, FindsImportsHostsVariablesAndModels) {
  EXPECT_TRUE(look->any("import openai\n"));
  EXPECT_TRUE(look->any("x = 1\nurl = 'http://localhost:11434/v1'\n"));
  EXPECT_TRUE(look->any("model: \"gpt-4o-mini\""));
  EXPECT_TRUE(look->any("MODEL=GPT-4O"));
  EXPECT_TRUE(look->any("export OLLAMA_HOST=0.0.0.0"));
}

TEST_F(PrefilterTest, FindsWhatIsCalledWithoutAnImportOfItsWholeName) {
  EXPECT_TRUE(look->any("from google import genai\n"));
  EXPECT_TRUE(look->any("target_link_libraries(a PRIVATE nvinfer)\n"));
  EXPECT_TRUE(look->any("llm -m x < y\n"));
  EXPECT_TRUE(look->any("RubyLLM.chat.ask(x)\n"));
}

TEST_F(PrefilterTest, PassesOverLongerWords) {
  EXPECT_FALSE(look->any("int main(void) { return 0; }\n"));
  EXPECT_FALSE(look->any("notopenaix = 3"));
  EXPECT_FALSE(look->any("MY_OLLAMA_HOSTS=1"));
  EXPECT_FALSE(look->any(""));
}

TEST_F(PrefilterTest, FindsKeysByTheirBeginningOrTheirName) {
  const std::string key = "1624a8940f1f836f99ee" + std::string("3692f09e2e80");
  EXPECT_TRUE(look->any("x: \"sk-" + key + "\"\n"));
  EXPECT_TRUE(look->any("token = hf_" + key));
  EXPECT_TRUE(look->any("mistralApiKey: x"));
  EXPECT_FALSE(look->any("static int hf_ieee80211_supported_rates_list = -1;"));
  EXPECT_FALSE(look->any("a voyage to the north"));
}

TEST_F(PrefilterTest, FindsPhrasesOfAuthors) {
  EXPECT_TRUE(look->any("// Written by ChatGPT\n"));
  EXPECT_TRUE(look->any("# Generated with Claude Code\n"));
  EXPECT_FALSE(look->any("# Generated with protoc\n"));
}

TEST_F(PrefilterTest, FindsWhatStandsOnTheEdgeOfABlock) {
  for (const std::size_t before : {65'500UL, 65'530UL, 65'536UL, 65'540UL, 131'000UL}) {
    const auto text = std::string(before, ' ') + "import openai" + std::string(100'000, ' ');
    EXPECT_TRUE(look->any(text)) << before;
  }
}

}  // namespace
}  // namespace ostiary::scan
