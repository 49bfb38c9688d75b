#pragma once

#include <vector>

#include "model/facts.h"

namespace ostiary::model {

// Models out of what their files say: shards become one, and what stands in a folder beside weights, or in
// the nearest folder above that holds a card, is said of them. A folder with a card or configuration and no
// weights below it is a model too. The order in which the facts come plays no part.
std::vector<Model> assemble(std::vector<Facts> facts);

// The folder of a path with its '/'; empty where there is none.
std::string_view folder_of(std::string_view path);
// "model-00002-of-00005.gguf" -> "model-*-of-00005.gguf"; a name without a shard's number stays.
std::string without_shard(std::string_view path);

}  // namespace ostiary::model
