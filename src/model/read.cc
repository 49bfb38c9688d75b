#include "model/read.h"

#include <algorithm>

#include "files/content.h"
#include "model/impl/cursor.h"
#include "model/impl/hdf5.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// By the specification's own limit, and by how every writer begins.
bool is_safetensors(const Input& in) {
  const auto size = Cursor(in.bytes).get<std::uint64_t>();
  if (in.bytes.size() < 10 || in.bytes[8] != '{') return false;
  if (last_name(in.path).ends_with(".safetensors")) return true;
  return size >= 2 && size <= in.whole - 8 && size < 100'000'000 &&
         (in.bytes.substr(8, 4096).contains("\"dtype\"") ||
          in.bytes.substr(8, 4096).contains("\"__metadata__\""));
}

using Read = void (*)(const Input&, Facts&);

// Which reader the first bytes ask for, with the name where they are those of other things too.
Read reader_by_bytes(const Input& in) {
  if (in.bytes.starts_with("GGUF")) return read_gguf;
  if (in.bytes.substr(std::min<std::size_t>(4, in.bytes.size())).starts_with("TFL3")) return read_tflite;
  if (is_llamafile(in)) return read_llamafile;
  if (is_hdf5(in.bytes)) return read_keras_h5;
  if (is_ollama(in)) return read_ollama;
  if (is_safetensors(in)) return read_safetensors;
  if (is_keras(in)) return read_keras;
  if (is_coreml(in)) return read_coreml;
  if (is_pickled(in)) return read_pickled;
  return is_onnx(in) ? read_onnx : nullptr;
}

Read reader_by_name(std::string_view name) {
  if (is_card(name)) return read_card;
  if (is_hub_file(name)) return read_hub_file;
  if (is_license_file(name)) return read_license_file;
  if (name == "saved_model.pb") return read_saved_model;
  return name == "keras_metadata.pb" ? read_keras_metadata : nullptr;
}

// A licence among the blobs of Ollama, which are called by their digests.
void read_blob(const Input& in, Facts& out) {
  const auto name = last_name(in.path);
  if (!name.starts_with("sha256-") || name.size() != 71 || in.whole > kMostText ||
      files::encoding_of(in.bytes) == files::Encoding::binary)
    return;
  out.role = Role::blob;
  out.format = "blob";
  out.declares_whole(in.bytes, "layer", "");
}

}  // namespace

bool is_context(std::string_view path) {
  const auto name = last_name(path);
  return is_card(name) || is_hub_file(name) || is_license_file(name) || name == "keras_metadata.pb";
}

bool is_model_archive(const Input& head) {
  return reader_by_bytes(head) != nullptr;
}

Facts read(const Input& in) {
  Facts out;
  out.path = in.path;
  out.bytes = in.whole;
  auto* reader = reader_by_name(last_name(in.path));
  if (!reader) reader = reader_by_bytes(in);
  if (reader)
    reader(in, out);
  else
    read_blob(in, out);
  return out;
}

}  // namespace ostiary::model
