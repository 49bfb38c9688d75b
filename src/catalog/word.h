#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "catalog/catalog.h"

namespace ostiary::catalog {

// What a word says of what stands beside it: catalog/schema/word.yaml tells each.
enum class Says : unsigned char {
  request,
  request_module,
  program,
  hub_model,
  sure_hub_model,
  model,
  common_module,
  common_name,
  helper,
  data_ending,
  before_command,
  printing_command,
  sending_command,
  shell,
  container_engine,
  model_flag,
  agent_argument,
  script_key,
  command_key,
  image_key,
  environment_key,
  option_ending,
  ci_file,
  script_file,
  written_file,
  file_ending,
  program_folder,
  output_folder,
  model_router,
  model_client,
  model_interface,
  model_region,
  model_vendor,
  model_variant,
  tool_word,
  common_server_word,
};

// catalog/word/<id>.yaml: words of code and configuration that say the same.
struct WordList {
  std::string id, name;
  Says says = Says::request;
  std::vector<std::string> words;
  std::vector<std::string> libraries;  // of Says::model: ids of SDKs
  bool bare = false;                   // of Says::model: names without an owner, too
  Origin origin;
};

const std::vector<WordList>& word_lists();  // sorted by id

// All words that say this, of every list. Built on first use, read-only, thread-safe.
const std::unordered_set<std::string_view>& words_of(Says what);

// Whether the word is one of them. One hash lookup.
bool says(std::string_view word, Says what);

// Whether a word that says this ends the name. Linear in their number.
bool ends_with_word(std::string_view name, Says ending);

}  // namespace ostiary::catalog
