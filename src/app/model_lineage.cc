// What the licences of models come to, with what they were made from.

#include <map>
#include <optional>

#include "app/model_output.h"
#include "base/text.h"

namespace ostiary::app {

namespace {

// "owner/name" of an address in a hub; other names stay.
std::string name_in_hub(std::string_view name) {
  for (const std::string_view before : {"https://huggingface.co/datasets/", "https://huggingface.co/"})
    if (name.starts_with(before)) name.remove_prefix(before.size());
  while (name.ends_with('/')) name.remove_suffix(1);
  return std::string(name);
}

license::Work work_of(const model::Model& one) {
  license::Work out;
  out.name = one.name.empty() ? one.path : one.name;
  for (const auto& license : one.licenses) {
    // The beginning of a whole text is no name.
    const bool named = license.whole.empty() || !license.expression.empty();
    out.licenses.push_back({.expression = !license.expression.empty() ? license.expression
                                          : named                     ? license.text
                                                                      : "",
                            .kind = license.source,
                            .place = license.place.field.empty()
                                         ? license.place.file
                                         : license.place.file + ": " + license.place.field});
  }
  for (const auto& base : one.base_models) out.bases.push_back(name_in_hub(base.name));
  for (const auto& data : one.datasets) out.datasets.push_back(name_in_hub(data.name));
  return out;
}

}  // namespace

std::vector<license::Lineage> lineages_of(const std::vector<model::Model>& models) {
  std::map<std::string, const model::Model*, std::less<>> here;
  for (const auto& one : models)
    if (!one.name.empty()) here.emplace(one.name, &one);
  std::map<std::string, std::optional<license::Work>, std::less<>> known;
  const license::FindWork find = [&](std::string_view name) {
    auto at = known.find(name);
    if (at == known.end()) {
      const auto one = here.find(name);
      at = known.emplace(name, one == here.end() ? license::catalogued(name) : work_of(*one->second)).first;
    }
    return at->second;
  };
  std::vector<license::Lineage> out;
  out.reserve(models.size());
  for (const auto& one : models) out.push_back(license::examine(work_of(one), find, catalog::licenses()));
  return out;
}

}  // namespace ostiary::app
