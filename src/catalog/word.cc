#include "catalog/word.h"

#include <algorithm>
#include <array>

#include "catalog/impl/entries.h"

namespace ostiary::catalog {

namespace {

using simdjson::dom::element;

// In the enumeration's order, as the schema writes them.
constexpr auto kSays = std::to_array<std::string_view>(
    {"request", "request-module", "program", "hub-model", "sure-hub-model", "model", "common-module",
     "common-name", "helper", "data-ending", "script-key", "command-key", "image-key", "environment-key",
     "option-ending"});

Says says_of(std::string_view text) {
  const auto found = std::ranges::find(kSays, text);
  if (found == kSays.end()) broken("word");
  return static_cast<Says>(found - kSays.begin());
}

WordList list_of(const element& e) {
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .says = says_of(text_of(e, "says")),
          .words = texts_of(e, "words"),
          .libraries = texts_of(e, "libraries"),
          .bare = flag_of(e, "bare", false),
          .origin = origin_of(e)};
}

}  // namespace

const std::vector<WordList>& word_lists() {
  static const auto all = read_kind("word", list_of);
  return all;
}

const std::unordered_set<std::string_view>& words_of(Says what) {
  static const auto all = [] {
    std::array<std::unordered_set<std::string_view>, kSays.size()> out;
    for (const auto& list : word_lists())
      out[static_cast<std::size_t>(list.says)].insert(list.words.begin(), list.words.end());
    return out;
  }();
  return all[static_cast<std::size_t>(what)];
}

bool says(std::string_view word, Says what) {
  return words_of(what).contains(word);
}

bool ends_with_word(std::string_view name, Says ending) {
  return std::ranges::any_of(words_of(ending), [&](std::string_view word) { return name.ends_with(word); });
}

}  // namespace ostiary::catalog
