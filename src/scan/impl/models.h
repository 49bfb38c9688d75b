#pragma once

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

// Whether a key, argument, flag or variable of this name holds a model's name: model, modelId, --model-name,
// OPENAI_MODEL, chat_model, deployment_name.
bool names_model(std::string_view key);

}  // namespace ostiary::scan
