#include <algorithm>
#include <fmt/format.h>

#include "base/text.h"
#include "json/document.h"
#include "model/impl/cursor.h"
#include "model/impl/hdf5.h"
#include "model/impl/keras_config.h"
#include "model/impl/zip.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

constexpr std::uint64_t kMostConfig = 64ULL << 20;

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// Texts of a file's or of metadata.json's own that declare something.
void declare(std::string_view name, std::string_view value, std::string_view field, Facts& out) {
  const auto small = text::lower(name);
  if (small == "license" || small == "licence" || small == "license_name")
    out.declares(value, "weights", field);
  if (small == "base_model") out.based_on(value, field);
  if (small == "dataset" || small == "datasets") out.learned_from(value, field);
}

void read_metadata(std::string_view json, Facts& out) {
  const auto document = json::Document::parse(json);
  if (!document) return out.not_read(files::Why::damaged, "metadata.json: " + document.error().text());
  for (const auto member : document->root())
    declare(member.key(), member.string_or(""), "metadata.json: " + member.key(), out);
}

}  // namespace

bool is_keras(const Input& in) {
  if (!in.bytes.starts_with("PK\3\4")) return false;
  if (last_name(in.path).ends_with(".keras")) return true;
  const auto first = in.bytes.substr(30, Cursor(in.bytes, 26).get<std::uint16_t>());
  return (first == "metadata.json" || first == "config.json") && in.bytes.contains("model.weights.h5");
}

void read_keras(const Input& in, Facts& out) {
  out.role = Role::weights;
  out.format = "keras";
  if (in.cut()) out.not_read(files::Why::too_large, "only its beginning was looked at");
  const auto zip = read_zip(in.bytes);
  tell_mismatches(zip, out);
  bool configured = false;
  for (const auto& member : zip.members) {
    if (member.name != "config.json" && member.name != "metadata.json") continue;
    std::string scratch;
    const auto bytes = bytes_of(in.bytes, member, kMostConfig, scratch);
    if (!bytes) {
      out.hazard("keras-unread", Severity::medium,
                 fmt::format("{} cannot be read: {}", member.name, bytes.error().message));
      out.not_read(files::Why::damaged, fmt::format("{}: {}", member.name, bytes.error().message));
    } else if (member.name == "metadata.json") {
      read_metadata(*bytes, out);
    } else {
      configured = true;
      judge_keras_config(*bytes, member.name, out);
    }
  }
  if (!configured) out.not_read(files::Why::damaged, "it holds no configuration that can be read");
}

void read_keras_h5(const Input& in, Facts& out) {
  const auto attributes = hdf5_attributes(in.bytes);
  bool keras = last_name(in.path).ends_with(".weights.h5");
  for (const auto& [name, value] : attributes.texts) {
    keras = keras || name == "model_config" || name == "keras_version" || name == "layer_names";
    if (name == "model_config") judge_keras_config(value, "model_config", out);
    declare(name, value, name, out);
  }
  // Other programs keep their data so, too.
  if (!keras && out.licenses.empty() && attributes.not_read.empty()) return;
  if (!keras && !last_name(in.path).ends_with(".h5") && !last_name(in.path).ends_with(".keras")) return;
  out.role = Role::weights;
  out.format = "keras-hdf5";
  if (attributes.not_read.empty()) return;
  out.hazard("keras-unread", Severity::medium,
             fmt::format("not all of its attributes are read ({}), so that its layers are not known",
                         attributes.not_read));
  out.not_read(in.cut() ? files::Why::too_large : files::Why::unsupported, attributes.not_read);
}

}  // namespace ostiary::model
