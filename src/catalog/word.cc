#include "catalog/word.h"

#include <algorithm>
#include <array>
#include <utility>

#include "catalog/impl/entries.h"

namespace ostiary::catalog {

namespace {

using simdjson::dom::element;

// As the schema writes them.
constexpr auto kSays = std::to_array<std::pair<std::string_view, Says>>({
    {"request", Says::request},
    {"request-module", Says::request_module},
    {"program", Says::program},
    {"hub-model", Says::hub_model},
    {"sure-hub-model", Says::sure_hub_model},
    {"model", Says::model},
    {"common-module", Says::common_module},
    {"common-name", Says::common_name},
    {"helper", Says::helper},
    {"data-ending", Says::data_ending},
    {"before-command", Says::before_command},
    {"printing-command", Says::printing_command},
    {"sending-command", Says::sending_command},
    {"shell", Says::shell},
    {"container-engine", Says::container_engine},
    {"model-flag", Says::model_flag},
    {"agent-argument", Says::agent_argument},
    {"script-key", Says::script_key},
    {"command-key", Says::command_key},
    {"image-key", Says::image_key},
    {"environment-key", Says::environment_key},
    {"option-ending", Says::option_ending},
    {"ci-file", Says::ci_file},
    {"script-file", Says::script_file},
    {"written-file", Says::written_file},
    {"file-ending", Says::file_ending},
    {"program-folder", Says::program_folder},
    {"output-folder", Says::output_folder},
    {"model-router", Says::model_router},
    {"model-client", Says::model_client},
    {"model-interface", Says::model_interface},
    {"model-region", Says::model_region},
    {"model-vendor", Says::model_vendor},
    {"model-variant", Says::model_variant},
    {"tool-word", Says::tool_word},
    {"common-server-word", Says::common_server_word},
});

Says says_of(std::string_view text) {
  const auto found = std::ranges::find(kSays, text, &std::pair<std::string_view, Says>::first);
  if (found == kSays.end()) broken("word");
  return found->second;
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
