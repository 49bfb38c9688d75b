#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/catalog.h"

namespace ostiary::scan {

// What a file is as a model file or a dataset.
struct FormatSeen {
  const catalog::Format* format = nullptr;
  std::string name;       // the component's: the file's name, or that of the folder which is one whole
  bool by_bytes = false;  // the first bytes say so
  bool in_lfs = false;    // it is a pointer of Git LFS: its bytes are elsewhere
};

// The format of a file by its path and first bytes, as catalog/format has it; nullopt: none. What other
// things are called or look like too needs both, or a second sign. `whole` is the file's full size where
// `bytes` is its beginning. Reads 1 MiB of it at most. Any thread.
std::optional<FormatSeen> format_of(std::string_view path, std::string_view bytes, std::uint64_t whole);

// What a path in a cache of models says of where the file is from.
struct Cached {
  std::string name;       // "owner/name", "name" or "name:tag"
  bool dataset = false;   // of a dataset, else of a model
  std::string_view file;  // what stands below the folder of the model
};
// Caches of Hugging Face (models--owner--name/snapshots/…) and manifests of Ollama
// (models/manifests/registry/owner/name/tag).
std::optional<Cached> cached_in_hub(std::string_view path);
std::optional<Cached> manifest_of_ollama(std::string_view path);

// Whether a file of JSON Lines or CSV holds data that models are trained with: chats, pairs of prompts and
// answers, labelled texts. Looks at the first line or two.
bool is_training_jsonl(std::string_view bytes, bool named_so);
bool is_training_csv(std::string_view bytes);

// A name without the number of its shard: "model-00002-of-00005.gguf" -> "model--of-00005.gguf".
std::string without_shard(std::string_view name);

}  // namespace ostiary::scan
