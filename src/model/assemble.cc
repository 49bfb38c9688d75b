#include "model/assemble.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "model/impl/licenses.h"

namespace ostiary::model {

namespace {

constexpr unsigned kMostClimbed = 4;  // folders above weights in which their card may stand

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append(auto& to, const auto& from) {
  to.insert(to.end(), from.begin(), from.end());
}

template <class T>
void sort_once(std::vector<T>& all) {
  std::ranges::sort(all);
  const auto twice = std::ranges::unique(all);
  all.erase(twice.begin(), twice.end());
}

Model model_of(std::string path, std::string format) {
  Model out;
  out.path = std::move(path);
  out.format = std::move(format);
  return out;
}

// What every file of a model says of it.
void merge(Model& model, const Facts& facts) {
  append(model.licenses, facts.licenses);
  append(model.base_models, facts.base_models);
  append(model.datasets, facts.datasets);
  append(model.hazards, facts.hazards);
  if (model.name.empty()) model.name = facts.name;
  if (model.architecture.empty()) model.architecture = facts.architecture;
}

// What a configuration says of how numbers are stored is more than the type of the tensors that hold them.
void merge_context(Model& model, const Facts& facts) {
  if (!facts.quantization.empty()) model.quantization = facts.quantization;
  merge(model, facts);
}

// "owner/name" of a path in a cache of Hugging Face; empty elsewhere.
std::string cached_name(std::string_view path) {
  constexpr std::string_view mark = "models--";
  const auto at = path.find(mark);
  if (at == std::string_view::npos || (at > 0 && path[at - 1] != '/')) return "";
  std::string out(path.substr(at + mark.size(), path.find('/', at) - at - mark.size()));
  if (const auto two = out.find("--"); two != std::string::npos) out.replace(two, 2, "/");
  return out;
}

class Assembly {
 public:
  explicit Assembly(std::vector<Facts> facts) : facts_(std::move(facts)) {
    std::ranges::sort(facts_, {}, &Facts::path);
    for (auto& one : facts_) {
      if (one.role == Role::context) by_folder_[std::string(folder_of(one.path))].push_back(&one);
      if (const auto name = one.path.substr(folder_of(one.path).size()); name.starts_with("sha256-"))
        blobs_.emplace(name, &one);
    }
  }

  std::vector<Model> all() {
    for (const auto& one : facts_)
      if (one.role == Role::layers) add_layers(one);
    add_weights();
    add_folders();
    for (auto& model : models_) finish(model);
    std::ranges::sort(models_, {}, &Model::path);
    return std::move(models_);
  }

 private:
  void add_part(Model& model, const Facts& facts) {
    model.parts.push_back({facts.path, facts.bytes, facts.sha256});
  }

  // A manifest whose layers are blobs.
  void add_layers(const Facts& manifest) {
    auto model = model_of(manifest.path, manifest.format);
    model.name = manifest.name;
    merge(model, manifest);
    for (const auto& layer : manifest.layers) {
      const auto at = blobs_.find(layer);
      if (at == blobs_.end()) continue;
      const auto& blob = *at->second;
      claimed_.insert(&blob);
      add_part(model, blob);
      if (blob.role == Role::weights && !model.parameters) {
        model.format = blob.format;
        model.parameters = blob.parameters;
        model.quantization = blob.quantization;
        model.architecture = blob.architecture;
      }
      merge(model, blob);
    }
    models_.push_back(std::move(model));
  }

  void add_weights() {
    std::map<std::string, std::vector<const Facts*>> groups;
    for (const auto& one : facts_)
      if (one.role == Role::weights && !claimed_.contains(&one))
        groups[one.format + '\n' + without_shard(one.path)].push_back(&one);
    for (const auto& [key, shards] : groups) {
      const auto& first = *shards.front();
      auto model = model_of(first.path, first.format);
      model.name = first.name;
      model.quantization = first.quantization;
      model.parameters = 0;
      for (const auto* shard : shards) {
        merge(model, *shard);
        add_part(model, *shard);
        if (!shard->parameters)
          model.parameters.reset();
        else if (model.parameters)
          *model.parameters += *shard->parameters;
      }
      add_context(model, folder_of(first.path));
      models_.push_back(std::move(model));
    }
  }

  // What stands in the folder, and in the nearest one above that holds a card.
  void add_context(Model& model, std::string_view folder) {
    bool carded = false;
    for (unsigned climbed = 0; climbed <= kMostClimbed && !carded; ++climbed) {
      const auto at = by_folder_.find(std::string(folder));
      const auto* here = at == by_folder_.end() ? nullptr : &at->second;
      carded = here && std::ranges::any_of(*here, [](const auto* one) { return one->format == "card"; });
      if (here && (climbed == 0 || carded ||
                   std::ranges::any_of(*here, [](const auto* one) { return one->anchors; })))
        for (const auto* one : *here) merge_context(model, *one);
      used_.insert(std::string(folder));
      if (folder.empty()) return;
      folder = folder_of(folder.substr(0, folder.size() - 1));
    }
  }

  // Cards and configurations of models whose weights are elsewhere.
  void add_folders() {
    for (const auto& [folder, contexts] : by_folder_) {
      if (used_.contains(folder) ||
          std::ranges::none_of(contexts, [](const auto* one) { return one->anchors; }))
        continue;
      auto model = model_of(folder.empty() ? "." : folder.substr(0, folder.size() - 1), "huggingface");
      for (const auto* one : contexts) {
        merge_context(model, *one);
        add_part(model, *one);
      }
      models_.push_back(std::move(model));
    }
  }

  static void finish(Model& model) {
    if (const auto name = cached_name(model.path); !name.empty()) model.name = name;
    for (auto& one : model.licenses) recognise(one);
    sort_once(model.licenses);
    std::ranges::sort(model.licenses, [](const auto& a, const auto& b) {
      return std::tie(a.place, a.text, a.source) < std::tie(b.place, b.text, b.source);
    });
    sort_once(model.base_models);
    sort_once(model.datasets);
    sort_once(model.hazards);
    std::ranges::sort(model.hazards, [](const auto& a, const auto& b) {
      return a.severity == b.severity ? a < b : a.severity > b.severity;
    });
    sort_once(model.parts);
  }

  std::vector<Facts> facts_;
  std::map<std::string, std::vector<const Facts*>> by_folder_;
  std::map<std::string, const Facts*> blobs_;
  std::set<const Facts*> claimed_;
  std::set<std::string> used_;  // folders whose context was said of weights
  std::vector<Model> models_;
};

}  // namespace

std::string_view folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

std::string without_shard(std::string_view path) {
  std::string out(path);
  const auto name = folder_of(path).size();
  for (auto of = out.find("-of-", name); of != std::string::npos; of = out.find("-of-", of + 1)) {
    auto from = of;
    while (from > name && is_digit(out[from - 1])) --from;
    if (from == of || of + 4 >= out.size() || !is_digit(out[of + 4])) continue;
    return out.replace(from, of - from, "*");
  }
  return out;
}

std::vector<Model> assemble(std::vector<Facts> facts) {
  return Assembly(std::move(facts)).all();
}

}  // namespace ostiary::model
