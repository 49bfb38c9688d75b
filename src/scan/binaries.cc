// Model files, datasets, and what executables are linked with.
#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

#include "base/text.h"
#include "catalog/catalog.h"
#include "json/document.h"
#include "scan/impl/detectors.h"
#include "scan/impl/executables.h"
#include "scan/impl/formats.h"
#include "scan/impl/found.h"
#include "scan/impl/models.h"

namespace ostiary::scan {

namespace {

constexpr std::size_t kLongestManifest = 1UL << 20;

Sign whole_file(Kind kind, std::string name, std::string_view detector, std::string note) {
  Sign sign{};
  sign.kind = kind;
  sign.name = std::move(name);
  sign.grade = Grade::declared;
  sign.detector = detector;
  sign.note = std::move(note);
  return sign;
}

Sign model_sign(const std::string& name, std::string note) {
  auto sign = whole_file(Kind::model, name, "cache", std::move(note));
  if (const auto known = model_named(name)) {
    sign.provider = known->family->provider;
    if (known->family->license != "unknown") sign.license = known->family->license;
  }
  return sign;
}

void add_cached(const File& file, const std::optional<Cached>& cached, Signs& out) {
  if (cached && cached->dataset)
    out.add(whole_file(Kind::dataset, cached->name, "cache", "in a cache of Hugging Face"));
  else if (cached)
    out.add(model_sign(cached->name, "in a cache of Hugging Face"));
  const auto manifest = manifest_of_ollama(file.path);
  if (!manifest || file.bytes.size() > kLongestManifest) return;
  const auto parsed = json::Document::parse(file.bytes, {.refuse_duplicates = false});
  if (!parsed) return;
  for (const auto layer : parsed->root()["layers"]) {
    if (layer["mediaType"].string_or("") != "application/vnd.ollama.image.model") continue;
    auto digest = layer["digest"].string_or("");
    std::ranges::replace(digest, ':', '-');
    if (digest.size() > 100) digest.clear();
    out.add(model_sign(manifest->name, fmt::format("pulled by Ollama; its weights are blobs/{}", digest)));
    return;
  }
}

void add_format(const File& file, std::uint64_t whole, const std::optional<Cached>& cached, Signs& out) {
  auto seen = format_of(file.path, file.bytes, whole);
  if (!seen) return;
  const bool dataset = seen->format->kind == "dataset";
  auto note = seen->format->name;
  if (seen->in_lfs) note += ", kept in Git LFS";
  if (cached) note += fmt::format(", of {}", cached->name);
  const std::string_view detector = seen->by_bytes ? "magic" : "file-name";
  out.add(whole_file(dataset ? Kind::dataset : Kind::model_file, seen->name, detector, std::move(note)));
  if (out.model_files.size() < Signs::kMost)
    out.model_files.push_back({.path = std::string(file.path),
                               .format = seen->format->id,
                               .bytes = whole,
                               .by_bytes = seen->by_bytes,
                               .model = cached ? cached->name : std::string()});
}

// A library's name as linkers know it: "/opt/libonnxruntime.so.1.17.0" -> "onnxruntime", "1.17.0".
struct Library {
  std::string name, version;
  bool windows = false;
};

bool is_version(std::string_view s) {
  return !s.empty() && s.size() < 32 &&
         std::ranges::all_of(
             s, [](char c) { return (c >= '0' && c <= '9') || c == '.'; }) &&
         s.front() != '.' && s.back() != '.';
}

// auditwheel puts eight hexadecimal digits behind a library's name.
std::string_view without_hash(std::string_view name) {
  if (name.size() < 10 || name[name.size() - 9] != '-') return name;
  const auto hash = name.substr(name.size() - 8);
  const bool hex =
      std::ranges::all_of(hash, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex && std::ranges::any_of(hash, [](char c) { return c >= '0' && c <= '9'; })
             ? name.substr(0, name.size() - 9)
             : name;
}

std::optional<Library> library_of(std::string_view path) {
  const auto name = path.substr(path.find_last_of("/\\") + 1);
  Library out;
  if (path.contains(".framework/")) {  // of macOS: "…/CoreML.framework/Versions/A/CoreML"
    out.name = name;
    return out;
  }
  const auto lower = text::lower(name);
  auto stem = name;
  if (const auto so = name.find(".so"); name.starts_with("lib") && so != std::string_view::npos &&
                                        (so + 3 == name.size() || name[so + 3] == '.')) {
    stem = name.substr(3, so - 3);
    if (so + 4 < name.size() && is_version(name.substr(so + 4))) out.version = name.substr(so + 4);
  } else if (name.starts_with("lib") && name.ends_with(".dylib")) {
    stem = name.substr(3, name.size() - 9);
    const auto dot = stem.find('.');
    if (dot != std::string_view::npos && is_version(stem.substr(dot + 1))) {
      out.version = stem.substr(dot + 1);
      stem = stem.substr(0, dot);
    }
  } else if (name.starts_with("lib") && name.ends_with(".a")) {
    stem = name.substr(3, name.size() - 5);
  } else if (lower.ends_with(".dll")) {
    stem = std::string_view(lower).substr(0, lower.size() - 4);
    if (stem.starts_with("lib")) stem.remove_prefix(3);
    // TensorRT and others put a version there: nvinfer_10.dll
    if (const auto bar = stem.rfind('_'); bar != std::string_view::npos && is_version(stem.substr(bar + 1))) {
      out.version = stem.substr(bar + 1);
      stem = stem.substr(0, bar);
    }
    out.windows = true;
  } else {
    return std::nullopt;
  }
  out.name = without_hash(stem);
  return out;
}

const catalog::Sdk* sdk_of_library(const Library& library) {
  static const auto all = [] {
    std::pair<std::unordered_map<std::string, const catalog::Sdk*>,
              std::unordered_map<std::string, const catalog::Sdk*>>
        out;  // as written, and in small letters
    for (const auto& sdk : catalog::sdks())
      for (const auto& name : sdk.libraries)
        out.first.emplace(name, &sdk), out.second.emplace(text::lower(name), &sdk);
    return out;
  }();
  const auto& names = library.windows ? all.second : all.first;
  const auto found = names.find(library.name);
  return found == names.end() ? nullptr : found->second;
}

void add_linked(const File& file, Signs& out) {
  const auto linked = read_executable(file.bytes);
  const bool is_static = file.bytes.starts_with("!<arch>\n");
  if (!linked && !is_static) return;
  auto library = library_of(file.path);
  if (linked && !linked->itself.empty())
    if (auto named = library_of(linked->itself)) {
      // The file's own name often has more of the version.
      if (library && library->name == named->name && library->version.size() > named->version.size())
        named->version = library->version;
      library = std::move(named);
    }
  if (library)
    if (const auto* sdk = sdk_of_library(*library)) {
      auto sign = sign_of(*sdk, Grade::declared, "library", 0, 0);
      sign.version = library->version;
      sign.locked = !sign.version.empty();
      sign.note = fmt::format("the library {} itself", library->name);
      out.add(std::move(sign));
      return;  // what it is made of is its own matter
    }
  if (!linked || is_installed(file.path)) return;
  for (const auto& needed : linked->needed) {
    const auto other = library_of(needed);
    const auto* sdk = other ? sdk_of_library(*other) : nullptr;
    if (!sdk) continue;
    auto sign = sign_of(*sdk, Grade::imported, "linked", 0, 0);
    sign.note = fmt::format("linked with {}", needed);
    out.add(std::move(sign));
  }
}

}  // namespace

void signs_in_binary(const File& file, std::uint64_t whole, Signs& out) {
  const auto cached = cached_in_hub(file.path);
  add_cached(file, cached, out);
  add_format(file, whole, cached, out);
  add_linked(file, out);
}

}  // namespace ostiary::scan
