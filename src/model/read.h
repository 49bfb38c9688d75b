#pragma once

#include "model/facts.h"

namespace ostiary::model {

// What a file says of a model, by its last name and first bytes; Role::none where it has nothing to do with
// one. Total over any bytes, thread-safe.
Facts read(const Input& in);

// Whether a file of that name may say something of the models in its folder: cards, configurations, licences,
// lists of shards. Such files are small and are read whole.
bool is_context(std::string_view path);

// Whether what is packed is itself a model and read as one (PyTorch, Keras, a llamafile), not an archive with
// models in it. By its first bytes.
bool is_model_archive(const Input& head);

}  // namespace ostiary::model
