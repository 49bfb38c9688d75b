// Models that are packaged with what runs or names them: llamafiles, and manifests of Ollama.
#include <algorithm>
#include <fmt/format.h>

#include "base/text.h"
#include "json/document.h"
#include "model/impl/zip.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

constexpr std::size_t kMostManifest = 1u << 20;

// "library/llama3:8b" of ".../manifests/registry.ollama.ai/library/llama3/8b".
std::string name_of_manifest(std::string_view path) {
  const auto at = path.rfind("/manifests/");
  if (at == std::string_view::npos) return "";
  const auto parts = text::split(path.substr(at + 11), '/');
  if (parts.size() != 4) return "";
  return parts[1] == "library" ? fmt::format("{}:{}", parts[2], parts[3])
                               : fmt::format("{}/{}:{}", parts[1], parts[2], parts[3]);
}

}  // namespace

bool is_llamafile(const Input& in) {
  if (in.bytes.starts_with("MZqFpD='")) return true;
  return in.path.ends_with(".llamafile") && (in.bytes.starts_with("\x7f"
                                                                  "ELF") ||
                                             in.bytes.starts_with("MZ"));
}

void read_llamafile(const Input& in, Facts& out) {
  out.role = Role::weights;
  out.format = "llamafile";
  out.hazard("own-code", Severity::low, "it is a program: who opens it runs what it brings");
  if (in.cut()) return out.not_read(files::Why::too_large, "the model behind the program was not looked at");
  const auto zip = read_zip(in.bytes);
  bool found = false;
  for (const auto& member : zip.members) {
    if (is_license_file(member.name.substr(member.name.rfind('/') + 1))) {
      std::string scratch;
      if (const auto text = bytes_of(in.bytes, member, kMostText, scratch))
        out.declares_whole(*text, "license-file", member.name);
    }
    if (!member.name.ends_with(".gguf") || member.method != 0 || member.data >= in.bytes.size() || found)
      continue;
    found = true;
    const auto bytes = in.bytes.substr(member.data, member.packed);
    read_gguf({in.path, bytes, bytes.size()}, out);
    out.format = "llamafile";
  }
  if (!found) out.not_read(files::Why::unsupported, "no GGUF stands in it as it is");
}

bool is_ollama(const Input& in) {
  return in.bytes.starts_with('{') && in.whole < kMostManifest &&
         in.bytes.contains("application/vnd.ollama.image.");
}

void read_ollama(const Input& in, Facts& out) {
  const auto document = json::Document::parse(in.bytes);
  if (!document) return;
  const auto layers = document->root()["layers"];
  if (!layers.is_array()) return;
  out.role = Role::layers;
  out.format = "ollama";
  out.name = name_of_manifest(in.path);
  constexpr std::string_view kind = "application/vnd.ollama.image.";
  for (const auto layer : layers) {
    const auto type = layer["mediaType"].string_or("");
    auto digest = layer["digest"].string_or("");
    if (!type.starts_with(kind) || digest.size() != 71 || out.layers.size() >= Facts::kMost) continue;
    std::ranges::replace(digest, ':', '-');
    const auto what = std::string_view(type).substr(kind.size());
    if (what == "model")
      out.layers.insert(out.layers.begin(), digest);
    else if (what == "license" || what == "adapter" || what == "projector")
      out.layers.push_back(digest);
    if (const auto from = layer["from"].string_or("");
        what == "model" && !from.empty() && !from.contains("sha256-"))
      out.based_on(from, "layers.from");
  }
}

}  // namespace ostiary::model
