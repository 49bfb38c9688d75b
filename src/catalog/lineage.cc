#include "catalog/lineage.h"

#include <algorithm>
#include <simdjson.h>

#include "base/text.h"
#include "catalog/impl/entries.h"

namespace ostiary::catalog {

namespace {

using simdjson::dom::element;

Origin origin_or(const element& e, const Origin& otherwise) {
  Origin out{text_of(e, "source"), text_of(e, "date")};
  if (out.source.empty()) out.source = otherwise.source;
  if (out.date.empty()) out.date = otherwise.date;
  return out;
}

std::vector<LicenseStatement> statements_of(const element& e) {
  return each_of(e, "statements", [](const element& one) {
    return LicenseStatement{text_of(one, "license"), text_of(one, "of"), text_of(one, "note"),
                            origin_or(one, {})};
  });
}

ModelVersion family_of(const element& e) {
  return {.family = text_of(e, "id"),
          .version = {},
          .names = texts_of(e, "names"),
          .repositories = texts_of(e, "repositories"),
          .license = text_of(e, "license"),
          .released = {},
          .note = {},
          .bases = texts_of(e, "bases"),
          .datasets = texts_of(e, "datasets"),
          .statements = statements_of(e),
          .origin = origin_of(e)};
}

ModelVersion version_of(const element& e, const ModelVersion& family) {
  ModelVersion out{.family = family.family,
                   .version = text_of(e, "version"),
                   .names = texts_of(e, "names"),
                   .repositories = texts_of(e, "repositories"),
                   .license = text_of(e, "license"),
                   .released = text_of(e, "released"),
                   .note = text_of(e, "note"),
                   .bases = texts_of(e, "bases"),
                   .datasets = texts_of(e, "datasets"),
                   .statements = {},
                   .origin = origin_or(e, family.origin)};
  if (out.license.empty()) out.license = family.license;
  if (out.bases.empty()) out.bases = family.bases;
  if (out.datasets.empty()) out.datasets = family.datasets;
  for (const auto& statement : family.statements)
    if (statement.of.empty() || statement.of == out.version) out.statements.push_back(statement);
  return out;
}

std::vector<ModelVersion> with_versions(const element& e) {
  std::vector<ModelVersion> out{family_of(e)};
  simdjson::dom::array versions;
  if (e["versions"].get(versions) != simdjson::SUCCESS) return out;
  for (const auto one : versions) out.push_back(version_of(one, out.front()));
  return out;
}

Dataset dataset_of(const element& e) {
  const auto origin = origin_of(e);
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .maker = text_of(e, "maker"),
          .repositories = texts_of(e, "repositories"),
          .names = texts_of(e, "names"),
          .license = text_of(e, "license"),
          .note = text_of(e, "note"),
          .outputs_of = texts_of(e, "outputs_of"),
          .parts = each_of(e, "parts",
                           [&](const element& one) {
                             return Dataset::Part{text_of(one, "name"), text_of(one, "license"),
                                                  text_of(one, "note"), origin_or(one, origin)};
                           }),
          .statements = statements_of(e),
          .origin = origin};
}

// How well `name`, in small letters, fits the patterns: the most letters of a pattern that are no `*`; 0:
// none fits.
std::size_t fits(const std::vector<std::string>& patterns, std::string_view name) {
  std::size_t best = 0;
  for (const auto& pattern : patterns) {
    const auto letters = pattern.size() - static_cast<std::size_t>(std::ranges::count(pattern, '*'));
    if (letters > best && text::glob(text::lower(pattern), name)) best = letters;
  }
  return best;
}

}  // namespace

const std::vector<ModelVersion>& model_versions() {
  static const auto all = [] {
    std::vector<ModelVersion> out;
    for (auto& family : read_kind("model", with_versions)) std::ranges::move(family, std::back_inserter(out));
    return out;
  }();
  return all;
}

const std::vector<Dataset>& datasets() {
  static const auto all = read_kind("dataset", dataset_of);
  return all;
}

const ModelVersion* find_version(std::string_view name) {
  const auto wanted = text::lower(name);
  const auto& all = model_versions();
  const auto family = std::ranges::find(all, wanted, &ModelVersion::family);
  if (family != all.end()) return &*family;
  const bool owned = wanted.contains('/');
  const auto last = std::string_view(wanted).substr(owned ? wanted.rfind('/') + 1 : 0);
  const ModelVersion* best = nullptr;
  std::size_t fit = 0;
  const auto look = [&](auto member, std::string_view in) {
    for (const auto& version : all) {
      const auto letters = fits(version.*member, in);
      // A version says more than its family, which has the same patterns.
      const bool closer = best && letters == fit && best->family == version.family && best->version.empty();
      if (letters == 0 || (letters <= fit && !closer)) continue;
      fit = letters;
      best = &version;
    }
  };
  if (owned) look(&ModelVersion::repositories, wanted);
  if (!best) look(&ModelVersion::names, last);
  return best;
}

const Dataset* find_dataset(std::string_view name) {
  const auto wanted = text::lower(name);
  const auto& all = datasets();
  if (const auto* known = find(all, wanted)) return known;
  const Dataset* best = nullptr;
  std::size_t fit = 0;
  for (const auto& one : all) {
    const auto letters = std::max(fits(one.repositories, wanted), fits(one.names, wanted));
    if (letters > fit) {
      fit = letters;
      best = &one;
    }
  }
  return best;
}

}  // namespace ostiary::catalog
