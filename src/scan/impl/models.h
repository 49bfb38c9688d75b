#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/catalog.h"

namespace ostiary::scan {

// The family of a model's name.
struct ModelName {
  const catalog::ModelFamily* family = nullptr;  // never null
  bool sure = false;  // false: other things are called so too, and a second sign is needed
};

// The family of the model that the whole of `text` names, as it is written in calls and configuration: with
// an owner or a router before it (`meta-llama/…`, `openrouter/…`, `models/…`), a region or vendor of Bedrock
// (`eu.anthropic.…`), a tag or version behind it (`:8b`, `@20241022`, `:free`). File names are none. Time is
// linear in the text. For any number of threads.
std::optional<ModelName> model_named(std::string_view text);

// Whether a text could be a model's name in a hub or a registry (`owner/name`, `name:tag`), known or not.
bool may_be_model(std::string_view text);

// Whether a text could name a model where a library takes one by its name: `owner/name`, with a path or a
// version behind it, or a bare word. Files and folders of a program are none.
bool may_be_hub_name(std::string_view text);

// Whether a name has the look of a model's, known or not: that, or small letters with a digit and a dash.
bool looks_like_model(std::string_view text);

// Whether a key, argument, flag or variable holds a model's name, by its own.
enum class Wanted : std::uint8_t {
  no,
  perhaps,  // OPENAI_MODEL, chat_model, deployment_name: a name that other things have too may be a model's
  surely    // model, modelId, --model-name: one that the catalogue lacks may be a model's, too
};
Wanted names_model(std::string_view key);

}  // namespace ostiary::scan
