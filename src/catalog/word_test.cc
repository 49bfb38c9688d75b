#include "catalog/word.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::catalog {
namespace {

using testing::IsEmpty;
using testing::Not;

TEST(Words, EveryMeaningOfTheSchemaHasWords) {
  for (auto i = 0; i <= static_cast<int>(Says::common_server_word); ++i)
    EXPECT_THAT(words_of(static_cast<Says>(i)), Not(IsEmpty())) << i;
}

TEST(Words, WordsOfSeveralListsThatSayTheSameAreFoundTogether) {
  EXPECT_TRUE(says("httpx", Says::request));
  EXPECT_TRUE(says("reqwest", Says::request));
  EXPECT_FALSE(says("reqwest", Says::program));
}

TEST(Words, OnlyListsOfModelCallsNameLibraries) {
  for (const auto& list : word_lists()) {
    EXPECT_EQ(list.libraries.empty(), list.says != Says::model) << list.id;
    EXPECT_TRUE(!list.bare || list.says == Says::model) << list.id;
  }
}

TEST(Words, NamesAreToldByTheirEnding) {
  EXPECT_TRUE(ends_with_word("RateLimitError", Says::data_ending));
  EXPECT_FALSE(ends_with_word("ErrorClient", Says::data_ending));
}

TEST(Words, KeysOfConfigurationAreInSmallLetters) {
  for (const auto kind : {Says::script_key, Says::command_key, Says::image_key, Says::environment_key})
    for (const auto word : words_of(kind)) EXPECT_THAT(word, Not(testing::ContainsRegex("[A-Z]")));
}

}  // namespace
}  // namespace ostiary::catalog
