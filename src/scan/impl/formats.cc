#include "scan/impl/formats.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.h"
#include "base/text.h"
#include "scan/impl/found.h"

namespace ostiary::scan {

namespace {

using text::is_alnum;
using text::is_digit;

using std::string_view_literals::operator""sv;

constexpr std::size_t kHead = 1UL << 20;            // looked through for a second sign
constexpr std::size_t kTextHead = 4096;             // by which a text is told
constexpr std::uint64_t kLongHeader = 100'000'000;  // of safetensors, as its specification has it

std::string_view name_of_file(std::string_view path) {
  return path.substr(folder_of(path).size());
}

// No control characters but those that stand in texts.
bool is_text(std::string_view bytes) {
  return std::ranges::none_of(bytes.substr(0, kTextHead), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f' && byte != 0x1b;
  });
}

std::uint64_t little_endian(std::string_view bytes, std::size_t size) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < size && i < bytes.size(); ++i)
    out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return out;
}

bool has_magic(const catalog::Format& format, std::string_view bytes) {
  return std::ranges::any_of(format.magic, [&](const auto& magic) {
    return bytes.size() >= magic.offset && bytes.substr(magic.offset).starts_with(magic.bytes);
  });
}

bool is_safetensors(std::string_view bytes, std::uint64_t whole) {
  const auto header = little_endian(bytes, 8);
  if (bytes.size() < 10 || header < 2 || header > kLongHeader || header > whole - 8) return false;
  const auto head = bytes.substr(8, std::min<std::uint64_t>(header, kHead));
  return head.starts_with("{\"") && (head.contains("\"dtype\""sv) || head.contains("\"__metadata__\""sv));
}

// Bytes that stand in no other format.
std::string_view marked_by_bytes(std::string_view bytes, std::uint64_t whole) {
  if (bytes.size() < 8) return {};
  const auto at_4 = bytes.substr(4, 4);
  const auto version = little_endian(at_4, 4);
  if (bytes.starts_with("GGUF")) {
    const bool swapped = at_4.starts_with("\0\0\0"sv) && at_4[3] >= 1 && at_4[3] <= 9;
    if (swapped || (version >= 1 && version <= 9)) return "gguf";
  }
  if ((bytes.starts_with("tjgg") || bytes.starts_with("fmgg")) && version >= 1 && version <= 3) return "ggml";
  if (at_4 == "TFL3") return "tflite";
  if (at_4 == "ORTM") return "ort-model";
  if (at_4 == "ET12") return "executorch";
  if (bytes.starts_with("PAR1") && (whole > bytes.size() || bytes.ends_with("PAR1"))) return "parquet";
  if (bytes.starts_with("ARROW1\0\0"sv)) return "arrow";
  if (bytes.starts_with("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv)) return "pytorch";
  if (bytes.starts_with("PK\3\4") && bytes.size() > 30) {
    const auto first = bytes.substr(30, little_endian(bytes.substr(26, 2), 2));
    if (first.ends_with("/data.pkl") || first.ends_with("/constants.pkl")) return "pytorch";
  }
  return is_safetensors(bytes, whole) ? "safetensors"sv : std::string_view();
}

// The format of a file that is told whatever it is called. A text may begin with anything.
std::string_view told_by_bytes(std::string_view bytes, std::uint64_t whole) {
  const auto id = marked_by_bytes(bytes, whole);
  return id.empty() || is_text(bytes) ? std::string_view() : id;
}

// Parts of a path that are words, small letters: "Data/X_train.npy" -> data, x, train, npy.
bool speaks_of(std::string_view path, const std::vector<std::string_view>& words) {
  // The file's name and the folder that it lies in.
  auto folder = folder_of(path);
  if (!folder.empty()) folder = folder_of(folder.substr(0, folder.size() - 1));
  const auto text = text::lower(path.substr(folder.size()));
  for (std::size_t at = 0; at < text.size();) {
    if (!is_alnum(text[at])) {
      ++at;
      continue;
    }
    auto end = at;
    while (end < text.size() && is_alnum(text[end])) ++end;
    auto word = std::string_view(text).substr(at, end - at);
    while (!word.empty() && is_digit(word.back())) word.remove_suffix(1);
    if (std::ranges::find(words, word) != words.end()) return true;
    at = end;
  }
  return false;
}

bool holds_any(std::string_view bytes, const std::vector<std::string_view>& texts) {
  const auto head = bytes.substr(0, kHead);
  return std::ranges::any_of(texts, [&](auto text) { return head.contains(text); });
}

const std::vector<std::string_view> kOfModels{
    "model",      "models",      "weights",    "classifier",  "clf",       "regressor", "regression",
    "checkpoint", "checkpoints", "ckpt",       "vectorizer",  "tokenizer", "scaler",    "encoder",
    "decoder",    "embedding",   "embeddings", "pipeline",    "kmeans",    "xgb",       "xgboost",
    "lgbm",       "lightgbm",    "catboost",   "svm",         "svc",       "forest",    "cnn",
    "rnn",        "lstm",        "resnet",     "vgg",         "unet",      "keras",     "bert",
    "predictor",  "estimator",   "detector",   "recommender", "tfidf",     "lda",       "pca",
    "knn",        "mlp"};
const std::vector<std::string_view> kOfData{
    "train",      "training", "val",    "valid",  "validation", "eval",  "dataset", "datasets", "embedding",
    "embeddings", "features", "labels", "corpus", "samples",    "mnist", "cifar",   "imagenet"};
// Names of modules, as a pickle holds them.
const std::vector<std::string_view> kPickledModules{
    "sklearn.", "xgboost.", "lightgbm.",   "catboost",      "torch.",
    "torch\n",  "keras.",   "tensorflow.", "transformers.", "sentence_transformers",
    "gensim.",  "spacy.",   "fastai.",     "surprise.",     "statsmodels."};

// What the bytes of a format that carries many things must say besides.
bool has_second_sign(std::string_view id, std::string_view path, std::string_view bytes) {
  if (id == "pickle") return speaks_of(path, kOfModels) || holds_any(bytes, kPickledModules);
  if (id == "keras-hdf5")
    return speaks_of(path, kOfModels) ||
           holds_any(bytes, {"keras_version"sv, "model_weights"sv, "layer_names"sv, "model_config"sv});
  if (id == "numpy-arrays") return speaks_of(path, kOfData);
  if (id == "csv-training") return is_training_csv(bytes);
  if (id == "jsonl-training") return is_training_jsonl(bytes, true);
  if (id == "mlflow-model") return holds_any(bytes, {"flavors:"sv});
  return true;
}

bool is_lfs_pointer(std::string_view bytes, std::uint64_t whole) {
  return whole < 1024 && bytes.starts_with("version https://git-lfs.github.com/spec/v1\n") &&
         bytes.contains("\noid sha256:");
}

bool named_as(const catalog::Format& format, std::string_view name, std::string_view lower, bool& by_ending) {
  by_ending = false;
  if (std::ranges::any_of(format.names, [&](const auto& known) { return text::glob(known, name); }))
    return true;
  by_ending = std::ranges::any_of(format.extensions, [&](const auto& extension) {
    return lower.size() > extension.size() && lower.ends_with(extension);
  });
  return by_ending;
}

// What is called so and holds the bytes that it should.
std::optional<FormatSeen> told_by_name(const catalog::Format& format, std::string_view path,
                                       std::string_view bytes, std::uint64_t whole) {
  const auto name = name_of_file(path);
  bool by_ending = false;
  if (!named_as(format, name, text::lower(name), by_ending)) return std::nullopt;
  FormatSeen out{.format = &format, .name = std::string(name)};
  if (is_lfs_pointer(bytes, whole)) {
    const bool sure = format.id == "safetensors" || format.id == "pytorch" || format.id == "parquet" ||
                      format.id == "arrow" || !format.needs_magic;
    if (!sure && !has_second_sign(format.id, path, {})) return std::nullopt;
    out.in_lfs = true;
    return out;
  }
  const bool magic = has_magic(format, bytes);
  if (format.needs_magic && !magic) return std::nullopt;
  // Endings that nobody else has, on what is a text: something else that is called so.
  if (by_ending && !magic && (bytes.empty() || is_text(bytes))) return std::nullopt;
  if (format.id == "safetensors" && !is_safetensors(bytes, whole)) return std::nullopt;
  if (!has_second_sign(format.id, path, bytes)) return std::nullopt;
  out.by_bytes = magic;
  return out;
}

// Formats whose files are a folder: a component is called as the folder.
std::optional<FormatSeen> told_by_folder(std::string_view path) {
  for (auto folder = folder_of(path); folder.size() > 1;
       folder = folder_of(folder.substr(0, folder.size() - 1))) {
    const auto name = name_of_file(folder.substr(0, folder.size() - 1));
    const auto lower = text::lower(name);
    const auto* id = lower.ends_with(".mlpackage") || lower.ends_with(".mlmodelc") ? "coreml"
                     : lower.ends_with(".lance")                                   ? "lance"
                                                                                   : nullptr;
    // What lies in an archive is behind "!/".
    if (id && name.find('.') > 0 && !name.ends_with('!'))
      if (const auto* format = catalog::find_format(id))
        return FormatSeen{.format = format, .name = std::string(name)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<FormatSeen> format_of(std::string_view path, std::string_view bytes, std::uint64_t whole) {
  if (bytes.empty()) return std::nullopt;
  if (auto seen = told_by_folder(path)) return seen;
  const auto name = name_of_file(path);
  if (const auto id = told_by_bytes(bytes, whole); !id.empty()) {
    if (const auto* format = catalog::find_format(id))
      return FormatSeen{.format = format, .name = std::string(name), .by_bytes = true};
  }
  for (const auto& format : catalog::formats()) {
    auto seen = told_by_name(format, path, bytes, whole);
    if (!seen) continue;
    // The variables of a SavedModel are parts of it.
    if (format.id == "tensorflow-checkpoint" && folder_of(path).ends_with("variables/") &&
        name.starts_with("variables."))
      seen->name = "saved_model.pb";
    return seen;
  }
  if (text::lower(name).ends_with(".jsonl") && is_training_jsonl(bytes, false))
    return FormatSeen{.format = catalog::find_format("jsonl-training"), .name = std::string(name)};
  return std::nullopt;
}

std::optional<Cached> cached_in_hub(std::string_view path) {
  for (const auto& [mark, dataset] : {std::pair("models--"sv, false), std::pair("datasets--"sv, true)}) {
    const auto at = path.find(mark);
    if (at == std::string_view::npos || (at > 0 && path[at - 1] != '/')) continue;
    const auto slash = path.find('/', at);
    if (slash == std::string_view::npos) continue;
    const auto file = path.substr(slash + 1);
    if (!file.starts_with("blobs/") && !file.starts_with("snapshots/") && !file.starts_with("refs/"))
      continue;
    Cached out{.name = std::string(path.substr(at + mark.size(), slash - at - mark.size())),
               .dataset = dataset,
               .file = file};
    if (const auto two = out.name.find("--"); two != std::string::npos) out.name.replace(two, 2, "/");
    if (out.name.empty() || out.name.size() > 200) continue;
    return out;
  }
  return std::nullopt;
}

std::optional<Cached> manifest_of_ollama(std::string_view path) {
  constexpr auto mark = "models/manifests/"sv;
  const auto at = path.find(mark);
  if (at == std::string_view::npos || (at > 0 && path[at - 1] != '/')) return std::nullopt;
  const auto parts = text::split(path.substr(at + mark.size()), '/');
  if (parts.size() != 4 || std::ranges::any_of(parts, [](auto part) { return part.empty(); }))
    return std::nullopt;
  const auto owner = parts[1], model = parts[2], tag = parts[3];
  Cached out{.name = owner == "library" ? "" : std::string(owner) + "/", .dataset = false, .file = tag};
  out.name.append(model).append(":").append(tag);
  return out;
}

std::string without_shard(std::string_view name) {
  std::string out(name);
  const auto of = out.find("-of-");
  if (of == std::string::npos) return out;
  auto from = of;
  while (from > 0 && is_digit(out[from - 1])) --from;
  if (from == of || of + 4 >= out.size() || !is_digit(out[of + 4])) return out;
  return out.erase(from, of - from);
}

}  // namespace ostiary::scan
