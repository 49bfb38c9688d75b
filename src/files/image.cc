#include "files/image.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <simdjson.h>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "files/impl/image_blobs.h"

namespace ostiary::files {

namespace {

using simdjson::dom::element;

constexpr std::size_t kMostImages = 200, kMostLayers = 1000;
constexpr int kMostIndexes = 4;  // within one another

struct Layer {
  std::string name;   // of the blob
  std::string title;  // of what is no layer but a file of an artifact; empty: a layer
};
struct Image {
  std::string config;  // name of the blob; may be empty
  std::vector<Layer> layers;
};

std::string text_of(const element& object, std::string_view name) {
  std::string_view out;
  return object[name].get(out) == simdjson::SUCCESS ? std::string(out) : std::string();
}

// "sha256:ab…" -> "blobs/sha256/ab…"; empty: it is no digest.
std::string blob_of(std::string_view digest) {
  const auto colon = digest.find(':');
  if (colon == std::string_view::npos || digest.size() > 200) return {};
  const auto plain = [](std::string_view s) {
    return !s.empty() && std::ranges::all_of(s, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
             c == '+' || c == '-';
    });
  };
  const auto algorithm = digest.substr(0, colon), hash = digest.substr(colon + 1);
  return plain(algorithm) && plain(hash) ? fmt::format("blobs/{}/{}", algorithm, hash) : std::string();
}

// What the layers above hide of those below.
class Hiding {
 public:
  // Whether a container would see the entry, which stands in the layer that is being read.
  bool sees(const Unpacking::Entry& entry) const {
    if (covered_.contains(entry.path)) return false;
    if (entry.kind != Unpacking::Entry::Kind::folder && folders_.contains(entry.path)) return false;
    for (auto slash = entry.path.rfind('/'); slash != std::string::npos;
         slash = slash == 0 ? std::string::npos : entry.path.rfind('/', slash - 1)) {
      const auto above = entry.path.substr(0, slash);
      if (covered_.contains(above) || emptied_.contains(above)) return false;
    }
    return !emptied_.contains("");
  }
  // Takes note of an entry of the layer being read; false: it is a whiteout and no file.
  bool note(const Unpacking::Entry& entry) {
    const auto slash = entry.path.rfind('/') + 1;
    const auto name = std::string_view(entry.path).substr(slash);
    const auto folder = entry.path.substr(0, slash == 0 ? 0 : slash - 1);
    if (name == ".wh..wh..opq") return next_emptied_.insert(folder), false;
    if (name.starts_with(".wh..wh.")) return false;
    if (name.starts_with(".wh."))
      return next_covered_.push_back(entry.path.substr(0, slash) + std::string(name.substr(4))), false;
    if (entry.kind == Unpacking::Entry::Kind::folder)
      next_folders_.push_back(entry.path);
    else
      next_covered_.push_back(entry.path);
    return true;
  }
  // The layer was read; the next one is below it.
  void go_down() {
    for (auto& path : std::exchange(next_covered_, {})) covered_.insert(std::move(path));
    for (auto& path : std::exchange(next_folders_, {})) folders_.insert(std::move(path));
    emptied_.merge(std::exchange(next_emptied_, {}));
  }

 private:
  std::unordered_set<std::string> covered_;                    // these, and what stands below them
  std::unordered_set<std::string> folders_;                    // files of these names
  std::set<std::string, std::less<>> emptied_, next_emptied_;  // what stands below these
  std::vector<std::string> next_covered_, next_folders_;
};

class ImageReader {
 public:
  ImageReader(Blobs& blobs, std::string shown, Unpacking& unpacking)
      : blobs_(blobs), shown_(std::move(shown)), unpacking_(unpacking) {}
  // False: neither manifest says what is in it.
  bool read();

 private:
  std::vector<Image> images_of_docker();
  void images_of_index(const std::string& json, int depth, std::vector<Image>& out);
  void image_of_manifest(const element& manifest, std::vector<Image>& out) const;
  void read_image(const Image& image);
  void read_layer(const Layer& layer, Hiding& hiding);
  void damaged(std::string text) { unpacking_.report(shown_, Why::damaged, std::move(text)); }

  Blobs& blobs_;
  std::string shown_;
  Unpacking& unpacking_;
  std::set<std::string> manifests_;                  // that were read
  std::set<std::string> configs_;                    // that were given
  std::unordered_map<std::string, bool> all_given_;  // of each layer, whether nothing of it was hidden
};

std::vector<Image> ImageReader::images_of_docker() {
  std::vector<Image> out;
  const auto json = blobs_.small("manifest.json");
  if (!json) return out;
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array list;
  if (parser.parse(*json).get(root) != simdjson::SUCCESS || root.get(list) != simdjson::SUCCESS) return out;
  for (const auto one : list) {
    simdjson::dom::array layers;
    if (out.size() == kMostImages || one["Layers"].get(layers) != simdjson::SUCCESS) continue;
    Image image{.config = tame_name(text_of(one, "Config"), 0), .layers = {}};
    for (const auto layer : layers) {
      std::string_view name;
      if (layer.get(name) == simdjson::SUCCESS) image.layers.push_back({tame_name(name, 0), {}});
    }
    out.push_back(std::move(image));
  }
  return out;
}

void ImageReader::image_of_manifest(const element& manifest, std::vector<Image>& out) const {
  simdjson::dom::array layers;
  if (manifest["layers"].get(layers) != simdjson::SUCCESS) return;
  Image image;
  if (element config; manifest["config"].get(config) == simdjson::SUCCESS)
    image.config = blob_of(text_of(config, "digest"));
  for (const auto layer : layers) {
    const auto type = text_of(layer, "mediaType");
    const auto name = blob_of(text_of(layer, "digest"));
    if (name.empty() || type.contains("in-toto")) continue;
    Layer one{.name = name, .title = {}};
    if (!type.contains("tar")) {
      element notes;
      if (layer["annotations"].get(notes) == simdjson::SUCCESS)
        one.title = text_of(notes, "org.opencontainers.image.title");
      one.title = one.title.empty() ? name : tame_name(one.title, 0);
    }
    image.layers.push_back(std::move(one));
  }
  if (!image.layers.empty()) out.push_back(std::move(image));
}

void ImageReader::images_of_index(const std::string& json, int depth, std::vector<Image>& out) {
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array list;
  if (parser.parse(json).get(root) != simdjson::SUCCESS) return damaged("an index of the image is not JSON");
  if (root["manifests"].get(list) != simdjson::SUCCESS) return image_of_manifest(root, out);
  if (depth == kMostIndexes) {
    unpacking_.report(shown_, Why::too_deep, fmt::format("indexes are read {} deep", kMostIndexes));
    return;
  }
  for (const auto one : list) {
    const auto name = blob_of(text_of(one, "digest"));
    if (name.empty() || !manifests_.insert(name).second) continue;
    if (manifests_.size() > kMostImages) {
      unpacking_.report(shown_, Why::too_many, fmt::format("more than {} images", kMostImages));
      return;
    }
    // Of an index of several architectures, a layout often has some only.
    if (const auto manifest = blobs_.small(name)) images_of_index(*manifest, depth + 1, out);
  }
}

void ImageReader::read_layer(const Layer& layer, Hiding& hiding) {
  if (!layer.title.empty()) {
    if (all_given_.emplace(layer.name, true).second && !blobs_.give(layer.name, shown_ + "!/" + layer.title))
      damaged(fmt::format("{} is missing", layer.name));
    return;
  }
  const auto known = all_given_.find(layer.name);
  const bool names_only = known != all_given_.end() && known->second;
  bool all = true;
  const bool there = blobs_.layer(layer.name, shown_, [&](const Unpacking::Entry& entry) {
    const bool visible = hiding.sees(entry);
    if (!hiding.note(entry)) return false;
    all &= visible;
    return visible && !names_only;
  });
  if (!there) damaged(fmt::format("the layer {} is missing", layer.name));
  all_given_[layer.name] = all || names_only;
  hiding.go_down();
}

void ImageReader::read_image(const Image& image) {
  if (!image.config.empty() && configs_.insert(image.config).second)
    if (const auto config = blobs_.small(image.config))
      unpacking_.give(shown_ + "!/config.json", *config, config->size());
  if (image.layers.size() > kMostLayers) {
    unpacking_.report(shown_, Why::too_many, fmt::format("an image of more than {} layers", kMostLayers));
    return;
  }
  Hiding hiding;
  for (auto layer = image.layers.rbegin(); layer != image.layers.rend() && !unpacking_.ended(); ++layer)
    read_layer(*layer, hiding);
}

bool ImageReader::read() {
  auto images = images_of_docker();
  if (images.empty())
    if (const auto index = blobs_.small("index.json")) images_of_index(*index, 0, images);
  for (const auto& image : images) read_image(image);
  return !images.empty();
}

}  // namespace

std::optional<std::vector<Partial>> read_image(std::string_view bytes, std::string_view shown,
                                               const OnMember& on_member, const ArchiveLimits& limits,
                                               std::uint64_t* unpacked) {
  std::vector<Partial> partial;
  const Utf8Names names;
  Unpacking unpacking(bytes.size(), on_member, limits, partial);
  const std::string place(shown);
  const auto blobs = TarBlobs::open(bytes, place, unpacking, limits);
  if (!blobs) return std::nullopt;
  if (!ImageReader(*blobs, place, unpacking).read()) return std::nullopt;
  if (unpacked) *unpacked += unpacking.unpacked();
  return partial;
}

std::vector<Partial> read_image_folder(const Fd& folder, std::string_view shown, const OnMember& on_member,
                                       const ArchiveLimits& limits, std::uint64_t* unpacked) {
  std::vector<Partial> partial;
  const Utf8Names names;
  Unpacking unpacking(0, on_member, limits, partial);
  const std::string place(shown);
  FolderBlobs blobs(folder, place, unpacking);
  if (!ImageReader(blobs, place, unpacking).read())
    partial.push_back({place, Why::damaged, "the image has no manifest that can be read"});
  if (unpacked) *unpacked += unpacking.unpacked();
  return partial;
}

}  // namespace ostiary::files
