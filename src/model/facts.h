#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"

namespace ostiary::model {

// The bytes of one file as a reader gets them.
struct Input {
  std::string_view path;    // as shown to people; readers go by its last name
  std::string_view bytes;   // all of the file, or its beginning
  std::uint64_t whole = 0;  // its full size; never less than bytes.size()
  bool cut() const { return whole > bytes.size(); }
};

// What part a file has in a model.
enum class Role : std::uint8_t {
  none,     // nothing to do with models
  weights,  // a model, or a shard of one
  context,  // says something of the models in its folder: a card, a configuration, a licence
  layers,   // a manifest that names the blobs of a model
  blob      // a file that is called by its digest: what it is, a manifest or a link says
};

// What one file says.
struct Facts {
  std::string path;
  std::uint64_t bytes = 0;
  Role role = Role::none;
  std::string format;  // as Model::format; of context "card", "config", …
  std::string name, architecture, quantization;
  std::optional<std::uint64_t> parameters;
  std::vector<Declared> licenses;
  std::vector<Named> base_models, datasets;
  std::vector<Hazard> hazards;
  std::vector<files::Partial> partial;
  std::vector<std::string> layers;  // of a manifest: "sha256-…", the weights first
  bool anchors = false;  // context that makes its folder one of a model: what is below belongs to it
  std::string sha256;

  // Each keeps no more than kMost and texts no longer than a line of theirs may be.
  static constexpr std::size_t kMost = 1000;
  void declares(std::string_view text, std::string_view source, std::string_view field,
                std::string_view link = {});
  void declares_whole(std::string_view text, std::string_view source, std::string_view field);
  void based_on(std::string_view name, std::string_view field);
  void learned_from(std::string_view name, std::string_view field);
  void hazard(std::string_view id, Severity severity, std::string_view detail, std::uint64_t start = 0,
              std::uint64_t end = 0);
  void not_read(files::Why why, std::string text);
};

}  // namespace ostiary::model
